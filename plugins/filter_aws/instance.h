/*
 * The instance that the agent runs on, as its metadata service tells it: asked in the background, once,
 * and again only for what it could not tell.
 *
 * The first round begins when an instance is taken, and takes a few milliseconds where all is well.
 * Each question has its time (aws/ask.h: a second to connect, two to answer); the first that gets
 * no answer, and a 401 or 403, ends the round. After a failure the next comes in 1 s, 2 s, 4 s, ...
 * up to retry_interval_s, drawn by dice so that a fleet does not ask at once; after an answer that
 * some of it is not there (404) in retry_interval_s. Nothing is asked once all is known: the facts
 * of an instance do not change.
 *
 * Filters with equal settings share one, and so does the one that takes over when the configuration is
 * read again: the service is asked once for all of them.
 *
 * Life     instance_take -> instance_listen, instance_facts* -> instance_release.
 * Thread   the loop.
 * Reports  trouble once in words, and again when it is over.
 */
#ifndef TAILRACE_FILTER_AWS_INSTANCE_H
#define TAILRACE_FILTER_AWS_INSTANCE_H

#include "plugins/filter_aws/facts.h"

/* Copied. Whoever took it first may be gone before others, as after a reload. */
struct instance_settings {
    const char *component; /* for the log; the first taker's counts */
    bool is_v1;            /* asks without a token, unless the service wants one */
    uint64_t retry_ms;     /* between rounds, at most */
    struct facts_wish wish;
};

/* The same, kept. It stays where it is: the wish points into it. */
struct instance_kept {
    struct instance_settings s;
    struct text_list include, exclude; /* of the wish */
};

void instance_keeps(struct instance_kept *kept, const struct instance_settings *settings);
void instance_kept_fini(struct instance_kept *kept);
bool instance_asks_alike(const struct instance_kept *kept,
                         const struct instance_settings *settings);

struct instance;

/* Told when more is known, and when the first round is over. Never before instance_take returns. */
struct instance_listener {
    struct list link;
    void (*changed)(void *owner);
    void *owner;
};

struct instance *instance_take(struct loop *loop, const struct instance_settings *settings);
void instance_release(struct instance **instance);

void instance_listen(struct instance *instance, struct instance_listener *listener);
void instance_unlisten(struct instance_listener *listener);

/* Lent; changes only when listeners are told. */
const struct facts *instance_facts(const struct instance *instance);

/* The first round is over, well or not. */
bool instance_was_asked(const struct instance *instance);

/* Appends a JSON object for the status page. */
void instance_describe(const struct instance *instance, struct buffer *out);

#endif
