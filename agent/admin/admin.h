/*
 * The admin server of a pipeline: metrics, health and the status page, when HTTP_Server is on. It
 * stays, and so do its connections, when another pipeline takes over.
 *
 * Life     admin_start -> admin_stop, before the pipeline is freed.
 * Thread   the loop.
 * Reports  a port that cannot be had: that is a mistake of the start, not a warning.
 */
#ifndef TAILRACE_ADMIN_ADMIN_H
#define TAILRACE_ADMIN_ADMIN_H

#include "service/agent.h"

struct admin;

/* Negative: the report says why. */
MUST_USE int admin_start(struct loop *loop, struct pipeline *pipeline, struct report *report,
                         struct admin **admin_out);
void admin_stop(struct admin **admin);

/* The port that is listened on; 0: none. */
unsigned admin_port(const struct admin *admin);

/* POST /api/v2/reload makes this agent reload, which outlives the admin. */
void admin_take_reloads(struct admin *admin, struct agent *agent);

/* Whether the next pipeline may have the address that it asks for: it is listened on from now on,
 * beside the one there is. Negative: the report says why. */
MUST_USE int admin_check(struct admin *admin, const struct pipeline *next, struct report *report);

/* Another pipeline is looked at from now on; an address that it does not ask for is given up. The
 * former may be gone already. */
void admin_change(struct admin *admin, struct pipeline *pipeline);

/* A reload has ended: whoever asked for it is answered. */
void admin_reloaded(struct admin *admin, enum reload_state state, const struct report *report);

/* A line of the log for each thing worth knowing of the running agent: its books, its memory, the
 * trouble of its outputs. */
void admin_log_state(struct pipeline *pipeline);

#endif
