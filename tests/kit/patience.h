/*
 * Patience has an end in real time, whatever the test's clock says: a test that waits for what never
 * comes stops, and says what it waited for.
 *
 * Life     patience_begin -> turns of the loop -> patience_end. It wakes the loop by itself.
 */
#ifndef TAILRACE_KIT_PATIENCE_H
#define TAILRACE_KIT_PATIENCE_H

#include "loop/loop.h"

#define PATIENCE_S 60

struct patience {
    const char *what;
    struct poll *poll;
    int fd;
};

/* Turns the loop for so long in real time: what the kernel carries between two sockets arrives, however
 * busy the machine is. */
void patience_breathe(struct loop *loop, unsigned ms);

/* `what` is lent. */
void patience_begin(struct patience *patience, struct loop *loop, const char *what);
void patience_end(struct patience *patience);

#endif
