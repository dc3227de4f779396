#include "unit/checkpoint/book.h"

/*
 * Searching: by inode, by path, and many searches in a row.
 */

START_TEST(generations_are_found_by_the_path_of_their_log)
{
    book_open();
    for (int i = 0; i < 5; i++)
        positions_new_row(book.positions);
    book_set(1, "/pods/p/0.log.20261121-050000", 1, 1);
    book_set(2, "/pods/p/0.log", 2, 2);
    book_set(3, "/pods/p/0.lo", 3, 3);
    book_set(4, "/pods/p/1.log", 4, 4);
    book_set(5, "/pods/p/0.log.1\xc3\xa9", 5, 5);
    book_write();
    ck_assert_str_eq(book_find_path("/pods/p/0.log"),
                     "5:/pods/p/0.log.1\xc3\xa9@5 2:/pods/p/0.log@2 "
                     "1:/pods/p/0.log.20261121-050000@1");
}
END_TEST

START_TEST(a_row_is_found_once_by_its_name_and_by_where_its_file_lies)
{
    struct position position = {.name = "/var/log/containers/p.log",
                                .real = "/var/log/pods/p/0.log",
                                .offset = 4096,
                                .identity.id.ino = 1};

    book_open();
    position.row = positions_new_row(book.positions);
    positions_set(book.positions, &position);
    positions_new_row(book.positions);
    book_set(2, "/var/log/messages", 2, 2);
    book_write();
    ck_assert_str_eq(book_find_path(position.name), "1:/var/log/containers/p.log@4096");
    ck_assert_str_eq(book_find_path(position.real), "1:/var/log/containers/p.log@4096");
    ck_assert_str_eq(book_find_path("/var/log/"),
                     "2:/var/log/messages@2 1:/var/log/containers/p.log@4096");
    ck_assert_str_eq(book_sql("SELECT real FROM tailrace_files ORDER BY id"),
                     "/var/log/pods/p/0.log,NULL");
}
END_TEST

static bool count_down(void *owner, const struct position *p)
{
    unsigned *left = owner;

    ck_assert_str_eq(p->name, p->row == 1 ? "/a.log" : "b.log");
    ck_assert_uint_eq(p->offset, p->row == 1 ? 101 : 200);
    return --*left > 0;
}

START_TEST(all_rows_are_those_on_the_disk_and_those_that_wait_each_once)
{
    unsigned left = 10;

    book_open();
    for (int i = 0; i < 2; i++)
        positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 100);
    book_write();
    book_set(1, "/a.log", 7, 101);
    book_set(2, "b.log", 8, 200);
    ck_assert_int_eq(positions_each(book.positions, count_down, &left), 0);
    ck_assert_uint_eq(left, 8);
    book_write();
    ck_assert_int_eq(positions_each(book.positions, count_down, &left), 0);
    ck_assert_uint_eq(left, 6);
    left = 1;
    ck_assert_int_eq(positions_each(book.positions, count_down, &left), 0);
    ck_assert_uint_eq(left, 0);
}
END_TEST

START_TEST(searches_in_a_row_neither_hold_a_write_up_nor_hide_it)
{
    book_open();
    for (int i = 0; i < 2; i++)
        positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 100);
    book_write();
    positions_read_begin(book.positions);
    ck_assert_str_eq(book_find(7), "1:/a.log@100");
    book_set(2, "/b.log", 8, 200);
    book_write();
    ck_assert_str_eq(book_find(8), "2:/b.log@200");
    ck_assert_str_eq(book_sql("SELECT count(*) FROM in_tail_files"), "2");
    positions_read_end(book.positions);
    positions_read_end(book.positions);
    ck_assert_str_eq(book_find(7), "1:/a.log@100");
}
END_TEST

START_TEST(searches_in_a_row_keep_nobody_from_writing_after_their_end)
{
    book.config.journal_mode = "delete";
    book_open();
    positions_read_begin(book.positions);
    ck_assert_str_eq(book_find(7), "");
    positions_read_end(book.positions);
    book_sql("INSERT INTO in_tail_files(name, offset, inode, created) VALUES('/x.log', 3, 7, 9);");
    ck_assert_str_eq(book_find(7), "1:/x.log@3!");
}
END_TEST

START_TEST(where_there_was_nothing_searches_in_a_row_see_what_is_written_meanwhile)
{
    book_open();
    positions_new_row(book.positions);
    positions_read_begin(book.positions);
    ck_assert_str_eq(book_find(7), "");
    ck_assert_str_eq(book_all(), "");
    book_set(1, "/a.log", 7, 100);
    book_write();
    ck_assert_str_eq(book_find(7), "1:/a.log@100");
    ck_assert_str_eq(book_all(), "1:/a.log@100");
    positions_read_end(book.positions);
}
END_TEST

START_TEST(a_number_that_somebody_else_took_meanwhile_is_put_all_the_same)
{
    book_open();
    book_sql("INSERT INTO in_tail_files(name, offset, inode, created) VALUES('/x.log', 3, 8, 9);");
    ck_assert_int_eq(positions_new_row(book.positions), 1);
    book_set(1, "/a.log", 7, 100);
    book_write();
    ck_assert_str_eq(book_all(), "1:/a.log@100");
}
END_TEST

/* Fluent Bit, or somebody with sqlite3, writes to the file while it is open. */
START_TEST(a_row_that_others_add_meanwhile_is_gone_on_with)
{
    book_open();
    book_sql("INSERT INTO in_tail_files(id, name, offset, inode, created) VALUES(9,'/x',3,7,9);");
    ck_assert_str_eq(book_find(7), "9:/x@3!");
    book_set(9, "/x", 7, 50);
    ck_assert_int_eq(positions_new_row(book.positions), 10);
    book_write();
    ck_assert_str_eq(book_all(), "9:/x@50");
}
END_TEST

START_TEST(a_row_that_others_add_meanwhile_with_the_last_number_is_nobody_s)
{
    book_open();
    book_sql("INSERT INTO in_tail_files(id, name, offset, inode, created)"
             " VALUES(9223372036854775807,'/x',3,7,9);");
    ck_assert_str_eq(book_find(7), "");
    ck_assert_int_eq(positions_new_row(book.positions), 1);
}
END_TEST

/* No number that we give is one of these; the next one goes on from those that may be ours. */
START_TEST(rows_with_numbers_that_nobody_gives_are_counted_on_from_by_nobody)
{
    book_open();
    book_sql("INSERT INTO in_tail_files(id, name, offset, inode, created)"
             " VALUES(9223372036854775807,'/x',3,7,9), (-5,'/y',3,8,9), (4,'/z',3,9,9);");
    book_close();
    book_open();
    ck_assert_int_eq(positions_new_row(book.positions), 5);
    ck_assert_int_eq(positions_new_row(book.positions), 6);
}
END_TEST

START_TEST(a_row_with_a_number_below_1_is_no_first_one)
{
    book_open();
    book_sql("INSERT INTO in_tail_files(id, name, offset, inode, created) VALUES(-5,'/y',3,8,9);");
    book_close();
    book_open();
    ck_assert_int_eq(positions_new_row(book.positions), 1);
}
END_TEST

START_TEST(the_newest_row_of_an_inode_comes_first)
{
    book_open();
    positions_new_row(book.positions);
    positions_new_row(book.positions);
    book_set(1, "/old.log", 7, 100);
    book_set(2, "/new.log", 7, 5);
    book_write();
    ck_assert_str_eq(book_find(7), "2:/new.log@5 1:/old.log@100");
}
END_TEST

static bool stop_at_first(void *owner, const struct position *p)
{
    (void)p;
    ++*(int *)owner;
    return false;
}

START_TEST(a_search_stops_when_told)
{
    int count = 0;

    book_open();
    positions_new_row(book.positions);
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 1);
    book_set(2, "/b.log", 7, 1);
    ck_assert_int_eq(positions_find_inode(book.positions, 7, stop_at_first, &count), 0);
    book_write();
    ck_assert_int_eq(positions_find_inode(book.positions, 7, stop_at_first, &count), 0);
    ck_assert_int_eq(count, 2);
}
END_TEST

Suite *suite_checkpoint_find(void);

Suite *suite_checkpoint_find(void)
{
    Suite *suite = suite_create("checkpoint/find");
    TCase *find = tcase_create("find");

    tcase_add_checked_fixture(find, book_set_up, book_tear_down);
    tcase_add_test(find, generations_are_found_by_the_path_of_their_log);
    tcase_add_test(find, a_row_is_found_once_by_its_name_and_by_where_its_file_lies);
    tcase_add_test(find, all_rows_are_those_on_the_disk_and_those_that_wait_each_once);
    tcase_add_test(find, searches_in_a_row_neither_hold_a_write_up_nor_hide_it);
    tcase_add_test(find, searches_in_a_row_keep_nobody_from_writing_after_their_end);
    tcase_add_test(find, where_there_was_nothing_searches_in_a_row_see_what_is_written_meanwhile);
    tcase_add_test(find, a_number_that_somebody_else_took_meanwhile_is_put_all_the_same);
    tcase_add_test(find, a_row_that_others_add_meanwhile_is_gone_on_with);
    tcase_add_test(find, a_row_that_others_add_meanwhile_with_the_last_number_is_nobody_s);
    tcase_add_test(find, rows_with_numbers_that_nobody_gives_are_counted_on_from_by_nobody);
    tcase_add_test(find, a_row_with_a_number_below_1_is_no_first_one);
    tcase_add_test(find, the_newest_row_of_an_inode_comes_first);
    tcase_add_test(find, a_search_stops_when_told);
    suite_add_tcase(suite, find);
    return suite;
}
