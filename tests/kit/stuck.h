/*
 * All workers are stuck, as in what a disk does not finish, until they are freed.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_KIT_STUCK_H
#define TAILRACE_KIT_STUCK_H

#include "loop/loop.h"

/* More than there are workers. */
#define STUCK_JOBS 8

void workers_stick(struct loop *loop);

/* And waits until no job is left. */
void workers_free(struct loop *loop);

#endif
