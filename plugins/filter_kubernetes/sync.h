/*
 * Keeps one resource in step with the server: obeys sync_plan.h.
 *
 *   on_timer      the time has come, and there is a token: list, or watch
 *   on_piece      an object of the list, the list's end, or an event of the watch
 *   on_ended      the next page; or the plan is told, and the timer set
 *
 * Goes wrong: whatever fetch.h says. Trouble is said when it begins, when it is another one, and when
 * it is over; a refusal is said once, with what has to be allowed.
 *
 * Life     sync_start -> sync_stop. Thread: the loop.
 * Limits   one request at a time; a page of the list has SYNC_PAGE objects, where the server pages: from
 *          its cache it gives all at once, of which one is in memory at a time. SYNC_PAGES_MAX pages;
 *          a list that is longer has failed.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_SYNC_H
#define TAILRACE_FILTER_KUBERNETES_SYNC_H

#include "plugins/filter_kubernetes/fetch.h"

#define SYNC_PAGE 100

/* More pages than any cluster has: a list that goes on behind them has no end. */
#define SYNC_PAGES_MAX 1000

struct sync_ops {
    void (*begin)(void *owner); /* a list begins, perhaps anew */
    void (*put)(void *owner, struct facts_reader *reader, struct slice object);
    void (*removed)(void *owner, struct facts_reader *reader, struct slice object);
    void (*whole)(void *owner); /* the list is whole */
    /* Whether every change is seen from now on: a watch has begun, a list is whole where there is no
     * watch, or that is over. */
    void (*sees)(void *owner, bool sees_all);
    void (*moved)(void *owner); /* something ended: the mode may be another */
};

/* What is synchronised, in words and in paths. */
struct sync_kind {
    const char *path;     /* "/api/v1/pods" */
    const char *selector; /* "&fieldSelector=...", or empty; lent for the sync's life */
    enum wire_kind list;  /* WIRE_LIST or WIRE_KUBELET */
    const char *words;    /* "pods of this node" */
    const char *resource; /* "pods", as a rule of RBAC has it */
    const char *wanted;   /* by what: "the filter", "Namespace_Labels" */
    struct sync_policy policy;
};

struct sync {
    struct fetch fetch;
    const struct sync_kind *kind;
    const struct sync_ops *ops;
    void *owner;
    struct sync_plan plan;
    struct timer *timer;
    struct buffer version; /* where a watch goes on */
    struct buffer more;    /* the list's next page; empty: none */
    unsigned pages;        /* of it, so far */
    bool is_wished;
    bool sees_all;  /* what was last said */
    bool has_end;   /* the document's end came */
    unsigned names; /* the server's name was not found so often, one after the other */
    char trouble[256];
};

/* `kind`, `ops` and `wire` live as long. `version`: of what is kept; empty: list first. */
void sync_start(struct sync *sync, const struct sync_kind *kind, const struct sync_ops *ops,
                void *owner, struct slice version);

/* Before sync_start: what it asks with. */
void sync_init(struct sync *sync, struct wire *wire, const struct source_wants *wants);
void sync_stop(struct sync *sync);

/* Something is asked for that a list may bring. */
void sync_wish(struct sync *sync, bool is_wished);

/* The token came. */
void sync_go_on(struct sync *sync);

#endif
