/*
 * The configuration as one tree, whichever grammar it was written in.
 *
 * Sections stand in the order of the files, each with its properties in order, and may hold
 * groups: sections inside. What both grammars mean alike looks alike:
 *
 *   INPUT, FILTER, OUTPUT, CUSTOM   an instance each; `name` says of which plugin
 *     group processors              groups named logs, metrics, traces: a processor each, with
 *                                   `name` and perhaps a group `condition` (`op`, groups `rules`)
 *     group routes                  groups named logs, ...; as YAML has them
 *     groups nodes                  of the upstream that an output names
 *   MULTILINE_PARSER                groups named rules: `state`, `regex`, `next_state`
 *   UPSTREAM                        groups named nodes
 *   SERVICE                         at most one, merged; group telemetry
 *   PLUGINS                         `path`, several times
 *
 * Keys of properties and groups are found in any case. A YAML list of words is the same property
 * several times; a list of maps is several groups of one name.
 *
 * Life     config_new -> the grammars add -> read -> config_free. All texts, places included, live
 *          as long as the config.
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_CONFIG_TREE_H
#define TAILRACE_CONFIG_TREE_H

#include "base/arena.h"
#include "base/list.h"
#include "config/env.h"
#include "plugin/option.h"

enum config_kind {
    CONFIG_SERVICE,
    CONFIG_INPUT,
    CONFIG_FILTER,
    CONFIG_OUTPUT,
    CONFIG_CUSTOM,
    CONFIG_PARSER,
    CONFIG_MULTILINE_PARSER,
    CONFIG_PLUGINS,
    CONFIG_STREAM_TASK,
    CONFIG_UPSTREAM,
    CONFIG_GROUP, /* inside another section */
    CONFIG_OTHER, /* not known, kept as it is */
};

struct section {
    struct list link;
    enum config_kind kind;
    const char *name; /* as written in the file */
    struct place place;
    struct property *properties;
    size_t property_count;
    struct list groups;
};

struct config {
    struct arena arena;
    struct list sections;
    struct env env;
    const char *root; /* the directory of the main file; "." before there is one */
};

struct config *config_new(void);
void config_free(struct config **config);

/* Reading. Whatever is lent lives as long as the config. */

/* "input", "multiline_parser": how messages call it. */
const char *config_kind_name(enum config_kind kind);

/* The first section of a kind, and the next of the same kind; NULL at the end. */
struct section *config_first(const struct config *c, enum config_kind kind);
struct section *config_next(const struct config *c, const struct section *after);

/* The first value of a key; NULL where there is none. */
const char *section_get(const struct section *s, const char *key);

/* The properties of one key in order: NULL asks for the first, and means the end. */
const struct property *section_find(const struct section *s, const char *key,
                                    const struct property *after);

/* Where the key's last value stands; the section's place where there is none. */
struct place section_place(const struct section *s, const char *key);

/* The groups of one name, in the same way. */
struct section *section_group(const struct section *s, const char *name,
                              const struct section *after);

/* What options_bind takes: all properties, `name` included. `owner` is lent too. */
struct property_list section_properties(const struct section *s, const char *owner);

/* Building. All texts are copied. */

/* A new section at the end; a second SERVICE is the first one. */
struct section *config_add(struct config *c, enum config_kind kind, const char *name,
                           struct place place);
struct section *section_add_group(struct config *c, struct section *s, const char *name,
                                  struct place place);
void section_add(struct config *c, struct section *s, struct property property);

/* Puts the values of the environment into one section and its groups. Parsers are left alone:
 * their patterns may hold what looks like a variable. */
void section_expand(struct config *c, struct section *s, struct report *report);

#endif
