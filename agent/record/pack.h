/*
 * Writes msgpack into a buffer, as a record is put into a chunk.
 *
 * msgpack-c packs through a callback for each piece of a value; on the path of a byte that costs
 * more than the copy itself, so the few forms a chunk needs are written here, in the shortest form
 * but for extensions. Source: the msgpack specification, spec.md. Pure.
 */
#ifndef TAILRACE_RECORD_PACK_H
#define TAILRACE_RECORD_PACK_H

#include "base/buffer.h"

/* Most bytes that stand before the payload of a string, an extension, a map or an array. */
#define PACK_HEAD_MAX 6

/* Each writes at `out`, which has room, and returns the place after. */
char *pack_bool(char *out, bool value);
char *pack_int(char *out, int64_t value);
char *pack_uint(char *out, uint64_t value);
char *pack_double(char *out, double value);

/* The shortest forms are in line: every record has a dozen of them. */
#define PACK_NIL ((char)0xc0)
#define PACK_EXT ((char)0xc9)
#define PACK_SMALL_MAP_MAX 15u
#define PACK_SMALL_STR_MAX 31u

char *pack_map_head_long(char *out, uint32_t count);
char *pack_str_head_long(char *out, uint32_t len);

static inline char *pack_nil(char *out)
{
    *out = PACK_NIL;
    return out + 1;
}

static inline char *pack_map_head(char *out, uint32_t count)
{
    if (UNLIKELY(count > PACK_SMALL_MAP_MAX))
        return pack_map_head_long(out, count);
    *out = (char)(0x80 | count);
    return out + 1;
}

static inline char *pack_str_head(char *out, uint32_t len)
{
    if (UNLIKELY(len > PACK_SMALL_STR_MAX))
        return pack_str_head_long(out, len);
    *out = (char)(0xa0 | len);
    return out + 1;
}

/* Always with four bytes of length: lines are about as long as one byte of it says, and which side
 * of that the next one is on cannot be guessed, here or where it is read. */
static inline char *pack_ext_head(char *out, char type, uint32_t len)
{
    uint32_t swapped = __builtin_bswap32(len);

    out[0] = PACK_EXT;
    memcpy(out + 1, &swapped, sizeof swapped);
    out[5] = type;
    return out + PACK_HEAD_MAX;
}

/* What pack_ext_head wrote. */
static inline uint32_t pack_ext_len(const char *head)
{
    uint32_t swapped;

    memcpy(&swapped, head + 1, sizeof swapped);
    return __builtin_bswap32(swapped);
}

/* The length of a string in the shortest form; above PACK_SMALL_STR_MAX: it is not one. */
static inline unsigned pack_small_str_len(char head)
{
    return (uint8_t)head - 0xa0u;
}

static inline bool pack_is_small_map(char head)
{
    return (head & 0xf0) == 0x80;
}

/* Most bytes that a scalar takes. */
#define PACK_SCALAR_MAX 9

#endif
