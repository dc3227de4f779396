#include "output/retry.h"

#include "kit/stops.h"

static const struct retry_policy policy = {
    .attempts_max = RETRY_UNLIMITED, .base_ms = 500, .cap_ms = 10000};

static struct retry_policy limited(uint32_t attempts_max)
{
    struct retry_policy p = policy;

    p.attempts_max = attempts_max;
    return p;
}

/* ---- what to do ---- */

START_TEST(only_a_retry_ever_waits)
{
    static const struct {
        enum verdict verdict;
        enum retry_move move;
    } rows[] = {
        {VERDICT_DELIVERED, RETRY_DONE},
        {VERDICT_REFUSED, RETRY_SET_ASIDE},
        {VERDICT_TOO_LARGE, RETRY_HALVE},
        {VERDICT_RETRY, RETRY_WAIT},
    };
    static const uint32_t attempts[] = {0, 1, 5, 1000, UINT32_MAX - 1, UINT32_MAX};
    static const uint64_t asked_ms[] = {0, 1, 300000, UINT64_MAX};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t a = 0; a < ARRAY_LEN(attempts); a++)
            for (size_t s = 0; s < ARRAY_LEN(asked_ms); s++) {
                struct retry_plan plan =
                    retry_next(&policy, rows[i].verdict, attempts[a], asked_ms[s], 7);

                ck_assert_int_eq(plan.move, rows[i].move);
                ck_assert_int_eq(plan.wait_ms != 0, plan.move == RETRY_WAIT);
            }
}
END_TEST

START_TEST(the_limit_counts_the_tries_after_the_first)
{
    for (uint32_t limit = 0; limit < 10; limit++) {
        struct retry_policy p = limited(limit);

        for (uint32_t attempts = 0; attempts < 20; attempts++)
            ck_assert_int_eq(retry_next(&p, VERDICT_RETRY, attempts, 0, 0).move,
                             attempts < limit ? RETRY_WAIT : RETRY_GIVE_UP);
    }
}
END_TEST

START_TEST(the_limit_is_for_retries_alone)
{
    struct retry_policy p = limited(0);

    ck_assert_int_eq(retry_next(&p, VERDICT_DELIVERED, 9, 0, 0).move, RETRY_DONE);
    ck_assert_int_eq(retry_next(&p, VERDICT_REFUSED, 9, 0, 0).move, RETRY_SET_ASIDE);
    ck_assert_int_eq(retry_next(&p, VERDICT_TOO_LARGE, 9, 0, 0).move, RETRY_HALVE);
}
END_TEST

/* ---- how long ---- */

START_TEST(the_bound_doubles_up_to_the_cap)
{
    static const uint64_t bounds_ms[] = {1000, 2000, 4000, 8000, 10000, 10000, 10000};

    for (uint32_t attempts = 0; attempts < ARRAY_LEN(bounds_ms); attempts++) {
        uint64_t most = 0;

        for (uint64_t dice = 0; dice < 20000; dice++) {
            uint64_t wait_ms = retry_wait_ms(&policy, attempts, dice);

            ck_assert_uint_ge(wait_ms, 500);
            most = wait_ms > most ? wait_ms : most;
        }
        ck_assert_uint_eq(most, bounds_ms[attempts]);
    }
}
END_TEST

START_TEST(the_wait_is_drawn_evenly_between_base_and_bound)
{
    ck_assert_uint_eq(retry_wait_ms(&policy, 0, 0), 500);
    ck_assert_uint_eq(retry_wait_ms(&policy, 0, 500), 1000);
    ck_assert_uint_eq(retry_wait_ms(&policy, 0, 501), 500);
    ck_assert_uint_eq(retry_wait_ms(&policy, 0, 250), 750);
}
END_TEST

START_TEST(no_number_of_attempts_overflows)
{
    struct retry_policy far = {RETRY_UNLIMITED, 1, UINT64_MAX / 2};

    for (uint32_t attempts = 0; attempts < 200; attempts++)
        ck_assert_uint_le(retry_wait_ms(&far, attempts, UINT64_MAX), UINT64_MAX / 2);
    ck_assert_uint_le(retry_wait_ms(&policy, UINT32_MAX, UINT64_MAX), 10000);
}
END_TEST

START_TEST(a_base_that_is_the_cap_is_the_wait)
{
    struct retry_policy even = {RETRY_UNLIMITED, 3000, 3000};

    for (uint64_t dice = 0; dice < 100; dice++)
        ck_assert_uint_eq(retry_wait_ms(&even, (uint32_t)dice, dice), 3000);
}
END_TEST

/* ---- what the back-end asks for ---- */

START_TEST(what_the_back_end_asks_for_is_the_least)
{
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, 60000, 0).wait_ms, 60000);
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, 501, 0).wait_ms, 501);
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, 499, 0).wait_ms, 500);
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, 0, 0).wait_ms, 500);
}
END_TEST

START_TEST(nobody_is_made_to_wait_for_ever)
{
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, RETRY_AFTER_MAX_MS, 0).wait_ms,
                      RETRY_AFTER_MAX_MS);
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, RETRY_AFTER_MAX_MS + 1, 0).wait_ms,
                      RETRY_AFTER_MAX_MS);
    ck_assert_uint_eq(retry_next(&policy, VERDICT_RETRY, 0, UINT64_MAX, 0).wait_ms,
                      RETRY_AFTER_MAX_MS);
}
END_TEST

START_TEST(a_base_above_the_cap_stops)
{
    struct retry_policy wrong = {1, 2, 1};

    retry_wait_ms(&wrong, 0, 0);
}
END_TEST

START_TEST(a_base_of_nothing_stops)
{
    struct retry_policy wrong = {1, 0, 1};

    retry_wait_ms(&wrong, 0, 0);
}
END_TEST

Suite *suite_output_retry(void);

Suite *suite_output_retry(void)
{
    Suite *suite = suite_create("output/retry");
    TCase *plan = tcase_create("plan");
    TCase *stops = stops_create();

    tcase_add_test(plan, only_a_retry_ever_waits);
    tcase_add_test(plan, the_limit_counts_the_tries_after_the_first);
    tcase_add_test(plan, the_limit_is_for_retries_alone);
    tcase_add_test(plan, the_bound_doubles_up_to_the_cap);
    tcase_add_test(plan, the_wait_is_drawn_evenly_between_base_and_bound);
    tcase_add_test(plan, no_number_of_attempts_overflows);
    tcase_add_test(plan, a_base_that_is_the_cap_is_the_wait);
    tcase_add_test(plan, what_the_back_end_asks_for_is_the_least);
    tcase_add_test(plan, nobody_is_made_to_wait_for_ever);
    suite_add_tcase(suite, plan);

    stops_add(stops, a_base_above_the_cap_stops);
    stops_add(stops, a_base_of_nothing_stops);
    suite_add_tcase(suite, stops);
    return suite;
}
