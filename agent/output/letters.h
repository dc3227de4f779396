/*
 * Records that leave a delivery undelivered, on their way to the output's sink of dead letters.
 *
 * Inside of deliver, as delivery.h. Thread: the loop.
 */
#ifndef TAILRACE_OUTPUT_LETTERS_H
#define TAILRACE_OUTPUT_LETTERS_H

#include "output/delivery.h"

/* Gives the batch's records in one of these states (a set, 1 << state) to the sink, if there is one:
 * each with its own reason where it has one, else with d->answer.why. `is_given_up`: they were not refused. */
void letters_send(struct delivery *d, unsigned states, bool is_given_up);

/* The record as a letter has it: an object, and the array of the fields that had to be escaped, empty
 * where there are none. Appends to both. */
void letters_render(const struct chunk_record *record, struct buffer *object,
                    struct buffer *escaped);

#endif
