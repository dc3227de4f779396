/*
 * Inside of the positions: one store for each database file. For the files of this folder only.
 *
 *   positions.c        opening, setting, writing
 *   positions_find.c   reading
 *   store_file.c       whether the file is there still
 */
#ifndef TAILRACE_CHECKPOINT_POSITIONS_SELF_H
#define TAILRACE_CHECKPOINT_POSITIONS_SELF_H

#include "checkpoint/database.h"
#include "checkpoint/pending.h"
#include "checkpoint/stale.h"

#include <pthread.h>

/* Which file it is: one that was deleted is open still, and another may have its name. */
struct store_file {
    uint64_t number;   /* each one that we open has its own */
    uint64_t dev, ino; /* 0: in memory */
};

struct store {
    struct list link; /* in stores */
    struct list users;
    struct loop *loop;
    struct database *database;
    pthread_mutex_t mutex;
    char *path;
    struct store_file file;
    char *speaker;
    struct timer *pace;
    uint64_t pace_ms;
    uint64_t retry_paces; /* until the next try, while failing; 0: something is urgent */
    size_t rows_last;     /* that the last write had */
    struct pending pending;
    struct pending batch;      /* the job's, until it is done */
    struct list waiters;       /* for what waits, */
    struct list batch_waiters; /* and for the batch */
    uint64_t began_ms;         /* the last write */
    struct map claims;         /* row -> how often, as a pointer */
    struct stale stale;        /* what to prune with the batch */
    uint64_t synced_ms; /* when what was written was last made to survive a power cut; 0: never */
    bool wants_sync;    /* the batch is to be */
    bool is_synced;     /* it is */
    bool is_awaited;    /* somebody waits for the batch */
    bool wants_prune;
    bool is_busy;       /* a job is under way */
    bool is_batch_done; /* its batch was written without it */
    bool is_memory;     /* `path` is but a name */
    bool is_closing;    /* nobody uses it; freed after the job, unless somebody opens it again */
    int batch_rc;
    uint64_t batch_ns;
    int64_t next_row;
    struct positions_stats stats;
};

struct positions {
    struct list link; /* in store->users */
    struct store *store;
    bool has_scanned;
};

/* Around whatever the database is asked for; see positions.c. */
void store_lock(struct store *store);
void store_unlock(struct store *store);

/* What the path leads to now, under a new number. */
struct store_file store_file_of(const char *path, bool is_memory);

/* Nobody has deleted it, or put another one in its place. */
bool store_is_there(const struct store *store);

/* Says of the stores under this path that they are not. What SQLite keeps beside such a file is the
 * deleted one's, which has it open: that is removed, as another must not share it. */
void stores_gone_leave(struct list *stores, const char *path);

#endif
