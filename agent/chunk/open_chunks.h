/*
 * The chunks of an intake that records still go into: one for each set of outputs seen lately, of what
 * may be let go of and of what may not. Parcels (chunk/parcel.h) are not among them.
 *
 * Life     all zero -> open_chunks_for, open_chunks_remove* -> open_chunks_fini once all are removed.
 * Thread   the loop.
 * Limits   as many as there are sets of outputs in the routes, few; they are looked through in order.
 */
#ifndef TAILRACE_CHUNK_OPEN_CHUNKS_H
#define TAILRACE_CHUNK_OPEN_CHUNKS_H

#include "chunk/chunk.h"

struct open_chunks {
    struct chunk **items;
    uint32_t count;
    uint32_t capacity;
    output_set packing; /* outputs that compress */
    output_set full;    /* of the last chunk that left, if it was full */
    size_t full_bytes;  /* how long that was */
};

void open_chunks_fini(struct open_chunks *open);

/* Opens one more. */
struct chunk *open_chunks_begin(struct open_chunks *open, output_set outputs);

/* It is one of them, and about to be sealed. */
void open_chunks_remove(struct open_chunks *open, const struct chunk *chunk);

/* A chunk is about to be sealed, one of these or a parcel: behind one that was full there most likely
 * comes another. */
void open_chunks_note(struct open_chunks *open, const struct chunk *chunk);

/* The one for what goes to these outputs, or NULL. What may be let go of does not ride with what may
 * not. */
static inline struct chunk *open_chunks_find_as(const struct open_chunks *open, output_set outputs,
                                                bool can_repeat, bool can_leave)
{
    for (uint32_t i = 0; i < open->count; i++) {
        struct chunk *chunk = open->items[i];

        if (chunk->outputs == outputs && chunk->can_repeat == can_repeat &&
            chunk->can_leave == can_leave)
            return chunk;
    }
    return NULL;
}

/* The same for the origin's records. */
static inline struct chunk *open_chunks_find(const struct open_chunks *open,
                                             const struct origin *origin, output_set outputs)
{
    return open_chunks_find_as(open, outputs, origin->can_repeat, origin->can_leave);
}

#endif
