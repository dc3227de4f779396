/*
 * The catalog: every built-in plugin with what it can be told, for `-i NAME -h`, `-J` and the
 * report of `-S`.
 *
 * Pure. Thread: any; start-up only.
 */
#ifndef TAILRACE_SERVICE_CATALOG_H
#define TAILRACE_SERVICE_CATALOG_H

#include "config/tree.h"

struct catalog_entry {
    const char *name;
    const char *alias; /* or NULL */
    const char *summary;
    const struct option *options; /* its own */
    const struct option *common;  /* of all plugins of its kind */
};

/* The entry at an index among the inputs, filters or outputs; false past the end. */
bool catalog_at(enum config_kind kind, size_t index, struct catalog_entry *entry_out);

/* By name or alias, in any case. */
bool catalog_find(enum config_kind kind, const char *name, struct catalog_entry *entry_out);

/* Appends the names of all, a line or two for each kind. */
void catalog_list(struct buffer *out);

/* Appends the options of one plugin, the common ones last. */
void catalog_describe(enum config_kind kind, const struct catalog_entry *entry, struct buffer *out);

/* Appends all plugins with all options as one JSON object, as tools around Fluent Bit read it. */
void catalog_json(struct buffer *out);

#endif
