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

static inline char *texts_put(char *to, const struct plain_field *f, const struct plain_field *end)
{
    for (; f < end; f++)
        to = text_put(text_put(to, f->key), f->text);
    return to;
}

static inline char *byte_put(char *to, char byte)
{
    *to = byte;
    return to + 1;
}

/* In quotes, NULL when the text may not stand there as it is. */
static char *quoted_put(char *to, struct slice text)
{
    if (scan_plain(text.data, text.data + text.len) < text.len)
        return NULL;
    return byte_put(copy_text(byte_put(to, '"'), text), '"');
}

/* A text that nobody knows. */
static char *member_try(char *to, const struct plain_field *f)
{
    to = quoted_put(byte_put(to, ','), f->key);
    return to != NULL ? quoted_put(byte_put(to, ':'), f->text) : NULL;
}

/* Each as a member behind others. NULL: one of them would have to be escaped. */
static inline char *members_put(char *to, const struct plain_field *f,
                                const struct plain_field *end)
{
    for (; f < end; f++) {
        if (LIKELY(f->json.len > 0))
            to = byte_put(copy_text(copy_text(to, f->json), f->text), '"');
        else
            to = member_try(to, f);
        if (UNLIKELY(to == NULL))
            return NULL;
    }
    return to;
}

/*
 *   {"a":1}  time: T, log  ->  {"a":1,"time":"T"}
 *
 * The texts as members behind the object's, so that whoever renders the record copies one text. The
 * object is not empty, and no name stands twice. NULL: there is a text that has to be escaped.
 */
static char *spliced_put(char *to, const struct plain_record *plain)
{
    const struct plain_field *texts = plain->fields, *gone = texts + plain->unfolded;
    struct slice object = plain->object.text;
    char *begin = to = pack_nil(to);

    to = copy_text(to + PACK_HEAD_MAX, slice_make(object.data, object.len - 1));
    to = members_put(to, texts, gone);
    if (to != NULL)
        to = members_put(to, gone + 1, texts + plain->count);
    if (UNLIKELY(to == NULL))
        return NULL;
    to = byte_put(to, '}');
    pack_ext_head(begin, CHUNK_EXT_MEMBERS, (uint32_t)(to - begin) - PACK_HEAD_MAX);
    return to;
}

/* Of a record that is unfolded: as one field, or else the object and a field for each other text. */
static char *unfolded_put(char *to, const struct plain_record *plain, uint32_t *field_count)
{
    const struct plain_field *texts = plain->fields, *gone = texts + plain->unfolded;
    char *after = spliced_put(to, plain);

    *field_count = 1;
    if (LIKELY(after != NULL))
        return after;
    *field_count = plain->count;
    to = ext_put(pack_nil(to), CHUNK_EXT_MEMBERS, plain->object.text);
    return texts_put(texts_put(to, texts, gone), gone + 1, texts + plain->count);
}

/* No other key has the initial of the text that went. */
static inline uint64_t plain_initials(const struct plain_record *plain)
{
    if (plain->unfolded == PLAIN_NOT_UNFOLDED)
        return plain->initials;
    return (plain->initials & ~plain->fields[plain->unfolded].initial) | plain->object.initials;
}

char *plain_write(char *to, const struct plain_record *plain)
{
    char *begin = to, *fields = to + CHUNK_HEAD_AT + sizeof(struct chunk_head) + 1;
    uint32_t field_count = plain->count;

    _Static_assert(PLAIN_FIELDS_MAX <= PACK_SMALL_MAP_MAX, "the map's head is one byte");
    if (plain->unfolded != PLAIN_NOT_UNFOLDED)
        to = unfolded_put(fields, plain, &field_count);
    else
        to = texts_put(fields, plain->fields, plain->fields + plain->count);
    pack_map_head(fields - 1, field_count);
    head_put(begin, &(struct chunk_head){
                        .time_ns = plain->time_ns,
                        .offset = plain->offset,
                        .initials = plain_initials(plain),
                        .field_count = field_count,
                        .fields_bytes = (uint32_t)(to - fields),
                    });
    return pack_nil(to);
}
