/*
 * What is shown of the files: bytes that are unread, and the files that lag.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_LOOK_H
#define TAILRACE_PLUGINS_IN_TAIL_LOOK_H

#include "plugin/plugin.h"

void tail_refresh(void *self);
void tail_describe(const void *self, struct buffer *out);

#endif
