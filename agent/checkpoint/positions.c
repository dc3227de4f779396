/*
 * One store for each database file, shared by all who opened it; a struct positions is one user.
 *
 *   positions_open    the store of the file, or a new one
 *   positions_set     what is to be written waits (store_write.c says until when)
 *   positions_close   writes what is left; the last user frees the store, after the job under way
 */
#include "checkpoint/positions_self.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/orphans.h"
#include "checkpoint/schema.h"
#include "loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static struct list stores = {&stores, &stores};
static bool are_kept;

/* ---- opening ---- */

static struct store *store_find(struct loop *loop, const struct positions_config *config)
{
    char real[PATH_MAX];
    const char *path = config->is_memory ? config->path : realpath(config->path, real);

    if (path == NULL)
        return NULL;
    LIST_FOR (it, &stores) {
        struct store *store = CONTAINER_OF(it, struct store, link);

        if (store->loop == loop && store->where.is_memory == config->is_memory &&
            strcmp(store->where.path, path) == 0 && store_is_there(store))
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
    store->where.is_memory = config->is_memory;
    store->where.path =
        mem_text(!config->is_memory && realpath(config->path, real) ? real : config->path);
    store->where.file = store_file_of(store->where.path, store->where.is_memory);
    store->where.speaker = mem_text(config->speaker ? config->speaker : "positions");
    store->pace.usual_ms = config->pace_ms ? config->pace_ms : POSITIONS_PACE_MS;
    store->pace.timer = timer_new(loop, store_on_pace, store);
    store->pace.retry_paces = 1;
    store->rows.next = database_next_row(database);
    CHECK(store->pace.usual_ms > 0);
    CHECK(pthread_mutex_init(&store->mutex, NULL) == 0);
    pending_init(&store->waiting.rows);
    pending_init(&store->batch.rows);
    map_init(&store->rows.claims);
    list_init(&store->users);
    list_init(&store->waiting.waiters);
    list_init(&store->batch.waiters);
    list_add_tail(&stores, &store->link);
    return store;
}

void store_free(struct store *store)
{
    CHECK(list_is_empty(&store->users) && !store->batch.is_busy);
    CHECK(list_is_empty(&store->waiting.waiters) && list_is_empty(&store->batch.waiters));
    list_remove(&store->link);
    database_close(&store->database);
    timer_free(&store->pace.timer);
    pthread_mutex_destroy(&store->mutex);
    pending_fini(&store->waiting.rows);
    pending_fini(&store->batch.rows);
    map_fini(&store->rows.claims);
    stale_fini(&store->batch.stale);
    mem_free(store->where.path);
    mem_free(store->where.speaker);
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

int positions_flush(struct positions *p)
{
    struct store *store = p->store;
    size_t row_count = pending_count(&store->waiting.rows);
    int rc = store_flush(store);

    store_note(store, rc, row_count);
    return rc;
}

static void store_close(struct store *store)
{
    int rc = store_flush(store);

    CHECK(list_is_empty(&store->users) && !store->is_closing);
    if (rc < 0)
        log_error(store->where.speaker, "the last positions could not be saved to %s: %s",
                  store->where.path, strerror(-rc));
    store->is_closing = true;
    timer_stop(store->pace.timer);
    if (!store->batch.is_busy)
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
    CHECK(list_is_linked(&p->link));
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
    CHECK(p->store->rows.next > 0);
    return p->store->rows.next++;
}

void positions_set(struct positions *p, const struct position *position)
{
    struct position stamped = *position;

    CHECK(position->row > 0 && position->row < p->store->rows.next);
    CHECK(position->note == NULL || strlen(position->note) <= POSITIONS_NOTE_BYTES_MAX);
    CHECK(!p->store->is_closing);
    stamped.saved_ns = clock_wall_ns();
    stamped.is_foreign = false;
    pending_put(&p->store->waiting.rows, &stamped);
    if (position->is_urgent && !store_is_failing(p->store))
        p->store->pace.retry_paces = 0;
    store_pace_start(p->store);
}

void positions_waiter_init(struct positions_waiter *w, void (*written)(struct positions_waiter *w))
{
    CHECK(written != NULL);
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
    if (store->where.is_memory || store_is_failing(store) ||
        (!store->batch.is_busy && pending_count(&store->waiting.rows) == 0))
        return false;
    list_add_tail(&store->waiting.waiters, &w->link);
    store_pace_start(store);
    return true;
}

void positions_forget(struct positions *p, int64_t row)
{
    CHECK(row > 0 && row < p->store->rows.next);
    pending_remove(&p->store->waiting.rows, row);
    store_pace_start(p->store);
}

static struct slice row_key(const int64_t *row)
{
    return slice_make((const char *)row, sizeof *row);
}

void positions_claim(struct positions *p, int64_t row)
{
    struct map *claims = &p->store->rows.claims;
    uintptr_t count = (uintptr_t)map_get(claims, row_key(&row));

    CHECK(row > 0);
    map_put(claims, row_key(&row), (void *)(count + 1));
}

void positions_release(struct positions *p, int64_t row)
{
    struct map *claims = &p->store->rows.claims;
    uintptr_t count = (uintptr_t)map_get(claims, row_key(&row));

    CHECK(row > 0);
    CHECK(count > 0);
    if (count == 1)
        map_remove(claims, row_key(&row));
    else
        map_put(claims, row_key(&row), (void *)(count - 1));
}

void positions_prune(struct positions *p)
{
    CHECK(!p->store->is_closing);
    p->has_scanned = true;
    LIST_FOR (it, &p->store->users) {
        if (!CONTAINER_OF(it, struct positions, link)->has_scanned)
            return;
    }
    p->store->waiting.wants_prune = true;
    store_pace_start(p->store);
}

void positions_stats(const struct positions *p, struct positions_stats *stats_out)
{
    const struct store *store = p->store;

    *stats_out = store->stats;
    stats_out->dirty_count =
        pending_count(&store->waiting.rows) + pending_count(&store->batch.rows);
}

uint64_t positions_number(const struct positions *p)
{
    return p->store->where.file.number;
}

bool positions_knows_journal_mode(const char *word)
{
    return schema_knows_journal_mode(word);
}
