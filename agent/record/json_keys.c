#include "record/json_keys.h"

#include "base/memory.h"

#include <stdlib.h>

/* So many keys are compared with each other. */
#define PAIRS_MAX 16

/* So many places of the table are looked at for one key; more means that keys were made to meet. */
#define PROBES_MAX 32

static struct slice member_key(const struct json_check *c, uint32_t index)
{
    const struct json_member *m = &c->scanner->members[index];

    return slice_make(c->text + m->key_at, m->key_len);
}

static bool pairs_repeat(const struct json_check *c, uint32_t first)
{
    for (uint32_t i = first; i < c->scanner->member_count; i++)
        for (uint32_t j = first; j < i; j++)
            if (slice_equal(member_key(c, i), member_key(c, j)))
                return true;
    return false;
}

static uint64_t load_64(const char *p)
{
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    return eight;
}

/* The end is taken with what stands before it; only a shorter key than that is taken byte by byte. */
static uint32_t key_hash_far(struct slice key)
{
    uint64_t hash = key.len;

    if (key.len < 8) {
        for (size_t i = 0; i < key.len; i++)
            hash = hash << 8 ^ (unsigned char)key.data[i];
        return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    }
    for (size_t i = 0; i + 8 < key.len; i += 8)
        hash = (hash ^ load_64(key.data + i)) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
    hash = (hash ^ load_64(key.data + key.len - 8)) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

/* A table of members, by number from 1 on; 0 is a free place. At most half of it is full. */
struct key_table {
    uint32_t *places;
    uint32_t mask;
};

enum put { PUT_NEW, PUT_DOUBLE, PUT_TOO_FULL };

static enum put table_put(struct key_table *t, const struct json_check *c, uint32_t first,
                          uint32_t number)
{
    struct slice key = member_key(c, first + number - 1);
    uint32_t at = key_hash_far(key);

    for (unsigned probes = 0; probes < PROBES_MAX; probes++, at++) {
        uint32_t *place = &t->places[at & t->mask];

        if (*place == 0) {
            *place = number;
            return PUT_NEW;
        }
        if (slice_equal(member_key(c, first + *place - 1), key))
            return PUT_DOUBLE;
    }
    return PUT_TOO_FULL;
}

static enum put table_put_all(const struct json_check *c, uint32_t first)
{
    uint32_t count = c->scanner->member_count - first, room = 64;
    struct key_table table;
    enum put put = PUT_NEW;

    while (room < 2 * count)
        room *= 2;
    table = (struct key_table){.places = mem_zalloc(room, sizeof(uint32_t)), .mask = room - 1};
    for (uint32_t i = 1; i <= count && put == PUT_NEW; i++)
        put = table_put(&table, c, first, i);
    mem_free(table.places);
    return put;
}

static int by_key(const void *left, const void *right)
{
    const struct slice *a = left, *b = right;

    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return a->len ? memcmp(a->data, b->data, a->len) : 0;
}

static bool sorted_repeat(const struct json_check *c, uint32_t first)
{
    uint32_t count = c->scanner->member_count - first;
    struct slice *keys = mem_zalloc(count, sizeof *keys);
    bool is_doubled = false;

    for (uint32_t i = 0; i < count; i++)
        keys[i] = member_key(c, first + i);
    qsort(keys, count, sizeof *keys, by_key);
    for (uint32_t i = 0; i + 1 < count && !is_doubled; i++)
        is_doubled = slice_equal(keys[i], keys[i + 1]);
    mem_free(keys);
    return is_doubled;
}

bool json_keys_repeat(const struct json_check *c, uint32_t first)
{
    enum put put;

    if (c->scanner->member_count - first <= PAIRS_MAX)
        return pairs_repeat(c, first);
    put = table_put_all(c, first);
    return put == PUT_TOO_FULL ? sorted_repeat(c, first) : put == PUT_DOUBLE;
}
