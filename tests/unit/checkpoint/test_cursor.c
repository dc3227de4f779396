#include "base/clock.h"
#include "base/log.h"
#include "checkpoint/cursor.h"
#include "kit/tree.h"
#include "loop/loop.h"

#include <check.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static struct loop *loop;
static struct report report;
static struct cursor *cursor;
static char path[256];

static void set_up(void)
{
    log_level_set(LOG_ERROR + 1);
    clock_fake(1000, 0);
    tree_plant();
    snprintf(path, sizeof path, "%s", tree_path("cursor.db"));
    loop = loop_new();
    report = (struct report){0};
}

static void tear_down(void)
{
    cursor_close(&cursor);
    loop_free(&loop);
    report_fini(&report);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

static int open_again(void)
{
    struct cursor_config config = {.path = path, .speaker = "test"};

    cursor_close(&cursor);
    return cursor_open(loop, &config, &report, (struct place){0}, &cursor);
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
    while (job_count(loop) > 0)
        loop_turn(loop, true);
}

START_TEST(nothing_is_known_at_first)
{
    ck_assert_int_eq(open_again(), 0);
    ck_assert_ptr_null(cursor_text(cursor));
}
END_TEST

START_TEST(what_was_set_is_there_after_closing)
{
    ck_assert_int_eq(open_again(), 0);
    cursor_set(cursor, "one");
    cursor_set(cursor, "two");
    ck_assert_str_eq(cursor_text(cursor), "two");
    ck_assert_int_eq(open_again(), 0);
    ck_assert_str_eq(cursor_text(cursor), "two");
}
END_TEST

START_TEST(it_is_on_the_disk_after_its_pace)
{
    ck_assert_int_eq(open_again(), 0);
    cursor_set(cursor, "one");
    pass_ms(CURSOR_PACE_MS);
    tree_copy("cursor.db", "kept.db");
    snprintf(path, sizeof path, "%s", tree_path("kept.db"));
    ck_assert_int_eq(open_again(), 0);
    ck_assert_str_eq(cursor_text(cursor), "one");
}
END_TEST

START_TEST(those_who_name_one_path_share_it)
{
    struct cursor_config config = {.path = path, .speaker = "other"};
    struct cursor *other;

    ck_assert_int_eq(open_again(), 0);
    cursor_set(cursor, "one");
    ck_assert_int_eq(cursor_open(loop, &config, &report, (struct place){0}, &other), 0);
    ck_assert_str_eq(cursor_text(other), "one");
    cursor_close(&other);
    ck_assert_str_eq(cursor_text(cursor), "one");
}
END_TEST

START_TEST(a_damaged_file_is_set_aside)
{
    tree_write("cursor.db", "this is no database at all, and long enough to be looked at as one, "
                            "which SQLite finds out when it reads the first hundred bytes of it");
    ck_assert_int_eq(open_again(), 0);
    ck_assert_ptr_null(cursor_text(cursor));
    ck_assert(tree_has("cursor.db.damaged"));
    cursor_set(cursor, "one");
    ck_assert_int_eq(open_again(), 0);
    ck_assert_str_eq(cursor_text(cursor), "one");
}
END_TEST

/* Cut in the second of its two pages. */
START_TEST(a_file_that_was_cut_is_set_aside)
{
    ck_assert_int_eq(open_again(), 0);
    cursor_set(cursor, "one");
    cursor_close(&cursor);
    ck_assert_int_eq(truncate(path, 5000), 0);
    ck_assert_int_eq(open_again(), 0);
    ck_assert_ptr_null(cursor_text(cursor));
    ck_assert(tree_has("cursor.db.damaged"));
}
END_TEST

static void expect_refused(const char *words)
{
    ck_assert_int_lt(open_again(), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), words));
}

START_TEST(what_another_agent_has_is_refused)
{
    int fd = open(tree_path("cursor.db.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    expect_refused("another agent uses it");
    ck_assert(!tree_has("cursor.db"));
    close(fd);
    ck_assert_int_eq(open_again(), 0);
}
END_TEST

START_TEST(what_a_newer_version_made_is_refused_and_left_alone)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version=1000", NULL, NULL, NULL), SQLITE_OK);
    expect_refused("a newer version of tailrace made it");
    ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE in_systemd_cursor(x)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_a_mistake)
{
    snprintf(path, sizeof path, "%s", tree_path("none/cursor.db"));
    ck_assert_int_lt(open_again(), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "cannot be kept in"));
}
END_TEST

START_TEST(a_text_without_end_is_not_taken)
{
    char text[CURSOR_BYTES_MAX + 2];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(open_again(), 0);
    cursor_set(cursor, text);
    ck_assert_ptr_null(cursor_text(cursor));
}
END_TEST

Suite *suite_checkpoint_cursor(void);
Suite *suite_checkpoint_cursor(void)
{
    Suite *suite = suite_create("checkpoint/cursor");
    TCase *disk = tcase_create("disk");

    tcase_add_checked_fixture(disk, set_up, tear_down);
    tcase_add_test(disk, nothing_is_known_at_first);
    tcase_add_test(disk, what_was_set_is_there_after_closing);
    tcase_add_test(disk, it_is_on_the_disk_after_its_pace);
    tcase_add_test(disk, those_who_name_one_path_share_it);
    tcase_add_test(disk, a_damaged_file_is_set_aside);
    tcase_add_test(disk, a_file_that_was_cut_is_set_aside);
    tcase_add_test(disk, what_another_agent_has_is_refused);
    tcase_add_test(disk, what_a_newer_version_made_is_refused_and_left_alone);
    tcase_add_test(disk, a_folder_that_is_not_there_is_a_mistake);
    tcase_add_test(disk, a_text_without_end_is_not_taken);
    suite_add_tcase(suite, disk);
    return suite;
}
