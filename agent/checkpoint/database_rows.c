#include "checkpoint/database_self.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Rows: a position is written into both tables, and read from both joined.
 */

/* ---- writing ---- */

int database_run(struct database *db, enum statement which)
{
    sqlite3_stmt *statement = db->statements[which];
    int code;

    CHECK(statement != NULL);
    code = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code == SQLITE_DONE ? 0 : database_error(code);
}

int database_begin(struct database *db)
{
    database_read_end(db);
    return database_run(db, BEGIN);
}

/* Rows come in the order of names, and three indexes take them in others: with room for all its pages
 * a transaction reads and writes each of them once. Between two of them nobody needs the pages. */
int database_commit(struct database *db)
{
    int rc = database_run(db, COMMIT);

    CHECK(!db->is_reading);
    (void)sqlite3_db_release_memory(db->sqlite);
    return rc;
}

void database_rollback(struct database *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        (void)sqlite3_exec(db->sqlite, "ROLLBACK;", NULL, NULL, NULL);
}

static void range_reserve(int fd, off_t from, off_t bytes)
{
    CHECK(fd >= 0 && bytes > 0);
    (void)fallocate(fd, FALLOC_FL_KEEP_SIZE, from, bytes);
}

void database_reserve(const struct database *db)
{
    struct stat facts;
    int fd = db->journal != NULL ? open(db->journal, O_WRONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    CHECK(db->lock_fd >= 0);
    range_reserve(fd, 0, DATABASE_JOURNAL_BYTES);
    close(fd);
    if (fstat(db->lock_fd, &facts) == 0)
        range_reserve(db->lock_fd, facts.st_size, DATABASE_GROWTH_BYTES);
}

int database_sync(struct database *db)
{
    int code;

    database_read_end(db);
    code = sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

    database_reserve(db);
    return code == SQLITE_OK ? 0 : database_error(code);
}

/* Other journals than that of WAL are on the disk with each commit. */
int database_secure(struct database *db)
{
    int fd, rc;

    if (db->journal == NULL)
        return 0;
    fd = open(db->journal, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    rc = fdatasync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static void bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    (void)sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

int database_remove(struct database *db, int64_t row)
{
    int rc;

    CHECK(row > 0 && !db->is_reading);
    bind_number(db->statements[REMOVE_FILE], 1, (uint64_t)row);
    rc = database_run(db, REMOVE_FILE);
    if (rc < 0)
        return rc;
    bind_number(db->statements[REMOVE_OURS], 1, (uint64_t)row);
    return database_run(db, REMOVE_OURS);
}

/* ---- reading ---- */

/* Whether there is a row. In doubt there is: the search says what is wrong. */
static bool has_rows(struct database *db)
{
    int code = sqlite3_step(db->statements[ANY]);

    sqlite3_reset(db->statements[ANY]);
    return code != SQLITE_DONE;
}

/* Most searches are at the first start, where nothing can be found. */
void database_read_begin(struct database *db)
{
    if (db->is_reading)
        return;
    db->is_reading = database_run(db, READ) == 0;
    db->is_empty = db->is_reading && !has_rows(db);
}

void database_read_end(struct database *db)
{
    if (db->is_reading && database_run(db, COMMIT) < 0)
        database_rollback(db);
    db->is_reading = db->is_empty = false;
}

static uint64_t number_at(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static struct file_print print_at(sqlite3_stmt *row, int hash_column, int len_column)
{
    uint64_t len = number_at(row, len_column);

    if (len > FILE_HEAD_BYTES_MAX)
        len = 0;
    return (struct file_print){.hash = number_at(row, hash_column), .len = (uint32_t)len};
}

/* Seconds that no clock shows are none. */
static int64_t seconds_at(sqlite3_stmt *row, int column)
{
    int64_t seconds = sqlite3_column_int64(row, column);

    return seconds < 0 || seconds > INT64_MAX / NS_PER_S ? 0 : seconds * NS_PER_S;
}

/* What Fluent Bit knows; and when it moved the offset after us, our print of the bytes before it
 * is of other bytes. */
static void position_read(sqlite3_stmt *row, struct position *p)
{
    bool is_moved = number_at(row, COLUMN_OUR_OFFSET) != number_at(row, COLUMN_OFFSET);

    *p = (struct position){
        .row = sqlite3_column_int64(row, COLUMN_ROW),
        .name = text_at(row, COLUMN_NAME),
        .offset = number_at(row, COLUMN_OFFSET),
        .is_rotated = number_at(row, COLUMN_ROTATED) != 0,
        .is_foreign = sqlite3_column_type(row, COLUMN_OURS) == SQLITE_NULL,
        .identity.id.ino = number_at(row, COLUMN_INODE),
        .saved_ns = seconds_at(row, COLUMN_CREATED),
        .created_ns = seconds_at(row, COLUMN_CREATED),
    };
    if (p->is_foreign)
        return;
    p->real = text_at(row, COLUMN_REAL);
    p->identity.id.dev = number_at(row, COLUMN_DEV);
    p->identity.id.generation = number_at(row, COLUMN_GENERATION);
    p->identity.id.born_ns = sqlite3_column_int64(row, COLUMN_BORN);
    p->identity.head = print_at(row, COLUMN_HEAD_HASH, COLUMN_HEAD_LEN);
    p->note = text_at(row, COLUMN_NOTE);
    p->saved_ns = sqlite3_column_int64(row, COLUMN_SAVED);
    if (is_moved)
        return;
    p->tail = print_at(row, COLUMN_TAIL_HASH, COLUMN_TAIL_LEN);
    p->is_done = number_at(row, COLUMN_DONE) != 0;
}

/* 1: `each` has seen enough. */
/* A row without a name or with a number that nobody gives out is not ours, nor Fluent Bit's. */
static int rows_walk(sqlite3_stmt *rows, position_fn *each, void *owner)
{
    struct position position;
    bool is_enough = false;
    int code = SQLITE_DONE;

    CHECK(rows != NULL && each != NULL);
    while (!is_enough && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        position_read(rows, &position);
        is_enough = position.name != NULL && position.row > 0 && !each(owner, &position);
    }
    sqlite3_reset(rows);
    sqlite3_clear_bindings(rows);
    if (is_enough)
        return 1;
    return code == SQLITE_DONE ? 0 : database_error(code);
}

static int rows_all(sqlite3_stmt *rows, position_fn *each, void *owner)
{
    int rc = rows_walk(rows, each, owner);

    return rc < 0 ? rc : 0;
}

int database_find_inode(struct database *db, uint64_t ino, position_fn *each, void *owner)
{
    if (db->is_empty)
        return 0;
    bind_number(db->statements[BY_INODE], 1, ino);
    return rows_all(db->statements[BY_INODE], each, owner);
}

static int numbers_read(struct database *db, const char *from, const char *to, struct buffer *out)
{
    sqlite3_stmt *rows = db->statements[ROWS_OF_PATH];
    int code;

    bind_text(rows, 1, from);
    bind_text(rows, 2, to);
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t row = sqlite3_column_int64(rows, 0);

        buffer_append(out, slice_make((const char *)&row, sizeof row));
    }
    sqlite3_reset(rows);
    sqlite3_clear_bindings(rows);
    return code == SQLITE_DONE ? 0 : database_error(code);
}

static int newest_first(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left < *right) - (*left > *right);
}

/* A row whose name and whose file both begin so is there twice. */
static int numbers_walk(struct database *db, int64_t *rows, size_t count, position_fn *each,
                        void *owner)
{
    int rc = 0;

    if (count > 1)
        qsort(rows, count, sizeof *rows, newest_first);
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (i > 0 && rows[i] == rows[i - 1])
            continue;
        bind_number(db->statements[BY_ROW], 1, (uint64_t)rows[i]);
        rc = rows_walk(db->statements[BY_ROW], each, owner);
    }
    return rc;
}

/* Most often there are none. */
int database_find_path(struct database *db, const char *path, position_fn *each, void *owner)
{
    struct buffer rows = {0};
    char *after;
    int rc;

    CHECK(path[0] != '\0');
    if (db->is_empty)
        return 0;
    after = mem_format("%s\xff", path); /* no name begins so and sorts after */
    rc = numbers_read(db, path, after, &rows);
    CHECK(rows.len % sizeof(int64_t) == 0);
    if (rc == 0)
        rc =
            numbers_walk(db, (int64_t *)(void *)rows.data, rows.len / sizeof(int64_t), each, owner);
    buffer_fini(&rows);
    mem_free(after);
    return rc < 0 ? rc : 0;
}

int database_each(struct database *db, position_fn *each, void *owner)
{
    return rows_all(db->statements[ALL], each, owner);
}
