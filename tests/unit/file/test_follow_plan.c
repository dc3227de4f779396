#include "file/follow_plan.h"

#include "kit/stops.h"

#include <stdint.h>

/* A file that was read to byte 100, at 50,000 ms, with Rotate_Wait 5 s. */
static const struct follow_state at_100 = {.read = 100, .settled = 100, .size_before = 100};
static const struct follow_seen quiet = {
    .now_ms = 50000, .size = 100, .is_named = true, .has_room = true};
static const struct follow_limits limits = {.rotate_wait_ms = 5000};

struct plan_case {
    const char *when;
    struct follow_state state;
    struct follow_seen seen;
    enum follow_move move;
    uint64_t lost_bytes;
    uint64_t wait_ms;
};

/* A case names only what differs from a file at rest. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define STATE(...)                                                   \
    {                                                                \
        .read = 100, .settled = 100, .size_before = 100, __VA_ARGS__ \
    }
#define ROTATED(...) STATE(.is_rotated = true, __VA_ARGS__)
#define SEEN(...)                                                   \
    {                                                               \
        .now_ms = 50000, .size = 100, .has_room = true, __VA_ARGS__ \
    }
#define NAMED(...) SEEN(.is_named = true, __VA_ARGS__)

static const struct plan_case cases[] = {
    {"nothing new", STATE(), NAMED(), FOLLOW_WAIT, 0, 0},
    {"nothing new, and an unfinished line", STATE(.unfinished_bytes = 5, .settled = 95), NAMED(),
     FOLLOW_WAIT, 0, 0},
    {"nothing new, and not yet acknowledged", STATE(.settled = 10), NAMED(), FOLLOW_WAIT, 0, 0},
    {"more bytes", STATE(), NAMED(.size = 101), FOLLOW_READ, 0, 0},
    {"more bytes and no room", STATE(), NAMED(.size = 101, .has_room = false), FOLLOW_WAIT, 0, 0},
    {"more bytes, and too many were read", STATE(), NAMED(.size = 101, .pause_ms = 70), FOLLOW_WAIT,
     0, 70},
    {"nothing new, and too many were read", STATE(), NAMED(.pause_ms = 70), FOLLOW_WAIT, 0, 0},
    {"cut, and too many were read", STATE(), NAMED(.size = 9, .pause_ms = 70), FOLLOW_RESTART, 0,
     0},
    {"an empty file", {0}, NAMED(.size = 0), FOLLOW_WAIT, 0, 0},
    {"an empty file that grew", {0}, NAMED(.size = 7), FOLLOW_READ, 0, 0},

    {"cut to nothing", STATE(), NAMED(.size = 0), FOLLOW_RESTART, 0, 0},
    {"cut by one byte", STATE(), NAMED(.size = 99), FOLLOW_RESTART, 0, 0},
    {"cut with bytes unread", STATE(.size_before = 160), NAMED(.size = 20), FOLLOW_RESTART, 60, 0},
    {"cut and grown past the position", STATE(), NAMED(.size = 500, .is_rewritten = true),
     FOLLOW_RESTART, 0, 0},
    {"rewritten to the same size", STATE(), NAMED(.is_rewritten = true), FOLLOW_RESTART, 0, 0},
    {"cut inside an unfinished line", STATE(.settled = 90, .unfinished_bytes = 10),
     NAMED(.size = 0), FOLLOW_RESTART, 10, 0},
    {"cut with bytes unread behind an unfinished line",
     STATE(.settled = 90, .unfinished_bytes = 10, .size_before = 160), NAMED(.size = 20),
     FOLLOW_RESTART, 70, 0},
    {"cut without room", STATE(), NAMED(.size = 0, .has_room = false), FOLLOW_RESTART, 0, 0},
    {"cut after rotation", ROTATED(), SEEN(.size = 0), FOLLOW_RESTART, 0, 0},
    {"cut and renamed at once", STATE(.size_before = 130), SEEN(.size = 0), FOLLOW_RESTART, 30, 0},

    {"its name went", STATE(), SEEN(), FOLLOW_MARK_ROTATED, 0, 0},
    {"its name went with bytes unread", STATE(), SEEN(.size = 300), FOLLOW_MARK_ROTATED, 0, 0},
    {"its name went without room", STATE(), SEEN(.size = 300, .has_room = false),
     FOLLOW_MARK_ROTATED, 0, 0},
    {"its name came back", ROTATED(.rotated_ms = 49000), NAMED(), FOLLOW_MARK_NAMED, 0, 0},

    {"rotated with bytes unread", ROTATED(.rotated_ms = 1), SEEN(.size = 300), FOLLOW_READ, 0, 0},
    {"rotated with bytes unread, no room", ROTATED(.rotated_ms = 1),
     SEEN(.size = 300, .has_room = false), FOLLOW_WAIT, 0, 0},
    {"just rotated", ROTATED(.rotated_ms = 50000), SEEN(), FOLLOW_WAIT, 0, FOLLOW_LOOK_MS},
    {"rotated almost long enough", ROTATED(.rotated_ms = 45001), SEEN(), FOLLOW_WAIT, 0, 1},
    {"rotated long enough", ROTATED(.rotated_ms = 45000), SEEN(), FOLLOW_CLOSE, 0, 0},
    {"rotated long ago, grown just now", ROTATED(.rotated_ms = 1, .grown_ms = 49500), SEEN(),
     FOLLOW_WAIT, 0, FOLLOW_LOOK_MS},
    {"rotated long ago, grown a while ago", ROTATED(.rotated_ms = 1, .grown_ms = 45500), SEEN(),
     FOLLOW_WAIT, 0, 500},
    {"rotated long enough, not acknowledged", ROTATED(.rotated_ms = 1, .settled = 99), SEEN(),
     FOLLOW_WAIT, 0, FOLLOW_LOOK_MS},
    {"rotated long enough, a line unfinished",
     ROTATED(.rotated_ms = 1, .settled = 90, .unfinished_bytes = 10), SEEN(), FOLLOW_FINISH_LINE, 0,
     0},
    {"just rotated, a line unfinished",
     ROTATED(.rotated_ms = 49999, .settled = 90, .unfinished_bytes = 10), SEEN(), FOLLOW_WAIT, 0,
     FOLLOW_LOOK_MS},
    {"rotated in the future of a clock that stood", ROTATED(.rotated_ms = 50001), SEEN(),
     FOLLOW_WAIT, 0, FOLLOW_LOOK_MS},
    {"rotated and empty", {.is_rotated = true}, SEEN(.size = 0), FOLLOW_CLOSE, 0, 0},

    {"over the budget", ROTATED(.rotated_ms = 1, .settled = 50),
     SEEN(.size = 300, .must_let_go = true), FOLLOW_LET_GO, 200, 0},
    {"over the budget, with an unfinished line",
     ROTATED(.rotated_ms = 1, .settled = 50, .unfinished_bytes = 10),
     SEEN(.size = 300, .must_let_go = true), FOLLOW_LET_GO, 210, 0},
    {"over the budget, all read", ROTATED(.rotated_ms = 1, .settled = 50),
     SEEN(.must_let_go = true), FOLLOW_LET_GO, 0, 0},
    {"over the budget, still named", STATE(), NAMED(.size = 300, .must_let_go = true), FOLLOW_READ,
     0, 0},
};

START_TEST(the_table_of_what_to_do_next)
{
    const struct plan_case *c = &cases[_i];
    struct follow_step step = follow_plan(&c->state, &c->seen, &limits);

    ck_assert_msg(step.move == c->move, "%s: move %d", c->when, (int)step.move);
    ck_assert_msg(step.lost_bytes == c->lost_bytes, "%s: lost %d", c->when, (int)step.lost_bytes);
    ck_assert_msg(step.wait_ms == c->wait_ms, "%s: wait %d", c->when, (int)step.wait_ms);
}
END_TEST

/* ---- Ignore_Older ---- */

static struct follow_step plan_aged(int64_t age_ms, uint64_t settled, uint64_t unfinished_bytes)
{
    struct follow_limits aging = {.rotate_wait_ms = 5000, .ignore_older_ms = 1000};
    struct follow_state state = at_100;
    struct follow_seen seen = quiet;

    state.settled = settled;
    state.unfinished_bytes = unfinished_bytes;
    seen.age_ms = age_ms;
    return follow_plan(&state, &seen, &aging);
}

START_TEST(a_file_that_grows_old_is_closed)
{
    ck_assert_int_eq(plan_aged(1001, 100, 0).move, FOLLOW_CLOSE_OLD);
    ck_assert_int_eq(plan_aged(1001, 90, 10).move, FOLLOW_CLOSE_OLD);
}
END_TEST

START_TEST(a_file_is_looked_at_again_when_it_will_be_old)
{
    ck_assert_int_eq(plan_aged(400, 100, 0).move, FOLLOW_WAIT);
    ck_assert_uint_eq(plan_aged(400, 100, 0).wait_ms, 601);
    ck_assert_uint_eq(plan_aged(1000, 100, 0).wait_ms, 1);
    ck_assert_uint_eq(plan_aged(-5, 100, 0).wait_ms, 1006);
}
END_TEST

START_TEST(an_old_file_stays_open_until_it_is_acknowledged)
{
    ck_assert_int_eq(plan_aged(9999, 99, 0).move, FOLLOW_WAIT);
    ck_assert_uint_eq(plan_aged(9999, 99, 0).wait_ms, FOLLOW_LOOK_MS);
}
END_TEST

START_TEST(an_old_file_with_bytes_unread_is_read)
{
    struct follow_limits aging = {.ignore_older_ms = 1000};
    struct follow_seen seen = quiet;

    seen.age_ms = 9999;
    seen.size = 101;
    ck_assert_int_eq(follow_plan(&at_100, &seen, &aging).move, FOLLOW_READ);
}
END_TEST

START_TEST(only_files_that_are_young_enough_are_opened)
{
    struct follow_limits aging = {.ignore_older_ms = 1000};

    ck_assert(follow_may_open(&aging, 1000));
    ck_assert(!follow_may_open(&aging, 1001));
    ck_assert(follow_may_open(&aging, -1));
    ck_assert(follow_may_open(&limits, INT64_MAX));
}
END_TEST

START_TEST(more_settled_than_read_stops_the_process)
{
    struct follow_state state = at_100;

    state.settled = 101;
    follow_state_check(&state);
}
END_TEST

START_TEST(a_line_longer_than_what_was_read_stops_the_process)
{
    struct follow_state state = at_100;

    state.unfinished_bytes = 101;
    follow_state_check(&state);
}
END_TEST

Suite *suite_file_follow_plan(void);

Suite *suite_file_follow_plan(void)
{
    Suite *suite = suite_create("file/follow_plan");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_loop_test(use, the_table_of_what_to_do_next, 0, sizeof cases / sizeof *cases);
    tcase_add_test(use, a_file_that_grows_old_is_closed);
    tcase_add_test(use, a_file_is_looked_at_again_when_it_will_be_old);
    tcase_add_test(use, an_old_file_stays_open_until_it_is_acknowledged);
    tcase_add_test(use, an_old_file_with_bytes_unread_is_read);
    tcase_add_test(use, only_files_that_are_young_enough_are_opened);
    suite_add_tcase(suite, use);
    stops_add(stops, more_settled_than_read_stops_the_process);
    stops_add(stops, a_line_longer_than_what_was_read_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
