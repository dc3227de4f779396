#include "plugins/filter_kubernetes/pods_self.h"

/* ---- references ---- */

static struct entry *entry_of(const struct pod *pod)
{
    return (struct entry *)(uintptr_t)CONTAINER_OF(pod, struct entry, pod);
}

const struct pod *pod_ref(const struct pod *pod)
{
    struct entry *e = entry_of(pod);

    CHECK(e->pods != NULL || e->refs > 0);
    e->refs++;
    return pod;
}

void pod_unref(const struct pod **pod)
{
    struct entry *e;

    if (*pod == NULL)
        return;
    e = entry_of(*pod);
    *pod = NULL;
    CHECK(e->refs > 0);
    if (--e->refs > 0)
        return;
    if (e->pods == NULL)
        pod_entry_free(e);
    else
        e->times.idle_ms = clock_ms();
}

const struct pod_container *pod_container_find(const struct pod *pod, const struct pod_query *query)
{
    const struct pod_container *named = NULL;

    for (uint32_t i = 0; i < pod->container_count; i++) {
        const struct pod_container *c = &pod->containers[i];

        if (query->container_id.len > 0 && (slice_equal(c->id, query->container_id) ||
                                            slice_equal(c->last_id, query->container_id)))
            return c;
        if (query->container.len > 0 && slice_equal(c->name, query->container))
            named = c;
    }
    return named;
}

bool pod_tells(const struct pod *pod, const struct pod_query *query)
{
    const struct entry *e = entry_of(pod);
    const struct pod_container *c = pod_container_find(pod, query);

    if (e->is_gone || c == NULL)
        return true;
    if (query->container_id.len == 0)
        return c->id.len > 0;
    return pod_entry_has_id(e, query->container_id);
}

/* ---- which pod is meant ---- */

/* The name is one that no pod can have. */
struct pod_query pod_query_of_space(struct slice namespace_name)
{
    return (struct pod_query){.namespace_name = namespace_name, .name = SLICE("*")};
}

static struct entry *find_by_uid(struct pods *pods, const struct pod_query *query)
{
    struct entry *e = map_get(&pods->index.by_uid, query->uid);
    struct slice key = pods_key(pods, query->namespace_name, query->name);

    if (e == NULL)
        e = map_get(&pods->index.by_hash, query->uid);
    if (e == NULL && query->name.len > 0)
        e = map_get(&pods->index.by_uid, key); /* one that has no UID */
    return e;
}

/* Of those that have, or had, the name: the one with the container; without an id the one that is
 * there now, or was last. */
static struct entry *find_by_name(struct pods *pods, const struct pod_query *query)
{
    struct slice key = pods_key(pods, query->namespace_name, query->name);
    struct entry *newest = map_get(&pods->index.by_name, key), *e;

    for (e = newest; e != NULL; e = e->older)
        if (query->container_id.len > 0 ? pod_entry_has_id(e, query->container_id) : !e->is_gone)
            return e;
    return query->container_id.len > 0 ? NULL : newest;
}

/* ---- asking ---- */

static struct entry *find(struct pods *pods, const struct pod_query *query)
{
    return query->uid.len > 0 ? find_by_uid(pods, query) : find_by_name(pods, query);
}

bool pods_has(struct pods *pods, const struct pod_query *query)
{
    return find(pods, query) != NULL;
}

void pods_remove_named(struct pods *pods, const struct pod_query *query)
{
    struct entry *e = find_by_name(pods, query);

    if (e != NULL && !e->is_gone)
        pods_remove(pods, &e->pod);
}

enum pod_answer pods_find(struct pods *pods, const struct pod_query *query,
                          const struct pod **pod_out)
{
    struct entry *e;

    *pod_out = NULL;
    CHECK(query->uid.len > 0 || (query->namespace_name.len > 0 && query->name.len > 0));
    e = find(pods, query);
    if (e == NULL)
        return pods_wish(pods, query);
    if (pods_bare_ms(pods, e) > clock_ms()) {
        pods->wished(pods->owner);
        return POD_NOT_YET;
    }
    e->times.asked_ms = clock_ms();
    *pod_out = &e->pod;
    return e->is_gone ? POD_GONE : POD_KNOWN;
}

void pods_trust(struct pods *pods, uint64_t since_ms)
{
    pods->knowing.since_ms = since_ms;
    pods->wished(pods->owner);
}

void pods_come_by(struct pods *pods, enum pods_way way)
{
    pods->knowing.way = way;
}

enum pods_way pods_way(const struct pods *pods)
{
    return pods->knowing.way;
}

bool pods_have_begun(const struct pods *pods)
{
    return pods->knowing.has_begun || (!pods->has_round && pods->counts.live > 0);
}

/* ---- pods that nobody watches ---- */

const struct pod *pods_stale(const struct pods *pods, uint64_t put_before_ms)
{
    LIST_FOR (it, &pods->live) {
        const struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (e->times.put_ms < put_before_ms)
            return &e->pod;
    }
    return NULL;
}

void pods_remove_idle(struct pods *pods, uint64_t asked_before_ms)
{
    LIST_FOR_SAFE (it, after, &pods->live) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (e->refs == 0 && e->times.asked_ms < asked_before_ms)
            pods_forget(e);
    }
}

/* ---- showing ---- */

struct pods_counts pods_counts(const struct pods *pods)
{
    return pods->counts;
}

bool pods_next(const struct pods *pods, size_t *at, const struct pod **pod,
               struct slice *config_hash)
{
    struct slice key;
    void *value;

    while (map_next(&pods->index.by_uid, at, &key, &value)) {
        const struct entry *e = value;

        if (e->is_gone)
            continue;
        *pod = &e->pod;
        *config_hash = e->config_hash;
        return true;
    }
    return false;
}

bool pods_next_space(const struct pods *pods, size_t *at, const struct pod_namespace **space)
{
    struct slice key;
    void *value;

    if (!map_next(&pods->index.spaces, at, &key, &value))
        return false;
    *space = &((const struct space *)value)->view;
    return true;
}
