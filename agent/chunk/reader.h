/*
 * A chunk reader walks the records of a sealed chunk, run by run, without unpacking values.
 *
 * Life     chunk_reader_init -> chunk_reader_next* ; nothing to free. Any thread.
 * Stops    the process, when the bytes are not what chunk_append writes.
 */
#ifndef TAILRACE_CHUNK_READER_H
#define TAILRACE_CHUNK_READER_H

#include "chunk/chunk.h"
#include "record/pack.h"

/* A record in place; slices are lent by the chunk. */
struct chunk_record {
    struct chunk_head head;
    struct slice fields;   /* the msgpack of its fields, one after the other */
    struct slice metadata; /* JSON object text, or empty */
    const struct chunk_run *run;
};

enum chunk_value_kind {
    CHUNK_VALUE_MSGPACK,
    CHUNK_VALUE_TEXT,    /* a string, bytes as read */
    CHUNK_VALUE_JSON,    /* JSON text */
    CHUNK_VALUE_MEMBERS, /* text of an object whose members are spliced in; no key */
};

struct chunk_field {
    struct slice key;
    enum chunk_value_kind kind;
    bool is_shared;     /* members that other records have too: their text is not in the chunk */
    struct slice value; /* the text, or the whole msgpack value */
};

struct chunk_reader {
    const char *at;
    const char *end;
    const struct chunk_run *run;
    uint32_t run_left;
};

void chunk_reader_init(struct chunk_reader *reader, const struct chunk *chunk);

/* False after the last record. */
bool chunk_reader_next(struct chunk_reader *reader, struct chunk_record *record);

/* Takes the first field off `*rest`, which begins as record.fields. False after the last. In line,
 * because it is for every field of every record; what is not a short text under a short key, or the
 * members of an object, goes another way. */
static inline bool chunk_field_next(struct slice *rest, struct chunk_field *field);
const char *chunk_field_read(const char *p, const char *end, struct chunk_field *field);

/* What has no key is spliced in. The text that is shared lives as long as the chunk. */
static inline const char *chunk_members_read(const char *p, struct chunk_field *field)
{
    struct slice bytes = slice_make(p + 1 + PACK_HEAD_MAX, pack_ext_len(p + 1));
    const struct shared_object *shared;

    field->kind = CHUNK_VALUE_MEMBERS;
    field->key = (struct slice){0};
    field->value = bytes;
    field->is_shared = p[6] == CHUNK_EXT_SHARED;
    if (field->is_shared) {
        memcpy(&shared, bytes.data, sizeof shared);
        field->value = shared_text(shared);
    }
    return bytes.data + bytes.len;
}

static inline bool chunk_field_next(struct slice *rest, struct chunk_field *field)
{
    const char *p = rest->data, *end = p + rest->len, *value;
    size_t key_len;

    if (rest->len == 0)
        return false;
    field->is_shared = false;
    key_len = pack_small_str_len(p[0]);
    value = p + 1 + key_len;
    if (LIKELY(key_len <= PACK_SMALL_STR_MAX && pack_small_str_len(*value) <= PACK_SMALL_STR_MAX)) {
        field->kind = CHUNK_VALUE_TEXT;
        field->key = slice_make(p + 1, key_len);
        field->value = slice_make(value + 1, pack_small_str_len(*value));
        p = field->value.data + field->value.len;
    } else if (p[0] == PACK_NIL && p[1] == PACK_EXT) {
        p = chunk_members_read(p, field);
    } else {
        p = chunk_field_read(p, end, field);
    }
    *rest = slice_make(p, (size_t)(end - p));
    return true;
}

/* What the ids of a run's records begin with; 0: they have none. A tag that is not the origin's own
 * changes it: a filter may have kept the record under the first one, too. */
static inline uint64_t chunk_run_stream(const struct chunk_run *run)
{
    uint64_t id = run->origin->id;

    return id == 0 || run->tag.data == run->origin->tag.data ? id : (id ^ slice_hash(run->tag)) | 1;
}

#endif
