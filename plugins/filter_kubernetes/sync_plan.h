/*
 * When to list and when to watch. Pure: the driver (sync.h) tells what happened, this says what is
 * next and when.
 *
 *   start ---> list ---> watch --(ended by the server)--> watch, from where it was
 *     |          ^         |-----(410)------------------> list, once; again only with back-off
 *     |          |         |-----(403)------------------> BY_LIST: lists, by and by
 *     |          |-------------- (403) -----------------> BY_ONE: single requests, of others
 *     '-- with a version that is kept -> watch
 *
 * A mode that was forbidden is tried again after SYNC_ALLOWED_AGAIN_MS: somebody may have allowed it.
 *
 * At most one request a second while it fails, and fewer with each failure: the wait is drawn
 * between SYNC_BASE_MS and a bound that doubles up to SYNC_CAP_MS (output/retry.h), and what the
 * server asks for with Retry-After is waited for at least, with up to half as much more, so that
 * those who were sent away together do not come back together.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_SYNC_PLAN_H
#define TAILRACE_FILTER_KUBERNETES_SYNC_PLAN_H

#include "plugin/plugin.h"

#define SYNC_BASE_MS UINT64_C(1000)
#define SYNC_CAP_MS UINT64_C(60000)
#define SYNC_ALLOWED_AGAIN_MS UINT64_C(600000)

/* A watch that ends sooner is no success. */
#define SYNC_WATCH_SHORT_MS UINT64_C(5000)

/* After 410 the list is drawn over this: a server that starts anew says it to all nodes at once. */
#define SYNC_GONE_SPREAD_MS UINT64_C(3000)

enum sync_mode { SYNC_BY_WATCH, SYNC_BY_LIST, SYNC_BY_ONE };
enum sync_move { SYNC_NOTHING, SYNC_LIST, SYNC_WATCH };

enum sync_end {
    SYNC_DONE,   /* the list is whole; the server ended the watch */
    SYNC_GONE,   /* 410: the version, or the list's token, is too old */
    SYNC_DENIED, /* 403 */
    SYNC_LOGIN,  /* 401 */
    SYNC_FAILED, /* anything else */
};

struct sync_policy {
    uint64_t spread_ms;      /* the first request is drawn over this */
    uint64_t list_every_ms;  /* by list */
    uint64_t list_sooner_ms; /* after the last one, when something is wished for */
    bool can_watch;
    bool can_one;
};

struct sync_plan {
    const struct sync_policy *policy;
    enum sync_mode mode;
    enum sync_move busy; /* what is under way */
    bool has_version;
    bool was_gone;        /* 410 since the last success */
    bool was_login;       /* 401 likewise */
    unsigned failures;    /* one after the other */
    uint64_t began_ms;    /* the last request */
    uint64_t next_ms;     /* not before that */
    uint64_t try_mode_ms; /* a mode that was forbidden is tried again */
};

struct sync_next {
    enum sync_move move;
    uint64_t at_ms; /* UINT64_MAX: not before something happens */
};

/* `has_version`: a watch may go on from the last run. `dice`: any random number. */
void sync_plan_start(struct sync_plan *plan, const struct sync_policy *policy, bool has_version,
                     uint64_t now_ms, uint64_t dice);

/* What is next; nothing while something is under way. */
struct sync_next sync_plan_next(const struct sync_plan *plan, bool is_wished);

void sync_plan_begin(struct sync_plan *plan, enum sync_move move, uint64_t now_ms);

/* `asked_ms`: Retry-After, or 0. */
void sync_plan_end(struct sync_plan *plan, enum sync_end end, uint64_t asked_ms, uint64_t now_ms,
                   uint64_t dice);

/* The wait after so many failures, at least 1. */
uint64_t sync_wait_ms(unsigned failures, uint64_t asked_ms, uint64_t dice);

#endif
