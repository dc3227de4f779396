/*
 * The addresses of one host, asked for off the loop and kept for a while. curl's own resolver
 * would hold the loop up when a call is cancelled while it asks.
 *
 *   age of the answer            what a new call does
 *   below NAMES_TTL_MS           goes with it
 *   below twice that             goes with it, and a new answer is asked for meanwhile
 *   older, or a connection       waits for a new answer; where none comes, it goes with the old one
 *   failed since, or none
 *
 * So steady traffic never waits for a name server, and survives one that is down. An address in
 * place of a name needs no asking.
 *
 * Life     names_init -> names_need* -> names_fini. Thread: the loop.
 */
#ifndef TAILRACE_HTTP_NAMES_H
#define TAILRACE_HTTP_NAMES_H

#include "base/buffer.h"
#include "loop/resolve.h"

#include <netinet/in.h>

#define NAMES_TTL_MS 60000

enum names_move {
    NAMES_GO,         /* with what there is */
    NAMES_GO_AND_ASK, /* with what there is, but ask for the next call */
    NAMES_WAIT,
};

/* The answer came; `error` is negative when there is none, and no old one either. */
typedef void names_fn(void *owner, int error, const char *why);

struct names {
    struct loop *loop;
    char *host;
    uint16_t port;
    bool is_literal;
    bool is_suspect; /* a connection failed since the answer */
    bool only_ipv4, only_ipv6;
    uint64_t answered_ms;
    struct buffer addresses; /* "192.0.2.1,[2001:db8::1]"; empty: no answer yet */
    struct resolve *asking;
    names_fn *came;
    void *owner;
};

void names_init(struct names *names, struct loop *loop, const char *host, uint16_t port);
void names_fini(struct names *names);

/* Pure: what a call that begins now does. */
enum names_move names_next(const struct names *names, uint64_t now_ms);

/* True: go ahead. False: `came` will be called, once for all who wait. */
bool names_ready(struct names *names);

/* A connection failed: ask again before the next one. */
void names_doubt(struct names *names);

/* An address with its port, as connect() takes it. */
union names_address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

/* The addresses to connect to, in order; how many. */
unsigned names_addresses(const struct names *names,
                         union names_address addresses[RESOLVE_ADDRESSES_MAX]);

/* One in figures, without brackets. False: it is none. */
bool names_address_read(struct slice text, uint16_t port, union names_address *address);
size_t names_address_bytes(const union names_address *address);

/* "host:port:address,address" for CURLOPT_RESOLVE, to be freed; NULL for an address. */
char *names_entry(const struct names *names);

#endif
