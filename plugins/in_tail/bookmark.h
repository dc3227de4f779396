/*
 * How far a file was read and acknowledged: its row among the positions.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_IN_TAIL_BOOKMARK_H
#define TAILRACE_IN_TAIL_BOOKMARK_H

#include "plugins/in_tail/tail.h"

struct tail_start;

/* A number that other machines do not have. */
uint64_t tail_machine(void);

/* Where to begin with a file that was just opened, and begins with `head`; fills row and the origin's
 * id. The note says who begins before that. */
uint64_t tail_bookmark_find(struct tail_file *file, struct slice head, bool is_new_name,
                            struct tail_note *note);

/* The same for a file that is read from its beginning whatever was saved, and for one whose place
 * is known. */
void tail_bookmark_begin(struct tail_file *file);
uint64_t tail_bookmark_take(struct tail_file *file, struct tail_start *start);
/* Gives the origin its id, if the first line is there, or there will be no more of it (`is_last`).
 * Before its first record. `first` is what was read of its beginning, so that it is the id of these
 * bytes whatever stands there now; empty: it is read for this. */
void tail_stream_begin(struct tail_file *file, struct slice first, bool is_last);

/* It could not be opened, and is to be read from its beginning: a row says so, by which it is known
 * when it was rotated, and when it was written to last. */
void tail_bookmark_promise(struct tail *tail, const struct found_file *name, int64_t modified_ns);

/* These are its first bytes. If they were others when it was opened, it was truncated since, though
 * nothing had been read of it: its stream gets another id, and needs a row that has it. True then. */
bool tail_bookmark_check(struct tail_file *file, struct slice first);

/* It is known by the first bytes that it has now. False: there are none, or they cannot be read. */
bool tail_bookmark_look(struct tail_file *file);

void tail_bookmark_forget(struct tail_file *file);

/* The row stays as it is, for what may be found later. */
void tail_bookmark_leave(struct tail_file *file);

/* The file that is followed under this row, or NULL. */
struct tail_file *tail_row_file(const struct tail *tail, int64_t row);

void tail_bookmark_save(struct tail_file *file);

/* It is known by the bytes of its copy from now on. */
void tail_bookmark_copied(struct tail_file *file);

/* Asks the system what the open file is called now. */
void tail_bookmark_move(struct tail_file *file);

/* A file that was short when it was opened is known by more of its bytes as it grows. */
void tail_bookmark_renew(struct tail_file *file);
void tail_bookmark_end(struct tail_file *file);

#endif
