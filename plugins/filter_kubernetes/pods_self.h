/*
 * What the files of the pods share. Nobody else includes this.
 *
 *   pods.c         pods: coming, changing, going
 *   pods_spaces.c  namespaces: the same
 *   pods_find.c    queries, and what is shown
 *   pods_wait.c    what is asked for and not there, and what time does to it
 *   pods_entry.c   one pod and one namespace: their memory
 *
 * An entry is in exactly one of the lists `live` and `gone`, and in the indices, until it is
 * forgotten: then `pods` is NULL and it only waits for its last reference.
 *
 *   put --> live --(deleted)--> gone --(PODS_GONE_MS without a reference, or no room)--> forgotten
 *            ^--------(put again)-----|
 */
#ifndef TAILRACE_FILTER_KUBERNETES_PODS_SELF_H
#define TAILRACE_FILTER_KUBERNETES_PODS_SELF_H

#include "plugins/filter_kubernetes/pods_fill.h"

/* Containers that ran before the last one, by the hashes of their ids. */
#define PAST_IDS_MAX 6

struct space {
    struct pod_namespace view;
    char *block;
    size_t bytes;
    uint64_t put_ms;
    uint32_t uses;   /* entries that point to it */
    bool is_deleted; /* goes with its last use */
};

struct entry_times {
    uint64_t came_ms;
    uint64_t put_ms;
    uint64_t asked_ms;
    uint64_t idle_ms; /* when it was deleted, or its last reference went after that */
};

struct entry {
    struct pod pod;
    struct pods *pods; /* NULL: forgotten */
    struct list link;
    struct entry *older; /* of the same name */
    struct slice config_hash;
    char *block;
    size_t bytes; /* all in all */
    uint32_t refs;
    uint32_t round;
    bool is_gone;
    bool was_bare_told; /* that its namespace is not waited for any more */
    struct entry_times times;
    uint64_t past_ids[PAST_IDS_MAX];
};

struct pods_index {
    struct map by_uid;
    struct map by_name; /* "namespace/name": the newest */
    struct map by_hash; /* of static pods: the newest */
    struct map spaces;
    struct map wishes;
};

/* What can be said of what is not there. */
struct pods_knowing {
    bool wants_spaces;
    bool has_begun;           /* a round was whole */
    enum pods_way way;        /* pods_come_by */
    uint64_t since_ms;        /* pods_trust */
    uint64_t spaces_since_ms; /* pods_trust_spaces */
};

struct pods {
    struct pods_index index;
    struct list live, gone; /* oldest first */
    struct list wishes;     /* likewise */
    struct list listeners;
    struct pods_knowing knowing;
    struct pods_counts counts;
    uint64_t last_version;
    uint32_t round;
    bool has_round;
    struct buffer scratch; /* a key */
    pods_wished_fn *wished;
    void *owner;
};

/* ---- pods_entry.c ---- */

/* Texts are copied into one block. NULL `old`: a new one; else it is filled anew. */
struct entry *pod_entry_fill(struct entry *old, const struct pod_facts *facts);
void pod_entry_free(struct entry *entry);
bool pod_entry_is(const struct entry *entry, const struct pod_facts *facts);

/* Whether a container of it has, or had, this id, which may be cut short. */
bool pod_entry_has_id(const struct entry *entry, struct slice id);

/* What it will take. */
size_t facts_bytes(const struct pod_facts *facts);

struct space *pod_space_fill(struct space *old, const struct pod_namespace *view);
void pod_space_free(struct space *space);
bool pod_space_is(const struct space *space, const struct pod_namespace *view);

/* ---- pods.c ---- */

/* Lent until the next call. */
struct slice pods_key(struct pods *pods, struct slice namespace_name, struct slice name);

void pods_tell(struct pods *pods, const struct pod *pod);

/* Finds it no more; its memory goes with its last reference. */
void pods_forget(struct entry *entry);

void pods_check(const struct pods *pods);

/* ---- pods_spaces.c ---- */

/* The pod is of this namespace; and of none. A namespace that is gone goes with its last pod. */
void pods_join(struct entry *entry, struct space *space);
void pods_leave(struct pods *pods, struct entry *entry);

/* ---- pods_wait.c ---- */

/* The query found nothing: noted, and said to the source. POD_NOT_YET or POD_NEVER. */
enum pod_answer pods_wish(struct pods *pods, const struct pod_query *query);

/* When a pod without its namespace is known all the same; 0: it is already. */
uint64_t pods_bare_ms(const struct pods *pods, const struct entry *entry);

void pods_wish_free(struct pods *pods, struct wish *wish);

/* Forgets the wishes whose pods are there now. */
void pods_fulfil(struct pods *pods);

#endif
