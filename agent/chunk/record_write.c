#include "chunk/record_write.h"

#include "chunk/record_put.h"

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

static inline size_t field_room(const struct field *f)
{
    return PACK_HEAD_MAX + f->key.len + value_room(&f->value);
}

static size_t fields_room(const struct field_list *list)
{
    size_t room = 0;

    for (uint32_t i = 0; i < list->count; i++)
        room += field_room(&list->fields[i]);
    return room;
}

static inline bool is_shared(const struct value *value)
{
    return value->kind == VALUE_MEMBERS && value->members->shared != NULL;
}

size_t record_write_room(const struct record *record)
{
    size_t room = 4 * PACK_HEAD_MAX + sizeof(struct chunk_head);

    for (uint32_t i = 0; i < record->root.count; i++) {
        const struct field *f = &record->root.fields[i];

        room += UNLIKELY(is_shared(&f->value)) ? SHARED_ROOM : field_room(f);
    }
    return room + record->metadata.len + COPY_SLACK;
}

/* ---- writing ---- */

static char *fields_put(char *to, const struct field_list *list);

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

static inline uint64_t field_initials(const struct field *f)
{
    return f->value.kind == VALUE_MEMBERS ? f->value.members->initials : json_initial(f->key);
}

char *record_write(char *to, const struct record *record)
{
    const struct field_list *root = &record->root;
    char *begin = to,
         *fields = pack_map_head(to + CHUNK_HEAD_AT + sizeof(struct chunk_head), root->count);
    uint64_t initials = 0;

    to = fields;
    for (uint32_t i = 0; i < root->count; i++) {
        const struct field *f = &root->fields[i];

        initials |= field_initials(f);
        to = UNLIKELY(is_shared(&f->value)) ? shared_put(to, f->value.members->shared)
                                            : field_put(to, f);
    }
    head_put(begin, &(struct chunk_head){
                        .time_ns = record->time_ns,
                        .offset = record->offset,
                        .initials = initials,
                        .field_count = root->count,
                        .fields_bytes = (uint32_t)(to - fields),
                    });
    if (UNLIKELY(record->metadata.len > 0))
        return ext_put(to, CHUNK_EXT_JSON, record->metadata);
    return pack_nil(to);
}
