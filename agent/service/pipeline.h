/*
 * The pipeline: everything that a configuration asks for, made and wired together.
 *
 *   inputs -> intake (filters, routes) -> chunks -> outputs
 *
 * Life     pipeline_new makes every instance and finds every mistake, and touches nothing outside:
 *          a dry run ends here. pipeline_start opens and reads; pipeline_stop drains and calls
 *          `stopped`; pipeline_free.
 * Thread   the loop.
 * Limits   ROUTE_OUTPUTS_MAX outputs; service_records_bytes for what is read and not delivered.
 */
#ifndef TAILRACE_SERVICE_PIPELINE_H
#define TAILRACE_SERVICE_PIPELINE_H

#include "config/tree.h"
#include "output/deliver.h"
#include "service/service_keys.h"

struct pipeline;
struct metrics_book;

/* Told once, when an input is at its end and wants the agent to stop, or when stopping is over. */
typedef void pipeline_fn(void *owner);

/* Never NULL; -EINVAL in *status when the report got an error, and then only pipeline_free is
 * allowed. The config is lent and outlives the pipeline. */
struct pipeline *pipeline_new(struct loop *loop, const struct config *config, struct report *report,
                              int *status);
void pipeline_free(struct pipeline **pipeline);

/* Negative when an input or an output cannot start; the report says why. What did start runs, and
 * pipeline_stop stops it. */
MUST_USE int pipeline_start(struct pipeline *pipeline, struct report *report,
                            pipeline_fn *exit_wanted, void *owner);

/* How letters are replayed: who is told of those that fail, after how many retries. */
struct pipeline_replay {
    struct letter_sink *letters;
    uint32_t retries_max;
};

/* Starts the outputs alone, for chunks that the caller offers; pipeline_stop as above. */
MUST_USE int pipeline_start_outputs(struct pipeline *pipeline, const struct pipeline_replay *replay,
                                    struct report *report, pipeline_fn *exit_wanted, void *owner);

/* No more reading; what was read is delivered within Grace, what is not stays unacknowledged. */
void pipeline_stop(struct pipeline *pipeline, pipeline_fn *stopped, void *owner);

/* The same, for another pipeline of this process to go on from the positions: what is not delivered
 * is read again by it, even where there is no DB. A worker that does not come back is waited for,
 * unless pipeline_keep says that nothing comes after this one. */
void pipeline_hand_over(struct pipeline *pipeline, pipeline_fn *stopped, void *owner);
void pipeline_keep(struct pipeline *pipeline);

/* Before its start: it goes on from one that stopped at that time (wall clock). */
void pipeline_takes_over(struct pipeline *pipeline, int64_t since_ns);

/* Stop waiting: what is not delivered now stays unacknowledged. */
void pipeline_hurry(struct pipeline *pipeline);

/* Whether stopping ended although a worker was still at it: one that writes to a pipe which nobody
 * reads never comes back, and holds memory that then cannot be freed. */
bool pipeline_is_stuck(const struct pipeline *pipeline);

/* Instead of pipeline_free when it is stuck: inputs save what they have to save. The process must
 * end now, without running the loop again. */
void pipeline_leave(struct pipeline *pipeline);

/* ---- looking in ---- */

const struct service_keys *pipeline_service(const struct pipeline *pipeline);
uint64_t pipeline_grace_ms(const struct pipeline *pipeline);
struct metrics_book *pipeline_metrics(struct pipeline *pipeline);
const struct budget *pipeline_memory(const struct pipeline *pipeline);

/* standstill_write: which outputs stand still, in one sentence. False: none does. */
bool pipeline_standstill(const struct pipeline *pipeline, struct buffer *out);

/* standstill_wants_restart: a start anew may help. */
bool pipeline_wants_restart(const struct pipeline *pipeline);

/* Brings counters up to date that are only reckoned when somebody looks. */
void pipeline_refresh(struct pipeline *pipeline);

/* Those that have started, in the order of the configuration. */
size_t pipeline_output_count(const struct pipeline *pipeline);
struct output *pipeline_output(const struct pipeline *pipeline, size_t index);

/* Appends what each input follows, as a JSON array, for the status page. */
void pipeline_describe_inputs(const struct pipeline *pipeline, struct buffer *out);

/* Appends a JSON array with an object for each filter that can say where what it adds comes from. */
void pipeline_describe_filters(const struct pipeline *pipeline, struct buffer *out);

/* Appends what the store of dead letters keeps, and the last ones with their reasons: an object, or
 * null where there is no store. */
void pipeline_describe_letters(const struct pipeline *pipeline, struct buffer *out);

/* The books in one paragraph: read, delivered, set aside, dropped, still unread. */
void pipeline_summary(struct pipeline *pipeline, struct buffer *out);

#endif
