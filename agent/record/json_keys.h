/*
 * Whether a key stands twice in an object, while the object is checked.
 *
 * A key sets a bit in each of two words; only when both were set before may it be there twice. Such
 * a key is a suspect. When the object ends, each suspect is compared with the keys before it; of a
 * large object all keys go into a table instead, and are sorted where the table does not keep them
 * apart. So time stays linear, but for that logarithm. On the hot path; for json_check.c alone.
 */
#ifndef TAILRACE_RECORD_JSON_KEYS_H
#define TAILRACE_RECORD_JSON_KEYS_H

#include "record/json_check.h"

/* All zero: no key yet. */
struct json_keys_seen {
    uint64_t bits_0;
    uint64_t bits_1;
    uint64_t suspects; /* by the number of their member; the last bit stands for the rest */
};

static inline uint32_t json_load_16(const char *p)
{
    uint16_t two;

    memcpy(&two, p, sizeof two);
    return two;
}

/* A few bits of a key that stands in its quotes, cheap and spread enough that most objects never
 * compare two keys. Of a key of one byte or none the quotes are looked at too, and of none the byte
 * after them. */
static inline uint32_t json_key_mix(uint32_t head, uint32_t tail, size_t len)
{
    return ((head << 16 | tail) + (uint32_t)len * 8) * UINT32_C(2654435769);
}

static inline uint32_t json_key_hash(const char *key, size_t len)
{
    return json_key_mix(json_load_16(key), json_load_16(key + len - 1), len);
}

/* The same of a key of at least two bytes that stands anywhere else. */
static inline uint32_t json_key_hash_bare(struct slice key)
{
    const char tail[2] = {key.data[key.len - 1], '"'};

    return json_key_mix(json_load_16(key.data), json_load_16(tail), key.len);
}

static inline uint64_t json_key_bit_0(uint32_t hash)
{
    return UINT64_C(1) << (hash >> 26);
}

static inline uint64_t json_key_bit_1(uint32_t hash)
{
    return UINT64_C(1) << (hash >> 20 & 63);
}

/* The key of member `number`, from 0. */
static inline void json_keys_add(struct json_keys_seen *seen, uint32_t hash, size_t number)
{
    uint64_t bit_0 = json_key_bit_0(hash), bit_1 = json_key_bit_1(hash);

    if (UNLIKELY((seen->bits_0 & bit_0) != 0) && (seen->bits_1 & bit_1) != 0)
        seen->suspects |= UINT64_C(1) << (number < 63 ? number : 63);
    seen->bits_0 |= bit_0;
    seen->bits_1 |= bit_1;
}

/* Whether the scanner's members from `first` on have a key twice. */
bool json_keys_repeat(const struct json_check *c, uint32_t first, uint64_t suspects);

#endif
