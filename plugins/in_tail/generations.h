/*
 * The generations of a log that rotation made: which are unread is found out when a name appears, by
 * what is known and what lies beside it.
 *
 * Thread   the loop.
 * Limits   TAIL_KNOWN_MAX of one log.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_GENERATIONS_H
#define TAILRACE_PLUGINS_IN_TAIL_GENERATIONS_H

#include "plugin/follow.h"

struct tail;
struct tail_file;

/* Of one log so many generations are known when those beside it are looked at, rows and files that
 * are held open: of the files the newest, beside which lie those that could be taken for unread. */
#define TAIL_KNOWN_MAX 2048

struct tail_log_known {
    bool is_any;    /* something is known of the log */
    bool is_copied; /* it was truncated, and is the file that it was */
};

/* Follows what is unread of them. */
struct tail_log_known tail_generations_follow(struct tail *tail, const struct found_file *name);

/* The same for one that is followed: what nobody has seen yet was copied of it, before it was truncated.
 * Where nothing was known of its bytes when it was opened, those that it has now are newer than any copy.
 * `file` is what it goes on in, or NULL where that is yet to be made. */
void tail_copies_follow(struct tail *tail, const struct found_file *name, struct tail_file *file);

/* Between the two, what lies in a folder is read once for all the logs there, as long as it stays that. */
void tail_listing_keep(struct tail *tail);
void tail_listing_drop(struct tail *tail);

#endif
