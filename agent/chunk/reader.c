#include "chunk/reader.h"

#include "record/unpack.h"

void chunk_reader_init(struct chunk_reader *reader, const struct chunk *chunk)
{
    *reader = (struct chunk_reader){
        .at = chunk->bytes.data,
        .end = chunk->bytes.data + chunk->bytes.len,
        .run = chunk->runs,
        .run_left = chunk->run_count ? chunk->runs[0].record_count : 0,
    };
}

static const char *head_read(const char *p, struct chunk_head *head)
{
    /* array(3), ext8, as head_append writes them. */
    CHECK((uint8_t)p[0] == 0x93 && (uint8_t)p[1] == 0xc7 && p[2] == sizeof *head &&
          p[3] == CHUNK_EXT_HEAD);
    memcpy(head, p + 4, sizeof *head);
    return p + 4 + sizeof *head;
}

bool chunk_reader_next(struct chunk_reader *reader, struct chunk_record *record)
{
    const char *p = reader->at;
    struct unpack_token token;

    if (p == reader->end)
        return false;
    while (reader->run_left == 0)
        reader->run_left = (++reader->run)->record_count;
    reader->run_left--;
    record->run = reader->run;

    p = head_read(p, &record->head);
    p = unpack_token(p, reader->end, &token);
    CHECK(p != NULL && token.kind == UNPACK_MAP);
    CHECK((size_t)(reader->end - p) > record->head.fields_bytes);
    record->fields = slice_make(p, record->head.fields_bytes);

    p = unpack_token(p + record->head.fields_bytes, reader->end, &token);
    CHECK(p != NULL);
    record->metadata = token.kind == UNPACK_EXT ? token.bytes : (struct slice){0};
    reader->at = p;
    return true;
}

/* A key as map entries have it: a string, or nil before what is spliced in. */
static const char *key_read(const char *p, const char *end, struct slice *key)
{
    unsigned len = (uint8_t)*p - 0xa0u;
    struct unpack_token token;

    if (LIKELY(len < 32)) {
        *key = slice_make(p + 1, len);
        return p + 1 + len;
    }
    p = unpack_token(p, end, &token);
    *key = token.kind == UNPACK_STR ? token.bytes : (struct slice){0};
    return p;
}

/* Any value; short strings, the most of them, do not come here. */
static const char *value_read(const char *begin, const char *end, struct chunk_field *field)
{
    struct unpack_token token;
    const char *p = unpack_token(begin, end, &token);

    CHECK(p != NULL);
    field->value = token.bytes;
    if (token.kind == UNPACK_STR) {
        field->kind = CHUNK_VALUE_TEXT;
    } else if (token.kind == UNPACK_EXT && token.ext_type == CHUNK_EXT_MEMBERS) {
        field->kind = CHUNK_VALUE_MEMBERS;
    } else if (token.kind == UNPACK_EXT && token.ext_type == CHUNK_EXT_JSON) {
        field->kind = CHUNK_VALUE_JSON;
    } else {
        field->kind = CHUNK_VALUE_MSGPACK;
        p = unpack_skip(begin, end);
        field->value = slice_make(begin, (size_t)(p - begin));
    }
    return p;
}

bool chunk_field_next(struct slice *rest, struct chunk_field *field)
{
    const char *p = rest->data, *end = rest->data + rest->len;
    unsigned len;

    if (rest->len == 0)
        return false;
    p = key_read(p, end, &field->key);
    len = (uint8_t)*p - 0xa0u;
    if (LIKELY(len < 32)) {
        field->kind = CHUNK_VALUE_TEXT;
        field->value = slice_make(p + 1, len);
        p += 1 + len;
    } else {
        p = value_read(p, end, field);
    }
    *rest = slice_make(p, (size_t)(end - p));
    return true;
}
