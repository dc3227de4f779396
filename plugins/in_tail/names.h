/*
 * What becomes of names: files are opened, rotated, gone, as file/discover finds that out.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_NAMES_H
#define TAILRACE_PLUGINS_IN_TAIL_NAMES_H

#include "plugin/follow.h"

extern const struct discover_ops tail_discover_ops;

#endif
