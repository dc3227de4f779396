#include "base/map.h"

#include "kit/stops.h"

#include <stdio.h>

#define KEY_COUNT 400

static struct map map;
static char keys[KEY_COUNT][16];

static void set_up(void)
{
    map_init(&map);
    for (int i = 0; i < KEY_COUNT; i++)
        snprintf(keys[i], sizeof keys[i], "key-%d", i);
}

static void tear_down(void)
{
    map_fini(&map);
}

/* The keys themselves are the values. */
static void put_all(void)
{
    for (int i = 0; i < KEY_COUNT; i++)
        ck_assert_ptr_null(map_put(&map, slice_of(keys[i]), keys[i]));
}

START_TEST(an_empty_map_holds_nothing)
{
    struct slice key;
    size_t at = 0;
    void *value;

    ck_assert_ptr_null(map_get(&map, SLICE("a")));
    ck_assert_ptr_null(map_remove(&map, SLICE("a")));
    ck_assert(!map_next(&map, &at, &key, &value));
}
END_TEST

START_TEST(every_key_is_found_after_growth)
{
    put_all();
    ck_assert_uint_eq(map.count, KEY_COUNT);
    for (int i = 0; i < KEY_COUNT; i++)
        ck_assert_ptr_eq(map_get(&map, slice_of(keys[i])), keys[i]);
    ck_assert_ptr_null(map_get(&map, SLICE("key-400")));
}
END_TEST

START_TEST(putting_again_replaces_and_returns_the_old)
{
    ck_assert_ptr_null(map_put(&map, SLICE("a"), keys[0]));
    ck_assert_ptr_eq(map_put(&map, SLICE("a"), keys[1]), keys[0]);
    ck_assert_ptr_eq(map_get(&map, SLICE("a")), keys[1]);
    ck_assert_uint_eq(map.count, 1);
}
END_TEST

START_TEST(the_map_keeps_its_own_copy_of_the_key)
{
    char name[] = "app.log";

    map_put(&map, slice_of(name), keys[0]);
    name[0] = 'X';
    ck_assert_ptr_eq(map_get(&map, SLICE("app.log")), keys[0]);
}
END_TEST

START_TEST(keys_may_hold_any_byte_or_none)
{
    map_put(&map, SLICE("a\0b"), keys[0]);
    map_put(&map, SLICE("a\0c"), keys[1]);
    map_put(&map, SLICE(""), keys[2]);
    ck_assert_ptr_eq(map_get(&map, SLICE("a\0b")), keys[0]);
    ck_assert_ptr_eq(map_get(&map, SLICE("a\0c")), keys[1]);
    ck_assert_ptr_eq(map_get(&map, (struct slice){0}), keys[2]);
}
END_TEST

/* Short keys stand in the map itself, longer ones beside it. */
START_TEST(keys_of_every_length_are_kept_apart)
{
    static const char text[] = "aaaaaaaaaaaaaaaaaaaa";
    struct slice key;
    size_t at = 0, bytes = 0;
    void *value;

    for (size_t len = 0; len < sizeof text; len++)
        ck_assert_ptr_null(map_put(&map, slice_make(text, len), keys[len]));
    for (size_t len = 0; len < sizeof text; len++)
        ck_assert_ptr_eq(map_get(&map, slice_make(text, len)), keys[len]);
    while (map_next(&map, &at, &key, &value)) {
        ck_assert_ptr_eq(value, keys[key.len]);
        ck_assert_int_eq(memcmp(key.data, text, key.len), 0);
        bytes += key.len;
    }
    ck_assert_uint_eq(bytes, (sizeof text - 1) * sizeof text / 2);
    for (size_t len = 0; len < sizeof text; len++)
        ck_assert_ptr_eq(map_remove(&map, slice_make(text, len)), keys[len]);
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

/* Removal moves neighbours into the hole; none may get lost on the way. */
START_TEST(the_others_are_found_after_each_removal)
{
    put_all();
    for (int gone = 0; gone < KEY_COUNT; gone++) {
        ck_assert_ptr_eq(map_remove(&map, slice_of(keys[gone])), keys[gone]);
        ck_assert_ptr_null(map_get(&map, slice_of(keys[gone])));
        for (int left = gone + 1; left < KEY_COUNT; left++)
            ck_assert_ptr_eq(map_get(&map, slice_of(keys[left])), keys[left]);
    }
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(a_map_that_is_nearly_empty_again_is_small_again)
{
    size_t least;

    map_put(&map, slice_of(keys[0]), keys[0]);
    least = map.capacity;
    map_remove(&map, slice_of(keys[0]));
    put_all();
    ck_assert_uint_ge(map.capacity, 2 * KEY_COUNT);
    for (int i = 1; i < KEY_COUNT; i++)
        map_remove(&map, slice_of(keys[i]));
    ck_assert_uint_eq(map.capacity, least);
    ck_assert_ptr_eq(map_get(&map, slice_of(keys[0])), keys[0]);
}
END_TEST

/* The key is the one more with which the map grew, or the one less with which it shrank. */
static void expect_size_kept(const char *key)
{
    size_t capacity = map.capacity;

    for (int i = 0; i < 10; i++) {
        map_remove(&map, slice_of(key));
        ck_assert_uint_eq(map.capacity, capacity);
        map_put(&map, slice_of(key), keys[0]);
        ck_assert_uint_eq(map.capacity, capacity);
    }
}

START_TEST(a_map_that_goes_up_and_down_keeps_its_size)
{
    size_t capacity;
    int i = 0;

    put_all();
    for (capacity = map.capacity; map.capacity == capacity && i < KEY_COUNT; i++)
        map_remove(&map, slice_of(keys[i]));
    expect_size_kept(keys[i - 1]);
    for (capacity = map.capacity; map.capacity == capacity && i > 0; i--)
        map_put(&map, slice_of(keys[i - 1]), keys[i - 1]);
    expect_size_kept(keys[i]);
}
END_TEST

START_TEST(a_walk_meets_each_key_once)
{
    bool met[KEY_COUNT] = {false};
    struct slice key;
    size_t at = 0;
    void *value;
    int count = 0;

    put_all();
    while (map_next(&map, &at, &key, &value)) {
        size_t index = (size_t)((char(*)[16])value - keys);

        ck_assert(slice_is(key, keys[index]));
        ck_assert(!met[index]);
        met[index] = true;
        count++;
    }
    ck_assert_int_eq(count, KEY_COUNT);
}
END_TEST

START_TEST(a_missing_value_stops_the_process)
{
    map_put(&map, SLICE("a"), NULL);
}
END_TEST

Suite *suite_base_map(void);

Suite *suite_base_map(void)
{
    Suite *suite = suite_create("base/map");
    TCase *use = tcase_create("use"), *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, an_empty_map_holds_nothing);
    tcase_add_test(use, every_key_is_found_after_growth);
    tcase_add_test(use, putting_again_replaces_and_returns_the_old);
    tcase_add_test(use, the_map_keeps_its_own_copy_of_the_key);
    tcase_add_test(use, keys_may_hold_any_byte_or_none);
    tcase_add_test(use, keys_of_every_length_are_kept_apart);
    tcase_add_test(use, the_others_are_found_after_each_removal);
    tcase_add_test(use, a_map_that_is_nearly_empty_again_is_small_again);
    tcase_add_test(use, a_map_that_goes_up_and_down_keeps_its_size);
    tcase_add_test(use, a_walk_meets_each_key_once);
    suite_add_tcase(suite, use);
    stops_add(stops, a_missing_value_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
