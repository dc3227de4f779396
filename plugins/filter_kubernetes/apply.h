/*
 * What becomes of a record: it gets what is known of its pod, or is left out as the pod asks.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_APPLY_H
#define TAILRACE_FILTER_KUBERNETES_APPLY_H

#include "plugins/filter_kubernetes/kubernetes.h"

enum filter_verdict kubernetes_apply(void *self, struct record *record, struct filter_run *run);

/* The same, the short way. */
enum plain_verdict kubernetes_apply_plain(void *self, struct plain_record *plain,
                                          struct filter_run *run);

/* The container that a tag, and the file that an origin reads, tell of; false: none. */
bool kubernetes_identify(struct filter_kubernetes *k, const struct filter_run *run,
                         struct identity *id);

#endif
