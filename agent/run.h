/*
 * The agent as a process has it: with its signals, its HTTP server, and whoever started it.
 *
 * Life     agent_run: made, started, and back when it has stopped.
 * Thread   the loop, which is the caller's for as long as it takes.
 * Ends     at a signal, when inputs have come to an end, or, within Grace and a little more, by the
 *          watchdog (service/watchdog.h). A worker that is stuck in the system cannot keep the process:
 *          it leaves without it.
 */
#ifndef TAILRACE_RUN_H
#define TAILRACE_RUN_H

#include "config/arguments.h"

/* `is_dry`: all is made, and nothing started. Negative: it could not begin, or could not go on; the
 * report, which may have been printed, says why. */
MUST_USE int agent_run(const struct arguments *arguments, const struct config *config, bool is_dry,
                       struct report *report);

#endif
