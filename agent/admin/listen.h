/*
 * A socket that listens, on the first of a host's addresses that can be had: "0.0.0.0", "::", a name.
 *
 * Thread   any that may wait: a name is asked for, an address is not. Life: the descriptor is the
 *          caller's.
 */
#ifndef TAILRACE_ADMIN_LISTEN_H
#define TAILRACE_ADMIN_LISTEN_H

#include "base/check.h"

/* The descriptor, which does not block; port 0 is any free one. Negative: none could be had, and of
 * the last address why. */
MUST_USE int listen_on(const char *host, uint16_t port);

/* The port that it is on; 0 when the system does not say. */
uint16_t listen_port(int fd);

#endif
