#include "plugins/filter_kubernetes/pods_self.h"

/* ---- the block: containers, then texts ---- */

static struct slice pack(char **to, struct slice text)
{
    struct slice copy = slice_make(*to, text.len);

    if (text.len == 0)
        return SLICE("");
    *to = mempcpy(*to, text.data, text.len);
    return copy;
}

static size_t text_bytes(const struct pod_facts *facts)
{
    const struct pod *pod = &facts->pod;
    size_t bytes = pod->namespace_name.len + pod->name.len + pod->uid.len + pod->labels.len +
                   pod->annotations.len + pod->owners.len + pod->node.len + pod->pod_ip.len +
                   facts->config_hash.len;

    for (uint32_t i = 0; i < pod->container_count; i++) {
        const struct pod_container *c = &pod->containers[i];

        bytes += c->name.len + c->id.len + c->last_id.len + c->image.len + c->hash.len;
    }
    return bytes;
}

size_t facts_bytes(const struct pod_facts *facts)
{
    return sizeof(struct entry) + facts->pod.container_count * sizeof(struct pod_container) +
           text_bytes(facts);
}

static void pack_containers(struct entry *e, const struct pod *from, char **to)
{
    struct pod_container *items = (struct pod_container *)(void *)e->block;

    for (uint32_t i = 0; i < from->container_count; i++) {
        const struct pod_container *c = &from->containers[i];

        items[i] = (struct pod_container){
            .name = pack(to, c->name),
            .id = pack(to, c->id),
            .last_id = pack(to, c->last_id),
            .image = pack(to, c->image),
            .hash = pack(to, c->hash),
        };
    }
    e->pod.containers = items;
    e->pod.container_count = from->container_count;
}

static void pack_pod(struct entry *e, const struct pod_facts *facts)
{
    const struct pod *from = &facts->pod;
    size_t head = from->container_count * sizeof(struct pod_container);
    size_t bytes = head + text_bytes(facts);
    char *to;

    e->block = mem_alloc(bytes + 1);
    to = e->block + head;
    e->pod.namespace_name = pack(&to, from->namespace_name);
    e->pod.name = pack(&to, from->name);
    e->pod.uid = pack(&to, from->uid);
    e->pod.labels = pack(&to, from->labels);
    e->pod.annotations = pack(&to, from->annotations);
    e->pod.owners = pack(&to, from->owners);
    e->pod.node = pack(&to, from->node);
    e->pod.pod_ip = pack(&to, from->pod_ip);
    e->config_hash = pack(&to, facts->config_hash);
    pack_containers(e, from, &to);
    CHECK(to == e->block + bytes);
    e->bytes = facts_bytes(facts);
}

/* ---- ids of containers ---- */

static bool is_past(const struct entry *e, uint64_t hash)
{
    for (unsigned i = 0; i < PAST_IDS_MAX; i++)
        if (e->past_ids[i] == hash)
            return true;
    return false;
}

static void remember(struct entry *e, struct slice id)
{
    uint64_t hash = slice_hash(id);

    if (id.len == 0 || is_past(e, hash))
        return;
    memmove(e->past_ids + 1, e->past_ids, sizeof e->past_ids - sizeof e->past_ids[0]);
    e->past_ids[0] = hash;
}

static bool id_is(struct slice id, struct slice asked)
{
    return id.len > 0 && slice_begins(id, asked) && (id.len == asked.len || asked.len >= 12);
}

bool pod_entry_has_id(const struct entry *e, struct slice id)
{
    CHECK(id.len > 0);
    for (uint32_t i = 0; i < e->pod.container_count; i++)
        if (id_is(e->pod.containers[i].id, id) || id_is(e->pod.containers[i].last_id, id))
            return true;
    return is_past(e, slice_hash(id));
}

/* ---- entries ---- */

struct entry *pod_entry_fill(struct entry *old, const struct pod_facts *facts)
{
    struct entry *e = old != NULL ? old : mem_zalloc(1, sizeof *e);
    char *block = e->block;

    for (uint32_t i = 0; i < e->pod.container_count; i++)
        remember(e, e->pod.containers[i].id);
    pack_pod(e, facts);
    mem_free(block);
    return e;
}

void pod_entry_free(struct entry *e)
{
    CHECK(e->refs == 0 && e->pods == NULL && e->pod.space == NULL);
    mem_free(e->block);
    mem_free(e);
}

static bool containers_are(const struct pod *a, const struct pod *b)
{
    if (a->container_count != b->container_count)
        return false;
    for (uint32_t i = 0; i < a->container_count; i++) {
        const struct pod_container *x = &a->containers[i], *y = &b->containers[i];

        if (!slice_equal(x->name, y->name) || !slice_equal(x->id, y->id) ||
            !slice_equal(x->last_id, y->last_id) || !slice_equal(x->image, y->image) ||
            !slice_equal(x->hash, y->hash))
            return false;
    }
    return true;
}

bool pod_entry_is(const struct entry *e, const struct pod_facts *facts)
{
    const struct pod *a = &e->pod, *b = &facts->pod;

    return slice_equal(a->namespace_name, b->namespace_name) && slice_equal(a->name, b->name) &&
           slice_equal(a->uid, b->uid) && slice_equal(a->labels, b->labels) &&
           slice_equal(a->annotations, b->annotations) && slice_equal(a->owners, b->owners) &&
           slice_equal(a->node, b->node) && slice_equal(a->pod_ip, b->pod_ip) &&
           slice_equal(e->config_hash, facts->config_hash) && containers_are(a, b);
}

/* ---- namespaces ---- */

struct space *pod_space_fill(struct space *old, const struct pod_namespace *view)
{
    struct space *s = old != NULL ? old : mem_zalloc(1, sizeof *s);
    char *block = s->block, *to;

    s->bytes = sizeof *s + view->name.len + view->labels.len + view->annotations.len;
    s->block = to = mem_alloc(s->bytes - sizeof *s + 1);
    s->view.name = pack(&to, view->name);
    s->view.labels = pack(&to, view->labels);
    s->view.annotations = pack(&to, view->annotations);
    s->is_deleted = false;
    mem_free(block);
    return s;
}

void pod_space_free(struct space *s)
{
    CHECK(s->uses == 0);
    mem_free(s->block);
    mem_free(s);
}

bool pod_space_is(const struct space *s, const struct pod_namespace *view)
{
    return slice_equal(s->view.name, view->name) && slice_equal(s->view.labels, view->labels) &&
           slice_equal(s->view.annotations, view->annotations);
}
