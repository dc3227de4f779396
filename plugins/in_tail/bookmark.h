/*
 * How far a file was read and acknowledged: its row among the positions.
 *
 * The row keeps the acknowledged offset, what the file is known by, and in its note (note.h) the id of its
 * stream, so that documents keep their ids when the file is renamed or compressed.
 *
 * Life     tail_bookmark_find, take or begin -> tail_bookmark_save* -> tail_bookmark_end, leave or forget.
 * Thread   the loop.
 */
#ifndef TAILRACE_IN_TAIL_BOOKMARK_H
#define TAILRACE_IN_TAIL_BOOKMARK_H

#include "plugins/in_tail/tail.h"

struct tail_start;

/* ---- where to begin: each gives the file its row ---- */

/* With a file that was just opened, and begins with `head`; fills the origin's id, too. The note says
 * who begins before that. */
uint64_t tail_bookmark_find(struct tail_file *file, struct slice head, bool is_new_name,
                            struct tail_note *note);

/* The same with one whose place is known. */
uint64_t tail_bookmark_take(struct tail_file *file, struct tail_start *start);

/* It was truncated: it is read from its beginning, whatever was saved. */
void tail_bookmark_begin(struct tail_file *file);

/* It could not be opened, and is to be read from its beginning: a row says so, by which it is known
 * when it was rotated, and when it was written to last. */
void tail_bookmark_promise(struct tail *tail, const struct found_file *name, int64_t modified_ns);

/* ---- how far it has come ---- */

/* As it stands now, within a second; at once where no row tells it from others yet. Nothing where there is no
 * DB, and of what is not proved to be the row's. */
void tail_bookmark_save(struct tail_file *file);

/* It was rotated: the row goes where the open file lies now. */
void tail_bookmark_move(struct tail_file *file);

/* ---- its end: none does anything to a file without a row ---- */

/* It is closed: saved for the last time. */
void tail_bookmark_end(struct tail_file *file);

/* The row stays as it is, for what may be found later; or is removed, as its bytes are gone. */
void tail_bookmark_leave(struct tail_file *file);
void tail_bookmark_forget(struct tail_file *file);

#endif
