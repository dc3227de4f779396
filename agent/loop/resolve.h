/*
 * One question to the name service: the addresses of a host. The pool asks, so the loop never
 * waits.
 *
 * Life     resolve_start -> one resolve_fn, or resolve_free before it, after which none comes.
 * Thread   the loop. Limits: RESOLVE_ADDRESSES_MAX addresses are kept, as the system sorts them.
 */
#ifndef TAILRACE_LOOP_RESOLVE_H
#define TAILRACE_LOOP_RESOLVE_H

#include "loop/loop.h"

#define RESOLVE_ADDRESSES_MAX 16
#define RESOLVE_ADDRESS_BYTES 64

struct resolve;

/* Addresses in figures, "192.0.2.1" or "2001:db8::1". */
struct resolve_answer {
    unsigned count;
    char addresses[RESOLVE_ADDRESSES_MAX][RESOLVE_ADDRESS_BYTES];
};

/* `error` is 0 and the answer has an address, or it is a negative libuv code. The resolve is gone
 * when this is called. */
typedef void resolve_fn(void *owner, int error, const struct resolve_answer *answer);

/* Never calls back before it returns. */
struct resolve *resolve_start(struct loop *loop, const char *host, resolve_fn *came, void *owner);

/* Forgets the question. The pool may go on asking for a while, to no effect. */
void resolve_free(struct resolve **resolve);

#endif
