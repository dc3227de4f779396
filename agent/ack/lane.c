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
