/*
 * Health: whether an output had too many errors, or gave up too often, of late.
 *
 * A sample of both counters is taken at even intervals; when the newest is further from the
 * oldest than a limit allows, the agent is not healthy. Without samples it is.
 *
 * Life     health_init -> health_sample* -> health_fini.
 * Thread   the loop. Limits: HEALTH_SAMPLES_MAX samples; longer periods have longer intervals.
 */
#ifndef TAILRACE_ADMIN_HEALTH_H
#define TAILRACE_ADMIN_HEALTH_H

#include "base/check.h"

#define HEALTH_SAMPLES_MAX 600

struct health_sample {
    uint64_t errors;
    uint64_t retries_failed;
};

struct health_limits {
    uint64_t errors;
    uint64_t retries_failed;
    uint64_t period_s;
};

struct health {
    struct health_limits limits;
    struct health_sample *samples; /* a ring */
    size_t capacity;
    size_t count;
    size_t next;
};

void health_init(struct health *h, struct health_limits limits);
void health_fini(struct health *h);

/* How long to wait between samples. */
uint64_t health_interval_ms(const struct health *h);

void health_sample(struct health *h, struct health_sample sample);

/* What came within the period. */
struct health_sample health_recent(const struct health *h);
bool health_is_good(const struct health *h);

#endif
