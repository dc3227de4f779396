/*
 * A filter that lets nothing through until it is opened: for inputs that have to wait for one.
 *
 *     input_kit_init(&kit, "app");
 *     barrier_set_up(&barrier, kit.chain);
 *     ...
 *     barrier.is_open = true;
 *     barrier_wake(&barrier);
 *
 * The filter takes every tag. Thread: the test's.
 */
#ifndef TAILRACE_KIT_BARRIER_H
#define TAILRACE_KIT_BARRIER_H

#include "filter/chain.h"

/* For how long it asks to be waited for, unless it says so itself. */
#define BARRIER_WAIT_MS 5000

struct barrier {
    bool is_open;
    unsigned asked;
    uint64_t wait_ms;
    struct list waiters;
    void (*look)(const struct filter_run *run); /* at each run that asks; NULL: nobody does */
    struct filter_metrics metrics;
};

void barrier_set_up(struct barrier *barrier, struct filter_chain *chain);

/* The one that has waited longest asks again. */
void barrier_wake(struct barrier *barrier);

#endif
