#include "record/msgpack.h"

#include "record/json_write.h"
#include "record/unpack.h"

#include <errno.h>
#include <msgpack/pack.h>

/* A map with more keys is not compared key by key, but rewritten. */
#define KEYS_COMPARED_MAX 64

/* ---- the check ---- */

struct check {
    const char *end;
    bool needs_repair;
};

static const char *check_value(struct check *c, const char *p, unsigned depth);

static bool is_chunk_type(signed char ext_type)
{
    return ext_type == MSGPACK_EXT_HEAD || ext_type == MSGPACK_EXT_JSON ||
           ext_type == MSGPACK_EXT_MEMBERS;
}

static bool is_nested(const struct unpack_token *token)
{
    return token->kind == UNPACK_ARRAY || token->kind == UNPACK_MAP;
}

static const char *check_array(struct check *c, const char *p, uint32_t count, unsigned depth)
{
    for (uint32_t i = 0; i < count && p != NULL; i++)
        p = check_value(c, p, depth + 1);
    return p;
}

/* Whether the last of `count` keys is one of those before it. */
static bool key_came_before(const struct slice *keys, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < count; i++)
        if (slice_equal(keys[i], keys[count - 1]))
            return true;
    return false;
}

static const char *check_map(struct check *c, const char *p, uint32_t count, unsigned depth)
{
    struct slice keys[KEYS_COMPARED_MAX];

    c->needs_repair |= count > KEYS_COMPARED_MAX;
    for (uint32_t i = 0; i < count && p != NULL; i++) {
        struct unpack_token key;

        if (unpack_token(p, c->end, &key) == NULL || is_nested(&key))
            return NULL;
        if (key.kind != UNPACK_STR)
            c->needs_repair = true;
        if (!c->needs_repair) {
            keys[i] = key.bytes;
            c->needs_repair |= key_came_before(keys, i + 1);
        }
        p = check_value(c, check_value(c, p, depth + 1), depth + 1);
    }
    return p;
}

static const char *check_value(struct check *c, const char *p, unsigned depth)
{
    struct unpack_token token;

    p = unpack_token(p, c->end, &token);
    if (p == NULL)
        return NULL;
    if (token.kind == UNPACK_EXT)
        c->needs_repair |= is_chunk_type(token.ext_type);
    if (!is_nested(&token))
        return p;
    if (depth == MSGPACK_DEPTH_MAX)
        return NULL;
    if (token.kind == UNPACK_ARRAY)
        return check_array(c, p, token.count, depth);
    return check_map(c, p, token.count, depth);
}

int msgpack_check(struct slice bytes, bool *needs_repair)
{
    struct check c = {.end = bytes.data + bytes.len};

    if (check_value(&c, bytes.data, 0) != c.end || bytes.len == 0)
        return -EINVAL;
    *needs_repair = c.needs_repair;
    return 0;
}

/* ---- writing ---- */

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

/* ---- the repair ---- */

struct repair {
    struct buffer out;
    msgpack_packer to;
    struct arena *arena;
    const char *end;
};

static const char *repair_value(struct repair *r, const char *p);

static struct slice ext_text(struct slice bytes, struct arena *arena)
{
    struct buffer text = {0};
    struct slice copy;

    for (size_t i = 0; i < bytes.len; i++)
        buffer_append_format(&text, "\\x%02x", (unsigned)(uint8_t)bytes.data[i]);
    copy = arena_copy(arena, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

/* A key, as text; the check has refused maps and arrays. */
static const char *repair_key(struct repair *r, const char *p, struct slice *key_out)
{
    struct buffer text = {0};
    struct unpack_token key;
    const char *after = unpack_token(p, r->end, &key);

    *key_out = key.bytes;
    if (key.kind == UNPACK_STR || key.kind == UNPACK_BIN)
        return after;
    if (key.kind == UNPACK_EXT) {
        *key_out = ext_text(key.bytes, r->arena);
        return after;
    }
    json_write_msgpack(&text, slice_make(p, (size_t)(after - p)));
    *key_out = arena_copy(r->arena, buffer_view(&text));
    buffer_fini(&text);
    return after;
}

static const char *repair_map(struct repair *r, const char *p, uint32_t count)
{
    struct field_list list = {.fields = arena_alloc(r->arena, count * sizeof(struct field))};

    for (uint32_t i = 0; i < count; i++) {
        struct field *f = &list.fields[list.count++];
        const char *value;

        value = repair_key(r, p, &f->key);
        p = unpack_skip(value, r->end);
        f->value = value_msgpack(slice_make(value, (size_t)(p - value)));
    }
    fields_drop_doubles(&list, r->arena);
    msgpack_pack_map(&r->to, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        pack_text(&r->to, list.fields[i].key);
        repair_value(r, list.fields[i].value.text.data);
    }
    return p;
}

static const char *repair_array(struct repair *r, const char *p, uint32_t count)
{
    msgpack_pack_array(&r->to, count);
    for (uint32_t i = 0; i < count; i++)
        p = repair_value(r, p);
    return p;
}

/* Returns the place after the value at `p`. */
static const char *repair_value(struct repair *r, const char *p)
{
    struct unpack_token token;
    const char *after = unpack_token(p, r->end, &token);

    CHECK(after != NULL);
    if (token.kind == UNPACK_MAP)
        return repair_map(r, after, token.count);
    if (token.kind == UNPACK_ARRAY)
        return repair_array(r, after, token.count);
    if (token.kind == UNPACK_EXT && is_chunk_type(token.ext_type))
        pack_text(&r->to, ext_text(token.bytes, r->arena));
    else
        buffer_append(&r->out, slice_make(p, (size_t)(after - p)));
    return after;
}

struct slice msgpack_repair(struct slice bytes, struct arena *arena)
{
    struct repair r = {.arena = arena, .end = bytes.data + bytes.len};
    struct slice repaired;

    msgpack_packer_init(&r.to, &r.out, on_packed);
    repair_value(&r, bytes.data);
    repaired = arena_copy(arena, buffer_view(&r.out));
    buffer_fini(&r.out);
    return repaired;
}
