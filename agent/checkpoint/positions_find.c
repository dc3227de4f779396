#include "checkpoint/positions_self.h"

#include <string.h>

struct find {
    struct store *store;
    position_fn *each;
    void *owner;
    uint64_t ino;
    struct slice path; /* empty: by inode, or all */
    bool is_all;
    bool is_stopped;
};

static bool begins(const char *text, struct slice path)
{
    return text != NULL && strncmp(text, path.data, path.len) == 0;
}

static bool is_wanted(const struct find *f, const struct position *p)
{
    if (f->path.len > 0)
        return begins(p->name, f->path) || begins(p->real, f->path);
    return f->is_all || p->identity.id.ino == f->ino;
}

/* What waits is newer than what is on disk. */
static const struct pending_row *newer_of(const struct store *store, int64_t row)
{
    const struct pending_row *newer = pending_get(&store->waiting.rows, row);

    return newer ? newer : pending_get(&store->batch.rows, row);
}

/* Others may write to the file while we do: numbers that we give out go on behind theirs. False where
 * that leaves none. */
static bool is_row_taken(struct store_rows *rows, int64_t row)
{
    CHECK(row > 0);
    if (row < rows->next)
        return true;
    if (row > POSITIONS_FOREIGN_ROW_MAX)
        return false;
    rows->next = row + 1;
    return true;
}

static bool on_row(void *owner, const struct position *position)
{
    struct find *f = owner;

    if (!is_row_taken(&f->store->rows, position->row) || newer_of(f->store, position->row) != NULL)
        return true;
    f->is_stopped = !f->each(f->owner, position);
    return !f->is_stopped;
}

/* Thousands of logs may be looked for while thousands of rows wait: what tells most of them comes first. */
static void pending_walk(struct find *f, const struct pending *pending)
{
    for (struct list *it = pending->rows.next; it != &pending->rows && !f->is_stopped;
         it = it->next) {
        const struct pending_row *row = CONTAINER_OF(it, struct pending_row, link);

        if (!row->is_removal && is_wanted(f, &row->position) &&
            newer_of(f->store, row->position.row) == row)
            f->is_stopped = !f->each(f->owner, &row->position);
    }
}

static int disk_walk(struct database *db, struct find *f)
{
    if (f->is_all)
        return database_each(db, on_row, f);
    return f->path.len > 0 ? database_find_path(db, f->path.data, on_row, f)
                           : database_find_inode(db, f->ino, on_row, f);
}

/* What waits first, then the disk. */
static int find_run(struct store *store, struct find *f)
{
    int rc;

    CHECK(!store->is_closing);
    f->store = store;
    pending_walk(f, &store->waiting.rows);
    pending_walk(f, &store->batch.rows);
    if (f->is_stopped)
        return 0;
    store_lock(store);
    rc = disk_walk(store->database, f);
    store_unlock(store);
    return rc;
}

int positions_find_inode(struct positions *p, uint64_t ino, position_fn *each, void *owner)
{
    struct find f = {.each = each, .owner = owner, .ino = ino};

    return find_run(p->store, &f);
}

int positions_find_path(struct positions *p, const char *path, position_fn *each, void *owner)
{
    struct find f = {.each = each, .owner = owner, .path = slice_of(path)};

    CHECK(f.path.len > 0);
    return find_run(p->store, &f);
}

int positions_each(struct positions *p, position_fn *each, void *owner)
{
    struct find f = {.each = each, .owner = owner, .is_all = true};

    return find_run(p->store, &f);
}

void positions_read_begin(struct positions *p)
{
    store_lock(p->store);
    database_read_begin(p->store->database);
    store_unlock(p->store);
}

void positions_read_end(struct positions *p)
{
    store_lock(p->store);
    database_read_end(p->store->database);
    store_unlock(p->store);
}
