#include "checkpoint/positions_self.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"

#include <errno.h>
#include <string.h>

/*
 * How what waits comes to the disk.
 *
 *   store_pace_start  something waits: the pace timer runs
 *   store_on_pace     it becomes the batch; a job writes it
 *   batch_work        on the pool: one transaction, the pruning of stale rows, now and then a sync
 *   on_written        forgets the batch, or takes back what was not written
 *   store_flush       writes all of it now, the batch included
 *
 * Goes wrong: the transaction fails. It is said once; the rows go back under those that came
 * since, and the next pace tries again.
 *
 * The mutex guards the database and `batch.is_done`. It is held through a transaction, so the loop
 * waits for the disk when it looks a row up meanwhile; nothing else in the loop takes it.
 */

#define ROWS_PER_PACE 64
#define EXTRA_PACES_MAX 4
#define RETRY_PACES_MAX 32

void store_lock(struct store *store)
{
    CHECK(pthread_mutex_lock(&store->mutex) == 0);
}

void store_unlock(struct store *store)
{
    CHECK(pthread_mutex_unlock(&store->mutex) == 0);
}

static int rows_write(struct database *db, const struct pending *pending)
{
    int rc = database_put_all(db, pending);

    LIST_FOR (it, &pending->rows) {
        const struct pending_row *row = CONTAINER_OF(it, struct pending_row, link);

        if (rc == 0 && row->is_removal)
            rc = database_remove(db, row->position.row);
    }
    return rc;
}

/* One transaction; `newer` may be NULL. The caller holds the mutex. */
static int transaction_write(struct store *store, const struct pending *older,
                             const struct pending *newer)
{
    struct database *db = store->database;
    int rc = database_begin(db);

    CHECK(older != newer);
    if (rc == 0)
        rc = rows_write(db, older);
    if (rc == 0 && newer != NULL)
        rc = rows_write(db, newer);
    if (rc == 0)
        rc = database_commit(db);
    if (rc < 0)
        database_rollback(db);
    return rc;
}

void store_note(struct store *store, int rc, size_t row_count)
{
    struct positions_stats *stats = &store->stats;

    CHECK(rc <= 0);
    if (rc == 0) {
        if (stats->failing_since_ns != 0)
            log_info(store->where.speaker, "positions are saved to %s again", store->where.path);
        stats->failing_since_ns = 0;
        stats->flushes++;
        stats->rows_written += row_count;
        store->pace.retry_paces = 1;
        store->pace.rows_last = row_count;
        return;
    }
    stats->failures++;
    if (stats->failing_since_ns == 0) {
        stats->failing_since_ns = clock_wall_ns();
        store->pace.retry_paces = 1;
        log_error(store->where.speaker,
                  "cannot save positions to %s: %s; %sthey are kept in memory and tried again, and "
                  "a restart before that reads what came since once more",
                  store->where.path, strerror(-rc), rc == -ENOSPC ? "make room on the disk; " : "");
    } else if (store->pace.retry_paces < RETRY_PACES_MAX) {
        store->pace.retry_paces *= 2;
        CHECK(store->pace.retry_paces <= RETRY_PACES_MAX);
    }
}

bool store_is_failing(const struct store *store)
{
    return store->stats.failing_since_ns != 0;
}

/* What many wait for that come one after the other is written together. */
static uint64_t gap_ms(const struct store *store)
{
    uint64_t since_ms = clock_ms() - store->pace.began_ms;

    return since_ms < POSITIONS_GAP_MS ? POSITIONS_GAP_MS - since_ms : 0;
}

/* The more rows a write had, the longer the next ones gather: hundreds a second are not cheap. */
static uint64_t pace_ms(const struct store *store)
{
    size_t extra = store->pace.rows_last / ROWS_PER_PACE;

    CHECK(store->pace.retry_paces <= RETRY_PACES_MAX);
    if (!list_is_empty(&store->waiting.waiters) && !store_is_failing(store))
        return gap_ms(store);
    if (extra > EXTRA_PACES_MAX)
        extra = EXTRA_PACES_MAX;
    return store->pace.usual_ms * (1 + extra) * store->pace.retry_paces;
}

void store_pace_start(struct store *store)
{
    if (!store->batch.is_busy && !store->is_closing)
        timer_start_sooner(store->pace.timer, pace_ms(store));
}

/* On the pool. */
static void batch_work(void *owner)
{
    struct store *store = owner;
    struct store_batch *batch = &store->batch;
    int64_t began_ns;

    CHECK(batch->is_busy);
    store_lock(store);
    began_ns = clock_wall_ns();
    if (!batch->is_done) {
        batch->rc = transaction_write(store, &batch->rows, NULL);
        if (batch->rc == 0)
            stale_prune(&batch->stale, store->database);
    }
    batch->is_synced = batch->wants_sync && batch->rc == 0 && database_sync(store->database) == 0;
    batch->took_ns = (uint64_t)(clock_wall_ns() - began_ns);
    store_unlock(store);
    if (batch->is_awaited && batch->rc == 0 && !batch->is_synced)
        batch->rc = database_secure(store->database);
}

/* A write that is not followed by another is synced all the same. */
static void sync_note(struct store *store)
{
    if (store->batch.is_synced)
        store->batch.synced_ms = clock_ms();
    else if (store->batch.rc == 0)
        timer_start_sooner(store->pace.timer, POSITIONS_SYNC_MS);
}

static void waiters_tell(struct list *waiters)
{
    struct list *link;

    while ((link = list_take_first(waiters)) != NULL) {
        struct positions_waiter *w = CONTAINER_OF(link, struct positions_waiter, link);

        w->written(w);
    }
}

/* While writes fail nobody waits for the next try. */
static void batch_tell(struct store *store)
{
    waiters_tell(&store->batch.waiters);
    if (store_is_failing(store))
        waiters_tell(&store->waiting.waiters);
}

static void on_written(void *owner)
{
    struct store *store = owner;
    struct store_batch *batch = &store->batch;

    CHECK(batch->is_busy);
    CHECK(batch->rc <= 0);
    batch->is_busy = false;
    store->stats.flush_ns_last = batch->took_ns;
    stale_fini(&batch->stale);
    if (store->is_closing) {
        store_free(store);
        return;
    }
    if (!batch->is_done)
        store_note(store, batch->rc, pending_count(&batch->rows));
    if (batch->is_done || batch->rc == 0)
        pending_fini(&batch->rows);
    else
        pending_merge(&store->waiting.rows, &batch->rows);
    pending_init(&batch->rows);
    sync_note(store);
    batch_tell(store);
    if (pending_count(&store->waiting.rows) > 0 || store->waiting.wants_prune ||
        !list_is_empty(&store->waiting.waiters))
        store_pace_start(store);
}

void store_on_pace(void *owner)
{
    struct store *store = owner;
    struct store_batch *batch = &store->batch;

    CHECK(list_is_empty(&batch->waiters) && !store->is_closing);
    CHECK(batch->stale.claims == NULL);
    CHECK(!batch->is_busy && pending_count(&batch->rows) == 0);
    pending_merge(&batch->rows, &store->waiting.rows);
    list_add_all(&batch->waiters, &store->waiting.waiters);
    batch->is_awaited = !list_is_empty(&batch->waiters);
    store->pace.began_ms = clock_ms();
    if (store->waiting.wants_prune)
        stale_claim_all(&batch->stale, &store->rows.claims);
    store->waiting.wants_prune = false;
    batch->wants_sync = batch->synced_ms == 0 || clock_ms() - batch->synced_ms >= POSITIONS_SYNC_MS;
    batch->is_busy = true;
    batch->is_done = false;
    batch->rc =
        0; /* that of the batch before would keep what store_flush wrote from being synced */
    job_start(store->loop, batch_work, on_written, store);
}

int store_flush(struct store *store)
{
    struct store_batch *batch = &store->batch;
    bool has_batch;
    int rc = 0;

    CHECK(!store->is_closing);
    store_lock(store);
    has_batch = batch->is_busy && !batch->is_done && pending_count(&batch->rows) > 0;
    if (has_batch || pending_count(&store->waiting.rows) > 0)
        rc = transaction_write(store, &batch->rows, &store->waiting.rows);
    if (rc == 0)
        batch->is_done = batch->is_busy;
    store_unlock(store);
    if (rc == 0) {
        pending_fini(&store->waiting.rows);
        pending_init(&store->waiting.rows);
    }
    return rc;
}
