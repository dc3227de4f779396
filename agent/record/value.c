#include "record/msgpack.h"

#include "record/unpack.h"

/* Reads the head of a msgpack value, which was checked. Returns the place after it. */
static const char *head_read(struct slice bytes, struct unpack_token *token)
{
    const char *after = unpack_token(bytes.data, bytes.data + bytes.len, token);

    CHECK(after != NULL);
    return after;
}

/* Takes the first value off `*rest`, which was checked. */
static struct slice value_take(struct slice *rest)
{
    const char *after = unpack_skip(rest->data, rest->data + rest->len);
    struct slice taken;

    CHECK(after != NULL);
    taken = slice_make(rest->data, (size_t)(after - rest->data));
    *rest = slice_skip(*rest, taken.len);
    return taken;
}

static bool is_json(const struct value *v, char first)
{
    return v->kind == VALUE_JSON && v->text.len > 0 && v->text.data[0] == first;
}

static bool is_msgpack(const struct value *v, enum unpack_kind kind)
{
    struct unpack_token token;

    if (v->kind != VALUE_MSGPACK)
        return false;
    head_read(v->text, &token);
    return token.kind == kind;
}

bool value_is_map(const struct value *v)
{
    return v->kind == VALUE_MAP || is_json(v, '{') || is_msgpack(v, UNPACK_MAP);
}

bool value_is_array(const struct value *v)
{
    return is_json(v, '[') || is_msgpack(v, UNPACK_ARRAY);
}

bool value_is_text(const struct value *v)
{
    return v->kind == VALUE_TEXT || is_json(v, '"') || is_msgpack(v, UNPACK_STR) ||
           is_msgpack(v, UNPACK_BIN);
}

bool value_as_text(const struct value *v, struct arena *arena, struct slice *out)
{
    struct unpack_token token;

    if (!value_is_text(v))
        return false;
    if (v->kind == VALUE_TEXT) {
        *out = v->text;
    } else if (v->kind == VALUE_JSON) {
        *out = json_unescape(v->text, arena);
    } else {
        head_read(v->text, &token);
        *out = token.bytes;
    }
    return true;
}

struct value msgpack_value(struct slice bytes)
{
    struct unpack_token token;

    head_read(bytes, &token);
    if (token.kind == UNPACK_EXT && token.ext_type == MSGPACK_EXT_JSON)
        return value_json(token.bytes);
    return value_msgpack(bytes);
}

/* ---- looking inside ---- */

static bool json_at_key(struct slice text, struct slice key, struct value *out)
{
    struct slice found;

    if (!json_find(text, key, &found))
        return false;
    *out = value_json(found);
    return true;
}

static bool map_at_key(const struct field_list *map, struct slice key, struct value *out)
{
    for (uint32_t i = map->count; i-- > 0;) {
        const struct field *f = &map->fields[i];

        if (f->value.kind == VALUE_MEMBERS) {
            if (json_at_key(f->value.members->text, key, out))
                return true;
        } else if (slice_equal(f->key, key)) {
            *out = f->value;
            return true;
        }
    }
    return false;
}

/* Keys are strings: the value was checked. */
static bool msgpack_at_key(struct slice bytes, struct slice key, struct value *out)
{
    struct unpack_token map, name;
    const char *at = head_read(bytes, &map);
    struct slice rest = slice_skip(bytes, (size_t)(at - bytes.data));
    bool is_found = false;

    for (uint32_t i = 0; i < map.count; i++) {
        struct slice name_bytes = value_take(&rest), value = value_take(&rest);

        head_read(name_bytes, &name);
        if (name.kind == UNPACK_STR && slice_equal(name.bytes, key)) {
            *out = msgpack_value(value);
            is_found = true;
        }
    }
    return is_found;
}

bool value_at_key(const struct value *v, struct slice key, struct value *out)
{
    if (v->kind == VALUE_MAP)
        return map_at_key(v->map, key, out);
    if (is_json(v, '{'))
        return json_at_key(v->text, key, out);
    if (is_msgpack(v, UNPACK_MAP))
        return msgpack_at_key(v->text, key, out);
    return false;
}

static bool json_at_index(struct slice text, size_t index, struct value *out)
{
    struct slice rest = text, key, value;

    while (json_next(&rest, &key, &value)) {
        if (index-- == 0) {
            *out = value_json(value);
            return true;
        }
    }
    return false;
}

static bool msgpack_at_index(struct slice bytes, size_t index, struct value *out)
{
    struct unpack_token array;
    const char *at = head_read(bytes, &array);
    struct slice rest = slice_skip(bytes, (size_t)(at - bytes.data));

    if (index >= array.count)
        return false;
    while (index-- > 0)
        value_take(&rest);
    *out = msgpack_value(value_take(&rest));
    return true;
}

bool value_at_index(const struct value *v, size_t index, struct value *out)
{
    if (is_json(v, '['))
        return json_at_index(v->text, index, out);
    if (is_msgpack(v, UNPACK_ARRAY))
        return msgpack_at_index(v->text, index, out);
    return false;
}

/* ---- unfolding ---- */

static uint32_t json_count(struct slice object)
{
    struct slice rest = object, key, value;
    uint32_t count = 0;

    while (json_next(&rest, &key, &value))
        count++;
    return count;
}

static struct field_list *list_new(struct arena *arena, size_t capacity)
{
    struct field_list *list = arena_alloc(arena, sizeof *list);

    *list = (struct field_list){.fields = arena_alloc(arena, capacity * sizeof(struct field))};
    return list;
}

/* There is room. */
static void list_add_json(struct field_list *list, struct slice object, struct arena *arena)
{
    struct slice rest = object, key, value;

    while (json_next(&rest, &key, &value))
        list->fields[list->count++] = (struct field){
            .key = json_unescape(slice_make(key.data - 1, key.len + 2), arena),
            .value = value_json(value),
        };
}

static struct field_list *json_unfold(struct slice object, struct arena *arena)
{
    struct field_list *list = list_new(arena, json_count(object));

    list_add_json(list, object, arena);
    return list;
}

static struct field_list *map_unfold(const struct field_list *map, struct arena *arena)
{
    size_t capacity = 0;
    struct field_list *list;

    for (uint32_t i = 0; i < map->count; i++)
        capacity +=
            map->fields[i].value.kind == VALUE_MEMBERS ? map->fields[i].value.members->count : 1;
    list = list_new(arena, capacity);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct field *f = &map->fields[i];

        if (f->value.kind == VALUE_MEMBERS)
            list_add_json(list, f->value.members->text, arena);
        else
            list->fields[list->count++] = *f;
    }
    return list;
}

/* In a chunk, a value without a key is the members of an object. */
static bool pair_members(struct slice key, struct slice value, struct slice *object_out)
{
    struct unpack_token token;

    head_read(key, &token);
    if (token.kind != UNPACK_NIL)
        return false;
    head_read(value, &token);
    *object_out = token.bytes;
    return token.kind == UNPACK_EXT && token.ext_type == MSGPACK_EXT_MEMBERS;
}

static size_t msgpack_count(struct slice pairs, uint32_t pair_count)
{
    struct slice rest = pairs, object;
    size_t count = 0;

    for (uint32_t i = 0; i < pair_count; i++) {
        struct slice key = value_take(&rest), value = value_take(&rest);

        count += pair_members(key, value, &object) ? json_count(object) : 1;
    }
    return count;
}

static struct field_list *msgpack_unfold(struct slice bytes, struct arena *arena)
{
    struct unpack_token map;
    const char *at = head_read(bytes, &map);
    struct slice rest = slice_skip(bytes, (size_t)(at - bytes.data)), object;
    struct field_list *list = list_new(arena, msgpack_count(rest, map.count));

    for (uint32_t i = 0; i < map.count; i++) {
        struct slice key = value_take(&rest), value = value_take(&rest);
        struct unpack_token name;

        if (pair_members(key, value, &object)) {
            list_add_json(list, object, arena);
            continue;
        }
        head_read(key, &name);
        list->fields[list->count++] =
            (struct field){.key = name.bytes, .value = msgpack_value(value)};
    }
    return list;
}

struct field_list *value_unfold(const struct value *v, struct arena *arena)
{
    if (v->kind == VALUE_MAP)
        return map_unfold(v->map, arena);
    if (is_json(v, '{'))
        return json_unfold(v->text, arena);
    if (is_msgpack(v, UNPACK_MAP))
        return msgpack_unfold(v->text, arena);
    return NULL;
}
