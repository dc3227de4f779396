/*
 * What an input runs in: a loop, an intake without filters, a budget. What the input gives can be
 * read as text.
 *
 *     struct input_kit kit;
 *     input_kit_init(&kit, "app");
 *     ck_assert_int_eq(in_x.start(self, &kit.input), 0);
 *     ...
 *     ck_assert_str_eq(input_kit_records(&kit), "app 1.500000000 {\"a\":1}\n");
 *     in_x.stop(self);
 *     input_kit_fini(&kit);
 *
 * A record is a line: its tag, its time, its metadata where it has some, its fields.
 */
#ifndef TAILRACE_KIT_INTAKE_H
#define TAILRACE_KIT_INTAKE_H

#include "plugin/plugin.h"

#define INPUT_KIT_CHUNKS_MAX 64

struct input_kit {
    struct input input;
    struct loop *loop;
    struct filter_chain *chain;
    struct route_table *routes;
    struct budget budget; /* set its limit_bytes for back-pressure */
    struct buffer text;
    struct chunk *held[INPUT_KIT_CHUNKS_MAX]; /* not settled yet */
    size_t held_count;
    bool is_holding; /* chunks are kept, as if no output were done with them */
    unsigned exit_count;
    unsigned let_go_count;
};

void input_kit_init(struct input_kit *kit, const char *tag);

/* After the input's stop; settles what is held. */
void input_kit_fini(struct input_kit *kit);

/* Seals what was pushed; the records since the last call, until the next one. */
const char *input_kit_records(struct input_kit *kit);

/* The output is done with every chunk that is held, and holds no more. */
void input_kit_settle(struct input_kit *kit);

#endif
