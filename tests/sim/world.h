/*
 * One history: logs that are written, rotated, truncated, compressed and deleted, an agent that
 * ships them, and all that can go wrong, in an order that the seed decides. At the end everything is
 * made well again, and what was written must be where it belongs before long.
 */
#ifndef TAILRACE_SIM_WORLD_H
#define TAILRACE_SIM_WORLD_H

#include "base/check.h"

struct world_sum {
    uint64_t histories, steps, lives, lines, excused, requests;
    uint64_t simulated_ms;
};

void world_run(uint64_t seed, struct world_sum *sum);

#endif
