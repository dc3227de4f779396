#include "unit/file/listener.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names ---- */

START_TEST(files_that_are_there_are_found_at_start)
{
    tree_write("a.log", "one\n");
    tree_write("b.txt", "");
    tree_write(".hidden.log", "");
    tree_folder("dir.log");
    ck_assert_int_eq(mkfifo(tree_path("pipe.log"), 0600), 0);
    listen_to("*.log");
    listener_hears("start a.log;");
    ck_assert_uint_eq(discover_file_count(listener.discover), 1);
    ck_assert_uint_eq(discover_polled_count(listener.discover), 0);
}
END_TEST

START_TEST(files_that_come_later_are_found_by_events)
{
    listen_to("*.log");
    tree_write("a.log", "");
    listener_hears("found a.log;");
    tree_write("b.txt", "");
    listener_hears("");
    tree_rename("b.txt", "b.log");
    listener_hears("found b.log;");
}
END_TEST

START_TEST(an_exclusion_crosses_directories)
{
    tree_write("x/app/a.log", "");
    tree_write("x/sys/b.log", "");
    listen_at(tree_path("*/*/*.log"), " *sys* ");
    listener_hears("start x/app/a.log;");
    tree_write("x/sys/c.log", "");
    tree_append("x/sys/b.log", "x");
    listener_hears("");
}
END_TEST

START_TEST(a_plain_name_is_found_when_it_appears)
{
    listen_to("a.log");
    tree_write("b.log", "");
    listener_hears("");
    tree_write("a.log", "");
    listener_hears("found a.log;");
}
END_TEST

START_TEST(a_name_that_two_globs_match_is_found_once)
{

    tree_write("a.log", "");
    listener_make();
    ck_assert_int_eq(discover_add(listener.discover, slice_of(tree_path("*.log"))), 0);
    ck_assert_int_eq(discover_add(listener.discover, slice_of(tree_path("a.*"))), 0);
    discover_start(listener.discover);
    listener_hears("start a.log;");
    tree_append("a.log", "x");
    listener_hears("touched a.log;");
}
END_TEST

START_TEST(a_tilde_is_home)
{
    ck_assert_int_eq(setenv("HOME", tree_path(""), 1), 0);
    tree_write("a.log", "");
    listen_at("~/*.log", NULL);
    listener_hears("start a.log;");
}
END_TEST

START_TEST(a_relative_glob_finds_relative_names)
{
    ck_assert_int_eq(chdir(tree_path("")), 0);
    tree_write("a.log", "");
    listen_at("*.log", NULL);
    listener_hears("start a.log;");
    ck_assert(tree_has("a.log"));
    tree_write("b.log", "");
    listener_hears("found b.log;");
    tree_remove("a.log");
    listener_hears("gone a.log;");
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static bool misses(const char *name)
{
    return discover_misses(listener.discover, tree_path(name));
}

START_TEST(a_name_is_missed_that_would_be_found)
{
    tree_folder("x/app");
    tree_write("x/app/a.log", "");
    listen_at(tree_path("x/*/*.log"), "*sys*");
    listener_hears("start x/app/a.log;");
    ck_assert(!misses("x/app/a.log"));
    ck_assert(misses("x/app/b.log"));
    ck_assert(misses("x/none/b.log"));
    ck_assert(!misses("x/app/b.log.1"));
    ck_assert(!misses("x/app/.b.log"));
    ck_assert(!misses("x/b.log"));
    ck_assert(!misses("x/app/y/b.log"));
    ck_assert(!misses("x/sys/b.log"));
    ck_assert(!discover_misses(listener.discover, "x/app/b.log"));
    tree_remove("x/app/a.log");
    listener_hears("gone x/app/a.log;");
    ck_assert(misses("x/app/a.log"));
}
END_TEST

START_TEST(what_is_no_glob_is_refused)
{
    char longest[PATH_MAX + 2];

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    listener_make();
    ck_assert_int_eq(discover_add(listener.discover, SLICE("")), -EINVAL);
    ck_assert_int_eq(discover_add(listener.discover, SLICE(" / ")), -EINVAL);
    ck_assert_int_eq(discover_add(listener.discover, SLICE("~nobody-of-that-name/x")), -ENOENT);
    ck_assert_int_eq(discover_add(listener.discover, slice_of(longest)), -ENAMETOOLONG);
}
END_TEST

/* ---- directories ---- */

START_TEST(a_directory_that_matches_later_is_looked_into)
{
    tree_folder("pods");
    listen_to("pods/*/*/*.log");
    tree_write("pods/a_b_c/app/0.log", "one\n");
    listener_hears("found pods/a_b_c/app/0.log;");
    tree_append("pods/a_b_c/app/0.log", "two\n");
    listener_hears("touched pods/a_b_c/app/0.log;");
    tree_write("pods/a_b_c/side/0.log", "");
    listener_hears("found pods/a_b_c/side/0.log;");
}
END_TEST

START_TEST(directories_that_went_are_forgotten)
{
    size_t before;

    tree_folder("pods");
    listen_to("pods/*/*/*.log");
    before = discover_dir_count(listener.discover);
    tree_write("pods/a/app/0.log", "");
    listener_hears("found pods/a/app/0.log;");
    ck_assert_uint_eq(discover_dir_count(listener.discover), before + 2);
    tree_remove("pods/a");
    listener_hears("gone pods/a/app/0.log;");
    ck_assert_uint_eq(discover_dir_count(listener.discover), before);
    ck_assert_uint_eq(discover_file_count(listener.discover), 0);
}
END_TEST

START_TEST(a_missing_directory_is_waited_for_and_again_when_it_went)
{
    listen_to("x/y/z/*.log");
    listener_hears("");
    tree_folder("x");
    listener_hears("");
    tree_write("x/y/z/a.log", "");
    listener_hears("found x/y/z/a.log;");
    tree_remove("x");
    listener_hears("gone x/y/z/a.log;");
    tree_write("x/y/z/b.log", "");
    listener_hears("found x/y/z/b.log;");
}
END_TEST

START_TEST(a_plain_directory_under_a_wildcard_is_waited_for)
{
    tree_folder("pods/one");
    listen_to("pods/*/app/0.log");
    tree_folder("pods/one/app");
    listener_hears("");
    tree_write("pods/one/app/0.log", "");
    tree_write("pods/two/app/0.log", "");
    listener_hears("found pods/one/app/0.log;found pods/two/app/0.log;");
}
END_TEST

START_TEST(a_directory_moved_away_takes_its_names_along)
{
    tree_write("x/a/1.log", "");
    listen_to("x/*/*.log");
    listener_hears("start x/a/1.log;");
    tree_rename("x/a", "x/b");
    listener_hears("found x/b/1.log;gone x/a/1.log;");
    tree_write("x/b/2.log", "");
    listener_hears("found x/b/2.log;");
}
END_TEST

START_TEST(a_link_to_a_directory_is_gone_into)
{
    tree_write("real/a.log", "");
    tree_folder("x");
    listen_to("x/*/*.log");
    tree_link("real", "x/link");
    listener_hears("found x/link/a.log;");
    tree_append("real/a.log", "x");
    listener_hears("touched x/link/a.log;");
}
END_TEST

START_TEST(a_directory_link_that_was_changed_is_seen_by_the_next_scan)
{
    tree_write("v1/a.log", "");
    tree_write("v2/a.log", "");
    tree_link("v1", "current");
    listen_to("current/*.log");
    listener_hears("start current/a.log;");
    tree_link("v2", "current");
    discover_scan(listener.discover);
    listener_hears("replaced current/a.log;");
    tree_append("v2/a.log", "x");
    listener_hears("touched current/a.log;");
}
END_TEST

/* ---- what becomes of a name ---- */

START_TEST(growth_and_rights_touch)
{
    tree_write("a.log", "");
    listen_to("*.log");
    listener_hears("start a.log;");
    tree_append("a.log", "one\n");
    listener_hears("touched a.log;");
    ck_assert_int_eq(chmod(tree_path("a.log"), 0600), 0);
    listener_hears("touched a.log;");
}
END_TEST

START_TEST(a_name_taken_away_is_gone)
{
    tree_write("a.log", "");
    listen_to("*.log");
    listener_hears("start a.log;");
    tree_rename("a.log", "a.log.1");
    listener_hears("gone a.log;");
    tree_rename("a.log.1", "a.log");
    listener_hears("found a.log;");
    tree_remove("a.log");
    listener_hears("gone a.log;");
    ck_assert_uint_eq(discover_file_count(listener.discover), 0);
}
END_TEST

START_TEST(rotation_within_one_round_replaces)
{
    tree_write("a.log", "one\n");
    listen_to("*.log");
    listener_hears("start a.log;");
    tree_rename("a.log", "a.log.1");
    tree_write("a.log", "two\n");
    listener_hears_first("replaced a.log;");
}
END_TEST

START_TEST(renaming_over_a_name_replaces)
{
    tree_write("a.log", "one\n");
    tree_write("new", "two\n");
    listen_to("*.log");
    listener_hears("start a.log;");
    tree_rename("new", "a.log");
    listener_hears("replaced a.log;");
}
END_TEST

/* The new file has the inode of the old one on ext4; their births differ. */
START_TEST(a_file_made_anew_replaces_even_with_the_same_inode)
{
    tree_write("a.log", "one\n");
    listen_to("*.log");
    listener_hears("start a.log;");
    tree_remove("a.log");
    tree_write("a.log", "one\n");
    listener_hears_first("replaced a.log;");
}
END_TEST

START_TEST(a_glob_that_matches_rotated_names_finds_them)
{
    tree_write("a.log", "one\n");
    listen_to("a.log*");
    listener_hears("start a.log;");
    tree_rename("a.log", "a.log.1");
    listener_hears("gone a.log;found a.log.1;");
}
END_TEST

START_TEST(a_scan_notices_what_events_did_not_tell)
{
    listener.is_poll_only = true;
    tree_write("a.log", "");
    tree_write("b.log", "");
    listen_to("*.log");
    buffer_clear(&listener.heard);
    listener.is_poll_only = false;
    tree_append("a.log", "x");
    tree_remove("b.log");
    tree_write("c.log", "");
    listener_hears("");
    discover_scan(listener.discover);
    listener_hears_among("touched a.log;");
    listener_hears_among("gone b.log;");
    listener_hears_among("found c.log;");
    ck_assert_uint_eq(listener.heard.len, strlen("touched a.log;gone b.log;found c.log;"));
}
END_TEST

Suite *suite_file_discover(void);

static TCase *part(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, listener_set_up, listener_tear_down);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *suite_file_discover(void)
{
    Suite *suite = suite_create("file/discover");
    TCase *names = part(suite, "names");
    TCase *dirs = part(suite, "dirs");
    TCase *changes = part(suite, "changes");

    tcase_add_test(names, files_that_are_there_are_found_at_start);
    tcase_add_test(names, files_that_come_later_are_found_by_events);
    tcase_add_test(names, an_exclusion_crosses_directories);
    tcase_add_test(names, a_plain_name_is_found_when_it_appears);
    tcase_add_test(names, a_name_that_two_globs_match_is_found_once);
    tcase_add_test(names, a_tilde_is_home);
    tcase_add_test(names, a_relative_glob_finds_relative_names);
    tcase_add_test(names, a_name_is_missed_that_would_be_found);
    tcase_add_test(names, what_is_no_glob_is_refused);
    tcase_add_test(dirs, a_directory_that_matches_later_is_looked_into);
    tcase_add_test(dirs, directories_that_went_are_forgotten);
    tcase_add_test(dirs, a_missing_directory_is_waited_for_and_again_when_it_went);
    tcase_add_test(dirs, a_plain_directory_under_a_wildcard_is_waited_for);
    tcase_add_test(dirs, a_directory_moved_away_takes_its_names_along);
    tcase_add_test(dirs, a_link_to_a_directory_is_gone_into);
    tcase_add_test(dirs, a_directory_link_that_was_changed_is_seen_by_the_next_scan);
    tcase_add_test(changes, growth_and_rights_touch);
    tcase_add_test(changes, a_name_taken_away_is_gone);
    tcase_add_test(changes, rotation_within_one_round_replaces);
    tcase_add_test(changes, renaming_over_a_name_replaces);
    tcase_add_test(changes, a_file_made_anew_replaces_even_with_the_same_inode);
    tcase_add_test(changes, a_glob_that_matches_rotated_names_finds_them);
    tcase_add_test(changes, a_scan_notices_what_events_did_not_tell);
    return suite;
}
