/*
 * The generations of a log that rotation made: which are unread is found out when a name appears, by
 * what is known and what lies beside it (generations.c). What is in the way is tried again (again.c).
 *
 * Thread   the loop. Limits TAIL_KNOWN_MAX of one log.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_GENERATIONS_H
#define TAILRACE_PLUGINS_IN_TAIL_GENERATIONS_H

#include "plugin/follow.h"

struct tail;
struct tail_file;

/* Of one log so many generations are known when those beside it are looked at, rows and files that
 * are held open: of the files the newest, beside which lie those that could be taken for unread. */
#define TAIL_KNOWN_MAX 2048

/* Whether anything is known of the log. */
struct tail_log_known {
    bool is_any;    /* something is known of the log */
    bool is_copied; /* it was truncated, and is the file that it was */
};
struct tail_log_known tail_generations_follow(struct tail *tail, const struct found_file *name);

/* The same for one that is followed: what nobody has seen yet was copied of it, before it was truncated.
 * Where nothing was known of its bytes when it was opened, those that it has now are newer than any copy.
 * `file` is what it goes on in, or NULL where that is yet to be made. */
void tail_copies_follow(struct tail *tail, const struct found_file *name, struct tail_file *file);

/* ---- missing.c ---- */

/* What is there of logs that are known, and whose names the first scan has not found. */
void tail_missing_follow(struct tail *tail);

/* ---- again.c: those that could not be opened ---- */

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
