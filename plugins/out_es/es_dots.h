/*
 * Replace_Dots: keys without dots, in JSON text at any depth. Two keys may become one by that: the last
 * stays.
 *
 * Life     {0} -> es_dots_replace, and es_dots_join where there are new keys, for each record ->
 *          es_dots_fini.
 * Thread   its owner's. Texts are the arena's, or lent where nothing had to be replaced.
 */
#ifndef TAILRACE_PLUGINS_OUT_ES_DOTS_H
#define TAILRACE_PLUGINS_OUT_ES_DOTS_H

#include "plugin/plugin.h"

struct es_dots {
    struct json_scanner json;
    bool has_new_keys; /* some key of the record under way had dots; the writer says so, too */
};

void es_dots_fini(struct es_dots *dots);

/* A checked JSON text with the dots of its keys replaced. */
struct slice es_dots_replace(struct es_dots *dots, struct slice text, struct arena *arena);

/* The record under way is over. True: keys of its document are one now, and `out` has it without
 * doubles. */
bool es_dots_join(struct es_dots *dots, struct slice document, struct arena *arena,
                  struct buffer *out);

#endif
