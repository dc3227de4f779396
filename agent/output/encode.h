/*
 * Where a delivery's request is made: by a worker, or on the loop where bodies are only copied together.
 */
#ifndef TAILRACE_OUTPUT_ENCODE_H
#define TAILRACE_OUTPUT_ENCODE_H

#include "output/delivery.h"

/* Has a request made of the records that are left, by a worker or by the loop; `encoded` comes later,
 * always. The delivery has its pass, where requests are signed. */
void encode_start(struct delivery *d, job_fn *encoded);

#endif
