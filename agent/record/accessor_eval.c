#include "record/accessor_eval.h"

#include "record/json_compact.h"
#include "record/json_write.h"
#include "record/unpack.h"

#include <inttypes.h>
#include <stdlib.h>

static bool record_lookup(void *owner, struct slice key, struct value *out)
{
    return record_find(owner, key, out);
}

struct accessor_scope accessor_scope_of(struct record *record, struct slice tag)
{
    return (struct accessor_scope){
        .find = record_lookup,
        .owner = record,
        .arena = &record->arena,
        .tag = tag,
    };
}

/* ---- finding ---- */

static bool part_find(const struct accessor_part *part, const struct accessor_scope *scope,
                      struct value *out)
{
    CHECK(part->step_count > 0 && part->steps[0].key.data != NULL);
    if (!scope->find(scope->owner, part->steps[0].key, out))
        return false;
    for (uint32_t i = 1; i < part->step_count; i++) {
        const struct accessor_step *step = &part->steps[i];
        struct value inside = *out;

        if (step->key.data == NULL) {
            if (!value_at_index(&inside, step->index, out))
                return false;
        } else if (!value_is_map(&inside)) {
            return true;
        } else if (!value_at_key(&inside, step->key, out)) {
            return false;
        }
    }
    return true;
}

bool accessor_find(const struct accessor *a, const struct accessor_scope *scope, struct value *out)
{
    const struct accessor_part *part = accessor_part(a, 0);

    CHECK(part->kind == ACCESSOR_FIELD);
    return part_find(part, scope, out);
}

bool accessor_value(const struct accessor *a, struct record *record, struct value *out)
{
    struct accessor_scope scope = accessor_scope_of(record, (struct slice){0});

    return accessor_find(a, &scope, out);
}

/* ---- rendering ---- */

static void render_hex(struct buffer *out, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        buffer_append_format(out, "%02x", (unsigned)(uint8_t)bytes.data[i]);
}

/* Checked JSON, not nested: a number with a point or an exponent is a double. */
static void render_json_scalar(struct buffer *out, struct slice text, struct arena *arena)
{
    const char *copy = arena_copy(arena, text).data;

    if (strchr("tfn", copy[0]) == NULL && strpbrk(copy, ".eE") != NULL)
        buffer_append_format(out, "%f", strtod(copy, NULL));
    else
        buffer_append(out, text);
}

static void render_msgpack_scalar(struct buffer *out, struct slice bytes)
{
    struct unpack_token token;

    CHECK(unpack_token(bytes.data, bytes.data + bytes.len, &token) != NULL);
    if (token.kind == UNPACK_BIN || token.kind == UNPACK_EXT)
        render_hex(out, token.bytes);
    else if (token.kind == UNPACK_STR)
        buffer_append(out, token.bytes);
    else if (token.kind == UNPACK_DOUBLE)
        buffer_append_format(out, "%f", token.real);
    else
        json_write_msgpack(out, bytes);
}

static void render_map(struct buffer *out, const struct value *map)
{
    size_t from = out->len;

    json_write_value(out, map);
    out->len = from + json_compact(out->data + from, out->len - from);
}

/* False for an array. */
static bool render_value(struct buffer *out, const struct value *value, struct arena *arena)
{
    struct slice text;

    if (value_is_array(value))
        return false;
    if (value_is_map(value))
        render_map(out, value);
    else if (value->kind == VALUE_MSGPACK)
        render_msgpack_scalar(out, value->text);
    else if (value_as_text(value, arena, &text))
        buffer_append(out, text);
    else if (value->kind == VALUE_JSON)
        render_json_scalar(out, value->text, arena);
    else if (value->kind == VALUE_DOUBLE)
        buffer_append_format(out, "%f", value->real);
    else
        json_write_value(out, value);
    return true;
}

static bool render_slice(struct buffer *out, struct slice text)
{
    buffer_append(out, text);
    return text.data != NULL;
}

/* False when the variable is missing. */
static bool render_part(struct buffer *out, const struct accessor_part *part,
                        const struct accessor_scope *scope)
{
    struct value value;

    switch (part->kind) {
    case ACCESSOR_TEXT:
        buffer_append(out, part->text);
        return true;
    case ACCESSOR_FIELD:
        return part_find(part, scope, &value) && render_value(out, &value, scope->arena);
    case ACCESSOR_TAG:
        return render_slice(out, scope->tag);
    case ACCESSOR_TAG_PART:
        return render_slice(out, accessor_tag_part(scope->tag, part->number));
    case ACCESSOR_CAPTURE:
        return scope->match != NULL && render_slice(out, regex_capture(scope->match, part->number));
    }
    return false;
}

struct slice accessor_render(const struct accessor *a, const struct accessor_scope *scope,
                             bool *is_missing)
{
    struct buffer out = {0};
    struct slice text;
    bool lacks = false;

    if (!accessor_is_constant(a, &text)) {
        for (size_t i = 0; i < accessor_part_count(a); i++)
            lacks |= !render_part(&out, accessor_part(a, i), scope);
        text = arena_copy(scope->arena, buffer_view(&out));
        buffer_fini(&out);
    }
    if (is_missing != NULL)
        *is_missing = lacks;
    return text;
}
