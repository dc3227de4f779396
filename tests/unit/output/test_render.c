#include "output/render.h"

#include "base/clock.h"
#include "kit/chunk.h"

#include <check.h>
#include <math.h>

static struct chunk_maker *maker;
static struct chunk *chunk;
static struct render render;
static struct buffer out;

static void set_up(void)
{
    maker = chunk_maker_new();
    chunk = NULL;
    render = (struct render){0};
    buffer_init(&out, 0);
}

static void tear_down(void)
{
    if (maker != NULL)
        chunk = chunk_maker_seal(&maker);
    chunk_unref(&chunk);
    buffer_fini(&out);
}

/* All records of what was made, one after the other. */
static const char *rendered(void)
{
    struct batch batch;
    struct chunk_record record;

    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    while (batch_next(&batch, &record))
        render_json(&render, &record, &out);
    return buffer_text(&out);
}

static void add(const char *key, struct value value)
{
    record_add(chunk_maker_record(maker), slice_of(key), value);
    chunk_maker_push(maker, "app");
}

START_TEST(members_of_an_object_are_copied_as_they_are)
{
    chunk_maker_json(maker, "app", "{\"b\": 1.50,\"a\":[\"\\u00e9\", {}]}");
    ck_assert_str_eq(rendered(), "{\"b\": 1.50,\"a\":[\"\\u00e9\", {}]}");
}
END_TEST

START_TEST(fields_before_and_behind_members_keep_their_places)
{
    struct record *record = chunk_maker_record(maker);
    struct json_scanner json;
    struct json_object object;

    json_scanner_init(&json);
    ck_assert_int_eq(json_check_object(&json, SLICE("{\"b\":2,\"c\":3}"), &object), 0);
    record_add(record, SLICE("a"), value_int(1));
    record_add_members(record, &object);
    record_add(record, SLICE("d"), value_bool(true));
    chunk_maker_push(maker, "app");
    json_scanner_fini(&json);
    ck_assert_str_eq(rendered(), "{\"a\":1,\"b\":2,\"c\":3,\"d\":true}");
}
END_TEST

START_TEST(a_record_without_fields_is_an_empty_object)
{
    chunk_maker_record(maker);
    chunk_maker_push(maker, "app");
    render.date_key = SLICE("date");
    render.date_form = TIME_JSON_EPOCH;
    ck_assert_str_eq(rendered(), "{\"date\":1700000000}");
}
END_TEST

START_TEST(text_is_escaped_and_what_is_not_utf8_replaced)
{
    add("a\"b", value_text(SLICE("one\n\ttwo \"\\/\x01 \xff \xc3\xa9")));
    ck_assert_str_eq(rendered(),
                     "{\"a\\\"b\":\"one\\n\\ttwo \\\"\\\\/\\u0001 \xef\xbf\xbd \xc3\xa9\"}");
}
END_TEST

START_TEST(scalars_are_written_as_json)
{
    struct record *record = chunk_maker_record(maker);

    record_add(record, SLICE("null"), (struct value){.kind = VALUE_NULL});
    record_add(record, SLICE("int"), value_int(INT64_MIN));
    record_add(record, SLICE("uint"), value_uint(UINT64_MAX));
    record_add(record, SLICE("whole"), value_double(3));
    record_add(record, SLICE("part"), value_double(0.1));
    record_add(record, SLICE("nan"), value_double(NAN));
    chunk_maker_push(maker, "app");
    ck_assert_str_eq(rendered(), "{\"null\":null,\"int\":-9223372036854775808,"
                                 "\"uint\":18446744073709551615,\"whole\":3.0,\"part\":0.1,"
                                 "\"nan\":null}");
}
END_TEST

START_TEST(the_date_comes_first_in_each_form)
{
    static const struct {
        enum time_json form;
        const char *text;
    } forms[] = {
        {TIME_JSON_DOUBLE, "{\"date\":1700000000.123456789,\"a\":1}"},
        {TIME_JSON_EPOCH, "{\"date\":1700000000,\"a\":1}"},
        {TIME_JSON_EPOCH_MS, "{\"date\":1700000000123,\"a\":1}"},
        {TIME_JSON_ISO8601, "{\"date\":\"2023-11-14T22:13:20.123456Z\",\"a\":1}"},
        {TIME_JSON_JAVA_SQL, "{\"date\":\"2023-11-14 22:13:20.123456\",\"a\":1}"},
    };

    chunk_maker_json(maker, "app", "{\"a\":1}");
    chunk = chunk_maker_seal(&maker);
    render.date_key = SLICE("date");
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct batch batch = chunk_batch(chunk);
        struct chunk_record record;

        ck_assert(batch_next(&batch, &record));
        render.date_form = forms[i].form;
        buffer_clear(&out);
        render_json(&render, &record, &out);
        ck_assert_str_eq(buffer_text(&out), forms[i].text);
    }
}
END_TEST

START_TEST(a_field_of_the_dates_name_keeps_the_date_out)
{
    render.date_key = SLICE("date");
    render.date_form = TIME_JSON_EPOCH;
    chunk_maker_json(maker, "app", "{\"a\":1,\"date\":\"mine\"}");
    add("date", value_int(7));
    chunk_maker_json(maker, "app", "{\"a\":{\"date\":1}}");
    ck_assert_str_eq(rendered(), "{\"a\":1,\"date\":\"mine\"}{\"date\":7}"
                                 "{\"date\":1700000002,\"a\":{\"date\":1}}");
}
END_TEST

START_TEST(metadata_stands_behind_the_date_when_there_is_some)
{
    struct record *record = chunk_maker_record(maker);

    render.date_key = SLICE("date");
    render.date_form = TIME_JSON_EPOCH;
    render.has_metadata = true;
    record->metadata = SLICE("{\"k\":1}");
    record_add(record, SLICE("a"), value_int(1));
    chunk_maker_push(maker, "app");
    chunk_maker_json(maker, "app", "{\"a\":2}");
    ck_assert_str_eq(rendered(),
                     "{\"date\":1700000000,\"__internal__\":{\"log_metadata\":{\"k\":1}},\"a\":1}"
                     "{\"date\":1700000001,\"a\":2}");
}
END_TEST

START_TEST(maps_that_filters_made_are_objects)
{
    struct field fields[] = {
        {SLICE("pod"), value_text(SLICE("p-1"))},
        {SLICE("labels"), value_json(SLICE("{\"app\":\"x\"}"))},
    };
    struct field_list list = {.fields = fields, .count = ARRAY_LEN(fields)};

    add("kubernetes", (struct value){.kind = VALUE_MAP, .map = &list});
    ck_assert_str_eq(rendered(), "{\"kubernetes\":{\"pod\":\"p-1\",\"labels\":{\"app\":\"x\"}}}");
}
END_TEST

START_TEST(beyond_ascii_is_escaped_when_asked_for)
{
    render.is_ascii = true;
    chunk_maker_json(maker, "app", "{\"g\xc3\xbc\":\"\xe2\x82\xac \xf0\x9f\x98\x80!\"}");
    add("t", value_text(SLICE("\xff plain text that is longer than a word\xc3\xa9")));
    chunk_maker_json(maker, "app", "{\"a\":\"plain\"}");
    ck_assert_str_eq(rendered(), "{\"g\\u00fc\":\"\\u20ac \\ud83d\\ude00!\"}"
                                 "{\"t\":\"\\ufffd plain text that is longer than a word\\u00e9\"}"
                                 "{\"a\":\"plain\"}");
}
END_TEST

START_TEST(json_that_came_in_is_compact_when_asked_for)
{
    const char *json = "{ \"a\" : [ 1.10, \"\\u003c\\/\\u00E9 b\" ] }";

    chunk_maker_json(maker, "app", json);
    render.is_compact = true;
    render.is_ascii = true;
    ck_assert_str_eq(rendered(), "{\"a\":[1.10,\"</\\u00e9 b\"]}");
}
END_TEST

START_TEST(ascii_begins_where_it_is_told_to)
{
    buffer_append_text(&out, "\xc3\xa9\xc3\xa9");
    render_ascii(&out, 2);
    ck_assert_str_eq(buffer_text(&out), "\xc3\xa9\\u00e9");
    render_ascii(&out, out.len);
    ck_assert_str_eq(buffer_text(&out), "\xc3\xa9\\u00e9");
}
END_TEST

START_TEST(members_join_what_the_caller_began)
{
    struct batch batch;
    struct chunk_record record;

    chunk_maker_json(maker, "app", "{\"a\":1}");
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    buffer_append_text(&out, "{\"@timestamp\":0");
    render_members(&record, &out);
    buffer_append_text(&out, "}{");
    render_members(&record, &out);
    ck_assert_str_eq(buffer_text(&out), "{\"@timestamp\":0,\"a\":1}{\"a\":1");
}
END_TEST

START_TEST(a_key_is_found_however_it_is_written)
{
    struct batch batch;
    struct chunk_record record;

    chunk_maker_json(maker, "app", "{\"\\\"q\":1,\"b\":{\"c\":2}}");
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    ck_assert(render_has_key(&record, SLICE("\"q")));
    ck_assert(render_has_key(&record, SLICE("b")));
    ck_assert(!render_has_key(&record, SLICE("c")));
    ck_assert(!render_has_key(&record, SLICE("z")));
}
END_TEST

Suite *suite_output_render(void)
{
    Suite *suite = suite_create("output/render");
    TCase *json = tcase_create("json");

    tcase_add_checked_fixture(json, set_up, tear_down);
    tcase_add_test(json, members_of_an_object_are_copied_as_they_are);
    tcase_add_test(json, fields_before_and_behind_members_keep_their_places);
    tcase_add_test(json, a_record_without_fields_is_an_empty_object);
    tcase_add_test(json, text_is_escaped_and_what_is_not_utf8_replaced);
    tcase_add_test(json, scalars_are_written_as_json);
    tcase_add_test(json, the_date_comes_first_in_each_form);
    tcase_add_test(json, a_field_of_the_dates_name_keeps_the_date_out);
    tcase_add_test(json, metadata_stands_behind_the_date_when_there_is_some);
    tcase_add_test(json, maps_that_filters_made_are_objects);
    tcase_add_test(json, beyond_ascii_is_escaped_when_asked_for);
    tcase_add_test(json, json_that_came_in_is_compact_when_asked_for);
    tcase_add_test(json, ascii_begins_where_it_is_told_to);
    tcase_add_test(json, members_join_what_the_caller_began);
    tcase_add_test(json, a_key_is_found_however_it_is_written);
    suite_add_tcase(suite, json);
    return suite;
}
