#include "kit/chunk.h"
#include "kit/plugin.h"
#include "plugins/out_es/es.h"
#include "plugins/out_es/es_id.h"

#include <check.h>
#include <stdio.h>

extern const struct output_plugin out_es;

static const struct http_settings settings = {.host = "127.0.0.1", .port = 9200};

static struct plugin_kit kit;
static struct out_es *es;
static struct http_request request;
static struct chunk_maker *maker;
static struct chunk *chunk;

static void set_up(void)
{
    maker = chunk_maker_new();
}

static void tear_down(void)
{
    struct chunk *sealed = maker != NULL ? chunk_maker_seal(&maker) : chunk;

    http_request_fini(&request);
    out_es.fini(es);
    plugin_gone(&kit, es);
    if (sealed->record_count > 0)
        chunk_settle(sealed, 0);
    chunk_unref(&sealed);
}

/* The body that these options make of what was pushed. */
static const char *body(const char *const *keys_and_values)
{
    struct batch batch;

    es = plugin_make(&kit, sizeof *es, out_es.options, keys_and_values);
    kit.setup.http = &settings;
    ck_assert_int_eq(out_es.init(es, &kit.setup), 0);
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert_int_eq(out_es.encode(es, &batch, &request), 0);
    ck_assert_uint_eq(request.plain_bytes, request.body.len);
    batch_fini(&batch);
    return buffer_text(&request.body);
}
#define BODY(...)                                                                                \
    body((const char *const[]){"logstash_format", "on", "suppress_type_name", "on", __VA_ARGS__, \
                               NULL})

#define ACTION "{\"create\":{\"_index\":\"logstash-2023.11.14\"}}\n"
#define TIME "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\","

static void push_members(const char *object)
{
    chunk_maker_json(maker, "app", object);
}

static void push_text(const char *key, const char *text)
{
    record_add(chunk_maker_record(maker), slice_of(key), value_text(slice_of(text)));
    chunk_maker_push(maker, "app");
}

/* ---- documents ---- */

START_TEST(members_are_copied_and_texts_are_quoted)
{
    struct record *r = chunk_maker_record(maker);
    struct json_scanner json = {0};
    struct json_object object;

    ck_assert_int_eq(json_check_object(&json, SLICE("{ \"a\": 1,\"b\":[2] }"), &object), 0);
    record_add_members(r, &object);
    json_scanner_fini(&json);
    record_add(r, SLICE("stream"), value_text(SLICE("stdout")));
    record_add(r, SLICE("_p"), value_text(SLICE("F")));
    chunk_maker_push(maker, "app");
    push_members("{\"a\":2}");

    ck_assert_str_eq(BODY(NULL),
                     ACTION TIME " \"a\": 1,\"b\":[2] ,\"stream\":\"stdout\",\"_p\":\"F\"}\n" ACTION
                                 "{\"@timestamp\":\"2023-11-14T22:13:21.123Z\",\"a\":2}\n");
}
END_TEST

START_TEST(values_of_every_kind_are_written)
{
    struct record *r = chunk_maker_record(maker);

    record_add(r, SLICE("i"), value_int(-5));
    record_add(r, SLICE("u"), value_uint(UINT64_MAX));
    record_add(r, SLICE("d"), value_double(1.5));
    record_add(r, SLICE("t"), value_bool(true));
    record_add(r, SLICE("n"), (struct value){.kind = VALUE_NULL});
    record_add(r, SLICE("j"), value_json(SLICE("{\"x\":\"y\"}")));
    record_add(r, SLICE("e"), value_text(SLICE("")));
    record_add(r, SLICE(""), value_text(SLICE("no name")));
    chunk_maker_push(maker, "app");

    ck_assert_str_eq(BODY(NULL), ACTION TIME
                     "\"i\":-5,\"u\":18446744073709551615,\"d\":1.5,\"t\":true,\"n\":null,"
                     "\"j\":{\"x\":\"y\"},\"e\":\"\",\"\":\"no name\"}\n");
}
END_TEST

START_TEST(a_record_without_fields_is_its_time)
{
    chunk_maker_record(maker);
    chunk_maker_push(maker, "app");
    ck_assert_str_eq(BODY(NULL), ACTION "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\"}\n");
}
END_TEST

START_TEST(the_records_own_time_stays)
{
    push_members("{\"@timestamp\":\"mine\"}");
    ck_assert_str_eq(BODY(NULL), ACTION "{\"@timestamp\":\"mine\"}\n");
}
END_TEST

START_TEST(what_is_no_json_is_escaped)
{
    struct record *r = chunk_maker_record(maker);

    record_add(r, SLICE("a \"key\""), value_text(SLICE("tab\there, \"quoted\" \\ and \x01")));
    record_add(r, SLICE("utf8"), value_text(SLICE("gr\xc3\xbc\xc3\x9f \xff")));
    chunk_maker_push(maker, "app");

    ck_assert_str_eq(BODY(NULL), ACTION TIME
                     "\"a \\\"key\\\"\":\"tab\\there, \\\"quoted\\\" \\\\ and \\u0001\","
                     "\"utf8\":\"gr\xc3\xbc\xc3\x9f \xef\xbf\xbd\"}\n");
}
END_TEST

/* Texts of every length around the sixteen bytes that are looked at together, each with the one odd
 * byte at every place. */
START_TEST(no_byte_is_lost_at_any_length)
{
    char text[52], expected[128];
    size_t len = (size_t)_i, plain;
    const char *got;

    memset(text, 'x', sizeof text);
    text[len] = '\0';
    for (size_t at = 0; at < len; at++) {
        text[at] = '\n';
        push_text("k", text);
        text[at] = 'x';
    }
    push_text(text, text);
    got = BODY("time_key", "k", NULL);
    for (size_t at = 0; at < len; at++) {
        plain = len - at - 1;
        snprintf(expected, sizeof expected, ACTION "{\"k\":\"%.*s\\n%.*s\"}\n", (int)at, text,
                 (int)plain, text);
        ck_assert_int_eq(strncmp(got, expected, strlen(expected)), 0);
        got += strlen(expected);
    }
    ck_assert_ptr_nonnull(strstr(got, text));
}
END_TEST

/* Six times as long as it was, whatever room that leaves for the fields behind it. */
START_TEST(what_grows_leaves_room_for_the_rest)
{
    struct record *r = chunk_maker_record(maker);
    char controls[4096], plain[512];
    size_t len = (size_t)_i * 16, quotes = strlen(ACTION TIME "\"log\":\"\",\"after\":\"\"}\n");

    memset(controls, 1, sizeof controls);
    memset(plain, 'x', sizeof plain);
    record_add(r, SLICE("log"), value_text(slice_make(controls, len)));
    record_add(r, SLICE("after"), value_text(slice_make(plain, sizeof plain)));
    chunk_maker_push(maker, "app");
    ck_assert_uint_eq(strlen(BODY(NULL)), quotes + 6 * len + sizeof plain);
}
END_TEST

START_TEST(dots_in_keys_are_replaced)
{
    push_members("{\"a.b\":{\"c.d\":\"e.f\"}}");
    push_text("x.y", "1.2");
    ck_assert_str_eq(BODY("replace_dots", "on", NULL),
                     ACTION TIME "\"a_b\":{\"c_d\":\"e.f\"}}\n" ACTION
                                 "{\"@timestamp\":\"2023-11-14T22:13:21.123Z\",\"x_y\":\"1.2\"}\n");
}
END_TEST

START_TEST(the_tag_and_the_time_are_named_as_configured)
{
    push_text("k", "v");
    ck_assert_str_eq(BODY("include_tag_key", "on", "tag_key", "tag", "time_key", "at",
                          "time_key_nanos", "on", "time_key_format", "%H:%M:%S", NULL),
                     ACTION "{\"at\":\"22:13:20.123456789Z\",\"tag\":\"app\",\"k\":\"v\"}\n");
}
END_TEST

START_TEST(nanoseconds_are_written_where_they_are_wanted)
{
    push_text("k", "v");
    ck_assert_str_eq(BODY("time_key_nanos", "on", NULL),
                     ACTION "{\"@timestamp\":\"2023-11-14T22:13:20.123456789Z\",\"k\":\"v\"}\n");
}
END_TEST

/* ---- action lines ---- */

START_TEST(each_day_has_its_index)
{
    static const int64_t day_ns = INT64_C(86400) * NS_PER_S;
    const int64_t days[] = {1, 0, -1, 1};
    const char *got;

    for (size_t i = 0; i < ARRAY_LEN(days); i++) {
        chunk_maker_record(maker)->time_ns = CHUNK_KIT_NS + days[i] * day_ns;
        chunk_maker_push(maker, "app");
    }
    got = BODY("logstash_prefix", "p", "logstash_dateformat", "%d", NULL);
    for (size_t i = 0; i < ARRAY_LEN(days); i++) {
        char expected[64];

        snprintf(expected, sizeof expected, "{\"create\":{\"_index\":\"p-%d\"}}\n",
                 14 + (int)days[i]);
        ck_assert_int_eq(strncmp(got, expected, strlen(expected)), 0);
        got = strchr(strchr(got, '\n') + 1, '\n') + 1;
    }
}
END_TEST

START_TEST(a_field_may_name_the_index)
{
    push_members("{\"team\":\"blue\"}");
    push_members("{\"team\":\"a\\\"b\"}");
    push_members("{}");
    ck_assert_str_eq(BODY("logstash_prefix_key", "$team", NULL),
                     "{\"create\":{\"_index\":\"blue-2023.11.14\"}}\n" TIME "\"team\":\"blue\"}\n"
                     "{\"create\":{\"_index\":\"logstash-2023.11.14\"}}\n"
                     "{\"@timestamp\":\"2023-11-14T22:13:21.123Z\",\"team\":\"a\\\"b\"}\n"
                     "{\"create\":{\"_index\":\"logstash-2023.11.14\"}}\n"
                     "{\"@timestamp\":\"2023-11-14T22:13:22.123Z\"}\n");
}
END_TEST

START_TEST(a_place_is_an_id)
{
    char id[ES_ID_BYTES_MAX], expected[160];

    chunk_maker_record(maker)->offset = 4711;
    chunk_maker_push(maker, "app");
    es_id_of_place(slice_hash(SLICE("app")), 4711, id);
    snprintf(expected, sizeof expected,
             "{\"create\":{\"_index\":\"i\",\"_type\":\"_doc\",\"_id\":\"%.16s\"}}\n"
             "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\"}\n",
             id);
    ck_assert_str_eq(body((const char *const[]){"index", "i", "suppress_type_name", "off", NULL}),
                     expected);
}
END_TEST

/* Within its first line: the next one begins behind that. */
START_TEST(a_record_joined_of_more_lines_has_another_id)
{
    char id[ES_ID_BYTES_MAX] = {0};

    chunk_maker_record(maker)->offset = record_place(4711, 2);
    chunk_maker_push(maker, "app");
    es_id_of_place(slice_hash(SLICE("app")), 4713, id);
    ck_assert_ptr_nonnull(strstr(body((const char *const[]){"index", "i", NULL}), id));
    ck_assert_uint_eq(record_place_number(4711), 4711);
}
END_TEST

START_TEST(ids_of_places_are_known_to_the_letter)
{
    static const struct {
        uint64_t stream, offset;
        const char *id;
    } cases[] = {
        {0, 0, "AAAAAAAAAAAAAAAA"},
        {UINT64_MAX, 63, "________AAAAAAA_"},
        {UINT64_C(0x161969bcb3), UINT64_C(0xd35f3dfbf033), "ABYZabyz0189-_Az"},
        {1, 62, "AAAAAAABAAAAAAA-"},
    };
    char id[ES_ID_BYTES_MAX];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice got = es_id_of_place(cases[i].stream, cases[i].offset, id);

        ck_assert_uint_eq(got.len, 16);
        ck_assert_msg(slice_is(got, cases[i].id), "%.16s is not %s", id, cases[i].id);
    }
    push_text("k", "v");
    BODY(NULL);
}
END_TEST

START_TEST(an_update_needs_an_id)
{
    struct batch batch;

    push_members("{\"id\":\"one\"}");
    push_members("{}");
    push_members("{\"id\":\"t\\\"wo\"}");
    ck_assert_str_eq(BODY("write_operation", "upsert", "id_key", "id", NULL),
                     "{\"update\":{\"_index\":\"logstash-2023.11.14\",\"_id\":\"one\"}}\n"
                     "{\"doc_as_upsert\":true,\"doc\":" TIME "\"id\":\"one\"}}\n"
                     "{\"update\":{\"_index\":\"logstash-2023.11.14\",\"_id\":\"t\\\"wo\"}}\n"
                     "{\"doc_as_upsert\":true,\"doc\":"
                     "{\"@timestamp\":\"2023-11-14T22:13:22.123Z\",\"id\":\"t\\\"wo\"}}\n");
    http_request_fini(&request);
    batch = chunk_batch(chunk);
    ck_assert_int_eq(out_es.encode(es, &batch, &request), 0);
    ck_assert_uint_eq(batch_waiting(&batch), 2);
    batch_fini(&batch);
}
END_TEST

Suite *suite_plugins_out_es_growth(void);
Suite *suite_plugins_out_es_growth(void)
{
    Suite *suite = suite_create("plugins/out_es_growth");
    TCase *tc = tcase_create("encode");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, members_are_copied_and_texts_are_quoted);
    tcase_add_test(tc, values_of_every_kind_are_written);
    tcase_add_test(tc, a_record_without_fields_is_its_time);
    tcase_add_test(tc, the_records_own_time_stays);
    tcase_add_test(tc, what_is_no_json_is_escaped);
    tcase_add_loop_test(tc, no_byte_is_lost_at_any_length, 0, 51);
    tcase_add_loop_test(tc, what_grows_leaves_room_for_the_rest, 0, 256);
    tcase_add_test(tc, dots_in_keys_are_replaced);
    tcase_add_test(tc, the_tag_and_the_time_are_named_as_configured);
    tcase_add_test(tc, nanoseconds_are_written_where_they_are_wanted);
    tcase_add_test(tc, each_day_has_its_index);
    tcase_add_test(tc, a_field_may_name_the_index);
    tcase_add_test(tc, a_place_is_an_id);
    tcase_add_test(tc, ids_of_places_are_known_to_the_letter);
    tcase_add_test(tc, a_record_joined_of_more_lines_has_another_id);
    tcase_add_test(tc, an_update_needs_an_id);
    suite_add_tcase(suite, tc);
    return suite;
}
