/*
 * Gets pods and namespaces one by one, where they cannot be listed: those that are asked for, those
 * that have become old (Kube_Meta_Cache_TTL), and the namespaces of those.
 *
 *   singles_poke   something may be to do: the timer is set
 *   on_timer       the most urgent request, unless one is under way
 *   on_ended       it is there, there is none (for SINGLES_DENY_MS), or it is tried again later
 *
 * Limits   one request at a time, SINGLES_GAP_MS apart; a second and more while it fails.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_SINGLES_H
#define TAILRACE_FILTER_KUBERNETES_SINGLES_H

#include "plugins/filter_kubernetes/fetch.h"
#include "plugins/filter_kubernetes/pods_fill.h"

#define SINGLES_GAP_MS UINT64_C(100)
#define SINGLES_DENY_MS UINT64_C(60000)
#define SINGLES_IDLE_MS UINT64_C(600000)

/* A pod is there, but not yet the container that was asked for: its status comes a little later. */
#define SINGLES_STATUS_MS UINT64_C(2000)
#define SINGLES_STATUS_TRIES 5

/* A pod came; its node may be news. */
typedef void singles_came_fn(void *owner, const struct pod *pod);

struct singles_target {
    char *path; /* NULL: nothing is under way */
    char *namespace_name, *name;
    bool is_space;
};

struct singles {
    struct fetch fetch;
    struct pods *pods;
    const struct source_keeping *keeping;
    singles_came_fn *came;
    void *owner;
    struct timer *timer;
    struct singles_target target;
    bool wants_pods, wants_spaces;
    unsigned failures;
    uint64_t next_ms;
    char trouble[256];
};

void singles_init(struct singles *singles, struct wire *wire,
                  const struct source_settings *settings, struct pods *pods);
void singles_fini(struct singles *singles);

/* What is to be got this way from now on. */
void singles_want(struct singles *singles, bool pods, bool spaces);
void singles_poke(struct singles *singles);

#endif
