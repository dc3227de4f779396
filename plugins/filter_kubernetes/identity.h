/*
 * Whose lines these are: what a tag, a path or a journal's field tells of a container.
 *
 *   POD_NAMESPACE_CONTAINER-ID.log       a tag that was made of a name in /var/log/containers, or of
 *                                        Docker's names: the last part of it that looks like this
 *   NAMESPACE_POD_UID/CONTAINER/N.log    a path below /var/log/pods; in a tag with dots for slashes,
 *                                        whatever stands before it
 *   k8s_CONTAINER.HASH_POD_NAMESPACE_UID_N   a container's name in the journal, hash or none
 *
 * A name in /var/log/containers is cut after 251 bytes and has no UID; the file that it is a link to
 * lies below /var/log/pods, and tells both.
 *
 * Life     identity_init -> identity_from_* -> identity_fini; the texts are copies.
 * Thread   the loop. Pure, but for identity_from_file, which asks where a link leads.
 * Limits   IDENTITY_BYTES_MAX bytes of a text; longer ones tell nothing.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_IDENTITY_H
#define TAILRACE_FILTER_KUBERNETES_IDENTITY_H

#include "plugins/filter_kubernetes/pods.h"

#define IDENTITY_BYTES_MAX 4096

struct identity {
    struct pod_query query;
    struct slice container_hash; /* that the name itself tells; of old journals */
};

void identity_init(struct identity *id);
void identity_fini(struct identity *id);

/* Each is false, and leaves the identity as it was, when the text is no container's. What a tag tells
 * stands behind the first `skip` bytes of it; a tag that is not longer tells nothing. */
bool identity_from_tag(struct identity *id, struct slice tag, size_t skip);
bool identity_from_journal(struct identity *id, struct slice name);

/* With a parser of the user's, which finds pod_name, namespace_name, container_name, docker_id,
 * container_hash and, of our own, pod_uid; at least the first two. */
bool identity_from_parser(struct identity *id, struct slice text, const struct parser *parser,
                          struct parser_run *run);

/* Adds a container's id that was found elsewhere. */
void identity_add_id(struct identity *id, struct slice container_id);

/* Adds the UID, and the names in full, of a log's path. That is of the pod that is known already, where
 * one is; another one's tells nothing. */
bool identity_from_path(struct identity *id, struct slice path);

/* The same of the first of these that tells any: the path that a log was found under, where it really
 * lay, and the path that the first one is a link to, if it still is. Each may be empty. */
bool identity_from_file(struct identity *id, struct slice path, struct slice real_path);

#endif
