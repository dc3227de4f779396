#include "record/json.h"

#include "base/memory.h"
#include "record/json_keys.h"
#include "record/scan.h"

#include <errno.h>

/* The room of a longer text's copy, or of more members, is not kept for the next one. */
#define COPY_KEPT_MAX ((size_t)64 << 10)
#define MEMBERS_KEPT_MAX 4096

void json_scanner_init(struct json_scanner *s)
{
    *s = (struct json_scanner){0};
}

void json_scanner_fini(struct json_scanner *s)
{
    MEM_FREE(&s->members);
    json_marks_free(&s->marks);
    buffer_fini(&s->copy);
    *s = (struct json_scanner){0};
}

/* The text, or a copy of it, with JSON_MARKS_PAD bytes after it that may be read: those on the page
 * of its last byte may. */
static struct slice with_readable_end(struct json_scanner *s, struct slice text)
{
    char *copy;

#ifndef SCAN_IS_CHECKED
    if (LIKELY(((uintptr_t)(text.data + text.len - 1) & (SCAN_PAGE_BYTES - 1)) <
               SCAN_PAGE_BYTES - JSON_MARKS_PAD))
        return text;
#endif
    buffer_clear(&s->copy);
    copy = buffer_reserve(&s->copy, text.len + JSON_MARKS_PAD);
    memcpy(copy, text.data, text.len);
    memset(copy + text.len, 0, JSON_MARKS_PAD);
    return slice_make(copy, text.len);
}

/* Whether it ends as it begins, where it is no number and no word. */
static bool has_both_ends(struct slice text)
{
    char last = text.data[text.len - 1];

    switch (text.data[0]) {
    case '{':
        return last == '}';
    case '[':
        return last == ']';
    case '"':
        return last == '"' && text.len > 1;
    default:
        return true;
    }
}

/* Fills the object, the text of any other value is checked with one in vain. Its parts are written one
 * by one and where they stay: a copy of the whole would wait for them. */
static int check_text(struct json_scanner *s, struct slice text, struct json_object *object)
{
    struct json_check c;
    bool is_good;

    if (text.len == 0 || text.len > JSON_BYTES_MAX || !has_both_ends(text))
        return -EINVAL;
    if (UNLIKELY(s->marks == NULL))
        s->marks = json_marks_new();
    if (UNLIKELY(s->member_capacity > MEMBERS_KEPT_MAX)) {
        MEM_FREE(&s->members);
        s->member_capacity = 0;
    }
    s->member_count = 0;
    *object = (struct json_object){.text = text};
    text = with_readable_end(s, text);
    c = (struct json_check){
        .scanner = s,
        .object = object,
        .marks = s->marks,
        .text = text.data,
        .end = text.data + text.len,
        .p = text.data,
        .next = json_marks_start(s->marks, text),
        .depth_max = JSON_DEPTH_MAX + s->depth_more,
    };
    is_good = json_check_one(&c) && c.p == c.end;
    if (UNLIKELY(s->copy.capacity > COPY_KEPT_MAX))
        buffer_fini(&s->copy);
    if (!is_good)
        return -EINVAL;
    if (UNLIKELY(!s->marks->is_utf8))
        object->needs_repair = true;
    object->members = s->members;
    object->member_count = s->member_count;
    return 0;
}

int json_check_object(struct json_scanner *s, struct slice text, struct json_object *out)
{
    int rc;

    if (UNLIKELY(text.len < 2 || text.data[0] != '{' || text.data[text.len - 1] != '}'))
        text = slice_trim(text);
    if (text.len == 0 || text.data[0] != '{')
        return -EINVAL;
    rc = check_text(s, text, out);
    return UNLIKELY(rc == 0 && out->member_count > JSON_MEMBERS_MAX) ? -E2BIG : rc;
}

int json_check_value(struct json_scanner *s, struct slice text, bool *needs_repair)
{
    struct json_object object;
    int rc = check_text(s, slice_trim(text), &object);

    if (rc == 0 && needs_repair != NULL)
        *needs_repair = object.needs_repair;
    return rc;
}

bool json_members_have(const struct json_object *object, struct slice key)
{
    if (key.len >= 2 && (object->key_bits_1 & json_key_bit_1(json_key_hash_bare(key))) == 0)
        return false;
    for (uint32_t i = 0; i < object->member_count; i++) {
        const struct json_member *m = &object->members[i];

        if (m->key_len == key.len &&
            slice_equal(slice_make(object->text.data + m->key_at, m->key_len), key))
            return true;
    }
    return false;
}
