/*
 * An in_tail as the agent runs one, with files in a tree, positions on the disk beside them, and a clock
 * that only the test moves. Directories are looked at every two seconds; there are no events.
 *
 *     static struct tail_kit tail;
 *     tail_kit_plant(&tail);
 *     tree_write("app.log", "one\n");
 *     tail_kit_start(&tail, (const char *const[]){"exit_on_eof", "on", NULL});
 *     ...
 *     ck_assert_str_eq(input_kit_records(&tail.kit), "app 100.000000000 {\"log\":\"one\"}\n");
 *     tail_kit_fell(&tail);
 *
 * Between plant and start, db and pattern may be others.
 */
#ifndef TAILRACE_KIT_TAIL_H
#define TAILRACE_KIT_TAIL_H

#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "line/multiline_book.h"
#include "plugins/in_tail/tail.h"

extern const struct input_plugin in_tail;

struct tail_kit {
    struct plugin_kit plugin;
    struct input_kit kit;
    struct parser_book *parsers;
    struct multiline_book *multilines;
    struct tail *self; /* NULL: it does not run */
    char db[512];      /* state/positions.db of the tree; "": none */
    char pattern[512]; /* *.log there */
};

/* The tree, the clock at 100 s, and what the input runs in. Words for the log go nowhere. */
void tail_kit_plant(struct tail_kit *tail);

/* From the head of each file. `more` are keys and values by turns, closed with NULL, or NULL. */
void tail_kit_start(struct tail_kit *tail, const char *const *more);

void tail_kit_stop(struct tail_kit *tail);

/* Stops it, if that was not done, and takes all of it down. */
void tail_kit_fell(struct tail_kit *tail);

/* A second passes, and until nothing is under way: rows are on the disk, and what is there was read. */
void tail_kit_settle(struct tail_kit *tail);

#endif
