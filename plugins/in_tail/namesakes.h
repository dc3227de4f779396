/*
 * Files that are followed under one path: a log and its generations.
 *
 * While many logs are looked at in a row (tail_listing_keep) it is known which paths have some, from the
 * first question on, so that not each of the logs has to walk all files; what was closed meanwhile may
 * still count. Else it is not known, and whoever asks has to walk.
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
    /* The only file, or the head of the followed ones where there were several. */
    struct map by_path;
    bool is_known;
};

/* One more is followed. */
void tail_namesakes_note(struct tail_file *file);
void tail_namesakes_forget(struct tail *tail);

/* False: no file is followed under this path. */
bool tail_may_follow_path(struct tail *tail, const char *path);

/* True: none other is followed under its path. */
bool tail_file_is_only(struct tail_file *file);

#endif
