/*
 * An entry's fields become a record's: in the journal's order, a name that comes several times once,
 * with an array of its values, where it came first. Pure.
 *
 * Thread   any.
 * Limits   ENTRY_FIELD_BYTES_MAX of a field, the rest is cut off; ENTRY_BYTES_MAX of all fields, those
 *          after them are left out. Who may write to the journal may write 32 MiB in one entry.
 */
#ifndef TAILRACE_IN_SYSTEMD_ENTRY_H
#define TAILRACE_IN_SYSTEMD_ENTRY_H

#include "plugin/plugin.h"

#define ENTRY_FIELD_BYTES_MAX ((size_t)2 << 20)
#define ENTRY_BYTES_MAX ((size_t)4 << 20)

struct entry_field {
    struct slice name;
    struct slice value;
    uint32_t order;
};

/* One entry, as it was read; everything lies in the arena. */
struct entry {
    struct arena *arena;
    struct entry_field *fields;
    uint32_t count, capacity;
    uint32_t count_max; /* of fields; what comes after is left out */
    size_t bytes;       /* of all fields */
};

struct entry_style {
    bool is_lower;        /* names in lower case */
    bool has_underscores; /* the first underscore of a name stays */
};

/* Copies "NAME=value". False: there is no room for more fields. */
bool entry_add(struct entry *entry, struct slice data, const struct entry_style *style);

/* Adds all fields to a record whose arena is the entry's. */
void entry_fill(struct entry *entry, struct record *record);

#endif
