#include "record/json_keys.h"

#include "base/memory.h"

#include <stdlib.h>

/* In an object of so many members the suspects are few. */
#define SUSPECTS_COUNT_MAX 40

/* So many places of the table are looked at for one key; more means that keys were made to meet. */
#define PROBES_MAX 32

static struct slice member_key(const struct json_check *c, uint32_t index)
{
    const struct json_member *m = &c->scanner->members[index];

    return slice_make(c->text + m->key_at, m->key_len);
}

/* The first byte, with the quote before it, tells most keys of one length apart without a call. */
static bool suspect_repeats(const struct json_check *c, uint32_t first, uint32_t index)
{
    struct slice key = member_key(c, index);

    for (uint32_t i = first; i < index; i++) {
        struct slice other = member_key(c, i);

        if (other.len == key.len && json_load_16(other.data - 1) == json_load_16(key.data - 1) &&
            slice_equal(other, key))
            return true;
    }
    return false;
}

static bool suspects_repeat(const struct json_check *c, uint32_t first, uint64_t suspects)
{
    for (; suspects != 0; suspects &= suspects - 1)
        if (suspect_repeats(c, first, first + (uint32_t)__builtin_ctzll(suspects)))
            return true;
    return false;
}

static uint64_t load_64(const char *p)
{
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    return eight;
}

/* Of all bytes; its highest bits depend on each of them. */
static uint64_t key_hash_whole(struct slice key)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = key.len, rest = 0;

    for (; key.len >= 8; key = slice_make(key.data + 8, key.len - 8))
        hash = (hash ^ load_64(key.data)) * odd;
    for (size_t i = 0; i < key.len; i++)
        rest = rest << 8 | (unsigned char)key.data[i];
    return (hash ^ rest) * odd;
}

/* A table of members, by number from 1 on; 0 is a free place. At most half of it is full. */
struct key_table {
    uint32_t *places;
    unsigned bits; /* of the number of places */
};

enum put { PUT_NEW, PUT_DOUBLE, PUT_TOO_FULL };

static enum put table_put(struct key_table *t, const struct json_check *c, uint32_t first,
                          uint32_t number)
{
    struct slice key = member_key(c, first + number - 1);
    uint64_t at = key_hash_whole(key) >> (64 - t->bits), mask = (UINT64_C(1) << t->bits) - 1;

    for (unsigned probes = 0; probes < PROBES_MAX; probes++, at++) {
        uint32_t *place = &t->places[at & mask];

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
    uint32_t count = c->scanner->member_count - first;
    struct key_table table = {.bits = 7};
    enum put put = PUT_NEW;

    CHECK(first <= c->scanner->member_count);
    while (UINT64_C(1) << table.bits < UINT64_C(2) * count)
        table.bits++;
    table.places = mem_zalloc((size_t)1 << table.bits, sizeof(uint32_t));
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

bool json_keys_repeat(const struct json_check *c, uint32_t first, uint64_t suspects)
{
    enum put put;

    if (c->scanner->member_count - first <= SUSPECTS_COUNT_MAX)
        return suspects_repeat(c, first, suspects);
    put = table_put_all(c, first);
    return put == PUT_TOO_FULL ? sorted_repeat(c, first) : put == PUT_DOUBLE;
}
