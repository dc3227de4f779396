#include "base/memory.h"
#include "unit/checkpoint/book.h"

#include "base/log.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opening fails with `code`, and the operator reads `words`. */
static void expect_refused(int code, const char *words)
{
    ck_assert_int_eq(book_try_open(), code);
    ck_assert_ptr_null(book.positions);
    ck_assert_uint_eq(book.report.error_count, 1);
    ck_assert_msg(strstr(buffer_text(&book.report.text), words) != NULL, "%s",
                  buffer_text(&book.report.text));
    ck_assert_ptr_nonnull(strstr(buffer_text(&book.report.text), "tail.db"));
}

static unsigned set_aside_count(void)
{
    glob_t found;
    unsigned count;

    glob(tree_path("tail.db.corrupt-*"), 0, NULL, &found);
    count = (unsigned)found.gl_pathc;
    globfree(&found);
    return count;
}

/* ---- at start ---- */

START_TEST(a_missing_directory_is_refused)
{
    tree_link("none/tail.db", "tail.db");
    expect_refused(-ENOENT, "No such file or directory");
}
END_TEST

START_TEST(a_directory_is_no_database)
{
    tree_folder("tail.db");
    expect_refused(-EISDIR, "Is a directory");
}
END_TEST

START_TEST(a_database_that_may_not_be_written_is_refused)
{
    if (geteuid() == 0) {
        fprintf(stderr, "left out: root may write to every file\n");
        return;
    }
    tree_write("tail.db", "");
    ck_assert_int_eq(chmod(tree_path("tail.db"), 0400), 0);
    expect_refused(-EACCES, "Permission denied");
}
END_TEST

START_TEST(another_agent_is_not_disturbed)
{
    int fd;

    tree_write("tail.db", "");
    fd = tree_open("tail.db");
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    expect_refused(-EBUSY, "another agent uses it");
    close(fd);
}
END_TEST

START_TEST(a_database_that_is_locked_is_refused)
{
    sqlite3 *other;

    ck_assert_int_eq(sqlite3_open(tree_path("tail.db"), &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE; CREATE TABLE t(x);", NULL, NULL, NULL),
                     SQLITE_OK);
    expect_refused(-EBUSY, "another process holds it locked");
    sqlite3_close(other);
}
END_TEST

START_TEST(a_newer_version_s_database_is_refused)
{
    book_sql("PRAGMA user_version=3;");
    expect_refused(-EINVAL, "a newer version of tailrace made it");
}
END_TEST

START_TEST(an_older_version_s_prints_do_not_count)
{
    struct position position = {.name = "/a",
                                .offset = 7,
                                .identity = {.id.ino = 11, .head = {.hash = 5, .len = 9}},
                                .tail = {.hash = 6, .len = 7}};

    book_open();
    position.row = positions_new_row(book.positions);
    positions_set(book.positions, &position);
    book_write();
    book_close();
    book_sql("PRAGMA user_version=1;");
    book_open();
    ck_assert_str_eq(book_find(11), "1:/a@7");
    book_close();
    ck_assert_str_eq(book_sql("SELECT head_len + tail_len FROM tailrace_files"), "0");
    ck_assert_str_eq(book_sql("PRAGMA user_version"), "2");
}
END_TEST

START_TEST(an_unknown_table_is_refused_and_left_as_it_was)
{
    book_sql("CREATE TABLE in_tail_files(what TEXT);");
    expect_refused(-EINVAL, "not as Fluent Bit makes it");
    ck_assert_str_eq(book_sql("SELECT count(*) FROM sqlite_master"), "1");
    ck_assert_str_eq(book_sql("PRAGMA user_version"), "0");
}
END_TEST

START_TEST(what_went_wrong_is_said_although_it_was_rolled_back)
{
    book_sql("CREATE VIEW in_tail_files AS SELECT 1 AS id, 'a' AS name, 2 AS offset, 3 AS inode;");
    expect_refused(-EIO, "SQL logic error");
}
END_TEST

START_TEST(rows_with_impossible_numbers_are_left_out)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_close();
    book_sql("INSERT INTO in_tail_files(id, name, offset, inode) VALUES(-1, '/b', 1, 8),"
             "(9223372036854775807, '/c', 1, 9);");
    book_open();
    ck_assert_str_eq(book_all(), "1:/a.log@10");
    ck_assert_int_eq(positions_new_row(book.positions), 2);
}
END_TEST

START_TEST(unknown_words_are_refused)
{
    book.config.path = tree_path("tail.db");
    book.config.sync = "sometimes";
    ck_assert_int_eq(book_try_open(), -EINVAL);
    book.config.sync = NULL;
    book.config.journal_mode = "wall";
    ck_assert_int_eq(book_try_open(), -EINVAL);
    ck_assert_uint_eq(book.report.error_count, 2);
    ck_assert(!tree_has("tail.db"));
}
END_TEST

START_TEST(a_damaged_database_is_set_aside_and_begun_anew)
{
    uint64_t before = log_count(LOG_ERROR);

    tree_write("tail.db", "this is no database, and longer than the head of one: "
                          "................................................................");
    book_open();
    ck_assert_str_eq(book_all(), "");
    ck_assert_uint_eq(set_aside_count(), 1);
    ck_assert_uint_eq(log_count(LOG_ERROR), before + 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "is damaged: it was set aside as"));
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_write();
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "10");
}
END_TEST

/* The head is whole, a page behind it is not. */
START_TEST(damage_behind_the_head_is_found_too)
{
    char junk[4096];
    int fd;

    book_open();
    for (int64_t row = 1; row <= 300; row++) {
        positions_new_row(book.positions);
        book_set(row, "/a/name/that/takes/some/room/in/the/page.log", (uint64_t)row, 10);
    }
    book_close();
    memset(junk, 'x', sizeof junk);
    fd = open(tree_path("tail.db"), O_WRONLY | O_CLOEXEC);
    for (off_t page = 3; page < 8; page++)
        ck_assert_int_eq(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
    close(fd);
    book_open();
    ck_assert_uint_eq(set_aside_count(), 1);
    ck_assert_str_eq(book_all(), "");
}
END_TEST

/* Changes what the file says of itself. */
static void damage_schema(const char *from, const char *to)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "PRAGMA writable_schema=on; UPDATE sqlite_master SET sql = replace(sql, '%s', '%s'),"
             " name = replace(name, '%s', '%s'), tbl_name = replace(tbl_name, '%s', '%s');",
             from, to, from, to, from, to);
    book_sql(sql);
}

/* Every page is well, and yet it is not what we made. */
static const struct {
    const char *from, *to;
} schema_damages[] = {
    {"head_hash", "head_haqh"}, {"offset_marker_size", "offset_marker_siye"},
    {"inode", "inodf"},         {"note TEXT", "nota TEXT"},
    {"real", "reel"},           {"in_tail_files", "in_tail_filer"},
};

START_TEST(damage_in_what_the_file_says_of_itself_is_found_too)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_close();
    damage_schema(schema_damages[_i].from, schema_damages[_i].to);
    book_open();
    ck_assert_uint_eq(set_aside_count(), 1);
    ck_assert_str_eq(book_all(), "");
}
END_TEST

/* Times that no clock shows, as a bad disk has them. */
static const char *const odd_times[] = {"9223372036854775807", "-9223372036854775808", "1e300"};

START_TEST(a_row_of_no_time_is_read_all_the_same)
{
    char sql[128];

    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_close();
    book_sql("DELETE FROM tailrace_files;");
    snprintf(sql, sizeof sql, "UPDATE in_tail_files SET created = %s;", odd_times[_i]);
    book_sql(sql);
    book_open();
    ck_assert_str_eq(book_find(7), "1:/a.log@10!");
}
END_TEST

/* Nothing would be found by it, and nothing could be written. */
START_TEST(damage_of_an_index_alone_loses_no_row)
{
    char *rows;

    book_open();
    for (int64_t row = 1; row <= 3; row++) {
        positions_new_row(book.positions);
        book_set(row, "/a.log", (uint64_t)row, 10);
    }
    book_close();
    book_open();
    rows = mem_text(book_all());
    book_close();
    damage_schema("in_tail_files(inode)", "in_tail_files(offset)");
    book_open();
    ck_assert_uint_eq(set_aside_count(), 0);
    ck_assert_str_eq(book_all(), rows);
    ck_assert_str_ne(rows, "");
    mem_free(rows);
}
END_TEST

START_TEST(an_empty_file_becomes_a_database)
{
    tree_write("tail.db", "");
    book_open();
    ck_assert_str_eq(book_all(), "");
    ck_assert_uint_eq(set_aside_count(), 0);
}
END_TEST

/* ---- later ---- */

#define OUR_TABLE                                                                                \
    "CREATE TABLE tailrace_files(id INTEGER PRIMARY KEY, inode INTEGER, real TEXT, dev INTEGER," \
    " generation INTEGER, born_ns INTEGER, head_hash INTEGER, head_len INTEGER,"                 \
    " tail_hash INTEGER, tail_len INTEGER, offset INTEGER, done INTEGER, saved_ns INTEGER,"      \
    " note TEXT);"

START_TEST(what_could_not_be_written_is_kept_and_written_later)
{
    struct positions_stats stats;
    uint64_t errors = log_count(LOG_ERROR), infos = log_count(LOG_INFO);

    book_open();
    positions_new_row(book.positions);
    positions_new_row(book.positions);
    book_sql("DROP TABLE tailrace_files;");
    book_set(1, "/a.log", 7, 10);
    book_write();
    book_write();
    positions_stats(book.positions, &stats);
    ck_assert_uint_eq(stats.failures, 2);
    ck_assert_uint_eq(stats.dirty_count, 1);
    ck_assert_int_ne(stats.failing_since_ns, 0);
    ck_assert_uint_eq(log_count(LOG_ERROR), errors + 1);
    ck_assert_str_eq(book_sql("SELECT count(*) FROM in_tail_files"), "0");

    book_set(1, "/a.log", 7, 11);
    book_set(2, "/b.log", 8, 1);
    book_sql(OUR_TABLE);
    book_write();
    positions_stats(book.positions, &stats);
    ck_assert_uint_eq(stats.dirty_count, 0);
    ck_assert_int_eq(stats.failing_since_ns, 0);
    ck_assert_uint_eq(log_count(LOG_INFO), infos + 1);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files ORDER BY id"), "11,1");
}
END_TEST

START_TEST(a_search_that_fails_says_so)
{
    int count = 0;

    book_open();
    book_sql("DROP TABLE tailrace_files;");
    ck_assert_int_eq(positions_find_inode(book.positions, 7, NULL, &count), -EIO);
    ck_assert_int_eq(positions_find_path(book.positions, "/a", NULL, &count), -EIO);
}
END_TEST

START_TEST(closing_says_when_the_last_positions_are_lost)
{
    book_open();
    positions_new_row(book.positions);
    book_sql("DROP TABLE tailrace_files;");
    book_set(1, "/a.log", 7, 10);
    book_close();
    ck_assert_ptr_nonnull(strstr(log_recent(0), "the last positions could not be saved"));
}
END_TEST

/* ---- a full disk ---- */

static bool file_put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_put = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0)
        close(fd);
    return is_put;
}

/* A small disk of its own at the root of the tree, for this process alone. */
static bool small_disk(const char *size)
{
    const char *fork_mode = getenv("CK_FORK");
    char users[32], groups[32];

    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    if ((fork_mode == NULL || strcmp(fork_mode, "no") != 0) &&
        unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && file_put("/proc/self/setgroups", "deny") &&
        file_put("/proc/self/uid_map", users) && file_put("/proc/self/gid_map", groups) &&
        mount("none", tree_path(""), "tmpfs", 0, size) == 0)
        return true;
    fprintf(stderr, "left out: no namespace of its own to fill a disk in\n");
    return false;
}

static void disk_fill(void)
{
    char page[4096] = {0};
    int fd = open(tree_path("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    while (write(fd, page, sizeof page) > 0)
        continue;
    ck_assert_int_eq(errno, ENOSPC);
    close(fd);
}

START_TEST(a_full_disk_is_said_once_and_waited_out)
{
    struct positions_stats stats;
    uint64_t errors;

    if (!small_disk("size=128k"))
        return;
    book_open();
    positions_new_row(book.positions);
    disk_fill();
    errors = log_count(LOG_ERROR);
    for (int i = 1; i <= 3; i++) {
        char name[3000];

        memset(name, 'x', sizeof name);
        name[sizeof name - 1] = '\0';
        book_set(1, name, 7, (uint64_t)i);
        ck_assert_int_eq(positions_flush(book.positions), -ENOSPC);
    }
    positions_stats(book.positions, &stats);
    ck_assert_uint_ge(stats.failures, 3);
    ck_assert_uint_eq(log_count(LOG_ERROR), errors + 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "make room on the disk"));

    tree_remove("filler");
    ck_assert_int_eq(positions_flush(book.positions), 0);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "3");
    book_close();
    ck_assert_int_eq(umount2(tree_path(""), MNT_DETACH), 0);
}
END_TEST

/* New rows, many times; the journal begins anew in between. */
START_TEST(beside_a_full_disk_positions_are_saved_where_room_was_kept)
{
    char name[200];

    if (!small_disk("size=4m"))
        return;
    book_open();
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    book_write();
    disk_fill();
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    for (uint64_t i = 0; i < 60; i++) {
        for (unsigned rows = 0; rows < 2; rows++)
            book_set(positions_new_row(book.positions), name, 100 + 2 * i + rows, i);
        ck_assert_int_eq(positions_flush(book.positions), 0);
    }
    book_close();
    ck_assert_int_eq(umount2(tree_path(""), MNT_DETACH), 0);
}
END_TEST

START_TEST(an_agent_starts_beside_a_full_disk)
{
    if (!small_disk("size=128k"))
        return;
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_close();
    disk_fill();
    ck_assert_int_eq(book_try_open(), 0);
    ck_assert_str_eq(book_all(), "1:/a.log@10");
    book_close();
    ck_assert_int_eq(umount2(tree_path(""), MNT_DETACH), 0);
}
END_TEST

Suite *suite_checkpoint_trouble(void);

Suite *suite_checkpoint_trouble(void)
{
    Suite *suite = suite_create("checkpoint/trouble");
    TCase *start = tcase_create("start");
    TCase *later = tcase_create("later");

    tcase_add_checked_fixture(start, book_set_up, book_tear_down);
    tcase_add_test(start, a_missing_directory_is_refused);
    tcase_add_test(start, a_directory_is_no_database);
    tcase_add_test(start, a_database_that_may_not_be_written_is_refused);
    tcase_add_test(start, another_agent_is_not_disturbed);
    tcase_add_test(start, a_database_that_is_locked_is_refused);
    tcase_add_test(start, a_newer_version_s_database_is_refused);
    tcase_add_test(start, an_older_version_s_prints_do_not_count);
    tcase_add_test(start, an_unknown_table_is_refused_and_left_as_it_was);
    tcase_add_test(start, what_went_wrong_is_said_although_it_was_rolled_back);
    tcase_add_test(start, rows_with_impossible_numbers_are_left_out);
    tcase_add_test(start, unknown_words_are_refused);
    tcase_add_test(start, a_damaged_database_is_set_aside_and_begun_anew);
    tcase_add_test(start, damage_behind_the_head_is_found_too);
    tcase_add_loop_test(start, damage_in_what_the_file_says_of_itself_is_found_too, 0,
                        (int)ARRAY_LEN(schema_damages));
    tcase_add_test(start, damage_of_an_index_alone_loses_no_row);
    tcase_add_loop_test(start, a_row_of_no_time_is_read_all_the_same, 0, ARRAY_LEN(odd_times));
    tcase_add_test(start, an_empty_file_becomes_a_database);
    suite_add_tcase(suite, start);
    tcase_add_checked_fixture(later, book_set_up, book_tear_down);
    tcase_add_test(later, what_could_not_be_written_is_kept_and_written_later);
    tcase_add_test(later, a_search_that_fails_says_so);
    tcase_add_test(later, closing_says_when_the_last_positions_are_lost);
    tcase_add_test(later, a_full_disk_is_said_once_and_waited_out);
    tcase_add_test(later, beside_a_full_disk_positions_are_saved_where_room_was_kept);
    tcase_add_test(later, an_agent_starts_beside_a_full_disk);
    suite_add_tcase(suite, later);
    return suite;
}
