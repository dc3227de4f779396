#include "chunk/chunk.h"

#include "base/memory.h"

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

/* A tag that is not its origin's own lies in the chunk's arena. The origin's newest record is in a
 * chunk that takes no more of them. */
static void run_move(struct chunk *chunk, const struct chunk *other, const struct chunk_run *run)
{
    struct chunk_run *moved = &chunk->runs[chunk->run_count++];

    CHECK(chunk->run_count <= chunk->run_capacity);
    *moved = *run;
    if (run->tag.data != run->origin->tag.data)
        moved->tag = arena_copy(&chunk->arena, run->tag);
    if (run->origin->chunking.newest == other)
        run->origin->chunking.newest = NULL;
}

static void runs_move(struct chunk *chunk, struct chunk *other)
{
    uint32_t count = chunk->run_count + other->run_count;

    if (count > chunk->run_capacity) {
        chunk->run_capacity = count * 2;
        chunk->runs = mem_resize(chunk->runs, chunk->run_capacity, sizeof *chunk->runs);
    }
    for (uint32_t i = 0; i < other->run_count; i++)
        run_move(chunk, other, &other->runs[i]);
    other->run_count = 0;
}

static void shared_move(struct chunk_shared *to, struct chunk_shared *from)
{
    uint32_t count = to->count + from->count;

    if (count > to->capacity) {
        to->capacity = count * 2;
        to->objects = mem_resize(to->objects, to->capacity, sizeof(struct shared_object *));
    }
    for (uint32_t i = 0; i < from->count; i++)
        to->objects[to->count++] = from->objects[i];
    to->rendered_bytes += from->rendered_bytes;
    from->count = 0;
    CHECK(to->count == count);
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
    shared_move(&chunk->shared, &other->shared);
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
