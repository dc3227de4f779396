/*
 * Where metadata comes from: fills a struct pods from the API server, the kubelet, files, and what
 * was kept from the last run.
 *
 *   with the node's name   one list and one watch of this node's pods
 *     watch forbidden      lists, by and by
 *     list forbidden       a request for each pod that is asked for
 *   without it             a request for each pod that is asked for, until one of them tells the name
 *   use_kubelet            the kubelet's /pods, by and by, sooner when a pod is asked for
 *
 * Namespaces, where they are wanted, likewise: list and watch, else one by one. Where nothing else
 * is, nobody is asked for pods, and what is found of one is its namespace (pod_query_of_space). A
 * source asks at most once a second while it fails; it never gives up. See sync_plan.h for when it
 * does what.
 *
 * Instances with equal settings share one source: there is one list and one watch for all of them,
 * and for the one that takes over when the configuration is read again.
 *
 * Life     source_take -> source_pods, ... -> source_release.
 * Thread   the loop. The file of keep_file is read at once in source_take (it is bounded), and
 *          written by a worker.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_SOURCE_H
#define TAILRACE_FILTER_KUBERNETES_SOURCE_H

#include "plugins/filter_kubernetes/pods.h"

/* What is to be kept of pods; the rest is dropped while it is read. */
struct source_wants {
    bool labels;
    bool annotations;
    bool owners;
    bool namespace_labels;
    bool namespace_annotations;
    bool no_pods; /* namespaces alone: nothing of a pod is shown, or heard */
    /* Annotations that begin like one of these are kept even without `annotations`; ends with
     * NULL; NULL: none. A table that lives for ever. */
    const char *const *annotation_prefixes;
};

/* Bound by the filter's table of options, hence the texts are not const. */
struct source_server {
    char *url; /* Kube_URL */
    char *ca_file;
    char *ca_path;
    char *vhost;
    bool verify;
    bool verify_hostname;
    int64_t dns_retries;
    uint64_t dns_wait_ms;
    bool use_kubelet;
    char *kubelet_host;
    int64_t kubelet_port;
};

struct source_login {
    char *token_file;
    char *token_command; /* NULL: the file */
    uint64_t token_ttl_ms;
};

struct source_keeping {
    uint64_t pod_ttl_ms;       /* Kube_Meta_Cache_TTL, for pods got one by one; 0: no end */
    uint64_t namespace_ttl_ms; /* kube_meta_namespace_cache_ttl, likewise */
    char *preload_dir;         /* Kube_Meta_Preload_Cache_Dir; NULL: none */
    char *keep_file;           /* for the next start; NULL: nothing is kept */
};

/* The CloudWatch agent, who tells pods' services (association.h). */
struct association_settings {
    bool is_on;
    bool is_on_too; /* by its other name */
    char *host;
    char *path;
    int64_t port;
    int64_t every_s;
    int64_t ttl_s; /* of what was told; 0: no end */
    char *preload; /* NULL: none */
    char *ca_file, *crt_file, *key_file;
    bool verify;
    char *platform; /* NULL: the API server is asked */
};

static inline bool association_is_on(const struct association_settings *settings)
{
    return settings->is_on || settings->is_on_too;
}

struct source_settings {
    const char *component; /* for the log */
    char *node_name;       /* NULL: as the environment has it (source_node_name) */
    struct source_server server;
    struct source_login login;
    struct source_keeping keeping;
    struct source_wants wants;
    struct association_settings association;
};

struct association;
struct source;

/* Pure, for init and --dry-run: -EINVAL with words when the settings cannot be used; they
 * begin with the key that is wrong. */
MUST_USE int source_check(const struct source_settings *settings, char why[256]);

/* The node's name as the downward API usually hands it in: the first of NODE_NAME, K8S_NODE_NAME,
 * KUBE_NODE_NAME, MY_NODE_NAME, HOST_NAME, NODENAME that is set; NULL where none is. */
const char *source_node_name(void);

/* Begins, or shares one that has begun with the same settings; those are copied. NULL with words
 * when it cannot (files of TLS that cannot be used); all else is waited for. Nobody is told
 * anything before this returns. */
struct source *source_take(struct loop *loop, const struct source_settings *settings,
                           char why[256]);
void source_release(struct source **source);

/* Lent while the source is held. References to pods are given back before the source. */
struct pods *source_pods(struct source *source);

/* For records that cannot wait: looks now for what pods_find was just asked and did not know, in the
 * preload folder, and among the namespaces where these are all that is asked for. False: nothing was
 * looked for, as there is neither or all was looked for before. */
bool source_look(struct source *source);

/* The same; NULL where nobody wants services. */
struct association *source_association(struct source *source);

/* Requests by kind and by what became of them, since the source began. */
struct source_counts {
    uint64_t lists, watches, gets, polls; /* polls: of the kubelet */
    uint64_t ok, refused, too_old, throttled, other_errors,
        unanswered;    /* 2xx; 401, 403; 410; 429 */
    uint64_t events;   /* of watches, bookmarks apart */
    uint64_t left_out; /* pods, or values of theirs, past the limits */
};

struct source_counts source_counts(const struct source *source);

/* The same, and how many pods there are, as they are printed. */
void source_tell(const struct source *source, struct kubernetes_metrics *out);

/* Appends a JSON object for the status page: where metadata comes from, since when, how many pods
 * are known, and what is wrong, in words. */
void source_describe(const struct source *source, struct buffer *out);

#endif
