#include "base/map.h"

#include "base/memory.h"

#define CAPACITY_MIN 16

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_fini(struct map *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        mem_free(m->entries[i].key);
    MEM_FREE(&m->entries);
    *m = (struct map){0};
}

/* The entry that holds the key, or the free one where it would go. */
static size_t map_slot(const struct map *m, struct slice key, uint64_t hash)
{
    size_t at = (size_t)(hash * 0x9e3779b97f4a7c15u >> 20) & (m->capacity - 1);

    for (;; at = (at + 1) & (m->capacity - 1)) {
        const struct map_entry *e = &m->entries[at];

        if (e->key == NULL)
            return at;
        if (e->hash == hash && slice_equal(slice_make(e->key, e->key_len), key))
            return at;
    }
}

static void map_rehash(struct map *m, size_t capacity)
{
    struct map old = *m;

    m->entries = mem_zalloc(capacity, sizeof *m->entries);
    m->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        const struct map_entry *e = &old.entries[i];

        if (e->key != NULL)
            m->entries[map_slot(m, slice_make(e->key, e->key_len), e->hash)] = *e;
    }
    mem_free(old.entries);
}

void *map_get(const struct map *m, struct slice key)
{
    if (m->count == 0)
        return NULL;
    return m->entries[map_slot(m, key, slice_hash(key))].value;
}

void *map_put(struct map *m, struct slice key, void *value)
{
    uint64_t hash = slice_hash(key);
    struct map_entry *e;
    void *before;

    CHECK(value != NULL);
    if ((m->count + 1) * 2 > m->capacity)
        map_rehash(m, m->capacity ? m->capacity * 2 : CAPACITY_MIN);

    e = &m->entries[map_slot(m, key, hash)];
    before = e->value;
    if (e->key == NULL) {
        e->key = mem_text_n(key.data, key.len);
        e->key_len = key.len;
        e->hash = hash;
        m->count++;
    }
    e->value = value;
    return before;
}

void *map_remove(struct map *m, struct slice key)
{
    size_t hole, at;
    void *before;

    if (m->count == 0)
        return NULL;
    hole = map_slot(m, key, slice_hash(key));
    if (m->entries[hole].key == NULL)
        return NULL;
    before = m->entries[hole].value;
    mem_free(m->entries[hole].key);
    m->entries[hole] = (struct map_entry){0};
    m->count--;

    /* What follows in the same run may now stand too far from its place: put it in again. */
    for (at = (hole + 1) & (m->capacity - 1); m->entries[at].key != NULL;
         at = (at + 1) & (m->capacity - 1)) {
        struct map_entry moved = m->entries[at];

        m->entries[at] = (struct map_entry){0};
        m->entries[map_slot(m, slice_make(moved.key, moved.key_len), moved.hash)] = moved;
    }
    return before;
}

bool map_next(const struct map *m, size_t *at, struct slice *key, void **value)
{
    for (; *at < m->capacity; (*at)++) {
        const struct map_entry *e = &m->entries[*at];

        if (e->key == NULL)
            continue;
        *key = slice_make(e->key, e->key_len);
        *value = e->value;
        (*at)++;
        return true;
    }
    return false;
}
