/*
 * Says it when reading waits for the service's memory for long, and when that is over: a back-end
 * that is slow makes it wait for parts of a second, which is nothing to be told.
 *
 * What is said names the output that holds most, and what to do. An input's own Mem_Buf_Limit is
 * told by instance.h.
 *
 * Life     pressure_start when the outputs have started -> pressure_turned* -> pressure_stop.
 * Thread   the loop.
 * Limits   said once a PRESSURE_INTERVAL_MS at most.
 */
#ifndef TAILRACE_SERVICE_PRESSURE_H
#define TAILRACE_SERVICE_PRESSURE_H

#include "base/log.h"

#define PRESSURE_AFTER_MS 5000
#define PRESSURE_INTERVAL_MS 60000

struct pipeline;
struct timer;

struct pressure {
    struct timer *timer; /* on while memory is full, and that was not said yet */
    uint64_t since_ms;
    struct log_brake brake;
    bool was_said;
};

void pressure_start(struct pipeline *pipeline);
void pressure_stop(struct pipeline *pipeline);

/* The service's memory has become full, or has room again. */
void pressure_turned(struct pipeline *pipeline);

#endif
