#include "config/kinds.h"

#include <strings.h>

/* The order decides what a short name means: [P] is a parser. */
static const struct kind_name kind_names[] = {
    {"SERVICE", CONFIG_SERVICE, true},
    {"PARSER", CONFIG_PARSER, true},
    {"MULTILINE_PARSER", CONFIG_MULTILINE_PARSER, true},
    {"CUSTOM", CONFIG_CUSTOM, true},
    {"CUSTOMS", CONFIG_CUSTOM, false},
    {"INPUT", CONFIG_INPUT, true},
    {"INPUTS", CONFIG_INPUT, false},
    {"FILTER", CONFIG_FILTER, true},
    {"FILTERS", CONFIG_FILTER, false},
    {"OUTPUT", CONFIG_OUTPUT, true},
    {"OUTPUTS", CONFIG_OUTPUT, false},
    {"PLUGINS", CONFIG_PLUGINS, false},
    {"STREAM_TASK", CONFIG_STREAM_TASK, false},
    {"UPSTREAM", CONFIG_UPSTREAM, false},
    {"NODE", CONFIG_GROUP, false},
};

const struct kind_name *kind_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++)
        if (slice_is_nocase(name, kind_names[i].name))
            return &kind_names[i];
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++)
        if (kind_names[i].may_be_short && name.len < strlen(kind_names[i].name) &&
            strncasecmp(name.data, kind_names[i].name, name.len) == 0)
            return &kind_names[i];
    return NULL;
}

const char *kind_nearest(const char *name)
{
    const char *names[ARRAY_LEN(kind_names) + 1] = {0};

    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++)
        names[i] = kind_names[i].name;
    return report_nearest(name, names);
}
