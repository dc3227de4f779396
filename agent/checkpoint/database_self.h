/*
 * Inside of the database: database.c opens it and prepares its statements, database_put.c writes rows
 * with them, database_rows.c removes and reads them. For these files only.
 */
#ifndef TAILRACE_CHECKPOINT_DATABASE_SELF_H
#define TAILRACE_CHECKPOINT_DATABASE_SELF_H

#include "checkpoint/database.h"

#include <sqlite3.h>

/* More than a checkpoint's pages and a commit's, and what a checkpoint may add to the database. */
#define DATABASE_JOURNAL_BYTES (1280 * 1024)
#define DATABASE_GROWTH_BYTES (256 * 1024)

/* The first four take all rows that wait (database_put.c). */
enum statement {
    PUT_FILES,
    RENAME_FILES,
    PUT_OURS,
    RENAME_OURS,
    REMOVE_FILE,
    REMOVE_OURS,
    BEGIN,
    READ,
    COMMIT,
    BY_INODE,
    BY_ROW,
    ALL,
    ANY,          /* row, a single one */
    ROWS_OF_PATH, /* their numbers alone, from the indexes, in no order: nothing is sorted or kept */
    STATEMENT_COUNT,
};

/* The numbers of the columns that BY_INODE, BY_ROW and ALL select. */
enum {
    COLUMN_ROW,
    COLUMN_NAME,
    COLUMN_OFFSET,
    COLUMN_INODE,
    COLUMN_CREATED,
    COLUMN_ROTATED,
    COLUMN_OURS, /* NULL where there is no row of ours */
    COLUMN_REAL,
    COLUMN_DEV,
    COLUMN_GENERATION,
    COLUMN_BORN,
    COLUMN_HEAD_HASH,
    COLUMN_HEAD_LEN,
    COLUMN_TAIL_HASH,
    COLUMN_TAIL_LEN,
    COLUMN_OUR_OFFSET,
    COLUMN_DONE,
    COLUMN_SAVED,
    COLUMN_NOTE,
};

struct database {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    const struct pending *waiting; /* what is being written; else NULL */
    int lock_fd;                   /* says to other agents that the file is taken */
    char *journal;                 /* that database_secure writes to the disk; NULL: not wanted */
    bool is_reading;
    bool is_empty; /* what is being read: there is nothing to be found */
};

/* Runs a statement that gives no rows. */
MUST_USE int database_run(struct database *db, enum statement statement);

/* The table from which rows are put, before the statements are prepared. */
MUST_USE int database_waiting_make(struct database *db);

/* Takes room on the disk for going on when it is full, behind the ends of both files, which stay where
 * they are: SQLite does not notice. Where there is no room for all of it, none is taken. */
void database_reserve(const struct database *db);

/* What SQLite's code means, as a negative errno. */
int database_error(int code);

#endif
