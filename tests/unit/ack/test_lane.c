#include "ack/lane.h"

#include <check.h>

#define MIB (UINT64_C(1) << 20)
#define CHUNK (MIB / 2)

/* ---- shares ---- */

START_TEST(a_share_is_half_the_memory_divided_by_the_outputs)
{
    ck_assert_uint_eq(lane_share(64 * MIB, 2, CHUNK), 16 * MIB);
    ck_assert_uint_eq(lane_share(64 * MIB, 4, CHUNK), 8 * MIB);
}
END_TEST

START_TEST(a_share_has_room_for_one_chunk)
{
    ck_assert_uint_eq(lane_share(MIB, 2, CHUNK), CHUNK);
    ck_assert_uint_eq(lane_share(2 * MIB, 3, CHUNK), CHUNK);
}
END_TEST

START_TEST(shares_of_all_but_one_leave_half_of_the_memory)
{
    for (unsigned count = 2; count <= WINDOW_OUTPUTS_MAX; count++)
        for (uint64_t limit = MIB / 4; limit <= 256 * MIB; limit *= 2)
            ck_assert_uint_le(lane_share(limit, count, CHUNK) * (count - 1), limit / 2);
}
END_TEST

START_TEST(without_a_limit_there_is_no_share)
{
    ck_assert_uint_eq(lane_share(0, 3, CHUNK), 0);
}
END_TEST

/* ---- shares of those that are read for alone ---- */

#define CALL (MIB + MIB / 4)

static const struct lane_need read_together = {.call_bytes = CALL, .is_delivering = true};
static const struct lane_need delivering = {
    .call_bytes = CALL, .is_alone = true, .is_delivering = true};
static const struct lane_need dead = {.call_bytes = CALL, .is_alone = true};

START_TEST(one_that_delivers_may_hold_a_full_call)
{
    struct lane_need needs[] = {delivering, read_together};

    lane_shares(needs, 2, 3 * MIB, CHUNK);
    ck_assert_uint_eq(needs[0].share_bytes, CALL);
    ck_assert_uint_eq(needs[1].share_bytes, lane_share(3 * MIB, 2, CHUNK));
}
END_TEST

START_TEST(one_whose_back_end_takes_nothing_keeps_its_share)
{
    struct lane_need needs[] = {dead, read_together};

    lane_shares(needs, 2, 3 * MIB, CHUNK);
    ck_assert_uint_eq(needs[0].share_bytes, lane_share(3 * MIB, 2, CHUNK));
}
END_TEST

START_TEST(where_a_share_is_more_than_a_call_it_stays)
{
    struct lane_need needs[] = {delivering, delivering};

    lane_shares(needs, 2, 64 * MIB, CHUNK);
    ck_assert_uint_eq(needs[0].share_bytes, 16 * MIB);
    ck_assert_uint_eq(needs[1].share_bytes, 16 * MIB);
}
END_TEST

START_TEST(one_whose_calls_are_small_leaves_the_rest_to_another)
{
    struct lane_need needs[] = {delivering, delivering};

    needs[1].call_bytes = CHUNK;
    lane_shares(needs, 2, 5 * MIB / 2, CHUNK);
    ck_assert_uint_ge(needs[0].share_bytes, CALL - MIB / 64);
    ck_assert_uint_ge(needs[1].share_bytes, CHUNK);
    ck_assert_uint_lt(needs[1].share_bytes, lane_share(5 * MIB / 2, 2, CHUNK));
}
END_TEST

START_TEST(where_memory_is_short_each_has_an_equal_part)
{
    struct lane_need needs[] = {delivering, delivering, read_together};

    lane_shares(needs, 3, 3 * MIB, CHUNK);
    ck_assert_uint_eq(needs[0].share_bytes, needs[1].share_bytes);
    ck_assert_uint_gt(needs[0].share_bytes, lane_share(3 * MIB, 3, CHUNK));
    ck_assert_uint_lt(needs[0].share_bytes, CALL);
}
END_TEST

/* It delivered until now. */
START_TEST(what_a_dead_one_holds_beyond_its_share_nobody_else_gets)
{
    struct lane_need needs[] = {delivering, dead, read_together};

    needs[1].held_bytes = CALL;
    lane_shares(needs, 3, 3 * MIB, CHUNK);
    ck_assert_uint_le(needs[0].share_bytes + CALL, 3 * MIB * LANE_ALONE_PERCENT / 100);
    ck_assert_uint_ge(needs[0].share_bytes, lane_share(3 * MIB, 3, CHUNK));
}
END_TEST

/* One in three is dead, and one is read for together with nobody. */
START_TEST(those_that_are_read_for_alone_leave_the_others_their_part)
{
    for (unsigned count = 2; count <= WINDOW_OUTPUTS_MAX; count++) {
        for (uint64_t limit = MIB / 4; limit <= 256 * MIB; limit *= 2) {
            struct lane_need needs[WINDOW_OUTPUTS_MAX];
            uint64_t sum = 0, most = limit * LANE_ALONE_PERCENT / 100;

            for (unsigned i = 0; i < count; i++)
                needs[i] = i == 0 ? read_together : i % 3 == 1 ? dead : delivering;
            lane_shares(needs, count, limit, CHUNK);
            for (unsigned i = 1; i < count; i++)
                sum += needs[i].share_bytes;
            ck_assert_uint_le(sum, most);
        }
    }
}
END_TEST

START_TEST(of_a_memory_without_a_limit_nobody_has_a_part)
{
    struct lane_need needs[] = {delivering, dead};

    lane_shares(needs, 2, 0, CHUNK);
    ck_assert_uint_eq(needs[0].share_bytes, 0);
    ck_assert_uint_eq(needs[1].share_bytes, 0);
}
END_TEST

START_TEST(one_is_read_for_alone_as_long_as_something_of_that_is_held)
{
    struct lane lane = {.call_bytes = CALL, .is_delivering = true};

    ck_assert(!lane_need_of(&lane, 0).is_alone);
    ck_assert(lane_need_of(&lane, 1).is_alone);
    lane.reader_count = 1;
    ck_assert(lane_need_of(&lane, 0).is_alone);
    ck_assert(lane_need_of(&lane, 0).is_delivering);
    ck_assert_uint_eq(lane_need_of(&lane, 7).held_bytes, 7);
    ck_assert_uint_eq(lane_need_of(&lane, 7).call_bytes, CALL);
}
END_TEST

START_TEST(one_that_took_something_delivers_until_it_took_nothing_for_long)
{
    struct lane lane = {.state = LANE_CATCHING_UP};

    ck_assert(!lane_delivers(&lane, false, 0));
    ck_assert(lane_delivers(&lane, true, 0));
    lane.is_delivering = true;
    ck_assert(lane_delivers(&lane, false, LANE_TROUBLE_MS - 1));
    ck_assert(!lane_delivers(&lane, false, LANE_TROUBLE_MS));
    lane.state = LANE_TOGETHER;
    ck_assert(lane_delivers(&lane, true, 0));
    lane.state = LANE_LEAVING;
    ck_assert(!lane_delivers(&lane, true, 0));
    lane.state = LANE_AWAY;
    ck_assert(!lane_delivers(&lane, true, 0));
}
END_TEST

/* ---- who is waited for ---- */

static output_set holders(uint64_t a, uint64_t b, uint64_t c)
{
    struct lane_load loads[] = {
        {.held_bytes = a, .is_concerned = true},
        {.held_bytes = b, .is_concerned = true},
        {.held_bytes = c, .is_concerned = true},
    };

    return lane_holders(loads, 3, 100);
}

START_TEST(the_one_that_holds_more_than_its_share_is_waited_for)
{
    ck_assert_uint_eq(holders(0, 300, 0), 2);
    ck_assert_uint_eq(holders(99, 101, 50), 2);
}
END_TEST

START_TEST(of_three_two_may_be_waited_for_at_once)
{
    ck_assert_uint_eq(holders(300, 0, 300), 5);
}
END_TEST

START_TEST(nobody_is_waited_for_while_all_hold_much)
{
    ck_assert_uint_eq(holders(300, 200, 101), 0);
    ck_assert_uint_eq(holders(300, 200, 100), 0);
}
END_TEST

START_TEST(nobody_is_waited_for_while_nobody_holds_much)
{
    ck_assert_uint_eq(holders(100, 0, 20), 0);
}
END_TEST

/* The second is away. */
static output_set holders_beside_one_away(bool is_in_trouble, uint64_t third)
{
    struct lane_load loads[] = {
        {.held_bytes = 300, .is_concerned = true, .is_in_trouble = is_in_trouble},
        {.is_concerned = true, .is_away = true, .is_in_trouble = true},
        {.held_bytes = third, .is_concerned = true},
    };

    return lane_holders(loads, 3, 100);
}

START_TEST(the_last_one_that_delivers_is_not_waited_for_by_those_that_are_away)
{
    ck_assert_uint_eq(holders_beside_one_away(false, 300), 0);
}
END_TEST

START_TEST(one_that_is_away_waits_for_one_whose_back_end_takes_nothing)
{
    ck_assert_uint_eq(holders_beside_one_away(true, 300), 1);
}
END_TEST

START_TEST(beside_one_that_is_away_others_wait_as_ever)
{
    ck_assert_uint_eq(holders_beside_one_away(false, 0), 1);
}
END_TEST

START_TEST(an_output_without_records_of_this_budget_waits_for_nobody)
{
    struct lane_load loads[] = {{.held_bytes = 300, .is_concerned = true}, {0}};

    ck_assert_uint_eq(lane_holders(loads, 2, 100), 0);
}
END_TEST

/* ---- the plan ---- */

static enum lane_move plan(enum lane_state state, unsigned looks, uint32_t readers,
                           struct lane_seen seen)
{
    struct lane lane = {.state = state, .looks = looks, .reader_count = readers};

    return lane_plan(&lane, &seen);
}

#define SEEN(...) ((struct lane_seen){__VA_ARGS__})

START_TEST(an_output_leaves_when_others_waited_for_it_long_enough)
{
    for (unsigned looks = 1; looks < LANE_LOOKS; looks++)
        ck_assert_int_eq(plan(LANE_TOGETHER, looks, 0, SEEN(.is_waited_for = true)), LANE_STAY);
    ck_assert_int_eq(plan(LANE_TOGETHER, LANE_LOOKS, 0, SEEN(.is_waited_for = true)), LANE_LEAVE);
}
END_TEST

START_TEST(an_output_that_nobody_waits_for_stays)
{
    ck_assert_int_eq(plan(LANE_TOGETHER, LANE_LOOKS, 0, SEEN(.is_delivering = true)), LANE_STAY);
    ck_assert_int_eq(plan(LANE_TOGETHER, 0, 7, SEEN(.has_nothing = true)), LANE_STAY);
}
END_TEST

START_TEST(nothing_is_read_again_before_what_is_under_way_has_ended)
{
    ck_assert_int_eq(plan(LANE_LEAVING, 0, 1, SEEN(.has_last_tries = true)), LANE_STAY);
    ck_assert_int_eq(plan(LANE_LEAVING, 0, 1, SEEN(.has_last_tries = false)), LANE_LET_GO);
}
END_TEST

START_TEST(an_output_that_is_away_catches_up_once_it_delivers)
{
    ck_assert_int_eq(plan(LANE_AWAY, 0, 3, SEEN(.is_delivering = false)), LANE_STAY);
    ck_assert_int_eq(plan(LANE_AWAY, 0, 3, SEEN(.is_delivering = true)), LANE_CATCH_UP);
}
END_TEST

/* Its files were deleted, or truncated, or all of it was given up: it need not show that it
 * delivers. */
START_TEST(an_output_that_has_nothing_to_deliver_comes_back)
{
    ck_assert_int_eq(plan(LANE_AWAY, 0, 0, SEEN(.has_nothing = true)), LANE_CATCH_UP);
    ck_assert_int_eq(plan(LANE_AWAY, 0, 0, SEEN(.has_nothing = false)), LANE_STAY);
    ck_assert_int_eq(plan(LANE_AWAY, 0, 1, SEEN(.has_nothing = true)), LANE_STAY);
}
END_TEST

/* Two of them are behind, and a file comes that nobody else reads: it waits for one that shows that it
 * delivers, and there is nothing to show it with. Found by the simulation, seed 1457. */
START_TEST(an_output_whose_readers_have_read_all_comes_back_when_it_has_nothing)
{
    struct lane lane = {.state = LANE_AWAY, .reader_count = 2, .level_count = 2};

    ck_assert_int_eq(lane_plan(&lane, &SEEN(.has_nothing = true)), LANE_CATCH_UP);
    ck_assert_int_eq(lane_plan(&lane, &SEEN(.has_nothing = false)), LANE_STAY);
    lane.level_count = 1;
    ck_assert_int_eq(lane_plan(&lane, &SEEN(.has_nothing = true)), LANE_STAY);
}
END_TEST

START_TEST(it_is_back_when_every_file_has_joined)
{
    ck_assert_int_eq(plan(LANE_CATCHING_UP, 0, 1, SEEN(.is_delivering = true)), LANE_STAY);
    ck_assert_int_eq(plan(LANE_CATCHING_UP, 0, 0, SEEN(.is_delivering = true)), LANE_JOIN);
}
END_TEST

START_TEST(it_may_fall_behind_again_while_it_catches_up)
{
    ck_assert_int_eq(plan(LANE_CATCHING_UP, LANE_LOOKS, 4, SEEN(.is_waited_for = true)),
                     LANE_LEAVE);
}
END_TEST

Suite *suite_ack_lane(void);

Suite *suite_ack_lane(void)
{
    Suite *suite = suite_create("ack/lane");
    TCase *shares = tcase_create("shares");
    TCase *alone = tcase_create("alone");
    TCase *waiting = tcase_create("waiting");
    TCase *plans = tcase_create("plan");

    tcase_add_test(shares, a_share_is_half_the_memory_divided_by_the_outputs);
    tcase_add_test(shares, a_share_has_room_for_one_chunk);
    tcase_add_test(shares, shares_of_all_but_one_leave_half_of_the_memory);
    tcase_add_test(shares, without_a_limit_there_is_no_share);
    suite_add_tcase(suite, shares);

    tcase_add_test(alone, one_that_delivers_may_hold_a_full_call);
    tcase_add_test(alone, one_whose_back_end_takes_nothing_keeps_its_share);
    tcase_add_test(alone, where_a_share_is_more_than_a_call_it_stays);
    tcase_add_test(alone, one_whose_calls_are_small_leaves_the_rest_to_another);
    tcase_add_test(alone, where_memory_is_short_each_has_an_equal_part);
    tcase_add_test(alone, what_a_dead_one_holds_beyond_its_share_nobody_else_gets);
    tcase_add_test(alone, those_that_are_read_for_alone_leave_the_others_their_part);
    tcase_add_test(alone, of_a_memory_without_a_limit_nobody_has_a_part);
    tcase_add_test(alone, one_is_read_for_alone_as_long_as_something_of_that_is_held);
    tcase_add_test(alone, one_that_took_something_delivers_until_it_took_nothing_for_long);
    suite_add_tcase(suite, alone);

    tcase_add_test(waiting, the_one_that_holds_more_than_its_share_is_waited_for);
    tcase_add_test(waiting, of_three_two_may_be_waited_for_at_once);
    tcase_add_test(waiting, nobody_is_waited_for_while_all_hold_much);
    tcase_add_test(waiting, nobody_is_waited_for_while_nobody_holds_much);
    tcase_add_test(waiting, an_output_without_records_of_this_budget_waits_for_nobody);
    tcase_add_test(waiting, the_last_one_that_delivers_is_not_waited_for_by_those_that_are_away);
    tcase_add_test(waiting, one_that_is_away_waits_for_one_whose_back_end_takes_nothing);
    tcase_add_test(waiting, beside_one_that_is_away_others_wait_as_ever);
    suite_add_tcase(suite, waiting);

    tcase_add_test(plans, an_output_leaves_when_others_waited_for_it_long_enough);
    tcase_add_test(plans, an_output_that_nobody_waits_for_stays);
    tcase_add_test(plans, nothing_is_read_again_before_what_is_under_way_has_ended);
    tcase_add_test(plans, an_output_that_is_away_catches_up_once_it_delivers);
    tcase_add_test(plans, an_output_that_has_nothing_to_deliver_comes_back);
    tcase_add_test(plans, an_output_whose_readers_have_read_all_comes_back_when_it_has_nothing);
    tcase_add_test(plans, it_is_back_when_every_file_has_joined);
    tcase_add_test(plans, it_may_fall_behind_again_while_it_catches_up);
    suite_add_tcase(suite, plans);
    return suite;
}
