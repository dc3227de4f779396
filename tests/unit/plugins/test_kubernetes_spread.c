#include "plugins/filter_kubernetes/sync_plan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A thousand nodes that start, or lose their server, at one moment: how many requests come a second.
 * The figures of metadata.md are from here: SPREAD_ALOUD=1 prints them. */

#define NODES 1000
#define SECONDS 700
#define ANSWER_MS 20
#define WATCH_LASTS_MS 375000

/* What the server does with a request at a time: its end, and whether a watch stays. */
typedef enum sync_end server_fn(uint64_t now_ms, unsigned this_second, uint64_t *asked_ms);

static const struct sync_policy policy = {.spread_ms = 3000,
                                          .list_every_ms = 15000,
                                          .list_sooner_ms = 2000,
                                          .can_watch = true,
                                          .can_one = true};
static const struct sync_policy kept = {.spread_ms = 10000,
                                        .list_every_ms = 15000,
                                        .list_sooner_ms = 2000,
                                        .can_watch = true,
                                        .can_one = true};

struct node {
    struct sync_plan plan;
    uint64_t end_ms; /* of what is under way */
    enum sync_end end;
    uint64_t asked_ms;
};

static struct node nodes[NODES];
static unsigned per_second[SECONDS];
static uint64_t random_state;

static uint64_t dice(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state >> 1;
}

static void node_begin(struct node *node, enum sync_move move, uint64_t now_ms, server_fn *server)
{
    unsigned *second = &per_second[now_ms / 1000 - 1];

    sync_plan_begin(&node->plan, move, now_ms);
    ++*second;
    node->asked_ms = 0;
    node->end = server(now_ms, *second, &node->asked_ms);
    node->end_ms = now_ms + ANSWER_MS;
    if (move == SYNC_WATCH && node->end == SYNC_DONE)
        node->end_ms += WATCH_LASTS_MS - dice() % 75000;
}

static void node_step(struct node *node, uint64_t now_ms, server_fn *server)
{
    struct sync_next next;

    if (node->plan.busy != SYNC_NOTHING && node->end_ms <= now_ms)
        sync_plan_end(&node->plan, node->end, node->asked_ms, now_ms, dice());
    next = sync_plan_next(&node->plan, false);
    if (next.move != SYNC_NOTHING && next.at_ms <= now_ms)
        node_begin(node, next.move, now_ms, server);
}

static void run(const struct sync_policy *how, server_fn *server)
{
    random_state = 88172645463325252U;
    memset(per_second, 0, sizeof per_second);
    for (unsigned i = 0; i < NODES; i++)
        sync_plan_start(&nodes[i].plan, how, how == &kept, 1000, dice());
    for (uint64_t now_ms = 1000; now_ms < 1000 + SECONDS * 1000; now_ms += 20)
        for (unsigned i = 0; i < NODES; i++)
            node_step(&nodes[i], now_ms, server);
}

static unsigned most(unsigned from, unsigned to)
{
    unsigned result = 0;

    for (unsigned i = from; i < to; i++)
        result = per_second[i] > result ? per_second[i] : result;
    return result;
}

static unsigned sum(unsigned from, unsigned to)
{
    unsigned result = 0;

    for (unsigned i = from; i < to; i++)
        result += per_second[i];
    return result;
}

static void tell(const char *what)
{
    if (getenv("SPREAD_ALOUD") == NULL)
        return;
    printf("%s: most a second %u; by second:", what, most(0, SECONDS));
    for (unsigned i = 0; i < 15; i++)
        printf(" %u", per_second[i]);
    printf("; 30-60 s: %u/s; 60-600 s: %u/s; all %u\n", sum(30, 60) / 30, sum(60, 600) / 540,
           sum(0, SECONDS));
}

static enum sync_end well(uint64_t now_ms, unsigned this_second, uint64_t *asked_ms)
{
    (void)now_ms;
    (void)this_second;
    (void)asked_ms;
    return SYNC_DONE;
}

START_TEST(a_start_is_spread)
{
    run(&policy, well);
    tell("start");
    ck_assert_uint_le(most(0, SECONDS), 2 * NODES / 3 + 150);
    ck_assert_uint_eq(sum(0, 60), 2 * NODES);
    ck_assert_uint_le(most(60, SECONDS), 40);
}
END_TEST

START_TEST(a_start_with_what_was_kept_is_spread_further_and_costs_half)
{
    run(&kept, well);
    tell("start, kept");
    ck_assert_uint_le(most(0, 60), NODES / 10 + 50);
    ck_assert_uint_eq(sum(0, 60), NODES);
}
END_TEST

static enum sync_end down_for_five_minutes(uint64_t now_ms, unsigned this_second,
                                           uint64_t *asked_ms)
{
    (void)this_second;
    (void)asked_ms;
    return now_ms < 301000 ? SYNC_FAILED : SYNC_DONE;
}

START_TEST(a_server_that_is_down_is_left_alone_and_not_stormed_when_it_is_back)
{
    run(&policy, down_for_five_minutes);
    tell("down for 300 s");
    ck_assert_uint_le(most(30, 300), 60);
    ck_assert_uint_le(most(300, 400), 150);
    ck_assert_uint_ge(sum(300, 365), 2 * NODES - 100);
}
END_TEST

/* It takes fifty requests a second, and tells all others to come back in a second. */
static enum sync_end fifty_a_second(uint64_t now_ms, unsigned this_second, uint64_t *asked_ms)
{
    (void)now_ms;
    if (this_second <= 50)
        return SYNC_DONE;
    *asked_ms = 1000;
    return SYNC_FAILED;
}

START_TEST(a_server_with_little_room_serves_all_in_the_end)
{
    unsigned served = 0;

    run(&policy, fifty_a_second);
    tell("50 a second");
    for (unsigned i = 0; i < NODES; i++)
        served += nodes[i].plan.busy == SYNC_WATCH;
    ck_assert_uint_ge(served, NODES - NODES / 50);
    ck_assert_uint_le(most(60, SECONDS), 120);
}
END_TEST

/* As after a server was restored: the watches of all end at one moment. */
START_TEST(watches_that_are_too_old_at_once_make_lists_that_are_spread)
{
    random_state = 7;
    memset(per_second, 0, sizeof per_second);
    for (unsigned i = 0; i < NODES; i++) {
        sync_plan_start(&nodes[i].plan, &policy, true, 1000, 0);
        nodes[i].plan.began_ms = 0;
    }
    for (unsigned i = 0; i < NODES; i++) {
        sync_plan_begin(&nodes[i].plan, SYNC_WATCH, 1000);
        nodes[i].end = SYNC_GONE;
        nodes[i].end_ms = 61000;
    }
    for (uint64_t now_ms = 61000; now_ms < 1000 + SECONDS * 1000; now_ms += 20)
        for (unsigned i = 0; i < NODES; i++)
            node_step(&nodes[i], now_ms, well);
    tell("410 to all");
    if (getenv("SPREAD_ALOUD") != NULL)
        printf("  second by second: %u %u %u %u %u\n", per_second[60], per_second[61],
               per_second[62], per_second[63], per_second[64]);
    ck_assert_uint_le(most(60, 70), 2 * NODES / 3 + 150);
    ck_assert_uint_eq(sum(60, 70), 2 * NODES);
}
END_TEST

Suite *suite_plugins_kubernetes_spread(void);

Suite *suite_plugins_kubernetes_spread(void)
{
    Suite *suite = suite_create("plugins_kubernetes_spread");
    TCase *tcase = tcase_create("plugins_kubernetes_spread");

    tcase_add_test(tcase, a_start_is_spread);
    tcase_add_test(tcase, a_start_with_what_was_kept_is_spread_further_and_costs_half);
    tcase_add_test(tcase, a_server_that_is_down_is_left_alone_and_not_stormed_when_it_is_back);
    tcase_add_test(tcase, a_server_with_little_room_serves_all_in_the_end);
    tcase_add_test(tcase, watches_that_are_too_old_at_once_make_lists_that_are_spread);
    suite_add_tcase(suite, tcase);
    return suite;
}
