/*
 * One request whose answer is cut and read as it comes: a list, a watch, or a single object.
 *
 *   fetch_start   the request goes out
 *   piece         an item, or a document without its items; again and again
 *   ended         the only end; what came to be is in struct fetch_end
 *
 * Goes wrong: no client (files of TLS), no answer, a status that is none of success, an ERROR event
 * in a watch, text that is no JSON, an answer that breaks off in the middle of an object. All come as
 * one of enum sync_end, with words. Stopping tells nobody.
 *
 * What is left out for its length is counted as it comes, and said with the object's name.
 *
 * Life     fetch_init -> (fetch_start -> ended)* -> fetch_fini. Thread: the loop.
 * Limits   one request at a time; cut.h's.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_FETCH_H
#define TAILRACE_FILTER_KUBERNETES_FETCH_H

#include "plugins/filter_kubernetes/facts.h"
#include "plugins/filter_kubernetes/sync_plan.h"
#include "plugins/filter_kubernetes/wire.h"

struct fetch_end {
    enum sync_end end;
    int status;        /* 0: no answer */
    int error;         /* of the client, or 0 */
    uint64_t asked_ms; /* Retry-After */
    const char *why;   /* in words; empty where it went well */
};

struct fetch_ops {
    /* The head of a success is there. May be NULL. */
    void (*head)(void *owner);
    /* What is read is lent until this returns. The fetch may not be stopped meanwhile. */
    void (*piece)(void *owner, enum cut_piece piece, const struct facts *facts);
    /* Another one may be started at once. */
    void (*ended)(void *owner, const struct fetch_end *end);
};

struct fetch {
    struct wire *wire;
    const struct fetch_ops *ops;
    void *owner;
    struct facts_reader reader;
    struct cut *cut;
    uint64_t left_out; /* by it, as far as that is counted and said */
    struct log_brake brake;
    struct http_call *call;
    int error_code; /* of an ERROR event */
    bool is_broken; /* what came is no JSON */
    char why[256];
};

void fetch_init(struct fetch *fetch, struct wire *wire, const struct source_wants *wants,
                const struct fetch_ops *ops, void *owner);
void fetch_fini(struct fetch *fetch);

/* -EINVAL, with words in fetch->why, when it cannot be sent; nothing comes of it then. */
MUST_USE int fetch_start(struct fetch *fetch, enum wire_kind kind, const char *path);
bool fetch_is_busy(const struct fetch *fetch);

#endif
