/*
 * Looks again and again at each output, and at what reads for all of them, whether it stands still
 * (service/progress.h decides), and says in one sentence which do, since when, and what their back-ends
 * say. The log has it once when one more does; the health pages, the status page and the metrics as long as it
 * is so.
 *
 * Life     standstill_start when everything runs -> standstill_stop when reading ends: what is on its way
 *          out, or is replaced by another pipeline, is not judged.
 * Thread   the loop, which its timer does not keep alive.
 */
#ifndef TAILRACE_SERVICE_STANDSTILL_H
#define TAILRACE_SERVICE_STANDSTILL_H

#include "base/buffer.h"
#include "service/progress.h"

struct pipeline;
struct timer;

struct standstill {
    struct timer *timer; /* NULL: nobody asks */
    struct progress reading;
    struct progress *outputs; /* of each that has started */
};

void standstill_start(struct pipeline *pipeline);
void standstill_stop(struct pipeline *pipeline);

/* Appends the sentence, without its full stop. False: nothing stands still. */
bool standstill_write(const struct pipeline *pipeline, struct buffer *out);

/* Something stands still that is in nobody's hands but the agent's own: reading, or an output whose
 * back-end has said nothing. A start anew may help; it would not where a back-end answers and takes
 * nothing, and what is held of deleted files would be lost by it. */
bool standstill_wants_restart(const struct pipeline *pipeline);

/* For how many seconds; 0 where it does not. */
uint64_t standstill_output_s(const struct pipeline *pipeline, size_t output);
uint64_t standstill_reading_s(const struct pipeline *pipeline);

#endif
