#include "chunk/chunk.h"

/*
 * Two chunks become one: bytes behind bytes, runs behind runs. Spans, and what budgets hold, go with
 * their runs.
 */

bool chunk_has_room_for(const struct chunk *chunk, const struct chunk *other)
{
    uint64_t bytes = chunk->bytes.len + other->bytes.len;

    return bytes <= chunk->aims.bytes &&
           bytes + chunk->shared.rendered_bytes + other->shared.rendered_bytes <=
               chunk->aims.rendered &&
           chunk->record_count + other->record_count <= chunk->aims.records;
}

/* The origin's newest record is in a chunk that takes no more of them then. */
static void runs_move(struct chunk *chunk, struct chunk *other)
{
    for (uint32_t i = 0; i < other->run_count; i++) {
        struct origin *origin = chunk_run_put(chunk, &other->runs[i])->origin;

        if (origin->chunking.newest == other)
            origin->chunking.newest = NULL;
    }
    other->run_count = 0;
}

static void shared_move(struct chunk *chunk, struct chunk *other)
{
    for (uint32_t i = 0; i < other->shared.count; i++)
        chunk_shared_put(chunk, other->shared.objects[i]);
    chunk->shared.rendered_bytes += other->shared.rendered_bytes;
    other->shared.count = 0;
}

void chunk_join(struct chunk *chunk, struct chunk **address)
{
    struct chunk *other = *address;

    CHECK(chunk != other && chunk->outputs == other->outputs);
    CHECK(!chunk->is_sealed && !other->is_sealed && other->refs == 1);
    CHECK(other->record_count > 0);
    chunk_room_end(other);
    buffer_append(&chunk->bytes, buffer_view(&other->bytes));
    runs_move(chunk, other);
    shared_move(chunk, other);
    chunk->record_count += other->record_count;
    chunk->parcel.joined++;
    chunk->can_repeat &= other->can_repeat;
    chunk->can_leave &= other->can_leave;
    if (other->opened_ms < chunk->opened_ms)
        chunk->opened_ms = other->opened_ms;
    if (other->created_wall_ns < chunk->created_wall_ns)
        chunk->created_wall_ns = other->created_wall_ns;
    chunk_unref(address);
}
