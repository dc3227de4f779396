/*
 * What to attach to a bug report: versions, the machine, and the configuration as it was
 * understood, without secrets.
 *
 * Thread   start-up only.
 */
#ifndef TAILRACE_SERVICE_SUPPORT_H
#define TAILRACE_SERVICE_SUPPORT_H

#include "config/tree.h"

/* Appends it as text. What a key is called decides whether its value is shown. */
void support_write(const struct config *config, struct buffer *out);

#endif
