#include "record/msgpack.h"

#include "kit/record.h"

#include <check.h>

static struct arena arena;
static struct record record;

/* The same map in each kind that a map can have. */
static struct value maps[4];

#define MAP_TEXT "{\"a\":\"x\",\"list\":[1,\"two\"],\"in\":{\"b\":7},\"tab\\u0001\":null}"

static void set_up(void)
{
    arena_init(&arena);
    record_init(&record);
    kit_record_fill(&record, MAP_TEXT);
    maps[0] = value_map(&record.root);
    maps[1] = value_json(SLICE(MAP_TEXT));
    maps[2] = value_msgpack(kit_msgpack(MAP_TEXT, &arena));
    maps[3] = value_map(value_unfold(&maps[1], &arena));
}

static void tear_down(void)
{
    record_fini(&record);
    arena_fini(&arena);
}

static struct value at_key(const struct value *v, const char *key)
{
    struct value found = {0};

    ck_assert_msg(value_at_key(v, slice_of(key), &found), "no %s", key);
    return found;
}

START_TEST(a_map_of_any_kind_is_looked_into)
{
    const struct value *map = &maps[_i];
    struct value in = at_key(map, "in"), list = at_key(map, "list"), found;

    ck_assert(value_is_map(map));
    ck_assert(!value_is_array(map) && !value_is_text(map));
    ck_assert_str_eq(kit_value_text(&(struct value[]){at_key(&in, "b")}[0], &arena), "7");
    ck_assert(value_is_array(&list));
    ck_assert(value_at_index(&list, 1, &found));
    ck_assert_str_eq(kit_value_text(&found, &arena), "\"two\"");
    ck_assert(!value_at_index(&list, 2, &found));
    ck_assert(!value_at_key(map, SLICE("b"), &found));
    ck_assert(!value_at_key(map, SLICE(""), &found));
    ck_assert(!value_at_index(map, 0, &found));
    ck_assert_str_eq(kit_value_text(&(struct value[]){at_key(map, "tab\x01")}[0], &arena), "null");
}
END_TEST

START_TEST(a_map_of_any_kind_unfolds_to_its_fields)
{
    struct field_list *list = value_unfold(&maps[_i], &arena);

    ck_assert_uint_eq(list->count, 4);
    ck_assert(slice_is(list->fields[0].key, "a"));
    ck_assert(slice_is(list->fields[3].key, "tab\x01"));
    ck_assert_str_eq(kit_value_text(&list->fields[1].value, &arena), "[1,\"two\"]");
    ck_assert_str_eq(kit_value_text(&maps[_i], &arena), MAP_TEXT);
}
END_TEST

START_TEST(text_of_any_kind_is_read_decoded)
{
    static const char bin[] = {(char)0xc4, 3, 'x', '\n', 'y'};
    struct value kinds[] = {
        value_text(SLICE("x\ny")),
        value_json(SLICE("\"x\\ny\"")),
        value_msgpack(kit_msgpack("\"x\\ny\"", &arena)),
        value_msgpack(slice_make(bin, sizeof bin)),
    };
    struct slice text;

    ck_assert(value_is_text(&kinds[_i]));
    ck_assert(value_as_text(&kinds[_i], &arena, &text));
    ck_assert(slice_is(text, "x\ny"));
}
END_TEST

START_TEST(what_is_no_text_has_none)
{
    struct value kinds[] = {
        value_int(1), value_bool(true),     value_json(SLICE("12")), value_msgpack(SLICE("\x05")),
        maps[0],      {.kind = VALUE_NULL}, value_double(1),
    };
    struct slice text;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        ck_assert(!value_as_text(&kinds[i], &arena, &text));
        ck_assert(value_is_map(&kinds[i]) == (i == 4));
        ck_assert(!value_is_array(&kinds[i]));
        if (i != 4)
            ck_assert_ptr_null(value_unfold(&kinds[i], &arena));
    }
}
END_TEST

START_TEST(the_last_of_doubled_keys_is_found)
{
    static const char doubled[] = "\x82\xa1k\x01\xa1k\x02";
    struct field fields[] = {
        {.key = SLICE("k"), .value = value_int(1)},
        {.key = SLICE("k"), .value = value_int(2)},
    };
    struct field_list list = {.fields = fields, .count = 2};
    struct value kinds[] = {
        value_map(&list),
        value_json(SLICE("{\"k\":1,\"k\":2}")),
        value_msgpack(slice_make(doubled, sizeof doubled - 1)),
    };
    struct value found = at_key(&kinds[_i], "k");

    ck_assert_str_eq(kit_value_text(&found, &arena), "2");
}
END_TEST

/* ---- fields of one name ---- */

static const char *after_drop(void)
{
    record_drop_doubles(&record);
    return kit_record_text(&record);
}

START_TEST(of_fields_with_one_name_the_last_stays_at_its_place)
{
    kit_record_fill_fields(&record, "{\"a\":1,\"b\":2}");
    record_add(&record, SLICE("a"), value_int(3));
    record_add(&record, SLICE("c"), value_int(4));
    ck_assert_str_eq(after_drop(), "{\"b\":2,\"a\":3,\"c\":4}");
    ck_assert_uint_eq(record.root.count, 3);
}
END_TEST

START_TEST(a_field_after_an_object_replaces_its_member)
{
    kit_record_fill(&record, "{\"a\":1,\"b\":2}");
    record_add(&record, SLICE("a"), value_int(3));
    ck_assert_str_eq(after_drop(), "{\"b\":2,\"a\":3}");
    ck_assert_uint_eq(record.root.count, 2);
}
END_TEST

START_TEST(a_member_replaces_a_field_before_the_object)
{
    struct value members;

    kit_record_fill(&record, "{\"\\u0001a\":1}");
    members = record.root.fields[0].value;
    record.root.count = 0;
    record_add(&record,
               SLICE("\x01"
                     "a"),
               value_int(3));
    record_add(&record, (struct slice){0}, members);
    record_drop_doubles(&record);
    ck_assert_uint_eq(record.root.count, 1);
    ck_assert_str_eq(kit_record_text(&record), "{\"\\u0001a\":1}");
}
END_TEST

START_TEST(without_doubles_an_object_stays_one_field)
{
    kit_record_fill(&record, "{\"alpha\":1,\"beta\":2}");
    record_add(&record, SLICE("apple"), value_int(3));
    record_add(&record, SLICE("kubernetes"), value_int(3));
    record_drop_doubles(&record);
    ck_assert_uint_eq(record.root.count, 3);
}
END_TEST

/* An attacker's line; comparing each with each would take seconds. */
START_TEST(very_many_fields_take_no_time)
{
    record_reset(&record);
    for (int i = 0; i < 200000; i++)
        record_add(&record, arena_format(&record.arena, "key%06d", i % 199999), value_int(i));
    record_drop_doubles(&record);
    ck_assert_uint_eq(record.root.count, 199999);
    ck_assert(slice_is(record.root.fields[0].key, "key000001"));
    ck_assert_int_eq(record.root.fields[199998].value.integer, 199999);
}
END_TEST

Suite *suite_record_value(void)
{
    Suite *suite = suite_create("record/value");
    TCase *tcase = tcase_create("value");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_map_of_any_kind_is_looked_into, 0, 4);
    tcase_add_loop_test(tcase, a_map_of_any_kind_unfolds_to_its_fields, 0, 4);
    tcase_add_loop_test(tcase, text_of_any_kind_is_read_decoded, 0, 4);
    tcase_add_test(tcase, what_is_no_text_has_none);
    tcase_add_loop_test(tcase, the_last_of_doubled_keys_is_found, 0, 3);
    tcase_add_test(tcase, of_fields_with_one_name_the_last_stays_at_its_place);
    tcase_add_test(tcase, a_field_after_an_object_replaces_its_member);
    tcase_add_test(tcase, a_member_replaces_a_field_before_the_object);
    tcase_add_test(tcase, without_doubles_an_object_stays_one_field);
    tcase_add_test(tcase, very_many_fields_take_no_time);
    suite_add_tcase(suite, tcase);
    return suite;
}
