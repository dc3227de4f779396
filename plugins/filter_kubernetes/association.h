/*
 * Asks the CloudWatch agent of the node, by and by, which service each pod belongs to (services.h), and
 * the API server once, whether the cluster is EKS: of these are the fields aws_entity_* of a block, by
 * which CloudWatch shows logs beside the service's metrics.
 *
 * No record waits for it: fields that are not known yet are not there, and blocks are made anew when
 * they are.
 *
 * Life     association_new -> association_entity* -> association_free.
 * Thread   the loop. A file of preload is read at once: it is bounded.
 * Limits   one request at a time, an answer of ASSOCIATION_BYTES_MAX, ASSOCIATION_CALL_S for it. The
 *          first one is drawn over ASSOCIATION_SPREAD_MS, each wait over a fifth of it; while it fails
 *          the wait doubles, up to ASSOCIATION_SLOWER_MAX intervals. Trouble is said once, and when it
 *          is over.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_ASSOCIATION_H
#define TAILRACE_FILTER_KUBERNETES_ASSOCIATION_H

#include "plugins/filter_kubernetes/block.h"
#include "plugins/filter_kubernetes/services.h"
#include "plugins/filter_kubernetes/wire.h"

#define ASSOCIATION_BYTES_MAX ((size_t)2 << 20)
#define ASSOCIATION_CALL_S 20
#define ASSOCIATION_SPREAD_MS UINT64_C(3000)
#define ASSOCIATION_SLOWER_MAX 8
#define ASSOCIATION_S_MAX (31 * 24 * 3600) /* of what may be set in seconds */

struct association;

/* Services, or the platform, are others: blocks are to be made anew. */
struct association_listener {
    struct list link;
    void (*changed)(void *owner);
    void *owner;
};

/* Pure: -EINVAL with words when the settings cannot be used. */
MUST_USE int association_check(const struct association_settings *settings, char why[256]);

/* `settings` and `wire`, by which the API server is asked, live as long. */
struct association *association_new(struct wire *wire, const struct association_settings *settings);

/* Accepts NULL; leaves NULL. Nobody listens any more. */
void association_free(struct association **association);

void association_listen(struct association *association, struct association_listener *listener);
void association_unlisten(struct association_listener *listener);

/* What is known of a pod by its name, and, where the pod is known, whose it is; lent until the loop
 * turns, or the pod changes. */
void association_entity(const struct association *association, struct slice pod_name,
                        const struct pod *pod, struct block_entity *out);

/* What is wrong, in words; empty: nothing. */
const char *association_trouble(const struct association *association);

/* Whether the agent is asked now. */
bool association_is_asking(const struct association *association);

/* Appends the members of a JSON object that say how it goes. */
void association_describe(const struct association *association, struct buffer *out);

#endif
