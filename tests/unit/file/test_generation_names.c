#include "log_kit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

START_TEST(names_that_rotation_makes_are_known)
{
    static const char *const yes[] = {
        "app.log.1",
        "app.log.12.gz",
        "app.log-20261121",
        "app.log-20261121.gz",
        "app.log.20261121-050000",
        "app.log.20261121-050000.gz",
        "app.log.2026-11-21T05:00:00Z",
        "app-20261121.log",
        "app-20261121.log.gz",
        "app.log-1795237200",
        "app.log_1",
    };
    static const char *const no[] = {
        "app.log",     "app.log.gz",    "app.log.",         "app.log.tmp", "app.log.1.tmp",
        "app.log.bak", "app.log2",      "app-2.log",        "other.log.1", "app.log.1.bz2",
        "app.logger",  "app.log.error", "app-20261121.txt", "app",         "",
    };

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ck_assert_msg(generation_is_of(SLICE("app.log"), slice_of(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ck_assert_msg(!generation_is_of(SLICE("app.log"), slice_of(no[i])), "%s", no[i]);
    ck_assert(generation_is_of(SLICE("x-json.log"), SLICE("x-json.log.1")));
    ck_assert(generation_is_of(SLICE("syslog"), SLICE("syslog.2.gz")));
}
END_TEST

START_TEST(numbers_count_down_to_the_current_one)
{
    tree_write("a.log", "");
    tree_write("a.log.1", "");
    tree_write("a.log.2", "");
    tree_write_gzip("a.log.10.gz", "");
    log_expect_order("a.log", "a.log.10.gz a.log.2 a.log.1 a.log");
}
END_TEST

/* gzip's time is later than that of the generation which was written meanwhile. */
START_TEST(dates_outweigh_the_time_of_compression)
{
    tree_write("0.log", "");
    tree_write_gzip("0.log.20261121-050000.gz", "x");
    tree_write("0.log.20261121-050010", "x");
    log_age("0.log.20261121-050010", 1000);
    log_expect_order("0.log", "0.log.20261121-050000.gz 0.log.20261121-050010 0.log");
}
END_TEST

START_TEST(names_of_two_kinds_go_by_time)
{
    tree_write("a.log.1", "");
    tree_write("a.log-20261121", "");
    log_age("a.log.1", 1000);
    log_expect_order("a.log", "a.log.1 a.log-20261121");
}
END_TEST

START_TEST(a_file_that_is_just_being_compressed_counts_once)
{
    tree_write("0.log.20261121-050000", "x");
    tree_write_gzip("0.log.20261121-050000.gz", "x");
    tree_write("0.log.20261121-050000.gz.tmp", "x");
    log_expect_order("0.log", "0.log.20261121-050000");
}
END_TEST

START_TEST(only_files_are_generations)
{
    tree_folder("a.log.1");
    ck_assert_int_eq(mkfifo(tree_path("a.log.2"), 0600), 0);
    tree_write("b.log", "");
    tree_write("b.log.1", "");
    tree_link("b.log.1", "a.log.3");
    log_expect_order("a.log", "a.log.3");
}
END_TEST

START_TEST(a_link_leads_to_the_generations_of_its_target)
{
    tree_write("pods/0.log", "");
    tree_write("pods/0.log.20261121-050000", "");
    tree_link("pods/0.log", "containers/p.log");
    log_expect_order("containers/p.log", "0.log.20261121-050000 0.log");
}
END_TEST

START_TEST(the_newest_are_kept_when_there_are_too_many)
{
    char name[32];

    for (int i = 1; i <= GENERATIONS_MAX + 5; i++) {
        snprintf(name, sizeof name, "a.log.%d", i);
        tree_write(name, "");
    }
    ck_assert_int_eq(generations_read(tree_path("a.log"), &log_kit.generations), 0);
    ck_assert_uint_eq(log_kit.generations.count, GENERATIONS_MAX);
    ck_assert_str_eq(log_kit.generations.items[GENERATIONS_MAX - 1].path, tree_path("a.log.1"));
    ck_assert_str_eq(log_kit.generations.items[0].path, tree_path("a.log.64"));
}
END_TEST

START_TEST(a_directory_that_is_not_there_says_so)
{
    ck_assert_int_eq(generations_read(tree_path("none/a.log"), &log_kit.generations), -ENOENT);
    ck_assert_uint_eq(log_kit.generations.count, 0);
}
END_TEST

Suite *suite_file_generation_names(void);
Suite *suite_file_generation_names(void)
{
    Suite *suite = suite_create("file/generation_names");
    TCase *names = tcase_create("names");

    tcase_add_checked_fixture(names, tree_plant, log_tear_down);
    tcase_add_test(names, names_that_rotation_makes_are_known);
    tcase_add_test(names, numbers_count_down_to_the_current_one);
    tcase_add_test(names, dates_outweigh_the_time_of_compression);
    tcase_add_test(names, names_of_two_kinds_go_by_time);
    tcase_add_test(names, a_file_that_is_just_being_compressed_counts_once);
    tcase_add_test(names, only_files_are_generations);
    tcase_add_test(names, a_link_leads_to_the_generations_of_its_target);
    tcase_add_test(names, the_newest_are_kept_when_there_are_too_many);
    tcase_add_test(names, a_directory_that_is_not_there_says_so);
    suite_add_tcase(suite, names);
    return suite;
}
