/*
 * The pods of this node and their namespaces, as far as they are known: what a filter asks, and what
 * a source (source.h) fills.
 *
 * A pod is kept by its UID. Two pods that had one name after the other are two pods: a query with a
 * UID never gets another one's answer, and a query without gets the one that has, or had, its
 * container's id. A static pod is found by the hash that its folder is named after as well.
 *
 *   POD_KNOWN     it is there
 *   POD_GONE      it was deleted, and is kept for files that drain; to be used all the same
 *   POD_NOT_YET   nobody knows yet: ask again when told (pods_listen)
 *   POD_NEVER     the source has looked and there is none. It may still come, which is told
 *
 * Asking is a wish, too: a source that gets pods one by one asks for those that are POD_NOT_YET.
 *
 * Life     pods_new -> pods_find, put, remove, ... in any order -> pods_free when no reference is held.
 * Thread   the loop.
 * Limits   PODS_MAX pods, POD_BYTES_MAX bytes each, PODS_BYTES_MAX in all. Past them the pod that was
 *          deleted first is forgotten, then annotations of pods that come are left out, then pods. No
 *          annotations are taken past PODS_ANNOTATED_BYTES_MAX: one tenant's leave the pods of others
 *          their room.
 *          Of pods that are gone, PODS_GONE_MAX are kept, each for PODS_GONE_MS after the last
 *          reference to it went; one that is referenced may be forgotten, and then is found no more,
 *          but stays as it was for whoever has it.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_PODS_H
#define TAILRACE_FILTER_KUBERNETES_PODS_H

#include "plugin/plugin.h"

#define PODS_MAX 2048
#define POD_BYTES_MAX ((size_t)256 << 10)
#define PODS_BYTES_MAX ((size_t)16 << 20)
#define PODS_ANNOTATED_BYTES_MAX ((size_t)12 << 20)
#define PODS_GONE_MAX 1024
#define PODS_GONE_MS UINT64_C(600000)

struct pods;

/* What is known of a file's pod from its tag or its path. Namespace and name, or the UID, have to be
 * there; all else may be empty. */
struct pod_query {
    struct slice namespace_name;
    struct slice name;
    struct slice uid;          /* from /var/log/pods/NAMESPACE_NAME_UID */
    struct slice container;    /* its name */
    struct slice container_id; /* without "containerd://" */
};

/* Of a pod that stands for all pods of the namespace: whom to ask for where that is all that is wanted. */
struct pod_query pod_query_of_space(struct slice namespace_name);

enum pod_answer {
    POD_KNOWN,
    POD_GONE,
    POD_NOT_YET,
    POD_NEVER,
};

struct pod_container {
    struct slice name;
    struct slice id;      /* without "containerd://"; empty while it has not started */
    struct slice last_id; /* of the one that ran before it, as long as that is known */
    struct slice image;   /* as the status has it, else as the specification has it */
    struct slice hash; /* the image's id without "docker-pullable://" and the like; may be empty */
};

/* Empty where it is not known or not wanted. */
struct pod_namespace {
    struct slice name;
    struct slice labels;      /* JSON object; empty where there are none */
    struct slice annotations; /* likewise */
};

/* A pod as it is now. All texts are lent by it until its version changes, which happens only before a
 * listener is told. JSON texts are compact, checked, repaired where that was needed, and good to be
 * copied into a document. */
struct pod {
    uint64_t version; /* another one whenever anything of this changed, the namespace too; never 0,
                         and no two pods ever have the same */
    struct slice namespace_name;
    struct slice name;
    struct slice uid;
    struct slice labels;      /* JSON object; empty where there are none */
    struct slice annotations; /* likewise: those that the source was told to keep */
    struct slice owners;      /* JSON array, metadata.ownerReferences; empty where there are none */
    struct slice node;        /* spec.nodeName */
    struct slice pod_ip;
    const struct pod_container *containers; /* also those of init and ephemeral ones */
    uint32_t container_count;
    const struct pod_namespace *space; /* NULL where it is not known, or was never wanted */
};

/* ---- asking ---- */

/* `*pod_out` is lent until the loop turns, unless it is referenced; NULL where there is none. */
enum pod_answer pods_find(struct pods *pods, const struct pod_query *query,
                          const struct pod **pod_out);

/* The pod's container with the query's id, or its name; NULL where the pod has none such. */
const struct pod_container *pod_container_find(const struct pod *pod,
                                               const struct pod_query *query);

/* Whether it tells of the query's container all that it will: its status has it or had it, or never
 * will, as that of a pod that was deleted or that has no container of the name. Without an id the one
 * that is there counts, once it has started. */
bool pod_tells(const struct pod *pod, const struct pod_query *query);

/* How pods come to be known. */
enum pods_way {
    PODS_ASKED_FOR, /* one by one */
    PODS_LISTED,    /* all of them, now and then */
    PODS_WATCHED,   /* all of them, and changes by themselves: what is not told yet will be */
};

enum pods_way pods_way(const struct pods *pods);

/* Whether the first list is whole, or the last run's pods are there. */
bool pods_have_begun(const struct pods *pods);

/* Keeps a pod while files of it are open, also when it is deleted. */
const struct pod *pod_ref(const struct pod *pod);
void pod_unref(const struct pod **pod);

/* ---- being told ---- */

/* `pod` changed, came or was deleted. NULL: a namespace changed, or answers about pods that are not
 * there: so whoever waits asks again. Never comes from within pods_find. Inside, everything above
 * may be called, and the listener may be taken away. */
typedef void pods_changed_fn(void *owner, const struct pod *pod);

struct pods_listener {
    struct list link;
    pods_changed_fn *changed;
    void *owner;
};

void pods_listen(struct pods *pods, struct pods_listener *listener);
void pods_unlisten(struct pods_listener *listener);

#endif
