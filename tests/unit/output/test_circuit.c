#include "output/circuit.h"

#include <check.h>

#define BASE_MS 500
#define CAP_MS 10000
#define PLACES 8

static struct circuit c;
static uint64_t now_ms;

static const struct retry_policy policy = {.attempts_max = 1, .base_ms = BASE_MS, .cap_ms = CAP_MS};

static void set_up(void)
{
    now_ms = 1000;
    circuit_init(&c, &policy, PLACES);
}

static void note_with(enum circuit_event event, uint64_t asked_ms, uint64_t dice)
{
    circuit_note(&c, event,
                 (struct circuit_moment){.now_ms = now_ms, .asked_ms = asked_ms, .dice = dice});
}

static void note(enum circuit_event event)
{
    note_with(event, 0, 0);
}

static void note_times(enum circuit_event event, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        note(event);
}

static unsigned room(unsigned under_way)
{
    return circuit_room(&c, now_ms, under_way);
}

/* How long nothing begins. */
static uint64_t wait_ms(void)
{
    return c.not_before_ms > now_ms ? c.not_before_ms - now_ms : 0;
}

START_TEST(at_first_all_places_are_there)
{
    ck_assert_uint_eq(room(0), PLACES);
    ck_assert_uint_eq(room(3), PLACES - 3);
    ck_assert_uint_eq(room(PLACES), 0);
    ck_assert_uint_eq(room(PLACES + 1), 0);
    ck_assert_uint_eq(circuit_connect_ms(&c), 0);
}
END_TEST

/* ---- a dead back-end ---- */

START_TEST(a_few_failures_change_nothing)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX - 1);
    ck_assert(!c.is_open);
    ck_assert_uint_eq(room(0), PLACES);
}
END_TEST

START_TEST(failures_count_only_in_a_row)
{
    for (unsigned i = 0; i < 10; i++) {
        note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX - 1);
        note(i % 2 ? CIRCUIT_ANSWERED : CIRCUIT_BUSY);
    }
    ck_assert(!c.is_open);
}
END_TEST

START_TEST(a_dead_one_is_probed_by_one_at_a_time_after_a_wait)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX);
    ck_assert(c.is_open);
    ck_assert_uint_eq(wait_ms(), BASE_MS);
    ck_assert_uint_eq(room(0), 0);
    now_ms += BASE_MS;
    ck_assert_uint_eq(room(0), 1);
    ck_assert_uint_eq(room(1), 0);
}
END_TEST

/* Others were under way when it opened. */
START_TEST(late_failures_do_not_add_up_to_a_long_wait)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX + 1000);
    ck_assert_uint_le(wait_ms(), CIRCUIT_PROBE_WAIT_MS);
}
END_TEST

START_TEST(the_wait_is_drawn_below_a_bound_that_doubles_up_to_its_limit)
{
    uint64_t bound = 2 * BASE_MS;

    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX - 1);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t most = bound < CIRCUIT_PROBE_WAIT_MS ? bound : CIRCUIT_PROBE_WAIT_MS;
        uint64_t before_ms = c.not_before_ms;

        now_ms = before_ms > now_ms ? before_ms : now_ms;
        note_with(CIRCUIT_FAILED, 0, most - BASE_MS);
        ck_assert_uint_eq(wait_ms(), most);
        bound *= bound < CAP_MS ? 2 : 1;
    }
}
END_TEST

START_TEST(a_base_above_the_limit_is_honoured)
{
    struct retry_policy slow = {.base_ms = 30000, .cap_ms = 60000};

    circuit_init(&c, &slow, PLACES);
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX);
    ck_assert_uint_eq(wait_ms(), 30000);
}
END_TEST

START_TEST(a_cap_below_the_limit_is_honoured)
{
    struct retry_policy quick = {.base_ms = 1, .cap_ms = 10};

    circuit_init(&c, &quick, PLACES);
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX + 20);
    ck_assert_uint_le(wait_ms(), 10);
}
END_TEST

START_TEST(what_it_asks_for_is_waited_for_up_to_a_limit)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX - 1);
    note_with(CIRCUIT_FAILED, 7000, 0);
    ck_assert_uint_eq(wait_ms(), 7000);
    note_with(CIRCUIT_FAILED, UINT64_MAX, 0);
    ck_assert_uint_eq(wait_ms(), RETRY_AFTER_MAX_MS);
}
END_TEST

START_TEST(any_answer_closes_it_at_once)
{
    for (unsigned i = 0; i < 2; i++) {
        note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX + 5);
        now_ms = c.not_before_ms;
        note(i == 0 ? CIRCUIT_ANSWERED : CIRCUIT_BUSY);
        ck_assert(!c.is_open);
        ck_assert_uint_gt(room(0), 1);
        ck_assert_uint_eq(c.probes, 0);
    }
}
END_TEST

START_TEST(after_it_closed_it_takes_as_many_failures_to_open_again)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX);
    note(CIRCUIT_ANSWERED);
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX - 1);
    ck_assert(!c.is_open);
    note(CIRCUIT_FAILED);
    ck_assert(c.is_open);
}
END_TEST

START_TEST(a_wait_is_cut_short_when_the_agent_stops)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX);
    circuit_hasten(&c, now_ms + 100);
    ck_assert_uint_eq(wait_ms(), 100);
    circuit_hasten(&c, now_ms + 200);
    ck_assert_uint_eq(wait_ms(), 100);
}
END_TEST

START_TEST(probes_connect_in_little_time_but_for_each_fourth)
{
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX);
    for (unsigned probe = 0; probe < 40; probe++) {
        bool is_patient = probe % CIRCUIT_PATIENT_PROBE == CIRCUIT_PATIENT_PROBE - 1;

        ck_assert_uint_eq(circuit_connect_ms(&c), is_patient ? 0 : CIRCUIT_CONNECT_MS);
        note(CIRCUIT_FAILED);
    }
}
END_TEST

/* ---- a busy one ---- */

START_TEST(a_busy_one_gets_half_as_many_each_time_but_never_none)
{
    static const unsigned places[] = {4, 2, 1, 1, 1};

    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        note(CIRCUIT_BUSY);
        ck_assert_uint_eq(room(0), places[i]);
    }
    ck_assert(!c.is_open);
}
END_TEST

START_TEST(places_come_back_one_by_one_with_rows_of_answers)
{
    unsigned answers = 0;

    note_times(CIRCUIT_BUSY, 3);
    for (unsigned places = 1; places < PLACES; places++) {
        ck_assert_uint_eq(room(0), places);
        note_times(CIRCUIT_ANSWERED, places);
        answers += places;
    }
    ck_assert_uint_eq(room(0), PLACES);
    ck_assert_uint_eq(answers, PLACES * (PLACES - 1) / 2);
    note_times(CIRCUIT_ANSWERED, 1000);
    ck_assert_uint_eq(room(0), PLACES);
}
END_TEST

START_TEST(nothing_begins_before_retry_after_is_over)
{
    note_with(CIRCUIT_BUSY, 3000, 0);
    ck_assert_uint_eq(room(0), 0);
    note_with(CIRCUIT_BUSY, 1000, 0);
    now_ms += 2999;
    ck_assert_uint_eq(room(0), 0);
    now_ms += 1;
    ck_assert_uint_gt(room(0), 0);
}
END_TEST

START_TEST(failures_keep_the_places_of_a_busy_one)
{
    note_times(CIRCUIT_BUSY, 2);
    note_times(CIRCUIT_FAILED, CIRCUIT_FAILURES_MAX);
    now_ms = c.not_before_ms;
    note(CIRCUIT_ANSWERED);
    ck_assert_uint_eq(room(0), 2);
}
END_TEST

/* Every sequence of seven events: it checks itself at each, and there is always a way on. */
START_TEST(no_sequence_of_events_leaves_it_stuck)
{
    for (unsigned code = 0; code < 2187; code++) {
        unsigned rest = code;

        circuit_init(&c, &policy, 1 + code % PLACES);
        for (unsigned i = 0; i < 7; i++, rest /= 3) {
            note_with((enum circuit_event)(rest % 3), rest % 5 * 100, rest * 7919);
            ck_assert_uint_le(wait_ms(), CIRCUIT_PROBE_WAIT_MS);
            now_ms += wait_ms();
            ck_assert_uint_ge(room(0), 1);
        }
    }
}
END_TEST

Suite *suite_output_circuit(void);
Suite *suite_output_circuit(void)
{
    Suite *suite = suite_create("output/circuit");
    TCase *tcase = tcase_create("circuit");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, at_first_all_places_are_there);
    tcase_add_test(tcase, a_few_failures_change_nothing);
    tcase_add_test(tcase, failures_count_only_in_a_row);
    tcase_add_test(tcase, a_dead_one_is_probed_by_one_at_a_time_after_a_wait);
    tcase_add_test(tcase, late_failures_do_not_add_up_to_a_long_wait);
    tcase_add_test(tcase, the_wait_is_drawn_below_a_bound_that_doubles_up_to_its_limit);
    tcase_add_test(tcase, a_base_above_the_limit_is_honoured);
    tcase_add_test(tcase, a_cap_below_the_limit_is_honoured);
    tcase_add_test(tcase, what_it_asks_for_is_waited_for_up_to_a_limit);
    tcase_add_test(tcase, any_answer_closes_it_at_once);
    tcase_add_test(tcase, after_it_closed_it_takes_as_many_failures_to_open_again);
    tcase_add_test(tcase, a_wait_is_cut_short_when_the_agent_stops);
    tcase_add_test(tcase, probes_connect_in_little_time_but_for_each_fourth);
    tcase_add_test(tcase, a_busy_one_gets_half_as_many_each_time_but_never_none);
    tcase_add_test(tcase, places_come_back_one_by_one_with_rows_of_answers);
    tcase_add_test(tcase, nothing_begins_before_retry_after_is_over);
    tcase_add_test(tcase, failures_keep_the_places_of_a_busy_one);
    tcase_add_test(tcase, no_sequence_of_events_leaves_it_stuck);
    suite_add_tcase(suite, tcase);
    return suite;
}
