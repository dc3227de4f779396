/*
 * Files that have no name any more and are not read to their end: they stay open within held_limit, and
 * what is let go of, or was truncated, is counted.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_HELD_H
#define TAILRACE_PLUGINS_IN_TAIL_HELD_H

#include "plugins/in_tail/file.h"

struct tail;

/* A file lost its name: from now on those are looked at. */
void tail_held_watch(struct tail *tail);
void tail_held_stop(struct tail *tail);

/* Counts what of the file was never read, `bytes_min` as its size says, and says so when that is
 * done. The file may be closed meanwhile. */
void tail_loss_begin(struct tail_file *file, uint64_t bytes_min);
void tail_losses_leave(struct tail *tail);

/* So many bytes were truncated that are in no record. */
void tail_truncation_count(struct tail_file *file, uint64_t lost_bytes);

#endif
