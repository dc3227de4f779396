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

/* ---- wishes ---- */

static struct slice key_of_wish(struct pods *pods, const struct pod_query *query)
{
    (void)pods_key(pods, query->namespace_name, query->name);
    buffer_append_byte(&pods->scratch, '/');
    buffer_append(&pods->scratch, query->uid);
    buffer_append_byte(&pods->scratch, '/');
    buffer_append(&pods->scratch, query->container);
    buffer_append_byte(&pods->scratch, '/');
    buffer_append(&pods->scratch, query->container_id);
    return buffer_view(&pods->scratch);
}

void pods_wish_free(struct pods *pods, struct wish *wish)
{
    struct slice key = key_of_wish(pods, &wish->query);
    void *old = map_remove(&pods->index.wishes, key);

    CHECK(old == wish && pods->counts.wishes > 0);
    pods->counts.wishes--;
    list_remove(&wish->link);
    mem_free(wish->key);
    mem_free(wish);
}

static struct slice cut_off(struct slice *rest, size_t len)
{
    struct slice part = slice_make(rest->data, len);

    *rest = slice_skip(*rest, len + 1);
    return part;
}

static struct wish *wish_new(struct pods *pods, const struct pod_query *query)
{
    struct slice key = key_of_wish(pods, query), rest;
    struct wish *wish;

    if (pods->counts.wishes == WISHES_MAX) {
        pods_wish_free(pods, CONTAINER_OF(pods->wishes.next, struct wish, link));
        key = key_of_wish(pods, query);
    }
    wish = mem_zalloc(1, sizeof *wish);
    wish->key = mem_text_n(key.data, key.len);
    rest = slice_make(wish->key, key.len);
    wish->query.namespace_name = cut_off(&rest, query->namespace_name.len);
    wish->query.name = cut_off(&rest, query->name.len);
    wish->query.uid = cut_off(&rest, query->uid.len);
    wish->query.container = cut_off(&rest, query->container.len);
    wish->query.container_id = rest;
    wish->asked_ms = clock_ms();
    list_add_tail(&pods->wishes, &wish->link);
    (void)map_put(&pods->index.wishes, key, wish);
    pods->counts.wishes++;
    return wish;
}

struct list *pods_wishes(const struct pods *pods)
{
    return (struct list *)(uintptr_t)&pods->wishes;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* When a wish becomes POD_NEVER by itself. */
static uint64_t ripe_ms(const struct pods *pods, uint64_t asked_ms)
{
    uint64_t since_ms = pods->knowing.since_ms;

    return since_ms != 0 ? later(since_ms, asked_ms) + PODS_LAG_MS : UINT64_MAX;
}

static bool is_never(const struct pods *pods, const struct wish *wish)
{
    uint64_t now_ms = clock_ms();

    return wish->denied_until_ms > now_ms || ripe_ms(pods, wish->asked_ms) <= now_ms;
}

static enum pod_answer wish_for(struct pods *pods, const struct pod_query *query)
{
    struct wish *wish = map_get(&pods->index.wishes, key_of_wish(pods, query));
    bool is_new = wish == NULL;

    if (is_new)
        wish = wish_new(pods, query);
    wish->repeated_ms = clock_ms();
    wish->was_told = is_never(pods, wish);
    if (!wish->was_told)
        pods->wished(pods->owner);
    return wish->was_told ? POD_NEVER : POD_NOT_YET;
}

void pods_deny(struct pods *pods, struct wish *wish, uint64_t until_ms)
{
    wish->denied_until_ms = until_ms;
    wish->was_told = true;
    pods_tell(pods, NULL);
}

/* ---- namespaces that are waited for ---- */

/* When a pod without its namespace is known all the same. */
static uint64_t bare_ms(const struct pods *pods, const struct entry *e)
{
    uint64_t since_ms = pods->knowing.spaces_since_ms;

    if (!pods->knowing.wants_spaces || e->pod.space != NULL || e->is_gone)
        return 0;
    return since_ms != 0 ? later(since_ms, e->times.came_ms) + PODS_LAG_MS : UINT64_MAX;
}

struct slice pods_space_wanted(const struct pods *pods)
{
    LIST_FOR (it, &pods->live) {
        const struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (pods->knowing.wants_spaces && e->pod.space == NULL)
            return e->pod.namespace_name;
    }
    return SLICE("");
}

void pods_trust_spaces(struct pods *pods, uint64_t since_ms)
{
    pods->knowing.spaces_since_ms = since_ms;
    pods->wished(pods->owner);
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

void pods_fulfil(struct pods *pods)
{
    LIST_FOR_SAFE (it, after, &pods->wishes) {
        struct wish *wish = CONTAINER_OF(it, struct wish, link);

        if (find(pods, &wish->query) != NULL)
            pods_wish_free(pods, wish);
    }
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
        return wish_for(pods, query);
    if (bare_ms(pods, e) > clock_ms()) {
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

/* ---- time ---- */

static void sooner(uint64_t *next_ms, uint64_t at_ms)
{
    if (at_ms < *next_ms)
        *next_ms = at_ms;
}

/* The gone are in the order in which they were deleted; one that was referenced for long goes when
 * its turn comes. */
static void tick_gone(struct pods *pods, uint64_t now_ms, uint64_t *next_ms)
{
    LIST_FOR_SAFE (it, after, &pods->gone) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (e->refs > 0)
            continue;
        if (e->times.idle_ms + PODS_GONE_MS <= now_ms)
            pods_forget(e);
        else
            sooner(next_ms, e->times.idle_ms + PODS_GONE_MS);
    }
}

/* True: some have become POD_NEVER. */
static bool tick_wishes(struct pods *pods, uint64_t now_ms, uint64_t *next_ms)
{
    bool has_news = false;

    LIST_FOR_SAFE (it, after, &pods->wishes) {
        struct wish *wish = CONTAINER_OF(it, struct wish, link);

        if (wish->repeated_ms + WISH_MS <= now_ms) {
            pods_wish_free(pods, wish);
            continue;
        }
        sooner(next_ms, wish->repeated_ms + WISH_MS);
        if (wish->was_told)
            continue;
        wish->was_told = is_never(pods, wish);
        has_news = has_news || wish->was_told;
        if (!wish->was_told)
            sooner(next_ms, ripe_ms(pods, wish->asked_ms));
    }
    return has_news;
}

/* True: some are waited for no more. */
static bool tick_spaces(struct pods *pods, uint64_t now_ms, uint64_t *next_ms)
{
    bool has_news = false;

    if (!pods->knowing.wants_spaces)
        return false;
    LIST_FOR (it, &pods->live) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);
        uint64_t at_ms = bare_ms(pods, e);
        bool is_due = at_ms != 0 && at_ms <= now_ms;

        has_news = has_news || (is_due && !e->was_bare_told);
        e->was_bare_told = is_due;
        if (at_ms > now_ms)
            sooner(next_ms, at_ms);
    }
    return has_news;
}

uint64_t pods_tick(struct pods *pods)
{
    uint64_t now_ms = clock_ms(), next_ms = UINT64_MAX;
    bool has_news;

    tick_gone(pods, now_ms, &next_ms);
    has_news = tick_wishes(pods, now_ms, &next_ms);
    has_news = tick_spaces(pods, now_ms, &next_ms) || has_news;
    pods_check(pods);
    if (has_news)
        pods_tell(pods, NULL);
    CHECK(next_ms > now_ms);
    return next_ms;
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
