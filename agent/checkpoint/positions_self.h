/*
 * Inside of the positions: one store for each database file. For the files of this folder only.
 *
 *   positions.c        opening, setting, closing
 *   store_write.c      writing
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

/* Where it lies, and who speaks of it. */
struct store_place {
    char *path;
    struct store_file file;
    char *speaker;
    bool is_memory; /* `path` is but a name */
};

/* When the next write begins. */
struct store_pace {
    struct timer *timer;
    uint64_t usual_ms;
    uint64_t retry_paces; /* until the next try, while failing; 0: something is urgent */
    size_t rows_last;     /* that the last write had */
    uint64_t began_ms;    /* the last write */
};

/* What the next write will have. */
struct store_waiting {
    struct pending rows;
    struct list waiters; /* for them */
    bool wants_prune;
};

/* The write under way: the job's, until it is done. */
struct store_batch {
    struct pending rows;
    struct list waiters; /* for them */
    struct stale stale;  /* what to prune with it */
    uint64_t synced_ms;  /* when what was written was last made to survive a power cut; 0: never */
    uint64_t took_ns;
    int rc;
    bool wants_sync; /* it is to be */
    bool is_synced;  /* it is */
    bool is_awaited; /* somebody waits for it */
    bool is_busy;    /* a job is under way */
    bool is_done;    /* it was written without the job */
};

/* Nobody numbers rows higher, and many numbers are left behind it (schema.c). */
#define POSITIONS_FOREIGN_ROW_MAX (INT64_C(1) << 62)

struct store_rows {
    int64_t next;
    struct map claims; /* row -> how often, as a pointer */
};

struct store {
    struct list link; /* in stores */
    struct list users;
    struct loop *loop;
    struct database *database;
    pthread_mutex_t mutex;
    struct store_place where;
    struct store_pace pace;
    struct store_waiting waiting;
    struct store_batch batch;
    struct store_rows rows;
    struct positions_stats stats;
    bool is_closing; /* nobody uses it; freed after the job, unless somebody opens it again */
};

struct positions {
    struct list link; /* in store->users */
    struct store *store;
    bool has_scanned;
};

/* ---- positions.c ---- */

/* Nobody uses it, and no job is under way. */
void store_free(struct store *store);

/* ---- store_write.c ---- */

/* Around whatever the database is asked for. */
void store_lock(struct store *store);
void store_unlock(struct store *store);

/* Something waits: it is written when its time has come, which is store_on_pace. */
void store_pace_start(struct store *store);
void store_on_pace(void *store);

/* Writes everything there is, the batch under way included; its job then finds nothing to do. */
MUST_USE int store_flush(struct store *store);

/* So many rows were written, or not; that is said and counted. */
void store_note(struct store *store, int rc, size_t row_count);

/* The last write failed. */
bool store_is_failing(const struct store *store);

/* ---- store_file.c ---- */

/* What the path leads to now, under a new number. */
struct store_file store_file_of(const char *path, bool is_memory);

/* Nobody has deleted it, or put another one in its place. */
bool store_is_there(const struct store *store);

/* Says of the stores under this path that they are not. What SQLite keeps beside such a file is the
 * deleted one's, which has it open: that is removed, as another must not share it. */
void stores_gone_leave(struct list *stores, const char *path);

#endif
