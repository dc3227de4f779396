/*
 * A journal that is read forwards: entries one after the other, from where a cursor says.
 *
 * Life     journal_open -> journal_seek -> journal_next, what the entry has* -> journal_close.
 * Thread   the loop. Reading maps files; an entry that is not in memory is read from the disk.
 * Limits   JOURNAL_FIELD_BYTES_MAX of a field are unpacked; one that journald left unpacked comes whole.
 */
#ifndef TAILRACE_IN_SYSTEMD_JOURNAL_H
#define TAILRACE_IN_SYSTEMD_JOURNAL_H

#include "plugin/plugin.h"
#include "plugins/in_systemd/library.h"

#define JOURNAL_FIELD_BYTES_MAX ((size_t)2 << 20)

struct journal {
    const struct journal_library *library;
    sd_journal *handle;
    bool is_on_entry; /* the next entry is the one where it stands */
};

/* Which entries: those that have one of these "KEY=value", or all of them. */
struct journal_wish {
    const char *directory; /* NULL: the system's journals */
    const char *const *matches;
    size_t match_count;
    bool is_and;
};

/* A negative code; then nothing is open. */
MUST_USE int journal_open(struct journal *journal, const struct journal_library *library,
                          const struct journal_wish *wish);
void journal_close(struct journal *journal);

enum journal_place {
    JOURNAL_FOUND,
    JOURNAL_GONE, /* the entry of the cursor is not there any more; the next one that is follows */
};

/* Behind the entry of the cursor. A negative code, or an enum journal_place. */
MUST_USE int journal_seek(struct journal *journal, const char *cursor);
MUST_USE int journal_seek_head(struct journal *journal);
MUST_USE int journal_seek_tail(struct journal *journal);

/* The first entry of that time or later. */
MUST_USE int journal_seek_time(struct journal *journal, uint64_t usec);

/* 1: stands on an entry, 0: at the end, or a negative code. */
MUST_USE int journal_next(struct journal *journal);

#endif
