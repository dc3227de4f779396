/*
 * Whether the agent stands still although it need not: bytes lie in files that it could read or has
 * read, every back-end answers, and yet nothing leaves. Then something is wrong inside, or with a
 * back-end that answers and takes nothing; somebody should look, and a start anew is the best that can
 * be done without. Pure.
 *
 * It knows nothing of bytes that wait for good reasons: a line that has no end yet, a file that may
 * not be opened, a back-end that is dead, or refuses the login.
 *
 * Thread   any.
 */
#ifndef TAILRACE_SERVICE_PROGRESS_H
#define TAILRACE_SERVICE_PROGRESS_H

#include "base/check.h"

/* All zero at first. */
struct progress {
    uint64_t left_records;
    uint64_t since_ms; /* nothing has left since; 0: nobody has looked yet */
    bool is_still;     /* for too long */
};

struct progress_seen {
    uint64_t now_ms;
    uint64_t left_records; /* by any way out, over all outputs */
    uint64_t due_bytes;    /* that could go on */
    bool is_answered;      /* no back-end is dead */
};

/* True when is_still has changed. */
bool progress_look(struct progress *p, const struct progress_seen *seen, uint64_t limit_ms);

#endif
