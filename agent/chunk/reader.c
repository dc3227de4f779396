#include "chunk/reader.h"

#include "record/unpack.h"

void chunk_reader_init(struct chunk_reader *reader, const struct chunk *chunk)
{
    CHECK(chunk->is_sealed);
    *reader = (struct chunk_reader){
        .at = chunk->bytes.data,
        .end = chunk->bytes.data + chunk->bytes.len,
        .run = chunk->runs,
        .run_left = chunk->run_count ? chunk->runs[0].record_count : 0,
    };
}

static const char *head_read(const char *p, struct chunk_head *head)
{
    CHECK(memcmp(p, CHUNK_RECORD_BEGIN, CHUNK_HEAD_AT) == 0);
    memcpy(head, p + CHUNK_HEAD_AT, sizeof *head);
    return p + CHUNK_HEAD_AT + sizeof *head;
}

static const char *fields_read(const char *p, const char *end, struct chunk_record *record)
{
    size_t fields_bytes = record->head.fields_bytes;
    struct unpack_token token;

    if (LIKELY(pack_is_small_map(*p))) {
        p++;
    } else {
        p = unpack_token(p, end, &token);
        CHECK(p != NULL && token.kind == UNPACK_MAP);
    }
    CHECK((size_t)(end - p) > fields_bytes);
    record->fields = slice_make(p, fields_bytes);
    return p + fields_bytes;
}

static const char *metadata_read(const char *p, const char *end, struct slice *metadata)
{
    struct unpack_token token;

    *metadata = (struct slice){0};
    if (LIKELY(*p == PACK_NIL))
        return p + 1;
    p = unpack_token(p, end, &token);
    CHECK(p != NULL);
    if (token.kind == UNPACK_EXT)
        *metadata = token.bytes;
    return p;
}

bool chunk_reader_next(struct chunk_reader *reader, struct chunk_record *record)
{
    const char *p = reader->at;

    if (p == reader->end)
        return false;
    while (reader->run_left == 0)
        reader->run_left = (++reader->run)->record_count;
    reader->run_left--;
    record->run = reader->run;

    p = fields_read(head_read(p, &record->head), reader->end, record);
    reader->at = metadata_read(p, reader->end, &record->metadata);
    return true;
}

/* What is spliced in, and so has nil for a key, does not come here. */
static const char *key_read(const char *p, const char *end, struct slice *key)
{
    struct unpack_token token;

    p = unpack_token(p, end, &token);
    CHECK(p != NULL && token.kind == UNPACK_STR);
    *key = token.bytes;
    return p;
}

static const char *value_read(const char *begin, const char *end, struct chunk_field *field)
{
    struct unpack_token token;
    const char *p = unpack_token(begin, end, &token);

    CHECK(p != NULL);
    field->value = token.bytes;
    if (token.kind == UNPACK_STR) {
        field->kind = CHUNK_VALUE_TEXT;
    } else if (token.kind == UNPACK_EXT && token.ext_type == CHUNK_EXT_JSON) {
        field->kind = CHUNK_VALUE_JSON;
    } else {
        field->kind = CHUNK_VALUE_MSGPACK;
        p = unpack_skip(begin, end);
        CHECK(p != NULL);
        field->value = slice_make(begin, (size_t)(p - begin));
    }
    return p;
}

const char *chunk_field_read(const char *p, const char *end, struct chunk_field *field)
{
    p = key_read(p, end, &field->key);
    return value_read(p, end, field);
}
