/*
 * A plugin as the agent makes one, for tests that drive its const struct.
 *
 *     void *self = plugin_make(&kit, sizeof(struct out_x), out_x.options,
 *                              (const char *[]){"format", "json", NULL});
 *     ck_assert_int_eq(out_x.init(self, &kit.setup), 0);
 *     ...
 *     out_x.fini(self);
 *     plugin_gone(&kit, self);
 */
#ifndef TAILRACE_KIT_PLUGIN_H
#define TAILRACE_KIT_PLUGIN_H

#include "plugin/plugin.h"

struct plugin_kit {
    struct plugin_setup setup; /* change it between plugin_make and init */
    struct report report;
    const struct option *options;
    int status; /* of options_bind */
};

/* A zeroed struct with the options bound; keys and values by turns, closed with NULL. */
void *plugin_make(struct plugin_kit *kit, size_t self_bytes, const struct option *options,
                  const char *const *keys_and_values);

/* Whether a message of the report has this text. */
bool plugin_report_says(const struct plugin_kit *kit, const char *text);

/* After fini: frees the options, the report and the struct. */
void plugin_gone(struct plugin_kit *kit, void *self);

#endif
