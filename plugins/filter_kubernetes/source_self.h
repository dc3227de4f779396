/*
 * What the files of a source share. Nobody else includes this.
 *
 *   source.c           its life, and what is wished for
 *   source_sync.c      which way metadata comes, and where it goes
 *   source_settings.c  its own copy of the settings
 *   source_show.c      counters, and words for the status page
 *   preload.c          files of the preload folder
 *   keep.c             what is kept for the next start
 */
#ifndef TAILRACE_FILTER_KUBERNETES_SOURCE_SELF_H
#define TAILRACE_FILTER_KUBERNETES_SOURCE_SELF_H

#include "plugins/filter_kubernetes/association.h"
#include "plugins/filter_kubernetes/keep.h"
#include "plugins/filter_kubernetes/pods_fill.h"
#include "plugins/filter_kubernetes/singles.h"
#include "plugins/filter_kubernetes/sync.h"

/* What comes by lists and watches. */
struct source_syncs {
    struct sync pods, spaces;
    bool has_pods, has_spaces; /* begun: of pods when the node is known, or the kubelet is asked */
    bool wants_spaces;
    struct sync_kind pods_kind;
    char *selector; /* of this node's pods */
};

struct source {
    struct list link;
    struct loop *loop;
    unsigned refs;
    struct source_settings settings;
    struct wire wire;
    struct pods *pods;
    char *node; /* NULL: not known yet */
    struct source_syncs syncs;
    struct singles singles;
    struct keep *keep;               /* NULL: nothing is kept */
    struct association *association; /* NULL: nobody wants services */
    struct timer *turn;
};

/* ---- source_settings.c ---- */

struct source_settings settings_copied(const struct source_settings *settings);
void settings_free_copied(struct source_settings *settings);
bool settings_are(const struct source_settings *a, const struct source_settings *b);

/* Of what decides which pods there are and what is kept of them, the node's name apart. */
uint64_t settings_print(const struct source_settings *settings);

/* ---- source_sync.c ---- */

/* Pods are listed and watched from now on, from `version` on where that is not empty; and namespaces. */
void source_sync_pods(struct source *source, struct slice version);
void source_sync_spaces(struct source *source);

/* What the way in which pods and namespaces come means for others. */
void source_way_set(struct source *source);

/* ---- source_show.c ---- */

/* Whether a list could bring what somebody waits for. */
bool source_is_wished(const struct source *source);

#endif
