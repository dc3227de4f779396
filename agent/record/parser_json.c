#include "record/parser_part.h"

/* A value's text as time is read from it: a string without its quotes, a number as it is. */
static bool time_text(struct slice value, struct arena *arena, struct slice *out)
{
    if (value.data[0] == '"') {
        *out = json_unescape(value, arena);
        return true;
    }
    *out = value;
    return value.data[0] == '-' || (value.data[0] >= '0' && value.data[0] <= '9');
}

static struct slice member_key(const struct json_object *object, uint32_t i)
{
    return slice_make(object->text.data + object->members[i].key_at, object->members[i].key_len);
}

static struct slice member_value(const struct json_object *object, uint32_t i)
{
    return slice_make(object->text.data + object->members[i].value_at,
                      object->members[i].value_len);
}

/*
 *   {"a":1,"time":"...","b":2}      what is cut goes from a member's opening quote to the next
 *          |-----------|            one's, or, for the last, from the end of the one before
 */
static void member_cut(struct json_object *object, uint32_t index, struct arena *arena)
{
    struct json_member *m = object->members;
    uint32_t last = object->member_count - 1;
    uint32_t from = m[index].key_at - 1, to = m[index].value_at + m[index].value_len;
    char *copy;

    CHECK(index < object->member_count && from < to && to < object->text.len);
    if (index < last)
        to = m[index + 1].key_at - 1;
    else if (index > 0)
        from = m[index - 1].value_at + m[index - 1].value_len;
    copy = arena_alloc(arena, object->text.len - (to - from));
    memcpy(copy, object->text.data, from);
    memcpy(copy + from, object->text.data + to, object->text.len - to);
    for (uint32_t i = index; i < last; i++) {
        m[i] = m[i + 1];
        m[i].key_at -= to - from;
        m[i].value_at -= to - from;
    }
    object->text = slice_make(copy, object->text.len - (to - from));
    object->member_count--;
}

/* The object's keys are unique, so the first of the name is the only one. */
static void object_take_time(struct parse *p, struct json_object *object)
{
    const struct parser_time *t = &p->parser->time;
    struct slice text;

    if ((object->initials & json_initial(t->key_view)) == 0)
        return;
    for (uint32_t i = 0; i < object->member_count; i++) {
        if (!slice_equal(member_key(object, i), t->key_view))
            continue;
        if (time_text(member_value(object, i), &p->record->arena, &text) &&
            parser_time_read(p, text) && !t->is_kept)
            member_cut(object, i, &p->record->arena);
        return;
    }
}

int parse_json(struct parse *p, struct slice text)
{
    struct json_object object;
    int rc;

    rc = json_take_object(p->run->json, text, &p->record->arena, &object);
    if (UNLIKELY(rc < 0))
        return rc;
    if (UNLIKELY(p->parser->decoders.count > 0)) {
        record_add_unfolded(p->record, &object);
        return 0;
    }
    if (p->parser->time.format != NULL)
        object_take_time(p, &object);
    record_take_members(p->record, p->run->json, &object);
    return 0;
}

void parse_json_decoded(struct parse *p, uint32_t first)
{
    struct record *r = p->record;
    struct slice text;

    for (uint32_t i = r->root.count; i-- > first;) {
        const struct field *f = &r->root.fields[i];

        if (!parser_time_is(p->parser, f->key))
            continue;
        if (f->value.kind == VALUE_TEXT)
            text = f->value.text;
        else if (f->value.kind != VALUE_JSON || !time_text(f->value.text, &r->arena, &text))
            return;
        if (parser_time_read(p, text) && !p->parser->time.is_kept)
            record_remove_at(r, i);
        return;
    }
}
