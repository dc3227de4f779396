#include "plugins/out_cloudwatch_logs/cloudwatch.h"

#define SELF struct out_cloudwatch

/* What both have. */
#define COMMON_OPTIONS                                                                           \
    OPTION_TEXT(SELF, login.region, "region", NULL, OPTION_REQUIRED,                             \
                "AWS region of the log groups."),                                                \
        OPTION_TEXT(SELF, message.key, "log_key", NULL, 0,                                       \
                    "Key whose value alone is the message, instead of the whole record."),       \
        OPTION_TEXT(SELF, reach.extra_user_agent, "extra_user_agent", NULL, 0,                   \
                    "Stands behind the User-Agent."),                                            \
        OPTION_TEXT(SELF, message.format, "log_format", NULL, 0,                                 \
                    "Value of the header x-amzn-logs-format, as json/emf."),                     \
        OPTION_TEXT(SELF, login.role_arn, "role_arn", NULL, 0,                                   \
                    "Role to assume with the credentials that were found."),                     \
        OPTION_BOOL(SELF, making.may_make_group, "auto_create_group", "false", 0,                \
                    "Make log groups that are not there."),                                      \
        OPTION_INT(SELF, making.retention_days, "log_retention_days", "0", 0,                    \
                   "Days that a group keeps events which is made here; 0 is for ever."),         \
        OPTION_BOOL(SELF, making.has_all_retentions, "log_retention_existing", "false", 0,       \
                    "Set log_retention_days once at start for groups that are there, too."),     \
        OPTION_TEXT(SELF, reach.endpoint, "endpoint", NULL, 0,                                   \
                    "Host to send to instead of the region's; http:// in front turns TLS off."), \
        OPTION_TEXT(SELF, login.sts_endpoint, "sts_endpoint", NULL, 0,                           \
                    "Where roles are assumed, instead of the region's STS."),                    \
        OPTION_TEXT(SELF, login.external_id, "external_id", NULL, 0,                             \
                    "External id that the role asks for."),                                      \
        OPTION_TEXT(SELF, making.tags, "new_log_group_tags", NULL, 0,                            \
                    "Tags of groups that are made here: key=value,key=value."),                  \
        OPTION_INT(SELF, calls_a_second, "calls_per_second", "0", 0,                             \
                   "Calls of PutLogEvents at the most; 0: as throttling teaches.")

static const struct option options[] = {
    COMMON_OPTIONS,
    OPTION_TEXT(SELF, names.group, "log_group_name", NULL, OPTION_REQUIRED, "The log group."),
    OPTION_TEXT(SELF, names.stream, "log_stream_name", NULL, 0, "The log stream."),
    OPTION_TEXT(SELF, names.stream_prefix, "log_stream_prefix", NULL, 0,
                "Instead: what stands before the tag in the stream's name."),
    OPTION_TEXT(SELF, names.group_template, "log_group_template", NULL, 0,
                "Record accessors for the group; log_group_name where the record lacks one."),
    OPTION_TEXT(SELF, names.stream_template, "log_stream_template", NULL, 0,
                "Record accessors for the stream; name or prefix where the record lacks one."),
    OPTION_IGNORED("auto_retry_requests", "Whatever fails is tried again in any case."),
    OPTION_TEXT(SELF, message.emf.namespace_text, "metric_namespace", NULL, 0,
                "Namespace of what records of numbers turn into metrics; fluent-bit-metrics."),
    OPTION_TEXT(SELF, message.emf.dimensions_text, "metric_dimensions", NULL, 0,
                "Their dimensions: a;b,c for the sets [a] and [b, c]."),
    OPTION_TEXT(SELF, login.profile, "profile", NULL, 0, "Profile of AWS's shared files."),
    OPTION_TEXT(SELF, making.group_class, "log_group_class", "", 0,
                "STANDARD or INFREQUENT_ACCESS, for groups that are made here."),
    OPTION_TEXT(SELF, making.kms_key, "log_group_kms_key", NULL, 0,
                "ARN of the key that groups are encrypted with which are made here."),
    OPTION_INT(SELF, names.stream_max, "log_stream_max", "0", 0,
               "So many streams that tags share behind log_stream_prefix; 0: one for each tag."),
    OPTION_BOOL(SELF, names.has_entity, "add_entity", "false", 0,
                "Send events with the service that they are about, by what aws_entity_* say."),
    OPTION_END,
};

/* Of the output that comes with AWS's image, written in Go. */
static const struct option go_options[] = {
    COMMON_OPTIONS,
    OPTION_TEXT(SELF, names.group, "log_group_name", NULL, OPTION_REQUIRED,
                "The log group; $(...) stands for what a record has."),
    OPTION_TEXT(SELF, names.stream, "log_stream_name", NULL, 0, "The log stream, likewise."),
    OPTION_TEXT(SELF, names.default_group, "default_log_group_name", "fluentbit-default", 0,
                "The group of records that lack what log_group_name asks for."),
    OPTION_TEXT(SELF, names.default_stream, "default_log_stream_name", "/fluentbit-default", 0,
                "The stream of records that lack what log_stream_name asks for."),
    OPTION_TEXT(SELF, names.stream_prefix, "log_stream_prefix", NULL, 0,
                "Instead of log_stream_name: what stands before the tag in it."),
    OPTION_BOOL(SELF, making.may_make_stream, "auto_create_stream", "true", 0,
                "Make log streams that are not there."),
    OPTION_TEXT(SELF, login.credentials_endpoint, "credentials_endpoint", NULL, 0,
                "Address to ask for credentials, before everything else."),
    OPTION_END,
};

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
    .lane = cw_lane,
    .parcels = &cw_parcels,
    .default_port = 443,
    .default_workers = 1,
};

const struct output_plugin out_cloudwatch = {
    .name = "cloudwatch",
    .summary = "Sends records to Amazon CloudWatch Logs, told as the Go plugin is.",
    .self_bytes = sizeof(struct out_cloudwatch),
    .options = go_options,
    .init = cw_init_go,
    .fini = cw_fini,
    .encode = cw_encode,
    .judge = cw_answer,
    .settings = cw_settings,
    .aws = cw_aws,
    .lane = cw_lane,
    .parcels = &cw_parcels,
    .default_port = 443,
    .default_workers = 1,
};
