/*
 * Who takes dead letters: the store, or whoever replays old ones.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_DEADLETTER_SINK_H
#define TAILRACE_DEADLETTER_SINK_H

#include "ack/origin.h"
#include "base/list.h"
#include "deadletter/letter.h"

struct letter_waiter;

/* What waited for is on the disk, or is counted as lost. */
typedef void letter_kept_fn(struct letter_waiter *waiter);

/* Belongs to whoever waits, from letter_sink.wait until `kept`. */
struct letter_waiter {
    struct list link;
    letter_kept_fn *kept;
    uint64_t number; /* of the last letter that it waits for */
};

struct letter_sink {
    /* Copies what it keeps. `is_given_up`: not refused, but tried as often as Retry_Limit says. */
    void (*add)(struct letter_sink *sink, const struct dead_letter *letter, bool is_given_up,
                struct origin *origin);
    /* False: all that was added is safe already, and nothing is called. */
    bool (*wait)(struct letter_sink *sink, struct letter_waiter *waiter);
};

#endif
