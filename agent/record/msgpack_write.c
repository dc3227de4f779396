#include "record/msgpack.h"

#include "record/unpack.h"

#include <msgpack/pack.h>
#include <stdlib.h>

/* Plain msgpack of what a record or a chunk holds. */

static int on_packed(void *data, const char *bytes, size_t len)
{
    buffer_append(data, slice_make(bytes, len));
    return 0;
}

static void pack_text(msgpack_packer *to, struct slice text)
{
    msgpack_pack_str(to, text.len);
    msgpack_pack_str_body(to, text.data, text.len);
}

static void pack_value(msgpack_packer *to, const struct value *value, struct arena *arena);

/* Checked: an integer fits 64 bits, anything else a double. */
static void pack_number(msgpack_packer *to, struct slice text, struct arena *arena)
{
    const char *copy = arena_copy(arena, text).data;

    if (strpbrk(copy, ".eE") != NULL)
        msgpack_pack_double(to, strtod(copy, NULL));
    else if (copy[0] == '-')
        msgpack_pack_int64(to, strtoll(copy, NULL, 10));
    else
        msgpack_pack_uint64(to, strtoull(copy, NULL, 10));
}

static void pack_json(msgpack_packer *to, struct slice text, struct arena *arena);

static void pack_json_nested(msgpack_packer *to, struct slice text, struct arena *arena)
{
    struct slice rest = text, key, value;
    size_t count = 0;

    while (json_next(&rest, &key, &value))
        count++;
    if (text.data[0] == '{')
        msgpack_pack_map(to, count);
    else
        msgpack_pack_array(to, count);
    for (rest = text; json_next(&rest, &key, &value);) {
        if (text.data[0] == '{')
            pack_text(to, json_unescape(slice_make(key.data - 1, key.len + 2), arena));
        pack_json(to, value, arena);
    }
}

static void pack_json(msgpack_packer *to, struct slice text, struct arena *arena)
{
    CHECK(text.len > 0);
    switch (text.data[0]) {
    case '{':
    case '[':
        pack_json_nested(to, text, arena);
        return;
    case '"':
        pack_text(to, json_unescape(text, arena));
        return;
    case 't':
        msgpack_pack_true(to);
        return;
    case 'f':
        msgpack_pack_false(to);
        return;
    case 'n':
        msgpack_pack_nil(to);
        return;
    default:
        pack_number(to, text, arena);
    }
}

static void pack_map(msgpack_packer *to, const struct value *map, struct arena *arena)
{
    struct field_list *list = value_unfold(map, arena);

    fields_drop_doubles(list, arena);
    msgpack_pack_map(to, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        pack_text(to, list->fields[i].key);
        pack_value(to, &list->fields[i].value, arena);
    }
}

static void pack_array(msgpack_packer *to, struct slice bytes, struct arena *arena)
{
    const char *end = bytes.data + bytes.len;
    struct unpack_token array;
    const char *p = unpack_token(bytes.data, end, &array);

    CHECK(p != NULL && array.kind == UNPACK_ARRAY);
    msgpack_pack_array(to, array.count);
    for (uint32_t i = 0; i < array.count; i++) {
        const char *after = unpack_skip(p, end);
        struct value element;

        CHECK(after != NULL);
        element = msgpack_value(slice_make(p, (size_t)(after - p)));
        pack_value(to, &element, arena);
        p = after;
    }
}

/* What stands in a chunk may hold JSON text anywhere inside. */
static void pack_msgpack(msgpack_packer *to, const struct value *value, struct arena *arena)
{
    if (value_is_map(value))
        pack_map(to, value, arena);
    else if (value_is_array(value))
        pack_array(to, value->text, arena);
    else
        on_packed(to->data, value->text.data, value->text.len);
}

static void pack_value(msgpack_packer *to, const struct value *value, struct arena *arena)
{
    switch (value->kind) {
    case VALUE_BOOL:
        value->boolean ? msgpack_pack_true(to) : msgpack_pack_false(to);
        return;
    case VALUE_INT:
        msgpack_pack_int64(to, value->integer);
        return;
    case VALUE_UINT:
        msgpack_pack_uint64(to, value->natural);
        return;
    case VALUE_DOUBLE:
        msgpack_pack_double(to, value->real);
        return;
    case VALUE_TEXT:
        pack_text(to, value->text);
        return;
    case VALUE_JSON:
        pack_json(to, value->text, arena);
        return;
    case VALUE_MSGPACK:
        pack_msgpack(to, value, arena);
        return;
    case VALUE_MAP:
        pack_map(to, value, arena);
        return;
    default:
        CHECK(value->kind == VALUE_NULL);
        msgpack_pack_nil(to);
    }
}

void msgpack_append_value(struct buffer *out, const struct value *value)
{
    struct arena arena = {0};
    msgpack_packer to;

    msgpack_packer_init(&to, out, on_packed);
    pack_value(&to, value, &arena);
    arena_fini(&arena);
}

void msgpack_append_json(struct buffer *out, struct slice json)
{
    struct value value = value_json(json);

    msgpack_append_value(out, &value);
}
