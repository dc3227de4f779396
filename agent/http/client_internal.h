/*
 * What the files of the client share. Nobody outside http/ includes this, but for its tests.
 *
 *   client.c    the client: slots, the lists of calls
 *   settings.c  its settings; tls.c and proxy.c: parts of them
 *   call.c      one call from start to its end, and its time limits
 *   limits.c    those time limits, pure
 *   easy.c      how curl is told what a client and a request want
 *   sockets.c   curl's sockets and its clock, on the loop
 *   reply.c     what comes back
 *   names.c     addresses of the host, asked for without blocking
 *   why.c       what went wrong, in words
 *
 * A call is in exactly one list: `waiting` (no slot free) or `active` (asking for the address, or
 * with curl). No more than connections_max calls are active; HTTP/1.1 needs a connection for each.
 */
#ifndef TAILRACE_HTTP_CLIENT_INTERNAL_H
#define TAILRACE_HTTP_CLIENT_INTERNAL_H

#include "base/list.h"
#include "http/http.h"
#include "http/limits.h"
#include "http/names.h"
#include "http/proxy.h"
#include "http/settings.h"

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed, for its socket callbacks and its cache of authorities"
#endif

/* Idle easy handles kept for the next call. */
#define SPARE_MAX 2

/* How long a connection is used before a new one is made, so that the back-end's own address
 * changes and its balancing are followed. */
#define CONNECTION_LIFE_S 300

/* curl copies a body through a buffer of this size, and gives it back between calls. It stays in the
 * processor's cache, between the copy into it and the kernel's out of it. With whole segments (see
 * connection_cork) it costs no more than 512 KiB do; without, the small segment that each buffer
 * ended with made it a tenth more. */
#define UPLOAD_BUFFER_BYTES (64L << 10)

/* The answer to a request of two thousand documents, 40 KiB, is read at once. curl asks the kernel
 * whether there is more before each piece: 16 KiB, its own size, made six system calls of it. */
#define REPLY_BUFFER_BYTES (64L << 10)

struct http_client {
    struct loop *loop;
    struct http_own_settings own;
    struct proxy proxy;
    struct names names;
    char *origin;      /* "https://host:port"; a vhost in place of the host */
    char *reach;       /* for CURLOPT_CONNECT_TO, where the vhost is not where to go; or NULL */
    char *host_header; /* likewise */
    CURLM *multi;
    struct timer *due; /* when curl wants to be called */
    struct list connections;
    struct list waiting;
    struct list active;
    unsigned active_count;
    unsigned call_count;
    uint64_t connections_made;
    CURL *spare[SPARE_MAX];
};

/* How the body of a reply comes in. */
struct reply_intake {
    uint64_t read_bytes;
    struct json_sieve *sieve; /* NULL: it was short so far */
    bool is_too_large;
};

/* How far a body with inserts has been read; all zero at its beginning. */
struct body_cursor {
    size_t body_at;
    uint32_t insert;  /* the next one, or the one that it is in */
    size_t insert_at; /* and how far */
};

struct http_call {
    struct list link;
    struct http_client *client;
    http_done_fn *done;
    http_body_fn *body; /* NULL: the body is kept */
    void *owner;
    struct http_request request;
    struct body_cursor sent; /* of its body, where it has inserts */
    struct http_reply reply;
    struct timer *watch;
    struct call_clock clock;
    CURL *easy; /* NULL until curl has it */
    struct curl_slist *head;
    struct curl_slist *addresses;
    struct curl_slist *reach;
    struct reply_intake intake;
    bool is_broken_off; /* by its owner */
    bool is_repeated;   /* on a new connection, by us */
    bool was_resent;    /* likewise, by whomever */
    bool is_ended;      /* its owner is being told */
    char words[CURL_ERROR_SIZE];
};

/* ---- client.c ---- */

/* Gives free slots to waiting calls. */
void client_pump(struct http_client *client);

/* ---- call.c ---- */

/* The call has its slot: ask for the address, or hand it to curl. */
void call_begin(struct http_call *call);

/* The addresses came (`error` 0), or did not. */
void call_named(struct http_call *call, int error, const char *why);

/* The connection is there, and the request is about to go. */
void call_connected(struct http_call *call, int local_port);

/* curl is done with it. */
void call_finish(struct http_call *call, CURLcode result);

/* The only way out but cancelling: tells the owner, once. */
void call_end(struct http_call *call, int error, const char *why);

/* ---- body.c ---- */

/* Copies what comes next of the body, with all that is inserted; less than `room` at its end. */
size_t body_read(const struct http_request *request, struct body_cursor *cursor, char *to,
                 size_t room);

/* ---- easy.c ---- */

/* A handle that knows the client's settings. */
CURL *easy_take(struct http_client *client);
void easy_give_back(struct http_client *client, CURL *easy);

/* Tells the handle about this call's request. */
void easy_arm(struct http_call *call);

/* ---- sockets.c ---- */

void sockets_open(struct http_client *client);
void sockets_close(struct http_client *client);

/* After an error nobody knows what state curl is in: all it had fails, and it begins anew. */
void sockets_renew(struct http_client *client, CURLMcode error);

/* Options of an easy handle that let the client see its sockets. */
void sockets_attach(struct http_client *client, CURL *easy);

/* The call's request goes over the connection from this port of ours. True: the connection has
 * then had its measure (keepalive_max_recycle) and is not to be used again. */
bool sockets_use(struct http_call *call, int local_port);

/* The call is over. */
void sockets_leave(const struct http_call *call);

/* ---- reply.c ---- */

/* Options of an easy handle that collect the reply into `call`. */
void reply_attach(struct http_call *call);

/* How much of a body is kept. */
size_t reply_bytes_max(const struct http_call *call);

void reply_fini(struct http_call *call);

/* The call's connection is about to be closed: takes in the head of an answer that curl has not
 * read. curl stops at a send that fails, but a back-end that refuses early resets the connection
 * right behind its answer. Nothing comes of it with TLS. */
void reply_last_words(struct http_call *call, int fd);

/* ---- why.c ---- */

/* The negative code and the words for a result of curl other than CURLE_OK. */
int why_of(const struct http_call *call, CURLcode result, char why[256]);

#endif
