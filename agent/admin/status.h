/*
 * The status document that the page at /ui draws: what is configured, every counter of it, what
 * inputs follow, the agent's last warnings, and the verdict.
 *
 * Thread   the loop. Looking at it moves the view's pace.
 */
#ifndef TAILRACE_ADMIN_STATUS_H
#define TAILRACE_ADMIN_STATUS_H

#include "admin/view.h"

/* Appends one JSON object. Counters have the names they have in metrics. */
void status_write(const struct admin_view *view, struct buffer *out);

#endif
