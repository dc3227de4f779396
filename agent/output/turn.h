/*
 * Calls that have a pace (pace.h): whose turn it is.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_OUTPUT_TURN_H
#define TAILRACE_OUTPUT_TURN_H

#include "output/delivery.h"

/* In how many ms the output's calls may go by their pace; 0: now, or they have none. */
uint64_t turn_wait_ms(const struct output *output);

/* Whether the attempt may go on. If not it follows again when it is its turn, and the delivery has no
 * place until then. */
MUST_USE bool turn_take(struct delivery *d);

/* Whether its request may go out, and is counted; else what was made for it is forgotten first, and
 * then it waits for its next turn. */
MUST_USE bool turn_start(struct delivery *d);

/* The call is over, whatever came of it. */
void turn_end(struct delivery *d);

#endif
