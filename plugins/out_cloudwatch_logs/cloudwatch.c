#include "plugins/out_cloudwatch_logs/cloudwatch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define SELF struct out_cloudwatch
#define USER_AGENT "aws-fluent-bit-plugin"
#define NO_METRICS "There are no records of metrics here that it would be for."

static const struct option options[] = {
    OPTION_TEXT(SELF, login.region, "region", NULL, OPTION_REQUIRED,
                "AWS region of the log groups."),
    OPTION_TEXT(SELF, names.group, "log_group_name", NULL, OPTION_REQUIRED, "The log group."),
    OPTION_TEXT(SELF, names.stream, "log_stream_name", NULL, 0, "The log stream."),
    OPTION_TEXT(SELF, names.stream_prefix, "log_stream_prefix", NULL, 0,
                "Instead: what stands before the tag in the stream's name."),
    OPTION_TEXT(SELF, names.group_template, "log_group_template", NULL, 0,
                "Record accessors for the group; log_group_name where the record lacks one."),
    OPTION_TEXT(SELF, names.stream_template, "log_stream_template", NULL, 0,
                "Record accessors for the stream; name or prefix where the record lacks one."),
    OPTION_TEXT(SELF, message.key, "log_key", NULL, 0,
                "Key whose value alone is the message, instead of the whole record."),
    OPTION_TEXT(SELF, reach.extra_user_agent, "extra_user_agent", NULL, 0,
                "Stands behind the User-Agent."),
    OPTION_TEXT(SELF, message.format, "log_format", NULL, 0,
                "Value of the header x-amzn-logs-format, as json/emf."),
    OPTION_TEXT(SELF, login.role_arn, "role_arn", NULL, 0,
                "Role to assume with the credentials that were found."),
    OPTION_BOOL(SELF, making.may_make_group, "auto_create_group", "false", 0,
                "Make log groups that are not there."),
    OPTION_IGNORED("auto_retry_requests", "Whatever fails is tried again in any case."),
    OPTION_INT(SELF, making.retention_days, "log_retention_days", "0", 0,
               "Days that a group keeps events which is made here; 0 is for ever."),
    OPTION_TEXT(SELF, reach.endpoint, "endpoint", NULL, 0,
                "Host to send to instead of the region's; http:// in front turns TLS off."),
    OPTION_TEXT(SELF, login.sts_endpoint, "sts_endpoint", NULL, 0,
                "Where roles are assumed, instead of the region's STS."),
    OPTION_TEXT(SELF, login.external_id, "external_id", NULL, 0,
                "External id that the role asks for."),
    OPTION_IGNORED("metric_namespace", NO_METRICS),
    OPTION_IGNORED("metric_dimensions", NO_METRICS),
    OPTION_TEXT(SELF, login.profile, "profile", NULL, 0, "Profile of AWS's shared files."),
    OPTION_TEXT(SELF, making.group_class, "log_group_class", "", 0,
                "STANDARD or INFREQUENT_ACCESS, for groups that are made here."),
    OPTION_IGNORED("add_entity", "Events are sent without an entity so far."),
    OPTION_END,
};

/* ---- at start ---- */

/* What PutRetentionPolicy takes. */
static const uint16_t retention_days[] = {1,    3,    5,    7,    14,   30,  60,  90,
                                          120,  150,  180,  365,  400,  545, 731, 1096,
                                          1827, 2192, 2557, 2922, 3288, 3653};

static int init_retention(const struct cw_making *making, struct plugin_setup *setup)
{
    struct buffer list = {0};

    if (making->retention_days == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(retention_days); i++) {
        if (retention_days[i] == making->retention_days) {
            buffer_fini(&list);
            return 0;
        }
        buffer_append_format(&list, "%s%u", i > 0 ? ", " : "", (unsigned)retention_days[i]);
    }
    report_error(setup->report, setup_place(setup, "log_retention_days"),
                 "log_retention_days is %" PRId64 "; CloudWatch Logs takes %s",
                 making->retention_days, buffer_text(&list));
    buffer_fini(&list);
    return -EINVAL;
}

static int init_making(const struct cw_making *making, struct plugin_setup *setup)
{
    struct slice group_class = slice_of(making->group_class);
    int rc = init_retention(making, setup);

    if (group_class.len == 0 || slice_is(group_class, "STANDARD") ||
        slice_is(group_class, "INFREQUENT_ACCESS"))
        return rc;
    report_error(setup->report, setup_place(setup, "log_group_class"),
                 "log_group_class is \"%s\"; STANDARD and INFREQUENT_ACCESS are known",
                 making->group_class);
    return -EINVAL;
}

static int init_login(struct cw_login *login, struct plugin_setup *setup)
{
    struct aws_address address;

    if (!aws_region_is_valid(slice_of(login->region))) {
        report_error(setup->report, setup_place(setup, "region"), "\"%s\" is no region",
                     login->region);
        return -EINVAL;
    }
    if (login->sts_endpoint != NULL) {
        if (aws_address_parse(login->sts_endpoint, &address) < 0) {
            report_error(setup->report, setup_place(setup, "sts_endpoint"),
                         "sts_endpoint \"%s\" is no address", login->sts_endpoint);
            return -EINVAL;
        }
        aws_address_fini(&address);
    }
    login->settings = (struct aws_signer_settings){
        .service = "logs",
        .wish = {.profile = login->profile,
                 .region = login->region,
                 .role_arn = login->role_arn,
                 .external_id = login->external_id,
                 .sts_endpoint = login->sts_endpoint},
    };
    return 0;
}

static bool has_property(const struct plugin_setup *setup, const char *key)
{
    for (size_t i = 0; i < setup->property_count; i++)
        if (slice_is_nocase(slice_of(setup->properties[i].key), key))
            return true;
    return false;
}

static bool env_is_true(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && slice_is_nocase(slice_of(value), "true");
}

/* The region's host, unless an endpoint is named. */
static int init_reach(struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    struct cw_reach *reach = &cw->reach;
    struct aws_flavour flavour = {.is_fips = env_is_true("AWS_USE_FIPS_ENDPOINT"),
                                  .is_dual_stack = env_is_true("AWS_USE_DUALSTACK_ENDPOINT")};

    reach->http = *setup->http;
    reach->tls = (struct http_tls){.verify = true, .verify_hostname = true};
    if (reach->http.tls == NULL)
        reach->http.tls = &reach->tls;
    reach->user_agent = mem_format("%s%s%s", USER_AGENT, reach->extra_user_agent ? " " : "",
                                   reach->extra_user_agent ? reach->extra_user_agent : "");
    if (reach->endpoint == NULL) {
        aws_host(&reach->host, "logs", cw->login.region, flavour);
        reach->http.host = buffer_text(&reach->host);
        return 0;
    }
    if (aws_address_parse(reach->endpoint, &reach->address) < 0) {
        report_error(setup->report, setup_place(setup, "endpoint"), "endpoint \"%s\" is no address",
                     reach->endpoint);
        return -EINVAL;
    }
    reach->http.host = reach->address.host;
    if (!has_property(setup, "port"))
        reach->http.port = reach->address.port;
    if (!reach->address.has_tls)
        reach->http.tls = NULL;
    return 0;
}

static int cw_init(void *self, struct plugin_setup *setup)
{
    struct out_cloudwatch *cw = self;
    int rc = 0;

    cw->component = setup->component;
    atomic_init(&cw->is_plain, false);
    rc |= cw_names_init(&cw->names, setup);
    rc |= init_making(&cw->making, setup);
    rc |= init_login(&cw->login, setup);
    rc |= init_reach(cw, setup);
    return rc < 0 ? -EINVAL : 0;
}

static void cw_fini(void *self)
{
    struct out_cloudwatch *cw = self;

    cw_names_fini(&cw->names);
    aws_address_fini(&cw->reach.address);
    buffer_fini(&cw->reach.host);
    MEM_FREE(&cw->reach.user_agent);
}

static const struct http_settings *cw_settings(const void *self)
{
    const struct out_cloudwatch *cw = self;

    return &cw->reach.http;
}

static const struct aws_signer_settings *cw_aws(const void *self)
{
    const struct out_cloudwatch *cw = self;

    return &cw->login.settings;
}

const struct output_plugin out_cloudwatch_logs = {
    .name = "cloudwatch_logs",
    .summary = "Sends records to Amazon CloudWatch Logs.",
    .self_bytes = sizeof(struct out_cloudwatch),
    .options = options,
    .init = cw_init,
    .fini = cw_fini,
    .encode = cw_encode,
    .judge = cw_answer,
    .settings = cw_settings,
    .aws = cw_aws,
    .default_port = 443,
    .default_workers = 1,
};
