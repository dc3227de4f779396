#include "kit/record.h"

#include "base/memory.h"

#include <check.h>
#include <stdio.h>

static struct record r;
static struct json_scanner json;

static void set_up(void)
{
    record_init(&r);
    json_scanner_init(&json);
}

static void tear_down(void)
{
    json_scanner_fini(&json);
    record_fini(&r);
}

/* Fields named a, b, c, ..., each with its place as value. */
static void add_letters(uint32_t count)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

    for (uint32_t i = 0; i < count; i++)
        record_add(&r, slice_make(letters + i, 1), value_int(i));
}

static void expect_keys(const char *keys)
{
    ck_assert_uint_eq(r.root.count, strlen(keys));
    for (uint32_t i = 0; i < r.root.count; i++) {
        const struct field *f = &r.root.fields[i];

        ck_assert_msg(f->key.data[0] == keys[i], "field %u is %c in %s", i, f->key.data[0], keys);
        ck_assert_int_eq(f->value.integer, keys[i] - 'a');
    }
}

static struct json_object check(const char *text)
{
    struct json_object object;

    ck_assert_int_eq(json_check_object(&json, slice_of(text), &object), 0);
    return object;
}

/* ---- order ---- */

START_TEST(the_last_fields_come_forward)
{
    static const char *const expected[] = {"abcdefg", "bcdefga", "cdefgab", "defgabc",
                                           "efgabcd", "fgabcde", "gabcdef", "abcdefg"};

    add_letters(7);
    record_bring_forward(&r, (uint32_t)_i);
    expect_keys(expected[_i]);
}
END_TEST

START_TEST(fields_come_forward_again_and_again)
{
    char keys[] = "abcdef";

    add_letters(6);
    for (int i = 0; i < 20; i++) {
        record_bring_forward(&r, 5);
        memmove(keys + 1, keys, 5);
        keys[0] = (char)r.root.fields[0].key.data[0];
        expect_keys(keys);
    }
}
END_TEST

START_TEST(a_record_grows_after_fields_came_forward)
{
    add_letters(3);
    record_bring_forward(&r, 2);
    for (uint32_t i = 3; i < 26; i++)
        record_add(&r, slice_make("abcdefghijklmnopqrstuvwxyz" + i, 1), value_int(i));
    expect_keys("cabdefghijklmnopqrstuvwxyz");
    record_bring_forward(&r, 25);
    expect_keys("zcabdefghijklmnopqrstuvwxy");
}
END_TEST

START_TEST(a_reset_record_has_all_its_room_again)
{
    for (int i = 0; i < 100; i++) {
        const struct field *storage = r.root.fields - r.front_room;
        uint32_t capacity = r.root.capacity;

        record_reset(&r);
        add_letters(5);
        record_bring_forward(&r, 3);
        expect_keys("deabc");
        record_reset(&r);
        if (i > 0) {
            ck_assert_ptr_eq(r.root.fields - r.front_room, storage);
            ck_assert_uint_eq(r.root.capacity, capacity - 2);
        }
        record_bring_forward(&r, 0);
        add_letters(5);
        record_bring_forward(&r, 3);
    }
}
END_TEST

START_TEST(fields_are_removed_anywhere)
{
    add_letters(4);
    record_remove_at(&r, 3);
    expect_keys("abc");
    record_remove_at(&r, 0);
    expect_keys("bc");
    ck_assert_uint_eq(record_remove(&r, SLICE("c")), 1);
    ck_assert_uint_eq(record_remove(&r, SLICE("c")), 0);
    expect_keys("b");
}
END_TEST

/* ---- members ---- */

START_TEST(taken_members_outlive_the_scanners_next_check)
{
    struct json_object first = check("{\"a\":1,\"b\":\"two\"}"), second;

    record_take_members(&r, &json, &first);
    second = check("{\"x\":9,\"y\":8,\"z\":7}");
    record_take_members(&r, &json, &second);
    (void)check("{\"q\":0,\"r\":0,\"s\":0,\"t\":0}");
    ck_assert_str_eq(kit_record_text(&r), "{\"a\":1,\"b\":\"two\",\"x\":9,\"y\":8,\"z\":7}");
}
END_TEST

START_TEST(the_same_two_arrays_serve_all_records)
{
    const struct json_member *arrays[2];

    for (int i = 0; i < 6; i++) {
        struct json_object object = check("{\"a\":1}");

        if (i < 2)
            arrays[i] = object.members;
        ck_assert_ptr_eq(object.members, arrays[i % 2]);
        record_take_members(&r, &json, &object);
        ck_assert_str_eq(kit_record_text(&r), "{\"a\":1}");
        record_reset(&r);
    }
}
END_TEST

START_TEST(an_empty_object_adds_nothing)
{
    struct json_object object = check("{}");

    record_take_members(&r, &json, &object);
    ck_assert_uint_eq(r.root.count, 0);
}
END_TEST

START_TEST(a_long_array_goes_with_its_record)
{
    struct buffer text = {0};
    struct json_object object;

    for (unsigned i = 0; i < 5000; i++)
        buffer_append_format(&text, "%c\"k%u\":%u", i ? ',' : '{', i, i);
    buffer_append_byte(&text, '}');
    object = check(buffer_text(&text));
    record_take_members(&r, &json, &object);
    ck_assert_uint_ge(r.taken.capacity, 5000);
    record_reset(&r);
    ck_assert_uint_eq(r.taken.capacity, 0);
    object = check("{\"a\":1}");
    record_take_members(&r, &json, &object);
    ck_assert_str_eq(kit_record_text(&r), "{\"a\":1}");
    buffer_fini(&text);
}
END_TEST

START_TEST(a_member_is_found_among_others_of_its_initial)
{
    struct json_object object = check("{\"time\":1,\"tide\":2,\"t\":3,\"tame\":4}");
    struct value value;

    record_take_members(&r, &json, &object);
    ck_assert(record_find(&r, SLICE("tide"), &value));
    ck_assert(slice_is(value.text, "2"));
    ck_assert(!record_find(&r, SLICE("tile"), &value));
    ck_assert(!record_find(&r, SLICE(""), &value));
}
END_TEST

START_TEST(a_field_replaces_a_member_of_its_name)
{
    struct json_object object = check("{\"time\":1,\"k\":2}");

    record_take_members(&r, &json, &object);
    record_add(&r, SLICE("time"), value_text(SLICE("now")));
    record_drop_doubles(&r);
    ck_assert_str_eq(kit_record_text(&r), "{\"k\":2,\"time\":\"now\"}");
}
END_TEST

Suite *suite_record_record(void);
Suite *suite_record_record(void)
{
    Suite *suite = suite_create("record/record");
    TCase *order = tcase_create("order"), *members = tcase_create("members");

    tcase_add_checked_fixture(order, set_up, tear_down);
    tcase_add_loop_test(order, the_last_fields_come_forward, 0, 8);
    tcase_add_test(order, fields_come_forward_again_and_again);
    tcase_add_test(order, a_record_grows_after_fields_came_forward);
    tcase_add_test(order, a_reset_record_has_all_its_room_again);
    tcase_add_test(order, fields_are_removed_anywhere);
    suite_add_tcase(suite, order);

    tcase_add_checked_fixture(members, set_up, tear_down);
    tcase_add_test(members, taken_members_outlive_the_scanners_next_check);
    tcase_add_test(members, the_same_two_arrays_serve_all_records);
    tcase_add_test(members, an_empty_object_adds_nothing);
    tcase_add_test(members, a_long_array_goes_with_its_record);
    tcase_add_test(members, a_member_is_found_among_others_of_its_initial);
    tcase_add_test(members, a_field_replaces_a_member_of_its_name);
    suite_add_tcase(suite, members);
    return suite;
}
