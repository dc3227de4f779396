/*
 * A keyring: the keys that one wish leads to, kept fresh for all who have that wish. Three outputs that
 * log in alike ask the instance once, and not three times.
 *
 * It fetches keys when it is made and again ahead of their end (aws/expiry.h), while the old ones go on
 * being used. Where a fetch fails it says why, once, and tries again after 1 s, 2 s, ... a minute. Who
 * takes one that has not fetched for AWS_SHARE_MS has it fetch again: files and the environment may
 * have changed since, and a configuration that is read again means what they say now.
 *
 * Life     aws_keyring_take -> aws_keyring_listen, aws_keyring_now* -> aws_keyring_release.
 * Thread   the loop.
 */
#ifndef TAILRACE_AWS_KEYRING_H
#define TAILRACE_AWS_KEYRING_H

#include "aws/fetch.h"
#include "base/list.h"

/* Fetched anew at an answer's word no more often than this. */
#define AWS_FORCED_MS_MIN 10000

#define AWS_SHARE_MS 10000

/* Texts are copied; NULL where nothing is said. */
struct aws_keyring_settings {
    const char *component; /* for the log; the first taker's counts */
    struct aws_wish wish;
    aws_env_fn *env;
};

struct aws_keyring;

/* Told when keys have come, when the clock was corrected, and when a fetch has failed: then `why` says
 * why. Never before aws_keyring_take returns. Belongs to who listens, who may stop that and release the
 * ring from in there. */
struct aws_listener {
    struct list link;
    void (*told)(struct aws_listener *listener, const char *why);
};

struct aws_keyring *aws_keyring_take(struct loop *loop,
                                     const struct aws_keyring_settings *settings);

/* Takes the address; NULL is fine. Whoever has listened does not any more. */
void aws_keyring_release(struct aws_keyring **ring);

void aws_keyring_listen(struct aws_keyring *ring, struct aws_listener *listener);
void aws_keyring_unlisten(struct aws_listener *listener);

/* What it has, lent until it is told of other keys; NULL: no keys yet. */
const struct aws_fetched *aws_keyring_now(const struct aws_keyring *ring);

/* The keys were refused, and others are being fetched. */
bool aws_keyring_is_doubted(const struct aws_keyring *ring);

/* Keys of its were refused. True: there are newer ones already, or they are being fetched. False: they
 * have been fetched just now. */
bool aws_keyring_doubt(struct aws_keyring *ring, const struct aws_keys *keys);

/* AWS's clock is this much ahead of ours. */
void aws_keyring_correct(struct aws_keyring *ring, int64_t skew_s);

#endif
