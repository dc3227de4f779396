#include "plugins/out_cloudwatch_logs/settled.h"

_Static_assert(CW_SETTLED_MAX < CW_SETTLED_SLOTS, "a search ends at a free slot");

static uint64_t hash_of(struct slice group)
{
    uint64_t hash = slice_hash(group);

    return hash != 0 ? hash : 1;
}

/* The slot that has it, or the free one where it would be. */
static uint32_t slot_of(const struct cw_settled *settled, uint64_t hash)
{
    uint32_t slot = (uint32_t)(hash % CW_SETTLED_SLOTS);
    uint64_t there;

    while ((there = atomic_load(&settled->hashes[slot])) != 0 && there != hash)
        slot = (slot + 1) % CW_SETTLED_SLOTS;
    return slot;
}

bool cw_settled_has(const struct cw_settled *settled, struct slice group)
{
    uint64_t hash = hash_of(group);

    return atomic_load(&settled->hashes[slot_of(settled, hash)]) == hash ||
           atomic_load(&settled->count) >= CW_SETTLED_MAX;
}

void cw_settled_add(struct cw_settled *settled, struct slice group)
{
    uint64_t hash = hash_of(group);
    uint32_t slot = slot_of(settled, hash);

    if (atomic_load(&settled->hashes[slot]) == hash || settled->count >= CW_SETTLED_MAX)
        return;
    atomic_store(&settled->hashes[slot], hash);
    atomic_fetch_add(&settled->count, 1);
    CHECK(cw_settled_has(settled, group));
}
