/*
 * What systemd is told of the agent when it runs as a unit of Type=notify: that it is ready, reads
 * its configuration again, stops, and that its loop still turns (WatchdogSec). One datagram each, to
 * the socket that NOTIFY_SOCKET names.
 *
 * Life     notify_new -> notify_free. NULL where nobody listens; every function accepts that.
 * Thread   the loop. Datagrams that do not go through are let go of: systemd's own deadlines decide then.
 */
#ifndef TAILRACE_SERVICE_NOTIFY_H
#define TAILRACE_SERVICE_NOTIFY_H

#include "loop/loop.h"

struct notify;

/* Takes what the environment says of it, and takes it out of the environment: what the agent starts
 * does not speak for it. */
struct notify *notify_new(struct loop *loop);
void notify_free(struct notify **notify);

/* The status is a line of words for `systemctl status`. */
void notify_ready(struct notify *notify, const char *status);
void notify_reloading(struct notify *notify);

/* It may take so long, whatever TimeoutStopSec says. */
void notify_stopping(struct notify *notify, uint64_t within_ms);

#endif
