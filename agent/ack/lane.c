#include "ack/lane.h"

uint64_t lane_share(uint64_t limit_bytes, unsigned output_count, uint64_t chunk_bytes)
{
    uint64_t half = limit_bytes / 2, most;

    CHECK(output_count <= WINDOW_OUTPUTS_MAX);
    CHECK(output_count > 0);
    if (half / output_count >= chunk_bytes || output_count == 1)
        return half / output_count;
    most = half / (output_count - 1);
    return most < chunk_bytes ? most : chunk_bytes;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct lane_need lane_need_of(const struct lane *lane, uint64_t held_bytes)
{
    return (struct lane_need){
        .held_bytes = held_bytes,
        .call_bytes = lane->call_bytes,
        .is_alone = lane->reader_count > 0 || held_bytes > 0,
        .is_delivering = lane->is_delivering,
    };
}

static bool gets_calls(const struct lane_need *need)
{
    return need->is_alone && need->is_delivering;
}

/* For a call at first; when all have that, for its share. */
static uint64_t lacks(const struct lane_need *need, uint64_t bytes)
{
    return gets_calls(need) && need->share_bytes < bytes ? bytes - need->share_bytes : 0;
}

static uint64_t first_share(const struct lane_need *need, uint64_t least)
{
    return gets_calls(need) ? smaller(need->call_bytes, least) : least;
}

/* What is charged for it before anybody gets more. */
static uint64_t first_charge(const struct lane_need *need)
{
    if (!need->is_alone)
        return 0;
    return gets_calls(need) ? need->share_bytes : larger(need->share_bytes, need->held_bytes);
}

/* An equal part of what is left to each that has not all of its call; again, as long as some is left of
 * those that need less. */
static uint64_t calls_give(struct lane_need *needs, unsigned count, uint64_t left)
{
    unsigned takers;

    do {
        uint64_t part;

        takers = 0;
        for (unsigned i = 0; i < count; i++)
            takers += lacks(&needs[i], needs[i].call_bytes) > 0;
        part = takers > 0 ? left / takers : 0;
        for (unsigned i = 0; i < count; i++) {
            uint64_t more = smaller(part, lacks(&needs[i], needs[i].call_bytes));

            needs[i].share_bytes += more;
            left -= more;
        }
    } while (takers > 0 && left >= takers);
    return left;
}

void lane_shares(struct lane_need *needs, unsigned count, uint64_t limit_bytes,
                 uint64_t chunk_bytes)
{
    uint64_t least = lane_share(limit_bytes, count, chunk_bytes);
    uint64_t left = limit_bytes / 100 * LANE_ALONE_PERCENT;

    CHECK(count > 0 && count <= WINDOW_OUTPUTS_MAX);
    for (unsigned i = 0; i < count; i++) {
        needs[i].share_bytes = first_share(&needs[i], least);
        left -= smaller(left, first_charge(&needs[i]));
    }
    left = calls_give(needs, count, left);
    for (unsigned i = 0; i < count; i++) {
        uint64_t more = smaller(left, lacks(&needs[i], least));

        needs[i].share_bytes += more;
        left -= more;
    }
}

output_set lane_holders(const struct lane_load *loads, unsigned count, uint64_t share_bytes)
{
    output_set holders = 0, in_trouble = 0;
    bool is_one_waiting = false, is_one_waiting_away = false;

    CHECK(count <= WINDOW_OUTPUTS_MAX);
    for (unsigned i = 0; i < count; i++) {
        const struct lane_load *load = &loads[i];

        holders |= (output_set)(load->held_bytes > share_bytes) << i;
        in_trouble |= (output_set)load->is_in_trouble << i;
        if (!load->is_concerned || load->held_bytes >= share_bytes)
            continue;
        is_one_waiting |= !load->is_away;
        is_one_waiting_away |= load->is_away;
    }
    if (is_one_waiting)
        return holders;
    return is_one_waiting_away ? holders & in_trouble : 0;
}

bool lane_delivers(const struct lane *lane, bool was_taken, uint64_t trouble_ms)
{
    if (lane->state != LANE_TOGETHER && lane->state != LANE_CATCHING_UP)
        return false;
    return was_taken || (lane->is_delivering && trouble_ms < LANE_TROUBLE_MS);
}

enum lane_move lane_plan(const struct lane *lane, const struct lane_seen *seen)
{
    bool is_enough = seen->is_waited_for && lane->looks >= LANE_LOOKS;

    CHECK(lane->level_count <= lane->reader_count);
    switch (lane->state) {
    case LANE_TOGETHER:
        return is_enough ? LANE_LEAVE : LANE_STAY;
    case LANE_LEAVING:
        return seen->has_last_tries ? LANE_STAY : LANE_LET_GO;
    case LANE_AWAY:
        if (seen->is_delivering || (lane->level_count == lane->reader_count && seen->has_nothing))
            return LANE_CATCH_UP;
        return LANE_STAY;
    case LANE_CATCHING_UP:
        if (is_enough)
            return LANE_LEAVE;
        return lane->reader_count == 0 ? LANE_JOIN : LANE_STAY;
    }
    return LANE_STAY;
}
