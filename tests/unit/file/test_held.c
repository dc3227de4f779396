#include "file/held.h"

#include "kit/stops.h"

#include <check.h>
#include <stdint.h>

#define FILES_MAX 4

static struct held_book book;
static struct held_file files[FILES_MAX];
static struct held_file *gone[FILES_MAX];
static size_t gone_count;

static void on_go(struct held_file *file)
{
    gone[gone_count++] = file;
}

static void begin(uint64_t limit_bytes)
{
    held_init(&book, limit_bytes);
    gone_count = 0;
    for (size_t i = 0; i < FILES_MAX; i++) {
        files[i] = (struct held_file){.go = on_go};
        list_init(&files[i].link);
    }
}

static void add(size_t index, uint64_t rotated_ms, uint64_t bytes)
{
    files[index].rotated_ms = rotated_ms;
    files[index].bytes = bytes;
    held_add(&book, &files[index]);
}

START_TEST(nobody_goes_while_the_limit_is_kept)
{
    begin(30);
    ck_assert_ptr_null(held_choose(&book));
    add(0, 1000, 10);
    add(1, 2000, 20);
    ck_assert_uint_eq(held_bytes(&book), 30);
    ck_assert_ptr_null(held_choose(&book));
    held_settle(&book);
    ck_assert_uint_eq(gone_count, 0);
}
END_TEST

START_TEST(the_oldest_goes_first_whatever_the_order_they_came_in)
{
    begin(15);
    add(0, 3000, 10);
    add(1, 1000, 10);
    add(2, 2000, 10);
    held_settle(&book);
    ck_assert_uint_eq(gone_count, 2);
    ck_assert_ptr_eq(gone[0], &files[1]);
    ck_assert_ptr_eq(gone[1], &files[2]);
    ck_assert_uint_eq(held_bytes(&book), 10);
}
END_TEST

START_TEST(of_two_of_an_age_the_one_that_came_first_goes)
{
    begin(15);
    add(1, 1000, 10);
    add(0, 1000, 10);
    held_settle(&book);
    ck_assert_uint_eq(gone_count, 1);
    ck_assert_ptr_eq(gone[0], &files[1]);
}
END_TEST

START_TEST(a_file_that_costs_nothing_stays)
{
    begin(5);
    add(0, 1000, 0);
    add(1, 2000, 6);
    held_settle(&book);
    ck_assert_uint_eq(gone_count, 1);
    ck_assert_ptr_eq(gone[0], &files[1]);
    ck_assert(list_is_linked(&files[0].link));
    ck_assert(!list_is_linked(&files[1].link));
}
END_TEST

START_TEST(no_limit_lets_nobody_go)
{
    begin(0);
    add(0, 1000, UINT64_C(1) << 50);
    ck_assert_ptr_null(held_choose(&book));
}
END_TEST

START_TEST(who_left_by_itself_counts_no_more)
{
    begin(15);
    add(0, 1000, 10);
    add(1, 2000, 10);
    held_remove(&files[1]);
    held_remove(&files[1]);
    ck_assert_ptr_null(held_choose(&book));
}
END_TEST

/* Those that stay are the youngest with bytes, as many as the limit has room for. */
static void check_settled(const uint64_t *bytes, size_t count, uint64_t limit)
{
    uint64_t kept = 0;
    size_t expected = 0;

    begin(limit);
    for (size_t i = 0; i < count; i++)
        add(i, 1000 + i, bytes[i]);
    held_settle(&book);
    for (size_t i = count; i-- > 0;)
        kept += bytes[i];
    for (size_t i = 0; i < count && limit > 0 && kept > limit; i++) {
        if (bytes[i] == 0)
            continue;
        ck_assert_uint_lt(expected, gone_count);
        ck_assert_ptr_eq(gone[expected++], &files[i]);
        kept -= bytes[i];
    }
    ck_assert_uint_eq(gone_count, expected);
    ck_assert_uint_eq(held_bytes(&book), kept);
    ck_assert(limit == 0 || kept <= limit);
}

/* All books of up to four files of 0 to 3 bytes, under all limits. */
START_TEST(every_small_book_is_settled_with_the_fewest_of_the_oldest)
{
    for (uint64_t limit = 0; limit <= 13; limit++)
        for (size_t count = 0; count <= FILES_MAX; count++)
            for (unsigned code = 0; code < 1u << (2 * count); code++) {
                uint64_t bytes[FILES_MAX];

                for (size_t i = 0; i < count; i++)
                    bytes[i] = code >> (2 * i) & 3;
                check_settled(bytes, count, limit);
            }
}
END_TEST

START_TEST(a_file_is_added_once)
{
    begin(10);
    add(0, 1000, 1);
    held_add(&book, &files[0]);
}
END_TEST

Suite *suite_file_held(void);
Suite *suite_file_held(void)
{
    Suite *s = suite_create("file/held");
    TCase *t = tcase_create("held");
    TCase *stops = stops_create();

    tcase_add_test(t, nobody_goes_while_the_limit_is_kept);
    tcase_add_test(t, the_oldest_goes_first_whatever_the_order_they_came_in);
    tcase_add_test(t, of_two_of_an_age_the_one_that_came_first_goes);
    tcase_add_test(t, a_file_that_costs_nothing_stays);
    tcase_add_test(t, no_limit_lets_nobody_go);
    tcase_add_test(t, who_left_by_itself_counts_no_more);
    tcase_add_test(t, every_small_book_is_settled_with_the_fewest_of_the_oldest);
    suite_add_tcase(s, t);
    stops_add(stops, a_file_is_added_once);
    suite_add_tcase(s, stops);
    return s;
}
