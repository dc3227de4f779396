#include "output/render.h"

#include "base/utf8.h"
#include "chunk/lookup.h"
#include "record/json_compact.h"
#include "record/json_write.h"
#include "record/scan.h"

#define INTERNAL_KEY "__internal__"

/* What one character takes at most as \uXXXX, a pair of them beyond U+FFFF. */
#define ASCII_CHARACTER_MAX 12

/* `text` in quotes, escaped where it must be. */
static void append_quoted(struct slice text, struct buffer *out)
{
    char *to;

    if (LIKELY(scan_plain(text.data, text.data + text.len) == text.len)) {
        to = buffer_reserve(out, text.len + 2);
        to[0] = '"';
        if (text.len > 0)
            memcpy(to + 1, text.data, text.len);
        to[text.len + 1] = '"';
        out->len += text.len + 2;
        return;
    }
    buffer_append_byte(out, '"');
    json_escape(out, text);
    buffer_append_byte(out, '"');
}

bool render_has_key(const struct chunk_record *record, struct slice key)
{
    struct value ignored;

    return chunk_record_find(record, key, &ignored);
}

static void append_separator(struct buffer *out)
{
    if (out->len == 0 || out->data[out->len - 1] != '{')
        buffer_append_byte(out, ',');
}

static void append_value(const struct chunk_field *field, struct buffer *out)
{
    switch (field->kind) {
    case CHUNK_VALUE_TEXT:
        append_quoted(field->value, out);
        return;
    case CHUNK_VALUE_JSON:
        buffer_append(out, field->value);
        return;
    case CHUNK_VALUE_MSGPACK:
        json_write_msgpack(out, field->value);
        return;
    case CHUNK_VALUE_MEMBERS:
        break;
    }
    CHECK(field->kind != CHUNK_VALUE_MEMBERS);
}

void render_members(const struct chunk_record *record, struct buffer *out)
{
    struct slice rest = record->fields;
    struct chunk_field field;

    while (chunk_field_next(&rest, &field)) {
        append_separator(out);
        if (field.kind == CHUNK_VALUE_MEMBERS) {
            /* From "{" to "}", and never empty. */
            buffer_append(out, slice_make(field.value.data + 1, field.value.len - 2));
            continue;
        }
        append_quoted(field.key, out);
        buffer_append_byte(out, ':');
        append_value(&field, out);
    }
}

void render_date(struct render *r, const char *key, enum time_json form)
{
    struct slice name = slice_of(key);
    bool is_off = slice_is_nocase(name, "false") || slice_is_nocase(name, "off") ||
                  slice_is_nocase(name, "no");

    r->date_key = is_off ? (struct slice){0} : name;
    r->date_form = form;
}

static void append_date(struct render *r, int64_t time_ns, struct buffer *out)
{
    append_quoted(r->date_key, out);
    buffer_append_byte(out, ':');
    time_json_append(&r->time, r->date_form, time_ns, out);
}

static void append_metadata(struct slice metadata, struct buffer *out)
{
    append_separator(out);
    buffer_append(out, SLICE("\"" INTERNAL_KEY "\":{\"log_metadata\":"));
    buffer_append(out, metadata);
    buffer_append_byte(out, '}');
}

void render_json(struct render *r, const struct chunk_record *record, struct buffer *out)
{
    size_t from = out->len;

    buffer_append_byte(out, '{');
    if (r->date_key.data != NULL && !render_has_key(record, r->date_key))
        append_date(r, record->head.time_ns, out);
    if (r->has_metadata && record->metadata.len > 0 && !render_has_key(record, SLICE(INTERNAL_KEY)))
        append_metadata(record->metadata, out);
    render_members(record, out);
    buffer_append_byte(out, '}');
    if (r->is_compact)
        out->len = from + json_compact(out->data + from, out->len - from);
    if (r->is_ascii)
        render_ascii(out, from);
}

/* ---- field by field ---- */

void field_walk_begin(struct field_walk *walk, const struct chunk_record *record)
{
    *walk = (struct field_walk){.rest = record->fields};
}

bool field_walk_next(struct field_walk *walk, struct arena *scratch, struct chunk_field *field)
{
    struct slice key, value;

    while (!json_next(&walk->members, &key, &value)) {
        if (!chunk_field_next(&walk->rest, field))
            return false;
        if (field->kind != CHUNK_VALUE_MEMBERS)
            return true;
        walk->members = field->value;
    }
    field->key = json_unescape(slice_make(key.data - 1, key.len + 2), scratch);
    field->kind = CHUNK_VALUE_JSON;
    field->value = value;
    return true;
}

/* ---- ASCII ---- */

/* The first byte from `p` on that is not ASCII, or `end`. */
static const char *skip_ascii(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word;

        memcpy(&word, p, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (p < end && (signed char)*p >= 0)
        p++;
    return p;
}

static char *append_unit(char *to, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";

    *to++ = '\\';
    *to++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *to++ = digits[unit >> shift & 15];
    return to;
}

static char *append_character(char *to, uint32_t code)
{
    if (code < 0x10000)
        return append_unit(to, code);
    code -= 0x10000;
    to = append_unit(to, 0xd800 + (code >> 10));
    return append_unit(to, 0xdc00 + (code & 0x3ff));
}

/* What the text grows by: UTF-8 of 2 and 3 bytes becomes 6, of 4 becomes 12. */
static size_t ascii_growth(const char *p, const char *end)
{
    size_t growth = 0;

    while ((p = skip_ascii(p, end)) < end) {
        unsigned len = utf8_len(p, end);

        growth += len == 4 ? ASCII_CHARACTER_MAX - 4 : 6 - (len ? len : 1);
        p += len ? len : 1;
    }
    return growth;
}

void render_ascii(struct buffer *out, size_t from)
{
    size_t growth = ascii_growth(out->data + from, out->data + out->len);
    size_t len = out->len - from;
    const char *p, *end;
    char *to;

    CHECK(from <= out->len);
    if (LIKELY(growth == 0))
        return;
    /* The text moves up by what it will grow, then is written again from its old place on: the
     * writer never catches up with the reader. */
    buffer_reserve(out, growth);
    to = out->data + from;
    p = memmove(to + growth, to, len);
    end = p + len;
    while (p < end) {
        const char *odd = skip_ascii(p, end);
        uint32_t code = 0xfffd;
        unsigned bytes;

        memmove(to, p, (size_t)(odd - p));
        to += odd - p;
        if (odd == end)
            break;
        bytes = utf8_decode(odd, end, &code);
        if (bytes == 0)
            code = 0xfffd;
        to = append_character(to, code);
        p = odd + (bytes ? bytes : 1);
        CHECK(to <= p);
    }
    CHECK(to == end);
    buffer_commit(out, growth);
}
