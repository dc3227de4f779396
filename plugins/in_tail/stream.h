/*
 * The stream of a file: what it holds, by an id of which its documents' ids are made. It stays the same when
 * the file is renamed or compressed, and over restarts, as the row keeps it; a file that was truncated, and
 * one that got the number of a deleted one, hold another.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_STREAM_H
#define TAILRACE_PLUGINS_IN_TAIL_STREAM_H

#include "plugins/in_tail/file.h"

/* A number that other machines do not have. */
uint64_t tail_machine(void);

/* Gives the origin its id, if the first line is in `head`: 0 until then. */
void tail_stream_find(struct tail_file *file, struct slice head);

/* The same before its first record, also where there will be no more of the line (`is_last`). `first` is
 * what was read of its beginning, so that it is the id of these bytes whatever stands there now; empty: it
 * is read for this. */
void tail_stream_begin(struct tail_file *file, struct slice first, bool is_last);

/* Another id: what had the one until now was truncated, and had the same offsets. */
void tail_stream_renew(struct tail_file *file);

#endif
