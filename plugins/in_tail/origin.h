/*
 * What the chunks of a file's records say to it: they are acknowledged, or were let go of.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_ORIGIN_H
#define TAILRACE_PLUGINS_IN_TAIL_ORIGIN_H

#include "plugin/follow.h"

extern const struct origin_ops tail_origin_ops;

#endif
