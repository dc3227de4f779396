#include "plugins/out_cloudwatch_logs/cloudwatch.h"

#include <errno.h>
#include <stdlib.h>

#define USER_AGENT "aws-fluent-bit-plugin"

/* To say which was meant; others are taken too, as new ones come. */
static const char *const regions[] = {
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "eu-isoe-west-1",
    "us-west-1",
    "us-west-2",
    NULL,
};

static int region_check(const struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    const char *region = cw->login.region, *nearest;
    size_t i = 0;

    if (!aws_region_is_valid(slice_of(region))) {
        report_error(setup->report, setup_place(setup, "region"),
                     "\"%s\" is no region; AWS names them as eu-west-1", region);
        return -EINVAL;
    }
    while (regions[i] != NULL && strcmp(regions[i], region) != 0)
        i++;
    if (regions[i] != NULL || cw->reach.endpoint != NULL)
        return 0;
    nearest = report_nearest(region, regions);
    report_warn(setup->report, setup_place(setup, "region"),
                "AWS has no region \"%s\" that is known here%s%s%s", region,
                nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "\"?" : "");
    return 0;
}

static int address_check(const char *key, const char *text, struct plugin_setup *setup)
{
    struct aws_address address;

    if (text == NULL)
        return 0;
    if (aws_address_parse(text, &address) < 0) {
        bool has_login = strchr(text, '@') != NULL; /* which is in no log */

        report_error(setup->report, setup_place(setup, key),
                     "%s \"%s\" is no address; write https://host, or http://host:port", key,
                     has_login ? "...@..." : text);
        return -EINVAL;
    }
    aws_address_fini(&address);
    return 0;
}

static int init_login(struct cw_login *login, struct plugin_setup *setup)
{
    login->settings = (struct aws_signer_settings){
        .service = "logs",
        .wish = {.profile = login->profile,
                 .region = login->region,
                 .role_arn = login->role_arn,
                 .external_id = login->external_id,
                 .sts_endpoint = login->sts_endpoint,
                 .credentials_url = login->credentials_endpoint},
    };
    return address_check("sts_endpoint", login->sts_endpoint, setup) |
           address_check("credentials_endpoint", login->credentials_endpoint, setup);
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

static const char *process_env(const char *name)
{
    return getenv(name);
}

/* On, whether `tls` says so or not; who is trusted the configuration may leave to the environment. */
static void init_tls(struct cw_reach *reach, const struct http_tls *configured)
{
    reach->tls = *configured;
    if (reach->tls.ca_file == NULL && reach->tls.ca_path == NULL)
        reach->tls.ca_file = aws_ca_of_env(process_env);
    reach->http.tls = &reach->tls;
}

/* The region's host, unless an endpoint is named here or in the environment. */
static int init_reach(struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    struct cw_reach *reach = &cw->reach;
    struct aws_flavour flavour = {.is_fips = env_is_true("AWS_USE_FIPS_ENDPOINT"),
                                  .is_dual_stack = env_is_true("AWS_USE_DUALSTACK_ENDPOINT")};
    const char *endpoint =
        reach->endpoint != NULL ? reach->endpoint : aws_endpoint_of_env(process_env, "LOGS");

    reach->http = *setup->http;
    init_tls(reach, setup->tls);
    reach->user_agent = mem_format("%s%s%s", USER_AGENT, reach->extra_user_agent ? " " : "",
                                   reach->extra_user_agent ? reach->extra_user_agent : "");
    if (endpoint == NULL) {
        aws_host(&reach->host, "logs", cw->login.region, flavour);
        reach->http.host = buffer_text(&reach->host);
        return 0;
    }
    if (address_check(reach->endpoint != NULL ? "endpoint" : "AWS_ENDPOINT_URL", endpoint, setup) <
            0 ||
        aws_address_parse(endpoint, &reach->address) < 0)
        return -EINVAL;
    reach->http.host = reach->address.host;
    if (!has_property(setup, "port"))
        reach->http.port = reach->address.port;
    if (!reach->address.has_tls)
        reach->http.tls = NULL;
    return 0;
}

/* Before the first request is made. Of an upstream, each node's signer asks, and the first that
 * hears says it: from then on encodes may be reading it. */
static void on_task(void *owner, const struct aws_task *task, const char *why)
{
    struct out_cloudwatch *cw = owner;

    CHECK(task != NULL && why == NULL);
    if (cw->names.task.arn.len > 0)
        return;
    cw_names_task(&cw->names, task);
    log_info(cw->component, "this is a container of the ECS task %.*s in %.*s", SLICE_ARG(task->id),
             SLICE_ARG(task->cluster));
}

static void init_task(struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    if (!cw_names_want_task(&cw->names))
        return;
    cw->login.settings.task_heard = on_task;
    cw->login.settings.task_owner = cw;
    if (aws_task_url(process_env) == NULL)
        report_warn(
            setup->report, setup_place(setup, "log_stream_name"),
            "a name asks for the ECS task, and ECS_CONTAINER_METADATA_URI_V4 is not set, as "
            "ECS does; records go to default_log_group_name or default_log_stream_name");
}

/* Metrics are in whole records, and a group of this class has none. */
static int init_message(struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    const struct cw_message *message = &cw->message;
    bool has_format = message->format != NULL && strcmp(message->format, "json/emf") == 0;

    if (cw_emf_is_on(&message->emf) && message->key != NULL)
        report_warn(setup->report, setup_place(setup, "log_key"),
                    "with log_key messages are its values, so that no record turns into metrics; "
                    "leave it out, or metric_namespace and metric_dimensions");
    if ((has_format || cw_emf_is_on(&message->emf)) && cw->making.group_class != NULL &&
        strcmp(cw->making.group_class, "INFREQUENT_ACCESS") == 0)
        report_warn(setup->report, setup_place(setup, "log_group_class"),
                    "CloudWatch takes no metrics from groups of the class INFREQUENT_ACCESS");
    return cw_emf_init(&cw->message.emf, setup);
}

static int pace_check(const struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    if (cw->calls_a_second >= 0 && cw->calls_a_second <= CW_CALLS_A_SECOND_MAX)
        return 0;
    report_error(setup->report, setup_place(setup, "calls_per_second"),
                 "calls_per_second is %lld; give a number from 1 to %d, or 0 for no limit",
                 (long long)cw->calls_a_second, CW_CALLS_A_SECOND_MAX);
    return -EINVAL;
}

static int init_all(struct out_cloudwatch *cw, struct plugin_setup *setup)
{
    int rc = 0;

    CHECK(setup->http != NULL && setup->tls != NULL && cw->login.region != NULL);
    cw->component = setup->component;
    atomic_init(&cw->is_plain, false);
    rc |= region_check(cw, setup);
    rc |= pace_check(cw, setup);
    rc |= cw_making_init(&cw->making, setup);
    rc |= init_message(cw, setup);
    rc |= init_login(&cw->login, setup);
    rc |= init_reach(cw, setup);
    return rc < 0 ? -EINVAL : 0;
}

int cw_init(void *self, struct plugin_setup *setup)
{
    struct out_cloudwatch *cw = self;
    int rc = cw_names_init(&cw->names, setup);

    cw->making.may_make_stream = true;
    return init_all(cw, setup) | rc;
}

int cw_init_go(void *self, struct plugin_setup *setup)
{
    struct out_cloudwatch *cw = self;
    int rc = cw_names_init_go(&cw->names, setup);

    rc |= init_all(cw, setup);
    init_task(cw, setup);
    return rc;
}

void cw_fini(void *self)
{
    struct out_cloudwatch *cw = self;

    if (cw->retentions.unsaid > 0)
        log_error(cw->component, "the retention of %u groups more was refused",
                  cw->retentions.unsaid);
    cw_names_fini(&cw->names);
    cw_making_fini(&cw->making);
    cw_emf_fini(&cw->message.emf);
    call_pace_unref(&cw->pace);
    aws_address_fini(&cw->reach.address);
    buffer_fini(&cw->reach.host);
    MEM_FREE(&cw->reach.user_agent);
}
