#include "unit/plugins/es_kit.h"

#include "base/gzip.h"
#include "kit/record.h"

#include <check.h>

static void tear_down(void)
{
    es_kit_close();
    clock_real();
}

static struct chunk *one(const char *json)
{
    return chunk_of_lines("kube.app", json);
}

/* ---- the shape of a body ---- */

START_TEST(each_record_is_an_action_and_a_document)
{
    ES_EXPECT_BODY(one("{\"a\":1}\n{\"b\":[true]}\n"),
                   ES_CREATE ES_DOCUMENT ES_CREATE
                   "{\"@timestamp\":\"2023-11-14T22:13:21.123Z\",\"b\":[true]}\n",
                   "stable_id", "off");
}
END_TEST

static struct chunk *two_that_share(const char *shared_text)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct shared_object *shared;
    struct json_scanner json;

    json_scanner_init(&json);
    shared = shared_new(slice_of(shared_text), &json);
    json_scanner_fini(&json);
    for (int i = 1; i <= 2; i++) {
        struct record *record = chunk_maker_record(maker);

        record->time_ns = CHUNK_KIT_NS;
        record_add(record, SLICE("a"), value_int(1));
        record_add_shared(record, shared);
        chunk_maker_push(maker, "kube.app");
    }
    shared_unref(&shared);
    return chunk_maker_seal(&maker);
}

START_TEST(what_records_share_is_in_every_document)
{
    ES_EXPECT_BODY(two_that_share("{\"k\":{\"p\":\"x\"}}"),
                   ES_CREATE "{" ES_TIME ",\"a\":1,\"k\":{\"p\":\"x\"}}\n" ES_CREATE "{" ES_TIME
                             ",\"a\":1,\"k\":{\"p\":\"x\"}}\n",
                   "stable_id", "off");
    ES_EXPECT_BODY(two_that_share("{\"k.l\":{\"p.q\":\"x\"}}"),
                   ES_CREATE "{" ES_TIME ",\"a\":1,\"k_l\":{\"p_q\":\"x\"}}\n" ES_CREATE "{" ES_TIME
                             ",\"a\":1,\"k_l\":{\"p_q\":\"x\"}}\n",
                   "stable_id", "off", "replace_dots", "on");
}
END_TEST

START_TEST(a_record_without_fields_has_its_time)
{
    ES_EXPECT_BODY(one("{}"), ES_CREATE "{" ES_TIME "}\n", "stable_id", "off");
}
END_TEST

START_TEST(only_the_records_that_are_left_are_written)
{
    struct chunk *chunk = one("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n");
    uint8_t states[4] = {RECORD_WAITING, RECORD_DONE, RECORD_WAITING, RECORD_WAITING};
    struct batch batch = {.chunk = chunk, .states = states, .count = 3};

    es_kit_open("time_key_format", "%S", "stable_id", "off", NULL);
    batch_rewind(&batch);
    ck_assert_int_eq(out_es.encode(es_kit.es, &batch, &es_kit.request), 0);
    ck_assert_str_eq(buffer_text(&es_kit.request.body),
                     ES_CREATE "{\"@timestamp\":\"20.123Z\",\"a\":1}\n" ES_CREATE
                               "{\"@timestamp\":\"22.123Z\",\"a\":3}\n");
    chunk_unref(&chunk);
}
END_TEST

START_TEST(every_operation_has_its_action)
{
    ES_EXPECT_BODY(one("{\"a\":1}"), ES_CREATE ES_DOCUMENT, "write_operation", "create",
                   "stable_id", "off");
    ES_EXPECT_BODY(one("{\"a\":1}"), "{\"index\":{\"_index\":\"fluent-bit\"}}\n" ES_DOCUMENT,
                   "write_operation", "index", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"a\":1,\"i\":\"x\"}"),
                   "{\"update\":{\"_index\":\"fluent-bit\",\"_id\":\"x\"}}\n"
                   "{\"doc\":{" ES_TIME ",\"a\":1,\"i\":\"x\"}}\n",
                   "write_operation", "update", "id_key", "i");
    ES_EXPECT_BODY(one("{\"a\":1,\"i\":\"x\"}"),
                   "{\"update\":{\"_index\":\"fluent-bit\",\"_id\":\"x\"}}\n"
                   "{\"doc_as_upsert\":true,\"doc\":{" ES_TIME ",\"a\":1,\"i\":\"x\"}}\n",
                   "write_operation", "upsert", "id_key", "i");
}
END_TEST

START_TEST(a_type_is_written_where_it_is_wanted)
{
    ES_EXPECT_BODY(one("{\"a\":1}"),
                   "{\"create\":{\"_index\":\"fluent-bit\",\"_type\":\"_doc\"}}\n" ES_DOCUMENT,
                   "suppress_type_name", "off", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"a\":1}"),
                   "{\"create\":{\"_index\":\"fluent-bit\",\"_type\":\"log\"}}\n" ES_DOCUMENT,
                   "suppress_type_name", "off", "type", "log", "stable_id", "off");
}
END_TEST

/* ---- time and tag ---- */

START_TEST(the_time_has_the_form_that_is_asked_for)
{
    ES_EXPECT_BODY(one("{}"), ES_CREATE "{\"t\":\"2023-11-14T22:13:20.123Z\"}\n", "time_key", "t",
                   "stable_id", "off");
    ES_EXPECT_BODY(one("{}"), ES_CREATE "{\"@timestamp\":\"2023-11-14T22:13:20.123456789Z\"}\n",
                   "time_key_nanos", "on", "stable_id", "off");
    ES_EXPECT_BODY(one("{}"), ES_CREATE "{\"@timestamp\":\"14/Nov/2023 22:13.123Z\"}\n",
                   "time_key_format", "%d/%b/%Y %H:%M", "stable_id", "off");
    ES_EXPECT_BODY(one("{}"), ES_CREATE "{\"@timestamp\":\"22:13.123456789Z\"}\n",
                   "time_key_format", "%H:%M", "time_key_nanos", "on", "stable_id", "off");
}
END_TEST

START_TEST(a_record_that_has_the_time_key_keeps_its_own)
{
    ES_EXPECT_BODY(one("{\"a\":1,\"@timestamp\":\"mine\"}"),
                   ES_CREATE "{\"a\":1,\"@timestamp\":\"mine\"}\n", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"\\u0040timestamp\":\"mine\"}"), ES_CREATE "{\"@timestamp\":\"mine\"}\n",
                   "stable_id", "off");
    ES_EXPECT_BODY(one("{\"in\":{\"@timestamp\":\"deep\"}}"),
                   ES_CREATE "{" ES_TIME ",\"in\":{\"@timestamp\":\"deep\"}}\n", "stable_id",
                   "off");
}
END_TEST

START_TEST(the_tag_stands_behind_the_time)
{
    ES_EXPECT_BODY(one("{\"a\":1}"), ES_CREATE "{" ES_TIME ",\"flb-key\":\"kube.app\",\"a\":1}\n",
                   "include_tag_key", "on", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"a\":1}"), ES_CREATE "{" ES_TIME ",\"tag\":\"kube.app\",\"a\":1}\n",
                   "include_tag_key", "on", "tag_key", "tag", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"tag\":\"mine\"}"), ES_CREATE "{" ES_TIME ",\"tag\":\"mine\"}\n",
                   "include_tag_key", "on", "tag_key", "tag", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"@timestamp\":1}"),
                   ES_CREATE "{\"flb-key\":\"kube.app\",\"@timestamp\":1}\n", "include_tag_key",
                   "on", "stable_id", "off");
    ES_EXPECT_BODY(chunk_of_lines("a\"b\xff", "{}"),
                   ES_CREATE "{" ES_TIME ",\"flb-key\":\"a\\\"b\xef\xbf\xbd\"}\n",
                   "include_tag_key", "on", "stable_id", "off");
}
END_TEST

/* ---- values ---- */

START_TEST(every_kind_of_value_is_written)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);
    struct arena arena = {0};

    record_add(record, SLICE("null"), (struct value){.kind = VALUE_NULL});
    record_add(record, SLICE("bool"), value_bool(true));
    record_add(record, SLICE("int"), value_int(-7));
    record_add(record, SLICE("uint"), value_uint(UINT64_MAX));
    record_add(record, SLICE("double"), value_double(1.5));
    record_add(record, SLICE("text"), value_text(SLICE("t")));
    record_add(record, SLICE("json"), value_json(SLICE("[1e2, \"\\u00e9\"]")));
    record_add(record, SLICE("pack"), value_msgpack(kit_msgpack("{\"p\":[null]}", &arena)));
    chunk_maker_push(maker, "app");
    ES_EXPECT_BODY(chunk_maker_seal(&maker),
                   ES_CREATE "{" ES_TIME ",\"null\":null,\"bool\":true,\"int\":-7,"
                             "\"uint\":18446744073709551615,\"double\":1.5,\"text\":\"t\","
                             "\"json\":[1e2, \"\\u00e9\"],\"pack\":{\"p\":[null]}}\n",
                   "stable_id", "off");
    arena_fini(&arena);
}
END_TEST

START_TEST(texts_are_escaped_where_they_must_be)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);

    record_add(record, SLICE("a\"\n"), value_text(SLICE("\"q\" \\ / \t\r\n\x01\x1f\x7f")));
    record_add(record, SLICE("utf8"), value_text(SLICE("\xc3\xa9 \xf0\x9f\x8c\x8a")));
    record_add(record, SLICE("not"), value_text(SLICE("\xff\xc3 \xed\xa0\x80 \xf0\x9f")));
    chunk_maker_push(maker, "app");
    es_kit_open("stable_id", "off", NULL);
    ck_assert_str_eq(es_kit_body(chunk_maker_seal(&maker)), ES_CREATE
                     "{" ES_TIME ",\"a\\\"\\n\":\"\\\"q\\\" \\\\ / \\t\\r\\n\\u0001\\u001f\x7f\","
                     "\"utf8\":\"\xc3\xa9 \xf0\x9f\x8c\x8a\","
                     "\"not\":\"\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                     " \xef\xbf\xbd\xef\xbf\xbd\"}\n");
}
END_TEST

START_TEST(members_and_fields_stand_side_by_side)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);

    record_add(record, SLICE("first"), value_int(1));
    kit_record_fill(record, "{\"a\":1,\"b\":{\"c\":\"\\n\"}}");
    record->time_ns = CHUNK_KIT_NS;
    record_add(record, SLICE("last"), value_int(2));
    chunk_maker_push(maker, "app");
    ES_EXPECT_BODY(chunk_maker_seal(&maker),
                   ES_CREATE "{" ES_TIME ",\"a\":1,\"b\":{\"c\":\"\\n\"},\"last\":2}\n",
                   "stable_id", "off");
}
END_TEST

/* ---- dots ---- */

START_TEST(dots_in_keys_become_underscores_at_every_depth)
{
    ES_EXPECT_BODY(one("{\"a.b\":\"c.d\",\"e\":[{\"f.g.\":1.5}],\"h\":{\".i\":{\"j.k\":null}}}"),
                   ES_CREATE "{" ES_TIME ",\"a_b\":\"c.d\",\"e\":[{\"f_g_\":1.5}],"
                             "\"h\":{\"_i\":{\"j_k\":null}}}\n",
                   "replace_dots", "on", "stable_id", "off");
}
END_TEST

START_TEST(dots_are_replaced_in_fields_of_every_kind)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);
    struct arena arena = {0};

    record_add(record, SLICE("a.b"), value_text(SLICE("c.d")));
    record_add(record, SLICE("j.s"), value_json(SLICE("{\"k.l\":\"m.n\"}")));
    record_add(record, SLICE("p.q"),
               value_msgpack(kit_msgpack("{\"r.s\":[{\"t.u\":1.5}]}", &arena)));
    record_add(record, SLICE("n.o"), value_double(0.5));
    chunk_maker_push(maker, "app");
    ES_EXPECT_BODY(chunk_maker_seal(&maker),
                   ES_CREATE "{" ES_TIME ",\"a_b\":\"c.d\",\"j_s\":{\"k_l\":\"m.n\"},"
                             "\"p_q\":{\"r_s\":[{\"t_u\":1.5}]},\"n_o\":0.5}\n",
                   "replace_dots", "on", "stable_id", "off");
    arena_fini(&arena);
}
END_TEST

START_TEST(of_keys_that_become_one_the_last_stays)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);

    ES_EXPECT_BODY(one("{\"a.b\":1,\"a_b\":2,\"c\":{\"d.e\":3,\"d_e\":4,\"d.e\":5}}"),
                   ES_CREATE "{" ES_TIME ",\"a_b\":2,\"c\":{\"d_e\":5}}\n", "replace_dots", "on",
                   "stable_id", "off");
    kit_record_fill(record, "{\"a.b\":1,\"c\":0}");
    record->time_ns = CHUNK_KIT_NS;
    record_add(record, SLICE("a_b"), value_text(SLICE("two")));
    chunk_maker_push(maker, "app");
    ES_EXPECT_BODY(chunk_maker_seal(&maker), ES_CREATE "{" ES_TIME ",\"c\":0,\"a_b\":\"two\"}\n",
                   "replace_dots", "on", "stable_id", "off");
}
END_TEST

START_TEST(a_key_of_the_record_may_become_that_of_the_tag)
{
    ES_EXPECT_BODY(one("{\"the.tag\":1}"), ES_CREATE "{" ES_TIME ",\"the_tag\":1}\n",
                   "replace_dots", "on", "include_tag_key", "on", "tag_key", "the_tag", "stable_id",
                   "off");
    ES_EXPECT_BODY(one("{\"i\":\"x\",\"i.j\":1,\"i_j\":2}"),
                   "{\"update\":{\"_index\":\"fluent-bit\",\"_id\":\"x\"}}\n"
                   "{\"doc\":{" ES_TIME ",\"i\":\"x\",\"i_j\":2}}\n",
                   "replace_dots", "on", "write_operation", "update", "id_key", "i");
}
END_TEST

/* Only keys of the record are changed, and only where it is asked for. */
START_TEST(dots_stay_elsewhere)
{
    ES_EXPECT_BODY(one("{\"a.b\":1}"), ES_CREATE "{" ES_TIME ",\"a.b\":1}\n", "stable_id", "off");
    ES_EXPECT_BODY(one("{\"a.b\":1}"),
                   ES_CREATE "{\"the.time\":\"2023-11-14T22:13:20.123Z\",\"the.tag\":\"kube.app\","
                             "\"a_b\":1}\n",
                   "replace_dots", "on", "time_key", "the.time", "include_tag_key", "on", "tag_key",
                   "the.tag", "stable_id", "off");
}
END_TEST

/* ---- size ---- */

/* Whatever grows while it is written must not run past the room that was made for it. */
START_TEST(texts_that_grow_have_room)
{
    static const size_t lengths[] = {1, 100, 639, 640, 641, 5000, 100000, 1000000};
    size_t len = lengths[_i];
    char *bytes = mem_alloc(len), *plain = mem_alloc(len);
    struct chunk_maker *maker = chunk_maker_new();

    memset(bytes, '\x01', len);
    memset(plain, 'x', len);
    for (unsigned i = 0; i < 2; i++) {
        struct record *record = chunk_maker_record(maker);

        record_add(record, SLICE("grows"), value_text(slice_make(bytes, len)));
        record_add(record, SLICE("plain"), value_text(slice_make(plain, len)));
        record_add(record, slice_make(bytes, len), value_text(slice_make(plain, len)));
        record_add(record, slice_make(plain, len), value_int(1));
        chunk_maker_push(maker, "app");
    }
    es_kit_open("stable_id", "off", NULL);
    es_kit_body(chunk_maker_seal(&maker));
    ck_assert_uint_eq(es_kit.request.body.len,
                      2 * (strlen(ES_CREATE) + strlen("{" ES_TIME "}\n") +
                           strlen(",\"grows\":\"\"") + strlen(",\"plain\":\"\"") +
                           strlen(",\"\":\"\"") + strlen(",\"\":1") + 6 * len + len + 6 * len +
                           len + len));
    mem_free(bytes);
    mem_free(plain);
}
END_TEST

START_TEST(a_tag_and_keys_of_any_length_have_room)
{
    static const size_t lengths[] = {600, 640, 700, 5000, 60000};
    char *tag = mem_alloc(lengths[_i] + 1);
    const char *body;

    memset(tag, 't', lengths[_i]);
    tag[lengths[_i]] = '\0';
    es_kit_open("include_tag_key", "on", "tag_key", tag, "time_key", tag + 1, "stable_id", "off",
                "type", tag, "suppress_type_name", "off", NULL);
    body = es_kit_body(chunk_of_lines(tag, "{}\n{}\n{}\n"));
    ck_assert_uint_eq(strlen(body), es_kit.request.body.len);
    ck_assert_uint_gt(strlen(body), 3 * 4 * lengths[_i]);
    ck_assert_uint_lt(strlen(body), 3 * (4 * lengths[_i] + 100));
    mem_free(tag);
}
END_TEST

START_TEST(msgpack_that_grows_has_room)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);
    struct buffer json = {0};
    struct arena arena = {0};

    buffer_append_byte(&json, '[');
    for (unsigned i = 0; i < 100000; i++)
        buffer_append_text(&json, "false,");
    buffer_append_text(&json, "0]");
    record_add(record, SLICE("p"), value_msgpack(kit_msgpack(buffer_text(&json), &arena)));
    for (unsigned i = 0; i < 100; i++)
        record_add(record, arena_format(&arena, "k%u", i), value_text(SLICE("some plain text")));
    chunk_maker_push(maker, "app");
    es_kit_open("stable_id", "off", NULL);
    ck_assert_uint_gt(strlen(es_kit_body(chunk_maker_seal(&maker))), json.len + 2000);
    buffer_fini(&json);
    arena_fini(&arena);
}
END_TEST

/* ---- the request ---- */

static void expect_unpacked(struct slice packed, struct slice plain)
{
    struct gunzip *gunzip = gunzip_new();
    char *whole = mem_alloc(plain.len + 1);
    size_t len;

    ck_assert_int_eq(gunzip_step(gunzip, &packed, whole, plain.len + 1, &len), 0);
    ck_assert(gunzip_is_whole(gunzip) && slice_equal(slice_make(whole, len), plain));
    gunzip_free(&gunzip);
    mem_free(whole);
}

START_TEST(a_body_may_be_compressed)
{
    struct gunzip *gunzip = gunzip_new();
    char plain[4096];
    struct slice packed;
    size_t len;

    es_kit_open("compress", "GZIP", "stable_id", "off", NULL);
    es_kit_body(one("{\"a\":1}"));
    packed = buffer_view(&es_kit.request.body);
    ck_assert_int_eq(gunzip_step(gunzip, &packed, plain, sizeof plain, &len), 0);
    ck_assert(slice_is(slice_make(plain, len), ES_CREATE ES_DOCUMENT));
    ck_assert(gunzip_is_whole(gunzip));
    ck_assert_uint_eq(es_kit.request.plain_bytes, len);
    ck_assert_str_eq(es_kit_header("Content-Encoding"), "Content-Encoding: gzip");
    gunzip_free(&gunzip);
}
END_TEST

/* Longer than a step of it. */
START_TEST(a_long_body_is_compressed_as_it_is_written)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct buffer line = {0};
    char *packed;
    size_t packed_bytes, plain_bytes;
    struct chunk *chunk;

    buffer_append_text(&line, "{\"a\":\"");
    for (int i = 0; i < 1000; i++)
        buffer_append_byte(&line, (char)('a' + i % 7));
    buffer_append_text(&line, "\"}");
    for (int i = 0; i < 200; i++)
        chunk_maker_json(maker, "app", buffer_text(&line));
    buffer_fini(&line);
    chunk = chunk_maker_seal(&maker);
    chunk_ref(chunk);
    es_kit_open("compress", "gzip", "stable_id", "off", NULL);
    (void)es_kit_body(chunk);
    packed_bytes = es_kit.request.body.len;
    plain_bytes = es_kit.request.plain_bytes;
    packed = mem_alloc(packed_bytes);
    memcpy(packed, es_kit.request.body.data, packed_bytes);
    es_kit_close();
    es_kit_open("stable_id", "off", "index", "fluent-bit", NULL);
    (void)es_kit_body(chunk);
    ck_assert_uint_gt(plain_bytes, 3 * HTTP_PACK_STEP_BYTES);
    ck_assert_uint_eq(plain_bytes, es_kit.request.body.len);
    expect_unpacked(slice_make(packed, packed_bytes), buffer_view(&es_kit.request.body));
    mem_free(packed);
}
END_TEST

static bool is_packed_with(const char *key, const char *value)
{
    bool is_packed;

    es_kit_open("index", "logs", key, value, NULL);
    is_packed = out_es.is_packed(es_kit.es);
    es_kit_close();
    return is_packed;
}

START_TEST(only_what_is_compressed_as_it_is_written_may_be_longer)
{
    ck_assert(is_packed_with("compress", "gzip"));
    ck_assert(!is_packed_with("generate_id", "on"));
    es_kit_open("compress", "gzip", "trace_output", "on", NULL);
    ck_assert(!out_es.is_packed(es_kit.es));
}
END_TEST

static bool is_light_with(const char *key, const char *value)
{
    bool is_light;

    es_kit_open("index", "logs", key, value, NULL);
    is_light = out_es.is_light(es_kit.es);
    es_kit_close();
    return is_light;
}

START_TEST(what_is_more_than_copying_is_not_light)
{
    ck_assert(is_light_with("logstash_format", "on"));
    ck_assert(!is_light_with("compress", "gzip"));
    ck_assert(!is_light_with("generate_id", "on"));
    ck_assert(!is_light_with("replace_dots", "on"));
    es_kit_open("trace_output", "on", NULL);
    ck_assert(!out_es.is_light(es_kit.es));
}
END_TEST

START_TEST(a_signed_request_has_the_name_that_aws_knows)
{
    es_kit_open("aws_auth", "on", "aws_region", "eu-west-1", NULL);
    es_kit_body(one("{\"a\":1}"));
    ck_assert_str_eq(es_kit_header("User-Agent"), "User-Agent: aws-fluent-bit-plugin");
}
END_TEST

START_TEST(a_request_says_what_it_is)
{
    es_kit_open("http_api_key", "secret", NULL);
    es_kit_body(one("{\"a\":1}"));
    ck_assert_str_eq(es_kit.request.method, "POST");
    ck_assert_str_eq(es_kit_header("Content-Type"), "Content-Type: application/x-ndjson");
    ck_assert_str_eq(es_kit_header("User-Agent"), "User-Agent: Fluent-Bit");
    ck_assert_str_eq(es_kit_header("Authorization"), "Authorization: ApiKey secret");
    ck_assert_ptr_null(es_kit_header("Content-Encoding"));
    ck_assert_uint_eq(es_kit.request.plain_bytes, es_kit.request.body.len);
}
END_TEST

#define FILTER "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"

START_TEST(the_path_is_made_of_path_and_pipeline)
{
    static const struct {
        const char *path, *pipeline, *url;
    } rows[] = {
        {"", NULL, "/_bulk?" FILTER},
        {"/", NULL, "/_bulk?" FILTER},
        {"es", NULL, "/es/_bulk?" FILTER},
        {"/es//", NULL, "/es/_bulk?" FILTER},
        {"/a/b", "geo", "/a/b/_bulk?pipeline=geo&" FILTER},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        es_kit_open("path", rows[i].path, rows[i].pipeline ? "pipeline" : NULL, rows[i].pipeline,
                    NULL);
        es_kit_body(one("{}"));
        ck_assert_str_eq(buffer_text(&es_kit.request.path), rows[i].url);
        es_kit_close();
    }
}
END_TEST

START_TEST(opensearch_writes_the_same)
{
    es_kit_open_keys(&out_opensearch, (const char *const[]){"stable_id", "off", NULL});
    ck_assert_str_eq(es_kit_body(one("{\"a\":1}")), ES_CREATE ES_DOCUMENT);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(mistakes_are_told_at_the_start)
{
    char *long_format = mem_format("%0200d", 0);

    es_kit_refuses("compress is \"zstd\"; only gzip is known", "compress", "zstd", NULL);
    es_kit_refuses("is too long", "index", long_format, NULL);
    es_kit_refuses("is too long", "logstash_dateformat", long_format, NULL);
    es_kit_refuses("is too long", "time_key_format", long_format, NULL);
    es_kit_refuses("need an id: set id_key or generate_id", "write_operation", "update", NULL);
    es_kit_refuses("need an id: set id_key or generate_id", "write_operation", "upsert", NULL);
    es_kit_refuses("cloud_id is not", "cloud_id", "nonsense", NULL);
    es_kit_refuses("cloud_auth is not", "cloud_auth", "nonsense", NULL);
    mem_free(long_format);
}
END_TEST

START_TEST(accessors_that_cannot_be_read_are_told_at_the_start)
{
    static const char *const keys[] = {"id_key", "logstash_prefix_key", "index"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        es_kit_refuses("$a['b", keys[i], "$a['b", NULL);
}
END_TEST

Suite *suite_plugins_out_es_document(void);

Suite *suite_plugins_out_es_document(void)
{
    Suite *suite = suite_create("plugins/out_es/document");
    TCase *document = tcase_create("document");
    TCase *request = tcase_create("request");

    tcase_add_checked_fixture(document, NULL, tear_down);
    tcase_add_test(document, what_records_share_is_in_every_document);
    tcase_add_test(document, each_record_is_an_action_and_a_document);
    tcase_add_test(document, a_record_without_fields_has_its_time);
    tcase_add_test(document, only_the_records_that_are_left_are_written);
    tcase_add_test(document, every_operation_has_its_action);
    tcase_add_test(document, a_type_is_written_where_it_is_wanted);
    tcase_add_test(document, the_time_has_the_form_that_is_asked_for);
    tcase_add_test(document, a_record_that_has_the_time_key_keeps_its_own);
    tcase_add_test(document, the_tag_stands_behind_the_time);
    tcase_add_test(document, every_kind_of_value_is_written);
    tcase_add_test(document, texts_are_escaped_where_they_must_be);
    tcase_add_test(document, members_and_fields_stand_side_by_side);
    tcase_add_test(document, dots_in_keys_become_underscores_at_every_depth);
    tcase_add_test(document, dots_are_replaced_in_fields_of_every_kind);
    tcase_add_test(document, of_keys_that_become_one_the_last_stays);
    tcase_add_test(document, a_key_of_the_record_may_become_that_of_the_tag);
    tcase_add_test(document, dots_stay_elsewhere);
    tcase_add_loop_test(document, texts_that_grow_have_room, 0, 8);
    tcase_add_loop_test(document, a_tag_and_keys_of_any_length_have_room, 0, 5);
    tcase_add_test(document, msgpack_that_grows_has_room);
    suite_add_tcase(suite, document);

    tcase_add_checked_fixture(request, NULL, tear_down);
    tcase_add_test(request, a_body_may_be_compressed);
    tcase_add_test(request, a_long_body_is_compressed_as_it_is_written);
    tcase_add_test(request, a_request_says_what_it_is);
    tcase_add_test(request, a_signed_request_has_the_name_that_aws_knows);
    tcase_add_test(request, only_what_is_compressed_as_it_is_written_may_be_longer);
    tcase_add_test(request, what_is_more_than_copying_is_not_light);
    tcase_add_test(request, the_path_is_made_of_path_and_pipeline);
    tcase_add_test(request, opensearch_writes_the_same);
    tcase_add_test(request, mistakes_are_told_at_the_start);
    tcase_add_test(request, accessors_that_cannot_be_read_are_told_at_the_start);
    suite_add_tcase(suite, request);
    return suite;
}
