#include "base/map.h"

#include "base/memory.h"

#define CAPACITY_MIN 16

/* What is left after a rush does not keep the room that the rush needed. Half the room is as full as it
 * is after growing, so that a map which goes up and down is not copied each time. */
#define SPARSE_SHARE 8

static bool is_short(size_t key_len)
{
    return key_len <= MAP_SHORT_BYTES;
}

/* Lent until the entry moves. */
static struct slice entry_key(const struct map_entry *e)
{
    return slice_make(is_short(e->key_len) ? e->key.bytes : e->key.text, e->key_len);
}

static void entry_key_copy(struct map_entry *e, struct slice key)
{
    e->key_len = key.len;
    if (!is_short(key.len))
        e->key.text = mem_text_n(key.data, key.len);
    else if (key.len > 0)
        memcpy(e->key.bytes, key.data, key.len);
}

static void entry_key_free(struct map_entry *e)
{
    if (!is_short(e->key_len))
        mem_free(e->key.text);
}

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_fini(struct map *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        entry_key_free(&m->entries[i]);
    MEM_FREE(&m->entries);
    *m = (struct map){0};
}

/* The entry that holds the key, or the free one where it would go. */
static size_t map_slot(const struct map *m, struct slice key, uint64_t hash)
{
    size_t at = (size_t)(hash * 0x9e3779b97f4a7c15u >> 20) & (m->capacity - 1);

    for (;; at = (at + 1) & (m->capacity - 1)) {
        const struct map_entry *e = &m->entries[at];

        if (e->value == NULL)
            return at;
        if (e->hash == hash && slice_equal(entry_key(e), key))
            return at;
    }
}

static void map_rehash(struct map *m, size_t capacity)
{
    struct map old = *m;

    CHECK((capacity & (capacity - 1)) == 0 && m->count < capacity);
    m->entries = mem_zalloc(capacity, sizeof *m->entries);
    m->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        const struct map_entry *e = &old.entries[i];

        if (e->value != NULL)
            m->entries[map_slot(m, entry_key(e), e->hash)] = *e;
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
    if (before == NULL) {
        entry_key_copy(e, key);
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
    before = m->entries[hole].value;
    if (before == NULL)
        return NULL;
    entry_key_free(&m->entries[hole]);
    m->entries[hole] = (struct map_entry){0};
    m->count--;

    /* What follows in the same run may now stand too far from its place: put it in again. */
    for (at = (hole + 1) & (m->capacity - 1); m->entries[at].value != NULL;
         at = (at + 1) & (m->capacity - 1)) {
        struct map_entry moved = m->entries[at];

        m->entries[at] = (struct map_entry){0};
        m->entries[map_slot(m, entry_key(&moved), moved.hash)] = moved;
    }
    if (m->capacity > CAPACITY_MIN && m->count < m->capacity / SPARSE_SHARE)
        map_rehash(m, m->capacity / 2);
    return before;
}

bool map_next(const struct map *m, size_t *at, struct slice *key, void **value)
{
    for (; *at < m->capacity; (*at)++) {
        const struct map_entry *e = &m->entries[*at];

        if (e->value == NULL)
            continue;
        *key = entry_key(e);
        *value = e->value;
        (*at)++;
        return true;
    }
    return false;
}
