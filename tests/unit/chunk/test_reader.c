#include "chunk/reader.h"

#include "kit/chunk.h"
#include "kit/record.h"
#include "kit/stops.h"
#include "record/json_write.h"

#include <math.h>

static struct chunk_maker *maker;
static struct record *record; /* the maker's */
static struct chunk *chunk;
static struct arena arena;
static struct buffer text;

static void set_up(void)
{
    maker = chunk_maker_new();
    record = chunk_maker_record(maker);
    chunk = NULL;
}

static void tear_down(void)
{
    if (maker != NULL)
        chunk = chunk_maker_seal(&maker);
    chunk_unref(&chunk);
    arena_fini(&arena);
    buffer_fini(&text);
}

/* Pushes the record, seals the chunk and reads its first record. */
static struct chunk_record first_record(void)
{
    struct chunk_reader reader;
    struct chunk_record read;

    chunk_maker_push(maker, "app.log");
    chunk = chunk_maker_seal(&maker);
    chunk_reader_init(&reader, chunk);
    ck_assert(chunk_reader_next(&reader, &read));
    return read;
}

static void show_value(const struct chunk_field *field)
{
    struct value value = value_text(field->value);

    switch (field->kind) {
    case CHUNK_VALUE_TEXT:
        buffer_append_text(&text, "text ");
        json_write_value(&text, &value);
        return;
    case CHUNK_VALUE_JSON:
        buffer_append_text(&text, "json ");
        buffer_append(&text, field->value);
        return;
    case CHUNK_VALUE_MEMBERS:
        buffer_append_text(&text, "members ");
        buffer_append(&text, field->value);
        return;
    case CHUNK_VALUE_MSGPACK:
        buffer_append_text(&text, "msgpack ");
        json_write_msgpack(&text, field->value);
    }
}

/* "key: kind value; " for each field of a record that is alone in the chunk. */
static const char *show(void)
{
    struct chunk_record read;
    struct chunk_field field;
    struct slice rest;

    read = first_record();
    rest = read.fields;
    while (chunk_field_next(&rest, &field)) {
        buffer_append(&text, field.key);
        buffer_append_text(&text, ": ");
        show_value(&field);
        buffer_append_text(&text, "; ");
    }
    return buffer_text(&text);
}

START_TEST(a_record_without_fields_is_one)
{
    struct chunk_record read;

    read = first_record();
    ck_assert_uint_eq(read.fields.len, 0);
    ck_assert_uint_eq(read.head.field_count, 0);
    ck_assert_uint_eq(read.metadata.len, 0);
}
END_TEST

START_TEST(every_scalar_comes_back)
{
    record_add(record, SLICE("null"), (struct value){.kind = VALUE_NULL});
    record_add(record, SLICE("true"), value_bool(true));
    record_add(record, SLICE("false"), value_bool(false));
    record_add(record, SLICE("double"), value_double(0.5));
    record_add(record, SLICE("whole"), value_double(3));
    record_add(record, SLICE("nan"), value_double((double)NAN));
    ck_assert_str_eq(show(), "null: msgpack null; true: msgpack true; false: msgpack false; "
                             "double: msgpack 0.5; whole: msgpack 3.0; nan: msgpack null; ");
}
END_TEST

START_TEST(integers_of_every_width_come_back)
{
    static const int64_t integers[] = {
        0,
        1,
        127,
        128,
        255,
        256,
        65535,
        65536,
        UINT32_MAX,
        INT64_MAX,
        -1,
        -32,
        -33,
        INT8_MIN,
        INT8_MIN - 1,
        INT16_MIN,
        INT16_MIN - 1,
        INT32_MIN,
        (int64_t)INT32_MIN - 1,
        INT64_MIN,
    };
    struct buffer expected = {0};

    for (size_t i = 0; i < ARRAY_LEN(integers); i++) {
        record_add(record, arena_format(&arena, "%zu", i), value_int(integers[i]));
        buffer_append_format(&expected, "%zu: msgpack %lld; ", i, (long long)integers[i]);
    }
    record_add(record, SLICE("most"), value_uint(UINT64_MAX));
    buffer_append_format(&expected, "most: msgpack %llu; ", (unsigned long long)UINT64_MAX);
    ck_assert_str_eq(show(), buffer_text(&expected));
    buffer_fini(&expected);
}
END_TEST

START_TEST(texts_and_json_come_back_as_they_were)
{
    record_add(record, SLICE("empty"), value_text(SLICE("")));
    record_add(record, SLICE("text"), value_text(SLICE("a \"b\"\n\x01")));
    record_add(record, SLICE("json"), value_json(SLICE("[1, {\"a\":null}]")));
    ck_assert_str_eq(show(), "empty: text \"\"; text: text \"a \\\"b\\\"\\n\\u0001\"; "
                             "json: json [1, {\"a\":null}]; ");
}
END_TEST

START_TEST(members_are_spliced_in_without_a_key)
{
    kit_record_fill(record, "{\"a\":1,\"b\":{\"c\":[]}}");
    record_add(record, SLICE("d"), value_int(2));
    ck_assert_str_eq(show(), ": members {\"a\":1,\"b\":{\"c\":[]}}; d: msgpack 2; ");
}
END_TEST

START_TEST(msgpack_of_others_comes_back)
{
    record_add(record, SLICE("map"),
               value_msgpack(kit_msgpack("{\"a\":[1,-2,{\"b\":\"c\"}],\"d\":1.5}", &arena)));
    record_add(record, SLICE("array"), value_msgpack(kit_msgpack("[]", &arena)));
    record_add(record, SLICE("string"), value_msgpack(kit_msgpack("\"x\"", &arena)));
    ck_assert_str_eq(show(), "map: msgpack {\"a\":[1,-2,{\"b\":\"c\"}],\"d\":1.5}; "
                             "array: msgpack []; string: text \"x\"; ");
}
END_TEST

/* A map that a filter put together may hold every kind, maps among them. */
START_TEST(maps_come_back_with_whatever_is_in_them)
{
    struct record inner;
    struct record innermost;

    record_init(&inner);
    record_init(&innermost);
    kit_record_fill(&innermost, "{\"m\":true}");
    record_add(&innermost, SLICE("x"), value_json(SLICE("{\"y\":[0]}")));
    kit_record_fill(&inner, "{\"a\":\"b\"}");
    record_add(&inner, SLICE("text"), value_text(SLICE("t")));
    record_add(&inner, SLICE("int"), value_int(-7));
    record_add(&inner, SLICE("pack"), value_msgpack(kit_msgpack("{\"p\":[9]}", &arena)));
    record_add(&inner, SLICE("map"), value_map(&innermost.root));
    record_add(record, SLICE("outer"), value_map(&inner.root));
    ck_assert_str_eq(show(),
                     "outer: msgpack {\"a\":\"b\",\"text\":\"t\",\"int\":-7,\"pack\":{\"p\":[9]},"
                     "\"map\":{\"m\":true,\"x\":{\"y\":[0]}}}; ");
    record_fini(&inner);
    record_fini(&innermost);
}
END_TEST

START_TEST(an_empty_map_comes_back)
{
    struct field_list none = {0};

    record_add(record, SLICE("none"), value_map(&none));
    ck_assert_str_eq(show(), "none: msgpack {}; ");
}
END_TEST

/* Keys, texts and JSON of every length about which msgpack writes another head. */
START_TEST(every_length_comes_back)
{
    static const size_t lengths[] = {1,  2,  4,  7,   8,   9,   15,  16,    17,    30,
                                     31, 32, 33, 254, 255, 256, 257, 65534, 65535, 65536};
    size_t len = lengths[_i];
    char *bytes = arena_alloc(&arena, len);
    struct chunk_field field;
    struct slice rest, whole = slice_make(bytes, len);

    memset(bytes, '7', len);
    record_add(record, whole, value_text(whole));
    record_add(record, SLICE("json"), value_json(whole));
    rest = first_record().fields;
    ck_assert(chunk_field_next(&rest, &field));
    ck_assert_int_eq(field.kind, CHUNK_VALUE_TEXT);
    ck_assert(slice_equal(field.key, whole));
    ck_assert(slice_equal(field.value, whole));
    ck_assert(chunk_field_next(&rest, &field));
    ck_assert_int_eq(field.kind, CHUNK_VALUE_JSON);
    ck_assert(slice_equal(field.value, whole));
    ck_assert(!chunk_field_next(&rest, &field));
}
END_TEST

START_TEST(a_record_of_many_fields_comes_back)
{
    struct chunk_field field;
    struct slice rest;
    uint32_t count = 0;

    for (unsigned i = 0; i < 70000; i++)
        record_add(record, arena_format(&arena, "%u", i), value_uint(i));
    rest = first_record().fields;
    while (chunk_field_next(&rest, &field))
        count++;
    ck_assert_uint_eq(count, 70000);
}
END_TEST

START_TEST(the_head_tells_time_place_and_size)
{
    struct chunk_record read;

    record->time_ns = -5;
    record->offset = 77;
    record_add(record, SLICE("log"), value_text(SLICE("x")));
    read = first_record();
    ck_assert_int_eq(read.head.time_ns, -5);
    ck_assert_uint_eq(read.head.offset, 77);
    ck_assert_uint_eq(read.head.field_count, 1);
    ck_assert_uint_eq(read.head.fields_bytes, read.fields.len);
    ck_assert_uint_eq(read.head.initials, json_initial(SLICE("log")));
    ck_assert(slice_is(read.run->tag, "app.log"));
}
END_TEST

START_TEST(metadata_comes_back_and_belongs_to_its_record)
{
    struct chunk_reader reader;
    struct chunk_record read;

    record->metadata = SLICE("{\"otlp\":{\"level\":9}}");
    record_add(record, SLICE("a"), value_int(1));
    chunk_maker_push(maker, "app.log");
    chunk_maker_json(maker, "app.log", "{}");
    chunk = chunk_maker_seal(&maker);
    chunk_reader_init(&reader, chunk);
    ck_assert(chunk_reader_next(&reader, &read));
    ck_assert(slice_is(read.metadata, "{\"otlp\":{\"level\":9}}"));
    ck_assert(chunk_reader_next(&reader, &read));
    ck_assert_uint_eq(read.metadata.len, 0);
    ck_assert(!chunk_reader_next(&reader, &read));
    ck_assert(!chunk_reader_next(&reader, &read));
}
END_TEST

START_TEST(bytes_that_no_chunk_has_stop)
{
    struct chunk_reader reader;
    struct chunk_record read;

    first_record();
    chunk->bytes.data[0] = (char)0x92;
    chunk_reader_init(&reader, chunk);
    chunk_reader_next(&reader, &read);
}
END_TEST

Suite *suite_chunk_reader(void);

Suite *suite_chunk_reader(void)
{
    Suite *suite = suite_create("chunk/reader");
    TCase *use = tcase_create("there and back");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, a_record_without_fields_is_one);
    tcase_add_test(use, every_scalar_comes_back);
    tcase_add_test(use, integers_of_every_width_come_back);
    tcase_add_test(use, texts_and_json_come_back_as_they_were);
    tcase_add_test(use, members_are_spliced_in_without_a_key);
    tcase_add_test(use, msgpack_of_others_comes_back);
    tcase_add_test(use, maps_come_back_with_whatever_is_in_them);
    tcase_add_test(use, an_empty_map_comes_back);
    tcase_add_loop_test(use, every_length_comes_back, 0, 20);
    tcase_add_test(use, a_record_of_many_fields_comes_back);
    tcase_add_test(use, the_head_tells_time_place_and_size);
    tcase_add_test(use, metadata_comes_back_and_belongs_to_its_record);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, NULL);
    stops_add(stops, bytes_that_no_chunk_has_stop);
    suite_add_tcase(suite, stops);
    return suite;
}
