/*
 * Following one file: it is touched when there may be bytes, and at its turn it is read, waits, goes on
 * from its beginning or is closed, as file/follow_plan says.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_FOLLOW_H
#define TAILRACE_PLUGINS_IN_TAIL_FOLLOW_H

#include "plugins/in_tail/file.h"

/* There may be bytes to read: soon. */
void tail_file_touch(struct tail_file *file);

/* The same, of one whose name had an event. */
void tail_file_tell(struct tail_file *file);

/* Somebody saw it, open, with so many bytes: what is truncated of them is lost. */
void tail_file_note_seen(struct tail_file *file, uint64_t size);

/* Looks again in `wait_ms` at the latest; 0: when it is touched. Nothing while the tail stops. */
void tail_file_look_again(struct tail_file *file, uint64_t wait_ms);

/* Its pieces are in a record of the next one, which is acknowledged. */
void tail_file_lent_back(struct tail_file *file);

/* It is the last that has a turn; but first, if memory was short before its parcel was full. */
void tail_ready_add(struct tail_file *file, bool needs_room);

/* A few reads. The file may be gone then. */
void tail_file_turn(struct tail_file *file);

/* Reads once, of bytes that end at `size`, and takes the lines out; with `is_last` what is left is a
 * line too. Bytes that were taken, 0 at the end, or negative. */
int64_t tail_file_read(struct tail_file *file, uint64_t size, bool is_last);

/* The bytes before `end` are in chunks, or are nothing; but not those of lines that wait. */
void tail_file_advance(struct tail_file *file, uint64_t end);

/* The service has no room to hold it any longer. */
void tail_file_let_go(struct tail_file *file);

#endif
