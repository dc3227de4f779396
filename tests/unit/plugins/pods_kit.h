/*
 * What the tests of the pods share: pods under the fake clock, one listener, and pods made in a line,
 * all of them "shop/web-0" with one container but for those of kit_put_named.
 *
 * Life     kit_pods_begin or kit_spaces_begin -> ... -> kit_pods_end.
 */
#ifndef TAILRACE_TESTS_UNIT_PLUGINS_PODS_KIT_H
#define TAILRACE_TESTS_UNIT_PLUGINS_PODS_KIT_H

#include "plugins/filter_kubernetes/pods_fill.h"

extern struct pods_kit {
    struct pods *pods;
    struct pods_listener listener;
    const struct pod *found; /* by the last kit_by_... */
    unsigned wished;
    unsigned told, told_anything; /* of a pod; of NULL */
    uint64_t told_version;
} pk;

void kit_pods_begin(void);

/* With namespaces wanted. */
void kit_spaces_begin(void);
void kit_pods_end(void);

struct pod_facts kit_facts(const char *uid, const char *id, const char *labels);
bool kit_put(const char *uid, const char *id, const char *labels);
void kit_remove(const char *uid);

/* "shop/NAME" with its name for its UID. */
void kit_put_named(const char *name);

enum pod_answer kit_by_uid(const char *uid);

/* "shop/web-0" with this container. */
enum pod_answer kit_by_name(const char *id);

#endif
