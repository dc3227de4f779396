/*
 * All metrics as text, in the three forms that Fluent Bit's paths give:
 *
 *   EXPOSITION_V1     Prometheus, with a time stamp behind each counter
 *   EXPOSITION_V2     Prometheus, without
 *   EXPOSITION_LINES  a line for each value, with its time in front
 *
 * Pure; thread: the loop, which owns the counters.
 */
#ifndef TAILRACE_METRICS_EXPOSITION_H
#define TAILRACE_METRICS_EXPOSITION_H

#include "base/buffer.h"
#include "metrics/table.h"

enum exposition_form {
    EXPOSITION_V1,
    EXPOSITION_V2,
    EXPOSITION_LINES,
};

/* What is not counted by an instance. Everything is lent for the call. */
struct metrics_facts {
    const char *hostname;
    int64_t now_ns;
    uint64_t start_s; /* of the process, since the epoch */
    uint64_t uptime_s;
    uint64_t reload_count;
    uint64_t memory_used_bytes;
    uint64_t memory_limit_bytes;
    uint64_t memory_peak_bytes;
    uint64_t reading_standstill_s;
};

void exposition_write(const struct metrics_book *book, const struct metrics_facts *facts,
                      enum exposition_form form, struct buffer *out);

#endif
