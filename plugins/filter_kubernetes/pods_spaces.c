#include "plugins/filter_kubernetes/pods_self.h"

/* ---- the pods of one ---- */

static void space_uncount(struct pods *pods, const struct space *s)
{
    CHECK(pods->counts.space_bytes >= s->bytes && pods->counts.bytes >= s->bytes);
    pods->counts.bytes -= s->bytes;
    pods->counts.space_bytes -= s->bytes;
}

static void space_delete(struct pods *pods, struct space *s)
{
    s->is_deleted = true;
    if (s->uses > 0)
        return;
    (void)map_remove(&pods->index.spaces, s->view.name);
    pods->counts.spaces--;
    space_uncount(pods, s);
    pod_space_free(s);
}

void pods_join(struct entry *e, struct space *s)
{
    CHECK(e->pod.space == NULL);
    e->pod.space = &s->view;
    s->uses++;
}

void pods_leave(struct pods *pods, struct entry *e)
{
    struct space *s;

    if (e->pod.space == NULL)
        return;
    s = CONTAINER_OF(e->pod.space, struct space, view);
    e->pod.space = NULL;
    CHECK(s->uses > 0);
    s->uses--;
    if (s->is_deleted)
        space_delete(pods, s);
}

/* ---- coming, changing, going ---- */

static void space_told(struct pods *pods, struct list *list, struct space *s)
{
    LIST_FOR (it, list) {
        struct entry *e = CONTAINER_OF(it, struct entry, link);

        if (!slice_equal(e->pod.namespace_name, s->view.name))
            continue;
        if (e->pod.space == NULL)
            pods_join(e, s);
        e->pod.version = ++pods->last_version;
    }
}

static bool space_has_room(struct pods *pods, const struct pod_namespace *view, size_t old_bytes)
{
    size_t bytes = view->name.len + view->labels.len + view->annotations.len;
    bool fits =
        (pods->counts.spaces < SPACES_MAX || old_bytes > 0) && bytes <= POD_BYTES_MAX &&
        (bytes <= old_bytes || pods->counts.space_bytes - old_bytes + bytes <= SPACES_BYTES_MAX);

    pods->counts.left_out += !fits;
    return fits;
}

/* Entries come and go where listeners are told, so those in the namespace are told all at once. */
void pods_space_put(struct pods *pods, const struct pod_namespace *view)
{
    struct space *s = map_get(&pods->index.spaces, view->name);
    bool is_new = s == NULL;

    if (s != NULL)
        s->put_ms = clock_ms();
    if ((s != NULL && !s->is_deleted && pod_space_is(s, view)) || !pods->knowing.wants_spaces)
        return;
    if (!space_has_room(pods, view, s != NULL ? s->bytes : 0))
        return;
    if (s != NULL)
        space_uncount(pods, s);
    s = pod_space_fill(s, view);
    s->put_ms = clock_ms();
    pods->counts.bytes += s->bytes;
    pods->counts.space_bytes += s->bytes;
    if (is_new) {
        (void)map_put(&pods->index.spaces, s->view.name, s);
        pods->counts.spaces++;
    }
    space_told(pods, &pods->live, s);
    space_told(pods, &pods->gone, s);
    if (s->uses > 0)
        pods_tell(pods, NULL);
    pods_check(pods);
}

void pods_space_keep(struct pods *pods, struct slice name)
{
    struct space *s = map_get(&pods->index.spaces, name);
    struct pod_namespace empty = {.name = name};

    if (s != NULL)
        s->put_ms = clock_ms();
    else
        pods_space_put(pods, &empty);
}

struct slice pods_space_stale(const struct pods *pods, uint64_t put_before_ms)
{
    size_t at = 0;
    struct slice key;
    void *value;

    while (map_next(&pods->index.spaces, &at, &key, &value)) {
        const struct space *s = value;

        if (s->uses > 0 && s->put_ms < put_before_ms)
            return s->view.name;
    }
    return SLICE("");
}

void pods_space_remove(struct pods *pods, struct slice name)
{
    struct space *s = map_get(&pods->index.spaces, name);

    if (s != NULL)
        space_delete(pods, s);
}
