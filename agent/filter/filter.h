/*
 * What a filter plugin is: a record goes in and stays or goes.
 *
 * Life     the agent zeroes self_bytes, binds the options and calls init; apply runs for every
 *          record whose tag matches; fini at the end. init runs at --dry-run too, so it touches
 *          nothing outside.
 * Thread   the loop.
 */
#ifndef TAILRACE_FILTER_FILTER_H
#define TAILRACE_FILTER_FILTER_H

#include "record/record.h"

struct option;
struct plugin_setup;
struct parser_book;

enum filter_verdict {
    FILTER_KEEP,
    FILTER_DROP,
};

/* What a filter may need besides the record; lent for the call. */
struct filter_run {
    struct slice tag;
    struct json_scanner *json; /* for checking text; what it lends dies with the next check */
};

/* All that some filters do: a text under `key` that is a JSON object goes, and the object's members
 * come before the other fields. Any other record stays as it is. */
struct filter_unfold {
    struct slice key;
    struct slice stop; /* with an object that has this key they do something else */
};

struct filter_plugin {
    const char *name;
    const char *summary;
    size_t self_bytes;
    const struct option *options;

    /* Compiles what the options say; reports every mistake. Negative when there was one. May be
     * NULL. fini runs even then, on whatever init left. */
    MUST_USE int (*init)(void *self, struct plugin_setup *setup);
    void (*fini)(void *self);

    enum filter_verdict (*apply)(void *self, struct record *record, struct filter_run *run);

    /* Whether apply does no more than this, and so need not be called for plain records; NULL: it
     * does more. */
    bool (*unfolds)(const void *self, struct filter_unfold *out);
};

#endif
