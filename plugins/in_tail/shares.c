#include "plugins/in_tail/shares.h"

#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/work.h"

void tail_lanes_share(void *self)
{
    struct tail *t = self;
    const struct lanes *lanes = t->input->lanes;
    struct lane_need needs[WINDOW_OUTPUTS_MAX];

    if (t->lanes.shares == NULL)
        return;
    for (unsigned i = 0; i < lanes->count; i++)
        needs[i] = lane_need_of(&lanes->items[i], t->lanes.shares[i].budget.used_bytes);
    lane_shares(needs, lanes->count, budget_room_bytes(t->input->budget), CHUNK_BYTES_AIM);
    for (unsigned i = 0; i < lanes->count; i++)
        budget_limit(&t->lanes.shares[i].budget, needs[i].share_bytes);
}

void tail_lanes_init(struct tail *t)
{
    struct lanes *lanes = t->input->lanes;

    tail_lane_init(&t->lanes.together, t, t->input->budget);
    if (lanes == NULL || lanes->count < 2)
        return;
    CHECK(lanes->count <= WINDOW_OUTPUTS_MAX);
    t->lanes.shares = mem_zalloc(lanes->count, sizeof *t->lanes.shares);
    for (unsigned i = 0; i < lanes->count; i++) {
        struct tail_share *share = &t->lanes.shares[i];

        budget_init(&share->budget, lanes->items[i].share, 0);
        tail_lane_init(&share->lane, t, &share->budget);
    }
    tail_lanes_share(t);
}

void tail_lanes_stop(struct tail *t)
{
    tail_lane_stop(&t->lanes.together);
    for (unsigned i = 0; t->lanes.shares != NULL && i < t->input->lanes->count; i++)
        tail_lane_stop(&t->lanes.shares[i].lane);
}

static output_set used_shares(const struct tail *t)
{
    const struct lanes *lanes = t->input->lanes;
    output_set used = 0;

    for (unsigned i = 0; lanes != NULL && i < lanes->count; i++)
        used |= lanes->items[i].share->used_bytes > 0 ? tail_bit(i) : 0;
    return used;
}

/* The room of the budget that is waited for: what is open of it alone may stay within half of that. */
static uint64_t waited_room(const struct tail_lane *lane)
{
    const struct budget *b = lane->budget;

    while (!b->is_full && b->parent != NULL)
        b = b->parent;
    return budget_room_bytes(b);
}

void tail_lane_seal(const struct tail_lane *lane)
{
    struct tail *t = lane->tail;
    const struct tail_share *share = CONTAINER_OF(lane, const struct tail_share, lane);
    output_set alone = used_shares(t);

    if (lane != &t->lanes.together) {
        intake_ease_lane(t->input->intake, tail_bit((unsigned)(share - t->lanes.shares)),
                         waited_room(lane));
        return;
    }
    if (alone != 0)
        intake_flush_besides(t->input->intake, alone);
    if (t->input->budget->limit_bytes > 0)
        intake_ease(t->input->intake, budget_room_bytes(t->input->budget));
}
