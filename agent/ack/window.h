/*
 * A window says which bytes of one origin ride in which chunk, and how far every output is done.
 *
 *   settled                                              issued
 *      |--- span 7 ---|--- span 8 ---|--- span 9 ---|------|
 *        outputs 0,1     output 1       outputs 0,1
 *
 * A span is a gapless run of bytes whose records went into one chunk; its mask holds the outputs
 * that are not done with that chunk. Bytes without records (filtered out, blank) belong to the
 * span before them. An output's bookmark is the end of the last span before the first one that it
 * still owes: only a gapless run of acks moves it.
 *
 * Life     window_init -> issue, extend, settle* -> window_fini.
 * Thread   the loop. Pure: no clock, no disk.
 * Limits   WINDOW_OUTPUTS_MAX outputs. Spans are as many as chunks in flight hold this origin,
 *          so the memory budget bounds them; a window with nothing in flight has no memory.
 * Stops    the process, when a span is settled twice for an output or was never issued.
 */
#ifndef TAILRACE_ACK_WINDOW_H
#define TAILRACE_ACK_WINDOW_H

#include "base/check.h"

#define WINDOW_OUTPUTS_MAX 64

/* A set of outputs, by their index. */
typedef uint64_t output_set;

struct ack_span {
    uint64_t end;
    output_set owed; /* by these outputs */
};

struct ack_window {
    uint64_t settled;       /* every output is done with the bytes before this */
    uint64_t issued;        /* the bytes before this were read, and their records chunked */
    uint64_t first_seq;     /* of spans[head] */
    struct ack_span *spans; /* a ring */
    uint32_t head;
    uint32_t count;
    uint32_t capacity; /* a power of two, or 0 */
};

/* Nothing in flight; what is before `offset` was done with in an earlier life. */
void window_init(struct ack_window *w, uint64_t offset);
void window_fini(struct ack_window *w);

/* Begins a span that these outputs owe. It ends at `end` until it is extended. Its number. */
uint64_t window_issue(struct ack_window *w, uint64_t end, output_set owed);

/* The bytes up to `end` were read; they belong to the newest span. With nothing in flight they are
 * settled at once. */
void window_advance(struct ack_window *w, uint64_t end);

/* An output is done with a span. True when `settled` moved. */
bool window_settle(struct ack_window *w, uint64_t seq, unsigned output);

/* The output does not owe the span any more, although it is not done with it: its bytes are read
 * again for it, as another origin. Where they begin. */
uint64_t window_leave(struct ack_window *w, uint64_t seq, unsigned output);

/* Where this output's bookmark stands. */
uint64_t window_bookmark(const struct ack_window *w, unsigned output);

/* Where the one of these outputs stands that is furthest. */
uint64_t window_furthest(const struct ack_window *w, output_set outputs);

void window_check(const struct ack_window *w);

#endif
