/*
 * Deliveries that wait to be tried again, and give their place to others meanwhile.
 *
 * Thread   the loop.
 * Limits   no wait is longer than the retry policy's longest, or, where the back-end asks for more, than
 *          RETRY_AFTER_MAX_MS.
 */
#ifndef TAILRACE_OUTPUT_WAIT_H
#define TAILRACE_OUTPUT_WAIT_H

#include "output/delivery.h"

/* It was not taken, and is tried again after so many ms, or given back where that is not needed. */
void delivery_wait(struct delivery *d, uint64_t wait_ms);

/* Nothing is held against it: it goes again when rest_ms are over. */
void delivery_rest(struct delivery *d);

/* Without a place, for so many ms. */
void delivery_sleep(struct delivery *d, uint64_t wait_ms);

/* It waits no more, and is the next to get a place, which may be at once. */
void delivery_resume(struct delivery *d);

/* The same, for one that has not been tried meanwhile. */
void delivery_requeue(struct delivery *d);

/* It was not taken, and need not be tried again: whether it was given back. */
bool delivery_goes_back(struct delivery *d);

#endif
