/*
 * Logs that are known, and whose names the first scan has not found: what rotation made of them while
 * nobody looked is read all the same.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_MISSING_H
#define TAILRACE_PLUGINS_IN_TAIL_MISSING_H

struct tail;

/* What is there of logs that are known, and whose names the first scan has not found. */
void tail_missing_follow(struct tail *tail);

#endif
