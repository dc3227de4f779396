/*
 * What the scenarios of the metadata's source share: an API server to play with, a source that asks
 * it, and a listener, on one loop under the fake clock.
 *
 * Life     cluster_open -> (settings changed) -> cluster_begin -> ... -> cluster_close.
 */
#ifndef TAILRACE_TESTS_SCENARIO_KUBERNETES_CLUSTER_H
#define TAILRACE_TESTS_SCENARIO_KUBERNETES_CLUSTER_H

#include "kit/kube.h"
#include "kit/tree.h"
#include "plugins/filter_kubernetes/source.h"

struct cluster {
    struct loop *loop;
    struct kube *kube;
    struct source_settings settings;
    char url[64];
    struct source *source;
    struct pods *pods;
    struct pods_listener listener;
    unsigned told, told_anything;
    const struct pod *found; /* by the last cluster_find_... */
};

void cluster_open(struct cluster *c);
void cluster_begin(struct cluster *c);

/* The source is let go of, and with cluster_begin taken anew. */
void cluster_end(struct cluster *c);
void cluster_close(struct cluster *c);

/* What is ready happens; no time passes. */
void cluster_settle(struct cluster *c);

/* Time passes, in small steps. */
void cluster_pass_ms(struct cluster *c, uint64_t ms);

/* Time passes until the request came, at most `ms`. */
void cluster_await(struct cluster *c, enum kube_kind kind, unsigned count, uint64_t ms);

/* The first list is whole and the watch is there. */
void cluster_await_watch(struct cluster *c);

enum pod_answer cluster_find(struct cluster *c, const char *uid);

/* "shop/web-0" by its container. */
enum pod_answer cluster_find_named(struct cluster *c, const char *name, const char *container_id);

#endif
