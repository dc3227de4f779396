#include "output/render.h"

#include "kit/chunk.h"

#include <check.h>

static struct chunk_maker *maker;
static struct chunk *chunk;
static struct arena scratch;
static struct buffer out;

static void set_up(void)
{
    maker = chunk_maker_new();
    chunk = NULL;
    scratch = (struct arena){0};
    buffer_init(&out, 0);
}

static void tear_down(void)
{
    if (maker != NULL)
        chunk = chunk_maker_seal(&maker);
    chunk_unref(&chunk);
    arena_fini(&scratch);
    buffer_fini(&out);
}

static struct chunk_record only_record(void)
{
    struct chunk_record record;
    struct batch batch;

    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    return record;
}

static const char *rendered(void)
{
    struct chunk_record record = only_record();

    render_text(&record, 3, &scratch, &out);
    return buffer_text(&out);
}

START_TEST(a_line_says_number_tag_time_metadata_and_fields)
{
    chunk_maker_json(maker, "app.log", "{\"k\":\"v\",\"n\":-3}");
    ck_assert_str_eq(rendered(),
                     "[3] app.log: [[1700000000.123456789, {}], {\"k\"=>\"v\", \"n\"=>-3}]\n");
}
END_TEST

START_TEST(metadata_is_a_map_in_front)
{
    struct record *record = chunk_maker_record(maker);

    record->metadata = SLICE("{\"m\":{\"x\":1}}");
    chunk_maker_push(maker, "t");
    ck_assert_str_eq(rendered(), "[3] t: [[1700000000.123456789, {\"m\"=>{\"x\"=>1}}], {}]\n");
}
END_TEST

START_TEST(json_text_is_decoded)
{
    chunk_maker_json(maker, "t",
                     "{\"s\":\"a\\n\\\"\\u00e9\",\"d\":1.5,\"e\":1e3,\"t\":true,\"f\":false,"
                     "\"z\":null,\"a\":[1, \"x\", []],\"m\":{ \"i\" : {} }}");
    ck_assert_str_eq(rendered(),
                     "[3] t: [[1700000000.123456789, {}], {\"s\"=>\"a\n\"\xc3\xa9\", "
                     "\"d\"=>1.500000, \"e\"=>1000.000000, \"t\"=>true, \"f\"=>false, \"z\"=>nil, "
                     "\"a\"=>[1, \"x\", []], \"m\"=>{\"i\"=>{}}}]\n");
}
END_TEST

START_TEST(values_of_filters_look_like_values_of_json)
{
    struct record *record = chunk_maker_record(maker);
    struct field fields[] = {
        {SLICE("pod"), value_text(SLICE("p"))},
        {SLICE("labels"), value_json(SLICE("{\"app\":[2]}"))},
    };
    struct field_list list = {.fields = fields, .count = ARRAY_LEN(fields)};

    record_add(record, SLICE("raw"), value_text(SLICE("say \"hi\"\xff")));
    record_add(record, SLICE("nil"), (struct value){.kind = VALUE_NULL});
    record_add(record, SLICE("yes"), value_bool(true));
    record_add(record, SLICE("real"), value_double(0.25));
    record_add(record, SLICE("big"), value_uint(UINT64_MAX));
    record_add(record, SLICE("k"), (struct value){.kind = VALUE_MAP, .map = &list});
    chunk_maker_push(maker, "t");
    ck_assert_str_eq(rendered(),
                     "[3] t: [[1700000000.123456789, {}], {\"raw\"=>\"say \"hi\"\xff\", "
                     "\"nil\"=>nil, \"yes\"=>true, \"real\"=>0.250000, "
                     "\"big\"=>18446744073709551615, "
                     "\"k\"=>{\"pod\"=>\"p\", \"labels\"=>{\"app\"=>[2]}}}]\n");
}
END_TEST

START_TEST(msgpack_of_others_is_shown_too)
{
    struct record *record = chunk_maker_record(maker);
    /* [bin "ab", ext 5 "\x01\xff", -1, float 1.0] */
    static const char array[] = "\x94\xc4\x02"
                                "ab\xd5\x05\x01\xff\xff\xca\x3f\x80\x00\x00";

    record_add(record, SLICE("a"),
               (struct value){.kind = VALUE_MSGPACK, .text = {array, sizeof array - 1}});
    chunk_maker_push(maker, "t");
    ck_assert_str_eq(rendered(), "[3] t: [[1700000000.123456789, {}], "
                                 "{\"a\"=>[\"ab\", (ext: 5)\"\\x01\\xff\", -1, 1.000000]}]\n");
}
END_TEST

/* ---- msgpack ---- */

static void expect_bytes(const char *bytes, size_t len)
{
    ck_assert_uint_eq(out.len, len);
    ck_assert_mem_eq(out.data, bytes, len);
}

#define TIME_BYTES "\xd7\x00\x65\x53\xf1\x00\x07\x5b\xcd\x15"

START_TEST(msgpack_is_an_event_time_and_a_map)
{
    static const char expected[] = "\x92" TIME_BYTES "\x83\xa1"
                                   "a\x01\xa1"
                                   "b\xa1x\xa1"
                                   "c\xc0";
    struct chunk_record record;
    struct record *made = chunk_maker_record(maker);
    struct json_scanner json;
    struct json_object object;

    json_scanner_init(&json);
    ck_assert_int_eq(json_check_object(&json, SLICE("{\"a\":1,\"b\":\"x\"}"), &object), 0);
    record_add_members(made, &object);
    record_add(made, SLICE("c"), (struct value){.kind = VALUE_NULL});
    chunk_maker_push(maker, "t");
    json_scanner_fini(&json);

    record = only_record();
    render_msgpack(&record, false, &out);
    expect_bytes(expected, sizeof expected - 1);
}
END_TEST

START_TEST(msgpack_may_have_metadata_beside_the_time)
{
    static const char without[] = "\x92\x92" TIME_BYTES "\x80\x81\xa1"
                                  "a\xa1x";
    static const char with[] = "\x92\x92" TIME_BYTES "\x81\xa1m\x01\x80";
    struct chunk_record record;
    struct record *second;
    struct batch batch;

    record_add(chunk_maker_record(maker), SLICE("a"), value_text(SLICE("x")));
    chunk_maker_push(maker, "t");
    second = chunk_maker_record(maker);
    second->time_ns = CHUNK_KIT_NS;
    second->metadata = SLICE("{\"m\":1}");
    chunk_maker_push(maker, "t");
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    render_msgpack(&record, true, &out);
    expect_bytes(without, sizeof without - 1);
    buffer_clear(&out);
    ck_assert(batch_next(&batch, &record));
    render_msgpack(&record, true, &out);
    expect_bytes(with, sizeof with - 1);
}
END_TEST

Suite *suite_output_render_text(void)
{
    Suite *suite = suite_create("output/render_text");
    TCase *text = tcase_create("text"), *msgpack = tcase_create("msgpack");

    tcase_add_checked_fixture(text, set_up, tear_down);
    tcase_add_test(text, a_line_says_number_tag_time_metadata_and_fields);
    tcase_add_test(text, metadata_is_a_map_in_front);
    tcase_add_test(text, json_text_is_decoded);
    tcase_add_test(text, values_of_filters_look_like_values_of_json);
    tcase_add_test(text, msgpack_of_others_is_shown_too);
    suite_add_tcase(suite, text);
    tcase_add_checked_fixture(msgpack, set_up, tear_down);
    tcase_add_test(msgpack, msgpack_is_an_event_time_and_a_map);
    tcase_add_test(msgpack, msgpack_may_have_metadata_beside_the_time);
    suite_add_tcase(suite, msgpack);
    return suite;
}
