/*
 * The fields that a container's lines get, made once for all of them: "kubernetes" and, where a
 * namespace is wanted, "kubernetes_namespace", in Fluent Bit's order.
 *
 * Pure. What a pod does not have is left out, and so are labels and annotations past the form's
 * limits, which are counted.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_BLOCK_H
#define TAILRACE_FILTER_KUBERNETES_BLOCK_H

#include "plugins/filter_kubernetes/identity.h"

/* How the names of labels and annotations stand in a document. */
enum block_keys {
    BLOCK_KEYS_AS_IS,
    BLOCK_KEYS_DOTLESS, /* dots become underscores */
    BLOCK_KEYS_FLAT,    /* none are: an array of "name=value" */
};

/* The names of enum block_keys, in its order, as an option's choices. */
#define BLOCK_KEYS_NAMES "as_is|replace_dots|flat"

struct block_form {
    bool labels;
    bool annotations;
    bool owners;
    bool namespace_labels;
    bool namespace_annotations;
    bool is_namespace_only;
    int keys;                 /* enum block_keys */
    int64_t fields_max;       /* labels and annotations of a document; 0: any number */
    uint64_t value_bytes_max; /* of one of them */
};

/* What the pod is of, as CloudWatch names it (association.h); empty where it is not known. */
struct block_entity {
    struct slice name, environment, name_source;
    struct slice platform, cluster, workload;
};

/* A block to be made of: what is known of the container, and of its pod. */
struct block_source {
    const struct block_form *form;
    const struct identity *identity;
    const struct pod *pod;             /* NULL: nothing but its names */
    bool is_partial;                   /* it was looked for, and is not known: the block says so */
    const struct block_entity *entity; /* NULL: none is wanted */
};

/* One reference; NULL when it would have no fields. `*left_out` counts labels and annotations that
 * are beyond the limits. */
struct shared_object *block_make(const struct block_source *source, struct json_scanner *json,
                                 uint32_t *left_out);

/* What Dummy_Meta gives: the time, in words. */
struct shared_object *block_make_dummy(int64_t wall_ns, struct json_scanner *json);

#endif
