/*
 * Looks again and again whether anything leaves, and says it when nothing does for hc_standstill
 * seconds without a reason, and when that is over; the health page then says so too. What counts as a
 * reason is decided by service/progress.h.
 *
 * Life     standstill_start when everything runs -> standstill_stop when reading ends.
 * Thread   the loop, which its timer does not keep alive.
 */
#ifndef TAILRACE_SERVICE_STANDSTILL_H
#define TAILRACE_SERVICE_STANDSTILL_H

#include "service/progress.h"

struct pipeline;
struct timer;

struct standstill {
    struct timer *timer; /* NULL: nobody asks */
    struct progress progress;
};

void standstill_start(struct pipeline *pipeline);
void standstill_stop(struct pipeline *pipeline);

/* For how many seconds, when that is longer than hc_standstill; else 0. */
uint64_t standstill_s(const struct standstill *standstill);

#endif
