/*
 * The ECS agent of this container instance, as one filter asks it: for the cluster first, then for the
 * task of each container whose lines come. What it says is made into the members that records get, and
 * kept: a container's id never means another task.
 *
 * One question at a time. Where the agent does not answer, or has trouble of its own (5xx), the next
 * comes in 1 s, 2 s, 4 s, ... a minute, by dice; nobody is given up for that. A container that it says
 * to know no task of is asked for agent_endpoint_retries times, a second apart, as one that has just
 * begun may be news to it; then it is none's, until ecs_meta_cache_ttl is over, a minute at least. So is
 * one of which it says more than AWS_ASK_BYTES_MAX, which is said once.
 *
 * Life     ecs_agent_new -> ecs_agent_find* -> ecs_agent_free.
 * Thread   the loop.
 * Limits   those of plugins/filter_ecs/containers.h.
 * Reports  trouble once in words, and again when it is over.
 */
#ifndef TAILRACE_FILTER_ECS_AGENT_H
#define TAILRACE_FILTER_ECS_AGENT_H

#include "plugins/filter_ecs/facts.h"

/* Lent as long as the agent. */
struct ecs_settings {
    const char *component;
    const char *host;
    uint16_t port;
    uint64_t ttl_ms;
    unsigned tries; /* for a container that it knows no task of; at least 1 */
    const struct ecs_form *form;
    void (*changed)(void *owner); /* more is known, or the agent is in trouble */
    void *owner;
};

struct ecs_agent;

struct ecs_agent *ecs_agent_new(struct loop *loop, const struct ecs_settings *settings);
void ecs_agent_free(struct ecs_agent **agent); /* takes the address; NULL is fine */

enum ecs_answer {
    ECS_KNOWN,
    ECS_NONE,    /* it is no task's */
    ECS_NOT_YET, /* it is being asked for */
};

/* What records of this container get, which is lent until the loop goes on; NULL: nothing. Empty: what
 * stands for the cluster alone, and so it does for a container whose answer is no other. */
enum ecs_answer ecs_agent_find(struct ecs_agent *agent, struct slice id,
                               struct shared_object **block);

/* The agent does not answer: it is not worth waiting for. */
bool ecs_agent_is_in_trouble(const struct ecs_agent *agent);

/* Appends a JSON object for the status page. */
void ecs_agent_describe(const struct ecs_agent *agent, struct buffer *out);

#endif
