/*
 * Bytes from a descriptor of any kind, as they come: a pipe, a terminal or a socket is waited for,
 * a plain file is read by a worker, because a loop cannot wait for it.
 *
 * Life     feed_open -> (feed_start, feed_stop)* -> feed_free. No callback comes after feed_free.
 * Thread   the loop.
 * Limits   one read at a time, of at most `read_bytes`.
 */
#ifndef TAILRACE_IN_STDIN_FEED_H
#define TAILRACE_IN_STDIN_FEED_H

#include "plugin/plugin.h"

struct feed;

/* Bytes, lent for the call; none at the end of them all, with `status` 0, or when reading failed,
 * with -errno. After the end and after a failure the feed has stopped. One read may still come
 * after feed_stop. */
typedef void feed_fn(void *owner, struct slice bytes, int status);

/* The descriptor is borrowed, and its flags stay as they are. -errno. */
MUST_USE int feed_open(struct loop *loop, int fd, size_t read_bytes, struct feed **feed_out);
void feed_on_bytes(struct feed *feed, feed_fn *came, void *owner);
void feed_free(struct feed **feed);

/* Never calls back before it returns. */
void feed_start(struct feed *feed);
void feed_stop(struct feed *feed);

#endif
