#include "base/clock.h"
#include "base/log.h"
#include "kit/chunk.h"
#include "kit/patience.h"
#include "kit/stops.h"
#include "output/deliver.h"

#include <check.h>
#include <stdio.h>

/* An output that falls behind the others, with one that writes as the test says. */

#define CHUNKS_MAX 8

static enum verdict answer;
static struct buffer written; /* how many records each, "3 1 " */

static struct loop *loop;
static struct budget budget;
static struct output *output;
static struct chunk *chunks[CHUNKS_MAX];
static unsigned chunk_count;
static struct origin_ops ops;
static uint64_t left_at; /* where an origin is to be read again */

static enum verdict write_as_told(void *self, struct batch *batch, char why[256])
{
    struct chunk_record record;
    unsigned count = 0;

    (void)self;
    while (batch_next(batch, &record))
        count++;
    buffer_append_format(&written, "%u ", count);
    snprintf(why, 256, "it is told so");
    return answer;
}

static const struct output_plugin plugin = {.name = "told", .write = write_as_told};

static void set_up(void)
{
    struct output_config config = {
        .plugin = &plugin,
        .name = "told.0",
        .component = "output:told:told.0",
        .workers = 1,
        .retry = {RETRY_UNLIMITED, 100, 100},
        .budget = &budget,
    };
    char why[256];

    log_level_set(LOG_OFF);
    clock_fake(1000, 0);
    budget_init(&budget, NULL, 0);
    loop = loop_new();
    output = output_new(loop, &config, why);
    answer = VERDICT_DELIVERED;
    chunk_count = 0;
    left_at = UINT64_MAX;
}

static void expect_balance(void)
{
    const struct output_metrics *m = output_metrics(output);

    ck_assert_uint_eq(m->read_records, m->proc_records + m->in_flight_records);
    ck_assert_uint_eq(m->read_bytes, m->proc_bytes + m->in_flight_bytes);
    ck_assert_int_eq(m->in_flight_bytes == 0, output_is_idle(output));
}

static void quiet(void)
{
    struct patience patience;

    patience_begin(&patience, loop, "the worker");
    while (job_count(loop) > 0)
        loop_turn(loop, true);
    patience_end(&patience);
    expect_balance();
}

static void tear_down(void)
{
    quiet();
    output_let_go(output);
    for (unsigned i = 0; i < chunk_count; i++) {
        ck_assert_uint_eq(chunks[i]->refs, 1);
        chunk_unref(&chunks[i]);
    }
    output_free(&output);
    loop_free(&loop);
    buffer_fini(&written);
    clock_real();
    log_level_set(LOG_INFO);
}

static void origin_left(struct origin *origin, unsigned number, uint64_t begin)
{
    ck_assert_uint_eq(number, 0);
    ck_assert_ptr_nonnull(origin);
    left_at = begin;
}

static struct chunk *chunk_of(unsigned record_count, bool can_leave)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct origin *origin;
    struct chunk *chunk;

    for (unsigned i = 0; i < record_count; i++)
        chunk_maker_json(maker, "app", "{\"a\":1}");
    chunk = chunk_maker_seal(&maker);
    origin = chunk->runs[0].origin;
    ops = *origin->ops;
    ops.left = origin_left;
    origin->ops = &ops;
    chunk->can_leave = origin->can_leave = can_leave;
    return chunk;
}

static struct chunk *offer(unsigned record_count, bool can_leave)
{
    struct chunk *chunk = chunks[chunk_count++] = chunk_of(record_count, can_leave);

    output_offer(output, chunk);
    expect_balance();
    return chunk;
}

/* The output is done with it. */
static bool is_settled(const struct chunk *chunk)
{
    return chunk->runs[0].origin->window.count == 0 && left_at == UINT64_MAX;
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
    quiet();
}

START_TEST(what_is_queued_is_let_go_of_unsettled)
{
    struct chunk *first = offer(1, true), *second = offer(2, true);

    output_leave(output);
    expect_balance();
    quiet();
    ck_assert_str_eq(buffer_text(&written), "1 ");
    ck_assert_uint_eq(first->runs[0].origin->window.count, 0);
    ck_assert_uint_eq(second->runs[0].origin->window.count, 0);
    ck_assert_uint_eq(left_at, 0);
    ck_assert_uint_eq(output_metrics(output)->read_records, 1);
    ck_assert(output_is_idle(output));
}
END_TEST

START_TEST(what_waits_to_be_tried_again_is_let_go_of)
{
    answer = VERDICT_RETRY;
    offer(3, true);
    quiet();
    ck_assert_uint_eq(left_at, UINT64_MAX);
    output_leave(output);
    expect_balance();
    ck_assert(output_is_idle(output));
    ck_assert_uint_eq(left_at, 0);
    ck_assert_uint_eq(output_metrics(output)->read_records, 0);
}
END_TEST

START_TEST(what_is_under_way_has_its_last_try)
{
    answer = VERDICT_RETRY;
    offer(3, true);
    output_leave(output);
    ck_assert(output_has_last_tries(output));
    quiet();
    ck_assert(!output_has_last_tries(output));
    ck_assert(output_is_idle(output));
    pass_ms(10000);
    ck_assert_str_eq(buffer_text(&written), "3 ");
}
END_TEST

START_TEST(a_last_try_that_is_taken_is_settled)
{
    struct chunk *chunk = offer(3, true);

    output_leave(output);
    quiet();
    ck_assert(!output_has_last_tries(output));
    ck_assert(is_settled(chunk));
    ck_assert_uint_eq(output_metrics(output)->proc_records, 3);
}
END_TEST

START_TEST(what_nobody_reads_again_is_kept)
{
    struct chunk *chunk;

    answer = VERDICT_RETRY;
    chunk = offer(2, false);
    quiet();
    offer(1, true);
    offer(4, false);
    quiet();
    output_leave(output);
    expect_balance();
    answer = VERDICT_DELIVERED;
    pass_ms(100);
    ck_assert_uint_eq(chunk->runs[0].origin->window.count, 0);
    ck_assert_uint_eq(output_metrics(output)->proc_records, 6);
    ck_assert(output_is_idle(output));
}
END_TEST

/* Its file was truncated meanwhile: nobody can read it again. */
START_TEST(a_last_try_whose_source_is_gone_is_tried_again)
{
    struct chunk *chunk;

    answer = VERDICT_RETRY;
    chunk = offer(3, true);
    output_leave(output);
    chunk->runs[0].origin->can_leave = false;
    quiet();
    ck_assert(!output_has_last_tries(output));
    ck_assert(!output_is_idle(output));
    answer = VERDICT_DELIVERED;
    pass_ms(100);
    ck_assert(is_settled(chunk));
}
END_TEST

START_TEST(an_output_delivers_again_once_a_request_was_taken)
{
    ck_assert(!output_is_delivering(output));
    offer(1, true);
    quiet();
    ck_assert(output_is_delivering(output));
    output_leave(output);
    ck_assert(!output_is_delivering(output));
    answer = VERDICT_RETRY;
    offer(1, false);
    quiet();
    ck_assert(!output_is_delivering(output));
    answer = VERDICT_DELIVERED;
    pass_ms(100);
    ck_assert(output_is_delivering(output));
}
END_TEST

START_TEST(what_it_holds_of_a_budget_is_what_it_would_let_go_of)
{
    output_set concerned = 0;
    struct chunk *chunk;
    uint64_t bytes;

    answer = VERDICT_RETRY;
    chunk = offer(2, true);
    bytes = chunk->runs[0].memory_bytes;
    offer(2, false);
    offer(2, true);
    ck_assert_uint_eq(output_holds(output, chunk->runs[0].budget, &concerned), 2 * bytes);
    ck_assert_uint_eq(concerned, 1);
    concerned = 0;
    ck_assert_uint_eq(output_holds(output, &budget, &concerned), 0);
    ck_assert_uint_eq(concerned, 0);
}
END_TEST

/* The circuit is open, and the time of the next probe has just come. */
START_TEST(nothing_begins_while_it_lets_go)
{
    answer = VERDICT_RETRY;
    for (unsigned i = 0; i < 6; i++)
        offer(1, true);
    quiet();
    clock_advance_ms(60000);
    output_leave(output);
    quiet();
    ck_assert(output_is_idle(output));
    ck_assert_str_eq(buffer_text(&written), "1 1 1 ");
}
END_TEST

/* What is let go of at the end is let go of in a row, not one inside the other. */
START_TEST(very_many_are_let_go_of)
{
    struct chunk *chunk = offer(1, true);

    for (unsigned i = 0; i < 100000; i++)
        output_offer(output, chunk);
    output_let_go(output);
    quiet();
    ck_assert(output_is_idle(output));
    ck_assert_uint_eq(output_metrics(output)->in_flight_records, 0);
}
END_TEST

/* ---- broken promises ---- */

START_TEST(freeing_with_something_under_way_stops)
{
    (void)offer(1, true);
    output_free(&output);
}
END_TEST

START_TEST(a_chunk_that_is_still_open_stops)
{
    output_offer(output, chunk_open(1));
}
END_TEST

Suite *suite_output_leave(void);

Suite *suite_output_leave(void)
{
    Suite *suite = suite_create("output/leave");
    TCase *leave = tcase_create("leave");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(leave, set_up, tear_down);
    tcase_add_test(leave, what_is_queued_is_let_go_of_unsettled);
    tcase_add_test(leave, what_waits_to_be_tried_again_is_let_go_of);
    tcase_add_test(leave, what_is_under_way_has_its_last_try);
    tcase_add_test(leave, a_last_try_that_is_taken_is_settled);
    tcase_add_test(leave, what_nobody_reads_again_is_kept);
    tcase_add_test(leave, a_last_try_whose_source_is_gone_is_tried_again);
    tcase_add_test(leave, an_output_delivers_again_once_a_request_was_taken);
    tcase_add_test(leave, what_it_holds_of_a_budget_is_what_it_would_let_go_of);
    tcase_add_test(leave, nothing_begins_while_it_lets_go);
    tcase_add_test(leave, very_many_are_let_go_of);
    suite_add_tcase(suite, leave);

    tcase_add_checked_fixture(stops, set_up, NULL);
    stops_add(stops, freeing_with_something_under_way_stops);
    stops_add(stops, a_chunk_that_is_still_open_stops);
    suite_add_tcase(suite, stops);
    return suite;
}
