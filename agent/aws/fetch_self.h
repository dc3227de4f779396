/*
 * What the files of a fetch share. Nobody else includes this.
 *
 *   fetch.c       the story: the plan, then one after the other what it names, then the end
 *   fetch_base.c  who hands out the first keys
 *   fetch_sts.c   the roles that are assumed with them
 */
#ifndef TAILRACE_AWS_FETCH_SELF_H
#define TAILRACE_AWS_FETCH_SELF_H

#include "aws/ask.h"
#include "aws/fetch.h"
#include "aws/metadata.h"
#include "aws/process.h"
#include "base/buffer.h"
#include "base/secret.h"

/* What the worker makes. */
struct fetch_prepared {
    struct buffer credentials, config, token;
    struct aws_plan plan;
    int rc;
};

/* What has been had so far. */
struct fetch_progress {
    struct aws_keys *keys;
    unsigned hops_done;
    char region[AWS_REGION_BYTES_MAX + 1];
    int64_t skew_s;
    bool is_corrected; /* the clock was, in this fetch */
};

/* Who is asked: one at a time. */
struct fetch_asking {
    struct aws_ask *ask;
    struct aws_process *process;
    struct metadata_talk talk; /* what `ask` is about, where that is the instance's metadata */
};

struct aws_fetch {
    struct loop *loop;
    struct aws_fetch_wish wish;
    struct arena texts; /* of the wish */
    aws_fetch_fn *over; /* told at the end, with the owner */
    void *owner;
    struct fetch_prepared prepared;
    struct fetch_asking asking;
    struct fetch_progress so_far;
    bool is_preparing; /* the worker has it */
    bool is_cancelled;
    char why[AWS_WHY_BYTES];
};

/* ---- fetch.c ---- */

/* Nobody is being asked: the next step of the plan. The fetch may be gone then. */
void aws_fetch_go_on(struct aws_fetch *f);

/* The only way out but cancelling. Without keys it has failed, for the reason in `why`. */
void aws_fetch_end(struct aws_fetch *f, bool is_well);

/* ---- fetch_base.c ---- */

/* Asks the instance for what nothing else says; and whoever the plan names for the first keys. */
void aws_fetch_region(struct aws_fetch *f);
void aws_fetch_base(struct aws_fetch *f);

/* ---- fetch_sts.c ---- */

/* The role of the next hop; with the token of a web identity, where there are no keys yet. */
void aws_fetch_assume(struct aws_fetch *f);

#endif
