/*
 * Whether a file is still the one that was read: by device and number, by its first bytes, and by those
 * before the place where it was read last.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_KNOWN_H
#define TAILRACE_PLUGINS_IN_TAIL_KNOWN_H

#include "plugins/in_tail/file.h"

/* The file that is followed under this device and number, or NULL. */
struct tail_file *tail_inode_file(const struct tail *tail, const struct file_id *id);
void tail_inode_take(struct tail_file *file);
void tail_inode_leave(struct tail_file *file);

/* The file of that name, when it is followed by another one: a link beside it, a hard link. NULL when
 * it is not; one without a name may have this one. */
struct tail_file *tail_file_named_else(const struct tail *tail, const struct found_file *name);

/* When it was last written to, if another write would have given it another time by now; else 0. */
int64_t tail_still_ns(int64_t modified_ns);

/* What was read of it is there, as it was: it was not truncated. */
bool tail_file_is_as_read(struct tail_file *file);

/* It begins with so many bytes, up to FILE_HEAD_BYTES_MAX. When its size said more it was truncated
 * between those two looks, and what is known of it is what it holds now. */
void tail_file_note_shrunk(struct tail_file *file, size_t head_bytes);

/* Nothing of it was read yet, or what was read last could not be printed: its first bytes tell whether
 * it was rewritten. */
bool tail_file_is_known_by_head(const struct tail_file *file);

/* Its bytes are others by now, however many there are. */
bool tail_file_is_rewritten(const struct tail_file *file);

/* Of bytes just read, while they are at hand; and one that was of few is of more, at rest. */
struct file_print tail_print_of_end(const struct tail_file *file, struct slice bytes);
void tail_print_lengthen(struct tail_file *file);

/* These are its first bytes, at the first read of it. If they were others when it was opened, it was
 * truncated since, though nothing had been read of it: its stream gets another id, and needs a row that has
 * it. True then. */
bool tail_head_check(struct tail_file *file, struct slice first);

/* It is known by the first bytes that it has now. False: there are none, or they cannot be read. */
bool tail_head_look(struct tail_file *file);

/* One that was short when it was opened is known by more of its bytes as it grows, unless they cannot be
 * read (negative); one that goes on in another file, by that one's. */
int tail_head_renew(struct tail_file *file);
void tail_head_copied(struct tail_file *file);

/* Ignore_Older is for it. */
bool tail_file_is_too_old(const struct tail_file *file);

#endif
