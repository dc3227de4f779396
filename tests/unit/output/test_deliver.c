#include "output/deliver.h"

#include "base/clock.h"
#include "base/log.h"
#include "kit/chunk.h"
#include "kit/patience.h"

#include <pthread.h>
#include <check.h>
#include <stdio.h>

/*
 * Deliveries with an output that writes by itself, as the test tells it: order, lifetimes, and the
 * ledger after each step. What becomes of requests is in tests/scenario/pipeline.
 */

#define ANSWERS_MAX (AGAIN_MAX + 2)
#define CHUNKS_MAX 8

static enum verdict answers[ANSWERS_MAX]; /* all delivered, unless the test says otherwise */
static unsigned asked;
static struct buffer written; /* "0-2 3 " */
static const char *skipped;   /* a digit each */
static const char *held;      /* likewise, of the next write alone */
static unsigned writers;      /* at it now, which is never more than one */

/* The worker stays in a write until the test lets it go. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_shut;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

static struct loop *loop;
static struct budget budget;
static struct output *output;
static struct chunk *chunks[CHUNKS_MAX];
static unsigned chunk_count;

static void gate_set(bool is_shut)
{
    pthread_mutex_lock(&gate.lock);
    gate.is_shut = is_shut;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_pass(void)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.is_shut)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

/* Records are known by their second. */
static enum verdict write_as_told(void *self, struct batch *batch, char why[256])
{
    struct chunk_record record;

    (void)self;
    CHECK(__atomic_add_fetch(&writers, 1, __ATOMIC_SEQ_CST) == 1);
    gate_pass();
    while (batch_next(batch, &record)) {
        char digit = (char)('0' + (record.head.time_ns - CHUNK_KIT_NS) / NS_PER_S);

        if (skipped != NULL && strchr(skipped, digit) != NULL)
            batch_skip(batch);
        else if (held != NULL && strchr(held, digit) != NULL)
            batch_hold(batch, batch->at - 1);
        else
            buffer_append_byte(&written, digit);
    }
    buffer_append_byte(&written, ' ');
    held = NULL;
    snprintf(why, 256, "answer %u", asked);
    __atomic_sub_fetch(&writers, 1, __ATOMIC_SEQ_CST);
    return answers[asked++];
}

static const struct output_plugin plugin = {.name = "told", .write = write_as_told};

static void set_up_with(struct retry_policy retry)
{
    struct output_config config = {
        .plugin = &plugin,
        .name = "told.0",
        .component = "output:told:told.0",
        .workers = 1,
        .retry = retry,
        .budget = &budget,
    };
    char why[256];

    log_level_set(LOG_OFF);
    clock_fake(1000, 0);
    budget_init(&budget, NULL, 0);
    loop = loop_new();
    output = output_new(loop, &config, why);
    memset(answers, VERDICT_DELIVERED, sizeof answers);
    asked = chunk_count = 0;
    skipped = held = NULL;
}

static void set_up(void)
{
    set_up_with((struct retry_policy){RETRY_UNLIMITED, 100, 100});
}

static void tear_down(void)
{
    gate_set(false);
    while (job_count(loop) > 0)
        loop_turn(loop, true);
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

static void expect_balance(void)
{
    const struct output_metrics *m = output_metrics(output);

    ck_assert_uint_eq(m->read_records, m->proc_records + m->set_aside_records +
                                           m->given_up_records + m->in_flight_records);
    ck_assert_uint_eq(m->read_bytes,
                      m->proc_bytes + m->set_aside_bytes + m->given_up_bytes + m->in_flight_bytes);
    ck_assert_uint_eq(m->dropped_records, m->set_aside_records + m->given_up_records);
    ck_assert_int_eq(m->in_flight_bytes == 0, output_is_idle(output));
}

/* Offers a chunk of so many records; its number. */
static unsigned offer(unsigned record_count)
{
    struct chunk_maker *maker = chunk_maker_new();

    for (unsigned i = 0; i < record_count; i++)
        chunk_maker_json(maker, "app", "{\"a\":1}");
    chunks[chunk_count] = chunk_maker_seal(&maker);
    output_offer(output, chunks[chunk_count]);
    expect_balance();
    return chunk_count++;
}

/* Until no worker is at it. */
static void quiet(void)
{
    struct patience patience;

    patience_begin(&patience, loop, "the worker");
    while (job_count(loop) > 0) {
        loop_turn(loop, true);
        expect_balance();
    }
    patience_end(&patience);
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
    quiet();
}

static const char *text(void)
{
    return buffer_text(&written);
}

static bool is_settled(unsigned chunk)
{
    const struct ack_window *window = &chunks[chunk]->runs[0].origin->window;

    return window->settled == window->issued;
}

/* ---- order ---- */

START_TEST(chunks_are_delivered_in_the_order_they_came)
{
    offer(1);
    offer(2);
    offer(3);
    quiet();
    ck_assert_str_eq(text(), "0 01 012 ");
    ck_assert(output_is_idle(output));
    for (unsigned i = 0; i < 3; i++)
        ck_assert(is_settled(i));
}
END_TEST

START_TEST(what_waits_lets_the_next_chunk_pass)
{
    answers[0] = VERDICT_RETRY;
    offer(1);
    offer(2);
    quiet();
    ck_assert_str_eq(text(), "0 01 ");
    ck_assert(!is_settled(0));
    ck_assert(is_settled(1));
    pass_ms(99);
    ck_assert_str_eq(text(), "0 01 ");
    pass_ms(1);
    ck_assert_str_eq(text(), "0 01 0 ");
    ck_assert(is_settled(0));
}
END_TEST

/* Whoever writes by himself is never asked to write two batches at once. */
START_TEST(what_waited_waits_for_a_place_too_and_is_the_next)
{
    answers[0] = VERDICT_RETRY;
    offer(1);
    quiet();
    gate_set(true);
    offer(2);
    offer(3);
    clock_advance_ms(100);
    loop_turn(loop, false);
    ck_assert_uint_eq(job_count(loop), 1);
    gate_set(false);
    quiet();
    ck_assert_str_eq(text(), "0 01 0 012 ");
}
END_TEST

START_TEST(several_that_waited_are_tried_one_by_one_when_stopping)
{
    answers[0] = answers[1] = answers[2] = VERDICT_RETRY;
    for (unsigned i = 1; i <= 3; i++)
        offer(i);
    quiet();
    gate_set(true);
    output_stop(output);
    ck_assert_uint_eq(job_count(loop), 1);
    gate_set(false);
    quiet();
    for (unsigned i = 0; i < 3; i++)
        ck_assert(is_settled(i));
    ck_assert(output_is_idle(output));
}
END_TEST

START_TEST(what_waited_and_waits_for_a_place_can_be_let_go_of)
{
    answers[0] = VERDICT_RETRY;
    offer(1);
    quiet();
    gate_set(true);
    offer(2);
    clock_advance_ms(100);
    loop_turn(loop, false);
    output_let_go(output);
    gate_set(false);
    quiet();
    ck_assert(output_is_idle(output));
    ck_assert(!is_settled(0));
    ck_assert(is_settled(1));
}
END_TEST

START_TEST(halves_come_from_the_front_and_the_rest_follows)
{
    answers[0] = answers[1] = VERDICT_TOO_LARGE;
    offer(8);
    quiet();
    ck_assert_str_eq(text(), "01234567 0123 01 234567 ");
    ck_assert(is_settled(0));
}
END_TEST

START_TEST(attempts_of_one_half_do_not_count_for_the_next)
{
    tear_down();
    set_up_with((struct retry_policy){2, 100, 100});
    answers[0] = VERDICT_TOO_LARGE;
    answers[1] = answers[2] = answers[4] = answers[5] = VERDICT_RETRY;
    offer(2);
    quiet();
    for (unsigned i = 0; i < 4; i++)
        pass_ms(100);
    ck_assert_str_eq(text(), "01 0 0 0 1 1 1 ");
    ck_assert_uint_eq(output_metrics(output)->proc_records, 2);
}
END_TEST

/* ---- records that go by several requests ---- */

START_TEST(what_a_request_has_no_room_for_goes_by_the_next)
{
    held = "13";
    offer(5);
    quiet();
    ck_assert_str_eq(text(), "024 13 ");
    ck_assert_uint_eq(output_metrics(output)->proc_records, 5);
    ck_assert(is_settled(0));
}
END_TEST

START_TEST(what_was_held_when_a_request_failed_is_no_part_of_its_failure)
{
    held = "13";
    answers[0] = VERDICT_REFUSED;
    offer(5);
    quiet();
    ck_assert_str_eq(text(), "024 13 ");
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 3);
    ck_assert_uint_eq(output_metrics(output)->proc_records, 2);
}
END_TEST

START_TEST(what_was_held_is_let_go_of_with_the_rest)
{
    held = "13";
    answers[0] = answers[1] = VERDICT_RETRY;
    offer(5);
    quiet();
    held = "13";
    output_stop(output);
    quiet();
    ck_assert_str_eq(text(), "024 024 ");
    ck_assert_uint_eq(output_metrics(output)->read_records, 0);
    ck_assert(!is_settled(0));
}
END_TEST

START_TEST(what_had_to_be_asked_first_is_no_failure)
{
    answers[0] = answers[1] = VERDICT_AGAIN;
    offer(2);
    quiet();
    ck_assert_str_eq(text(), "01 01 01 ");
    ck_assert_uint_eq(output_metrics(output)->errors, 0);
    ck_assert(is_settled(0));
}
END_TEST

START_TEST(asking_first_has_an_end_and_waits_then)
{
    for (unsigned i = 0; i < ANSWERS_MAX; i++)
        answers[i] = VERDICT_AGAIN;
    offer(1);
    quiet();
    ck_assert_uint_eq(asked, AGAIN_MAX + 1);
    ck_assert_uint_eq(output_metrics(output)->errors, 0);
    ck_assert(!is_settled(0));
}
END_TEST

/* ---- records that cannot be written ---- */

START_TEST(skipped_records_are_set_aside_once)
{
    skipped = "13";
    answers[0] = VERDICT_RETRY;
    offer(5);
    quiet();
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 2);
    pass_ms(100);
    ck_assert_str_eq(text(), "024 024 ");
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 2);
    ck_assert_uint_eq(output_metrics(output)->proc_records, 3);
    ck_assert(is_settled(0));
}
END_TEST

START_TEST(a_chunk_of_nothing_but_skipped_records_is_done)
{
    skipped = "012";
    offer(3);
    quiet();
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 3);
    ck_assert_uint_eq(output_metrics(output)->proc_records, 0);
    ck_assert(is_settled(0));
}
END_TEST

START_TEST(a_skipped_record_does_not_confuse_the_halves)
{
    skipped = "02";
    answers[0] = VERDICT_TOO_LARGE;
    offer(6);
    quiet();
    ck_assert_str_eq(text(), "1345 13 45 ");
    ck_assert(is_settled(0));
}
END_TEST

START_TEST(what_is_refused_whole_is_set_aside)
{
    answers[0] = VERDICT_REFUSED;
    offer(3);
    quiet();
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 3);
    ck_assert(is_settled(0));
}
END_TEST

/* ---- stopping ---- */

START_TEST(stopping_tries_at_once_what_waits)
{
    answers[0] = VERDICT_RETRY;
    offer(2);
    quiet();
    output_stop(output);
    quiet();
    ck_assert_str_eq(text(), "01 01 ");
    ck_assert(is_settled(0));
    ck_assert(output_is_idle(output));
}
END_TEST

START_TEST(what_fails_while_stopping_is_let_go_of_unsettled)
{
    answers[0] = answers[1] = VERDICT_RETRY;
    offer(2);
    quiet();
    output_stop(output);
    quiet();
    ck_assert(!is_settled(0));
    ck_assert(output_is_idle(output));
    ck_assert_uint_eq(output_metrics(output)->read_records, 0);
}
END_TEST

START_TEST(the_queue_is_tried_while_stopping)
{
    gate_set(true);
    for (unsigned i = 1; i <= 4; i++)
        offer(i);
    answers[1] = answers[2] = VERDICT_RETRY;
    output_stop(output);
    gate_set(false);
    quiet();
    ck_assert_str_eq(text(), "0 01 012 0123 ");
    ck_assert(is_settled(0));
    ck_assert(!is_settled(1));
    ck_assert(!is_settled(2));
    ck_assert(is_settled(3));
    ck_assert(output_is_idle(output));
    ck_assert_uint_eq(output_metrics(output)->read_records, 5);
}
END_TEST

START_TEST(halves_go_on_while_stopping)
{
    answers[0] = VERDICT_TOO_LARGE;
    offer(4);
    output_stop(output);
    quiet();
    ck_assert_str_eq(text(), "0123 01 23 ");
    ck_assert(is_settled(0));
}
END_TEST

/* ---- letting go ---- */

START_TEST(letting_go_empties_the_queue_and_what_waits)
{
    answers[0] = VERDICT_RETRY;
    offer(1);
    quiet();
    gate_set(true);
    for (unsigned i = 0; i < 3; i++)
        offer(2);
    output_let_go(output);
    expect_balance();
    ck_assert(!output_is_idle(output));
    ck_assert_uint_eq(output_metrics(output)->in_flight_records, 2);
    gate_set(false);
    quiet();
    ck_assert(output_is_idle(output));
    ck_assert_str_eq(text(), "0 01 ");
    ck_assert(!is_settled(0));
    ck_assert(is_settled(1));
    ck_assert(!is_settled(2));
    ck_assert(!is_settled(3));
}
END_TEST

START_TEST(letting_go_twice_is_letting_go_once)
{
    gate_set(true);
    offer(1);
    offer(1);
    output_let_go(output);
    output_let_go(output);
    gate_set(false);
    quiet();
    output_let_go(output);
    ck_assert(output_is_idle(output));
}
END_TEST

/* The worker is in the middle of it: what it has written counts, nothing more is begun. */
START_TEST(nothing_is_begun_after_letting_go)
{
    gate_set(true);
    answers[0] = VERDICT_TOO_LARGE;
    offer(4);
    output_let_go(output);
    gate_set(false);
    quiet();
    ck_assert_str_eq(text(), "0123 ");
    ck_assert(!is_settled(0));
    ck_assert(output_is_idle(output));
}
END_TEST

START_TEST(the_rest_of_a_half_is_let_go_of)
{
    answers[0] = VERDICT_TOO_LARGE;
    answers[1] = VERDICT_RETRY;
    offer(4);
    quiet();
    gate_set(true);
    output_stop(output);
    output_let_go(output);
    gate_set(false);
    quiet();
    ck_assert_str_eq(text(), "0123 01 01 ");
    ck_assert(!is_settled(0));
    ck_assert_uint_eq(output_metrics(output)->proc_records, 2);
    ck_assert_uint_eq(output_metrics(output)->read_records, 2);
}
END_TEST

START_TEST(what_is_offered_after_letting_go_is_let_go_of_at_once)
{
    output_let_go(output);
    offer(3);
    quiet();
    ck_assert_str_eq(text(), "");
    ck_assert(output_is_idle(output));
    ck_assert(!is_settled(0));
    ck_assert_uint_eq(output_metrics(output)->read_records, 0);
}
END_TEST

Suite *suite_output_deliver(void);

Suite *suite_output_deliver(void)
{
    Suite *suite = suite_create("output/deliver");
    TCase *story = tcase_create("story");
    TCase *stopping = tcase_create("stopping");

    tcase_add_checked_fixture(story, set_up, tear_down);
    tcase_add_test(story, chunks_are_delivered_in_the_order_they_came);
    tcase_add_test(story, what_waits_lets_the_next_chunk_pass);
    tcase_add_test(story, what_waited_waits_for_a_place_too_and_is_the_next);
    tcase_add_test(story, several_that_waited_are_tried_one_by_one_when_stopping);
    tcase_add_test(story, what_waited_and_waits_for_a_place_can_be_let_go_of);
    tcase_add_test(story, halves_come_from_the_front_and_the_rest_follows);
    tcase_add_test(story, attempts_of_one_half_do_not_count_for_the_next);
    tcase_add_test(story, what_a_request_has_no_room_for_goes_by_the_next);
    tcase_add_test(story, what_was_held_when_a_request_failed_is_no_part_of_its_failure);
    tcase_add_test(story, what_was_held_is_let_go_of_with_the_rest);
    tcase_add_test(story, what_had_to_be_asked_first_is_no_failure);
    tcase_add_test(story, asking_first_has_an_end_and_waits_then);
    tcase_add_test(story, skipped_records_are_set_aside_once);
    tcase_add_test(story, a_chunk_of_nothing_but_skipped_records_is_done);
    tcase_add_test(story, a_skipped_record_does_not_confuse_the_halves);
    tcase_add_test(story, what_is_refused_whole_is_set_aside);
    suite_add_tcase(suite, story);

    tcase_add_checked_fixture(stopping, set_up, tear_down);
    tcase_add_test(stopping, stopping_tries_at_once_what_waits);
    tcase_add_test(stopping, what_fails_while_stopping_is_let_go_of_unsettled);
    tcase_add_test(stopping, the_queue_is_tried_while_stopping);
    tcase_add_test(stopping, halves_go_on_while_stopping);
    tcase_add_test(stopping, letting_go_empties_the_queue_and_what_waits);
    tcase_add_test(stopping, letting_go_twice_is_letting_go_once);
    tcase_add_test(stopping, nothing_is_begun_after_letting_go);
    tcase_add_test(stopping, the_rest_of_a_half_is_let_go_of);
    tcase_add_test(stopping, what_is_offered_after_letting_go_is_let_go_of_at_once);
    suite_add_tcase(suite, stopping);
    return suite;
}
