#include "base/clock.h"
#include "checkpoint/positions_self.h"
#include "loop/loop.h"
#include "unit/checkpoint/book.h"

/* Who waits until positions are written. */

static unsigned told_count;

static void on_told(struct positions_waiter *w)
{
    (void)w;
    told_count++;
}

static void waiter_begin(struct positions_waiter *w)
{
    positions_waiter_init(w, on_told);
    told_count = 0;
}

START_TEST(who_waits_is_told_when_it_is_written_which_is_soon)
{
    struct positions_waiter w;

    waiter_begin(&w);
    clock_fake(1000, 1700000000 * NS_PER_S);
    book_open();
    ck_assert(!positions_wait(book.positions, &w));
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    ck_assert(positions_wait(book.positions, &w));
    book_write();
    ck_assert_uint_eq(told_count, 1);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "10");
    ck_assert(!positions_wait(book.positions, &w));
    clock_real();
}
END_TEST

/* What was set while a write is under way is in the next one. */
START_TEST(who_waits_during_a_write_waits_for_the_next)
{
    struct positions_waiter w;

    waiter_begin(&w);
    clock_fake(1000, 1700000000 * NS_PER_S);
    book_open();
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    ck_assert(positions_wait(book.positions, &w));
    book_write_begin();
    book_set(positions_new_row(book.positions), "/b.log", 8, 20);
    positions_waiter_stop(&w);
    ck_assert(positions_wait(book.positions, &w));
    book_write_end();
    book_write();
    ck_assert_uint_eq(told_count, 0);
    clock_advance_ms(POSITIONS_GAP_MS);
    book_write();
    ck_assert_uint_eq(told_count, 1);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files ORDER BY id"), "10,20");
    clock_real();
}
END_TEST

START_TEST(what_many_wait_for_is_one_transaction)
{
    struct positions_waiter waiters[100];
    struct positions_stats stats;

    book_open();
    for (size_t i = 0; i < ARRAY_LEN(waiters); i++) {
        waiter_begin(&waiters[i]);
        book_set(positions_new_row(book.positions), "/a.log", i + 1, 10);
        ck_assert(positions_wait(book.positions, &waiters[i]));
    }
    book_write();
    positions_stats(book.positions, &stats);
    ck_assert_uint_eq(stats.flushes, 1);
    ck_assert_uint_eq(told_count, 100);
}
END_TEST

START_TEST(who_waits_for_what_a_flush_wrote_is_told_all_the_same)
{
    struct positions_waiter w;

    waiter_begin(&w);
    book_open();
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    ck_assert(positions_wait(book.positions, &w));
    book_write_begin();
    positions_waiter_stop(&w);
    book_set(1, "/a.log", 7, 20);
    ck_assert(positions_wait(book.positions, &w));
    book_write_end();
    ck_assert_int_eq(positions_flush(book.positions), 0);
    while (told_count == 0)
        loop_turn(book.loop, true);
}
END_TEST

START_TEST(who_waits_no_more_is_not_told)
{
    struct positions_waiter w;

    waiter_begin(&w);
    book_open();
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    ck_assert(positions_wait(book.positions, &w));
    positions_waiter_stop(&w);
    book_write();
    ck_assert_uint_eq(told_count, 0);
}
END_TEST

START_TEST(nobody_waits_for_positions_without_a_file)
{
    struct positions_waiter w;

    waiter_begin(&w);
    book.config.is_memory = true;
    book_open();
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    ck_assert(!positions_wait(book.positions, &w));
}
END_TEST

/* The second is not made to wait for the next try. */
START_TEST(who_waits_for_what_fails_is_told_and_then_nobody_waits)
{
    struct positions_waiter w, other;

    waiter_begin(&w);
    waiter_begin(&other);
    book_open();
    book_set(positions_new_row(book.positions), "/a.log", 7, 10);
    book_sql("DROP TABLE tailrace_files;");
    ck_assert(positions_wait(book.positions, &w));
    book_write_begin();
    ck_assert(positions_wait(book.positions, &other));
    book_write_end();
    while (told_count == 0)
        loop_turn(book.loop, true);
    ck_assert_uint_eq(told_count, 2);
    ck_assert(!positions_wait(book.positions, &w));
}
END_TEST

Suite *suite_checkpoint_waiters(void);
Suite *suite_checkpoint_waiters(void)
{
    Suite *suite = suite_create("checkpoint/waiters");
    TCase *t = tcase_create("who waits for a write");

    tcase_add_checked_fixture(t, book_set_up, book_tear_down);
    tcase_add_test(t, who_waits_is_told_when_it_is_written_which_is_soon);
    tcase_add_test(t, who_waits_during_a_write_waits_for_the_next);
    tcase_add_test(t, what_many_wait_for_is_one_transaction);
    tcase_add_test(t, who_waits_for_what_a_flush_wrote_is_told_all_the_same);
    tcase_add_test(t, who_waits_no_more_is_not_told);
    tcase_add_test(t, nobody_waits_for_positions_without_a_file);
    tcase_add_test(t, who_waits_for_what_fails_is_told_and_then_nobody_waits);
    suite_add_tcase(suite, t);
    return suite;
}
