#include "chunk/record_write.h"

#include "chunk/record_put.h"

#define INLINE static inline __attribute__((always_inline))

static inline bool is_unfolded(const struct plain_record *plain)
{
    return plain->unfolded != PLAIN_NOT_UNFOLDED;
}

/* Of a text that stays its object is written besides. */
size_t plain_write_room(const struct plain_record *plain)
{
    size_t room = CHUNK_HEAD_AT + sizeof(struct chunk_head) + plain->bytes +
                  (2 * plain->count + 4) * PACK_HEAD_MAX + SHARED_ROOM + COPY_SLACK;

    if (is_unfolded(plain))
        room += plain->object.text.len + plain->fold->under_json.len;
    return room;
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

INLINE char *members_put(char *to, const struct plain_field *f, const struct plain_field *end)
{
    for (; f < end; f++) {
        if (f->is_known)
            to = copy_text_padded(to, f->json);
        else if (LIKELY(f->json.len > 0))
            to = byte_put(copy_text(copy_text_padded(to, f->json), f->text), '"');
        else
            to = member_try(to, f);
        if (UNLIKELY(to == NULL))
            return NULL;
    }
    return to;
}

/* All texts but the one that went, each as a member behind a comma. NULL: one of them would have to be
 * escaped. */
static inline char *others_put(char *to, const struct plain_record *plain)
{
    const struct plain_field *texts = plain->fields, *gone = texts + plain->unfolded;

    to = members_put(to, texts, gone);
    return LIKELY(to != NULL) ? members_put(to, gone + 1, texts + plain->count) : NULL;
}

/*
 *   {"a":1}  time: T, log  ->  {"a":1,"time":"T"}
 *
 * The object is not empty, and no name stands twice.
 */
static inline char *object_first_put(char *to, const struct plain_record *plain)
{
    struct slice object = plain->object.text;

    to = others_put(copy_text(to, slice_make(object.data, object.len - 1)), plain);
    return LIKELY(to != NULL) ? byte_put(to, '}') : NULL;
}

/*
 *   time: T, log  {"a":1}  ->  {"time":"T","a":1}  or  {"time":"T","under":{"a":1}}
 */
static inline char *object_last_put(char *to, const struct plain_record *plain)
{
    struct slice object = plain->object.text, under = plain->fold->under_json;
    char *comma = to;

    to = others_put(to, plain);
    if (UNLIKELY(to == NULL))
        return NULL;
    if (under.len > 0)
        to = byte_put(copy_text(copy_text(to, under), object), '}');
    else
        to = copy_text(byte_put(to, ','), slice_skip(object, 1));
    *comma = '{';
    return to;
}

/* The texts as members of the object, so that whoever renders the record copies one text. NULL: there
 * is a text that has to be escaped. */
static char *spliced_put(char *to, const struct plain_record *plain)
{
    char *begin = to = pack_nil(to);

    to += PACK_HEAD_MAX;
    to = plain->fold->is_last ? object_last_put(to, plain) : object_first_put(to, plain);
    if (UNLIKELY(to == NULL))
        return NULL;
    pack_ext_head(begin, CHUNK_EXT_MEMBERS, (uint32_t)(to - begin) - PACK_HEAD_MAX);
    return to;
}

static char *object_put(char *to, const struct plain_record *plain)
{
    struct slice object = plain->object.text;

    if (plain->fold->under.len > 0)
        return ext_put(text_put(to, plain->fold->under), CHUNK_EXT_JSON, object);
    return ext_put(pack_nil(to), CHUNK_EXT_MEMBERS, object);
}

/* The texts that stay, a field each. */
static char *texts_put(char *to, const struct plain_record *plain, uint32_t gone)
{
    for (uint32_t i = 0; i < plain->count; i++)
        if (i != gone)
            to = text_put(text_put(to, plain->fields[i].key), plain->fields[i].text);
    return to;
}

static char *apart_put(char *to, const struct plain_record *plain)
{
    uint32_t gone = plain->fold->is_text_kept ? PLAIN_NOT_UNFOLDED : plain->unfolded;

    if (plain->fold->is_last)
        return object_put(texts_put(to, plain, gone), plain);
    return texts_put(object_put(to, plain), plain, gone);
}

/* Of a record that is unfolded: as one field, or else the object and a field for each other text. An
 * object's own text would have to be escaped. */
static char *unfolded_put(char *to, const struct plain_record *plain, uint32_t *field_count)
{
    char *after = plain->fold->is_text_kept ? NULL : spliced_put(to, plain);

    CHECK(plain->unfolded < plain->count);
    *field_count = 1;
    if (LIKELY(after != NULL))
        return after;
    *field_count = plain->count + plain->fold->is_text_kept;
    return apart_put(to, plain);
}

/* No other key has the initial of the text that went. */
static inline uint64_t unfolded_initials(const struct plain_record *plain)
{
    const struct plain_fold *fold = plain->fold;
    uint64_t initials = plain->initials;

    if (!fold->is_text_kept)
        initials &= ~plain->fields[plain->unfolded].initial;
    return initials | (fold->under.len > 0 ? json_initial(fold->under) : plain->object.initials);
}

static inline uint64_t plain_initials(const struct plain_record *plain)
{
    uint64_t initials = is_unfolded(plain) ? unfolded_initials(plain) : plain->initials;

    return plain->shared != NULL ? initials | plain->shared->list.initials : initials;
}

char *plain_write(char *to, const struct plain_record *plain)
{
    char *begin = to, *fields = to + CHUNK_HEAD_AT + sizeof(struct chunk_head) + 1;
    uint32_t field_count = plain->count;

    /* A text that stays, its object, and what is shared. */
    _Static_assert(PLAIN_FIELDS_MAX + 2 <= PACK_SMALL_MAP_MAX, "the map's head is one byte");
    if (is_unfolded(plain))
        to = unfolded_put(fields, plain, &field_count);
    else
        to = texts_put(fields, plain, PLAIN_NOT_UNFOLDED);
    if (plain->shared != NULL) {
        to = shared_put(to, plain->shared);
        field_count++;
    }
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
