/*
 * How many samples are due: one for each interval that has passed. Pure.
 *
 * A pace that was kept from running (no memory, a busy loop) catches up with one second's samples
 * at most.
 */
#ifndef TAILRACE_IN_DUMMY_PACE_H
#define TAILRACE_IN_DUMMY_PACE_H

#include "plugin/plugin.h"

struct pace {
    uint64_t interval_ns; /* not 0 */
    uint64_t start_ms;
    uint64_t passed; /* intervals since start_ms that were told as due, or let go */
};

/* An interval of its own, else so many samples a second; one a second by default. */
uint64_t pace_interval_ns(int64_t interval_sec, int64_t interval_nsec, int64_t rate);

void pace_start(struct pace *pace, uint64_t now_ms);

/* How many samples are due now; each is told once. */
uint64_t pace_due(struct pace *pace, uint64_t now_ms);

/* How often to ask. */
uint64_t pace_every_ms(const struct pace *pace);

#endif
