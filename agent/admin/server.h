/*
 * The HTTP server of the admin pages: libmicrohttpd, driven by the loop through its epoll
 * descriptor. It costs nothing while nobody asks.
 *
 * Life     server_start -> requests -> server_stop, after which the port is free.
 * Thread   the loop.
 * Limits   SERVER_CONNECTIONS_MAX connections, each closed after SERVER_IDLE_S seconds without a
 *          byte. When SERVER_CONNECTIONS_FREE are left, the one that was not answered for the longest
 *          time is closed. Bodies of requests are left unread.
 */
#ifndef TAILRACE_ADMIN_SERVER_H
#define TAILRACE_ADMIN_SERVER_H

#include "admin/pages.h"
#include "loop/loop.h"

#define SERVER_CONNECTIONS_MAX 64
#define SERVER_CONNECTIONS_FREE 8
#define SERVER_IDLE_S 10

struct server;

/* Port 0 is any free one. Negative: the port cannot be had. The view is lent and outlives the server. */
MUST_USE int server_start(struct loop *loop, const char *host, uint16_t port,
                          const struct admin_view *view, struct server **server_out);

/* A request that waits for a reload is answered first. */
void server_stop(struct server **server);

/* The reload that a request waited for has ended: that is answered at the loop's next turn. */
void server_resume(struct server *server);

uint16_t server_port(const struct server *server);

#endif
