/*
 * The last resort when stopping: a thread that ends the process at its deadline, whatever the loop
 * waits for at that time: a disk that hangs, a log that nobody reads.
 *
 * It alone takes the signals that stop the agent, so they count even while the loop stands still;
 * it hands them on to the loop. The first one gives the loop Grace and a margin; each one after that
 * gives it no longer than the hurry.
 *
 * Life     watchdog_start once, when the loop watches its signals and before there are workers; it
 *          ends with the process.
 * Thread   the main one; watchdog_arm and watchdog_grace any.
 * Limits   nothing ends a thread that the kernel does not let go of; the process is then gone for
 *          everybody but the kernel.
 */
#ifndef TAILRACE_SERVICE_WATCHDOG_H
#define TAILRACE_SERVICE_WATCHDOG_H

#include "base/check.h"

#define WATCHDOG_MARGIN_MS 2000
#define WATCHDOG_HURRY_MS 1500

struct watchdog_limits {
    uint64_t grace_ms;
    uint64_t margin_ms;
    uint64_t hurry_ms;
};

/* The status of a process that it ends. */
#define WATCHDOG_STATUS 1

/* `signals` are watched by the loop already. */
void watchdog_start(const struct watchdog_limits *limits, const int *signals, size_t count);

/* Another Grace, from the next signal on. */
void watchdog_grace(uint64_t grace_ms);

/* The process ends in `wait_ms`, unless it is disarmed or has ended before. A signal's deadline is
 * never moved back. */
void watchdog_arm(uint64_t wait_ms);
void watchdog_disarm(void);

#endif
