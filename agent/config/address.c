#include "config/address.h"

#include "plugin/plugin.h"

#define SCHEME_END "://"

/* What stands behind the plugin's name; what lacks is empty. */
struct address {
    struct slice host, port, index, type;
};

/* ---- taking apart ---- */

static struct slice host_plain(struct slice text)
{
    size_t colon = slice_find(text, ':'), slash = slice_find(text, '/');

    return slice_make(text.data, colon < slash ? colon : slash);
}

/* "[::1]": its colons are its own. Empty where the bracket is not closed, or neither a port nor a path is
 * behind it. */
static struct slice host_in_brackets(struct slice text)
{
    size_t close = slice_find(text, ']');
    struct slice rest = slice_skip(text, close < text.len ? close + 1 : close);
    bool is_well =
        close < text.len && (rest.len == 0 || rest.data[0] == ':' || rest.data[0] == '/');

    return slice_make(text.data + 1, is_well ? close - 1 : 0);
}

static struct address address_parse(struct slice text)
{
    struct address a = {0};

    if (slice_begins(text, SLICE("["))) {
        a.host = host_in_brackets(text);
        text = slice_skip(text, a.host.len + 2);
    } else {
        a.host = host_plain(text);
        text = slice_skip(text, a.host.len);
    }
    if (slice_begins(text, SLICE(":"))) {
        text = slice_skip(text, 1);
        a.port = slice_make(text.data, slice_find(text, '/'));
        text = slice_skip(text, a.port.len);
    }
    text = slice_skip(text, 1);
    if (slice_next(&text, '/', &a.index))
        (void)slice_next(&text, '/', &a.type);
    return a;
}

/* ---- putting into keys ---- */

static const struct output_plugin *output_named(const char *name)
{
    const struct output_plugin *const *p = output_plugins;

    while (*p != NULL && !slice_is_nocase(slice_of(name), (*p)->name) &&
           ((*p)->alias == NULL || !slice_is_nocase(slice_of(name), (*p)->alias)))
        p++;
    return *p;
}

static void key_add(struct config *c, struct section *s, const char *key, struct slice value,
                    struct place place)
{
    section_add(
        c, s,
        (struct property){.key = key, .value = arena_copy(&c->arena, value).data, .place = place});
}

static void key_replace(struct config *c, struct section *s, const char *key, struct slice value,
                        struct place place)
{
    if (section_find(s, key, NULL) == NULL) {
        key_add(c, s, key, value, place);
        return;
    }
    for (size_t i = 0; i < s->property_count; i++)
        if (slice_is_nocase(slice_of(s->properties[i].key), key))
            s->properties[i].value = arena_copy(&c->arena, value).data;
}

static void output_spread(struct config *c, struct section *s, struct slice rest,
                          struct place place, struct report *report)
{
    const struct output_plugin *plugin = output_named(section_get(s, "name"));
    struct address a = address_parse(rest);

    if (plugin == NULL)
        return;
    if (plugin->settings != NULL && a.host.len == 0) {
        report_error(report, place,
                     "'%s" SCHEME_END "%.*s' names no host; write %s" SCHEME_END "host:port",
                     plugin->name, SLICE_ARG(rest), plugin->name);
        return;
    }
    if (a.host.len > 0 && section_find(s, "host", NULL) == NULL)
        key_add(c, s, "host", a.host, place);
    if (a.port.len > 0 && section_find(s, "port", NULL) == NULL)
        key_add(c, s, "port", a.port, place);
    if (a.index.len == 0 || a.type.len == 0 || option_find(plugin->options, "index") == NULL)
        return;
    key_replace(c, s, "index", a.index, place);
    key_replace(c, s, "type", a.type, place);
}

static void section_spread(struct config *c, struct section *s, struct report *report)
{
    const char *name = section_get(s, "name");
    const char *end = name != NULL ? strstr(name, SCHEME_END) : NULL;

    if (end == NULL || end == name)
        return;
    key_replace(c, s, "name", slice_make(name, (size_t)(end - name)), section_place(s, "name"));
    if (s->kind == CONFIG_OUTPUT)
        output_spread(c, s, slice_of(end + strlen(SCHEME_END)), section_place(s, "name"), report);
}

void addresses_spread(struct config *c, struct report *report)
{
    for (struct section *s = config_first(c, CONFIG_INPUT); s != NULL; s = config_next(c, s))
        section_spread(c, s, report);
    for (struct section *s = config_first(c, CONFIG_OUTPUT); s != NULL; s = config_next(c, s))
        section_spread(c, s, report);
}
