/*
 * Whose turn it is: the lanes of files that are ready, one turn after the other.
 *
 * Thread   the loop.
 * Limits   TAIL_TURNS_MAX turns before the loop goes on.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_WORK_H
#define TAILRACE_PLUGINS_IN_TAIL_WORK_H

#include "plugins/in_tail/tail.h"

void tail_lane_init(struct tail_lane *lane, struct tail *tail, struct budget *budget);
void tail_lane_stop(struct tail_lane *lane);

/* Its readers wait until the budget, which is full, has room. */
void tail_lane_wait(struct tail_lane *lane);

void tail_work_start(struct tail *tail);
void tail_work_stop(struct tail *tail);

#endif
