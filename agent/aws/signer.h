/*
 * A signer: passes for one destination. Every output that speaks to AWS has one; its keys come from a
 * keyring, which all have in common who log in alike (aws/keyring.h).
 *
 * What the service says of keys and clock is heard: an expired token is renewed at once and the request
 * sent again, and so is one that our clock has spoilt.
 *
 * Life     aws_signer_new -> aws_signer_wait*, aws_signer_heard* -> aws_signer_free when nobody waits.
 * Thread   the loop. Passes are signed with on any.
 * Limits   nothing of the agent waits for it but requests: who starts is not delayed. A waiter is told
 *          within the time of one fetch, or of the wait before it: a minute at most.
 */
#ifndef TAILRACE_AWS_SIGNER_H
#define TAILRACE_AWS_SIGNER_H

#include "aws/answer.h"
#include "aws/denials.h"
#include "aws/keyring.h"
#include "aws/pass.h"
#include "aws/plan.h"
#include "aws/task.h"
#include "base/list.h"
#include "loop/loop.h"

/* Texts are copied; NULL where nothing is said. */
struct aws_signer_settings {
    const char *component; /* for the log */
    const char *service;   /* "es", "aoss", "logs" */
    const char *host;      /* NULL: "logs.REGION.…", by region and the environment's flavour */
    uint16_t port;
    bool has_tls;
    bool has_hash; /* see struct aws_pass_wish */
    struct aws_wish wish;
    aws_env_fn *env; /* NULL: the process's */

    /* Where it is set, and this is a container of an ECS task, it is told of the task, once and before
     * anybody gets a pass; no pass is had until then. Its `why` is not used. */
    aws_task_fn *task_heard;
    void *task_owner;
};

struct aws_signer;
struct aws_waiter;

/* `pass` is a reference that is the receiver's; NULL: no keys are to be had, and `why` says why. */
typedef void aws_waiter_fn(struct aws_waiter *waiter, struct aws_pass *pass, const char *why);

/* Belongs to who waits, who fills `told`. */
struct aws_waiter {
    struct list link;
    aws_waiter_fn *told;
};

struct aws_signer *aws_signer_new(struct loop *loop, const struct aws_signer_settings *settings);
void aws_signer_free(struct aws_signer **signer); /* takes the address; NULL is fine */

/* A reference to the pass of now, which is the receiver's; NULL while there is none that is worth
 * trying: then wait. */
struct aws_pass *aws_signer_pass(struct aws_signer *signer);

/* Tells the waiter once, when keys have come or could not be had; never before this returns. */
void aws_signer_wait(struct aws_signer *signer, struct aws_waiter *waiter);
void aws_signer_forget(struct aws_waiter *waiter);

/* An answer came to a request that was signed with this pass. True: it was the keys or the clock, and
 * that is being mended; the request is worth sending again with the next pass, once. */
bool aws_signer_heard(struct aws_signer *signer, const struct aws_pass *pass,
                      const struct http_reply *reply);

/* Where keys come from, in words, and the region; empty while there are none. */
const char *aws_signer_origin(const struct aws_signer *signer);
const char *aws_signer_region(const struct aws_signer *signer);

#endif
