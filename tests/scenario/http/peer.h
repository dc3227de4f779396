/*
 * The other end of a connection, in the test's own hands: it takes, hears, says and closes when it is
 * told to, byte by byte if need be, while the loop is turned for the client.
 *
 * Life     peer_open -> (accept -> hear, say* -> leave or reset)* -> peer_close.
 * Thread   the test's.
 */
#ifndef TAILRACE_TESTS_SCENARIO_HTTP_PEER_H
#define TAILRACE_TESTS_SCENARIO_HTTP_PEER_H

#include "base/buffer.h"
#include "loop/loop.h"

struct peer {
    struct loop *loop;
    int listener;
    int fd; /* -1: no connection */
    uint16_t port;
    struct buffer heard; /* on this connection */
};

/* Listens at this address ("127.0.0.1"); port 0: any. */
void peer_open(struct peer *peer, struct loop *loop, const char *address, uint16_t port);
void peer_close(struct peer *peer);

/* Waits for a connection, in place of the one before. */
void peer_accept(struct peer *peer);

/* Whether somebody has connected who was not taken yet. */
bool peer_has_caller(const struct peer *peer);

/* Waits for so many bytes of this connection, or for a request with its body. */
void peer_hear(struct peer *peer, size_t bytes);
void peer_hear_request(struct peer *peer);

/* Waits until the client has closed. */
void peer_hear_end(struct peer *peer);

void peer_say(struct peer *peer, const char *text);
void peer_say_bytes(struct peer *peer, struct slice bytes);

/* Closes, in order or with a reset. */
void peer_leave(struct peer *peer);
void peer_reset(struct peer *peer);

/* A port that swallows what comes: nobody takes its connections, and there is room for no more. */
struct full_port {
    int listener, fillers[4];
    uint16_t port;
};

void full_port_open(struct full_port *full, const char *address, uint16_t port);
void full_port_close(struct full_port *full);

#endif
