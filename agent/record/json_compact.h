/*
 * Checked JSON text, written as json_write would have written it: no blanks between tokens, and in
 * strings no escapes but those that must be ("\u003c" is "<", "\/" is "/"). Numbers stay as they
 * are, and so do halves of surrogate pairs. The result is never longer.
 *
 * For lines that people and their tests read as text, and for names that are made of a record's map.
 * Requests carry JSON as it came: it means the same, and is not touched twice. Pure. Thread: any.
 */
#ifndef TAILRACE_RECORD_JSON_COMPACT_H
#define TAILRACE_RECORD_JSON_COMPACT_H

#include <stddef.h>

/* In place; returns the new length. */
size_t json_compact(char *text, size_t len);

#endif
