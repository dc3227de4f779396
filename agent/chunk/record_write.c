#include "chunk/record_write.h"

#include "chunk/chunk.h"
#include "record/copy.h"
#include "record/pack.h"

/* ---- measuring ---- */

static size_t fields_room(const struct field_list *list);

static inline size_t value_room(const struct value *value)
{
    if (LIKELY(value->kind == VALUE_TEXT))
        return PACK_HEAD_MAX + value->text.len;
    switch (value->kind) {
    case VALUE_JSON:
    case VALUE_MSGPACK:
        return PACK_HEAD_MAX + value->text.len;
    case VALUE_MEMBERS:
        return PACK_HEAD_MAX + value->members->text.len;
    case VALUE_MAP:
        return PACK_HEAD_MAX + fields_room(value->map);
    default:
        return PACK_SCALAR_MAX;
    }
}

static size_t fields_room(const struct field_list *list)
{
    size_t room = 0;

    for (uint32_t i = 0; i < list->count; i++)
        room += PACK_HEAD_MAX + list->fields[i].key.len + value_room(&list->fields[i].value);
    return room;
}

size_t record_write_room(const struct record *record)
{
    size_t heads = 4 * PACK_HEAD_MAX + sizeof(struct chunk_head);

    return heads + fields_room(&record->root) + record->metadata.len + COPY_SLACK;
}

/* ---- writing ---- */

static char *fields_put(char *to, const struct field_list *list);

static inline char *text_put(char *to, struct slice text)
{
    return copy_text(pack_str_head(to, (uint32_t)text.len), text);
}

static inline char *ext_put(char *to, char type, struct slice text)
{
    return copy_text(pack_ext_head(to, type, (uint32_t)text.len), text);
}

static char *value_put(char *to, const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
        return text_put(to, value->text);
    case VALUE_JSON:
        return ext_put(to, CHUNK_EXT_JSON, value->text);
    case VALUE_MSGPACK:
        return copy_text(to, value->text);
    case VALUE_MAP:
        return fields_put(pack_map_head(to, value->map->count), value->map);
    case VALUE_MEMBERS: /* is no field's value but a field; see field_put */
    case VALUE_NULL:
        return pack_nil(to);
    case VALUE_BOOL:
        return pack_bool(to, value->boolean);
    case VALUE_INT:
        return pack_int(to, value->integer);
    case VALUE_UINT:
        return pack_uint(to, value->natural);
    case VALUE_DOUBLE:
        return pack_double(to, value->real);
    }
    return to;
}

/* Most records have short texts and the members of one object. */
static inline char *field_put(char *to, const struct field *f)
{
    if (f->value.kind == VALUE_MEMBERS)
        return ext_put(pack_nil(to), CHUNK_EXT_MEMBERS, f->value.members->text);
    to = text_put(to, f->key);
    return LIKELY(f->value.kind == VALUE_TEXT) ? text_put(to, f->value.text)
                                               : value_put(to, &f->value);
}

static char *fields_put(char *to, const struct field_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        to = field_put(to, &list->fields[i]);
    return to;
}

static uint64_t fields_initials(const struct field_list *list)
{
    uint64_t initials = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct field *f = &list->fields[i];

        initials |=
            f->value.kind == VALUE_MEMBERS ? f->value.members->initials : json_initial(f->key);
    }
    return initials;
}

char *record_write(char *to, const struct record *record)
{
    struct chunk_head head = {
        .time_ns = record->time_ns,
        .offset = record->offset,
        .initials = fields_initials(&record->root),
        .field_count = record->root.count,
    };
    char *fields, *head_at = pack_ext_head(pack_array_head(to, 3), CHUNK_EXT_HEAD, sizeof head);

    fields = pack_map_head(head_at + sizeof head, record->root.count);
    to = fields_put(fields, &record->root);
    head.fields_bytes = (uint32_t)(to - fields);
    memcpy(head_at, &head, sizeof head);
    if (UNLIKELY(record->metadata.len > 0))
        return ext_put(to, CHUNK_EXT_JSON, record->metadata);
    return pack_nil(to);
}
