/*
 * The carrier for TLS and proxies: curl, driven by the loop. Inside of http/, for these files:
 *
 *   curl.c          one call with curl, and what becomes of it
 *   easy.c          how curl is told what a client and a request want
 *   sockets.c       curl's sockets and its clock, on the loop
 *   curl_trouble.c  what went wrong, in words
 *
 * Life     as the client and the call, by carrier_curl. Thread: the loop.
 */
#ifndef TAILRACE_HTTP_CURL_INTERNAL_H
#define TAILRACE_HTTP_CURL_INTERNAL_H

#include "http/client_internal.h"

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed, for its socket callbacks and its cache of authorities"
#endif

/* Idle easy handles kept for the next call. */
#define SPARE_MAX 2

/* curl copies a body through a buffer of this size, and gives it back between calls. It stays in the
 * processor's cache, between the copy into it and the kernel's out of it. With whole segments (see
 * connection_cork) it costs no more than 512 KiB do; without, the small segment that each buffer
 * ended with made it a tenth more. */
#define UPLOAD_BUFFER_BYTES (64L << 10)

struct curl_side {
    char *origin;      /* "https://host:port"; a vhost in place of the host */
    char *reach;       /* for CURLOPT_CONNECT_TO, where the vhost is not where to go; or NULL */
    char *host_header; /* likewise */
    CURLM *multi;
    struct timer *due; /* when curl wants to be called */
    struct list connections;
    CURL *spare[SPARE_MAX];
};

struct curl_trip {
    CURL *easy;
    int64_t moved_bytes;
    struct curl_slist *head;
    struct curl_slist *addresses;
    struct curl_slist *reach;
    char words[CURL_ERROR_SIZE];
};

/* ---- curl.c ---- */

/* curl is done with it. */
void curl_finish(struct http_call *call, CURLcode result);

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

/* ---- curl_trouble.c ---- */

/* The negative code and the words for a result of curl other than CURLE_OK. */
int curl_why(const struct http_call *call, CURLcode result, char why[256]);

#endif
