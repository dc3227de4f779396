#include "output/account.h"

#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* Ten records of a chunk of 105 bytes: ten bytes each, and the last one takes the rest. */
#define RECORDS 10
#define BYTES 105

static struct output output;
static struct origin origin;
static struct chunk_run run;
static struct chunk chunk;
static struct delivery d;

static void set_up(void)
{
    output = (struct output){.config.component = "output:test"};
    run = (struct chunk_run){.origin = &origin, .record_count = RECORDS, .memory_bytes = BYTES};
    chunk =
        (struct chunk){.record_count = RECORDS, .bytes.len = BYTES, .runs = &run, .run_count = 1};
    d = (struct delivery){.output = &output, .chunk = &chunk};
    d.batch = (struct batch){.chunk = &chunk, .count = RECORDS};
    account_in(&output, &chunk);
}

static void tear_down(void)
{
    batch_fini(&d.batch);
}

static void expect_balance(void)
{
    const struct output_metrics *m = &output.metrics;

    ck_assert_uint_eq(m->read_records, m->proc_records + m->set_aside_records +
                                           m->given_up_records + m->in_flight_records);
    ck_assert_uint_eq(m->read_bytes,
                      m->proc_bytes + m->set_aside_bytes + m->given_up_bytes + m->in_flight_bytes);
}

START_TEST(what_is_delivered_whole_needs_no_states)
{
    struct verdicts verdicts = {.count = RECORDS};

    ck_assert_uint_eq(account_items(&d, &verdicts).retry, 0);
    ck_assert_ptr_null(d.batch.states);
    ck_assert_uint_eq(output.metrics.proc_records, RECORDS);
    ck_assert_uint_eq(output.metrics.proc_bytes, BYTES);
    expect_balance();
}
END_TEST

START_TEST(each_item_goes_its_own_way)
{
    struct verdicts verdicts = {.count = RECORDS};

    verdicts_item(&verdicts, 0)->verdict = VERDICT_REFUSED;
    verdicts_item(&verdicts, 3)->verdict = VERDICT_RETRY;
    verdicts_item(&verdicts, 3)->reason = mem_text("busy");
    verdicts_item(&verdicts, 9)->was_there = true;
    ck_assert_uint_eq(account_items(&d, &verdicts).retry, 1);
    verdicts_fini(&verdicts);

    ck_assert_str_eq(d.answer.why, "busy");
    ck_assert_uint_eq(output.metrics.proc_records, 8);
    ck_assert_uint_eq(output.metrics.proc_bytes, 7 * 10 + 15);
    ck_assert_uint_eq(output.metrics.already_there_records, 1);
    ck_assert_uint_eq(output.metrics.set_aside_records, 1);
    ck_assert_uint_eq(output.metrics.dropped_records, 1);
    ck_assert_uint_eq(output.metrics.in_flight_records, 1);
    ck_assert_uint_eq(batch_waiting(&d.batch), 1);
    expect_balance();

    ck_assert_uint_eq(account_items(&d, NULL).retry, 0);
    ck_assert_uint_eq(output.metrics.proc_records, 9);
    ck_assert_uint_eq(output.metrics.in_flight_bytes, 0);
    expect_balance();
}
END_TEST

START_TEST(halves_are_counted_as_they_go)
{
    batch_narrow(&d.batch, 5);
    ck_assert_uint_eq(account_items(&d, NULL).retry, 0);
    ck_assert_uint_eq(output.metrics.proc_records, 5);

    d.batch.first = 5;
    d.batch.count = 5;
    account_give_up(&d, false);
    ck_assert_uint_eq(output.metrics.given_up_records, 5);
    ck_assert_uint_eq(output.metrics.given_up_bytes, 55);
    ck_assert_uint_eq(output.metrics.dropped_records, 5);
    expect_balance();
}
END_TEST

START_TEST(what_is_let_go_was_never_read)
{
    batch_narrow(&d.batch, 5);
    ck_assert_uint_eq(account_items(&d, NULL).retry, 0);
    d.batch.first = 5;
    d.batch.count = 3;
    batch_states(&d.batch)[6] = RECORD_SKIPPED;
    account_let_go(&d);

    ck_assert_uint_eq(output.metrics.read_records, 5);
    ck_assert_uint_eq(output.metrics.in_flight_records, 0);
    ck_assert_uint_eq(output.metrics.in_flight_bytes, 0);
    expect_balance();
}
END_TEST

START_TEST(a_loss_is_told_however_lately_other_trouble_was)
{
    (void)snprintf(d.answer.why, sizeof d.answer.why, "busy");
    trouble_say(&d, LOG_WARN, "retry in 1 seconds");
    account_give_up(&d, false);
    ck_assert_ptr_nonnull(
        strstr(log_recent(0), "10 records were dropped, Retry_Limit is reached: busy"));
    ck_assert_uint_eq(output.metrics.retries_failed, 1);
    expect_balance();
}
END_TEST

START_TEST(what_is_lost_at_the_end_counts_as_dropped)
{
    batch_states(&d.batch)[0] = RECORD_SKIPPED;
    account_lose(&d);
    ck_assert_uint_eq(output.metrics.read_records, RECORDS);
    ck_assert_uint_eq(output.metrics.given_up_records, RECORDS);
    ck_assert_uint_eq(output.metrics.dropped_records, RECORDS);
    ck_assert_uint_eq(output.metrics.in_flight_bytes, 0);
    expect_balance();
}
END_TEST

START_TEST(what_cannot_be_written_is_set_aside)
{
    account_skipped(&d);
    ck_assert_uint_eq(output.metrics.errors, 0);

    batch_states(&d.batch)[0] = RECORD_SKIPPED;
    batch_states(&d.batch)[9] = RECORD_SKIPPED;
    account_skipped(&d);
    ck_assert_uint_eq(output.metrics.set_aside_records, 2);
    ck_assert_uint_eq(output.metrics.set_aside_bytes, 25);
    ck_assert_uint_eq(batch_waiting(&d.batch), 8);

    batch_narrow(&d.batch, 4);
    ck_assert_uint_eq(d.batch.count, 5);
    account_set_aside(&d);
    ck_assert_uint_eq(output.metrics.set_aside_records, 6);
    expect_balance();
}
END_TEST

Suite *suite_output_account(void);
Suite *suite_output_account(void)
{
    Suite *suite = suite_create("output/account");
    TCase *tc = tcase_create("account");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, what_is_delivered_whole_needs_no_states);
    tcase_add_test(tc, each_item_goes_its_own_way);
    tcase_add_test(tc, halves_are_counted_as_they_go);
    tcase_add_test(tc, what_is_let_go_was_never_read);
    tcase_add_test(tc, a_loss_is_told_however_lately_other_trouble_was);
    tcase_add_test(tc, what_is_lost_at_the_end_counts_as_dropped);
    tcase_add_test(tc, what_cannot_be_written_is_set_aside);
    suite_add_tcase(suite, tc);
    return suite;
}
