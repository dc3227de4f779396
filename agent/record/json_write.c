#include "record/json_write.h"

#include "record/msgpack.h"
#include "record/unpack.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A map with more keys than this goes the long way, through a list of its fields. */
#define KEYS_PLAIN_MAX 64

#define DOUBLE_CHARS_MAX 32

/* 2^63: whole numbers below fit an int64_t. */
#define WHOLE_MAX 9223372036854775808.0

/* As many digits as it takes to read the same number again: 16 nearly always, else 17. */
static void write_digits(struct buffer *out, double real)
{
    char digits[DOUBLE_CHARS_MAX];

    snprintf(digits, sizeof digits, "%.16g", real);
    if (strtod(digits, NULL) != real)
        snprintf(digits, sizeof digits, "%.17g", real);
    buffer_append_text(out, digits);
}

void json_write_double(struct buffer *out, double real)
{
    if (!isfinite(real))
        buffer_append(out, SLICE("null"));
    else if (fabs(real) < WHOLE_MAX && real == trunc(real))
        buffer_append_format(out, "%.1f", real);
    else
        write_digits(out, real);
}

void json_write_text(struct buffer *out, struct slice text)
{
    buffer_append_byte(out, '"');
    json_escape(out, text);
    buffer_append_byte(out, '"');
}

/* One byte, as \xNN would show it; the backslash is escaped in JSON. */
static void write_hex(struct buffer *out, struct slice bytes)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < bytes.len; i++)
        buffer_append_format(out, "\\\\x%02x", (unsigned)(uint8_t)bytes.data[i]);
    buffer_append_byte(out, '"');
}

/* ---- fields ---- */

/* Each has a key, and none stands twice. */
static void write_list(struct buffer *out, const struct field_list *list)
{
    buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        json_write_text(out, list->fields[i].key);
        buffer_append_byte(out, ':');
        json_write_value(out, &list->fields[i].value);
    }
    buffer_append_byte(out, '}');
}

/* The long way, for a map of any kind. */
static void write_unfolded(struct buffer *out, const struct value *map)
{
    struct arena arena = {0};
    struct field_list *list = value_unfold(map, &arena);

    fields_drop_doubles(list, &arena);
    write_list(out, list);
    arena_fini(&arena);
}

/* Whether every field has a key, and their first letters say that none stands twice. */
static bool list_is_plain(const struct field_list *list)
{
    uint64_t seen = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        uint64_t initial = json_initial(list->fields[i].key);

        if ((seen & initial) != 0 || list->fields[i].value.kind == VALUE_MEMBERS)
            return false;
        seen |= initial;
    }
    return true;
}

void json_write_fields(struct buffer *out, const struct field_list *list)
{
    struct value map = {.kind = VALUE_MAP, .map = (struct field_list *)list};

    if (list_is_plain(list))
        write_list(out, list);
    else
        write_unfolded(out, &map);
}

/* ---- msgpack ---- */

static const char *write_msgpack(struct buffer *out, const char *p, const char *end);

/* The same for `count` pairs at `p`, where keys that begin alike are compared. */
static bool pairs_are_plain(const char *p, const char *end, uint32_t count)
{
    struct slice keys[KEYS_PLAIN_MAX];
    uint64_t seen = 0;

    if (count > KEYS_PLAIN_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct unpack_token key;

        p = unpack_skip(unpack_token(p, end, &key), end);
        if (key.kind != UNPACK_STR)
            return false;
        if (seen & json_initial(key.bytes))
            for (uint32_t other = 0; other < i; other++)
                if (slice_equal(keys[other], key.bytes))
                    return false;
        seen |= json_initial(key.bytes);
        keys[i] = key.bytes;
    }
    return true;
}

static const char *write_pairs(struct buffer *out, const char *p, const char *end, uint32_t count)
{
    buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        p = write_msgpack(out, p, end);
        buffer_append_byte(out, ':');
        p = write_msgpack(out, p, end);
    }
    buffer_append_byte(out, '}');
    return p;
}

/* `head` is where the map begins, `p` where its first key does. */
static const char *write_map(struct buffer *out, const char *head, const char *p, const char *end,
                             uint32_t count)
{
    const char *after;
    struct value map;

    if (pairs_are_plain(p, end, count))
        return write_pairs(out, p, end, count);
    after = unpack_skip(head, end);
    CHECK(after != NULL);
    map = value_msgpack(slice_make(head, (size_t)(after - head)));
    write_unfolded(out, &map);
    return after;
}

static const char *write_array(struct buffer *out, const char *p, const char *end, uint32_t count)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        p = write_msgpack(out, p, end);
    }
    buffer_append_byte(out, ']');
    return p;
}

static void write_ext(struct buffer *out, const struct unpack_token *token)
{
    if (token->ext_type == MSGPACK_EXT_JSON)
        buffer_append(out, token->bytes);
    else
        write_hex(out, token->bytes);
}

static void write_scalar(struct buffer *out, const struct unpack_token *token)
{
    switch (token->kind) {
    case UNPACK_BOOL:
        buffer_append_text(out, token->boolean ? "true" : "false");
        return;
    case UNPACK_INT:
        buffer_append_format(out, "%" PRId64, token->integer);
        return;
    case UNPACK_UINT:
        buffer_append_format(out, "%" PRIu64, token->natural);
        return;
    case UNPACK_DOUBLE:
        json_write_double(out, token->real);
        return;
    case UNPACK_STR:
    case UNPACK_BIN:
        json_write_text(out, token->bytes);
        return;
    case UNPACK_EXT:
        write_ext(out, token);
        return;
    default:
        buffer_append(out, SLICE("null"));
    }
}

/* Returns the place after the value at `p`. */
static const char *write_msgpack(struct buffer *out, const char *p, const char *end)
{
    struct unpack_token token;
    const char *after = unpack_token(p, end, &token);

    CHECK(after != NULL);
    if (token.kind == UNPACK_MAP)
        return write_map(out, p, after, end, token.count);
    if (token.kind == UNPACK_ARRAY)
        return write_array(out, after, end, token.count);
    write_scalar(out, &token);
    return after;
}

void json_write_msgpack(struct buffer *out, struct slice bytes)
{
    write_msgpack(out, bytes.data, bytes.data + bytes.len);
}

/* ---- values ---- */

void json_write_value(struct buffer *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        buffer_append(out, SLICE("null"));
        return;
    case VALUE_BOOL:
        buffer_append_text(out, value->boolean ? "true" : "false");
        return;
    case VALUE_INT:
        buffer_append_format(out, "%" PRId64, value->integer);
        return;
    case VALUE_UINT:
        buffer_append_format(out, "%" PRIu64, value->natural);
        return;
    case VALUE_DOUBLE:
        json_write_double(out, value->real);
        return;
    case VALUE_TEXT:
        json_write_text(out, value->text);
        return;
    case VALUE_JSON:
        buffer_append(out, value->text);
        return;
    case VALUE_MSGPACK:
        json_write_msgpack(out, value->text);
        return;
    case VALUE_MAP:
        json_write_fields(out, value->map);
        return;
    case VALUE_MEMBERS:
        break;
    }
    CHECK(value->kind != VALUE_MEMBERS);
}
