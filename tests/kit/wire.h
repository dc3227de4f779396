/*
 * A connection of the scripted server, with TLS or without: what it reads and writes blocks.
 *
 * Life     wire_init -> read, write* -> wire_fini. Thread: its connection's; wire_wake any.
 */
#ifndef TAILRACE_KIT_WIRE_H
#define TAILRACE_KIT_WIRE_H

#include "base/slice.h"

struct ssl_st;
struct ssl_ctx_st;

struct wire {
    int fd;
    struct ssl_st *tls; /* NULL: plain */
};

/* False when the handshake failed; `context` NULL: no TLS. */
MUST_USE bool wire_init(struct wire *wire, int fd, struct ssl_ctx_st *context);
void wire_fini(struct wire *wire);

/* How many bytes came; 0 at the end, whatever its cause. */
size_t wire_read(struct wire *wire, char *into, size_t bytes_max);

/* False when the other side is gone. */
bool wire_write(struct wire *wire, struct slice bytes);

/* Nothing is said or heard from now on; whoever waits in wire_read gets 0. */
void wire_wake(struct wire *wire);

/* wire_fini will send a reset. */
void wire_break(struct wire *wire);

/* The context of a server with this certificate and key; wire_context_free takes it. */
struct ssl_ctx_st *wire_context_new(const char *cert_file, const char *key_file);

/* From now on clients have to show a certificate that this authority signed. */
void wire_context_demand(struct ssl_ctx_st *context, const char *authority_file);
void wire_context_free(struct ssl_ctx_st *context);

#endif
