/*
 * `tailrace dlq`: dead letters listed, shown, dropped and replayed.
 *
 * Thread   the main one; there is no agent in this process.
 */
#ifndef TAILRACE_SERVICE_DLQ_H
#define TAILRACE_SERVICE_DLQ_H

#include "base/report.h"
#include "config/dlq_arguments.h"

struct config;

/* Does what the command line says and appends what is to be printed. 0, or 1 as the exit status:
 * the report says why, or some letters stayed. */
int dlq(const struct dlq_arguments *a, struct buffer *out, struct report *report);

/* For replay.c: sends what is chosen through the outputs of the configuration. As above. */
int dlq_replay(const struct dlq_arguments *a, const struct config *config, const char *path,
               struct buffer *out, struct report *report);

#endif
