/*
 * What the files of the client share. Nobody outside http/ includes this, but for its tests.
 *
 *   client.c    the client: slots, the lists of calls, who carries them
 *   settings.c  its settings; tls.c and proxy.c: parts of them
 *   call.c      one call from start to its end, and its time limits
 *   limits.c    those time limits, pure
 *   names.c     addresses of the host, asked for without blocking
 *   body.c      a body that is compressed as it is written
 *   reply.c     what is kept of what comes back
 *
 * A call is in exactly one list: `waiting` (no slot free) or `active` (asking for the address, or
 * carried). No more than connections_max calls are active; HTTP/1.1 needs a connection for each.
 *
 * Once there is an address, a call is *carried*, by one of two:
 *
 *   direct.h         our own, for plain HTTP without a proxy: the path of most bytes
 *   curl_internal.h  curl, for TLS and for proxies
 */
#ifndef TAILRACE_HTTP_CLIENT_INTERNAL_H
#define TAILRACE_HTTP_CLIENT_INTERNAL_H

#include "base/list.h"
#include "http/http.h"
#include "http/limits.h"
#include "http/names.h"
#include "http/proxy.h"
#include "http/settings.h"

/* How long a connection is used before a new one is made, so that the back-end's own address
 * changes and its balancing are followed. */
#define CONNECTION_LIFE_S 300

/* The answer to a request of two thousand documents, 40 KiB, is read at once: pieces of 16 KiB made
 * six system calls of it. */
#define REPLY_BUFFER_BYTES (64L << 10)

struct carrier {
    /* What the client has of it. Between open and close calls are carried; none is under way then. */
    void (*open)(struct http_client *client);
    void (*close)(struct http_client *client);
    /* The address is there: off with it. Never ends the call before it returns. */
    void (*carry)(struct http_call *call);
    /* The call is over, or nobody waits for it any more: what it has under way is let go of. */
    void (*leave)(struct http_call *call);
    /* Whether the whole request was sent, since it was connected last. */
    bool (*has_sent)(const struct http_call *call);
};

extern const struct carrier carrier_curl, carrier_direct;

/*
 *   start ─> waiting ─ slot ─> active ─ address ─> carried ─> end
 *            |--- no watch ---|------------ watch -----------|
 *
 * active_count = active <= connections_max, where that is a limit
 * call_count   = waiting + active + those whose owners are being told
 */
struct http_client {
    struct loop *loop;
    struct http_own_settings own;
    struct proxy proxy;
    struct names names;
    const struct carrier *carrier;
    struct curl_side *curl; /* NULL where it is not curl that carries */
    struct direct *direct;  /* likewise */
    struct list waiting;
    struct list active;
    unsigned active_count;
    unsigned call_count;
    uint64_t connections_made;
};

/* How the body of a reply comes in. */
struct reply_intake {
    uint64_t read_bytes;
    struct json_sieve *sieve; /* NULL: it was short so far */
    bool is_too_large;
    bool is_broken_off; /* by the call's owner */
};

/* Whom a call tells. */
struct call_owner {
    http_done_fn *done;
    http_body_fn *body; /* NULL: the body is kept */
    void *self;
};

/* How its request went out. */
struct call_sending {
    bool is_repeated; /* on a new connection, by us */
    bool was_sent;    /* whole, the last time; known at the end */
    bool was_resent;  /* on a new connection, by whomever, and was sent whole before */
};

struct http_call {
    struct list link;
    struct http_client *client;
    struct call_owner owner;
    struct http_request request;
    struct http_reply reply;
    struct reply_intake intake;
    struct timer *watch; /* NULL: no slot yet */
    struct call_clock clock;
    struct curl_trip *curl;    /* NULL until curl has it */
    struct exchange *exchange; /* NULL until we carry it ourselves */
    struct call_sending sending;
    bool is_ended; /* its owner is being told */
};

/* ---- client.c ---- */

/* Gives free slots to waiting calls. */
void client_pump(struct http_client *client);

void client_check(const struct http_client *client);

/* From now on this one carries its calls; none is under way. http_client_new chooses: tests run over
 * both. */
void client_carry_by(struct http_client *client, const struct carrier *carrier);

/* ---- call.c ---- */

/* The call has its slot: ask for the address, or have it carried. */
void call_begin(struct http_call *call);

/* The addresses came (`error` 0), or did not. */
void call_named(struct http_call *call, int error, const char *why);

/* The connection is there, and the request is about to go. */
void call_connected(struct http_call *call);

/* A byte went either way. */
void call_moved(struct http_call *call);

/* The only way out but cancelling: tells the owner, once. */
void call_end(struct http_call *call, int error, const char *why);

/* ---- reply.c ---- */

/* A line of its head, the status line first. */
void reply_line(struct http_call *call, struct slice line);

/* Its head is whole; and bytes of its body. False: no more of it is wanted (reply_why). */
MUST_USE bool reply_head(struct http_call *call);
MUST_USE bool reply_body(struct http_call *call, struct slice bytes);

/* Why no more was wanted, as a negative code and in words. */
int reply_why(const struct http_call *call, char why[256]);

/* A back-end that refuses early does not wait for the rest of the body, and closing then resets
 * the connection. What it said still holds, even cut short; only a success must be whole. */
bool reply_is_refusal(const struct http_call *call);

void reply_fini(struct http_call *call);

#endif
