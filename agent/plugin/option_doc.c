#include "plugin/option.h"

static const char *type_name(const struct option *o)
{
    static const char *const names[] = {
        [OPTION_TYPE_BOOL] = "boolean",  [OPTION_TYPE_INT] = "integer",
        [OPTION_TYPE_DOUBLE] = "double", [OPTION_TYPE_SIZE] = "size",
        [OPTION_TYPE_TIME] = "time",     [OPTION_TYPE_TEXT] = "string",
        [OPTION_TYPE_CHOICE] = "string", [OPTION_TYPE_LIST] = "comma delimited strings",
        [OPTION_TYPE_WORDS] = "string",  [OPTION_TYPE_PAIR] = "string",
        [OPTION_TYPE_IGNORED] = "none",  [OPTION_TYPE_PREFIX] = "prefixed string",
    };

    CHECK((size_t)o->type < ARRAY_LEN(names));
    return names[o->type];
}

/* A default as it may be shown: secrets have none worth showing. */
static const char *fallback_shown(const struct option *o, const char *nothing)
{
    return o->fallback == NULL || o->flags & OPTION_SECRET ? nothing : o->fallback;
}

void options_print(const struct option *options, struct buffer *out)
{
    for (const struct option *o = options; o->type != OPTION_TYPE_END; o++) {
        buffer_append_format(out, "%-40s %s", o->name, o->help);
        if (o->choices != NULL)
            buffer_append_format(out, " One of: %s.", o->choices);
        if (o->flags & OPTION_NO_MEANING)
            buffer_append_text(out, " (Accepted, without effect.)");
        buffer_append_format(out, " > default: %s, type: %s\n",
                             fallback_shown(o, o->flags & OPTION_REQUIRED ? "required" : "none"),
                             type_name(o));
    }
}

/* A bar would end the cell. */
static void append_cell(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, *text);
    }
}

static void append_fallback_cell(struct buffer *out, const struct option *o)
{
    const char *fallback = fallback_shown(o, "");

    if (o->flags & OPTION_REQUIRED)
        buffer_append_text(out, "required");
    else if (fallback[0] != '\0') {
        buffer_append_byte(out, '`');
        append_cell(out, fallback);
        buffer_append_byte(out, '`');
    }
}

void options_markdown(const struct option *options, struct buffer *out)
{
    buffer_append_text(out, "| Key | Type | Default | Meaning |\n|---|---|---|---|\n");
    for (const struct option *o = options; o->type != OPTION_TYPE_END; o++) {
        buffer_append_format(out, "| `%s` | %s | ", o->name, type_name(o));
        append_fallback_cell(out, o);
        buffer_append_text(out, " | ");
        append_cell(out, o->help);
        if (o->choices != NULL) {
            buffer_append_text(out, " One of: ");
            append_cell(out, o->choices);
            buffer_append_byte(out, '.');
        }
        if (o->flags & OPTION_NO_MEANING)
            buffer_append_text(out, " Accepted, without effect.");
        if (o->flags & OPTION_REPEAT && o->type != OPTION_TYPE_IGNORED)
            buffer_append_text(out, " May be given several times.");
        buffer_append_text(out, " |\n");
    }
}

static void append_json_text(struct buffer *out, const char *text)
{
    buffer_append_byte(out, '"');
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ')
            buffer_append_format(out, "\\u%04x", (unsigned)*text);
        else if (*text == '"' || *text == '\\')
            buffer_append_format(out, "\\%c", *text);
        else
            buffer_append_byte(out, *text);
    }
    buffer_append_byte(out, '"');
}

static void append_json_option(struct buffer *out, const struct option *o)
{
    buffer_append_text(out, "{\"name\":");
    append_json_text(out, o->name);
    buffer_append_text(out, ",\"description\":");
    append_json_text(out, o->help);
    buffer_append_text(out, ",\"default\":");
    if (fallback_shown(o, NULL) == NULL)
        buffer_append_text(out, "null");
    else
        append_json_text(out, o->fallback);
    buffer_append_format(out, ",\"type\":\"%s\"}", type_name(o));
}

void options_json(const struct option *options, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (const struct option *o = options; o->type != OPTION_TYPE_END; o++) {
        if (o != options)
            buffer_append_byte(out, ',');
        append_json_option(out, o);
    }
    buffer_append_byte(out, ']');
}
