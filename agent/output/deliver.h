/*
 * Deliver: chunks on their way to one output.
 *
 * An output instance has a queue of sealed chunks and as many deliveries under way as it may have
 * requests in flight. A delivery that waits to be tried again does not hold a place.
 *
 * Life     output_new -> output_offer* -> output_stop (tries what is left at once, lets go of what
 *          waits) -> output_free.
 * Thread   the loop; encode and write run on a worker.
 * Limits   what is queued is bounded by the inputs' budgets: a chunk that is not delivered keeps
 *          them from reading.
 */
#ifndef TAILRACE_OUTPUT_DELIVER_H
#define TAILRACE_OUTPUT_DELIVER_H

#include "base/budget.h"
#include "base/log.h"
#include "deadletter/sink.h"
#include "loop/loop.h"
#include "metrics/metrics.h"
#include "output/output.h"
#include "output/retry.h"

struct output;

/* How an instance is set up; everything is lent and lives as long as the output. */
struct output_config {
    const struct output_plugin *plugin;
    void *self;            /* init has run; so it has for node_selves */
    const char *name;      /* "es.0", or the alias */
    const char *component; /* "output:es:es.0" */
    unsigned index;        /* in output_set */
    unsigned workers;
    struct retry_policy retry;
    struct budget *budget;             /* the service's, for bodies */
    struct letter_sink *letters;       /* takes what is set aside; NULL: nobody does */
    const struct http_settings *nodes; /* where to send instead of where the plugin says */
    size_t node_count;
    /* The plugin as each node's keys have it, NULL for a node without keys; NULL: there are none. */
    void *const *node_selves;
};

/* NULL with *why filled when the client cannot be made. */
struct output *output_new(struct loop *loop, const struct output_config *config, char why[256]);
void output_free(struct output **output);

/* Takes a reference of its own. */
void output_offer(struct output *output, struct chunk *chunk);

/* From now on what waits is tried at once. What fails then is given back unsettled, where its source
 * has it still; else it is tried every second until output_let_go. */
void output_stop(struct output *output);

/* Lets go of everything that is not under way; its bytes stay unacknowledged. What cannot be had
 * again counts as dropped. */
void output_let_go(struct output *output);

/* ---- falling behind (ack/lane.h) ---- */

/* Lets go of what waits, where its input reads it again for this output; such a request that is
 * under way is its records' last. */
void output_leave(struct output *output);
bool output_has_last_tries(const struct output *output);

/* Whether the last request was taken; not true again after output_leave before one was. */
bool output_is_delivering(const struct output *output);

/* The bytes of this budget that it would let go of. The outputs that such chunks go to are added to
 * `*concerned`. */
uint64_t output_holds(const struct output *output, const struct budget *budget,
                      output_set *concerned);

/* Says it in words, with the output's name. */
void output_say(const struct output *output, enum log_level level, const char *words);

/* ---- looking in ---- */

/* Whether one more chunk would have to wait for a place. */
bool output_is_behind(const struct output *output);

/* Whether no chunk is queued, under way or waiting. */
bool output_is_idle(const struct output *output);

const char *output_name(const struct output *output);
struct output_metrics *output_metrics(struct output *output);

/* In words, for the status page: the last trouble, or empty; since when (wall ns), 0 when well. */
const char *output_trouble(const struct output *output, int64_t *since_ns);

/* So many answers came from a back-end that is there, though it may take nothing: they began with 2xx, even
 * where they had no end or were too large, asked for fewer, or refused records for their content. */
uint64_t output_answers(const struct output *output);

/* Whether it has trouble, and the last try met none that is there: nobody answered, or somebody who says
 * that it is not there (5xx) or not for us (401, 403, 404). */
bool output_is_away(const struct output *output);

/* Where the keys come from that its requests are signed with for AWS, in words, and for which region;
 * false where they are not signed, or there are no keys yet. */
bool output_login(const struct output *output, const char **origin, const char **region);

#endif
