#include "chunk/open_chunks.h"

#include "base/memory.h"

#define CAPACITY_MIN 4

void open_chunks_fini(struct open_chunks *open)
{
    CHECK(open->count == 0);
    MEM_FREE(&open->items);
    *open = (struct open_chunks){0};
}

struct chunk *open_chunks_begin(struct open_chunks *open, output_set outputs)
{
    struct chunk *chunk = chunk_open(outputs);

    CHECK(open->count <= open->capacity);
    CHECK(outputs != 0);
    if ((outputs & ~open->packing) == 0)
        chunk_allow_packed(chunk);
    if (open->full == outputs)
        chunk_make_full_room(chunk, open->full_bytes);
    if (open->count == open->capacity) {
        open->capacity = open->capacity ? open->capacity * 2 : CAPACITY_MIN;
        open->items = mem_resize(open->items, open->capacity, sizeof(struct chunk *));
    }
    return open->items[open->count++] = chunk;
}

void open_chunks_remove(struct open_chunks *open, const struct chunk *chunk)
{
    uint32_t i = 0;

    while (i < open->count && open->items[i] != chunk)
        i++;
    CHECK(i < open->count);
    open->items[i] = open->items[--open->count];
}

void open_chunks_note(struct open_chunks *open, const struct chunk *chunk)
{
    CHECK(chunk->record_count > 0 && !chunk->is_sealed);
    open->full = chunk_is_full(chunk) ? chunk->outputs : 0;
    open->full_bytes = chunk->bytes.len;
}
