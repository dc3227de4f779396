/*
 * Numbers that nobody else draws: waits are spread by them, so that many agents do not all ask at once, and
 * what has no better name is named by them. Not for secrets: where the system has none, the clock gives one.
 */
#ifndef TAILRACE_BASE_RANDOM_H
#define TAILRACE_BASE_RANDOM_H

#include "base/check.h"

uint64_t random_number(void);

#endif
