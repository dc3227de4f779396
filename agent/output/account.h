/*
 * The books of an output, and what is said of them: every record that leaves a delivery goes through one
 * of account_*, so that the ledger of metrics.h balances at any moment; flow_* count for the inputs. For
 * the files of this folder only.
 *
 * Thread   the loop.
 * Stops    the process, when a record would leave twice.
 */
#ifndef TAILRACE_OUTPUT_ACCOUNT_H
#define TAILRACE_OUTPUT_ACCOUNT_H

#include "output/delivery.h"

/* ---- flow.c ---- */

/* How records leave a delivery. */
enum way_out {
    WAY_BACK, /* they will come again: not counted by input */
    WAY_DELIVERED,
    WAY_DROPPED, /* set aside, or given up */
};

/* So many records of the chunk, from `first` on, are counted for the inputs that they came from.
 * Costs one step for each run, as long as records leave in order. */
void flow_count(struct delivery *d, uint32_t first, uint32_t count, enum way_out way);

/* It waits from now on; it has its first place, or one more; the output is done with all of it. */
void flow_offer(struct delivery *d);
void flow_begin(struct delivery *d);
void flow_end(struct delivery *d);

/* ---- account.c ---- */

/* A chunk came: its records are in flight from now on. */
void account_in(struct output *output, const struct chunk *chunk);

/* The records that are left will be read again, so they were never here. */
void account_let_go(struct delivery *d);

/* The records that are left are dropped: the agent stops, and nobody can read them again. */
void account_lose(struct delivery *d);

/* What is waiting in the batch is refused as a whole; d->answer.why says why. */
void account_set_aside(struct delivery *d);

/* What is waiting in the batch is dropped: Retry_Limit is reached. `keeps_texts`: but for what
 * waits to be sent as text, which was not tried yet. */
void account_give_up(struct delivery *d, bool keeps_texts);

/* The request was sent whole, and no answer came, so many times: the back-end may have what is waiting in
 * the batch. */
void account_unanswered(struct delivery *d, unsigned times);

/* Records that encode or write had no way to write are set aside. */
void account_skipped(struct delivery *d);

/* What an answer left to do. */
struct items_left {
    uint32_t retry;   /* must be tried again, later */
    uint32_t as_text; /* were refused, and go as text */
};

/* The batch was taken: each record fares as its item says, or is delivered where there are no
 * items. Reasons that are kept are taken out of the items. */
struct items_left account_items(struct delivery *d, struct verdicts *verdicts);

/* ---- words.c ---- */

/* The status page shows d->answer.why, until trouble_over. */
void trouble_show(const struct delivery *d);

/* Says it besides, not too often. */
void trouble_say(struct delivery *d, enum log_level level, const char *what);
void trouble_over(struct output *output);

/* At the level trace: a request that goes, and what came of it. */
void request_trace(const struct delivery *d);
void answer_trace(const struct delivery *d);

/* So many records of a request were refused, the first for that reason. LOG_ERROR: they are lost to the
 * back-end. */
void refusals_say(struct delivery *d, enum log_level level, const char *what, uint32_t count,
                  const char *reason);

/* So many were dropped, as Retry_Limit is reached. */
void losses_say(struct delivery *d, uint32_t count);

#endif
