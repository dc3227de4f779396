#include "plugins/out_es/es.h"

#include <errno.h>

/*
 * Who we are to the back-end: the host that a Cloud_ID means, the Authorization header, or what requests
 * are signed with.
 */

/* An Elastic Cloud id names the host; what host and port say is then not used. */
static int init_cloud(struct out_es *es, struct plugin_setup *setup)
{
    uint16_t port = 443;

    if (es->login.cloud_id == NULL)
        return 0;
    if (http_cloud_id_decode(es->login.cloud_id, &es->sending.host, &port) < 0) {
        report_error(setup->report, setup_place(setup, "cloud_id"),
                     "cloud_id is not \"name:base64\" as Elastic Cloud shows it");
        return -EINVAL;
    }
    es->sending.http.host = es->sending.host;
    es->sending.http.port = port;
    return 0;
}

static int init_login(struct out_es *es, struct plugin_setup *setup)
{
    struct es_login *login = &es->login;
    const char *colon = login->cloud_auth ? strchr(login->cloud_auth, ':') : NULL;

    if (login->cloud_auth != NULL && colon == NULL) {
        report_error(setup->report, setup_place(setup, "cloud_auth"),
                     "cloud_auth is not \"user:password\"");
        return -EINVAL;
    }
    if (login->api_key != NULL)
        http_auth_api_key(&login->authorization, login->api_key);
    else if (login->bearer_token != NULL)
        http_auth_bearer(&login->authorization, login->bearer_token);
    else if (colon != NULL)
        http_auth_basic_pair(&login->authorization, login->cloud_auth);
    else if (login->user != NULL && login->user[0] != '\0') /* of a variable that is not set */
        http_auth_basic(&login->authorization, login->user, login->password);
    return 0;
}

static bool has_login(const struct out_es *es)
{
    return es->login.authorization.len > 0;
}

static int check_signing(const struct es_signing *signing, struct plugin_setup *setup)
{
    struct aws_address address;

    if (strcmp(signing->service, "es") != 0 && strcmp(signing->service, "aoss") != 0) {
        report_error(setup->report, setup_place(setup, "aws_service_name"),
                     "aws_service_name is \"%s\"; es and aoss are known", signing->service);
        return -EINVAL;
    }
    if (signing->region != NULL && !aws_region_is_valid(slice_of(signing->region))) {
        report_error(setup->report, setup_place(setup, "aws_region"),
                     "aws_region \"%s\" is no region", signing->region);
        return -EINVAL;
    }
    if (signing->sts_endpoint == NULL)
        return 0;
    if (aws_address_parse(signing->sts_endpoint, &address) < 0) {
        report_error(setup->report, setup_place(setup, "aws_sts_endpoint"),
                     "aws_sts_endpoint \"%s\" is no address", signing->sts_endpoint);
        return -EINVAL;
    }
    aws_address_fini(&address);
    return 0;
}

/* Behind init_login: there is one Authorization, and it is the signature's. */
static int init_signing(struct out_es *es, struct plugin_setup *setup)
{
    struct es_signing *signing = &es->signing;
    struct slice said = aws_region_of_host(slice_of(es->sending.http.host));
    bool is_default = signing->profile != NULL && strcmp(signing->profile, "default") == 0;

    if (!signing->is_on)
        return 0;
    if (check_signing(signing, setup) < 0)
        return -EINVAL;
    if (has_login(es))
        report_warn(setup->report, setup_place(setup, "aws_auth"),
                    "%s: aws_auth is on, so that the other login is not used", setup->name);
    buffer_clear(&es->login.authorization);
    if (es->sending.http.tls == NULL)
        report_warn(setup->report, setup_place(setup, "aws_auth"),
                    "%s: aws_auth without tls: AWS's own hosts answer only with it", setup->name);
    if (said.len > 0)
        signing->host_region = mem_text_n(said.data, said.len);
    signing->settings = (struct aws_signer_settings){
        .service = signing->service,
        .has_hash = strcmp(signing->service, "aoss") == 0,
        .wish = {.profile = is_default ? NULL : signing->profile,
                 .region = signing->region != NULL ? signing->region : signing->host_region,
                 .role_arn = signing->role_arn,
                 .external_id = signing->external_id,
                 .sts_endpoint = signing->sts_endpoint},
    };
    return 0;
}

int es_login_init(struct out_es *es, struct plugin_setup *setup)
{
    int rc = 0;

    rc |= init_cloud(es, setup);
    rc |= init_login(es, setup);
    rc |= init_signing(es, setup);
    return rc;
}

void es_login_fini(struct out_es *es)
{
    buffer_fini(&es->login.authorization);
    MEM_FREE(&es->sending.host);
    MEM_FREE(&es->signing.host_region);
}
