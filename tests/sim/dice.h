/*
 * The dice of a history: every choice that is left to chance, the agent's own included, comes out of
 * one row of numbers, which the seed decides. The same seed throws the same dice.
 *
 * Thread   one.
 */
#ifndef TAILRACE_SIM_DICE_H
#define TAILRACE_SIM_DICE_H

#include "base/check.h"

void dice_seed(uint64_t seed);
uint64_t dice_throw(void);

/* From 0 to `count` - 1. */
uint64_t dice_below(uint64_t count);

/* Both ends are possible. */
uint64_t dice_between(uint64_t least, uint64_t most);

/* True once in so many throws. */
bool dice_one_in(uint64_t count);

#endif
