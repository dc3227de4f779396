#include "checkpoint/database_self.h"

#include "base/clock.h"
#include "base/memory.h"
#include "checkpoint/pending.h"

#include <string.h>

/*
 * Writes the positions that wait, all of them by one statement for each table, which takes them from
 * a table that is none on the disk: `waiting`, the list as SQL sees it. A statement of its own costs
 * more than a row does.
 *
 *   database_put_all   sets db->waiting; four statements at most
 *   waiting_*          what SQLite asks the list for while one of them runs
 *
 * A row that is there, under the same names, is moved, which touches no index. Most rows are; whether
 * all were tells how many rows the first statement has changed. The others, which got another name or
 * another file, take a second one.
 */

struct waiting_table {
    sqlite3_vtab base;
    const struct database *db;
};

struct waiting_cursor {
    sqlite3_vtab_cursor base;
    const struct list *rows; /* of the pending */
    const struct list *at;   /* `rows`: behind the last one */
};

/* As in WAITING_COLUMNS. */
enum {
    WAITING_ID,
    WAITING_NAME,
    WAITING_OFFSET,
    WAITING_INODE,
    WAITING_CREATED,
    WAITING_ROTATED,
    WAITING_REAL,
    WAITING_DEV,
    WAITING_GENERATION,
    WAITING_BORN,
    WAITING_HEAD_HASH,
    WAITING_HEAD_LEN,
    WAITING_TAIL_HASH,
    WAITING_TAIL_LEN,
    WAITING_DONE,
    WAITING_SAVED,
    WAITING_NOTE,
};

#define WAITING_COLUMNS                                                                      \
    "CREATE TABLE waiting(id, name, offset, inode, created, rotated, real, dev, generation," \
    " born_ns, head_hash, head_len, tail_hash, tail_len, done, saved_ns, note)"

static const struct pending_row *row_of(const struct list *link)
{
    return CONTAINER_OF(link, const struct pending_row, link);
}

/* ---- what SQLite asks ---- */

static int waiting_connect(sqlite3 *sqlite, void *owner, int argc, const char *const *argv,
                           sqlite3_vtab **table_out, char **words_out)
{
    struct waiting_table *table;
    int code = sqlite3_declare_vtab(sqlite, WAITING_COLUMNS);

    (void)argc;
    (void)argv;
    (void)words_out;
    if (code != SQLITE_OK)
        return code;
    table = mem_zalloc(1, sizeof *table);
    table->db = owner;
    *table_out = &table->base;
    return SQLITE_OK;
}

static int waiting_disconnect(sqlite3_vtab *base)
{
    mem_free(CONTAINER_OF(base, struct waiting_table, base));
    return SQLITE_OK;
}

static int waiting_plan(sqlite3_vtab *base, sqlite3_index_info *plan)
{
    (void)base;
    (void)plan; /* there is one way: from the first to the last */
    return SQLITE_OK;
}

static int waiting_open(sqlite3_vtab *base, sqlite3_vtab_cursor **cursor_out)
{
    struct waiting_cursor *cursor = mem_zalloc(1, sizeof *cursor);

    (void)base;
    *cursor_out = &cursor->base;
    return SQLITE_OK;
}

static int waiting_close(sqlite3_vtab_cursor *base)
{
    mem_free(CONTAINER_OF(base, struct waiting_cursor, base));
    return SQLITE_OK;
}

/* Those that are to be removed are no positions. */
static void removals_skip(struct waiting_cursor *cursor)
{
    while (cursor->at != cursor->rows && row_of(cursor->at)->is_removal)
        cursor->at = cursor->at->next;
}

static int waiting_begin(sqlite3_vtab_cursor *base, int plan, const char *words, int argc,
                         sqlite3_value **argv)
{
    struct waiting_cursor *cursor = CONTAINER_OF(base, struct waiting_cursor, base);
    const struct waiting_table *table = CONTAINER_OF(base->pVtab, const struct waiting_table, base);

    (void)plan;
    (void)words;
    (void)argc;
    (void)argv;
    CHECK(table->db->waiting != NULL);
    cursor->rows = &table->db->waiting->rows;
    cursor->at = cursor->rows->next;
    removals_skip(cursor);
    return SQLITE_OK;
}

static int waiting_next(sqlite3_vtab_cursor *base)
{
    struct waiting_cursor *cursor = CONTAINER_OF(base, struct waiting_cursor, base);

    CHECK(cursor->at != cursor->rows);
    cursor->at = cursor->at->next;
    removals_skip(cursor);
    return SQLITE_OK;
}

static int waiting_is_over(sqlite3_vtab_cursor *base)
{
    const struct waiting_cursor *cursor = CONTAINER_OF(base, const struct waiting_cursor, base);

    return cursor->at == cursor->rows;
}

static const char *text_of(const struct position *p, int column)
{
    switch (column) {
    case WAITING_NAME:
        return p->name;
    case WAITING_REAL:
        return p->real != NULL && strcmp(p->real, p->name) != 0 ? p->real : NULL;
    default:
        return p->note;
    }
}

static uint64_t number_of(const struct pending_row *row, int column)
{
    const struct position *p = &row->position;

    switch (column) {
    case WAITING_ID:
        return (uint64_t)p->row;
    case WAITING_OFFSET:
        return p->offset;
    case WAITING_INODE:
        return p->identity.id.ino;
    case WAITING_CREATED:
        return (uint64_t)(row->since_ns / NS_PER_S);
    case WAITING_ROTATED:
        return p->is_rotated;
    case WAITING_DEV:
        return p->identity.id.dev;
    case WAITING_GENERATION:
        return p->identity.id.generation;
    case WAITING_BORN:
        return (uint64_t)p->identity.id.born_ns;
    case WAITING_HEAD_HASH:
        return p->identity.head.hash;
    case WAITING_HEAD_LEN:
        return p->identity.head.len;
    case WAITING_TAIL_HASH:
        return p->tail.hash;
    case WAITING_TAIL_LEN:
        return p->tail.len;
    case WAITING_DONE:
        return p->is_done;
    default:
        CHECK(column == WAITING_SAVED);
        return (uint64_t)p->saved_ns;
    }
}

/* Lent for as long as the row is under the cursor. */
static int waiting_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct waiting_cursor *cursor = CONTAINER_OF(base, const struct waiting_cursor, base);
    const struct pending_row *row = row_of(cursor->at);

    if (column == WAITING_NAME || column == WAITING_REAL || column == WAITING_NOTE)
        sqlite3_result_text(context, text_of(&row->position, column), -1, SQLITE_STATIC);
    else
        sqlite3_result_int64(context, (sqlite3_int64)number_of(row, column));
    return SQLITE_OK;
}

static int waiting_number(sqlite3_vtab_cursor *base, sqlite3_int64 *row_out)
{
    const struct waiting_cursor *cursor = CONTAINER_OF(base, const struct waiting_cursor, base);

    *row_out = row_of(cursor->at)->position.row;
    return SQLITE_OK;
}

/* Without xCreate there is one of it, which nobody has to create. */
static const sqlite3_module waiting_module = {
    .xConnect = waiting_connect,
    .xBestIndex = waiting_plan,
    .xDisconnect = waiting_disconnect,
    .xOpen = waiting_open,
    .xClose = waiting_close,
    .xFilter = waiting_begin,
    .xNext = waiting_next,
    .xEof = waiting_is_over,
    .xColumn = waiting_column,
    .xRowid = waiting_number,
};

int database_waiting_make(struct database *db)
{
    int code = sqlite3_create_module(db->sqlite, "waiting", &waiting_module, db);

    return code == SQLITE_OK ? 0 : database_error(code);
}

/* ---- writing ---- */

static size_t put_count(const struct pending *pending)
{
    size_t count = 0;

    LIST_FOR (it, &pending->rows)
        count += !row_of(it)->is_removal;
    return count;
}

/* `again` for those that `first` could not move. */
static int table_put(struct database *db, enum statement first, enum statement again, size_t count)
{
    int rc = database_run(db, first);

    CHECK(db->waiting != NULL);
    if (rc == 0 && (size_t)sqlite3_changes(db->sqlite) < count)
        rc = database_run(db, again);
    return rc;
}

int database_put_all(struct database *db, const struct pending *pending)
{
    size_t count = put_count(pending);
    int rc = 0;

    if (count == 0)
        return 0;
    db->waiting = pending;
    rc = table_put(db, PUT_FILES, RENAME_FILES, count);
    if (rc == 0)
        rc = table_put(db, PUT_OURS, RENAME_OURS, count);
    db->waiting = NULL;
    return rc;
}
