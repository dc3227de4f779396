#include "plugins/out_cloudwatch_logs/pace.h"

#include <check.h>

/* How soon the next call goes. */

static uint32_t seed;

static uint64_t dice(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed;
}

static struct cw_lane lane_of(enum cw_lane_kind kind)
{
    struct cw_lane lane;

    cw_lane_init(&lane, kind);
    return lane;
}

START_TEST(events_go_as_fast_as_answers_come_until_one_is_throttled)
{
    struct cw_lane lane = lane_of(CW_LANE_PUT);

    for (uint64_t ms = 1; ms < 100; ms++)
        ck_assert_uint_eq(cw_lane_answered(&lane, ms), 0);
    ck_assert_uint_gt(cw_lane_throttled(&lane, 100, 0), 0);
}
END_TEST

START_TEST(the_wait_is_drawn_and_doubles_with_each_throttled_call_in_a_row)
{
    struct cw_lane lane = lane_of(CW_LANE_STREAM);
    uint64_t bound = 100, ms = 0;

    for (int i = 0; i < 12; i++, ms += 1000000) {
        struct cw_lane least = lane, most = lane;
        uint64_t low = cw_lane_throttled(&least, ms, 0);
        uint64_t high = cw_lane_throttled(&most, ms, bound / 2);

        ck_assert_uint_ge(low, bound / 2);
        ck_assert_uint_ge(high, bound);
        ck_assert_uint_le(high, bound > 2000 ? bound : 2000); /* the gap is no more */
        lane = least;
        bound = bound * 2 < CW_PACE_WAIT_MS_MAX ? bound * 2 : CW_PACE_WAIT_MS_MAX;
    }
}
END_TEST

/* A service that throttles whatever one does. */
START_TEST(throttled_every_second_time_it_gets_slow)
{
    struct cw_lane lane = lane_of(CW_LANE_PUT);
    uint64_t ms = 0;

    for (int i = 0; i < 200; i++) {
        ms += 1 + cw_lane_throttled(&lane, ms, dice());
        ms += 1 + cw_lane_answered(&lane, ms);
    }
    ck_assert_uint_ge(ms, (uint64_t)400 * 200);
}
END_TEST

START_TEST(an_answer_ends_the_row)
{
    struct cw_lane lane = lane_of(CW_LANE_PUT);

    for (int i = 0; i < 8; i++)
        (void)cw_lane_throttled(&lane, 0, dice());
    (void)cw_lane_answered(&lane, 1000000);
    ck_assert_uint_le(cw_lane_throttled(&lane, 2000000, 50), 250);
}
END_TEST

START_TEST(what_one_waits_for_all_wait_for)
{
    struct cw_lane lane = lane_of(CW_LANE_PUT);
    uint64_t wait_ms = cw_lane_throttled(&lane, 1000, 50);

    ck_assert_uint_eq(cw_lane_answered(&lane, 1000 + wait_ms / 2), wait_ms - wait_ms / 2);
}
END_TEST

START_TEST(the_gap_between_events_calls_is_no_more_than_a_nodes_share)
{
    struct cw_lane lane = lane_of(CW_LANE_PUT);

    for (int i = 0; i < 100; i++)
        (void)cw_lane_throttled(&lane, 0, dice());
    ck_assert_uint_eq((unsigned)lane.gap_ms, 250);
    for (int i = 0; i < 600; i++)
        (void)cw_lane_answered(&lane, 0);
    ck_assert_uint_eq((unsigned)lane.gap_ms, 0);
}
END_TEST

/* The service takes fifty a second. */
START_TEST(streams_are_made_twenty_milliseconds_apart)
{
    struct cw_lane lane = lane_of(CW_LANE_STREAM);

    for (unsigned i = 0; i < 200; i++)
        ck_assert_uint_eq(cw_lane_take(&lane, 1000), i * 20);
    ck_assert_uint_eq(cw_lane_take(&lane, 10000), 0);
}
END_TEST

START_TEST(places_are_further_apart_after_a_throttled_call)
{
    struct cw_lane lane = lane_of(CW_LANE_STREAM);
    uint64_t first, second;

    (void)cw_lane_throttled(&lane, 1000, 0);
    first = cw_lane_take(&lane, 1000);
    second = cw_lane_take(&lane, 1000);
    ck_assert_uint_ge(first, 50);
    ck_assert_uint_ge(second - first, 30);
}
END_TEST

/* A service that takes so many calls in each second, and one node that asks it; each answer takes five
 * milliseconds. Which part of the calls was throttled, in percent; how many were taken, in *taken. */
static unsigned throttled_percent(unsigned a_second, unsigned *taken)
{
    struct cw_lane lane = lane_of(CW_LANE_PUT);
    uint64_t ms = 0, second = 0;
    unsigned in_second = 0, calls = 0, throttled = 0;

    while (ms < 300000) {
        ms += 5;
        in_second = second == ms / 1000 ? in_second : 0;
        second = ms / 1000;
        calls++;
        if (in_second == a_second) {
            throttled++;
            ms += cw_lane_throttled(&lane, ms, dice());
        } else {
            in_second++;
            ms += cw_lane_answered(&lane, ms);
        }
    }
    *taken = calls - throttled;
    return throttled * 100 / calls;
}

START_TEST(under_a_limit_few_calls_are_throttled_and_half_of_it_is_used)
{
    static const unsigned limits[] = {8, 20, 50, 100};
    unsigned taken, percent = throttled_percent(limits[_i], &taken);

    ck_assert_uint_le(percent, 5);
    ck_assert_uint_ge(taken, limits[_i] * 300 / 2);
    ck_assert_uint_le(taken, limits[_i] * 300 * 96 / 100);
}
END_TEST

START_TEST(outputs_to_one_account_share_a_pace)
{
    struct cw_pace *one = cw_pace_ref("logs:443 eu-west-1 a"), *again, *other;

    again = cw_pace_ref("logs:443 eu-west-1 a");
    other = cw_pace_ref("logs:443 eu-west-1 b");
    ck_assert_ptr_eq(one, again);
    ck_assert_ptr_ne(one, other);
    (void)cw_lane_throttled(cw_pace_lane(one, CW_PUT), 1000, 0);
    ck_assert_uint_gt(cw_lane_answered(cw_pace_lane(again, CW_PUT), 1000), 0);
    ck_assert_uint_eq(cw_lane_answered(cw_pace_lane(other, CW_PUT), 1000), 0);
    cw_pace_unref(&one);
    cw_pace_unref(&again);
    cw_pace_unref(&other);
    ck_assert_ptr_null(other);
    one = cw_pace_ref("logs:443 eu-west-1 a");
    ck_assert_uint_eq(cw_lane_answered(cw_pace_lane(one, CW_PUT), 1000), 0);
    cw_pace_unref(&one);
}
END_TEST

START_TEST(each_kind_of_call_has_a_pace_of_its_own)
{
    struct cw_pace *pace = cw_pace_ref("x");

    ck_assert_ptr_ne(cw_pace_lane(pace, CW_PUT), cw_pace_lane(pace, CW_STREAM));
    ck_assert_ptr_ne(cw_pace_lane(pace, CW_STREAM), cw_pace_lane(pace, CW_GROUP));
    ck_assert_ptr_eq(cw_pace_lane(pace, CW_RETENTION), cw_pace_lane(pace, CW_GROUP));
    cw_pace_unref(&pace);
    cw_pace_unref(&pace);
}
END_TEST

Suite *suite_plugins_out_cloudwatch_pace(void)
{
    Suite *s = suite_create("plugins/out_cloudwatch_pace");
    TCase *use = tcase_create("use");

    tcase_add_test(use, events_go_as_fast_as_answers_come_until_one_is_throttled);
    tcase_add_test(use, the_wait_is_drawn_and_doubles_with_each_throttled_call_in_a_row);
    tcase_add_test(use, throttled_every_second_time_it_gets_slow);
    tcase_add_test(use, an_answer_ends_the_row);
    tcase_add_test(use, what_one_waits_for_all_wait_for);
    tcase_add_test(use, the_gap_between_events_calls_is_no_more_than_a_nodes_share);
    tcase_add_test(use, streams_are_made_twenty_milliseconds_apart);
    tcase_add_test(use, places_are_further_apart_after_a_throttled_call);
    tcase_add_loop_test(use, under_a_limit_few_calls_are_throttled_and_half_of_it_is_used, 0, 4);
    tcase_add_test(use, outputs_to_one_account_share_a_pace);
    tcase_add_test(use, each_kind_of_call_has_a_pace_of_its_own);
    suite_add_tcase(s, use);
    return s;
}
