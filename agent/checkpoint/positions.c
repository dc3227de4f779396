/*
 * One store for each database file, shared by all who opened it; a struct positions is one user.
 *
 *   positions_set     into `pending`; the pace timer starts
 *   on_pace           `pending` becomes the batch; a job writes it
 *   batch_work        on the pool: one transaction, the pruning of stale rows, now and then a sync
 *   on_written        forgets the batch, or takes back what was not written
 *   positions_close   writes what is left; the last user frees the store, after the job under way
 *
 * Goes wrong: the transaction fails. It is said once; the rows go back under those that came
 * since, and the next pace tries again.
 *
 * The mutex guards the database and `is_batch_done`. It is held through a transaction, so the loop
 * waits for the disk when it looks a row up meanwhile; nothing else in the loop takes it.
 */
#include "checkpoint/positions_self.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/orphans.h"
#include "loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define ROWS_PER_PACE 64
#define EXTRA_PACES_MAX 4
#define RETRY_PACES_MAX 32

static struct list stores = {&stores, &stores};
static bool are_kept;

static void on_pace(void *owner);
static void on_written(void *owner);

/* ---- opening ---- */

static struct store *store_find(struct loop *loop, const struct positions_config *config)
{
    char real[PATH_MAX];
    const char *path = config->is_memory ? config->path : realpath(config->path, real);

    if (path == NULL)
        return NULL;
    LIST_FOR (it, &stores) {
        struct store *store = CONTAINER_OF(it, struct store, link);

        if (store->loop == loop && store->is_memory == config->is_memory &&
            strcmp(store->path, path) == 0 && store_is_there(store))
            return store;
    }
    return NULL;
}

static struct store *store_new(struct loop *loop, const struct positions_config *config,
                               struct database *database)
{
    struct store *store = mem_zalloc(1, sizeof *store);
    char real[PATH_MAX];

    store->loop = loop;
    store->database = database;
    store->is_memory = config->is_memory;
    store->path =
        mem_text(!config->is_memory && realpath(config->path, real) ? real : config->path);
    store->file = store_file_of(store->path, store->is_memory);
    store->speaker = mem_text(config->speaker ? config->speaker : "positions");
    store->pace_ms = config->pace_ms ? config->pace_ms : POSITIONS_PACE_MS;
    store->pace = timer_new(loop, on_pace, store);
    store->retry_paces = 1;
    store->next_row = database_next_row(database);
    CHECK(pthread_mutex_init(&store->mutex, NULL) == 0);
    pending_init(&store->pending);
    pending_init(&store->batch);
    map_init(&store->claims);
    list_init(&store->users);
    list_init(&store->waiters);
    list_init(&store->batch_waiters);
    list_add_tail(&stores, &store->link);
    return store;
}

static void store_free(struct store *store)
{
    CHECK(list_is_empty(&store->waiters) && list_is_empty(&store->batch_waiters));
    list_remove(&store->link);
    database_close(&store->database);
    timer_free(&store->pace);
    pthread_mutex_destroy(&store->mutex);
    pending_fini(&store->pending);
    pending_fini(&store->batch);
    map_fini(&store->claims);
    stale_fini(&store->stale);
    mem_free(store->path);
    mem_free(store->speaker);
    mem_free(store);
}

int positions_open(struct loop *loop, const struct positions_config *config, struct report *report,
                   struct place place, struct positions **positions_out)
{
    struct store *store = store_find(loop, config);
    struct database *database;
    int rc;

    if (store == NULL) {
        stores_gone_leave(&stores, config->path);
        rc = database_open(config, report, place, &database);
        if (rc < 0)
            return rc;
        store = store_new(loop, config, database);
    }
    store->is_closing = false;
    *positions_out = mem_zalloc(1, sizeof **positions_out);
    (*positions_out)->store = store;
    list_add_tail(&store->users, &(*positions_out)->link);
    return 0;
}

/* ---- writing ---- */

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
    int rc = 0;

    LIST_FOR (it, &pending->rows) {
        const struct pending_row *row = CONTAINER_OF(it, struct pending_row, link);

        rc = row->is_removal ? database_remove(db, row->position.row)
                             : database_put(db, &row->position);
        if (rc < 0)
            break;
    }
    return rc;
}

/* One transaction; `newer` may be NULL. The caller holds the mutex. */
static int transaction_write(struct store *store, const struct pending *older,
                             const struct pending *newer)
{
    struct database *db = store->database;
    int rc = database_begin(db);

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

static void outcome_note(struct store *store, int rc, size_t row_count)
{
    struct positions_stats *stats = &store->stats;

    if (rc == 0) {
        if (stats->failing_since_ns != 0)
            log_info(store->speaker, "positions are saved to %s again", store->path);
        stats->failing_since_ns = 0;
        stats->flushes++;
        stats->rows_written += row_count;
        store->retry_paces = 1;
        store->rows_last = row_count;
        return;
    }
    stats->failures++;
    if (stats->failing_since_ns == 0) {
        stats->failing_since_ns = clock_wall_ns();
        store->retry_paces = 1;
        log_error(store->speaker,
                  "cannot save positions to %s: %s; %sthey are kept in memory and tried again, and "
                  "a restart before that reads what came since once more",
                  store->path, strerror(-rc), rc == -ENOSPC ? "make room on the disk; " : "");
    } else if (store->retry_paces < RETRY_PACES_MAX) {
        store->retry_paces *= 2;
    }
}

static bool is_failing(const struct store *store)
{
    return store->stats.failing_since_ns != 0;
}

/* What many wait for that come one after the other is written together. */
static uint64_t gap_ms(const struct store *store)
{
    uint64_t since_ms = clock_ms() - store->began_ms;

    return since_ms < POSITIONS_GAP_MS ? POSITIONS_GAP_MS - since_ms : 0;
}

/* The more rows a write had, the longer the next ones gather: hundreds a second are not cheap. */
static uint64_t pace_ms(const struct store *store)
{
    size_t extra = store->rows_last / ROWS_PER_PACE;

    if (!list_is_empty(&store->waiters) && !is_failing(store))
        return gap_ms(store);
    if (extra > EXTRA_PACES_MAX)
        extra = EXTRA_PACES_MAX;
    return store->pace_ms * (1 + extra) * store->retry_paces;
}

static void pace_start(struct store *store)
{
    if (!store->is_busy && !store->is_closing)
        timer_start_sooner(store->pace, pace_ms(store));
}

/* On the pool. */
static void batch_work(void *owner)
{
    struct store *store = owner;
    int64_t began_ns;

    store_lock(store);
    began_ns = clock_wall_ns();
    if (!store->is_batch_done) {
        store->batch_rc = transaction_write(store, &store->batch, NULL);
        if (store->batch_rc == 0)
            stale_prune(&store->stale, store->database);
    }
    store->is_synced =
        store->wants_sync && store->batch_rc == 0 && database_sync(store->database) == 0;
    store->batch_ns = (uint64_t)(clock_wall_ns() - began_ns);
    store_unlock(store);
    if (store->is_awaited && store->batch_rc == 0 && !store->is_synced)
        store->batch_rc = database_secure(store->database);
}

/* A write that is not followed by another is synced all the same. */
static void sync_note(struct store *store)
{
    if (store->is_synced)
        store->synced_ms = clock_ms();
    else if (store->batch_rc == 0)
        timer_start_sooner(store->pace, POSITIONS_SYNC_MS);
}

static void waiters_move(struct list *to, struct list *from)
{
    struct list *link;

    while ((link = list_take_first(from)) != NULL)
        list_add_tail(to, link);
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
    waiters_tell(&store->batch_waiters);
    if (is_failing(store))
        waiters_tell(&store->waiters);
}

static void on_written(void *owner)
{
    struct store *store = owner;

    store->is_busy = false;
    store->stats.flush_ns_last = store->batch_ns;
    stale_fini(&store->stale);
    if (store->is_closing) {
        store_free(store);
        return;
    }
    if (!store->is_batch_done)
        outcome_note(store, store->batch_rc, pending_count(&store->batch));
    if (store->is_batch_done || store->batch_rc == 0)
        pending_fini(&store->batch);
    else
        pending_merge(&store->pending, &store->batch);
    pending_init(&store->batch);
    sync_note(store);
    batch_tell(store);
    if (pending_count(&store->pending) > 0 || store->wants_prune || !list_is_empty(&store->waiters))
        pace_start(store);
}

static void on_pace(void *owner)
{
    struct store *store = owner;

    CHECK(!store->is_busy && pending_count(&store->batch) == 0);
    pending_merge(&store->batch, &store->pending);
    waiters_move(&store->batch_waiters, &store->waiters);
    store->is_awaited = !list_is_empty(&store->batch_waiters);
    store->began_ms = clock_ms();
    if (store->wants_prune)
        stale_claim_all(&store->stale, &store->claims);
    store->wants_prune = false;
    store->wants_sync = store->synced_ms == 0 || clock_ms() - store->synced_ms >= POSITIONS_SYNC_MS;
    store->is_busy = true;
    store->is_batch_done = false;
    job_start(store->loop, batch_work, on_written, store);
}

/* Writes everything there is, the batch under way included; its job then finds nothing to do. */
static int store_flush(struct store *store)
{
    bool has_batch;
    int rc = 0;

    store_lock(store);
    has_batch = store->is_busy && !store->is_batch_done && pending_count(&store->batch) > 0;
    if (has_batch || pending_count(&store->pending) > 0)
        rc = transaction_write(store, &store->batch, &store->pending);
    if (rc == 0)
        store->is_batch_done = store->is_busy;
    store_unlock(store);
    if (rc == 0) {
        pending_fini(&store->pending);
        pending_init(&store->pending);
    }
    return rc;
}

int positions_flush(struct positions *p)
{
    struct store *store = p->store;
    size_t row_count = pending_count(&store->pending);
    int rc = store_flush(store);

    outcome_note(store, rc, row_count);
    return rc;
}

static void store_close(struct store *store)
{
    int rc = store_flush(store);

    if (rc < 0)
        log_error(store->speaker, "the last positions could not be saved to %s: %s", store->path,
                  strerror(-rc));
    store->is_closing = true;
    timer_stop(store->pace);
    if (!store->is_busy)
        store_free(store);
}

void positions_close(struct positions **address)
{
    struct positions *p = *address;
    struct store *store;

    *address = NULL;
    if (p == NULL)
        return;
    store = p->store;
    list_remove(&p->link);
    mem_free(p);
    if (list_is_empty(&store->users) && !are_kept)
        store_close(store);
}

void positions_keep(bool keep)
{
    are_kept = keep;
    if (!keep)
        orphans_close();
    LIST_FOR_SAFE (it, after, &stores) {
        struct store *store = CONTAINER_OF(it, struct store, link);

        if (!are_kept && list_is_empty(&store->users) && !store->is_closing)
            store_close(store);
    }
}

/* ---- setting ---- */

int64_t positions_new_row(struct positions *p)
{
    return p->store->next_row++;
}

void positions_set(struct positions *p, const struct position *position)
{
    struct position stamped = *position;

    CHECK(position->row > 0 && position->row < p->store->next_row);
    CHECK(position->note == NULL || strlen(position->note) <= POSITIONS_NOTE_BYTES_MAX);
    stamped.saved_ns = clock_wall_ns();
    stamped.is_foreign = false;
    pending_put(&p->store->pending, &stamped);
    if (position->is_urgent && !is_failing(p->store))
        p->store->retry_paces = 0;
    pace_start(p->store);
}

void positions_waiter_init(struct positions_waiter *w, void (*written)(struct positions_waiter *w))
{
    list_init(&w->link);
    w->written = written;
}

void positions_waiter_stop(struct positions_waiter *w)
{
    list_remove(&w->link);
}

bool positions_wait(struct positions *p, struct positions_waiter *w)
{
    struct store *store = p->store;

    CHECK(!list_is_linked(&w->link) && !store->is_closing);
    if (store->is_memory || is_failing(store) ||
        (!store->is_busy && pending_count(&store->pending) == 0))
        return false;
    list_add_tail(&store->waiters, &w->link);
    pace_start(store);
    return true;
}

void positions_forget(struct positions *p, int64_t row)
{
    CHECK(row > 0 && row < p->store->next_row);
    pending_remove(&p->store->pending, row);
    pace_start(p->store);
}

static struct slice row_key(const int64_t *row)
{
    return slice_make((const char *)row, sizeof *row);
}

void positions_claim(struct positions *p, int64_t row)
{
    struct map *claims = &p->store->claims;
    uintptr_t count = (uintptr_t)map_get(claims, row_key(&row));

    map_put(claims, row_key(&row), (void *)(count + 1));
}

void positions_release(struct positions *p, int64_t row)
{
    struct map *claims = &p->store->claims;
    uintptr_t count = (uintptr_t)map_get(claims, row_key(&row));

    CHECK(count > 0);
    if (count == 1)
        map_remove(claims, row_key(&row));
    else
        map_put(claims, row_key(&row), (void *)(count - 1));
}

void positions_prune(struct positions *p)
{
    p->has_scanned = true;
    LIST_FOR (it, &p->store->users) {
        if (!CONTAINER_OF(it, struct positions, link)->has_scanned)
            return;
    }
    p->store->wants_prune = true;
    pace_start(p->store);
}

void positions_stats(const struct positions *p, struct positions_stats *stats_out)
{
    const struct store *store = p->store;

    *stats_out = store->stats;
    stats_out->dirty_count = pending_count(&store->pending) + pending_count(&store->batch);
}

uint64_t positions_number(const struct positions *p)
{
    return p->store->file.number;
}
