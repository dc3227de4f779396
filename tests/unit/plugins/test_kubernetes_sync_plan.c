#include "plugins/filter_kubernetes/sync_plan.h"

#include <check.h>

/* When to list and when to watch, whatever the server says. */

static const struct sync_policy watching = {.spread_ms = 3000,
                                            .list_every_ms = 15000,
                                            .list_sooner_ms = 2000,
                                            .can_watch = true,
                                            .can_one = true};
static const struct sync_policy polling = {.list_every_ms = 10000, .list_sooner_ms = 1000};

static struct sync_plan plan;
static uint64_t now_ms, dice;

static void begin(const struct sync_policy *policy, bool has_version)
{
    now_ms = 5000000;
    dice = 0;
    sync_plan_start(&plan, policy, has_version, now_ms, dice);
}

static void set_up(void)
{
    begin(&watching, false);
}

static void expect(enum sync_move move, uint64_t in_ms)
{
    struct sync_next next = sync_plan_next(&plan, false);

    ck_assert_int_eq(next.move, move);
    ck_assert_uint_eq(next.at_ms - now_ms, in_ms);
}

/* What is next is done when its time has come, and ends like this after so long. */
static void step(enum sync_end end, uint64_t lasts_ms)
{
    struct sync_next next = sync_plan_next(&plan, false);

    if (next.at_ms > now_ms)
        now_ms = next.at_ms;
    sync_plan_begin(&plan, next.move, now_ms);
    ck_assert_int_eq(sync_plan_next(&plan, true).move, SYNC_NOTHING);
    now_ms += lasts_ms;
    sync_plan_end(&plan, end, 0, now_ms, dice);
}

START_TEST(a_list_comes_first_and_then_a_watch)
{
    expect(SYNC_LIST, 0);
    step(SYNC_DONE, 10);
    expect(SYNC_WATCH, 0);
    step(SYNC_DONE, 400000);
    expect(SYNC_WATCH, 0);
}
END_TEST

START_TEST(the_first_request_is_drawn_over_the_spread)
{
    sync_plan_start(&plan, &watching, false, now_ms, 2999);
    expect(SYNC_LIST, 2999);
    sync_plan_start(&plan, &watching, false, now_ms, 3001);
    expect(SYNC_LIST, 0);
}
END_TEST

START_TEST(a_kept_version_is_watched_from_without_a_list)
{
    begin(&watching, true);
    expect(SYNC_WATCH, 0);
    step(SYNC_FAILED, 10);
    expect(SYNC_WATCH, 1000);
    begin(&polling, true);
    expect(SYNC_LIST, 0);
}
END_TEST

START_TEST(a_watch_that_is_too_old_costs_one_list)
{
    step(SYNC_DONE, 10);
    step(SYNC_GONE, 100000);
    expect(SYNC_LIST, 0);
    step(SYNC_DONE, 10);
    expect(SYNC_WATCH, 0);
}
END_TEST

START_TEST(the_list_after_that_is_spread)
{
    step(SYNC_DONE, 10);
    dice = 2500;
    step(SYNC_GONE, 100000);
    expect(SYNC_LIST, 2500);
}
END_TEST

/* A server that says 410 to every watch is not asked in a circle. */
START_TEST(too_old_again_and_again_is_a_failure)
{
    uint64_t begun_ms;
    unsigned lists = 0;

    step(SYNC_DONE, 10);
    step(SYNC_GONE, 10);
    begun_ms = now_ms;
    dice = UINT32_MAX;
    for (; lists < 50; lists++) {
        step(SYNC_DONE, 10);
        step(SYNC_GONE, 10);
    }
    ck_assert_uint_ge((now_ms - begun_ms) / lists, SYNC_BASE_MS);
}
END_TEST

START_TEST(a_list_whose_token_is_too_old_begins_again_later)
{
    step(SYNC_GONE, 10);
    expect(SYNC_LIST, 1000);
}
END_TEST

START_TEST(a_watch_that_breaks_goes_on_from_where_it_was)
{
    step(SYNC_DONE, 10);
    step(SYNC_FAILED, 100000);
    expect(SYNC_WATCH, 1000);
    step(SYNC_DONE, 6000);
    expect(SYNC_WATCH, 0);
}
END_TEST

START_TEST(a_watch_that_ends_at_once_is_no_success)
{
    step(SYNC_DONE, 10);
    dice = 1999;
    for (unsigned i = 0; i < 10; i++)
        step(SYNC_DONE, 10);
    ck_assert_uint_eq(plan.failures, 10);
    ck_assert_int_eq(sync_plan_next(&plan, false).move, SYNC_WATCH);
}
END_TEST

/* ---- failing ---- */

START_TEST(waits_grow_up_to_their_cap)
{
    uint64_t last_ms = 0;

    for (unsigned i = 1; i < 40; i++) {
        uint64_t most_ms = 0;

        for (uint64_t d = 0; d < 200000; d += 997)
            most_ms = sync_wait_ms(i, 0, d) > most_ms ? sync_wait_ms(i, 0, d) : most_ms;
        ck_assert_uint_ge(most_ms, last_ms > 1500 ? last_ms - 1500 : 0);
        ck_assert_uint_le(most_ms, SYNC_CAP_MS);
        ck_assert_uint_eq(sync_wait_ms(i, 0, 0), SYNC_BASE_MS);
        last_ms = most_ms;
    }
    ck_assert_uint_gt(last_ms, SYNC_CAP_MS - 1000);
}
END_TEST

START_TEST(what_the_server_asks_for_is_waited_for)
{
    ck_assert_uint_eq(sync_wait_ms(1, 20000, 0), 20000);
    ck_assert_uint_eq(sync_wait_ms(1, 20000, 10000), 30000);
    ck_assert_uint_eq(sync_wait_ms(1, 20000, 10001), 20000);
    ck_assert_uint_ge(sync_wait_ms(9, 1, 59000), 1000);
    ck_assert_uint_le(sync_wait_ms(1, UINT64_MAX, 7), RETRY_AFTER_MAX_MS * 3 / 2);
}
END_TEST

START_TEST(a_first_refusal_of_the_token_is_tried_again_in_a_second)
{
    dice = 60000;
    step(SYNC_LOGIN, 10);
    expect(SYNC_LIST, 990);
    step(SYNC_LOGIN, 10);
    ck_assert_uint_eq(plan.failures, 1);
    step(SYNC_DONE, 10);
    step(SYNC_LOGIN, 10);
    expect(SYNC_WATCH, 990);
}
END_TEST

/* Whatever comes, never more than a request a second, but for the watch right after its list. */
START_TEST(while_it_fails_there_is_at_most_one_request_a_second)
{
    uint64_t random = 88172645463325252U;

    for (unsigned history = 0; history < 2000; history++) {
        uint64_t begun_ms, last_ms;

        begin(history % 3 == 0 ? &polling : &watching, history % 2);
        last_ms = 0;
        for (unsigned i = 0; i < 30; i++) {
            struct sync_next next = sync_plan_next(&plan, i % 2);
            enum sync_end end;

            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            end = (enum sync_end)(random % (SYNC_FAILED + 1));
            begun_ms = next.at_ms > now_ms ? next.at_ms : now_ms;
            ck_assert_int_ne(next.move, SYNC_NOTHING);
            if (i > 0 && !(next.move == SYNC_WATCH && plan.failures == 0))
                ck_assert_uint_ge(begun_ms - last_ms, SYNC_BASE_MS);
            sync_plan_begin(&plan, next.move, begun_ms);
            last_ms = begun_ms;
            now_ms = begun_ms + random % 20000;
            sync_plan_end(&plan, end, random % 3 == 0 ? random % 9000 : 0, now_ms, random >> 20);
            ck_assert_uint_le(plan.next_ms - now_ms, 2 * SYNC_ALLOWED_AGAIN_MS);
        }
    }
}
END_TEST

/* ---- forbidden ---- */

START_TEST(a_forbidden_watch_makes_lists)
{
    step(SYNC_DONE, 10);
    step(SYNC_DENIED, 10);
    ck_assert_int_eq(plan.mode, SYNC_BY_LIST);
    expect(SYNC_LIST, 13500);
    step(SYNC_DONE, 10);
    expect(SYNC_LIST, 13500);
    ck_assert_uint_eq(sync_plan_next(&plan, true).at_ms, plan.began_ms + 2000);
}
END_TEST

START_TEST(a_forbidden_watch_is_tried_again_after_a_while)
{
    step(SYNC_DONE, 10);
    step(SYNC_DENIED, 10);
    for (unsigned i = 0; plan.mode == SYNC_BY_LIST && i < 100; i++)
        step(SYNC_DONE, 10);
    ck_assert_int_eq(plan.mode, SYNC_BY_WATCH);
    expect(SYNC_WATCH, 0);
    ck_assert_uint_ge(now_ms, plan.try_mode_ms);
}
END_TEST

START_TEST(a_forbidden_list_makes_single_requests)
{
    step(SYNC_DENIED, 10);
    ck_assert_int_eq(plan.mode, SYNC_BY_ONE);
    expect(SYNC_LIST, SYNC_ALLOWED_AGAIN_MS);
    ck_assert_uint_eq(sync_plan_next(&plan, true).at_ms - now_ms, SYNC_ALLOWED_AGAIN_MS);
    step(SYNC_DENIED, 10);
    ck_assert_int_eq(plan.mode, SYNC_BY_ONE);
    step(SYNC_DONE, 10);
    ck_assert_int_eq(plan.mode, SYNC_BY_WATCH);
    expect(SYNC_WATCH, 0);
}
END_TEST

START_TEST(without_single_requests_a_forbidden_list_is_tried_again)
{
    begin(&polling, false);
    step(SYNC_DENIED, 10);
    ck_assert_int_eq(plan.mode, SYNC_BY_LIST);
    expect(SYNC_LIST, SYNC_CAP_MS);
}
END_TEST

START_TEST(a_kubelet_is_polled_and_sooner_when_something_is_wished_for)
{
    begin(&polling, false);
    expect(SYNC_LIST, 0);
    step(SYNC_DONE, 10);
    expect(SYNC_LIST, 9000);
    dice = 2000;
    step(SYNC_DONE, 10);
    expect(SYNC_LIST, 11000);
    ck_assert_uint_eq(sync_plan_next(&plan, true).at_ms, plan.began_ms + 1000);
    step(SYNC_FAILED, 10);
    ck_assert_uint_eq(sync_plan_next(&plan, true).at_ms, plan.next_ms);
}
END_TEST

Suite *suite_plugins_kubernetes_sync_plan(void);

Suite *suite_plugins_kubernetes_sync_plan(void)
{
    Suite *suite = suite_create("plugins_kubernetes_sync_plan");
    TCase *tcase = tcase_create("plugins_kubernetes_sync_plan");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, a_list_comes_first_and_then_a_watch);
    tcase_add_test(tcase, the_first_request_is_drawn_over_the_spread);
    tcase_add_test(tcase, a_kept_version_is_watched_from_without_a_list);
    tcase_add_test(tcase, a_watch_that_is_too_old_costs_one_list);
    tcase_add_test(tcase, the_list_after_that_is_spread);
    tcase_add_test(tcase, too_old_again_and_again_is_a_failure);
    tcase_add_test(tcase, a_list_whose_token_is_too_old_begins_again_later);
    tcase_add_test(tcase, a_watch_that_breaks_goes_on_from_where_it_was);
    tcase_add_test(tcase, a_watch_that_ends_at_once_is_no_success);
    tcase_add_test(tcase, waits_grow_up_to_their_cap);
    tcase_add_test(tcase, what_the_server_asks_for_is_waited_for);
    tcase_add_test(tcase, a_first_refusal_of_the_token_is_tried_again_in_a_second);
    tcase_add_test(tcase, while_it_fails_there_is_at_most_one_request_a_second);
    tcase_add_test(tcase, a_forbidden_watch_makes_lists);
    tcase_add_test(tcase, a_forbidden_watch_is_tried_again_after_a_while);
    tcase_add_test(tcase, a_forbidden_list_makes_single_requests);
    tcase_add_test(tcase, without_single_requests_a_forbidden_list_is_tried_again);
    tcase_add_test(tcase, a_kubelet_is_polled_and_sooner_when_something_is_wished_for);
    suite_add_tcase(suite, tcase);
    return suite;
}
