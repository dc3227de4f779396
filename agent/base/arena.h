/*
 * An arena is memory that dies together: the pieces of one record while it goes through the
 * chain, the texts of one configuration.
 *
 * Life     arena_init (or all zero) -> arena_alloc* -> arena_reset, again and again -> arena_fini.
 * Thread   its owner's.
 * Limits   arena_reset keeps one block, so a record costs no malloc once the arena is warm.
 */
#ifndef TAILRACE_BASE_ARENA_H
#define TAILRACE_BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *newest;
    size_t used_bytes; /* of the newest block */
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);

/* All pieces are gone; the largest block stays for the next round, unless it is oversized. */
void arena_reset(struct arena *a);

/* The memory of its blocks, used or not. */
size_t arena_bytes(const struct arena *a);

/* Uninitialised, aligned for any type, good until the reset. */
void *arena_alloc(struct arena *a, size_t bytes) __attribute__((returns_nonnull));

/* A copy that lives as long as the arena, closed with NUL. */
struct slice arena_copy(struct arena *a, struct slice bytes);
char *arena_text(struct arena *a, const char *text);
struct slice arena_format(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
