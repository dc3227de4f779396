/*
 * Rows whose file is gone: found and removed on the pool. Only checkpoint/ includes it.
 *
 * A row is stale when nobody claims it and its file is not where it lay, nor among the generations of
 * its log: those are renamed one by one by whoever numbers them. What gzip made of a rotated file
 * keeps the row. In doubt (no right to look, no descriptor, a .gz that cannot be read) it is kept.
 *
 * Life     stale_claim_all on the loop -> stale_prune on a worker -> stale_fini on the loop.
 */
#ifndef TAILRACE_CHECKPOINT_STALE_H
#define TAILRACE_CHECKPOINT_STALE_H

#include "base/map.h"
#include "checkpoint/database.h"

struct stale {
    bool is_wanted;
    int64_t *claims; /* in order */
    size_t claim_count;
    size_t removed_count; /* the result */
};

/* Takes a copy of the claimed rows, the keys of `claims`. */
void stale_claim_all(struct stale *s, const struct map *claims);
void stale_fini(struct stale *s);

/* Does nothing when it is not wanted. What fails is left for the next time. */
void stale_prune(struct stale *s, struct database *db);

#endif
