#include "base/clock.h"
#include "unit/checkpoint/book.h"

/*
 * Rows that are written together: new ones, those that move, and those that get other names.
 */

#define EACH_FILE \
    "SELECT id || name || '@' || offset || '#' || inode FROM in_tail_files ORDER BY id"
#define EACH_OF_OURS                                                                              \
    "SELECT id || coalesce(real, '') || '@' || offset || '#' || inode FROM tailrace_files ORDER " \
    "BY id"

static void set_real(int64_t row, const char *real, uint64_t offset)
{
    struct position position = {
        .row = row, .name = "/link", .real = real, .offset = offset, .identity.id.ino = 9};

    positions_set(book.positions, &position);
}

/* Rows 1 to 4, written. */
static void four_rows(void)
{
    book_open();
    for (int i = 0; i < 6; i++)
        positions_new_row(book.positions);
    book_set(1, "/a", 1, 10);
    book_set(2, "/b", 2, 20);
    book_set(3, "/c", 3, 30);
    book_set(4, "/d", 4, 40);
    book_write();
}

START_TEST(rows_are_made_moved_renamed_and_removed_in_one_write)
{
    four_rows();
    book_set(1, "/a", 1, 11);
    book_set(2, "/b.1", 2, 22);
    positions_forget(book.positions, 3);
    book_set(4, "/d", 44, 0);
    book_set(5, "/e", 5, 50);
    book_write();
    ck_assert_str_eq(book_sql(EACH_FILE), "1/a@11#1,2/b.1@22#2,4/d@0#44,5/e@50#5");
    ck_assert_str_eq(book_sql(EACH_OF_OURS), "1@11#1,2@22#2,4@0#44,5@50#5");
    ck_assert_str_eq(book_all(), "5:/e@50 4:/d@0 2:/b.1@22 1:/a@11");
}
END_TEST

START_TEST(nothing_but_removals_is_a_write_too)
{
    four_rows();
    positions_forget(book.positions, 1);
    positions_forget(book.positions, 4);
    book_write();
    ck_assert_str_eq(book_sql(EACH_FILE), "2/b@20#2,3/c@30#3");
    ck_assert_str_eq(book_sql(EACH_OF_OURS), "2@20#2,3@30#3");
}
END_TEST

START_TEST(a_file_that_moved_behind_its_link_is_found_where_it_lies_now)
{
    book_open();
    for (int i = 0; i < 2; i++)
        positions_new_row(book.positions);
    set_real(1, "/pods/0.log", 10);
    set_real(2, "/pods/other", 5);
    book_write();
    set_real(1, "/pods/0.log.1", 20);
    set_real(2, "/pods/other", 6);
    book_write();
    ck_assert_str_eq(book_sql(EACH_OF_OURS), "1/pods/0.log.1@20#9,2/pods/other@6#9");
    set_real(1, NULL, 21);
    book_write();
    ck_assert_str_eq(book_sql(EACH_OF_OURS), "1@21#9,2/pods/other@6#9");
    ck_assert_str_eq(book_find_path("/pods/0.log"), "");
}
END_TEST

START_TEST(a_row_whose_columns_somebody_emptied_is_written_all_the_same)
{
    four_rows();
    book_sql("UPDATE in_tail_files SET inode = NULL, offset = NULL, rotated = NULL WHERE id = 2;");
    book_sql("DELETE FROM tailrace_files WHERE id = 3;");
    book_set(2, "/b", 2, 21);
    book_set(3, "/c", 3, 31);
    book_write();
    ck_assert_str_eq(book_sql(EACH_FILE), "1/a@10#1,2/b@21#2,3/c@31#3,4/d@40#4");
    ck_assert_str_eq(book_sql(EACH_OF_OURS), "1@10#1,2@21#2,3@31#3,4@40#4");
}
END_TEST

START_TEST(when_a_row_was_made_stays_what_it_was)
{
    four_rows();
    book_sql("UPDATE in_tail_files SET created = 77;");
    book_set(1, "/a", 1, 11);
    book_set(2, "/other", 2, 22);
    book_write();
    ck_assert_str_eq(book_sql("SELECT created FROM in_tail_files ORDER BY id"), "77,77,77,77");
}
END_TEST

/* It was known since then, whatever the disk says: what was written beside it meanwhile came later. */
START_TEST(a_row_was_made_when_it_was_set_first_though_the_disk_takes_it_later)
{
    clock_fake(1000, 77 * NS_PER_S);
    book_open();
    positions_new_row(book.positions);
    book_sql(
        "CREATE TRIGGER no BEFORE INSERT ON tailrace_files BEGIN SELECT RAISE(FAIL, 'no'); END;");
    book_set(1, "/a", 1, 10);
    clock_fake(2000, 78 * NS_PER_S);
    book_set(1, "/a", 1, 11);
    book_write_begin();
    clock_fake(3000, 79 * NS_PER_S);
    book_set(1, "/a", 1, 12);
    book_write_end();
    book_write();
    book_sql("DROP TRIGGER no;");
    ck_assert_int_eq(positions_flush(book.positions), 0);
    ck_assert_str_eq(book_sql("SELECT created || '@' || offset FROM in_tail_files"), "77@12");
    clock_real();
}
END_TEST

/* A write that fails leaves none of its rows, whichever of them it was. */
START_TEST(one_row_that_cannot_be_written_holds_back_those_beside_it)
{
    four_rows();
    book_sql("CREATE TRIGGER no_five BEFORE INSERT ON tailrace_files WHEN new.id = 5"
             " BEGIN SELECT RAISE(FAIL, 'no'); END;");
    book_set(1, "/a", 1, 11);
    book_set(5, "/e", 5, 50);
    book_set(6, "/f", 6, 60);
    ck_assert_int_lt(positions_flush(book.positions), 0);
    ck_assert_str_eq(book_sql(EACH_FILE), "1/a@10#1,2/b@20#2,3/c@30#3,4/d@40#4");
    book_sql("DROP TRIGGER no_five;");
    ck_assert_int_eq(positions_flush(book.positions), 0);
    ck_assert_str_eq(book_sql(EACH_FILE), "1/a@11#1,2/b@20#2,3/c@30#3,4/d@40#4,5/e@50#5,6/f@60#6");
    ck_assert_str_eq(book_sql(EACH_OF_OURS), "1@11#1,2@20#2,3@30#3,4@40#4,5@50#5,6@60#6");
}
END_TEST

Suite *suite_checkpoint_put(void);

Suite *suite_checkpoint_put(void)
{
    Suite *suite = suite_create("checkpoint/put");
    TCase *put = tcase_create("put");

    tcase_add_checked_fixture(put, book_set_up, book_tear_down);
    tcase_add_test(put, rows_are_made_moved_renamed_and_removed_in_one_write);
    tcase_add_test(put, nothing_but_removals_is_a_write_too);
    tcase_add_test(put, a_file_that_moved_behind_its_link_is_found_where_it_lies_now);
    tcase_add_test(put, a_row_whose_columns_somebody_emptied_is_written_all_the_same);
    tcase_add_test(put, when_a_row_was_made_stays_what_it_was);
    tcase_add_test(put, a_row_was_made_when_it_was_set_first_though_the_disk_takes_it_later);
    tcase_add_test(put, one_row_that_cannot_be_written_holds_back_those_beside_it);
    suite_add_tcase(suite, put);
    return suite;
}
