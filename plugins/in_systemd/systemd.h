/*
 * Records from systemd's journal: what the files of this plugin share.
 *
 *   systemd.c   options, start, stop
 *   read.c      entries to records, while there are some and the budget has room
 *   first.c     what the first entry waits for
 *   journal.c   the journal itself: where it is read from
 *   entry.c     an entry's fields to a record's
 *   segment.c   what is acknowledged, and so the cursor
 *
 * Life     systemd_init -> read_begin -> read_end -> systemd_fini. Thread: the loop.
 * Limits   ENTRIES_PER_TURN entries are taken before others have their turn.
 */
#ifndef TAILRACE_IN_SYSTEMD_SYSTEMD_H
#define TAILRACE_IN_SYSTEMD_SYSTEMD_H

#include "plugin/follow.h"
#include "plugins/in_systemd/entry.h"
#include "plugins/in_systemd/journal.h"
#include "plugins/in_systemd/segment.h"

#define ENTRIES_PER_TURN 500
#define MARK_EVERY 64
#define LOOK_EVERY_MS 1000
#define REOPEN_AFTER_MS 1000
#define ABSENT_LOOK_MS 10000

struct systemd_keys {
    char *path;
    struct text_list filters;
    int filter_type; /* enum filter_type */
    bool has_tail;
    char *db, *db_sync;
    int64_t fields_max, entries_max;
    bool is_lower, strips_underscores;
};

enum filter_type {
    FILTER_OR,
    FILTER_AND,
};

/* Where reading stands. */
struct systemd_place {
    char *cursor;   /* of the last entry that was read, from libsystemd; NULL: none yet */
    uint64_t usec;  /* its time */
    bool is_stuck;  /* it could not be read on from there once already */
    bool is_absent; /* there was no journal when it was to be opened */
};

/* What the records ride in. */
struct systemd_ledger {
    struct list segments;
    struct segment *segment; /* the one that entries join; NULL before the first */
    uint64_t numbering;      /* who numbers its entries */
    unsigned unmarked;       /* entries since its last mark */
};

/* What the first entry waits for: filters that do not know yet what they add. The journal is its own
 * buffer, as a file is. */
struct systemd_first {
    bool is_over;
    struct segment *asking; /* stands for those that will come; NULL: nobody waits */
    struct filter_waiter waiter;
    uint64_t until_ms;
};

struct in_systemd {
    struct systemd_keys keys;
    const char *component;
    struct place db_place, path_place; /* where the keys stand */
    struct input *input;
    struct journal journal;
    struct poll *poll;   /* NULL while the journal is not open */
    struct timer *timer; /* looks, reads on, or opens again */
    struct cursor *cursor;
    struct systemd_place at;
    struct systemd_ledger ledger;
    struct systemd_first first;
    struct budget_waiter waiter;
    struct log_brake brake;
};

/* A negative code when the journal cannot be opened. */
MUST_USE int read_begin(struct in_systemd *s, const struct journal_library *library);
void read_end(struct in_systemd *s);

/* 0: entries may be read; else in so many ms at the latest, and the timer is started when it is
 * sooner. */
uint64_t first_wait_ms(struct in_systemd *s);
void first_end(struct in_systemd *s);

/* What is acknowledged becomes the cursor. An owner's `moved`. */
void read_bookmark(void *self);

#endif
