#include "output/pace.h"

#include <check.h>
#include <string.h>

/* A limit that was told, held against who counts the calls that come to him: each comes some time
 * behind its start, and is answered some time behind that. */

#define CALLS_MAX 8192
#define WORKERS_MAX 8

static const struct lane_limits limits = {0, 250};

static uint32_t seed = 7;

static uint64_t dice(uint64_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 4) % below;
}

/* How long the nth call is on its way there, and how long its answer is on the way back. */
struct way {
    uint64_t there_ms, back_ms;
};

/* One that makes calls, one after the other. */
struct worker {
    uint64_t free_ms; /* when its call is answered */
    uint64_t number;  /* of that call; 0: none is under way */
};

struct world {
    struct call_lane lane;
    struct worker workers[WORKERS_MAX];
    unsigned worker_count;
    uint64_t came_ms[CALLS_MAX];
    unsigned count;
};
static struct world world;

static void world_begin(uint32_t calls, unsigned workers)
{
    world.count = 0;
    world.worker_count = workers;
    memset(world.workers, 0, sizeof world.workers);
    call_lane_init(&world.lane, limits);
    call_lane_tell(&world.lane, calls);
}

static void world_end_calls(uint64_t now_ms)
{
    for (unsigned i = 0; i < world.worker_count; i++) {
        struct worker *w = &world.workers[i];

        if (w->number == 0 || w->free_ms > now_ms)
            continue;
        call_lane_end(&world.lane, w->number, now_ms);
        w->number = 0;
    }
}

/* Whoever is free starts a call now, if it may; whether one did. */
static bool world_start(uint64_t now_ms, struct way way)
{
    for (unsigned i = 0; i < world.worker_count; i++) {
        struct worker *w = &world.workers[i];

        if (w->number != 0 || call_lane_wait_ms(&world.lane, now_ms, PACE_PATIENT) > 0)
            continue;
        call_lane_take(&world.lane, now_ms);
        if (!call_lane_start(&world.lane, now_ms, PACE_PATIENT) || world.count == CALLS_MAX)
            ck_abort_msg("it was its turn"); /* each ck_assert is written down, which takes long */
        w->number = world.lane.started;
        w->free_ms = now_ms + way.there_ms + way.back_ms;
        world.came_ms[world.count++] = now_ms + way.there_ms;
        return true;
    }
    return false;
}

/* They need not come in the order in which they started. */
static unsigned most_in_a_second(void)
{
    unsigned most = 0;

    for (unsigned i = 0; i < world.count; i++) {
        unsigned in = 0;

        for (unsigned j = i >= 128 ? i - 128 : 0; j < world.count && j < i + 128; j++)
            in +=
                world.came_ms[j] >= world.came_ms[i] && world.came_ms[j] < world.came_ms[i] + 1000;
        most = in > most ? in : most;
    }
    return most;
}

/* When the next thing happens: a call is answered, or one may be asked for again. */
static uint64_t world_next_ms(uint64_t now_ms)
{
    uint64_t next_ms = UINT64_MAX, wait_ms = call_lane_wait_ms(&world.lane, now_ms, PACE_PATIENT);

    for (unsigned i = 0; i < world.worker_count; i++) {
        const struct worker *w = &world.workers[i];
        uint64_t at_ms = w->number != 0 ? w->free_ms : now_ms + wait_ms;

        if (at_ms > now_ms && at_ms < next_ms)
            next_ms = at_ms;
    }
    return next_ms;
}

/* ---- all that can be ---- */

#define WAYS 4
#define DEEP 7

/* Every history of seven calls, each of which takes one of four ways, by up to three at a time. */
START_TEST(no_second_has_more_calls_than_told_in_any_history)
{
    static const struct way ways[WAYS] = {{0, 0}, {0, 700}, {700, 0}, {350, 400}};
    uint32_t calls = (uint32_t)_i;

    for (unsigned workers = 1; workers <= 3; workers++) {
        for (unsigned history = 0; history < 1 << (2 * DEEP); history++) {
            uint64_t now_ms = 1000;

            world_begin(calls, workers);
            while (world.count < DEEP) {
                world_end_calls(now_ms);
                if (!world_start(now_ms, ways[history >> (2 * world.count) & 3]))
                    now_ms = world_next_ms(now_ms);
            }
            if (most_in_a_second() > calls)
                ck_abort_msg("%u workers, history %u", workers, history);
        }
    }
}
END_TEST

/* ---- much of what can be ---- */

/* The loop is busy now and then, for so long. */
static void run(uint64_t for_ms, uint64_t way_ms, uint64_t busy_ms)
{
    uint64_t now_ms = 1000;

    while (now_ms < for_ms) {
        world_end_calls(now_ms);
        if (!world_start(now_ms, (struct way){dice(way_ms), dice(way_ms)}))
            now_ms = world_next_ms(now_ms);
        if (dice(50) == 0)
            now_ms += dice(busy_ms);
    }
}

START_TEST(no_second_has_more_however_long_they_are_on_the_way)
{
    for (unsigned workers = 1; workers <= WORKERS_MAX; workers *= 2) {
        world_begin((uint32_t)_i, workers);
        run(20000, 400, 300);
        ck_assert_uint_le(most_in_a_second(), (unsigned)_i);
    }
}
END_TEST

/* The time that they are on the way is lost, and little else. */
START_TEST(a_limit_that_is_told_is_used)
{
    world_begin((uint32_t)_i, WORKERS_MAX);
    run(61000, 20, 1);
    ck_assert_uint_ge(world.count, (unsigned)_i * 60 * 90 / 100);
}
END_TEST

START_TEST(what_is_under_way_keeps_its_place_until_it_is_over)
{
    world_begin(2, 2);
    ck_assert(world_start(1000, (struct way){5000, 0}));
    ck_assert(world_start(1500, (struct way){0, 1}));
    world_end_calls(1501);
    for (uint64_t ms = 1501; ms < 2502; ms += 100)
        ck_assert(!world_start(ms, (struct way){0, 0}));
    ck_assert(world_start(2502, (struct way){0, 0}));
    world_end_calls(2502);
    ck_assert_uint_eq(call_lane_wait_ms(&world.lane, 2502, PACE_PATIENT), 1001);
    ck_assert_uint_eq(most_in_a_second(), 1);
}
END_TEST

START_TEST(one_that_started_before_the_limit_was_told_counts_too)
{
    world_begin(0, 2);
    ck_assert(world_start(1000, (struct way){600, 0}));
    call_lane_tell(&world.lane, 1);
    for (uint64_t ms = 1000; ms < 2601; ms += 10) {
        world_end_calls(ms);
        ck_assert(!world_start(ms, (struct way){0, 0}));
    }
    ck_assert(world_start(2601, (struct way){0, 0}));
}
END_TEST

Suite *suite_output_pace_told(void);

Suite *suite_output_pace_told(void)
{
    Suite *s = suite_create("output/pace_told");
    TCase *use = tcase_create("use");

    tcase_add_loop_test(use, no_second_has_more_calls_than_told_in_any_history, 1, 4);
    tcase_add_loop_test(use, no_second_has_more_however_long_they_are_on_the_way, 1, 65);
    tcase_add_loop_test(use, a_limit_that_is_told_is_used, 1, 21);
    tcase_add_test(use, what_is_under_way_keeps_its_place_until_it_is_over);
    tcase_add_test(use, one_that_started_before_the_limit_was_told_counts_too);
    suite_add_tcase(s, use);
    return s;
}
