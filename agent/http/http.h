/*
 * The one HTTP client: every output and every metadata source asks through it. Two carry its
 * requests: we ourselves what goes as plain HTTP to a host (direct.h), which is the path of most
 * bytes; curl, which no other folder knows, what needs TLS or a proxy (curl_internal.h).
 *
 * A client is a connection cache on the loop, with the settings of one destination (TLS, proxy,
 * time limits, keep-alive). A request is built by anybody on any thread; a call is one request on
 * its way, and ends in exactly one http_done_fn, unless it is cancelled.
 *
 * Life     http_client_new -> http_call_start* -> http_client_free when no call is under way.
 * Thread   the loop. http_request_* and reading a reply: whoever holds them.
 * Limits   every call ends within its time limits; a reply's body is read up to
 *          HTTP_REPLY_BYTES_MAX, and kept up to reply_bytes_max of the client and the request. A
 *          success that is longer fails with UV_E2BIG, where reply_keys do not make it short
 *          enough; of anything else the beginning is kept. Past connections_max calls wait, in
 *          order, before their time begins.
 * Idle     nothing is watched and no timer runs; connections are kept, a dead one is noticed when
 *          it would be used again.
 *
 * A request is sent twice at most: when a kept connection turns out to be dead before a byte of
 * an answer came, it goes out once more on a new one (http_call_was_resent).
 */
#ifndef TAILRACE_HTTP_HTTP_H
#define TAILRACE_HTTP_HTTP_H

#include "base/buffer.h"
#include "loop/loop.h"

#define HTTP_REPLY_BYTES_MAX ((size_t)64 << 20)

/* How to reach a destination; texts are copied by http_client_new. */
struct http_settings {
    const char *component; /* for the log: "output:es:es.0" */
    const char *host;      /* a name or an address, without brackets */
    uint16_t port;
    const struct http_tls *tls; /* NULL: plain HTTP */
    const char *proxy; /* "http://host:port"; NULL: HTTP_PROXY and NO_PROXY of the environment */
    bool proxy_env_ignore;
    bool keepalive;
    uint32_t keepalive_idle_s;      /* 0: HTTP_KEEPALIVE_IDLE_S */
    uint32_t keepalive_max_recycle; /* requests a connection; 0: no limit */
    uint32_t connect_timeout_s;     /* address, TCP and TLS; 0: HTTP_CONNECT_TIMEOUT_S */
    uint32_t io_timeout_s;          /* no byte either way; 0: HTTP_IO_TIMEOUT_S */
    uint32_t response_timeout_s;    /* for the whole call; 0: HTTP_RESPONSE_TIMEOUT_S */
    const char *source_address;
    size_t reply_bytes_max;        /* 0: HTTP_REPLY_BYTES_MAX */
    uint32_t connections_max;      /* 0: no limit */
    bool prefer_ipv4, prefer_ipv6; /* the other family only where there is nothing else */
};

/* Every wait has an end, whatever the configuration says. */
#define HTTP_CONNECT_TIMEOUT_S 10
#define HTTP_IO_TIMEOUT_S 60
#define HTTP_RESPONSE_TIMEOUT_S 90
#define HTTP_KEEPALIVE_IDLE_S 30

struct http_tls {
    bool verify;          /* the chain, and the name; on unless told otherwise */
    bool verify_hostname; /* the name */
    /* Who is trusted; NULL both: whom the system trusts. Our own certificate, if it is asked for. */
    const char *ca_file, *ca_path, *crt_file, *key_file, *key_passwd;
    const char *vhost; /* the name to ask for and to verify instead of the host */
    const char *min_version, *max_version; /* "TLSv1.2"; NULL: 1.2, and the newest */
    const char *ciphers;                   /* as OpenSSL lists them */
};

/* One thing that is wrong with it: the member's name ("ca_file"), its value, and what is the matter
 * ("no such file or directory"). */
struct http_tls_fault {
    const char *key, *value, *trouble;
};
typedef void http_tls_fault_fn(void *owner, const struct http_tls_fault *fault);

/* Reads the files that it names and tells all that is wrong. Returns how many faults that are. */
unsigned http_tls_faults(const struct http_tls *tls, http_tls_fault_fn *tell, void *owner);

struct http_client;

struct gzip_packer;

/* Of a body that is compressed as it is written. */
struct http_packing {
    struct gzip_packer *packer; /* NULL: it is not */
    struct buffer packed;
};

/* A body is compressed in steps of about this: short enough to stay in the processor's cache. */
#define HTTP_PACK_STEP_BYTES ((size_t)64 << 10)

struct http_request {
    struct buffer head; /* "Name: value\0" one after the other */
    struct buffer path; /* with its query, as it goes on the wire */
    const char *method; /* a literal */
    struct buffer body;
    struct http_packing packing;
    uint64_t plain_bytes;   /* of the body, before compression */
    uint32_t connect_ms;    /* less time to connect than the settings give; 0: theirs */
    size_t reply_bytes_max; /* less of a reply than the settings let it have; 0: theirs */
    /* A success that is long is JSON, of which only members of these keys are wanted
     * (record/json_sieve.h). A literal list with a NULL behind it; NULL: all of it is wanted. */
    const char *const *reply_keys;
};

struct http_reply {
    int status; /* 200, ...; 0 while there is none */
    struct buffer body;
    uint64_t retry_after_ms; /* 0: not said */
    bool is_elasticsearch;   /* X-Elastic-Product was there */
    char content_type[64];
    int64_t date_s;      /* its Date, since 1970; 0: not said */
    char request_id[64]; /* X-Amzn-RequestId; empty: not said */
    char error_type[64]; /* X-Amzn-ErrorType, likewise */
};

struct http_call;

/* `error` 0: there is a reply with a status. Negative: none came, and `why` says it in words for
 * the log ("connection refused", "timed out after 10 seconds (connect timeout)").
 * The call's reply may be looked at until this returns; then it is gone. */
typedef void http_done_fn(void *owner, struct http_call *call, int error, const char *why);

/* Bytes of a success's body, as they come; the first time none: its head is there. What is lent is
 * good until this returns, and nothing of the client may be called meanwhile but http_call_reply.
 * False breaks the call off, which then ends with UV_ECANCELED. */
typedef bool http_body_fn(void *owner, struct http_call *call, struct slice bytes);

/* First in main(), before anybody uses curl or OpenSSL: what they give back is wiped from then on, as
 * logins and keys go through their hands. Without it only curl does so. */
void http_begin(void);

/* NULL with *why filled when the settings cannot be used (a CA file that cannot be read). Reads
 * the files of TLS and the environment's proxies. The process has SIGPIPE ignored. */
struct http_client *http_client_new(struct loop *loop, const struct http_settings *settings,
                                    char why[256]);

/* No call is under way, not even one whose owner is being told. */
void http_client_free(struct http_client **client);

/* Connections made so far, and calls under way. */
uint64_t http_client_connections(const struct http_client *client);
unsigned http_client_calls(const struct http_client *client);

void http_request_init(struct http_request *request, const char *method, const char *path);
void http_request_fini(struct http_request *request);

/* Line ends in a value become blanks. Host, Content-Length and Accept are added by themselves. */
void http_request_header(struct http_request *request, const char *name, struct slice value);

/* Makes gzip of what the body has so far, and leaves it empty for what comes next: so a long body is
 * never whole in memory. http_request_pack ends that. The request stays where it is until then. */
void http_request_pack_some(struct http_request *request);

/* Makes gzip of the body, with all that was packed before, and counts plain_bytes. Says so to nobody:
 * the header is the caller's. */
void http_request_pack(struct http_request *request);

/* Takes the request's contents and leaves it empty. Never calls back before it returns. */
struct http_call *http_call_start(struct http_client *client, struct http_request *request,
                                  http_done_fn *done, void *owner);

/* For answers without an end, or larger than what should be kept of them: the body of a success
 * (2xx) goes to `body`, with the call's owner, and is not kept; reply_bytes_max is not for it. Other
 * answers are kept as usual. To be said before the loop goes on. */
void http_call_stream(struct http_call *call, http_body_fn *body);

/* Forgets a call; no callback comes. */
void http_call_cancel(struct http_call **call);

const struct http_reply *http_call_reply(const struct http_call *call);

/* Whether there was a connection for it: what timed out then had been asked. */
bool http_call_was_connected(const struct http_call *call);

/* Whether all of it was sent, the last time: who has not got the whole of it has not done it. */
bool http_call_was_sent(const struct http_call *call);

/* Whether it went out once more, as no byte of an answer came on a kept connection, and all of it had
 * been sent: whoever was asked may have done it twice. Where curl repeats by itself, over TLS or a proxy,
 * it does not say how much it had sent, and that counts as all. */
bool http_call_was_resent(const struct http_call *call);

#endif
