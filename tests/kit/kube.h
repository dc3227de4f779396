/*
 * An API server to play with: lists, watches and single objects of pods and namespaces, on the test's
 * own loop, so that nothing happens between two turns. It counts what it is asked, and fails as it is
 * told to.
 *
 *     struct kube *kube = kube_start(loop);
 *
 *     kube_put(kube, &(struct kube_pod){.name = "web-0", .uid = "u1", .labels = "\"app\":\"web\""});
 *     ... the code under test asks http://127.0.0.1:kube_port(kube) ...
 *     ck_assert_uint_eq(kube_count(kube, KUBE_LIST), 1);
 *     kube_stop(&kube);
 *
 * Pods look like real ones, with what nobody wants of them (managedFields, volumes, conditions).
 * Limits: KUBE_PODS_MAX pods, KUBE_LINKS_MAX connections at a time.
 */
#ifndef TAILRACE_KIT_KUBE_H
#define TAILRACE_KIT_KUBE_H

#include "loop/loop.h"

#define KUBE_PODS_MAX 1024
#define KUBE_LINKS_MAX 16

enum kube_kind {
    KUBE_LIST,
    KUBE_WATCH,
    KUBE_GET,
    KUBE_LIST_SPACES,
    KUBE_WATCH_SPACES,
    KUBE_GET_SPACE,
    KUBE_KUBELET,
    KUBE_OTHER,
};
#define KUBE_KINDS 8

/* What is NULL is as in "shop/web-0" on node "n1", without labels. */
struct kube_pod {
    const char *namespace_name, *name, *uid, *node;
    const char *labels;      /* "\"a\":\"b\"" */
    const char *annotations; /* likewise */
    const char *container_id;
    size_t annotation_bytes; /* one more annotation, that long */
};

struct kube;

struct kube *kube_start(struct loop *loop);
void kube_stop(struct kube **kube);
uint16_t kube_port(const struct kube *kube);

/* ---- the cluster ---- */

/* Comes, or changes; watches are told. */
void kube_put(struct kube *kube, const struct kube_pod *pod);
void kube_delete(struct kube *kube, const char *uid);
void kube_put_space(struct kube *kube, const char *name, const char *labels);

/* Watches are told how far the world is. */
void kube_bookmark(struct kube *kube);

/* Forgets what was: watches that would go on from before now are too old. */
void kube_compact(struct kube *kube);

/* ---- faults ---- */

/* The next `times` requests of the kind get this status; Retry-After where it is not 0. */
void kube_fail(struct kube *kube, enum kube_kind kind, int status, unsigned times);
void kube_retry_after(struct kube *kube, unsigned seconds);

/* 403 with the words of RBAC, from now on. */
void kube_forbid(struct kube *kube, enum kube_kind kind, bool is_forbidden);

/* 410 comes as an event of a watch that began well, instead of a status. */
void kube_gone_as_event(struct kube *kube);

/* Only this token is good from now on; watches that run go on. */
void kube_token(struct kube *kube, const char *token);

/* So many bytes at a time; 0: as they come. */
void kube_slow(struct kube *kube, size_t bytes);

/* Half an event, and then nothing but the connection's end; or the end alone. */
void kube_cut_watches(struct kube *kube);
void kube_end_watches(struct kube *kube);

/* Accepts connections, or closes all and refuses them. */
void kube_down(struct kube *kube, bool is_down);

/* ---- what it was asked ---- */

unsigned kube_count(const struct kube *kube, enum kube_kind kind);
unsigned kube_count_all(const struct kube *kube);
unsigned kube_watching(const struct kube *kube); /* now */

/* Request line and header of the last one; lent until the next. */
const char *kube_last(const struct kube *kube);

#endif
