#include "aws/sts.h"

#include "aws/uri.h"

static void field(struct buffer *body, const char *name, struct slice value)
{
    buffer_append_text(body, name);
    uri_encode(body, value, false);
}

static void begin(const char *action, const struct aws_hop *hop, struct http_request *out)
{
    http_request_init(out, "POST", "/");
    http_request_header(out, "Content-Type",
                        SLICE("application/x-www-form-urlencoded; charset=utf-8"));
    field(&out->body, "Action=", slice_of(action));
    field(&out->body, "&Version=", SLICE("2011-06-15"));
    field(&out->body, "&RoleArn=", slice_of(hop->role_arn));
    field(&out->body, "&RoleSessionName=", slice_of(hop->session_name));
}

void sts_assume(const struct aws_hop *hop, struct http_request *out)
{
    begin("AssumeRole", hop, out);
    if (hop->external_id != NULL)
        field(&out->body, "&ExternalId=", slice_of(hop->external_id));
}

void sts_assume_with_token(const struct aws_hop *hop, struct slice token, struct http_request *out)
{
    begin("AssumeRoleWithWebIdentity", hop, out);
    field(&out->body, "&WebIdentityToken=", token);
}

void sts_url(const struct aws_plan *plan, const char *region, struct buffer *out)
{
    if (plan->sts_endpoint != NULL) {
        buffer_append_text(out, plan->sts_endpoint);
        return;
    }
    buffer_append_text(out, "https://");
    aws_host(out, "sts", region, plan->flavour);
}
