/*
 * Gives memory back to the system when a load is over. What a load needed lies in the heap in pieces,
 * and the next load would use them again: so a trickle keeps them, and giving back waits until next to
 * nothing is held after a load, or nothing came and nothing went for a while: files are let go of long
 * after their last records.
 *
 * Life     settle_start -> settle_stir* -> settle_stop.
 * Thread   the loop, which its timer does not keep alive.
 */
#ifndef TAILRACE_SERVICE_SETTLE_H
#define TAILRACE_SERVICE_SETTLE_H

#include "base/check.h"

#define SETTLE_AFTER_MS 5000

/* Memory in use that was above the one and is below the other was a load, and is over. */
#define SETTLE_PEAK_BYTES ((uint64_t)1 << 20)
#define SETTLE_USED_BYTES_MAX ((uint64_t)128 << 10)

struct budget;
struct loop;
struct timer;

struct settle {
    struct timer *timer; /* on while memory was in use lately */
    struct budget *memory;
    bool was_stirred; /* since it fired last */
    bool was_loaded;  /* much memory was in use, since some was given back */
};

void settle_start(struct settle *settle, struct loop *loop, struct budget *memory);
void settle_stop(struct settle *settle);

/* Something has come that needs memory, or has gone that needed some. */
void settle_stir(struct settle *settle);

#endif
