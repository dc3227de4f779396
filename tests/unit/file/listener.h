/*
 * A listener owns one discovery for a test, in a tree of its own, and writes down what it is told:
 * "start a.log;" for a file found by the first scan, "found", "touched", "replaced", "gone".
 */
#ifndef TAILRACE_UNIT_FILE_LISTENER_H
#define TAILRACE_UNIT_FILE_LISTENER_H

#include "base/buffer.h"
#include "file/discover.h"
#include "kit/tree.h"

#include <check.h>
#include <limits.h>

extern struct listener {
    struct loop *loop;
    struct discover *discover;
    struct buffer heard;
    char last_real[PATH_MAX]; /* found_file.real of what was last found or replaced */
    bool is_poll_only;        /* set before listening: no inotify, hearing polls */
} listener;

void listener_set_up(void);
void listener_tear_down(void);

/* Makes the discovery, for tests that add globs themselves. */
void listener_make(void);

/* Starts it with one glob, in the tree, or as it stands with an exclusion (or NULL). */
void listen_to(const char *glob);
void listen_at(const char *glob, const char *exclude);

/* What was heard since the last time, once all events are through. */
void listener_hears(const char *text);

/* The same when the order, or what follows, does not matter. */
void listener_hears_first(const char *text);
void listener_hears_among(const char *text);

#endif
