/*
 * The steps of opening a file, for open.c and restart.c only.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_OPEN_H
#define TAILRACE_PLUGINS_IN_TAIL_OPEN_H

#include "plugins/in_tail/tail.h"

/* A file that is followed under this path from now on, and not open yet. */
struct tail_file *tail_file_new(struct tail *tail, const char *path, struct found_file *name);

/* Who the open file is. Negative: that cannot be told, or it is no regular file. */
MUST_USE int tail_file_identify(struct tail_file *file);

/* In which form its lines are. */
void tail_file_form_find(struct tail_file *file);

/* It is read from this offset on. */
void tail_file_begin_at(struct tail_file *file, uint64_t offset);
void tail_file_save_new(struct tail_file *file);

/* Nothing of it stays but the entry. */
void tail_file_unopen(struct tail_file *file);
void tail_source_close(struct tail_source *source);

/* Its name is not its own any more. */
void tail_name_leave(struct tail_file *file);

#endif
