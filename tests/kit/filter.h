/*
 * A filter in a test: made from the keys of a section, then asked what becomes of a record.
 */
#ifndef TAILRACE_KIT_FILTER_H
#define TAILRACE_KIT_FILTER_H

#include "kit/record.h"
#include "plugin/plugin.h"

#define KIT_KEYS_MAX 256

struct kit_filter {
    const struct filter_plugin *plugin;
    void *self;
    struct property properties[KIT_KEYS_MAX];
    size_t property_count;
    struct report report;
    struct record record;
    struct json_scanner json;
    struct slice tag; /* "test", unless the test says otherwise */
    bool is_open;
};

/* The parsers that filters find when they are made; NULL: none. */
extern struct parser_book *kit_filter_parsers;

/* Keys and values in turn, as a section has them: KIT_KEYS("Regex", "log x"). The section begins in
 * line 1 of filter.conf, the first key stands in line 2. */
#define KIT_KEYS(...)     \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

/* False when the configuration is refused; the messages are in the report. Close it either way. */
bool kit_filter_try(struct kit_filter *f, const struct filter_plugin *plugin,
                    const char *const *keys);
void kit_filter_close(struct kit_filter *f);

/* Fails the test when the configuration is refused. */
void kit_filter_open(struct kit_filter *f, const struct filter_plugin *plugin,
                     const char *const *keys);

/* Fails the test unless the configuration is refused, with exactly one error, that says this. */
void kit_filter_refuses(const struct filter_plugin *plugin, const char *const *keys,
                        const char *what);

/* The record that comes out, or NULL when it was dropped; lent until the next call. */
const char *kit_filter_apply(struct kit_filter *f, const char *json);

/* The same for what is in f->record already. */
const char *kit_filter_run(struct kit_filter *f);

/* Fails the test unless `json` becomes `expected`, whatever way its members lie in the record; NULL:
 * is dropped. */
void kit_filter_expect(struct kit_filter *f, const char *json, const char *expected);

#endif
