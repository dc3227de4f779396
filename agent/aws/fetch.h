/*
 * One fetch of keys: the shared files are read, a plan is made, and whoever it names is asked.
 *
 * Life     aws_fetch_start -> one aws_fetch_fn, or aws_fetch_cancel before it.
 * Thread   the loop; files are read on a worker.
 * Limits   each question has its time (aws/ask.h, aws/process.h). Nothing is asked twice, but for a
 *          question whose signature our clock has spoilt: a fetch that fails is begun again by its owner.
 */
#ifndef TAILRACE_AWS_FETCH_H
#define TAILRACE_AWS_FETCH_H

#include "aws/plan.h"
#include "loop/loop.h"

/* Texts are copied. */
struct aws_fetch_wish {
    const char *component;
    struct aws_wish wish;
    aws_env_fn *env;
    int64_t skew_s; /* AWS's clock less ours, as far as is known */
};

struct aws_fetched {
    struct aws_keys *keys; /* the receiver's reference */
    const char *region;    /* lent */
    const char *origin;    /* in words, likewise */
    int64_t skew_s;
    struct aws_flavour flavour;
};

#define AWS_WHY_BYTES 640

struct aws_fetch;

/* `got` NULL: it failed, and `why` says why, in less than AWS_WHY_BYTES. */
typedef void aws_fetch_fn(void *owner, const struct aws_fetched *got, const char *why);

/* Never calls back before it returns. */
struct aws_fetch *aws_fetch_start(struct loop *loop, const struct aws_fetch_wish *wish,
                                  aws_fetch_fn *over, void *owner);
void aws_fetch_cancel(struct aws_fetch **fetch); /* takes the address; NULL is fine */

#endif
