/*
 * The services that pods belong to, as the CloudWatch agent of the node tells them:
 *
 *   {"web-5d9f-x2x4k":{"ServiceName":"shop","Environment":"eks:prod/shop","ServiceNameSource":"K8sWorkload"},...}
 *
 * It tells them by the pods' names alone. A pod that is in no later answer keeps its service, as its
 * files may be read still, until services_expire.
 *
 * Life     services_init -> services_take, services_find* -> services_fini. What is found is lent until
 *          the next take or expire.
 * Thread   the loop. Pure.
 * Limits   SERVICES_MAX pods; past them the one that was told least recently is forgotten, and of one
 *          answer the rest is left out. A text of SERVICE_TEXT_BYTES_MAX; a longer one is left out.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_SERVICES_H
#define TAILRACE_FILTER_KUBERNETES_SERVICES_H

#include "plugin/plugin.h"

#define SERVICES_MAX 2048
#define SERVICE_TEXT_BYTES_MAX 512

/* Empty where it was not told; a name or an environment there is. */
struct service {
    struct slice name, environment, source;
};

struct services {
    struct map by_pod;  /* struct service_entry */
    struct list oldest; /* the one that was told least recently first */
    uint64_t round;     /* of answers */
    uint64_t left_out;
    struct json_scanner json;
};

void services_init(struct services *s);
void services_fini(struct services *s);

/* An answer. -EINVAL: it is no object, and nothing was done. `*has_changed` is set where some pod has
 * another service now, and left alone else. */
MUST_USE int services_take(struct services *s, struct slice text, uint64_t now_ms,
                           bool *has_changed);

/* Forgets what was told before `before_ms`; true when there was any. */
bool services_expire(struct services *s, uint64_t before_ms);

/* NULL where it is not known. */
const struct service *services_find(const struct services *s, struct slice pod_name);

#endif
