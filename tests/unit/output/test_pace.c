#include "output/pace.h"

#include <check.h>
#include <stdio.h>

/* Whose turn it is, and how soon the next call goes. */

#define CALLS_MAX 4096

static uint32_t seed;

static uint64_t dice(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 4;
}

static const struct lane_limits free_limits = {0, 250};
static const struct lane_limits strict_limits = {20, 2000};

static struct call_lane lane_of(struct lane_limits limits)
{
    struct call_lane lane;

    call_lane_init(&lane, limits);
    return lane;
}

static struct call_lane told(uint32_t calls)
{
    struct call_lane lane = lane_of(free_limits);

    call_lane_tell(&lane, calls);
    return lane;
}

/* One that waits for its turn, and is late by so much when it goes out. */
static uint64_t go(struct call_lane *lane, uint64_t now_ms, uint64_t late_ms)
{
    now_ms += call_lane_wait_ms(lane, now_ms, PACE_PATIENT);
    call_lane_take(lane, now_ms);
    now_ms += late_ms;
    while (!call_lane_start(lane, now_ms, PACE_PATIENT))
        now_ms = call_lane_start_ms(lane, now_ms, PACE_PATIENT);
    call_lane_end(lane, lane->started, now_ms);
    return now_ms;
}

static unsigned most_in_a_second(const uint64_t *starts_ms, unsigned count)
{
    unsigned most = 0;

    for (unsigned i = 0, first = 0; i < count; i++) {
        while (starts_ms[first] + 1000 <= starts_ms[i])
            first++;
        most = i - first + 1 > most ? i - first + 1 : most;
    }
    return most;
}

START_TEST(events_go_as_fast_as_answers_come_until_one_is_throttled)
{
    struct call_lane lane = lane_of(free_limits);

    for (uint64_t ms = 1; ms < 1000; ms++) {
        ck_assert_uint_eq(go(&lane, ms, 0), ms);
        call_lane_answered(&lane);
    }
    ck_assert_uint_gt(call_lane_throttled(&lane, 1000, 0), 0);
    ck_assert_uint_gt(call_lane_wait_ms(&lane, 1000, PACE_PATIENT), 0);
}
END_TEST

START_TEST(the_hold_is_drawn_and_doubles_with_each_throttled_call_in_a_row)
{
    struct call_lane lane = lane_of(strict_limits);
    uint64_t bound = 100, ms = 1000000;

    for (int i = 0; i < 12; i++, ms += 1000000) {
        struct call_lane least = lane, most = lane;

        ck_assert_uint_eq(call_lane_throttled(&least, ms, 0), bound / 2);
        ck_assert_uint_eq(call_lane_throttled(&most, ms, bound / 2), bound);
        lane = least;
        bound = bound * 2 < PACE_HOLD_MS_MAX ? bound * 2 : PACE_HOLD_MS_MAX;
    }
}
END_TEST

START_TEST(an_answer_ends_the_row)
{
    struct call_lane lane = lane_of(free_limits);

    for (uint64_t ms = 0; ms < 800000; ms += 100000)
        (void)call_lane_throttled(&lane, ms, dice());
    call_lane_answered(&lane);
    ck_assert_uint_eq(call_lane_throttled(&lane, 2000000, 50), 100);
}
END_TEST

START_TEST(nothing_starts_while_there_is_a_hold_whoever_had_a_turn)
{
    struct call_lane lane = lane_of(free_limits);
    uint64_t hold_ms;

    call_lane_take(&lane, 1000);
    hold_ms = call_lane_throttled(&lane, 1001, dice());
    for (uint64_t ms = 1001; ms < 1001 + hold_ms; ms++) {
        ck_assert(!call_lane_start(&lane, ms, PACE_PATIENT));
        ck_assert_uint_eq(call_lane_wait_ms(&lane, ms, PACE_PATIENT), 1001 + hold_ms - ms);
    }
    ck_assert(call_lane_start(&lane, 1001 + hold_ms, PACE_PATIENT));
}
END_TEST

START_TEST(behind_a_hold_they_come_one_by_one)
{
    struct call_lane lane = lane_of(strict_limits);
    uint64_t hold_ms = call_lane_throttled(&lane, 1000, 0), last_ms = 0;

    for (int i = 0; i < 10; i++) {
        uint64_t wait_ms = call_lane_reserve(&lane, 1000, PACE_PATIENT);

        ck_assert_uint_ge(wait_ms, i == 0 ? hold_ms : last_ms + 30);
        last_ms = wait_ms;
    }
}
END_TEST

START_TEST(several_that_were_under_way_are_told_once)
{
    struct call_lane lane = lane_of(strict_limits), once;
    uint64_t hold_ms;

    hold_ms = call_lane_throttled(&lane, 1000, dice());
    once = lane;
    for (uint64_t ms = 1000; ms < 1000 + hold_ms; ms++)
        ck_assert_uint_eq(call_lane_throttled(&lane, ms, dice()), 1000 + hold_ms - ms);
    ck_assert_mem_eq(&lane, &once, sizeof lane);
}
END_TEST

START_TEST(who_stops_waits_for_no_long_hold)
{
    struct call_lane lane = lane_of(free_limits);
    uint64_t ms = 0;

    for (int i = 0; i < 12; i++)
        (void)call_lane_throttled(&lane, ms += 100000, 0);
    ck_assert_uint_eq(call_lane_wait_ms(&lane, ms, PACE_PATIENT), 30000);
    ck_assert_uint_eq(call_lane_wait_ms(&lane, ms, 1000), 1000);
    ck_assert(!call_lane_start(&lane, ms + 999, 1000));
    ck_assert(call_lane_start(&lane, ms + 1000, 1000));
}
END_TEST

START_TEST(the_gap_between_events_calls_is_no_more_than_a_nodes_share)
{
    struct call_lane lane = lane_of(free_limits);

    for (uint64_t i = 0; i < 100; i++)
        (void)call_lane_throttled(&lane, i * 100000, dice());
    ck_assert_uint_eq((unsigned)lane.gap_ms, 250);
    for (int i = 0; i < 600; i++)
        call_lane_answered(&lane);
    ck_assert_uint_eq((unsigned)lane.gap_ms, 0);
}
END_TEST

/* The service takes fifty a second. */
START_TEST(streams_are_made_twenty_milliseconds_apart)
{
    struct call_lane lane = lane_of(strict_limits);

    for (unsigned i = 0; i < 200; i++)
        ck_assert_uint_eq(call_lane_reserve(&lane, 1000, PACE_PATIENT), i * 20);
    ck_assert_uint_eq(call_lane_reserve(&lane, 10000, PACE_PATIENT), 0);
}
END_TEST

/* Turns that were reserved and then not used in time do not come together. */
START_TEST(of_many_that_are_late_no_more_start_in_a_second_than_gaps_begin)
{
    struct call_lane lane = lane_of(strict_limits);
    unsigned started = 0;

    for (unsigned i = 0; i < 200; i++)
        (void)call_lane_reserve(&lane, 1000, PACE_PATIENT);
    for (unsigned i = 0; i < 200; i++)
        started += call_lane_start(&lane, 6000, PACE_PATIENT);
    ck_assert_uint_eq(started, 50);
    ck_assert_uint_eq(call_lane_start_ms(&lane, 6000, PACE_PATIENT), 7000);
}
END_TEST

/* However late requests are made, and whatever is throttled. */
START_TEST(no_second_has_more_calls_than_were_told)
{
    static uint64_t starts_ms[CALLS_MAX];
    uint32_t calls = (uint32_t)_i;
    struct call_lane lane = told(calls);
    uint64_t ms = 12345;
    unsigned count = 0;

    while (ms < 12345 + 30000 && count < CALLS_MAX) {
        ms = go(&lane, ms, count % 7 == 3 ? dice() % 90 : 0);
        starts_ms[count++] = ms;
        if (dice() % 50 == 0)
            (void)call_lane_throttled(&lane, ms, dice());
        else
            call_lane_answered(&lane);
        ms += dice() % 3;
    }
    ck_assert_uint_le(most_in_a_second(starts_ms, count), calls);
    ck_assert_uint_ge(count, 30);
}
END_TEST

START_TEST(a_limit_that_is_met_is_used_up_to_a_hundredth)
{
    struct call_lane lane = told((uint32_t)_i);
    uint64_t ms = 1;

    for (int i = 0; i < _i * 60; i++) {
        ms = go(&lane, ms, 0);
        call_lane_answered(&lane);
    }
    ck_assert_uint_ge(ms, 59000);
    ck_assert_uint_le(ms, 60000 + 60 * (uint64_t)_i);
}
END_TEST

START_TEST(of_several_that_tell_the_least_counts)
{
    struct call_lane lane = lane_of(free_limits);

    call_lane_tell(&lane, 0);
    ck_assert_uint_eq((unsigned)lane.gap_ms, 0);
    call_lane_tell(&lane, 5);
    call_lane_tell(&lane, 10);
    call_lane_tell(&lane, 0);
    ck_assert_uint_eq((unsigned)lane.gap_ms, 200);
    call_lane_tell(&lane, 2);
    ck_assert_uint_eq((unsigned)lane.gap_ms, 500);
}
END_TEST

/* Others that have their turn in the same second are counted, too. */
START_TEST(several_that_ask_in_turn_keep_to_the_number_together)
{
    static uint64_t starts_ms[CALLS_MAX];
    struct call_lane lane = told(5);
    unsigned count = 0;

    for (uint64_t ms = 1000; ms < 20000; ms++) {
        for (int output = 0; output < 3; output++) {
            if (call_lane_wait_ms(&lane, ms, PACE_PATIENT) > 0)
                continue;
            call_lane_take(&lane, ms);
            ck_assert(call_lane_start(&lane, ms, PACE_PATIENT));
            call_lane_end(&lane, lane.started, ms);
            starts_ms[count++] = ms;
        }
    }
    ck_assert_uint_eq(most_in_a_second(starts_ms, count), 5);
    ck_assert_uint_eq(count, 95);
}
END_TEST

/* A service that takes so many calls in any second, and one node that asks it; each answer takes five
 * milliseconds. */
struct service {
    unsigned a_second;
    unsigned calls, throttled;
    uint64_t starts_ms[CALLS_MAX * 8], taken_ms[CALLS_MAX * 8];
};
static struct service service;

static bool service_takes(struct service *s, uint64_t ms)
{
    unsigned taken = s->calls - s->throttled;

    s->starts_ms[s->calls++] = ms;
    if (taken >= s->a_second && s->taken_ms[taken - s->a_second] + 1000 > ms) {
        s->throttled++;
        return false;
    }
    s->taken_ms[taken] = ms;
    return true;
}

static void service_ask(struct service *s, uint64_t for_ms)
{
    struct call_lane lane = lane_of(free_limits);
    uint64_t ms = 1;

    s->calls = s->throttled = 0;
    while (ms < for_ms) {
        ms = go(&lane, ms, 0);
        if (service_takes(s, ms))
            call_lane_answered(&lane);
        else
            (void)call_lane_throttled(&lane, ms + 5, dice());
        ms += 5;
    }
}

START_TEST(under_a_limit_few_calls_are_throttled_and_half_of_it_is_used)
{
    static const unsigned limits[] = {5, 8, 20, 50};
    unsigned taken;

    service.a_second = limits[_i];
    service_ask(&service, 300000);
    taken = service.calls - service.throttled;
    ck_assert_uint_le(service.throttled * 100 / service.calls, 5);
    ck_assert_uint_ge(taken, limits[_i] * 300 / 2);
    /* One call more than it takes is what tells the limit. */
    ck_assert_uint_le(most_in_a_second(service.starts_ms, service.calls), limits[_i] + 1);
}
END_TEST

/* As when an output falls behind, and lets go of all that waits. */
START_TEST(turns_that_nobody_has_any_more_keep_others_for_a_minute_at_the_most)
{
    struct call_lane lane;

    call_lane_init(&lane, (struct lane_limits){.gap_least_ms = 20, .gap_most_ms = 2000});
    for (int i = 0; i < 20; i++)
        (void)call_lane_throttled(&lane, 1000000 + (uint64_t)i * 100000, 0);
    for (int i = 0; i < 5000; i++)
        (void)call_lane_reserve(&lane, 4000000, PACE_PATIENT);
    ck_assert_uint_eq(call_lane_wait_ms(&lane, 4000000, PACE_PATIENT), PACE_TURNS_MS_MAX);
    ck_assert_uint_eq(call_lane_wait_ms(&lane, 4000000 + PACE_TURNS_MS_MAX, PACE_PATIENT), 0);
}
END_TEST

/* A service that throttles whatever one does. */
START_TEST(throttled_every_second_time_it_gets_slow)
{
    static uint64_t starts_ms[400];
    struct call_lane lane = lane_of(free_limits);
    uint64_t ms = 1;

    for (int i = 0; i < 400; i++) {
        starts_ms[i] = ms = go(&lane, ms, 0);
        if (i % 2 == 0)
            call_lane_answered(&lane);
        else
            (void)call_lane_throttled(&lane, ms, dice());
    }
    ck_assert_uint_le(most_in_a_second(starts_ms, 400), 5);
    ck_assert_uint_ge(ms, (uint64_t)400 * 240);
}
END_TEST

START_TEST(outputs_to_one_account_share_a_pace)
{
    struct call_pace *one = call_pace_ref("logs:443 eu-west-1 a", &free_limits, 1), *again, *other;

    again = call_pace_ref("logs:443 eu-west-1 a", &free_limits, 1);
    other = call_pace_ref("logs:443 eu-west-1 b", &free_limits, 1);
    ck_assert_ptr_eq(one, again);
    ck_assert_ptr_ne(one, other);
    (void)call_lane_throttled(call_pace_lane(one, 0), 1000, 0);
    ck_assert_uint_gt(call_lane_wait_ms(call_pace_lane(again, 0), 1000, PACE_PATIENT), 0);
    ck_assert_uint_eq(call_lane_wait_ms(call_pace_lane(other, 0), 1000, PACE_PATIENT), 0);
    call_pace_unref(&one);
    call_pace_unref(&again);
    call_pace_unref(&other);
    ck_assert_ptr_null(other);
    call_pace_unref(&other);
    call_paces_forget();
}
END_TEST

START_TEST(what_was_learnt_is_kept_for_who_comes_next_and_what_was_told_is_not)
{
    struct call_pace *one = call_pace_ref("a", &free_limits, 1);

    call_lane_tell(call_pace_lane(one, 0), 2);
    (void)call_lane_throttled(call_pace_lane(one, 0), 1000, 0);
    call_pace_unref(&one);
    one = call_pace_ref("a", &free_limits, 1);
    ck_assert(!call_pace_lane(one, 0)->is_told);
    ck_assert_uint_eq((unsigned)call_pace_lane(one, 0)->gap_ms, 250);
    ck_assert_uint_eq(call_lane_wait_ms(call_pace_lane(one, 0), 1000, PACE_PATIENT), 50);
    call_pace_unref(&one);
    one = call_pace_ref("a", &strict_limits, 1);
    ck_assert_uint_eq((unsigned)call_pace_lane(one, 0)->gap_ms, 250);
    call_pace_unref(&one);
    call_paces_forget();
    one = call_pace_ref("a", &free_limits, 1);
    ck_assert_uint_eq(call_lane_wait_ms(call_pace_lane(one, 0), 1000, PACE_PATIENT), 0);
    call_pace_unref(&one);
    call_paces_forget();
}
END_TEST

START_TEST(of_those_that_nobody_has_the_last_few_are_kept)
{
    struct call_pace *used = call_pace_ref("used", &free_limits, 1), *pace;
    char name[16];

    (void)call_lane_throttled(call_pace_lane(used, 0), 1000, 0);
    for (int i = 0; i <= PACES_KEPT_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        pace = call_pace_ref(name, &free_limits, 1);
        (void)call_lane_throttled(call_pace_lane(pace, 0), 1000, 0);
        call_pace_unref(&pace);
    }
    for (int i = PACES_KEPT_MAX; i >= 0; i--) {
        snprintf(name, sizeof name, "%d", i);
        pace = call_pace_ref(name, &free_limits, 1);
        ck_assert_uint_eq(call_lane_wait_ms(call_pace_lane(pace, 0), 1000, PACE_PATIENT),
                          i > 0 ? 50 : 0);
        call_pace_unref(&pace);
    }
    ck_assert_uint_eq(call_lane_wait_ms(call_pace_lane(used, 0), 1000, PACE_PATIENT), 50);
    call_pace_unref(&used);
    call_paces_forget();
}
END_TEST

START_TEST(each_kind_of_call_has_a_lane_of_its_own)
{
    struct lane_limits limits[] = {free_limits, strict_limits};
    struct call_pace *pace = call_pace_ref("x", limits, 2);

    ck_assert_ptr_ne(call_pace_lane(pace, 0), call_pace_lane(pace, 1));
    (void)call_lane_throttled(call_pace_lane(pace, 0), 1000, 0);
    ck_assert_uint_eq(call_lane_wait_ms(call_pace_lane(pace, 1), 1000, PACE_PATIENT), 0);
    call_pace_unref(&pace);
    call_paces_forget();
}
END_TEST

Suite *suite_output_pace(void)
{
    Suite *s = suite_create("output/pace");
    TCase *use = tcase_create("use");

    tcase_add_test(use, events_go_as_fast_as_answers_come_until_one_is_throttled);
    tcase_add_test(use, the_hold_is_drawn_and_doubles_with_each_throttled_call_in_a_row);
    tcase_add_test(use, an_answer_ends_the_row);
    tcase_add_test(use, nothing_starts_while_there_is_a_hold_whoever_had_a_turn);
    tcase_add_test(use, behind_a_hold_they_come_one_by_one);
    tcase_add_test(use, several_that_were_under_way_are_told_once);
    tcase_add_test(use, who_stops_waits_for_no_long_hold);
    tcase_add_test(use, the_gap_between_events_calls_is_no_more_than_a_nodes_share);
    tcase_add_test(use, streams_are_made_twenty_milliseconds_apart);
    tcase_add_test(use, of_many_that_are_late_no_more_start_in_a_second_than_gaps_begin);
    tcase_add_loop_test(use, no_second_has_more_calls_than_were_told, 1, 65);
    tcase_add_loop_test(use, a_limit_that_is_met_is_used_up_to_a_hundredth, 1, 21);
    tcase_add_test(use, of_several_that_tell_the_least_counts);
    tcase_add_test(use, several_that_ask_in_turn_keep_to_the_number_together);
    tcase_add_loop_test(use, under_a_limit_few_calls_are_throttled_and_half_of_it_is_used, 0, 4);
    tcase_add_test(use, throttled_every_second_time_it_gets_slow);
    tcase_add_test(use, turns_that_nobody_has_any_more_keep_others_for_a_minute_at_the_most);
    tcase_add_test(use, outputs_to_one_account_share_a_pace);
    tcase_add_test(use, what_was_learnt_is_kept_for_who_comes_next_and_what_was_told_is_not);
    tcase_add_test(use, of_those_that_nobody_has_the_last_few_are_kept);
    tcase_add_test(use, each_kind_of_call_has_a_lane_of_its_own);
    suite_add_tcase(s, use);
    return s;
}
