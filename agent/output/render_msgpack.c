#include "output/render.h"

#include "base/clock.h"
#include "record/msgpack.h"
#include "record/pack.h"

#define EVENT_TIME_EXT 0

static void append_text(struct slice text, struct buffer *out)
{
    char *to = pack_str_head(buffer_reserve(out, PACK_HEAD_MAX + text.len), (uint32_t)text.len);

    if (text.len > 0)
        memcpy(to, text.data, text.len);
    out->len = (size_t)(to - out->data) + text.len;
}

static void append_map_head(uint32_t count, struct buffer *out)
{
    out->len = (size_t)(pack_map_head(buffer_reserve(out, PACK_HEAD_MAX), count) - out->data);
}

/* fixext8 of type 0: seconds and nanoseconds, 32 bits each, big endian. Source: the specification
 * of Fluentd's forward protocol, EventTime. */
static void append_time(int64_t time_ns, struct buffer *out)
{
    uint32_t parts[2] = {
        __builtin_bswap32((uint32_t)(time_ns / NS_PER_S)),
        __builtin_bswap32((uint32_t)(time_ns % NS_PER_S)),
    };
    char *to = buffer_reserve(out, 2 + sizeof parts);

    to[0] = (char)0xd7;
    to[1] = EVENT_TIME_EXT;
    memcpy(to + 2, parts, sizeof parts);
    buffer_commit(out, 2 + sizeof parts);
}

static void append_field(const struct chunk_field *field, struct buffer *out)
{
    struct value value;

    append_text(field->key, out);
    if (field->kind == CHUNK_VALUE_TEXT) {
        append_text(field->value, out);
    } else if (field->kind == CHUNK_VALUE_JSON) {
        msgpack_append_json(out, field->value);
    } else {
        value = msgpack_value(field->value);
        msgpack_append_value(out, &value);
    }
}

static uint32_t member_count(struct slice object)
{
    struct slice rest = object, key, value;
    uint32_t count = 0;

    while (json_next(&rest, &key, &value))
        count++;
    return count;
}

/* With each spliced object's members in its place. */
static uint32_t field_count(const struct chunk_record *record)
{
    struct slice rest = record->fields;
    struct chunk_field field;
    uint32_t count = 0;

    while (chunk_field_next(&rest, &field))
        count += field.kind == CHUNK_VALUE_MEMBERS ? member_count(field.value) : 1;
    return count;
}

/* The fields as one map, whole. */
static void append_fields(const struct chunk_record *record, struct buffer *out)
{
    struct field_walk walk;
    struct chunk_field field;
    struct arena scratch = {0};

    field_walk_begin(&walk, record);
    append_map_head(field_count(record), out);
    while (field_walk_next(&walk, &scratch, &field))
        append_field(&field, out);
    arena_fini(&scratch);
}

void render_msgpack(const struct chunk_record *record, bool with_metadata, struct buffer *out)
{
    buffer_append_byte(out, (char)0x92);
    if (with_metadata)
        buffer_append_byte(out, (char)0x92);
    append_time(record->head.time_ns, out);
    if (with_metadata && record->metadata.len > 0)
        msgpack_append_json(out, record->metadata);
    else if (with_metadata)
        append_map_head(0, out);
    append_fields(record, out);
}
