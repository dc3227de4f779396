/*
 * The row of a file: its number in the DB, or one of our own where there is no DB. A file that is followed
 * is found by it.
 *
 * Life     tail_row_new or tail_row_take -> tail_row_leave.
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_ROW_H
#define TAILRACE_PLUGINS_IN_TAIL_ROW_H

#include "plugins/in_tail/file.h"

/* The file that is followed under this row, or NULL. */
struct tail_file *tail_row_file(const struct tail *tail, int64_t row);

/* The row of what it was before; one that nothing had. It has no other. */
void tail_row_take(struct tail_file *file, int64_t row);
void tail_row_new(struct tail_file *file);

/* It is not found by it any more; what the DB has of it stays. The number stays, too, for who asks. */
void tail_row_leave(struct tail_file *file);

#endif
