/*
 * The filter chain: the filters that stand inside of inputs (processors), then all others of the
 * configuration, in the order of the file.
 *
 * Which of them take a tag is found once for the tag, not once for each record: whoever has many
 * records of one tag (an origin) asks filter_chain_select and keeps the answer.
 *
 * Life     filter_chain_new -> add* -> (select -> apply*)* -> filter_chain_free.
 * Thread   the loop.
 * Limits   there is one selection for each set of filters that some tag matches, however many tags
 *          there are; they live as long as the chain.
 */
#ifndef TAILRACE_FILTER_CHAIN_H
#define TAILRACE_FILTER_CHAIN_H

#include "filter/filter.h"
#include "filter/match.h"
#include "metrics/metrics.h"
#include "record/plain.h"

struct filter_chain;
struct filter_selection;

struct filter_chain *filter_chain_new(void);

/* Runs every filter's fini, last one first; selections end here. Accepts NULL; leaves NULL. */
void filter_chain_free(struct filter_chain **chain);

/* Appends a filter whose init has succeeded. `self` and `metrics` are lent and outlive the chain;
 * `match` is adopted. Stops the process when something was selected already. */
void filter_chain_add(struct filter_chain *chain, const struct filter_plugin *plugin, void *self,
                      struct tag_match *match, struct filter_metrics *metrics);

/* The filter that was added last takes records of this source alone: whatever filter_chain_select
 * is told; only compared. */
void filter_chain_keep_to(struct filter_chain *chain, const void *source);

/* The filters that take this tag from this source; NULL: from none, so that those of one source alone take
 * it not. Lent until the chain is freed. Never NULL. */
const struct filter_selection *filter_chain_select(struct filter_chain *chain, struct slice tag,
                                                   const void *source);

/* Whether records of such a tag may go on under others. */
bool filter_selection_emits(const struct filter_selection *selection);

/* Whether it matters to some filter what comes of such a tag, although no output takes it. */
bool filter_selection_sees_all(const struct filter_selection *selection);

/* Whether nothing is to be done for such a tag. */
bool filter_selection_is_empty(const struct filter_selection *selection);

/* Whether records of a source may come: 0, or how long to wait at most for the first filter that is not
 * ready; see filter_plugin.ready. All are asked where the wait is over. */
uint64_t filter_selection_ready(const struct filter_selection *selection,
                                const struct filter_run *run, struct filter_waiter *waiter);

/* Passes the record through the selected filters in order. FILTER_DROP ends it; the metrics of each
 * filter that saw it have counted it, with the bytes of the keys and texts that came into the
 * chain. */
enum filter_verdict filter_selection_apply(const struct filter_selection *selection,
                                           struct record *record, struct filter_run *run);

/* The short way: does the same to a plain record, and counts it. PLAIN_FILL where there is more to be
 * done than a plain record can bear; then nothing was done, and filter_selection_apply has to. */
enum plain_verdict filter_selection_apply_plain(const struct filter_selection *selection,
                                                struct plain_record *plain, struct filter_run *run);

#endif
