#include "chunk/parcel.h"

#include "base/budget.h"

/*
 * How much room an open chunk has. One that outgrows CHUNK_BYTES_SMALL gets all its room at once, so
 * that nothing is copied again and freed chunks leave holes that the next ones fit into.
 *
 * Parcels may be many, and few of them get full: of those of one output one at a time has all its room,
 * if that is no more than half of what the budget of its first record has, and the others grow by halves;
 * where none has, large ones by steps.
 * What each of them has room for beyond its records is held by that budget, as it was when it was looked at:
 *
 *   |--- records: their runs' budgets ---|--- ahead ---|
 *                                       len         capacity
 */

/* How often a parcel is looked at while it grows. */
#define LOOK_BYTES ((size_t)64 << 10)

/* What a large one grows by; from twice that on. */
#define STEP_BYTES ((size_t)128 << 10)

/* Behind where it is held to be full. */
#define FULL_SPARE ((size_t)32 << 10)

static size_t full_room(const struct chunk *chunk, size_t bytes)
{
    return (bytes < chunk->aims.bytes ? bytes : chunk->aims.bytes) + FULL_SPARE;
}

void chunk_make_full_room(struct chunk *chunk, size_t bytes)
{
    size_t room = full_room(chunk, bytes);

    CHECK(!chunk->is_sealed);
    buffer_make_room(&chunk->bytes, room);
    chunk->room.is_full = true;
    chunk->room.look_at = SIZE_MAX;
    CHECK(chunk->bytes.capacity >= room);
}

/* How long it will be when it is full, as its records share so much until now. */
static size_t full_bytes(const struct chunk *chunk)
{
    uint64_t rendered = chunk->bytes.len + chunk->shared.rendered_bytes;

    CHECK(chunk->bytes.len > 0 && rendered >= chunk->bytes.len);
    return (size_t)(chunk->bytes.len * chunk->aims.rendered / rendered);
}

static void ahead_set(struct chunk *chunk, size_t bytes)
{
    size_t before = chunk->room.ahead_bytes;
    struct budget *budget;

    CHECK(chunk->run_count > 0);
    budget = chunk->runs[0].budget;
    chunk->room.ahead_bytes = bytes;
    if (bytes > before)
        budget_take(budget, bytes - before);
    else
        budget_give(budget, before - bytes);
}

/* Whether so much that no record has filled may be held: not where it is most of what a budget has,
 * whose input would have no room left to fill it. */
static bool may_be_ahead(const struct chunk *chunk)
{
    size_t room = full_room(chunk, full_bytes(chunk));

    for (const struct budget *b = chunk->runs[0].budget; b != NULL; b = b->parent)
        if (b->limit_bytes != 0 && room > budget_room_bytes(b) / 2)
            return false;
    return true;
}

/* By halves it would get more room than there is, or than it needs. */
static void grow_by_step(struct chunk *chunk)
{
    size_t capacity = chunk->bytes.capacity, room = full_room(chunk, full_bytes(chunk));

    if (capacity < 2 * STEP_BYTES || chunk->bytes.len + LOOK_BYTES <= capacity)
        return;
    if (room > capacity + STEP_BYTES)
        room = capacity + STEP_BYTES;
    buffer_make_room(&chunk->bytes, room);
}

void chunk_room_look(struct chunk *chunk)
{
    struct parcel_rule *rule = chunk->parcel.rule;

    CHECK(chunk->run_count > 0);
    if (!chunk->room.is_full && (rule == NULL || (rule->roomy == NULL && may_be_ahead(chunk)))) {
        chunk_make_full_room(chunk, full_bytes(chunk));
        if (rule != NULL)
            rule->roomy = chunk;
    } else if (!chunk->room.is_full && rule->roomy == NULL) {
        grow_by_step(chunk);
    }
    if (rule == NULL)
        return;
    ahead_set(chunk, chunk->bytes.capacity - chunk->bytes.len);
    chunk->room.look_at = chunk->bytes.len + LOOK_BYTES;
}

void chunk_room_end(struct chunk *chunk)
{
    struct parcel_rule *rule = chunk->parcel.rule;

    CHECK(!chunk->is_sealed);
    if (rule != NULL && rule->roomy == chunk)
        rule->roomy = NULL;
    if (chunk->room.ahead_bytes > 0)
        ahead_set(chunk, 0);
}
