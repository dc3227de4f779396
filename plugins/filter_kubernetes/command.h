/*
 * Runs a command of the configuration and takes what it prints, as Kube_Token_Command wants it.
 *
 * Thread   a worker: it blocks. Limits: `wait_ms` to print and as long again to end, then the command
 *          is killed; `bytes_max`.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_COMMAND_H
#define TAILRACE_FILTER_KUBERNETES_COMMAND_H

#include "plugin/plugin.h"

struct command_limits {
    unsigned wait_ms;
    size_t bytes_max;
};

/* Appends what `text`, given to /bin/sh, prints. Negative, with nothing to be used in `out`: it could
 * not be run, took too long (-ETIMEDOUT), printed too much (-E2BIG), or failed (-ECHILD). */
MUST_USE int command_run(const char *text, struct command_limits limits, struct buffer *out);

#endif
