/*
 * Bytes to lines to records: lines are slices of the read buffer; those that belong together wait in a
 * joiner until the rest of them came, or their time is over.
 *
 * Thread   the loop.
 * Limits   a line has Buffer_Max_Size; lines that wait are of the input's budget.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_LINES_H
#define TAILRACE_PLUGINS_IN_TAIL_LINES_H

#include "plugins/in_tail/file.h"

/* Makes records of the whole lines in `bytes`, which begin at `offset`. How many bytes were whole
 * lines. With `is_last` the rest is a line too. */
size_t tail_lines_take(struct tail_file *file, struct slice bytes, uint64_t offset, bool is_last);

/* Lets the lines go on that waited too long; with `is_all`, all that wait. */
void tail_lines_flush(struct tail_file *file, bool is_all);

/* The lines that wait are others now: what they hold is of the budget. */
void tail_lines_account(struct tail_file *file);

/* They go on as they are, cut. */
void tail_lines_cut(struct tail_file *file);

/* The bytes before this offset are in records, or in none: the bookmark may go there. */
uint64_t tail_lines_end(const struct tail_file *file, uint64_t end);

#endif
