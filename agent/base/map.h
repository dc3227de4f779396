/*
 * A map from byte strings to pointers: files by name, counters by label. Open addressing, at most
 * half full, and smaller again when most is removed; the map copies its keys and owns them, never what
 * the pointers point to.
 *
 * Life     map_init (or all zero) -> put/get/remove* -> map_fini. Thread: its owner's.
 */
#ifndef TAILRACE_BASE_MAP_H
#define TAILRACE_BASE_MAP_H

#include "base/slice.h"

/* A number as a key takes no memory of its own. */
#define MAP_SHORT_BYTES 8

struct map_entry {
    union {
        char *text;
        char bytes[MAP_SHORT_BYTES]; /* of a key no longer than that */
    } key;
    size_t key_len;
    uint64_t hash;
    void *value; /* NULL: free */
};

struct map {
    struct map_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

void map_init(struct map *m);
void map_fini(struct map *m);

/* NULL where there is none. */
void *map_get(const struct map *m, struct slice key);

/* Adds or replaces; returns what stood there before, or NULL. `value` is not NULL. */
void *map_put(struct map *m, struct slice key, void *value);

/* Returns what stood there, or NULL. */
void *map_remove(struct map *m, struct slice key);

/* Walks all entries in no order: start with *at = 0. The map must not change meanwhile. */
bool map_next(const struct map *m, size_t *at, struct slice *key, void **value);

#endif
