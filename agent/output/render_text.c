#include "output/render.h"

#include "base/clock.h"
#include "record/unpack.h"

#include <inttypes.h>
#include <stdlib.h>

/* A text being written, and where strings are decoded. */
struct text {
    struct buffer *out;
    struct arena *scratch;
};

static void put_members(struct text *t, struct slice object, bool *is_first);
static const char *put_msgpack(struct text *t, const char *p, const char *end);

static void put_quoted(struct text *t, struct slice text)
{
    char *to = buffer_reserve(t->out, text.len + 2);

    *to++ = '"';
    if (text.len > 0)
        memcpy(to, text.data, text.len);
    to[text.len] = '"';
    buffer_commit(t->out, text.len + 2);
}

static void put_separator(struct text *t, bool *is_first)
{
    if (!*is_first)
        buffer_append(t->out, SLICE(", "));
    *is_first = false;
}

/* ---- JSON text ---- */

static bool is_integer(struct slice number)
{
    for (size_t i = 0; i < number.len; i++)
        if (strchr(".eE", number.data[i]) != NULL)
            return false;
    return true;
}

static void put_number(struct text *t, struct slice number)
{
    if (is_integer(number))
        buffer_append(t->out, number);
    else
        buffer_append_format(t->out, "%f", strtod(arena_copy(t->scratch, number).data, NULL));
}

static void put_json_nested(struct text *t, struct slice value);

static void put_json(struct text *t, struct slice value)
{
    CHECK(value.len > 0);
    switch (value.data[0]) {
    case '"':
        put_quoted(t, json_unescape(value, t->scratch));
        return;
    case '{':
    case '[':
        put_json_nested(t, value);
        return;
    case 'n':
        buffer_append(t->out, SLICE("nil"));
        return;
    case 't':
    case 'f':
        buffer_append(t->out, value);
        return;
    default:
        put_number(t, value);
    }
}

static void put_members(struct text *t, struct slice object, bool *is_first)
{
    struct slice rest = object, key, value;

    while (json_next(&rest, &key, &value)) {
        put_separator(t, is_first);
        put_quoted(t, json_unescape(slice_make(key.data - 1, key.len + 2), t->scratch));
        buffer_append(t->out, SLICE("=>"));
        put_json(t, value);
    }
}

static void put_elements(struct text *t, struct slice array)
{
    struct slice rest = array, key, value;
    bool is_first = true;

    while (json_next(&rest, &key, &value)) {
        put_separator(t, &is_first);
        put_json(t, value);
    }
}

static void put_json_nested(struct text *t, struct slice value)
{
    bool is_first = true;

    buffer_append_byte(t->out, value.data[0]);
    if (value.data[0] == '{')
        put_members(t, value, &is_first);
    else
        put_elements(t, value);
    buffer_append_byte(t->out, value.data[0] == '{' ? '}' : ']');
}

/* ---- msgpack ---- */

static void put_extension(struct text *t, const struct unpack_token *token)
{
    if (token->ext_type == CHUNK_EXT_JSON) {
        put_json(t, token->bytes);
        return;
    }
    buffer_append_format(t->out, "(ext: %d)\"", token->ext_type);
    for (size_t i = 0; i < token->bytes.len; i++)
        buffer_append_format(t->out, "\\x%02x", (unsigned char)token->bytes.data[i]);
    buffer_append_byte(t->out, '"');
}

static const char *put_array(struct text *t, const char *p, const char *end, uint32_t count)
{
    bool is_first = true;

    buffer_append_byte(t->out, '[');
    while (count-- > 0) {
        put_separator(t, &is_first);
        p = put_msgpack(t, p, end);
    }
    buffer_append_byte(t->out, ']');
    return p;
}

/* A pair of a map; a key that is nil stands before an object whose members are spliced in. */
static const char *put_pair(struct text *t, const char *p, const char *end, bool *is_first)
{
    struct unpack_token key, value;
    const char *after = unpack_token(p, end, &key);

    CHECK(after != NULL);
    if (key.kind == UNPACK_NIL) {
        const char *past = unpack_token(after, end, &value);

        if (past != NULL && value.kind == UNPACK_EXT && value.ext_type == CHUNK_EXT_MEMBERS) {
            put_members(t, value.bytes, is_first);
            return past;
        }
    }
    put_separator(t, is_first);
    p = put_msgpack(t, p, end);
    buffer_append(t->out, SLICE("=>"));
    return put_msgpack(t, p, end);
}

static const char *put_map(struct text *t, const char *p, const char *end, uint32_t count)
{
    bool is_first = true;

    buffer_append_byte(t->out, '{');
    while (count-- > 0)
        p = put_pair(t, p, end, &is_first);
    buffer_append_byte(t->out, '}');
    return p;
}

/* Writes the value at `p` and returns the place after it. */
static const char *put_msgpack(struct text *t, const char *p, const char *end)
{
    struct unpack_token token;

    p = unpack_token(p, end, &token);
    CHECK(p != NULL);
    switch (token.kind) {
    case UNPACK_NIL:
        buffer_append(t->out, SLICE("nil"));
        return p;
    case UNPACK_BOOL:
        buffer_append_text(t->out, token.boolean ? "true" : "false");
        return p;
    case UNPACK_INT:
        buffer_append_format(t->out, "%" PRId64, token.integer);
        return p;
    case UNPACK_UINT:
        buffer_append_format(t->out, "%" PRIu64, token.natural);
        return p;
    case UNPACK_DOUBLE:
        buffer_append_format(t->out, "%f", token.real);
        return p;
    case UNPACK_STR:
    case UNPACK_BIN:
        put_quoted(t, token.bytes);
        return p;
    case UNPACK_EXT:
        put_extension(t, &token);
        return p;
    case UNPACK_ARRAY:
        return put_array(t, p, end, token.count);
    case UNPACK_MAP:
        return put_map(t, p, end, token.count);
    }
    return p;
}

/* ---- records ---- */

static void put_value(struct text *t, const struct chunk_field *field)
{
    switch (field->kind) {
    case CHUNK_VALUE_TEXT:
        put_quoted(t, field->value);
        return;
    case CHUNK_VALUE_JSON:
        put_json(t, field->value);
        return;
    case CHUNK_VALUE_MSGPACK:
        put_msgpack(t, field->value.data, field->value.data + field->value.len);
        return;
    case CHUNK_VALUE_MEMBERS:
        break;
    }
    CHECK(field->kind != CHUNK_VALUE_MEMBERS);
}

void render_text_value(const struct chunk_field *field, struct arena *scratch, struct buffer *out)
{
    struct text t = {.out = out, .scratch = scratch};

    put_value(&t, field);
}

void render_seconds(int64_t time_ns, struct buffer *out)
{
    buffer_append_format(out, "%" PRId64 ".", time_ns / NS_PER_S);
    time_append_fraction(time_ns, 9, out);
}

static void put_fields(struct text *t, const struct chunk_record *record)
{
    struct field_walk walk;
    struct chunk_field field;
    bool is_first = true;

    field_walk_begin(&walk, record);
    buffer_append_byte(t->out, '{');
    while (field_walk_next(&walk, t->scratch, &field)) {
        put_separator(t, &is_first);
        put_quoted(t, field.key);
        buffer_append(t->out, SLICE("=>"));
        put_value(t, &field);
    }
    buffer_append_byte(t->out, '}');
}

void render_text(const struct chunk_record *record, uint32_t number, struct arena *scratch,
                 struct buffer *out)
{
    struct text t = {.out = out, .scratch = scratch};

    arena_reset(scratch);
    buffer_append_format(out, "[%" PRIu32 "] %.*s: [[", number, SLICE_ARG(record->run->tag));
    render_seconds(record->head.time_ns, out);
    buffer_append(out, SLICE(", "));
    if (record->metadata.len > 0)
        put_json(&t, record->metadata);
    else
        buffer_append(out, SLICE("{}"));
    buffer_append(out, SLICE("], "));
    put_fields(&t, record);
    buffer_append(out, SLICE("]\n"));
}
