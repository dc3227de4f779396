/*
 * One read serves two ends: it tells whether the file was rewritten, and what comes next is at hand.
 *
 * Thread   the loop. Limits what is read at once, for the one file that is looked at.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_AHEAD_H
#define TAILRACE_PLUGINS_IN_TAIL_AHEAD_H

#include "plugins/in_tail/file.h"

/* Whether its bytes are others by now, as tail_file_is_rewritten; where it is about to be read, up to
 * `size`, what is to be read is at hand from now on. */
bool tail_ahead_look(struct tail_file *file, uint64_t size);

/* What a laggard is to read, up to `size`, is at hand from now on, if the file that it reads was not
 * truncated before: 1. 0 where it was: what stands there is nothing that the others read. Negative when it
 * cannot be read. */
int tail_ahead_prove(struct tail_file *laggard, struct tail_file *of, uint64_t size);

/* The bytes from there on are at the end of reading.bytes, `*before_out` others before them, as
 * they were read ahead, or are read now: `want` of them, fewer where the file ends. How many, or
 * negative. */
int64_t tail_ahead_take(struct tail_file *file, uint64_t from, size_t want, size_t *before_out);

/* The turn is over. */
void tail_ahead_forget(struct tail *tail);

#endif
