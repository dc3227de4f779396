/*
 * What becomes of a delivery by the verdict on its last attempt.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_OUTPUT_JUDGED_H
#define TAILRACE_OUTPUT_JUDGED_H

#include "output/delivery.h"

/* The attempt has this verdict; `verdicts` where it has items, `asked_ms` when the back-end says how
 * long to wait. */
void delivery_judged(struct delivery *d, enum verdict verdict, struct verdicts *verdicts,
                     uint64_t asked_ms);

/* Nothing waits in the batch any more. */
void delivery_next_part(struct delivery *d);

#endif
