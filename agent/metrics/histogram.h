/*
 * A histogram counts times by how long they were: one counter for each of a few bounds, and their
 * sum. The bounds are constant and stand beside the metric's meaning (metrics/table.c).
 *
 * Life     zeroed is empty. Thread: the loop. Takes no memory and costs a few comparisons.
 * Limits   HISTOGRAM_BOUNDS_MAX bounds.
 */
#ifndef TAILRACE_METRICS_HISTOGRAM_H
#define TAILRACE_METRICS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 11

/* Ascending. A time that is equal to a bound lies below it. */
struct histogram_bounds {
    uint32_t count;
    uint32_t upper_ms[HISTOGRAM_BOUNDS_MAX];
};

struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; /* between bounds; behind the last: what is longer */
    uint64_t sum_ms;
};

void histogram_add(struct histogram *h, const struct histogram_bounds *bounds, uint64_t ms);

/* Stops the process when bounds are none, too many, or not ascending. */
void histogram_bounds_check(const struct histogram_bounds *bounds);

/* How many times were at most as long as the bound of this index; of index bounds->count: all. */
uint64_t histogram_below(const struct histogram *h, const struct histogram_bounds *bounds,
                         uint32_t index);

#endif
