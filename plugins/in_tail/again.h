/*
 * What could not be opened or read is said once, counted, and tried again by itself.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_AGAIN_H
#define TAILRACE_PLUGINS_IN_TAIL_AGAIN_H

#include "plugins/in_tail/tail.h"

/* It could not be opened or read: that is said and counted, and tried again by itself. */
void tail_file_try_later(struct tail_file *file, int code);

/* Files have descriptors below it. */
int tail_fd_max(void);

/* A generation of the log could not be opened, or its folder: said once, counted, tried again. */
void tail_again_note(struct tail *tail, const struct found_file *name, const char *path, int code);

/* Whether one of the log's generations is in the way. */
bool tail_again_is_for(struct tail *tail, const char *path);

/* So many bytes of the log's generations that are in the way were not read; those of all logs. */
void tail_again_owe(struct tail *t, const struct found_file *name, uint64_t bytes);
uint64_t tail_again_bytes(const struct tail *t);

/* Tries those whose time has come; `*next` is no later than the next one's. */
void tail_again_look(struct tail *tail, uint64_t now, uint64_t *next);
void tail_again_stop(struct tail *tail);

#endif
