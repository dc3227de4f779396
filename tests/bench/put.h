/*
 * PutLogEvents and CreateLogStream as CloudWatch Logs takes them: every limit of a call is checked,
 * each event is counted as the service counts it, and streams may have to be made before they are
 * written.
 *
 * Life: all zero -> put_limits* , put_call* -> the end of the process. One thread.
 *
 * What goes wrong on purpose is set by GET /__limits?NAME=N&NAME=N, all anew: a name that is not there
 * is 0.
 *
 *   throttle   every Nth PutLogEvents is refused with a ThrottlingException
 *   calls      PutLogEvents in any second, at most PUT_SECOND_MAX; more are throttled
 *   creates    likewise of CreateLogStream
 *   made       1: a stream that nobody has made is not there
 */
#ifndef TAILRACE_BENCH_PUT_H
#define TAILRACE_BENCH_PUT_H

#include "base/buffer.h"
#include "seen.h"

#define PUT_SECOND_MAX 256

/* The last calls of one kind; a ring. */
struct put_times {
    uint64_t ms[PUT_SECOND_MAX];
    uint64_t count;
};

/* How many come within a second, wherever it begins. */
struct put_pace {
    uint64_t a_second; /* 0: as many as come */
    uint64_t most;     /* that came in one */
    struct put_times came, taken;
};

struct put_counts {
    uint64_t calls; /* that were taken */
    uint64_t events;
    uint64_t event_bytes; /* with what the service adds to each */
    uint64_t throttled;
    uint64_t invalid; /* that broke a limit */
    uint64_t unsigned_calls;
    uint64_t fills[11]; /* of those, by tenths of what a call may have */
    uint64_t creates;   /* that were taken */
    uint64_t creates_throttled;
};

struct put {
    struct map streams; /* struct put_stream, by group and stream */
    struct put_counts counts;
    struct put_pace calls, creates;
    uint64_t throttle_every, throttle_at;
    bool must_be_made;
    char invalid[128]; /* what the first such call broke */
};

struct put_request {
    struct slice operation; /* "PutLogEvents" */
    struct slice body;      /* plain */
    bool is_signed;
    uint64_t now_ms;
};

/* Sets the limits from a request's path. */
void put_limits(struct put *p, struct slice target);

/* Takes the call or does not: the status, and the answer's body appended. What arrived is marked in
 * `seen`. */
int put_call(struct put *p, const struct put_request *request, struct seen *seen,
             struct buffer *answer);

/* All counts, and the fewest calls that the events of all streams need, as one line of JSON. */
void put_stats(const struct put *p, struct buffer *answer);

#endif
