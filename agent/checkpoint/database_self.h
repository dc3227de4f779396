/*
 * Inside of the database: database.c opens it and prepares its statements, database_rows.c writes
 * and reads rows with them. For these two files only.
 */
#ifndef TAILRACE_CHECKPOINT_DATABASE_SELF_H
#define TAILRACE_CHECKPOINT_DATABASE_SELF_H

#include "checkpoint/database.h"

#include <sqlite3.h>

/* More than a checkpoint's pages and a commit's, and what a checkpoint may add to the database. */
#define DATABASE_JOURNAL_BYTES (1280 * 1024)
#define DATABASE_GROWTH_BYTES (256 * 1024)

/* A row that is there, under the same names, is moved: that touches no index. Else it is put. */
enum statement {
    MOVE_FILE,
    MOVE_OURS,
    PUT_FILE,
    PUT_OURS,
    REMOVE_FILE,
    REMOVE_OURS,
    BEGIN,
    READ,
    COMMIT,
    BY_INODE,
    BY_ROW,
    ALL,
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
    int lock_fd;      /* says to other agents that the file is taken */
    char *journal;    /* that database_secure writes to the disk; NULL: not wanted */
    int64_t last_row; /* no row is known to be above it: what comes there is put at once */
    bool is_reading;
};

/* Takes room on the disk for going on when it is full, behind the ends of both files, which stay where
 * they are: SQLite does not notice. Where there is no room for all of it, none is taken. */
void database_reserve(const struct database *db);

/* What SQLite's code means, as a negative errno. */
int database_error(int code);

#endif
