#include "plugins/out_es/es_text.h"

/* Where nothing else is free of trouble. */
#define LAST_KEY "refused_text"

/* Names [log], [log.level] or "log", as both back-ends write the field that is at fault. */
static bool is_named(struct slice reason, struct slice key)
{
    const char *at = reason.data, *end = reason.data + reason.len;

    while ((at = memmem(at, (size_t)(end - at), key.data, key.len)) != NULL) {
        char before = at > reason.data ? at[-1] : ' ';
        char behind = at + key.len < end ? at[key.len] : ' ';

        if ((before == '[' && (behind == ']' || behind == '.')) || (before == '"' && behind == '"'))
            return true;
        at++;
    }
    return false;
}

/* Whether the index may have this field, or get it, as text. `is_there`: the record has it so. */
static bool is_text_key(const struct chunk_record *record, struct slice reason, struct slice key,
                        bool *is_there)
{
    struct value value;

    *is_there = chunk_record_find(record, key, &value);
    return (!*is_there || value_is_text(&value)) && !is_named(reason, key);
}

/* No field that the index has not got yet would be taken. */
static bool is_new_field_refused(struct slice reason)
{
    static const struct slice signs[] = {SLICE("Limit of total fields"),
                                         SLICE("strict_dynamic_mapping_exception")};

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (memmem(reason.data, reason.len, signs[i].data, signs[i].len) != NULL)
            return true;
    return false;
}

struct slice es_text_key(const struct out_es *es, const struct chunk_record *record,
                         struct slice reason)
{
    const struct slice keys[] = {slice_of(es->refused.text_key), SLICE("log"), SLICE("message")};
    struct slice first = {0}, unnamed = {0};
    bool is_there;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (unnamed.data == NULL && !is_named(reason, keys[i]))
            unnamed = keys[i];
        if (!is_text_key(record, reason, keys[i], &is_there))
            continue;
        if (is_there)
            return keys[i];
        if (first.data == NULL)
            first = keys[i];
    }
    if (first.data != NULL)
        return first;
    /* A key of ours would be new. */
    return unnamed.data != NULL && is_new_field_refused(reason) ? unnamed : SLICE(LAST_KEY);
}

static void append_key(struct buffer *out, struct slice key)
{
    json_write_text(out, key);
    buffer_append_byte(out, ':');
}

void es_text_members(const struct out_es *es, const struct chunk_record *record, const char *reason,
                     struct buffer *out)
{
    struct slice whole = slice_of(reason);
    struct slice why = slice_make(reason, utf8_cut(whole, ES_REASON_BYTES_MAX));
    bool is_alone = is_new_field_refused(whole);
    struct buffer text = {0};

    append_key(out, es_text_key(es, record, whole));
    if (is_alone)
        buffer_append_format(&text, "[refused: %.*s] ", SLICE_ARG(why));
    buffer_append_byte(&text, '{');
    render_members(record, &text);
    buffer_append_byte(&text, '}');
    json_write_text(out, buffer_view(&text));
    buffer_fini(&text);
    if (is_alone)
        return;
    buffer_append_byte(out, ',');
    append_key(out, slice_of(es->refused.reason_key));
    json_write_text(out, why);
}
