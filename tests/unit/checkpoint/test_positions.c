#include "unit/checkpoint/book.h"

#include "base/clock.h"
#include "base/log.h"
#include "kit/stops.h"
#include "loop/loop.h"

#include <stdio.h>
#include <unistd.h>

/* Everything that a position can say. */
static const struct position full = {
    .name = "/var/log/containers/p.log",
    .real = "/var/log/pods/p/0.log",
    .offset = 4096,
    .is_rotated = true,
    .is_done = true,
    .identity = {.id = {.dev = 3,
                        .ino = UINT64_MAX,
                        .generation = 0xfedcba9876543210,
                        .born_ns = 1764000000123456789},
                 .head = {.hash = 0xffffffffffffffff, .len = 1024}},
    .tail = {.hash = 0x8000000000000000, .len = 64},
    .note = "a note",
};

static struct position kept;

static bool keep_it(void *owner, const struct position *p)
{
    (void)owner;
    kept = *p;
    ck_assert_str_eq(p->name, full.name);
    ck_assert_str_eq(p->real, full.real);
    ck_assert_str_eq(p->note, full.note);
    return true;
}

static void expect_full(int64_t row)
{
    kept = (struct position){0};
    ck_assert_int_eq(positions_find_inode(book.positions, UINT64_MAX, keep_it, NULL), 0);
    ck_assert_int_eq(kept.row, row);
    ck_assert_uint_eq(kept.offset, full.offset);
    ck_assert(kept.is_rotated && kept.is_done && !kept.is_foreign);
    ck_assert_mem_eq(&kept.identity.id, &full.identity.id, sizeof kept.identity.id);
    ck_assert_uint_eq(kept.identity.head.hash, full.identity.head.hash);
    ck_assert_uint_eq(kept.identity.head.len, full.identity.head.len);
    ck_assert_uint_eq(kept.tail.hash, full.tail.hash);
    ck_assert_uint_eq(kept.tail.len, full.tail.len);
    ck_assert_int_eq(kept.saved_ns, 1764700000000000005);
}

START_TEST(a_position_comes_back_whole)
{
    struct position position = full;

    clock_fake(0, 1764700000000000005);
    book_open();
    position.row = positions_new_row(book.positions);
    positions_set(book.positions, &position);
    expect_full(position.row);
    clock_advance_ms(1);
    book_write();
    expect_full(position.row);
    book_close();
    book_open();
    expect_full(position.row);
    clock_real();
}
END_TEST

START_TEST(rows_are_numbered_on_after_a_restart)
{
    book_open();
    ck_assert_int_eq(positions_new_row(book.positions), 1);
    ck_assert_int_eq(positions_new_row(book.positions), 2);
    book_set(2, "/a.log", 7, 10);
    book_close();
    book_open();
    ck_assert_int_eq(positions_new_row(book.positions), 3);
}
END_TEST

START_TEST(what_waits_is_found_before_it_is_written)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_set(1, "/a.log", 7, 20);
    ck_assert_str_eq(book_find(7), "1:/a.log@20");
    ck_assert_str_eq(book_find_path("/a"), "1:/a.log@20");
    ck_assert_str_eq(book_all(), "1:/a.log@20");
    ck_assert_str_eq(book_find(8), "");
    book_write();
    book_set(1, "/a.log", 7, 30);
    ck_assert_str_eq(book_find(7), "1:/a.log@30");
    positions_forget(book.positions, 1);
    ck_assert_str_eq(book_find(7), "");
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "20");
    book_write();
    ck_assert_str_eq(book_sql("SELECT count(*) FROM in_tail_files"), "0");
    ck_assert_str_eq(book_sql("SELECT count(*) FROM tailrace_files"), "0");
}
END_TEST

START_TEST(what_is_urgent_does_not_wait_for_the_pace)
{
    struct position position = {
        .name = "/a.log", .offset = 10, .identity.id.ino = 7, .is_urgent = true};

    clock_fake(1000, 1700000000 * NS_PER_S);
    book_open();
    position.row = positions_new_row(book.positions);
    positions_set(book.positions, &position);
    book_write();
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "10");
    clock_real();
}
END_TEST

START_TEST(what_changed_within_a_pace_is_one_transaction)
{
    struct positions_stats stats;

    book_open();
    for (int64_t row = 1; row <= 100; row++) {
        positions_new_row(book.positions);
        book_set(row, "/a.log", (uint64_t)row, 1);
        book_set(row, "/a.log", (uint64_t)row, 2);
    }
    positions_stats(book.positions, &stats);
    ck_assert_uint_eq(stats.dirty_count, 100);
    book_write();
    positions_stats(book.positions, &stats);
    ck_assert_uint_eq(stats.flushes, 1);
    ck_assert_uint_eq(stats.rows_written, 100);
    ck_assert_uint_eq(stats.dirty_count, 0);
}
END_TEST

START_TEST(what_is_set_while_a_write_is_under_way_is_newer)
{
    book_open();
    positions_new_row(book.positions);
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_set(2, "/b.log", 8, 5);
    book_write_begin();
    book_set(1, "/a.log", 7, 11);
    book_write_end();
    ck_assert_str_eq(book_find_path("/"), "1:/a.log@11 2:/b.log@5");
    book_write();
    book_write();
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files ORDER BY id"), "11,5");
}
END_TEST

START_TEST(flushing_takes_the_write_under_way_along)
{
    book_open();
    positions_new_row(book.positions);
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_set(2, "/b.log", 8, 5);
    book_write_begin();
    book_set(1, "/a.log", 7, 11);
    book_write_end();
    ck_assert_int_eq(positions_flush(book.positions), 0);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files ORDER BY id"), "11,5");
    while (job_count(book.loop) > 0)
        loop_turn(book.loop, true);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files ORDER BY id"), "11,5");
}
END_TEST

START_TEST(closing_writes_what_is_left)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    positions_close(&book.positions);
    ck_assert_ptr_null(book.positions);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "10");
}
END_TEST

START_TEST(closing_during_a_write_and_opening_again_goes_on)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_write_begin();
    book_write_end();
    positions_close(&book.positions);
    book_open();
    ck_assert_str_eq(book_find(7), "1:/a.log@10");
    ck_assert_int_eq(positions_new_row(book.positions), 2);
    while (job_count(book.loop) > 0)
        loop_turn(book.loop, true);
    book_set(1, "/a.log", 7, 11);
    book_write();
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "11");
}
END_TEST

START_TEST(users_of_one_file_share_it)
{
    struct positions *first;

    book_open();
    first = book.positions;
    tree_link("tail.db", "same.db");
    book.config.path = tree_path("same.db");
    ck_assert_int_eq(
        positions_open(book.loop, &book.config, &book.report, (struct place){0}, &book.positions),
        0);
    ck_assert_int_eq(positions_new_row(first), 1);
    ck_assert_int_eq(positions_new_row(book.positions), 2);
    book_set(1, "/a.log", 7, 10);
    positions_close(&first);
    ck_assert_str_eq(book_find(7), "1:/a.log@10");
}
END_TEST

/* The reload after that finds no file of that name. */
START_TEST(a_file_deleted_in_use_is_made_anew)
{
    struct positions *first;
    uint64_t errors = log_count(LOG_ERROR);

    book_open();
    first = book.positions;
    for (int i = 0; i < 3; i++)
        positions_new_row(first);
    book_set(3, "/a.log", 7, 10);
    ck_assert_int_eq(positions_flush(first), 0);
    tree_remove("tail.db");
    book_open();
    ck_assert_uint_eq(log_count(LOG_ERROR), errors + 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "deleted or replaced"));
    ck_assert_uint_ne(positions_number(first), positions_number(book.positions));
    positions_close(&first);
    ck_assert_int_eq(positions_new_row(book.positions), 1);
    book_set(1, "/b.log", 8, 20);
    book_write();
    ck_assert_str_eq(book_sql("SELECT name FROM in_tail_files"), "/b.log");
}
END_TEST

/* ---- stale rows ---- */

static uint64_t inode_of(const char *name)
{
    struct file_facts facts;
    int fd = tree_open(name);

    ck_assert_int_eq(file_facts_read(fd, &facts), 0);
    close(fd);
    return facts.id.ino;
}

static void prune(void)
{
    positions_prune(book.positions);
    book_write();
}

START_TEST(rows_of_files_that_are_gone_go)
{
    char there[200], gone[200], another[200], packed[200], claimed[200];

    tree_write("there.log", "x");
    tree_write("another.log", "x");
    tree_write_gzip("packed.log.20261121-050000.gz", "x");
    snprintf(there, sizeof there, "%s", tree_path("there.log"));
    snprintf(gone, sizeof gone, "%s", tree_path("gone.log"));
    snprintf(another, sizeof another, "%s", tree_path("another.log"));
    snprintf(packed, sizeof packed, "%s", tree_path("packed.log.20261121-050000"));
    snprintf(claimed, sizeof claimed, "%s", tree_path("claimed.log"));

    book_open();
    for (int i = 0; i < 5; i++)
        positions_new_row(book.positions);
    book_set(1, there, inode_of("there.log"), 1);
    book_set(2, gone, 99, 1);
    book_set(3, another, inode_of("another.log") + 1, 1);
    book_set(4, packed, 98, 1);
    book_set(5, claimed, 97, 1);
    positions_claim(book.positions, 5);
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files ORDER BY id"), "1,4,5");
    ck_assert_str_eq(book_sql("SELECT id FROM tailrace_files ORDER BY id"), "1,4,5");
    positions_release(book.positions, 5);
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files ORDER BY id"), "1,4");
}
END_TEST

/* `app.log.1` became `app.log.2`, then gzip made another file of it. */
START_TEST(rows_of_generations_stay_whatever_their_number_is)
{
    char log[200], first[200];
    const char *text = "a line that is long enough to tell the file by\n";
    struct position p = {.row = 1, .name = log, .real = first, .offset = 1};

    snprintf(log, sizeof log, "%s", tree_path("app.log"));
    snprintf(first, sizeof first, "%s", tree_path("app.log.1"));
    tree_write("app.log.2", text);
    tree_write("app.log.1", "another file\n");
    book_open();
    positions_new_row(book.positions);
    p.identity.id.ino = inode_of("app.log.2");
    p.identity.head = file_print_of(slice_of(text));
    positions_set(book.positions, &p);
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files"), "1");
    tree_write_gzip("app.log.3.gz", text);
    tree_remove("app.log.2");
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files"), "1");
    tree_remove("app.log.3.gz");
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files"), "");
}
END_TEST

/* Pruned, it would be left alone as one that was there before us. Found by the simulation, SIM_TROUBLE
 * seed 1480. */
START_TEST(rows_stay_while_what_gzip_made_of_them_may_be_what_cannot_be_read)
{
    char log[200], first[200];
    const char *text = "a line that is long enough to tell the file by\n";
    struct position p = {.row = 1, .name = log, .real = first, .offset = 1};

    snprintf(log, sizeof log, "%s", tree_path("app.log"));
    snprintf(first, sizeof first, "%s", tree_path("app.log.1"));
    ck_assert_int_eq(symlink("/proc/self/mem", tree_path("app.log.2.gz")), 0);
    book_open();
    positions_new_row(book.positions);
    p.identity.id.ino = 99;
    p.identity.head = file_print_of(slice_of(text));
    positions_set(book.positions, &p);
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files"), "1");
    tree_remove("app.log.2.gz");
    prune();
    ck_assert_str_eq(book_sql("SELECT id FROM in_tail_files"), "");
}
END_TEST

START_TEST(a_row_claimed_twice_is_released_twice)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/none/such.log", 7, 1);
    positions_claim(book.positions, 1);
    positions_claim(book.positions, 1);
    positions_release(book.positions, 1);
    prune();
    ck_assert_str_eq(book_all(), "1:/none/such.log@1");
    positions_release(book.positions, 1);
    prune();
    ck_assert_str_eq(book_all(), "");
}
END_TEST

START_TEST(pruning_waits_for_the_first_scan_of_every_user)
{
    struct positions *other;

    book_open();
    other = book.positions;
    book_open();
    positions_new_row(other);
    book_set(1, "/none/such.log", 7, 1);
    prune();
    ck_assert_str_eq(book_all(), "1:/none/such.log@1");
    positions_prune(other);
    book_write();
    ck_assert_str_eq(book_all(), "");
    positions_close(&other);
}
END_TEST

/* ---- one takes over from another ---- */

START_TEST(positions_without_a_file_are_kept_for_the_one_that_takes_over)
{
    book.config.is_memory = true;
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    positions_keep(true);
    book_close();
    book_open();
    ck_assert_str_eq(book_find(7), "1:/a.log@10");
    positions_keep(false);
    ck_assert_str_eq(book_find(7), "1:/a.log@10");
    ck_assert(!tree_has("tail.db"));
}
END_TEST

START_TEST(positions_without_a_file_are_gone_when_nobody_takes_over)
{
    book.config.is_memory = true;
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    book_close();
    book_open();
    ck_assert_str_eq(book_find(7), "");
}
END_TEST

START_TEST(what_is_kept_is_written_and_closed_when_nobody_takes_over)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    positions_keep(true);
    book_close();
    positions_keep(false);
    ck_assert_str_eq(book_sql("SELECT offset FROM in_tail_files"), "10");
    book_open();
    ck_assert_str_eq(book_find(7), "1:/a.log@10");
}
END_TEST

START_TEST(a_name_in_memory_is_not_the_file_of_that_name)
{
    book_open();
    positions_new_row(book.positions);
    book_set(1, "/a.log", 7, 10);
    positions_keep(true);
    book_close();
    book.config.is_memory = true;
    book_open();
    ck_assert_str_eq(book_find(7), "");
    positions_keep(false);
}
END_TEST

/* ---- broken promises ---- */

/* The process ends before a teardown, so the folder goes first. */
START_TEST(setting_a_row_that_was_never_given_out_stops_the_process)
{
    book_set_up();
    book_open();
    tree_fell();
    book_set(1, "/a.log", 7, 10);
}
END_TEST

Suite *suite_checkpoint_positions(void);

Suite *suite_checkpoint_positions(void)
{
    Suite *suite = suite_create("checkpoint/positions");
    TCase *use = tcase_create("use");
    TCase *stale = tcase_create("stale");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, book_set_up, book_tear_down);
    tcase_add_test(use, a_position_comes_back_whole);
    tcase_add_test(use, rows_are_numbered_on_after_a_restart);
    tcase_add_test(use, what_waits_is_found_before_it_is_written);
    tcase_add_test(use, what_is_urgent_does_not_wait_for_the_pace);
    tcase_add_test(use, what_changed_within_a_pace_is_one_transaction);
    tcase_add_test(use, what_is_set_while_a_write_is_under_way_is_newer);
    tcase_add_test(use, flushing_takes_the_write_under_way_along);
    tcase_add_test(use, closing_writes_what_is_left);
    tcase_add_test(use, closing_during_a_write_and_opening_again_goes_on);
    tcase_add_test(use, users_of_one_file_share_it);
    tcase_add_test(use, a_file_deleted_in_use_is_made_anew);
    tcase_add_test(use, positions_without_a_file_are_kept_for_the_one_that_takes_over);
    tcase_add_test(use, positions_without_a_file_are_gone_when_nobody_takes_over);
    tcase_add_test(use, what_is_kept_is_written_and_closed_when_nobody_takes_over);
    tcase_add_test(use, a_name_in_memory_is_not_the_file_of_that_name);
    suite_add_tcase(suite, use);
    tcase_add_checked_fixture(stale, book_set_up, book_tear_down);
    tcase_add_test(stale, rows_of_files_that_are_gone_go);
    tcase_add_test(stale, rows_of_generations_stay_whatever_their_number_is);
    tcase_add_test(stale, rows_stay_while_what_gzip_made_of_them_may_be_what_cannot_be_read);
    tcase_add_test(stale, a_row_claimed_twice_is_released_twice);
    tcase_add_test(stale, pruning_waits_for_the_first_scan_of_every_user);
    suite_add_tcase(suite, stale);
    stops_add(stops, setting_a_row_that_was_never_given_out_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
