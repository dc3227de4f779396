/*
 * What the command line asks to be told, and then the agent ends: version, help, schema.
 *
 * Thread   start-up only.
 */
#ifndef TAILRACE_SERVICE_TELL_H
#define TAILRACE_SERVICE_TELL_H

#include "config/arguments.h"

/* Appends what the task is to print. -ENOTSUP: this task prints nothing. -ENOENT: there is no
 * plugin of that name; the text says so. */
MUST_USE int tell(const struct arguments *a, const char *program, struct buffer *out);

#endif
