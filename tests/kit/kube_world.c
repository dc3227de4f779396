#include "kit/kube_world.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENTS_MAX 65536

struct thing {
    char *key;  /* the UID of a pod, the name of a namespace; NULL: free */
    char *path; /* "/api/v1/namespaces/shop/pods/web-0" */
    char *node; /* NULL: a namespace */
    char *text; /* without its version */
};

struct event {
    char *text; /* NULL: forgotten */
    uint64_t version;
    bool is_space, is_bookmark;
};

struct kube_world {
    struct thing things[KUBE_PODS_MAX];
    struct event events[EVENTS_MAX];
    unsigned event_count;
    uint64_t version, oldest; /* a watch may go on from `oldest` */
};

struct kube_world *kube_world_new(void)
{
    struct kube_world *world = mem_zalloc(1, sizeof *world);

    world->version = world->oldest = 1000;
    return world;
}

static void thing_free(struct thing *thing)
{
    mem_free(thing->key);
    mem_free(thing->path);
    mem_free(thing->node);
    mem_free(thing->text);
    *thing = (struct thing){0};
}

void kube_world_free(struct kube_world **address)
{
    struct kube_world *world = *address;

    *address = NULL;
    for (unsigned i = 0; i < KUBE_PODS_MAX; i++)
        thing_free(&world->things[i]);
    for (unsigned i = 0; i < world->event_count; i++)
        mem_free(world->events[i].text);
    mem_free(world);
}

/* ---- objects ---- */

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* What is in every pod and is nobody's business here: some six kilobytes. */
static void put_ballast(struct buffer *out)
{
    buffer_append_text(out, "\"managedFields\":[");
    for (unsigned i = 0; i < 3; i++) {
        buffer_append_format(out,
                             "%s{\"manager\":\"kubelet\",\"operation\":\"Update\",\"fieldsV1\":{",
                             i > 0 ? "," : "");
        for (unsigned f = 0; f < 30; f++)
            buffer_append_format(out, "%s\"f:spec-%u\":{\"k:{\\\"uid\\\":\\\"%u\\\"}\":{\".\":{}}}",
                                 f > 0 ? "," : "", f, f);
        buffer_append_text(out, "}}");
    }
    buffer_append_text(out, "]");
}

/* A container that has no id yet is still being made. */
static void put_status(struct buffer *out, const struct kube_pod *pod)
{
    bool is_running = pod->container_id != NULL;

    buffer_append_format(out, "\"status\":{\"phase\":\"%s\",\"conditions\":[",
                         is_running ? "Running" : "Pending");
    for (unsigned i = 0; i < 4; i++)
        buffer_append_format(out,
                             "%s{\"type\":\"Ready%u\",\"status\":\"True\",\"lastProbeTime\":null,"
                             "\"lastTransitionTime\":\"2026-11-21T10:00:00Z\"}",
                             i > 0 ? "," : "", i);
    if (is_running)
        buffer_append_format(out,
                             "],\"podIP\":\"10.1.2.3\",\"containerStatuses\":[{\"name\":\"main\","
                             "\"containerID\":\"containerd://%s\","
                             "\"image\":\"registry.example/shop/web:1.2.3\",\"imageID\":"
                             "\"registry.example/shop/web@sha256:0123456789abcdef\"}]}",
                             pod->container_id);
    else
        buffer_append_text(out, "],\"containerStatuses\":[{\"name\":\"main\",\"image\":"
                                "\"shop/web:1.2.3\",\"imageID\":\"\",\"state\":{\"waiting\":{"
                                "\"reason\":\"ContainerCreating\"}}}]}");
}

static char *pod_text(const struct kube_pod *pod)
{
    struct buffer out = {0};
    char *text;

    buffer_append_format(&out,
                         "\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"labels\":{%s},",
                         or_else(pod->name, "web-0"), or_else(pod->namespace_name, "shop"),
                         or_else(pod->uid, "u1"), or_else(pod->labels, ""));
    buffer_append_format(&out, "\"annotations\":{%s", or_else(pod->annotations, ""));
    if (pod->annotation_bytes > 0) {
        buffer_append_format(&out, "%s\"long\":\"", pod->annotations != NULL ? "," : "");
        memset(buffer_reserve(&out, pod->annotation_bytes), 'x', pod->annotation_bytes);
        buffer_commit(&out, pod->annotation_bytes);
        buffer_append_text(&out, "\"");
    }
    buffer_append_text(&out,
                       "},\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":"
                       "\"ReplicaSet\",\"name\":\"web\",\"uid\":\"r1\",\"controller\":true}],");
    put_ballast(&out);
    buffer_append_format(&out,
                         "},\"spec\":{\"nodeName\":\"%s\",\"volumes\":[{\"name\":\"token\"}],"
                         "\"containers\":[{\"name\":\"main\",\"image\":\"shop/web:1.2.3\","
                         "\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]},",
                         or_else(pod->node, "n1"));
    put_status(&out, pod);
    text = mem_text(buffer_text(&out));
    buffer_fini(&out);
    return text;
}

/* The text with its version put in front. */
static void put_object(struct buffer *out, const char *kind, const char *text, uint64_t version)
{
    buffer_append_format(out,
                         "{\"kind\":\"%s\",\"apiVersion\":\"v1\",\"metadata\":{"
                         "\"resourceVersion\":\"%" PRIu64 "\",%s}",
                         kind, version, text);
}

static struct thing *thing_find(struct kube_world *world, const char *key)
{
    for (unsigned i = 0; i < KUBE_PODS_MAX; i++)
        if (world->things[i].key != NULL && strcmp(world->things[i].key, key) == 0)
            return &world->things[i];
    return NULL;
}

static struct thing *thing_new(struct kube_world *world, const char *key)
{
    for (unsigned i = 0; i < KUBE_PODS_MAX; i++) {
        if (world->things[i].key != NULL)
            continue;
        world->things[i].key = mem_text(key);
        return &world->things[i];
    }
    CHECK(false);
    return NULL;
}

static void happen(struct kube_world *world, const char *type, const struct thing *thing)
{
    struct buffer out = {0};
    struct event *event = &world->events[world->event_count++];

    CHECK(world->event_count < EVENTS_MAX);
    event->version = ++world->version;
    event->is_space = thing->node == NULL;
    buffer_append_format(&out, "{\"type\":\"%s\",\"object\":", type);
    put_object(&out, event->is_space ? "Namespace" : "Pod", thing->text, event->version);
    buffer_append_text(&out, "}\n");
    event->text = mem_text(buffer_text(&out));
    buffer_fini(&out);
}

void kube_world_put(struct kube_world *world, const struct kube_pod *pod)
{
    const char *uid = or_else(pod->uid, "u1");
    struct thing *thing = thing_find(world, uid);
    bool is_new = thing == NULL;

    if (is_new)
        thing = thing_new(world, uid);
    mem_free(thing->text);
    mem_free(thing->path);
    mem_free(thing->node);
    thing->text = pod_text(pod);
    thing->node = mem_text(or_else(pod->node, "n1"));
    thing->path = mem_format("/api/v1/namespaces/%s/pods/%s ", or_else(pod->namespace_name, "shop"),
                             or_else(pod->name, "web-0"));
    happen(world, is_new ? "ADDED" : "MODIFIED", thing);
}

void kube_world_put_space(struct kube_world *world, const char *name, const char *labels)
{
    struct thing *thing = thing_find(world, name);
    bool is_new = thing == NULL;

    if (is_new)
        thing = thing_new(world, name);
    mem_free(thing->text);
    mem_free(thing->path);
    thing->text = mem_format("\"name\":\"%s\",\"labels\":{%s}}", name, labels);
    thing->path = mem_format("/api/v1/namespaces/%s ", name);
    happen(world, is_new ? "ADDED" : "MODIFIED", thing);
}

void kube_world_delete(struct kube_world *world, const char *uid)
{
    struct thing *thing = thing_find(world, uid);

    CHECK(thing != NULL);
    happen(world, "DELETED", thing);
    thing_free(thing);
}

/* ---- what happened ---- */

void kube_world_bookmark(struct kube_world *world)
{
    struct event *event = &world->events[world->event_count++];

    CHECK(world->event_count < EVENTS_MAX);
    *event = (struct event){.version = ++world->version, .is_bookmark = true};
    event->text = mem_format("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{"
                             "\"resourceVersion\":\"%" PRIu64 "\",\"creationTimestamp\":null}}}\n",
                             event->version);
}

void kube_world_compact(struct kube_world *world)
{
    world->oldest = ++world->version;
}

bool kube_world_has(const struct kube_world *world, uint64_t version)
{
    return version >= world->oldest;
}

/* Events are in the order of their versions. */
static unsigned first_after(const struct kube_world *world, uint64_t version)
{
    unsigned low = 0, high = world->event_count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (world->events[middle].version <= version)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool kube_world_event(struct kube_world *world, bool spaces, uint64_t *seen, struct buffer *out)
{
    for (unsigned i = first_after(world, *seen); i < world->event_count; i++) {
        const struct event *event = &world->events[i];

        if ((event->is_space != spaces && !event->is_bookmark))
            continue;
        *seen = event->version;
        buffer_append_text(out, event->text);
        return true;
    }
    return false;
}

/* ---- lists and single objects ---- */

static bool is_selected(const struct thing *thing, enum kube_kind kind, const char *request)
{
    const char *selector = strstr(request, "nodeName%3D");
    size_t len = thing->node != NULL ? strlen(thing->node) : 0;

    if (thing->key == NULL)
        return false;
    if (kind == KUBE_LIST_SPACES)
        return thing->node == NULL;
    if (thing->node == NULL || kind == KUBE_KUBELET)
        return thing->node != NULL;
    return selector == NULL || (strncmp(selector + 11, thing->node, len) == 0 &&
                                strchr(" &", selector[11 + len]) != NULL);
}

static unsigned number_of(const char *request, const char *name, unsigned otherwise)
{
    const char *at = strstr(request, name);

    return at != NULL ? (unsigned)strtoul(at + strlen(name), NULL, 10) : otherwise;
}

static void put_list(const struct kube_world *world, enum kube_kind kind, const char *request,
                     struct buffer *out)
{
    unsigned from = number_of(request, "continue=", 0);
    unsigned limit = number_of(request, "limit=", UINT32_MAX);
    unsigned count = 0, more = 0;

    buffer_append_text(out, "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[");
    for (unsigned i = from; i < KUBE_PODS_MAX && more == 0; i++) {
        const struct thing *thing = &world->things[i];

        if (!is_selected(thing, kind, request))
            continue;
        if (count == limit) {
            more = i;
            continue;
        }
        buffer_append_text(out, count++ > 0 ? "," : "");
        put_object(out, "Pod", thing->text, world->version);
    }
    buffer_append_format(out, "],\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\"",
                         world->version);
    if (more > 0)
        buffer_append_format(out, ",\"continue\":\"%u\"", more);
    buffer_append_text(out, "}}\n");
}

bool kube_world_answer(const struct kube_world *world, enum kube_kind kind, const char *request,
                       struct buffer *out)
{
    if (kind == KUBE_LIST || kind == KUBE_LIST_SPACES || kind == KUBE_KUBELET) {
        put_list(world, kind, request, out);
        return true;
    }
    for (unsigned i = 0; i < KUBE_PODS_MAX; i++) {
        const struct thing *thing = &world->things[i];

        if (thing->key == NULL || strncmp(request + 4, thing->path, strlen(thing->path)) != 0)
            continue;
        put_object(out, "Pod", thing->text, world->version);
        return true;
    }
    return false;
}

void kube_world_status(struct buffer *out, int status, const char *message)
{
    buffer_append_format(out,
                         "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                         "\"status\":\"Failure\",\"message\":\"%s\",\"reason\":\"R\",\"code\":%d}",
                         message, status);
}

void kube_world_gone_event(struct buffer *out)
{
    buffer_append_text(out, "{\"type\":\"ERROR\",\"object\":");
    kube_world_status(out, 410, "too old resource version");
    buffer_append_text(out, "}\n");
}
