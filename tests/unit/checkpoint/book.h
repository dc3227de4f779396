/*
 * A book is one position database in a tree of its own, for tests: opened, asked in domain words,
 * and looked into with SQL from outside.
 */
#ifndef TAILRACE_UNIT_CHECKPOINT_BOOK_H
#define TAILRACE_UNIT_CHECKPOINT_BOOK_H

#include "checkpoint/positions.h"
#include "kit/tree.h"

#include <check.h>

extern struct book {
    struct loop *loop;
    struct positions *positions;
    struct positions_config config; /* path is filled in by book_open */
    struct report report;
} book;

void book_set_up(void);
void book_tear_down(void);

/* Opens "tail.db"; the result of positions_open. */
int book_try_open(void);
void book_open(void);

/* Closes it and lets everything under way end. */
void book_close(void);

/* Turns the loop until the next write was tried. */
void book_write(void);

/* The next write is under way, and does not get on until book_write_end; the loop's thread may not touch
 * the database meanwhile. */
void book_write_begin(void);
void book_write_end(void);

/* Sets the position of a file: row, name, inode, offset. */
void book_set(int64_t row, const char *name, uint64_t ino, uint64_t offset);

/* "row:name@offset" of what is found, in order, with "!" where Fluent Bit wrote it. */
const char *book_find(uint64_t ino);
const char *book_find_path(const char *path);
const char *book_all(void);

/* Runs SQL on the file from outside; the first column of all rows, joined by commas. */
const char *book_sql(const char *sql);

#endif
