#include "record/json.h"

#include "base/utf8.h"
#include "record/scan.h"

#include <stdlib.h>

/*
 * Rewrites JSON text so that a back-end takes it: see the table in json.h. This is the rare path;
 * it builds the members of one object at a time in the arena and writes them out.
 */

struct repair {
    struct json_scanner *scanner;
    struct arena *arena;
    struct buffer out;
};

struct repair_member {
    struct slice key;   /* decoded */
    struct slice value; /* as written */
    size_t order;
    bool is_last; /* of its name */
};

static void repair_value(struct repair *r, struct slice value);

/* The inside of a string as it is, its bad bytes replaced. */
static void repair_string(struct repair *r, struct slice value)
{
    const char *p = value.data, *end = p + value.len;

    while (p < end) {
        unsigned len = utf8_len(p, end);

        buffer_append(&r->out, len ? slice_make(p, len) : SLICE(UTF8_REPLACEMENT));
        p += len ? len : 1;
    }
}

static bool number_is_safe(struct repair *r, struct slice value)
{
    bool needs_repair = false;

    return json_check_value(r->scanner, value, &needs_repair) == 0 && !needs_repair;
}

static void repair_number(struct repair *r, struct slice value)
{
    bool is_safe = number_is_safe(r, value);

    if (!is_safe)
        buffer_append_byte(&r->out, '"');
    buffer_append(&r->out, value);
    if (!is_safe)
        buffer_append_byte(&r->out, '"');
}

static void repair_array(struct repair *r, struct slice array)
{
    struct slice rest = array, key, value;
    bool is_first = true;

    buffer_append_byte(&r->out, '[');
    while (json_next(&rest, &key, &value)) {
        if (!is_first)
            buffer_append_byte(&r->out, ',');
        is_first = false;
        repair_value(r, value);
    }
    buffer_append_byte(&r->out, ']');
}

/* A key decoded, and its bad bytes replaced, so that what is equal in the document is equal here. */
static struct slice key_decode(struct repair *r, struct slice written)
{
    struct slice plain = json_unescape(slice_make(written.data - 1, written.len + 2), r->arena);
    struct buffer fixed = {0};

    if (utf8_is_valid(plain))
        return plain;
    for (const char *p = plain.data, *end = p + plain.len; p < end;) {
        unsigned len = utf8_len(p, end);

        buffer_append(&fixed, len ? slice_make(p, len) : SLICE(UTF8_REPLACEMENT));
        p += len ? len : 1;
    }
    plain = arena_copy(r->arena, buffer_view(&fixed));
    buffer_fini(&fixed);
    return plain;
}

static int by_key_then_order(const void *left, const void *right)
{
    const struct repair_member *a = *(struct repair_member *const *)left;
    const struct repair_member *b = *(struct repair_member *const *)right;
    int order;

    if (a->key.len != b->key.len)
        return a->key.len < b->key.len ? -1 : 1;
    order = a->key.len ? memcmp(a->key.data, b->key.data, a->key.len) : 0;
    if (order != 0)
        return order;
    return a->order < b->order ? -1 : 1;
}

static void members_mark_last(struct repair *r, struct repair_member *members, size_t count)
{
    struct repair_member **sorted = arena_alloc(r->arena, count * sizeof(struct repair_member *));

    for (size_t i = 0; i < count; i++)
        sorted[i] = &members[i];
    qsort(sorted, count, sizeof *sorted, by_key_then_order);
    for (size_t i = 0; i < count; i++)
        sorted[i]->is_last = i + 1 == count || !slice_equal(sorted[i]->key, sorted[i + 1]->key);
}

static void repair_object(struct repair *r, struct slice object)
{
    struct slice rest = object, key, value;
    struct repair_member *members;
    size_t count = 0;
    bool is_first = true;

    while (json_next(&rest, &key, &value))
        count++;
    members = arena_alloc(r->arena, count * sizeof *members);
    count = 0;
    for (rest = object; json_next(&rest, &key, &value); count++)
        members[count] =
            (struct repair_member){.key = key_decode(r, key), .value = value, .order = count};
    members_mark_last(r, members, count);

    buffer_append_byte(&r->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (!members[i].is_last)
            continue;
        buffer_append_text(&r->out, is_first ? "\"" : ",\"");
        is_first = false;
        json_escape(&r->out, members[i].key);
        buffer_append_text(&r->out, "\":");
        repair_value(r, members[i].value);
    }
    buffer_append_byte(&r->out, '}');
}

static void repair_value(struct repair *r, struct slice value)
{
    CHECK(value.len > 0);
    switch (value.data[0]) {
    case '{':
        repair_object(r, value);
        return;
    case '[':
        repair_array(r, value);
        return;
    case '"':
        repair_string(r, value);
        return;
    case 't':
    case 'f':
    case 'n':
        buffer_append(&r->out, value);
        return;
    default:
        repair_number(r, value);
    }
}

struct slice json_repair(struct json_scanner *s, struct slice text, struct arena *arena)
{
    struct repair r = {.scanner = s, .arena = arena};
    struct slice repaired;

    repair_value(&r, slice_trim(text));
    repaired = arena_copy(arena, buffer_view(&r.out));
    buffer_fini(&r.out);
    return repaired;
}

int json_take_object(struct json_scanner *s, struct slice text, struct arena *arena,
                     struct json_object *out)
{
    int rc = json_check_object(s, text, out);

    if (LIKELY(rc < 0 || !out->needs_repair))
        return rc;
    text = json_repair(s, out->text, arena);
    s->is_repaired = true;
    rc = json_check_object(s, text, out);
    s->is_repaired = false;
    CHECK(rc == 0 && !out->needs_repair);
    return 0;
}
