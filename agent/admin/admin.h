/*
 * The admin server of a pipeline: metrics, health and the status page, when HTTP_Server is on.
 *
 * Life     admin_start -> admin_stop, before the pipeline is freed.
 * Thread   the loop.
 * Reports  a port that cannot be had: that is a mistake of the start, not a warning.
 */
#ifndef TAILRACE_ADMIN_ADMIN_H
#define TAILRACE_ADMIN_ADMIN_H

#include "service/pipeline.h"

struct admin;

/* Negative: the report says why. */
MUST_USE int admin_start(struct loop *loop, struct pipeline *pipeline, struct report *report,
                         struct admin **admin_out);
void admin_stop(struct admin **admin);

/* A line of the log for each thing worth knowing of the running agent: its books, its memory, the
 * trouble of its outputs. */
void admin_log_state(struct pipeline *pipeline);

#endif
