/*
 * The containers that one ECS agent is asked about: found by id, in the order of their use, and those
 * that are to be asked for in two queues, each in the order of its times. So nobody walks them.
 *
 *   all     c1  c2  c3  c4        the one that was not looked for for the longest first
 *   news        c2      c4        to be asked for at once
 *   again   c1                    TRIES_APART_MS behind the answer before
 *
 * A container is in a queue as long as its answer is ECS_NOT_YET, and in no more than one.
 *
 * Life     containers_init -> containers_find* -> containers_fini. One is lent until the next find.
 * Thread   the loop.
 * Limits   ECS_CONTAINERS_MAX; of more, the one that was unused for the longest is forgotten, and so is
 *          one that was not for ttl_ms. The one that is asked for stays.
 */
#ifndef TAILRACE_FILTER_ECS_CONTAINERS_H
#define TAILRACE_FILTER_ECS_CONTAINERS_H

#include "plugins/filter_ecs/agent.h"

#define ECS_CONTAINERS_MAX 1024

struct container {
    struct list link;  /* of all */
    struct list queue; /* linked: to be asked for, at once or again */
    char id[ECS_ID_LEN + 1];
    enum ecs_answer answer;
    unsigned failures;
    uint64_t due_ms;  /* not asked for before that */
    uint64_t used_ms; /* when it was last looked for */
    struct shared_object *block;
};

struct containers {
    struct map by_id;
    struct list all;
    struct list news;
    struct list again;
    struct container *last;  /* that was looked for */
    struct container *asked; /* that the agent is asked for; NULL: none */
    uint64_t ttl_ms;
};

void containers_init(struct containers *containers, uint64_t ttl_ms);
void containers_fini(struct containers *containers);

/* The container, noted as the one used last. `*is_new` says that it has to be asked for from now on. */
struct container *containers_find(struct containers *containers, struct slice id, bool *is_new);

/* To be asked for in wait_ms, from the queue, which is `news` or `again`. */
void container_queue(struct list *queue, struct container *container, uint64_t wait_ms);

/* The first of a queue; NULL: it is empty. */
struct container *containers_first(struct list *queue);

/* It is known what it is, ECS_KNOWN or ECS_NONE: nobody asks. */
void container_answer(struct container *container, enum ecs_answer answer);

/* How many are to be asked for. */
size_t containers_waiting(const struct containers *containers);

#endif
