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

static inline uint64_t field_initials(const struct field *f)
{
    return f->value.kind == VALUE_MEMBERS ? f->value.members->initials : json_initial(f->key);
}

static inline void put_64(char *to, uint64_t number)
{
    memcpy(to, &number, sizeof number);
}

/* One number after the other into its place: put together elsewhere and then copied, the whole
 * would be read before the parts have arrived. */
static inline void head_put(char *to, const struct chunk_head *head)
{
    memcpy(to, CHUNK_RECORD_BEGIN, CHUNK_HEAD_AT);
    to += CHUNK_HEAD_AT;
    put_64(to, (uint64_t)head->time_ns);
    put_64(to + 8, head->offset);
    put_64(to + 16, head->initials);
    put_64(to + 24, head->field_count | (uint64_t)head->fields_bytes << 32);
}

char *record_write(char *to, const struct record *record)
{
    const struct field_list *root = &record->root;
    char *begin = to,
         *fields = pack_map_head(to + CHUNK_HEAD_AT + sizeof(struct chunk_head), root->count);
    uint64_t initials = 0;

    to = fields;
    for (uint32_t i = 0; i < root->count; i++) {
        initials |= field_initials(&root->fields[i]);
        to = field_put(to, &root->fields[i]);
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

/* ---- plain records ---- */

size_t plain_write_room(const struct plain_record *plain)
{
    return CHUNK_HEAD_AT + sizeof(struct chunk_head) + plain->bytes +
           (2 * plain->count + 4) * PACK_HEAD_MAX + COPY_SLACK;
}

/* No other key has the initial of the text that went. */
static inline uint64_t plain_initials(const struct plain_record *plain)
{
    if (plain->unfolded == PLAIN_NOT_UNFOLDED)
        return plain->initials;
    return (plain->initials & ~plain->fields[plain->unfolded].initial) | plain->object.initials;
}

static inline char *texts_put(char *to, const struct plain_field *f, const struct plain_field *end)
{
    for (; f < end; f++)
        to = text_put(text_put(to, f->key), f->text);
    return to;
}

char *plain_write(char *to, const struct plain_record *plain)
{
    const struct plain_field *texts = plain->fields, *end = texts + plain->count;
    char *begin = to, *fields;

    to = fields = pack_map_head(to + CHUNK_HEAD_AT + sizeof(struct chunk_head), plain->count);
    if (plain->unfolded != PLAIN_NOT_UNFOLDED) {
        to = ext_put(pack_nil(to), CHUNK_EXT_MEMBERS, plain->object.text);
        to = texts_put(to, texts, texts + plain->unfolded);
        texts += plain->unfolded + 1;
    }
    to = texts_put(to, texts, end);
    head_put(begin, &(struct chunk_head){
                        .time_ns = plain->time_ns,
                        .offset = plain->offset,
                        .initials = plain_initials(plain),
                        .field_count = plain->count,
                        .fields_bytes = (uint32_t)(to - fields),
                    });
    return pack_nil(to);
}
