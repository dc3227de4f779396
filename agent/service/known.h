/*
 * The names of Fluent Bit's plugins, those included that tailrace does not have: whoever brings a
 * configuration is told that a name is right and the plugin is missing, and not that it is
 * misspelt.
 *
 * Pure. Thread: any; start-up only.
 */
#ifndef TAILRACE_SERVICE_KNOWN_H
#define TAILRACE_SERVICE_KNOWN_H

#include "base/buffer.h"
#include "config/tree.h"

/* Whether Fluent Bit 5.1, or a Go plugin of AWS beside it, has this plugin of this kind: INPUT,
 * FILTER or OUTPUT. In any case of letters. */
bool known_plugin(enum config_kind kind, const char *name);

/* Appends why there is no plugin of this name, without a full stop: it is known and not built in,
 * or it is of another kind, or it is unknown, then with the nearest name. */
void known_explain(enum config_kind kind, const char *name, struct buffer *out);

#endif
