#include "plugins/out_file/form.h"

/* ---- delimiters ---- */

static bool delimiter_parse(const char *text, char *out)
{
    static const struct {
        const char *name;
        char byte;
    } names[] = {{"\\t", '\t'}, {"tab", '\t'}, {"space", ' '}, {"comma", ','}};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!slice_is_nocase(slice_of(text), names[i].name))
            continue;
        *out = names[i].byte;
        return true;
    }
    if (strlen(text) != 1)
        return false;
    *out = text[0];
    return true;
}

static char delimiter_of(const char *key, const char *text, char fallback,
                         struct plugin_setup *setup)
{
    char byte = fallback;

    if (text != NULL && !delimiter_parse(text, &byte))
        report_warn(setup->report, setup_place(setup, key),
                    "%s '%s' is not one character, tab, space or comma; the default is used", key,
                    text);
    return byte;
}

void form_delimiters(struct form *form, const char *delimiter, const char *label_delimiter,
                     struct plugin_setup *setup)
{
    char own = form->format == FILE_FORMAT_LTSV ? '\t' : ',';

    CHECK(form->format <= FILE_FORMAT_MSGPACK);
    CHECK(form->format != FILE_FORMAT_TEMPLATE || form->template_text != NULL);
    form->delimiter = delimiter_of("delimiter", delimiter, own, setup);
    form->label_delimiter = delimiter_of("label_delimiter", label_delimiter, ':', setup);
}

void form_fini(struct form *form)
{
    arena_fini(&form->scratch);
}

/* ---- values ---- */

/* As %f shows seconds: six digits, rounded. */
static void put_short_seconds(int64_t time_ns, struct buffer *out)
{
    double fraction_s = (double)(time_ns % NS_PER_S) / NS_PER_S;

    buffer_append_format(out, "%f", (double)(time_ns / NS_PER_S) + fraction_s);
}

static bool is_text(const struct chunk_field *field)
{
    return field->kind == CHUNK_VALUE_TEXT ||
           (field->kind == CHUNK_VALUE_JSON && field->value.data[0] == '"');
}

static struct slice field_text(struct form *form, const struct chunk_field *field)
{
    return field->kind == CHUNK_VALUE_TEXT ? field->value
                                           : json_unescape(field->value, &form->scratch);
}

/* In quotes, in which a quote is doubled (RFC 4180). */
static void put_csv_text(struct slice text, struct buffer *out)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            buffer_append_byte(out, '"');
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '"');
}

static void put_csv_value(struct form *form, const struct chunk_field *field, struct buffer *out)
{
    struct buffer text = {0};

    if (is_text(field)) {
        put_csv_text(field_text(form, field), out);
        return;
    }
    render_text_value(field, &form->scratch, &text);
    CHECK(text.len > 0);
    if (memchr("{[(", text.data[0], 3) != NULL)
        put_csv_text(buffer_view(&text), out);
    else
        buffer_append(out, buffer_view(&text));
    buffer_fini(&text);
}

/* ---- formats ---- */

static void put_tagged(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    buffer_append(out, record->run->tag);
    buffer_append(out, SLICE(": ["));
    render_seconds(record->head.time_ns, out);
    buffer_append(out, SLICE(", "));
    render_json(&form->render, record, out);
    buffer_append(out, SLICE("]\n"));
}

static void put_plain(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    render_json(&form->render, record, out);
    buffer_append_byte(out, '\n');
}

static void put_csv(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    struct field_walk walk;
    struct chunk_field field;

    render_seconds(record->head.time_ns, out);
    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, &form->scratch, &field)) {
        buffer_append_byte(out, form->delimiter);
        put_csv_value(form, &field, out);
    }
    buffer_append_byte(out, '\n');
}

void form_csv_header(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    struct field_walk walk;
    struct chunk_field field;

    buffer_append(out, SLICE("timestamp"));
    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, &form->scratch, &field)) {
        buffer_append_byte(out, form->delimiter);
        put_csv_text(field.key, out);
    }
    buffer_append_byte(out, '\n');
    arena_reset(&form->scratch);
}

static void put_ltsv(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    struct field_walk walk;
    struct chunk_field field;

    buffer_append(out, SLICE("\"time\""));
    buffer_append_byte(out, form->label_delimiter);
    put_short_seconds(record->head.time_ns, out);
    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, &form->scratch, &field)) {
        buffer_append_byte(out, form->delimiter);
        buffer_append_byte(out, '"');
        buffer_append(out, field.key);
        buffer_append_byte(out, '"');
        buffer_append_byte(out, form->label_delimiter);
        render_text_value(&field, &form->scratch, out);
    }
    buffer_append_byte(out, '\n');
}

static bool put_field_named(struct form *form, const struct chunk_record *record, struct slice name,
                            struct buffer *out)
{
    struct chunk_field field, found = {0};
    struct field_walk walk;

    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, &form->scratch, &field))
        if (slice_equal(field.key, name))
            found = field;
    if (found.key.data == NULL)
        return false;
    if (is_text(&found))
        buffer_append(out, field_text(form, &found));
    else
        render_text_value(&found, &form->scratch, out);
    return true;
}

/* What {name} stands for; a name that the record does not have stays as it was written. */
static void put_placeholder(struct form *form, const struct chunk_record *record, struct slice name,
                            struct buffer *out)
{
    if (slice_is(name, "time")) {
        put_short_seconds(record->head.time_ns, out);
        return;
    }
    if (put_field_named(form, record, name, out))
        return;
    buffer_append_byte(out, '{');
    buffer_append(out, name);
    buffer_append_byte(out, '}');
}

static void put_template(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    struct slice rest = slice_of(form->template_text);

    while (rest.len > 0) {
        size_t open = slice_find(rest, '{');
        struct slice inside = slice_skip(rest, open + 1);
        size_t close = slice_find(inside, '}');

        buffer_append(out, slice_make(rest.data, open));
        if (open == rest.len)
            break;
        if (close == inside.len) {
            buffer_append(out, slice_skip(rest, open));
            break;
        }
        put_placeholder(form, record, slice_make(inside.data, close), out);
        rest = slice_skip(inside, close + 1);
    }
    buffer_append_byte(out, '\n');
}

void form_record(struct form *form, const struct chunk_record *record, struct buffer *out)
{
    switch (form->format) {
    case FILE_FORMAT_TAGGED:
        put_tagged(form, record, out);
        break;
    case FILE_FORMAT_PLAIN:
        put_plain(form, record, out);
        break;
    case FILE_FORMAT_CSV:
        put_csv(form, record, out);
        break;
    case FILE_FORMAT_LTSV:
        put_ltsv(form, record, out);
        break;
    case FILE_FORMAT_TEMPLATE:
        put_template(form, record, out);
        break;
    case FILE_FORMAT_MSGPACK:
        render_msgpack(record, true, out);
        break;
    }
    arena_reset(&form->scratch);
}
