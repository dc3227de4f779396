/*
 * A few bits of a key of JSON text, that say which keys are not in an object without a look at it.
 * Pure; on the hot path, where a key that the program knows becomes a constant.
 */
#ifndef TAILRACE_RECORD_JSON_KEY_H
#define TAILRACE_RECORD_JSON_KEY_H

#include "base/slice.h"

#include <string.h>

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

/* The bit of a key in json_object.key_bits. Of a key of one byte or none what stands around it has to
 * do with the bit, so it may be any. */
static inline uint64_t json_key_bit(struct slice key)
{
    return key.len < 2 ? UINT64_MAX : json_key_bit_0(json_key_hash_bare(key));
}

#endif
