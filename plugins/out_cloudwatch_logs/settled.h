/*
 * The groups whose retention is settled in this life of the agent: it was set, or may not be. Entered on
 * the loop, looked up on any thread.
 *
 * All zero at first. Limits: CW_SETTLED_MAX groups; beyond, all count as settled.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_SETTLED_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_SETTLED_H

#include "plugin/plugin.h"

#include <stdatomic.h>

#define CW_SETTLED_MAX 768
#define CW_SETTLED_SLOTS 1024

struct cw_settled {
    _Atomic uint64_t hashes[CW_SETTLED_SLOTS]; /* 0: a free slot */
    atomic_uint count;
};

bool cw_settled_has(const struct cw_settled *settled, struct slice group);
void cw_settled_add(struct cw_settled *settled, struct slice group);

#endif
