/*
 * The pieces of which record_write and plain_write make a record, in the format of chunk.h. Each writes at
 * `to`, where there is room for it, and returns the place behind. Only they include it; pure, and on the
 * path of every record.
 */
#ifndef TAILRACE_CHUNK_RECORD_PUT_H
#define TAILRACE_CHUNK_RECORD_PUT_H

#include "chunk/chunk.h"
#include "record/copy.h"
#include "record/pack.h"

#include <stddef.h>

/* nil, and the address as an extension */
#define SHARED_ROOM (1 + PACK_HEAD_MAX + sizeof(void *))

static inline char *text_put(char *to, struct slice text)
{
    return copy_text(pack_str_head(to, (uint32_t)text.len), text);
}

static inline char *ext_put(char *to, char type, struct slice text)
{
    return copy_text(pack_ext_head(to, type, (uint32_t)text.len), text);
}

static inline char *shared_put(char *to, const struct shared_object *shared)
{
    to = pack_ext_head(pack_nil(to), CHUNK_EXT_SHARED, sizeof shared);
    return (char *)memcpy(to, &shared, sizeof shared) + sizeof shared;
}

static inline void put_64(char *to, uint64_t number)
{
    memcpy(to, &number, sizeof number);
}

/* One number after the other into its place: put together elsewhere and then copied, the whole
 * would be read before the parts have arrived. */
static inline void head_put(char *to, const struct chunk_head *head)
{
    memcpy(to, CHUNK_RECORD_BEGIN, CHUNK_HEAD_AT);
    to += CHUNK_HEAD_AT;
    put_64(to, (uint64_t)head->time_ns);
    put_64(to + 8, head->offset);
    put_64(to + 16, head->initials);
    put_64(to + 24, head->field_count | (uint64_t)head->fields_bytes << 32);
}

_Static_assert(offsetof(struct chunk_head, time_ns) == 0 &&
                   offsetof(struct chunk_head, offset) == 8 &&
                   offsetof(struct chunk_head, initials) == 16 &&
                   offsetof(struct chunk_head, field_count) == 24 &&
                   offsetof(struct chunk_head, fields_bytes) == 28,
               "head_put puts them there by number");

#endif
