/*
 * Positions that wait for their way to disk, one per row: the newest wins. A row was made when it was set
 * first, however long the disk was full. Only checkpoint/ includes it.
 *
 * Life     pending_init -> put, remove* -> pending_fini. Thread: one at a time.
 */
#ifndef TAILRACE_CHECKPOINT_PENDING_H
#define TAILRACE_CHECKPOINT_PENDING_H

#include "base/list.h"
#include "base/map.h"
#include "checkpoint/positions.h"

struct pending_row {
    struct list link;
    struct position position;
    char *texts;      /* of the position, one behind the other */
    int64_t since_ns; /* when it was set first, of what the disk did not take yet */
    bool is_removal;  /* only position.row counts */
};

struct pending {
    struct list rows; /* as they were put */
    struct map by_row;
};

void pending_init(struct pending *p);
void pending_fini(struct pending *p);

/* Copies. */
void pending_put(struct pending *p, const struct position *position);
void pending_remove(struct pending *p, int64_t row);

/* What is known of the row, or NULL. */
const struct pending_row *pending_get(const struct pending *p, int64_t row);

/* Takes all of `older`, except what `p` has newer. `older` is empty afterwards. */
void pending_merge(struct pending *p, struct pending *older);

size_t pending_count(const struct pending *p);

#endif
