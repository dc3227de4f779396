#include "plugins/filter_kubernetes/pods_self.h"

/*
 * What is asked for and not there: a wish for each pod, and pods that wait for their namespaces; and what
 * time does to them, and to pods that are gone.
 *
 *   pods_wish    POD_NOT_YET: the source is told
 *   pods_fulfil  pods came
 *   pods_deny    the source has asked, and there is no such pod
 *   pods_tick    POD_NEVER, when every change has been seen for long enough; nobody repeats it: forgotten
 */

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
    CHECK(rest.len == query->container_id.len);
    wish->query.container_id = rest;
    wish->asked_ms = clock_ms();
    list_add_tail(&pods->wishes, &wish->link);
    (void)map_put(&pods->index.wishes, key, wish);
    pods->counts.wishes++;
    CHECK(pods->counts.wishes <= WISHES_MAX);
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

enum pod_answer pods_wish(struct pods *pods, const struct pod_query *query)
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

void pods_fulfil(struct pods *pods)
{
    LIST_FOR_SAFE (it, after, &pods->wishes) {
        struct wish *wish = CONTAINER_OF(it, struct wish, link);

        if (pods_has(pods, &wish->query))
            pods_wish_free(pods, wish);
    }
}

void pods_deny(struct pods *pods, struct wish *wish, uint64_t until_ms)
{
    wish->denied_until_ms = until_ms;
    wish->was_told = true;
    pods_tell(pods, NULL);
}

/* ---- namespaces that are waited for ---- */

uint64_t pods_bare_ms(const struct pods *pods, const struct entry *e)
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
        uint64_t at_ms = pods_bare_ms(pods, e);
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
