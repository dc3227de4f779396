#include "file/listing.h"

#include "base/clock.h"
#include "kit/opened.h"
#include "log_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define NOW_S 1795237200
#define LOGS 50
#define MANY 300

static struct listing names;

static void set_up(void)
{
    log_set_up();
    clock_fake(1000, NOW_S * NS_PER_S);
}

static void tear_down(void)
{
    listing_fini(&names);
    clock_real();
    log_tear_down();
}

/* When the folder changed last. */
static void folder_age(int64_t s, int64_t ns)
{
    struct timespec times[2] = {{.tv_sec = s, .tv_nsec = ns}, {.tv_sec = s, .tv_nsec = ns}};

    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path("."), times, 0), 0);
}

static void read_twice(void)
{
    names.read_count = 0;
    ck_assert_int_eq(listing_read(&names, tree_path("")), 0);
    ck_assert_int_eq(listing_read(&names, tree_path("")), 0);
}

START_TEST(names_are_in_order_and_found_by_their_beginning)
{
    tree_write("b.log", "");
    tree_write("a.log", "");
    tree_write("b.log.1", "");
    read_twice();
    ck_assert_str_eq(names.names[listing_find(&names, SLICE("a"))].text, "a.log");
    ck_assert_str_eq(names.names[listing_find(&names, SLICE("b.log"))].text, "b.log");
    ck_assert_str_eq(names.names[listing_find(&names, SLICE("b.log."))].text, "b.log.1");
    ck_assert_uint_eq(listing_find(&names, SLICE("c")), names.count);
}
END_TEST

START_TEST(a_folder_that_stays_as_it_is_is_read_once)
{
    folder_age(NOW_S - 1, 1);
    read_twice();
    ck_assert_uint_eq(names.read_count, 1);
}
END_TEST

START_TEST(a_folder_that_changed_is_read_again)
{
    folder_age(NOW_S - 1, 1);
    read_twice();
    tree_write("a.log", "");
    ck_assert(!listing_is_still(&names));
    folder_age(NOW_S - 1, 2);
    read_twice();
    ck_assert_str_eq(names.names[listing_find(&names, SLICE("a"))].text, "a.log");
}
END_TEST

/* What changes within the same tick gives it no other time. */
START_TEST(a_folder_that_changed_just_now_is_read_each_time)
{
    folder_age(NOW_S - 1, NS_PER_S - 1);
    read_twice();
    ck_assert_uint_eq(names.read_count, 2);
    ck_assert(!listing_is_still(&names));
    folder_age(NOW_S + 1, 1);
    read_twice();
    ck_assert_uint_eq(names.read_count, 2);
}
END_TEST

START_TEST(where_times_are_whole_seconds_just_now_is_longer)
{
    folder_age(NOW_S - 2, 0);
    read_twice();
    ck_assert_uint_eq(names.read_count, 2);
    folder_age(NOW_S - 3, 0);
    read_twice();
    ck_assert_uint_eq(names.read_count, 1);
}
END_TEST

START_TEST(another_folder_is_another)
{
    tree_write("x/a.log", "");
    tree_write("y/b.log", "");
    ck_assert_int_eq(listing_read(&names, tree_path("x")), 0);
    ck_assert_int_eq(listing_read(&names, tree_path("y")), 0);
    ck_assert_str_eq(names.names[listing_find(&names, SLICE("b"))].text, "b.log");
    ck_assert_int_eq(listing_read(&names, tree_path("z")), -ENOENT);
    ck_assert_uint_eq(names.count, 0);
    ck_assert(!listing_is_still(&names));
}
END_TEST

/* Else so many logs in one folder take the square of their number. */
START_TEST(for_many_logs_their_folder_is_read_once)
{
    char name[32];

    for (int i = 0; i < LOGS; i++) {
        snprintf(name, sizeof name, "a%d.log.1", i);
        tree_write(name, "x");
    }
    folder_age(NOW_S - 1, 1);
    opened_begin(tree_path(""));
    for (int i = 0; i < LOGS; i++) {
        snprintf(name, sizeof name, "a%d.log", i);
        ck_assert_int_eq(generations_find(&names, tree_path(name)), 1);
        ck_assert_int_eq(generations_read_in(&names, tree_path(name), &log_kit.generations), 0);
        ck_assert_uint_eq(log_kit.generations.count, 1);
        generations_free(&log_kit.generations);
    }
    ck_assert_int_eq(generations_find(&names, tree_path("a.log")), 0);
    ck_assert_uint_eq(opened_end().listings, 1);
}
END_TEST

START_TEST(what_rotated_since_the_folder_was_read_is_found)
{
    tree_write("a.log", LINE(1));
    folder_age(NOW_S - 1, 1);
    ck_assert_int_eq(generations_find(&names, tree_path("a.log")), 1);
    tree_rename("a.log", "a.log.1");
    ck_assert_int_eq(generations_read_in(&names, tree_path("a.log"), &log_kit.generations), 0);
    ck_assert_uint_eq(log_kit.generations.count, 1);
    ck_assert_str_eq(log_kit.generations.items[0].path, tree_path("a.log.1"));
}
END_TEST

static void many_write(bool is_doubled)
{
    char name[32];

    for (int i = 1; i <= MANY; i++) {
        snprintf(name, sizeof name, "a.log.%d.gz", i);
        tree_write_gzip(name, "x");
        name[strlen(name) - 3] = '\0';
        if (is_doubled)
            tree_write(name, "x");
    }
}

START_TEST(of_many_generations_those_are_opened_that_are_kept)
{
    struct opened opened;

    many_write(false);
    tree_write("a.log", "");
    opened_begin(tree_path(""));
    ck_assert_int_eq(generations_read(tree_path("a.log"), &log_kit.generations), 0);
    opened = opened_end();
    ck_assert_uint_eq(log_kit.generations.count, GENERATIONS_MAX);
    ck_assert(log_kit.generations.items[GENERATIONS_MAX - 1].is_current);
    ck_assert_str_eq(log_kit.generations.items[0].path, tree_path("a.log.63.gz"));
    ck_assert_uint_eq(opened.files, GENERATIONS_MAX);
}
END_TEST

START_TEST(of_many_that_are_just_being_compressed_each_counts_once)
{
    many_write(true);
    ck_assert_int_eq(generations_read(tree_path("a.log"), &log_kit.generations), 0);
    ck_assert_uint_eq(log_kit.generations.count, GENERATIONS_MAX);
    ck_assert_str_eq(log_kit.generations.items[0].path, tree_path("a.log.64"));
}
END_TEST

/* They have no number to go by. */
START_TEST(of_many_names_of_two_kinds_the_latest_are_kept)
{
    char name[32];

    for (int i = 1; i <= MANY; i++) {
        snprintf(name, sizeof name, "a.log.%d", i);
        tree_write(name, "x");
        log_age(name, NOW_S - i);
    }
    tree_write("a.log-20261121", "x");
    log_age("a.log-20261121", NOW_S);
    ck_assert_int_eq(generations_read(tree_path("a.log"), &log_kit.generations), 0);
    ck_assert_uint_eq(log_kit.generations.count, GENERATIONS_MAX);
    ck_assert_str_eq(log_kit.generations.items[GENERATIONS_MAX - 1].path,
                     tree_path("a.log-20261121"));
    ck_assert_str_eq(log_kit.generations.items[0].path, tree_path("a.log.63"));
}
END_TEST

Suite *suite_file_listing(void);
Suite *suite_file_listing(void)
{
    Suite *suite = suite_create("file/listing");
    TCase *t = tcase_create("listing");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, names_are_in_order_and_found_by_their_beginning);
    tcase_add_test(t, a_folder_that_stays_as_it_is_is_read_once);
    tcase_add_test(t, a_folder_that_changed_is_read_again);
    tcase_add_test(t, a_folder_that_changed_just_now_is_read_each_time);
    tcase_add_test(t, where_times_are_whole_seconds_just_now_is_longer);
    tcase_add_test(t, another_folder_is_another);
    tcase_add_test(t, for_many_logs_their_folder_is_read_once);
    tcase_add_test(t, what_rotated_since_the_folder_was_read_is_found);
    tcase_add_test(t, of_many_generations_those_are_opened_that_are_kept);
    tcase_add_test(t, of_many_that_are_just_being_compressed_each_counts_once);
    tcase_add_test(t, of_many_names_of_two_kinds_the_latest_are_kept);
    suite_add_tcase(suite, t);
    return suite;
}
