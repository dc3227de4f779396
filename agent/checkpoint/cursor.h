/*
 * One text on disk that says how far a source was acknowledged: a journal's cursor. It stands in the
 * table that Fluent Bit's systemd input makes, so that a node switches over with its place, and back.
 *
 * What is set gathers for CURSOR_PACE_MS and is written by a worker. A file that is damaged is set
 * aside as PATH.damaged, which is said; one that cannot be written is said once and tried again; one
 * that a newer version made, or that another agent has (PATH.lock), is refused. A crash costs what was
 * set in the last second, which is read again.
 *
 * Life     cursor_open -> cursor_text, cursor_set* -> cursor_close, which writes what is left. Those
 *          who name the same path share it; so the next pipeline goes on where the one before it was.
 * Thread   the loop.
 */
#ifndef TAILRACE_CHECKPOINT_CURSOR_H
#define TAILRACE_CHECKPOINT_CURSOR_H

#include "base/report.h"

#define CURSOR_PACE_MS 1000
#define CURSOR_BYTES_MAX 4096

struct loop;
struct cursor;

/* All lent for the call. */
struct cursor_config {
    const char *path;
    const char *sync;    /* extra, full, normal, off; NULL: normal */
    const char *speaker; /* for the log */
    bool is_memory;      /* no file: `path` is but a name, and what it knows ends with it */
};

/* Whether these are words that SQLite knows; NULL is. */
bool cursor_knows_sync(const char *word);

/* Negative and an error in the report when the file can be neither used nor set aside. */
MUST_USE int cursor_open(struct loop *loop, const struct cursor_config *config,
                         struct report *report, struct place place, struct cursor **cursor_out);
void cursor_close(struct cursor **cursor);

/* NULL where nothing was set yet. Lent until the next call. */
const char *cursor_text(const struct cursor *cursor);

/* Copied. Longer than CURSOR_BYTES_MAX it is left out. */
void cursor_set(struct cursor *cursor, const char *text);

#endif
