/*
 * The other side of pods.h: how a source fills the pods, and learns what is asked for.
 *
 * A wish is a query whose pod is not there. It is answered POD_NEVER where the source has said of it
 * that there is none (pods_deny), or where the source sees every pod (pods_trust) and this one has
 * not come within PODS_LAG_MS; else POD_NOT_YET.
 *
 * Limits   WISHES_MAX wishes, the oldest of which goes for a new one; one that nobody has repeated
 *          for WISH_MS is forgotten.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_PODS_FILL_H
#define TAILRACE_FILTER_KUBERNETES_PODS_FILL_H

#include "plugins/filter_kubernetes/facts.h"

#define PODS_LAG_MS UINT64_C(5000)
#define WISHES_MAX 1024
#define WISH_MS UINT64_C(120000)
#define SPACES_MAX 8192
#define SPACES_BYTES_MAX ((size_t)4 << 20)

/* A wish was added, from within pods_find: for setting a timer, nothing more. */
typedef void pods_wished_fn(void *owner);

struct pods *pods_new(bool wants_spaces, pods_wished_fn *wished, void *owner);

/* No reference is held. */
void pods_free(struct pods **pods);

/* ---- pods ---- */

/* Comes, or is brought up to date; who listens is told where anything changed. Returns whether it
 * did. */
bool pods_put(struct pods *pods, const struct pod_facts *facts);

/* It was deleted. */
void pods_remove(struct pods *pods, const struct pod *pod);

/* The one that has the name now, if any. */
void pods_remove_named(struct pods *pods, const struct pod_query *query);

/* Whether pods_find would find a pod; wishes nothing. */
bool pods_has(struct pods *pods, const struct pod_query *query);

/* A list: pods that were not put between the two were deleted. A round that is begun again forgets
 * the one before. */
void pods_round_begin(struct pods *pods);
void pods_round_end(struct pods *pods);

/* What was there at the start is known; the end of a round says so, too. */
void pods_mark_begun(struct pods *pods);

/* For pods that nobody watches. One that was put before `put_before_ms` and is in use, or NULL; and
 * what is not in use, and was not asked for since `asked_before_ms`, is taken for deleted. */
const struct pod *pods_stale(const struct pods *pods, uint64_t put_before_ms);
void pods_remove_idle(struct pods *pods, uint64_t asked_before_ms);

/* ---- namespaces ---- */

void pods_space_put(struct pods *pods, const struct pod_namespace *space);

/* It is not to be had: it stays as it was, or is one without labels, so that no pod waits for it. */
void pods_space_keep(struct pods *pods, struct slice name);
void pods_space_remove(struct pods *pods, struct slice name);

/* Since when every change of a namespace is seen; 0: it is not. */
void pods_trust_spaces(struct pods *pods, uint64_t since_ms);

/* The name of one that has pods and was put before that, or empty; lent likewise. */
struct slice pods_space_stale(const struct pods *pods, uint64_t put_before_ms);

/* A namespace that a pod waits for, or an empty name; lent until the pods change. */
struct slice pods_space_wanted(const struct pods *pods);

/* ---- what can be said of pods that are not there ---- */

/* Since when every change is seen; 0: it is not. */
void pods_trust(struct pods *pods, uint64_t since_ms);

/* How they come, as far as the server can be reached. */
void pods_come_by(struct pods *pods, enum pods_way way);

struct wish {
    struct list link;
    char *key; /* owns the texts of the query */
    struct pod_query query;
    uint64_t asked_ms, repeated_ms;
    uint64_t denied_until_ms;
    uint64_t next_ms;    /* the source's: not to be asked for again before that */
    uint32_t tries;      /* the source's */
    bool was_told;       /* that it is POD_NEVER */
    bool was_looked_for; /* the source's: in its files */
};

/* Oldest first. */
struct list *pods_wishes(const struct pods *pods);

/* There is no such pod; held until then. Who listens is told. */
void pods_deny(struct pods *pods, struct wish *wish, uint64_t until_ms);

/* ---- time ---- */

/* Forgets what is past its time, tells who listens that wishes have become POD_NEVER, and says when
 * it is next to be called: UINT64_MAX: not before something happens. */
uint64_t pods_tick(struct pods *pods);

/* ---- for keeping, counting, showing ---- */

struct pods_counts {
    uint32_t live;
    uint32_t gone;
    uint32_t spaces;
    uint32_t wishes;
    size_t bytes;          /* of all texts */
    size_t space_bytes;    /* of these, the namespaces' */
    uint64_t left_out;     /* pods and namespaces, or their annotations, past the limits */
    uint64_t change_count; /* of anything, since pods_new */
};

struct pods_counts pods_counts(const struct pods *pods);

/* Walks the pods that were not deleted, or the namespaces: begin with *at = 0. */
bool pods_next(const struct pods *pods, size_t *at, const struct pod **pod,
               struct slice *config_hash);
bool pods_next_space(const struct pods *pods, size_t *at, const struct pod_namespace **space);

#endif
