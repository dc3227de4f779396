#include "plugins/out_es/es.h"

#include <errno.h>
#include <stdio.h>

#define SELF struct out_es
#define BULK_QUERY "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"

/* The options that both flavours share, in the order that people look for them. */
#define OPTIONS_COMMON                                                                            \
    OPTION_TEXT(SELF, index.name, "index", "fluent-bit", OPTION_NOT_EMPTY,                        \
                "Index name; strftime's directives and $accessors may stand in it."),             \
        OPTION_TEXT(SELF, bulk.type, "type", "_doc", OPTION_NOT_EMPTY,                            \
                    "Value of _type, for servers that want one."),                                \
        OPTION_BOOL(SELF, bulk.suppress_type, "suppress_type_name", "true", 0,                    \
                    "Leave _type out, as every server since version 7 wants it."),                \
        OPTION_TEXT(SELF, login.user, "http_user", NULL, 0, "User for Basic login."),             \
        OPTION_TEXT(SELF, login.password, "http_passwd", "", OPTION_SECRET, "Its password."),     \
        OPTION_TEXT(SELF, sending.compress, "compress", NULL, OPTION_NOT_EMPTY,                   \
                    "Set to gzip to compress bodies."),                                           \
        OPTION_BOOL(SELF, index.is_logstash, "logstash_format", "false", 0,                       \
                    "Name the index after prefix and date of the record."),                       \
        OPTION_TEXT(SELF, index.prefix, "logstash_prefix", "logstash", OPTION_NOT_EMPTY,          \
                    "That prefix."),                                                              \
        OPTION_TEXT(SELF, index.prefix_separator, "logstash_prefix_separator", "-", 0,            \
                    "What stands between prefix and date."),                                      \
        OPTION_TEXT(SELF, index.prefix_key, "logstash_prefix_key", NULL, OPTION_NOT_EMPTY,        \
                    "Record accessor whose value is the prefix, where the record has it."),       \
        OPTION_TEXT(SELF, index.date_format, "logstash_dateformat", "%Y.%m.%d", OPTION_NOT_EMPTY, \
                    "The date, as strftime writes it, in UTC."),                                  \
        OPTION_TEXT(SELF, document.time_key, "time_key", "@timestamp", OPTION_NOT_EMPTY,          \
                    "Key of the record's time in the document."),                                 \
        OPTION_TEXT(SELF, document.time_format, "time_key_format", "%Y-%m-%dT%H:%M:%S",           \
                    OPTION_NOT_EMPTY, "Its form, without the fraction."),                         \
        OPTION_BOOL(SELF, document.has_nanos, "time_key_nanos", "false", 0,                       \
                    "Nine digits of the second instead of three."),                               \
        OPTION_BOOL(SELF, document.has_tag, "include_tag_key", "false", 0,                        \
                    "Put the tag into the document."),                                            \
        OPTION_TEXT(SELF, document.tag_key, "tag_key", "flb-key", OPTION_NOT_EMPTY,               \
                    "The tag's key."),                                                            \
        OPTION_IGNORED("buffer_size", "Answers of any size are read, up to 64 MB."),              \
        OPTION_IGNORED("time_format", "No key of this output; Time_Key_Format is."),              \
        OPTION_TEXT(SELF, sending.path, "path", NULL, 0, "Path before /_bulk."),                  \
        OPTION_TEXT(SELF, bulk.pipeline, "pipeline", NULL, OPTION_NOT_EMPTY, "Ingest pipeline."), \
        OPTION_BOOL(SELF, identity.is_generated, "generate_id", "false", 0,                       \
                    "Make _id of the record's content."),                                         \
        OPTION_BOOL(SELF, identity.is_stable, "stable_id", "true", 0,                             \
                    "Make _id of the file and the offset, so that nothing doubles."),             \
        OPTION_CHOICE(SELF, bulk.operation, "write_operation", "create", 0,                       \
                      "create|index|update|upsert", "What the bulk request does."),               \
        OPTION_TEXT(SELF, identity.key, "id_key", NULL, OPTION_NOT_EMPTY,                         \
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
        SELF, sending.upstream, "upstream", NULL, 0,
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
    if (es->sending.compress == NULL)
        return 0;
    es->sending.is_gzip = slice_is_nocase(slice_of(es->sending.compress), "gzip");
    if (es->sending.is_gzip)
        return 0;
    report_error(setup->report, setup_place(setup, "compress"),
                 "compress is \"%s\"; only gzip is known", es->sending.compress);
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

/* With a "$" it is a whole template, which may speak of the tag; without one it is a key. */
static int init_prefix(struct es_index *index, struct plugin_setup *setup)
{
    struct place place = setup_place(setup, "logstash_prefix_key");

    if (index->prefix_key == NULL)
        return 0;
    index->prefix_accessor = index->prefix_key[0] == '$'
                                 ? accessor_new(index->prefix_key, setup->report, place)
                                 : accessor_new_key(index->prefix_key, setup->report, place);
    return index->prefix_accessor == NULL ? -EINVAL : 0;
}

static int init_index(struct out_es *es, struct plugin_setup *setup)
{
    struct es_index *index = &es->index;
    int rc = init_prefix(index, setup);

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
    if (es->bulk.operation < ES_UPDATE || es->identity.key_accessor != NULL ||
        es->identity.is_generated)
        return 0;
    report_error(setup->report, setup_place(setup, "write_operation"),
                 "write_operation update and upsert need an id: set id_key or generate_id");
    return -EINVAL;
}

static void init_url(struct out_es *es)
{
    const char *path = es->sending.path ? es->sending.path : "";
    size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/')
        len--;
    es->sending.url =
        mem_format("%s%.*s/_bulk?%s%s%s", len > 0 && path[0] != '/' ? "/" : "", (int)len, path,
                   es->bulk.pipeline ? "pipeline=" : "", es->bulk.pipeline ? es->bulk.pipeline : "",
                   es->bulk.pipeline ? "&" BULK_QUERY : BULK_QUERY);
}

/*
 * What the other files rely on:
 *
 *   update, upsert  ->  a key or the content makes the id
 *   signed          ->  a service is named, and there is no other Authorization
 *   $ in the index  ->  it is compiled; so are the prefix's key and the id's
 */
static void es_check(const struct out_es *es)
{
    const struct es_identity *identity = &es->identity;
    const struct es_index *index = &es->index;

    CHECK(es->bulk.operation >= 0 && es->bulk.operation < ES_OPERATIONS);
    CHECK(es->bulk.operation < ES_UPDATE || identity->key != NULL || identity->is_generated);
    CHECK((identity->key == NULL) == (identity->key_accessor == NULL));
    CHECK((index->prefix_key == NULL) == (index->prefix_accessor == NULL));
    CHECK((strchr(index->name, '$') == NULL) == (index->name_accessor == NULL));
    CHECK(es->sending.url != NULL && es->sending.url[0] == '/');
    CHECK(!es->sending.is_gzip || es->sending.compress != NULL);
    CHECK(!es->signing.is_on || es->signing.settings.service != NULL);
    CHECK(!es->signing.is_on || es->login.authorization.len == 0);
}

static int es_init(void *self, struct plugin_setup *setup)
{
    struct out_es *es = self;
    int rc = 0;

    es->component = setup->component;
    es->sending.http = *setup->http;
    rc |= init_compress(es, setup);
    rc |= init_index(es, setup);
    rc |= init_document(es, setup);
    rc |= init_identity(es, setup);
    rc |= es_login_init(es, setup);
    init_url(es);
    if (rc < 0)
        return -EINVAL;
    es_check(es);
    return 0;
}

static void es_fini(void *self)
{
    struct out_es *es = self;

    accessor_free(&es->index.name_accessor);
    accessor_free(&es->index.prefix_accessor);
    accessor_free(&es->identity.key_accessor);
    es_login_fini(es);
    MEM_FREE(&es->sending.url);
}

static const struct http_settings *es_settings(const void *self)
{
    const struct out_es *es = self;

    return &es->sending.http;
}

static const struct aws_signer_settings *es_aws(const void *self)
{
    const struct out_es *es = self;

    return es->signing.is_on ? &es->signing.settings : NULL;
}

bool es_is_packed(const void *self)
{
    const struct out_es *es = self;

    return es->sending.is_gzip && !es->trace_output;
}

/* JSON text is copied, and nothing looked at twice. */
static bool es_is_light(const void *self)
{
    const struct out_es *es = self;

    return !es->sending.is_gzip && !es->document.replace_dots && !es->identity.is_generated &&
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
