/*
 * What the API server of kit/kube.h knows: pods, namespaces, and what happened to them, each time with
 * a version one higher. Inside of kit/.
 *
 * Life     kube_world_new -> ... -> kube_world_free.
 */
#ifndef TAILRACE_KIT_KUBE_WORLD_H
#define TAILRACE_KIT_KUBE_WORLD_H

#include "base/buffer.h"
#include "kit/kube.h"

struct kube_world;

struct kube_world *kube_world_new(void);
void kube_world_free(struct kube_world **world);

void kube_world_put(struct kube_world *world, const struct kube_pod *pod);
void kube_world_delete(struct kube_world *world, const char *uid);
void kube_world_put_space(struct kube_world *world, const char *name, const char *labels);
void kube_world_bookmark(struct kube_world *world);
void kube_world_compact(struct kube_world *world);

/* Whether a watch may go on from this version. */
bool kube_world_has(const struct kube_world *world, uint64_t version);

/* Appends the next event after `*seen` and moves that on; false: there is none. */
bool kube_world_event(struct kube_world *world, bool spaces, uint64_t *seen, struct buffer *out);

/* Appends what a list or a single request gets; false: there is no such object. */
bool kube_world_answer(const struct kube_world *world, enum kube_kind kind, const char *request,
                       struct buffer *out);

void kube_world_status(struct buffer *out, int status, const char *message);
void kube_world_gone_event(struct buffer *out);

#endif
