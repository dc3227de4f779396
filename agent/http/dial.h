/*
 * A TCP connection to the first of a host's addresses that answers. Inside of http/.
 *
 * They are tried in their order: the next as soon as one has failed, or has said nothing for
 * DIAL_NEXT_MS. Tries that were begun go on beside it, and whichever is connected first is kept.
 *
 * Life     dial_start -> one dial_fn, or dial_free before it, after which none comes.
 * Thread   the loop. Limits: RESOLVE_ADDRESSES_MAX tries; how long is its owner's to say.
 */
#ifndef TAILRACE_HTTP_DIAL_H
#define TAILRACE_HTTP_DIAL_H

#include "http/names.h"

#define DIAL_NEXT_MS 250

struct dial;

/* A connected descriptor, which is the owner's from now on, or a negative code: that of the try which
 * failed last. The dial is gone when this is called. */
typedef void dial_fn(void *owner, int fd);

/* Never calls back before it returns. `source` is the address to connect from, or NULL. */
struct dial *dial_start(struct loop *loop, const struct names *names, const char *source,
                        dial_fn *done, void *owner);
void dial_free(struct dial **dial);

/* A socket as all connections of the client have it: one where a peer that has gone without a word
 * is noticed. Negative: an errno. */
MUST_USE int dial_socket(int family, int type, int protocol);

#endif
