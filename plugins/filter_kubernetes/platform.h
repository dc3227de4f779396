/*
 * Whose cluster it is, and whose a pod is, as CloudWatch wants them named.
 *
 * A cluster with a ConfigMap kube-system/aws-auth is one of EKS ("eks"), any other, and one where that
 * may not be read, is "k8s". It is asked once; without an answer again when somebody looks.
 *
 * Life     platform_init -> platform_look* -> platform_fini. Thread the loop.
 * Limits   one request at a time.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_PLATFORM_H
#define TAILRACE_FILTER_KUBERNETES_PLATFORM_H

#include "plugins/filter_kubernetes/pods.h"
#include "plugins/filter_kubernetes/wire.h"

struct platform {
    struct wire *wire;
    const char *name; /* "eks", "k8s"; NULL: not known yet */
    struct http_call *call;
    void (*found)(void *owner);
    void *owner;
};

/* `name`, which lives as long, is not asked for; NULL: it is. `found` is called when it is known, never
 * from within platform_look. */
void platform_init(struct platform *platform, struct wire *wire, const char *name,
                   void (*found)(void *owner), void *owner);
void platform_fini(struct platform *platform);

/* Asks, where it is not known, nobody asks yet and there is a token. */
void platform_look(struct platform *platform);

/* Pure: the name of what made the pod: its first owner's, of a ReplicaSet its Deployment's; its own
 * where it has none. Lent by the pod. */
struct slice platform_workload(const struct pod *pod);

#endif
