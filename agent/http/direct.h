/*
 * The carrier of our own: plain HTTP/1.1 over TCP, without a proxy. Inside of http/, for these files:
 *
 *   direct.c          one request and its answer on a connection, from dialling to the end
 *   direct_send.c     the request goes out, from where it lies
 *   direct_hear.c     the answer comes in
 *   direct_kept.c     connections, and those that wait for the next request
 *   dial.h            a connection to the first of several addresses that answers
 *   request_head.h    what goes before a body; pure
 *   reply_parser.h    what comes back, taken apart; pure
 *
 * This is on the path of most bytes, and ours because it was measured to cost less than a library:
 * curl copies a body through a buffer, and has to be asked again for each 64 KiB of it. For 2,000,000
 * lines in 1,275 requests of half a mebibyte to a back-end on the same machine (tests/bench, November
 * 2026):
 *
 *                                       curl      ours
 *   system calls, all of the agent's    47,900    28,600
 *   of these, sends                     14,000    1,275
 *   instructions for 40,000 lines       172.0 M   163.7 M
 *   CPU seconds, median of ten rounds   1.09      0.92
 *
 * Life     as the client and the call, by carrier_direct. Thread: the loop.
 * Limits   KEPT_MAX idle connections a client; SEND_STEP_BYTES_MAX in one turn of the loop.
 */
#ifndef TAILRACE_HTTP_DIRECT_H
#define TAILRACE_HTTP_DIRECT_H

#include "base/gzip.h"
#include "http/client_internal.h"
#include "http/dial.h"
#include "http/reply_parser.h"

#define KEPT_MAX 32

/* What goes out of one call in a row, so that none keeps the loop for long. */
#define SEND_STEP_BYTES_MAX ((size_t)1 << 20)

struct direct {
    struct list kept; /* idle connections, the one used last at the end */
    unsigned kept_count;
};

struct tcp {
    struct list link;          /* in `kept` while it is idle */
    struct exchange *exchange; /* NULL while it is */
    struct poll *poll;
    int fd;
    int events; /* what the loop watches for */
    uint32_t requests;
    uint64_t made_ms;
    uint64_t idle_ms; /* since when */
};

/* What has not gone out yet. */
struct outgoing {
    struct buffer head;
    size_t head_at;
    size_t body_at;
    size_t left; /* of head and body */
    int error;   /* nothing more goes out; what was said may still be heard */
};

/* A request and its answer. It is being dialled for, or has a connection. */
struct exchange {
    struct http_call *call;
    struct dial *dial;
    struct tcp *tcp;
    struct outgoing out;
    struct reply_parser parser;
    struct gunzip *unpack; /* NULL: nothing packed has come */
    bool is_reused;        /* the connection had been used before */
    bool has_heard;        /* a byte of an answer */
    bool is_heard;         /* all of it */
    int error;             /* what went wrong first */
    char why[256];
};

/* ---- direct_send.c ---- */

/* The request's head; from its beginning, on whatever connection is next. */
void outgoing_begin(struct exchange *x);

/* As much as the kernel takes. */
void exchange_send(struct exchange *x);

/* ---- direct_hear.c ---- */

/* All that has come. */
void exchange_hear(struct exchange *x);

void exchange_fail(struct exchange *x, int error, const char *why);

/* ---- direct_kept.c ---- */

/* Of a connected descriptor, which it closes at its end. */
struct tcp *tcp_new(struct exchange *x, int fd, poll_fn *ready);
void tcp_free(struct tcp **tcp);

/* From now on the loop watches for these. */
void tcp_watch(struct tcp *tcp, int events);

/* One that is idle and, as far as can be known, alive; or NULL. Closes those that are not. */
struct tcp *kept_take(struct http_client *client);

/* Takes the connection and leaves NULL: kept for the next request, or closed. */
void kept_put(struct http_client *client, struct tcp **tcp);
void kept_close(struct direct *direct);

#endif
