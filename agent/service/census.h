/*
 * The census: how many chunks live, and whose records they hold. Fluent Bit's storage metrics; here
 * every chunk is in memory, and one is busy from its seal on.
 *
 * Thread   the loop. Costs a walk over all runs of all chunks: for who looks, not for each record.
 */
#ifndef TAILRACE_SERVICE_CENSUS_H
#define TAILRACE_SERVICE_CENSUS_H

#include "metrics/metrics.h"

/* Counts anew: chunks of the book, chunks* of each input. */
void census_take(struct metrics_book *book);

#endif
