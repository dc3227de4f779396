/*
 * One option and the field that it fills: inside of plugin/option.h, for option.c, which has the table's
 * side of it, and option_bind.c, which has the configuration's.
 */
#ifndef TAILRACE_PLUGIN_OPTION_FIELD_H
#define TAILRACE_PLUGIN_OPTION_FIELD_H

#include "plugin/option.h"

/* The option of this name; and the one that it begins like, of those that stand for many names. */
const struct option *option_find_exact(const struct option *options, const char *key);
const struct option *option_find_prefix(const struct option *options, const char *key);

/* Whether it gathers pairs, as often as it is given. */
bool option_is_pair_list(const struct option *o);

/* Converts one property into its field; lists grow by it. Negative: it does not fit, and `*note` says
 * what does. */
int option_set(const struct option *o, void *self, const struct property *p, const char **note);

/* Empties what was bound. */
void option_clear(const struct option *o, void *self);

#endif
