#include "plugins/filter_kubernetes/pods_self.h"

void pods_check(const struct pods *pods)
{
    const struct pods_counts *counts = &pods->counts;

    CHECK(counts->live + counts->gone <= PODS_MAX && counts->wishes <= WISHES_MAX);
    CHECK(counts->spaces <= SPACES_MAX);
    CHECK((counts->live == 0) == list_is_empty(&pods->live));
    CHECK((counts->gone == 0) == list_is_empty(&pods->gone));
    CHECK(pods->index.by_uid.count == counts->live + counts->gone);
}

struct pods *pods_new(bool wants_spaces, pods_wished_fn *wished, void *owner)
{
    struct pods *pods = mem_zalloc(1, sizeof *pods);

    CHECK(wished != NULL);
    list_init(&pods->live);
    list_init(&pods->gone);
    list_init(&pods->wishes);
    list_init(&pods->listeners);
    pods->knowing.wants_spaces = wants_spaces;
    pods->wished = wished;
    pods->owner = owner;
    return pods;
}

/* ---- listeners ---- */

void pods_listen(struct pods *pods, struct pods_listener *listener)
{
    CHECK(listener->changed != NULL);
    list_add_tail(&pods->listeners, &listener->link);
}

void pods_unlisten(struct pods_listener *listener)
{
    list_remove(&listener->link);
}

void pods_tell(struct pods *pods, const struct pod *pod)
{
    pods->counts.change_count++;
    LIST_FOR_SAFE (it, after, &pods->listeners) {
        struct pods_listener *listener = CONTAINER_OF(it, struct pods_listener, link);

        listener->changed(listener->owner, pod);
    }
}

/* ---- keys ---- */

struct slice pods_key(struct pods *pods, struct slice namespace_name, struct slice name)
{
    buffer_clear(&pods->scratch);
    buffer_append(&pods->scratch, namespace_name);
    buffer_append_byte(&pods->scratch, '/');
    buffer_append(&pods->scratch, name);
    return buffer_view(&pods->scratch);
}

/* A pod from a file may have no UID: then its name stands for it. */
static struct slice key_of(struct pods *pods, const struct pod *pod)
{
    return pod->uid.len > 0 ? pod->uid : pods_key(pods, pod->namespace_name, pod->name);
}

/* ---- indices ---- */

static void index_by_name(struct pods *pods, struct entry *e)
{
    struct slice key = pods_key(pods, e->pod.namespace_name, e->pod.name);

    e->older = map_put(&pods->index.by_name, key, e);
    CHECK(e->older != e);
}

static void unindex_by_name(struct pods *pods, struct entry *e)
{
    struct slice key = pods_key(pods, e->pod.namespace_name, e->pod.name);
    struct entry *newer = map_get(&pods->index.by_name, key);

    CHECK(newer != NULL);
    if (newer != e) {
        while (newer->older != e)
            newer = newer->older;
        newer->older = e->older;
    } else if (e->older != NULL) {
        (void)map_put(&pods->index.by_name, key, e->older);
    } else {
        (void)map_remove(&pods->index.by_name, key);
    }
    e->older = NULL;
}

static void index_add(struct pods *pods, struct entry *e)
{
    void *old = map_put(&pods->index.by_uid, key_of(pods, &e->pod), e);

    CHECK(old == NULL);
    index_by_name(pods, e);
    if (e->config_hash.len > 0)
        (void)map_put(&pods->index.by_hash, e->config_hash, e);
}

static void index_remove(struct pods *pods, struct entry *e)
{
    void *old = map_remove(&pods->index.by_uid, key_of(pods, &e->pod));

    CHECK(old == e);
    unindex_by_name(pods, e);
    if (e->config_hash.len > 0 && map_get(&pods->index.by_hash, e->config_hash) == e)
        (void)map_remove(&pods->index.by_hash, e->config_hash);
}

/* ---- going ---- */

static void unlist(struct entry *e)
{
    uint32_t *count = e->is_gone ? &e->pods->counts.gone : &e->pods->counts.live;

    list_remove(&e->link);
    CHECK(*count > 0);
    (*count)--;
}

static void enlist(struct entry *e, bool is_gone)
{
    struct pods *pods = e->pods;

    e->is_gone = is_gone;
    list_add_tail(is_gone ? &pods->gone : &pods->live, &e->link);
    (*(is_gone ? &pods->counts.gone : &pods->counts.live))++;
}

/* Whoever still has it keeps the texts of its own; the namespace's are only lent to it. */
void pods_forget(struct entry *e)
{
    struct pods *pods = e->pods;

    index_remove(pods, e);
    unlist(e);
    pods->counts.bytes -= e->bytes;
    pods_leave(pods, e);
    e->pods = NULL;
    if (e->refs == 0)
        pod_entry_free(e);
}

/* Room is made by what was deleted first. */
static bool forget_oldest(struct pods *pods)
{
    if (list_is_empty(&pods->gone))
        return false;
    pods_forget(CONTAINER_OF(pods->gone.next, struct entry, link));
    return true;
}

static void entry_delete(struct entry *e)
{
    struct pods *pods = e->pods;

    if (e->is_gone)
        return;
    unlist(e);
    enlist(e, true);
    e->times.idle_ms = clock_ms();
    if (pods->counts.gone > PODS_GONE_MAX)
        (void)forget_oldest(pods);
    CHECK(e->pods == pods);
    pods_tell(pods, &e->pod);
    pods_check(pods);
}

void pods_remove(struct pods *pods, const struct pod *pod)
{
    struct entry *e = map_get(&pods->index.by_uid, key_of(pods, pod));

    if (e != NULL)
        entry_delete(e);
}

/* ---- coming and changing ---- */

/* What a pod has grown by, or all of a new one. */
static bool has_room(const struct pods *pods, const struct pod_facts *facts, size_t old_bytes)
{
    size_t bytes = facts_bytes(facts);
    size_t most = facts->pod.annotations.len > 0 ? PODS_ANNOTATED_BYTES_MAX : PODS_BYTES_MAX;
    bool is_new = old_bytes == 0;

    if (bytes <= old_bytes)
        return true;
    return pods->counts.bytes + bytes - old_bytes <= most &&
           pods->counts.live + pods->counts.gone + is_new <= PODS_MAX;
}

/* False: there is none, not even without annotations. `old_bytes` are given back. */
static bool make_room(struct pods *pods, struct pod_facts *facts, size_t old_bytes)
{
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        bool fits = facts_bytes(facts) <= POD_BYTES_MAX;

        while (fits && !has_room(pods, facts, old_bytes) && forget_oldest(pods))
            continue;
        if (fits && has_room(pods, facts, old_bytes))
            return true;
        pods->counts.left_out++;
        facts->pod.annotations = SLICE("");
    }
    return false;
}

static void entry_put_back(struct entry *e)
{
    if (!e->is_gone)
        return;
    unlist(e);
    enlist(e, false);
}

static void entry_settle(struct pods *pods, struct entry *e)
{
    struct space *s = map_get(&pods->index.spaces, e->pod.namespace_name);

    if (s != NULL && pods->knowing.wants_spaces)
        pods_join(e, s);
}

static struct entry *entry_add(struct pods *pods, const struct pod_facts *facts)
{
    struct entry *e = pod_entry_fill(NULL, facts);

    e->pods = pods;
    enlist(e, false);
    index_add(pods, e);
    entry_settle(pods, e);
    e->times.came_ms = e->times.asked_ms = clock_ms();
    return e;
}

/* Its keys may change but for the UID: a mirror pod's hash; where a UID is given twice, any. */
static void entry_change(struct pods *pods, struct entry *e, const struct pod_facts *facts)
{
    bool has_moved = !slice_equal(e->pod.namespace_name, facts->pod.namespace_name);

    index_remove(pods, e);
    (void)pod_entry_fill(e, facts);
    index_add(pods, e);
    if (has_moved) {
        pods_leave(pods, e);
        entry_settle(pods, e);
    }
}

static bool entry_put(struct pods *pods, struct entry *e, struct pod_facts *facts)
{
    size_t old_bytes = e != NULL ? e->bytes : 0;
    bool was_gone = e != NULL && e->is_gone;

    if (e != NULL)
        entry_put_back(e); /* so that making room does not take it */
    if (e != NULL && (pod_entry_is(e, facts) || !make_room(pods, facts, old_bytes))) {
        e->times.put_ms = clock_ms();
        e->round = pods->round;
        return was_gone;
    }
    if (e == NULL && !make_room(pods, facts, 0))
        return false;
    if (e == NULL)
        e = entry_add(pods, facts);
    else
        entry_change(pods, e, facts);
    pods->counts.bytes = pods->counts.bytes - old_bytes + e->bytes;
    e->pod.version = ++pods->last_version;
    e->times.put_ms = clock_ms();
    e->round = pods->round;
    return true;
}

bool pods_put(struct pods *pods, const struct pod_facts *facts)
{
    struct entry *e = map_get(&pods->index.by_uid, key_of(pods, &facts->pod));
    struct pod_facts fitted = *facts;

    CHECK(facts->pod.name.len > 0 && facts->pod.namespace_name.len > 0);
    if (!entry_put(pods, e, &fitted))
        return false;
    e = map_get(&pods->index.by_uid, key_of(pods, &facts->pod));
    CHECK(e != NULL && !e->is_gone);
    pods_fulfil(pods);
    pods_tell(pods, &e->pod);
    pods_check(pods);
    return true;
}

/* ---- rounds ---- */

void pods_round_begin(struct pods *pods)
{
    pods->round++;
    pods->has_round = true;
}

static struct entry *not_in_round(const struct pods *pods)
{
    LIST_FOR (it, &pods->live) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (e->round != pods->round)
            return e;
    }
    return NULL;
}

/* Who is told of one may change anything, so the walk begins anew. */
void pods_round_end(struct pods *pods)
{
    struct entry *e;

    CHECK(pods->has_round);
    pods->has_round = false;
    while ((e = not_in_round(pods)) != NULL)
        entry_delete(e);
    pods_mark_begun(pods);
}

void pods_mark_begun(struct pods *pods)
{
    if (pods->knowing.has_begun)
        return;
    pods->knowing.has_begun = true;
    pods_tell(pods, NULL);
}

/* ---- the end ---- */

static void forget_all(struct list *list)
{
    while (!list_is_empty(list)) {
        struct entry *e = CONTAINER_OF(list->next, struct entry, link);

        CHECK(e->refs == 0);
        pods_forget(e);
    }
}

static void spaces_free(struct pods *pods)
{
    size_t at = 0;
    struct slice key;
    void *value;

    while (map_next(&pods->index.spaces, &at, &key, &value))
        pod_space_free(value);
    map_fini(&pods->index.spaces);
}

void pods_free(struct pods **address)
{
    struct pods *pods = *address;

    *address = NULL;
    if (pods == NULL)
        return;
    while (!list_is_empty(&pods->wishes))
        pods_wish_free(pods, CONTAINER_OF(pods->wishes.next, struct wish, link));
    forget_all(&pods->live);
    forget_all(&pods->gone);
    spaces_free(pods);
    CHECK(list_is_empty(&pods->listeners));
    map_fini(&pods->index.by_uid);
    map_fini(&pods->index.by_name);
    map_fini(&pods->index.by_hash);
    map_fini(&pods->index.wishes);
    buffer_fini(&pods->scratch);
    mem_free(pods);
}
