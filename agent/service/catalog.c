#include "service/catalog.h"

#include "base/version.h"
#include "record/json_write.h"
#include "service/common.h"
#include "service/service_keys.h"

#define LINE_CHARS_MAX 78

static const enum config_kind kinds[] = {CONFIG_INPUT, CONFIG_FILTER, CONFIG_OUTPUT};

bool catalog_at(enum config_kind kind, size_t index, struct catalog_entry *e)
{
    *e = (struct catalog_entry){0};
    if (kind == CONFIG_INPUT && input_plugins[index] != NULL) {
        const struct input_plugin *p = input_plugins[index];

        *e = (struct catalog_entry){p->name, NULL, p->summary, p->options, input_options};
    } else if (kind == CONFIG_FILTER && filter_plugins[index] != NULL) {
        const struct filter_plugin *p = filter_plugins[index];

        *e = (struct catalog_entry){p->name, NULL, p->summary, p->options, filter_options};
    } else if (kind == CONFIG_OUTPUT && output_plugins[index] != NULL) {
        const struct output_plugin *p = output_plugins[index];

        *e = (struct catalog_entry){p->name, p->alias, p->summary, p->options, output_options};
    }
    return e->name != NULL;
}

bool catalog_find(enum config_kind kind, const char *name, struct catalog_entry *entry_out)
{
    for (size_t i = 0; catalog_at(kind, i, entry_out); i++)
        if (slice_is_nocase(slice_of(name), entry_out->name) ||
            (entry_out->alias != NULL && slice_is_nocase(slice_of(name), entry_out->alias)))
            return true;
    return false;
}

/* ---- for people ---- */

static void list_kind(enum config_kind kind, struct buffer *out)
{
    struct catalog_entry e;
    size_t column;

    buffer_append_format(out, "%ss:", config_kind_name(kind));
    column = sizeof "outputs:";
    for (size_t i = 0; catalog_at(kind, i, &e); i++) {
        size_t name_len = strlen(e.name) + 1;

        if (column + name_len > LINE_CHARS_MAX) {
            buffer_append_text(out, "\n   ");
            column = sizeof "   ";
        }
        buffer_append_format(out, " %s", e.name);
        column += name_len;
    }
    buffer_append_byte(out, '\n');
}

void catalog_list(struct buffer *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        list_kind(kinds[i], out);
}

void catalog_describe(enum config_kind kind, const struct catalog_entry *entry, struct buffer *out)
{
    buffer_append_format(out, "%s %s: %s\n\n", config_kind_name(kind), entry->name, entry->summary);
    options_print(entry->options, out);
    buffer_append_format(out, "\nEvery %s takes:\n\n", config_kind_name(kind));
    options_print(entry->common, out);
}

/* ---- for tools ---- */

static void append_member(struct buffer *out, const char *key, const char *text)
{
    buffer_append_format(out, "\"%s\":", key);
    json_write_text(out, slice_of(text));
    buffer_append_byte(out, ',');
}

static void append_entry(struct buffer *out, enum config_kind kind, const struct catalog_entry *e)
{
    buffer_append_byte(out, '{');
    append_member(out, "type", config_kind_name(kind));
    append_member(out, "name", e->name);
    append_member(out, "description", e->summary);
    buffer_append_text(out, "\"properties\":{\"global_options\":");
    options_json(e->common, out);
    buffer_append_text(out, ",\"options\":");
    options_json(e->options, out);
    buffer_append_text(out, "}}");
}

void catalog_json(struct buffer *out)
{
    struct catalog_entry e;

    buffer_append_text(out, "{\"fluent-bit\":{");
    append_member(out, "version", VERSION_COMPATIBLE);
    buffer_append_text(out, "\"schema_version\":\"1\",\"os\":\"linux\"},\"tailrace\":{");
    append_member(out, "version", VERSION_TAILRACE);
    buffer_append_text(out, "\"service\":");
    options_json(service_options, out);
    buffer_append_text(out, "},\"customs\":[]");
    for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
        buffer_append_format(out, ",\"%ss\":[", config_kind_name(kinds[kind]));
        for (size_t i = 0; catalog_at(kinds[kind], i, &e); i++) {
            if (i > 0)
                buffer_append_byte(out, ',');
            append_entry(out, kinds[kind], &e);
        }
        buffer_append_byte(out, ']');
    }
    buffer_append_text(out, "}\n");
}
