#include "plugins/out_es/es.h"

#include <errno.h>
#include <stdio.h>

#define SELF struct out_es
#define BULK_QUERY "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"

/* The options that both flavours share, in the order that people look for them. */
#define OPTIONS_COMMON                                                                            \
    OPTION_TEXT(SELF, index.name, "index", "fluent-bit", 0,                                       \
                "Index name; strftime's directives and $accessors may stand in it."),             \
        OPTION_TEXT(SELF, type, "type", "_doc", 0, "Value of _type, for servers that want one."), \
        OPTION_BOOL(SELF, suppress_type, "suppress_type_name", "true", 0,                         \
                    "Leave _type out, as every server since version 7 wants it."),                \
        OPTION_TEXT(SELF, login.user, "http_user", NULL, 0, "User for Basic login."),             \
        OPTION_TEXT(SELF, login.password, "http_passwd", "", OPTION_SECRET, "Its password."),     \
        OPTION_TEXT(SELF, compress, "compress", NULL, 0, "Set to gzip to compress bodies."),      \
        OPTION_BOOL(SELF, index.is_logstash, "logstash_format", "false", 0,                       \
                    "Name the index after prefix and date of the record."),                       \
        OPTION_TEXT(SELF, index.prefix, "logstash_prefix", "logstash", 0, "That prefix."),        \
        OPTION_TEXT(SELF, index.prefix_separator, "logstash_prefix_separator", "-", 0,            \
                    "What stands between prefix and date."),                                      \
        OPTION_TEXT(SELF, index.prefix_key, "logstash_prefix_key", NULL, 0,                       \
                    "Record accessor whose value is the prefix, where the record has it."),       \
        OPTION_TEXT(SELF, index.date_format, "logstash_dateformat", "%Y.%m.%d", 0,                \
                    "The date, as strftime writes it, in UTC."),                                  \
        OPTION_TEXT(SELF, document.time_key, "time_key", "@timestamp", 0,                         \
                    "Key of the record's time in the document."),                                 \
        OPTION_TEXT(SELF, document.time_format, "time_key_format", "%Y-%m-%dT%H:%M:%S", 0,        \
                    "Its form, without the fraction."),                                           \
        OPTION_BOOL(SELF, document.has_nanos, "time_key_nanos", "false", 0,                       \
                    "Nine digits of the second instead of three."),                               \
        OPTION_BOOL(SELF, document.has_tag, "include_tag_key", "false", 0,                        \
                    "Put the tag into the document."),                                            \
        OPTION_TEXT(SELF, document.tag_key, "tag_key", "flb-key", 0, "The tag's key."),           \
        OPTION_IGNORED("buffer_size", "Answers of any size are read, up to 64 MB."),              \
        OPTION_IGNORED("time_format", "No key of this output; Time_Key_Format is."),              \
        OPTION_TEXT(SELF, path, "path", NULL, 0, "Path before /_bulk."),                          \
        OPTION_TEXT(SELF, pipeline, "pipeline", NULL, 0, "Ingest pipeline."),                     \
        OPTION_BOOL(SELF, identity.is_generated, "generate_id", "false", 0,                       \
                    "Make _id of the record's content."),                                         \
        OPTION_BOOL(SELF, identity.is_stable, "stable_id", "true", 0,                             \
                    "Make _id of the file and the offset, so that nothing doubles."),             \
        OPTION_CHOICE(SELF, operation, "write_operation", "create", 0,                            \
                      "create|index|update|upsert", "What the bulk request does."),               \
        OPTION_TEXT(SELF, identity.key, "id_key", NULL, 0,                                        \
                    "Record accessor whose value, a string, is the _id."),                        \
        OPTION_BOOL(SELF, document.replace_dots, "replace_dots", "false", 0,                      \
                    "Write an underscore for each dot in keys."),                                 \
        OPTION_BOOL(SELF, refused.is_sent_as_text, "refused_as_text", "true", 0,                  \
                    "Send a document that was refused once more, with its content as text."),     \
        OPTION_TEXT(SELF, refused.text_key, "refused_text_key", "log", 0,                         \
                    "Key of that text, unless it is what was refused."),                          \
        OPTION_TEXT(SELF, refused.reason_key, "refused_reason_key", "refused_reason", 0,          \
                    "Key of the reason beside it."),                                              \
        OPTION_BOOL(SELF, index.is_current_time, "current_time_index", "false", 0,                \
                    "Use the time of sending for index and time key."),                           \
        OPTION_BOOL(SELF, trace_output, "trace_output", "false", 0, "Log every body."),           \
        OPTION_BOOL(SELF, trace_error, "trace_error", "false", 0,                                 \
                    "Log the answers that are not well."),                                        \
        OPTION_TEXT(SELF, login.api_key, "http_api_key", NULL, OPTION_SECRET,                     \
                    "Key for Authorization: ApiKey."),                                            \
        OPTION_TEXT(SELF, login.bearer_token, "http_bearer_token", NULL, OPTION_SECRET,           \
                    "Token for Authorization: Bearer."),                                          \
        OPTION_BOOL(SELF, signing.is_on, "aws_auth", "false", 0,                                  \
                    "Sign requests for AWS, with the credentials that AWS's tools would find."),  \
        OPTION_TEXT(SELF, signing.region, "aws_region", NULL, 0,                                  \
                    "Region of the signature; else that of the host's name, of AWS_REGION, of "   \
                    "the profile, or of the instance."),                                          \
        OPTION_TEXT(SELF, signing.sts_endpoint, "aws_sts_endpoint", NULL, 0,                      \
                    "Where roles are assumed, instead of the region's STS."),                     \
        OPTION_TEXT(SELF, signing.role_arn, "aws_role_arn", NULL, 0,                              \
                    "Role to assume with those credentials."),                                    \
        OPTION_TEXT(SELF, signing.external_id, "aws_external_id", NULL, 0,                        \
                    "External id that the role asks for."),                                       \
        OPTION_TEXT(SELF, signing.service, "aws_service_name", "es", 0,                           \
                    "Set to aoss for OpenSearch Serverless.")

#define OPTION_PROFILE(fallback)                                   \
    OPTION_TEXT(SELF, signing.profile, "aws_profile", fallback, 0, \
                "Profile of AWS's shared files; \"default\" leaves it to AWS_PROFILE.")

static const struct option es_options[] = {
    OPTIONS_COMMON,
    OPTION_PROFILE(NULL),
    OPTION_TEXT(SELF, login.cloud_id, "cloud_id", NULL, 0, "Elastic Cloud's id: host and port."),
    OPTION_TEXT(SELF, login.cloud_auth, "cloud_auth", NULL, OPTION_SECRET,
                "user:password for Elastic Cloud."),
    OPTION_TEXT(
        SELF, upstream, "upstream", NULL, 0,
        "File of [UPSTREAM] and [NODE] sections, or the name of one: nodes to send to in turn."),
    OPTION_END,
};

static const struct option opensearch_options[] = {
    OPTIONS_COMMON,
    OPTION_PROFILE("default"),
    OPTION_END,
};

static int init_compress(struct out_es *es, struct plugin_setup *setup)
{
    if (es->compress == NULL)
        return 0;
    es->is_gzip = slice_is_nocase(slice_of(es->compress), "gzip");
    if (es->is_gzip)
        return 0;
    report_error(setup->report, setup_place(setup, "compress"),
                 "compress is \"%s\"; only gzip is known", es->compress);
    return -EINVAL;
}

static int init_pattern(const char *key, const char *format, struct plugin_setup *setup)
{
    struct time_pattern pattern;

    if (time_pattern_init(&pattern, format) == 0)
        return 0;
    report_error(setup->report, setup_place(setup, key), "%s \"%s\" is too long", key, format);
    return -EINVAL;
}

static int init_index(struct out_es *es, struct plugin_setup *setup)
{
    struct es_index *index = &es->index;
    int rc = 0;

    if (index->prefix_key != NULL) {
        index->prefix_accessor = accessor_new_key(index->prefix_key, setup->report,
                                                  setup_place(setup, "logstash_prefix_key"));
        rc |= index->prefix_accessor == NULL;
    }
    if (strchr(index->name, '$') != NULL) {
        index->name_accessor =
            accessor_new(index->name, setup->report, setup_place(setup, "index"));
        rc |= index->name_accessor == NULL;
    }
    rc |= init_pattern("index", index->name, setup);
    rc |= init_pattern("logstash_dateformat", index->date_format, setup);
    return rc ? -EINVAL : 0;
}

static int init_document(struct out_es *es, struct plugin_setup *setup)
{
    es->document.is_iso = strcmp(es->document.time_format, "%Y-%m-%dT%H:%M:%S") == 0;
    return init_pattern("time_key_format", es->document.time_format, setup);
}

static int init_identity(struct out_es *es, struct plugin_setup *setup)
{
    if (es->identity.key != NULL) {
        es->identity.key_accessor =
            accessor_new_key(es->identity.key, setup->report, setup_place(setup, "id_key"));
        if (es->identity.key_accessor == NULL)
            return -EINVAL;
    }
    if (es->operation < ES_UPDATE || es->identity.key_accessor != NULL || es->identity.is_generated)
        return 0;
    report_error(setup->report, setup_place(setup, "write_operation"),
                 "write_operation update and upsert need an id: set id_key or generate_id");
    return -EINVAL;
}

/* An Elastic Cloud id names the host; what host and port say is then not used. */
static int init_cloud(struct out_es *es, struct plugin_setup *setup)
{
    uint16_t port = 443;

    if (es->login.cloud_id == NULL)
        return 0;
    if (http_cloud_id_decode(es->login.cloud_id, &es->host, &port) < 0) {
        report_error(setup->report, setup_place(setup, "cloud_id"),
                     "cloud_id is not \"name:base64\" as Elastic Cloud shows it");
        return -EINVAL;
    }
    es->http.host = es->host;
    es->http.port = port;
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
    struct slice said = aws_region_of_host(slice_of(es->http.host));
    bool is_default = signing->profile != NULL && strcmp(signing->profile, "default") == 0;

    if (!signing->is_on)
        return 0;
    if (check_signing(signing, setup) < 0)
        return -EINVAL;
    if (has_login(es))
        report_warn(setup->report, setup_place(setup, "aws_auth"),
                    "%s: aws_auth is on, so that the other login is not used", setup->name);
    buffer_clear(&es->login.authorization);
    if (es->http.tls == NULL)
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

static void init_url(struct out_es *es)
{
    const char *path = es->path ? es->path : "";
    size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/')
        len--;
    es->url = mem_format("%s%.*s/_bulk?%s%s%s", len > 0 && path[0] != '/' ? "/" : "", (int)len,
                         path, es->pipeline ? "pipeline=" : "", es->pipeline ? es->pipeline : "",
                         es->pipeline ? "&" BULK_QUERY : BULK_QUERY);
}

static int es_init(void *self, struct plugin_setup *setup)
{
    struct out_es *es = self;
    int rc = 0;

    es->component = setup->component;
    es->http = *setup->http;
    rc |= init_compress(es, setup);
    rc |= init_index(es, setup);
    rc |= init_document(es, setup);
    rc |= init_identity(es, setup);
    rc |= init_cloud(es, setup);
    rc |= init_login(es, setup);
    rc |= init_signing(es, setup);
    init_url(es);
    return rc < 0 ? -EINVAL : 0;
}

static void es_fini(void *self)
{
    struct out_es *es = self;

    accessor_free(&es->index.name_accessor);
    accessor_free(&es->index.prefix_accessor);
    accessor_free(&es->identity.key_accessor);
    buffer_fini(&es->login.authorization);
    MEM_FREE(&es->url);
    MEM_FREE(&es->host);
    MEM_FREE(&es->signing.host_region);
}

static const struct http_settings *es_settings(const void *self)
{
    const struct out_es *es = self;

    return &es->http;
}

static const struct aws_signer_settings *es_aws(const void *self)
{
    const struct out_es *es = self;

    return es->signing.is_on ? &es->signing.settings : NULL;
}

static bool es_is_packed(const void *self)
{
    const struct out_es *es = self;

    return es->is_gzip && !es->document.replace_dots && !es->trace_output;
}

/* JSON text is copied, and nothing looked at twice. */
static bool es_is_light(const void *self)
{
    const struct out_es *es = self;

    return !es->is_gzip && !es->document.replace_dots && !es->identity.is_generated &&
           !es->trace_output;
}

const struct output_plugin out_es = {
    .name = "es",
    .alias = "elasticsearch",
    .summary = "Sends records to Elasticsearch with its bulk API.",
    .self_bytes = sizeof(struct out_es),
    .options = es_options,
    .init = es_init,
    .fini = es_fini,
    .encode = es_encode,
    .is_packed = es_is_packed,
    .is_light = es_is_light,
    .judge = es_judge,
    .settings = es_settings,
    .aws = es_aws,
    .default_port = 9200,
    .default_workers = 2,
};

const struct output_plugin out_opensearch = {
    .name = "opensearch",
    .summary = "Sends records to OpenSearch with its bulk API.",
    .self_bytes = sizeof(struct out_es),
    .options = opensearch_options,
    .init = es_init,
    .fini = es_fini,
    .encode = es_encode,
    .is_packed = es_is_packed,
    .is_light = es_is_light,
    .judge = es_judge,
    .settings = es_settings,
    .aws = es_aws,
    .default_port = 9200,
    .default_workers = 2,
};
