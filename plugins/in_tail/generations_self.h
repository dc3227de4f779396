/*
 * What the files of the generations share. Nobody else includes this.
 *
 *   generations_known.c  what is known of a log's generations
 *   generations.c        what lies beside the log, held against that: what is unread is followed
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_GENERATIONS_SELF_H
#define TAILRACE_PLUGINS_IN_TAIL_GENERATIONS_SELF_H

#include "plugins/in_tail/tail.h"

struct known_generation {
    struct generation_saved saved;
    struct tail_note note;
    struct file_print tail;
    bool is_followed;
};

/* All that is known of one log. */
struct known_generations {
    struct tail *tail;
    struct known_generation *items;
    size_t count;
    bool is_copied; /* the log was copied and truncated: set before they are gathered */
};

/* The followed ones first, then the rows of both of its names. */
void known_gather(struct known_generations *list, const struct found_file *name);

/* NULL: nothing is known of that row. Lent by the list. */
const struct known_generation *known_find(const struct known_generations *list, int64_t row);

void known_fini(struct known_generations *list);

#endif
