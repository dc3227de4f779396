/*
 * Files that are followed under one path: a log and its generations.
 *
 * While many logs are looked at in a row (tail_listing_keep) it is known which paths have which, from the
 * first question on, so that not each of the logs has to walk all files. Else it is not known, and
 * whoever asks walks.
 *
 * Life     the first question while a listing is kept -> tail_namesakes_forget.
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_NAMESAKES_H
#define TAILRACE_PLUGINS_IN_TAIL_NAMESAKES_H

#include "plugin/plugin.h"

struct tail;
struct tail_file;

struct tail_namesakes {
    struct map by_path; /* the first of each ring */
    bool is_known;
};

/* One more is followed; one is not any more. */
void tail_namesakes_note(struct tail_file *file);
void tail_namesakes_leave(struct tail_file *file);

/* Of two that are followed under one path, `late` comes right before `next` from now on. */
void tail_namesakes_order(struct tail_file *late, struct tail_file *next);
void tail_namesakes_forget(struct tail *tail);

/* The first file that is followed under this path, in the order of all files; and the one behind that.
 * NULL where there is none. */
struct tail_file *tail_namesake_first(struct tail *tail, const char *path);
struct tail_file *tail_namesake_next(const struct tail_file *file);

/* True: none other is followed under its path. */
bool tail_file_is_only(struct tail_file *file);

#endif
