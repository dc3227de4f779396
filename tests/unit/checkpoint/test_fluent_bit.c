#include "unit/checkpoint/book.h"

#include <stdio.h>

/* As the releases make it: up to 4.x, and 5.x. */
#define TABLE_OF_4                                                                            \
    "CREATE TABLE in_tail_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, offset INTEGER," \
    " inode INTEGER, created INTEGER, rotated INTEGER DEFAULT 0);"
#define TABLE_OF_5                                                                            \
    "CREATE TABLE in_tail_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, offset INTEGER," \
    " inode INTEGER, created INTEGER, rotated INTEGER DEFAULT 0,"                             \
    " offset_marker INTEGER DEFAULT 0, offset_marker_size INTEGER DEFAULT 0);"

static struct position kept;

static bool keep_it(void *owner, const struct position *p)
{
    (void)owner;
    kept = *p;
    return true;
}

static struct position find(uint64_t ino)
{
    kept = (struct position){0};
    ck_assert_int_eq(positions_find_inode(book.positions, ino, keep_it, NULL), 0);
    return kept;
}

START_TEST(positions_of_version_4_are_taken_over)
{
    book_sql(TABLE_OF_4 "INSERT INTO in_tail_files(name, offset, inode, created, rotated)"
                        " VALUES('/a.log', 100, 7, 1764000000, 0), ('/b.log.1', 5, 8, 1, 1);");
    book_open();
    ck_assert_str_eq(book_all(), "2:/b.log.1@5! 1:/a.log@100!");
    ck_assert(!find(7).is_rotated);
    ck_assert_int_eq(find(7).saved_ns, 1764000000000000000);
    ck_assert_uint_eq(find(7).identity.head.len, 0);
    ck_assert(find(8).is_rotated);
    ck_assert_int_eq(positions_new_row(book.positions), 3);
    ck_assert_str_eq(book_sql("SELECT offset_marker + offset_marker_size FROM in_tail_files"),
                     "0,0");
}
END_TEST

START_TEST(the_oldest_tables_get_what_they_lack)
{
    book_sql("CREATE TABLE in_tail_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
             " offset INTEGER, inode INTEGER);"
             "INSERT INTO in_tail_files(name, offset, inode) VALUES('/a.log', 100, 7);");
    book_open();
    ck_assert_str_eq(book_all(), "1:/a.log@100!");
    book_set(1, "/a.log", 7, 101);
    book_write();
    ck_assert_str_eq(book_all(), "1:/a.log@101");
}
END_TEST

START_TEST(columns_of_later_versions_are_left_alone)
{
    book_sql(TABLE_OF_5 "ALTER TABLE in_tail_files ADD COLUMN skip_bytes INTEGER DEFAULT 0;"
                        "INSERT INTO in_tail_files(name, offset, inode, skip_bytes)"
                        " VALUES('/a.log', 100, 7, 42);");
    book_open();
    book_set(1, "/a.log", 7, 101);
    book_write();
    ck_assert_str_eq(book_sql("SELECT skip_bytes FROM in_tail_files"), "42");
}
END_TEST

START_TEST(the_marker_goes_when_the_offset_moves)
{
    book_sql(TABLE_OF_5 "INSERT INTO in_tail_files VALUES(1, '/a.log', 100, 7, 1, 0, 555, 32);"
                        "INSERT INTO in_tail_files VALUES(2, '/b.log', 100, 8, 1, 0, 666, 32);");
    book_open();
    book_set(1, "/a.log", 7, 100);
    book_set(2, "/b.log", 8, 101);
    book_write();
    ck_assert_str_eq(book_sql("SELECT offset_marker FROM in_tail_files ORDER BY id"), "555,0");
    ck_assert_str_eq(book_sql("SELECT offset_marker_size FROM in_tail_files ORDER BY id"), "32,0");
    ck_assert_str_eq(book_sql("SELECT created FROM in_tail_files ORDER BY id"), "1,1");
}
END_TEST

START_TEST(what_we_write_it_reads_and_goes_on_with)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 100);
    book_close();
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files WHERE inode = 7 ORDER BY id DESC"),
                     "100");
    ck_assert_str_eq(book_sql("SELECT rotated FROM in_tail_files"), "0");
    book_sql("INSERT INTO in_tail_files(name, offset, inode, created) VALUES('/b.log', 0, 8, 9);"
             "UPDATE in_tail_files SET name = '/a.log.1', rotated = 1 WHERE id = 1;");
    book_open();
    ck_assert_str_eq(book_all(), "2:/b.log@0! 1:/a.log.1@100");
    ck_assert_int_eq(positions_new_row(book.positions), 3);
}
END_TEST

static void set_full(int64_t row, uint64_t ino)
{
    struct position position = {
        .row = row,
        .name = "/a.log",
        .offset = 100,
        .is_done = true,
        .identity = {.id.ino = ino, .head = {.hash = 1, .len = 50}},
        .tail = {.hash = 2, .len = 64},
    };

    positions_set(book.positions, &position);
}

START_TEST(an_offset_that_it_moved_makes_our_print_void)
{
    book_open();
    positions_new_row(book.positions);
    set_full(1, 7);
    book_close();
    book_sql("UPDATE in_tail_files SET offset = 200 WHERE id = 1;");
    book_open();
    ck_assert_uint_eq(find(7).offset, 200);
    ck_assert_uint_eq(find(7).tail.len, 0);
    ck_assert(!find(7).is_done);
    ck_assert_uint_eq(find(7).identity.head.len, 50);
}
END_TEST

START_TEST(a_number_that_it_gave_to_another_file_is_not_ours)
{
    book_open();
    positions_new_row(book.positions);
    set_full(1, 7);
    book_close();
    book_sql("DELETE FROM in_tail_files;"
             "INSERT INTO in_tail_files(name, offset, inode, created) VALUES('/x.log', 3, 8, 9);");
    book_open();
    ck_assert_str_eq(book_all(), "1:/x.log@3!");
}
END_TEST

START_TEST(rows_that_it_deleted_are_forgotten)
{
    book_open();
    positions_new_row(book.positions);
    set_full(1, 7);
    book_close();
    book_sql("DELETE FROM in_tail_files;");
    book_open();
    ck_assert_str_eq(book_sql("SELECT count(*) FROM tailrace_files"), "0");
}
END_TEST

START_TEST(its_journal_is_read_too)
{
    book_sql("PRAGMA journal_mode=WAL;" TABLE_OF_4
             "INSERT INTO in_tail_files(name, offset, inode) VALUES('/a.log', 100, 7);");
    book_open();
    ck_assert_str_eq(book_all(), "1:/a.log@100!");
}
END_TEST

START_TEST(its_options_are_obeyed)
{
    book.config.sync = "FULL";
    book.config.journal_mode = "delete";
    book.config.is_locked = true;
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 100);
    ck_assert_int_eq(positions_flush(book.positions), 0);
    ck_assert(!tree_has("tail.db-wal"));
    book_close();
    ck_assert_str_eq(book_sql("PRAGMA journal_mode"), "delete");
}
END_TEST

Suite *suite_checkpoint_fluent_bit(void);

Suite *suite_checkpoint_fluent_bit(void)
{
    Suite *suite = suite_create("checkpoint/fluent_bit");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, book_set_up, book_tear_down);
    tcase_add_test(use, positions_of_version_4_are_taken_over);
    tcase_add_test(use, the_oldest_tables_get_what_they_lack);
    tcase_add_test(use, columns_of_later_versions_are_left_alone);
    tcase_add_test(use, the_marker_goes_when_the_offset_moves);
    tcase_add_test(use, what_we_write_it_reads_and_goes_on_with);
    tcase_add_test(use, an_offset_that_it_moved_makes_our_print_void);
    tcase_add_test(use, a_number_that_it_gave_to_another_file_is_not_ours);
    tcase_add_test(use, rows_that_it_deleted_are_forgotten);
    tcase_add_test(use, its_journal_is_read_too);
    tcase_add_test(use, its_options_are_obeyed);
    suite_add_tcase(suite, use);
    return suite;
}
