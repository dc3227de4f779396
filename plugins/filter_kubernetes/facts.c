#include "plugins/filter_kubernetes/facts.h"

#include <uv.h>

/* ---- what is wanted ---- */

/* A label's value has 63 characters at most; annotations have no such limit, but 256 KiB together. */
#define ANNOTATION_BYTES_MAX (32U << 10)

static const struct cut_shape of_annotations[] = {{.key = "*", .bytes_max = ANNOTATION_BYTES_MAX},
                                                  {0}};
static const struct cut_shape of_labels[] = {{.key = "*", .bytes_max = 4096}, {0}};

static const struct cut_shape of_metadata[] = {
    {.key = "name"},
    {.key = "namespace"},
    {.key = "uid"},
    {.key = "resourceVersion"},
    {.key = "continue"},
    {.key = "labels", .members = of_labels},
    {.key = "annotations", .members = of_annotations},
    {.key = "ownerReferences"},
    {0},
};

static const struct cut_shape of_container[] = {{.key = "name"}, {.key = "image"}, {0}};

static const struct cut_shape of_spec[] = {
    {.key = "nodeName"},
    {.key = "containers", .members = of_container},
    {.key = "initContainers", .members = of_container},
    {.key = "ephemeralContainers", .members = of_container},
    {0},
};

static const struct cut_shape of_terminated[] = {{.key = "containerID"}, {0}};
static const struct cut_shape of_state[] = {{.key = "terminated", .members = of_terminated}, {0}};

static const struct cut_shape of_container_status[] = {
    {.key = "name"},
    {.key = "image"},
    {.key = "imageID"},
    {.key = "containerID"},
    {.key = "lastState", .members = of_state},
    {0},
};

static const struct cut_shape of_status[] = {
    {.key = "podIP"},
    {.key = "containerStatuses", .members = of_container_status},
    {.key = "initContainerStatuses", .members = of_container_status},
    {.key = "ephemeralContainerStatuses", .members = of_container_status},
    {0},
};

/* A Status has the text "Failure" where a pod has its status. */
#define OBJECT_MEMBERS                                                                  \
    {.key = "metadata", .members = of_metadata}, {.key = "spec", .members = of_spec},   \
        {.key = "status", .members = of_status}, {.key = "reason"}, {.key = "message"}, \
    {                                                                                   \
        .key = "code"                                                                   \
    }

static const struct cut_shape of_object[] = {OBJECT_MEMBERS, {0}};

const struct cut_shape facts_shape[] = {
    {.key = "type"},
    {.key = "object", .members = of_object},
    {.key = "items", .members = of_object, .has_items = true},
    OBJECT_MEMBERS,
    {0},
};

/* ---- reading ---- */

void facts_reader_init(struct facts_reader *reader, const struct source_wants *wants)
{
    *reader = (struct facts_reader){.wants = wants};
    json_scanner_init(&reader->json);
    arena_init(&reader->arena);
}

void facts_reader_fini(struct facts_reader *reader)
{
    json_scanner_fini(&reader->json);
    arena_fini(&reader->arena);
}

/* The value of a member; empty where there is none. */
static struct slice member(struct slice object, const char *key)
{
    struct slice value;

    if (object.len == 0 || object.data[0] != '{' || !json_find(object, slice_of(key), &value))
        return SLICE("");
    return value;
}

static struct slice text_of(struct facts_reader *reader, struct slice object, const char *key)
{
    struct slice value = member(object, key);

    if (value.len < 2 || value.data[0] != '"')
        return SLICE("");
    return json_unescape(value, &reader->arena);
}

static int code_of(struct slice value)
{
    int code = 0;

    for (; value.len > 0 && value.data[0] >= '0' && value.data[0] <= '9' && code < 1000;
         value = slice_skip(value, 1))
        code = code * 10 + (value.data[0] - '0');
    return code;
}

int facts_read(struct facts_reader *reader, struct slice text, struct facts *out)
{
    struct json_object object;
    struct slice top, about;

    *out = (struct facts){0};
    arena_reset(&reader->arena);
    if (json_take_object(&reader->json, text, &reader->arena, &object) < 0)
        return UV_EINVAL;
    top = object.text;
    out->event = text_of(reader, top, "type");
    out->object = out->event.len > 0 ? member(top, "object") : top;
    about = member(out->object, "metadata");
    out->version = text_of(reader, about, "resourceVersion");
    out->more = text_of(reader, about, "continue");
    out->reason = text_of(reader, out->object, "reason");
    out->message = text_of(reader, out->object, "message");
    out->code = code_of(member(out->object, "code"));
    return 0;
}

/* An object with members, or nothing. */
static struct slice object_of(struct slice object, const char *key)
{
    struct slice value = member(object, key);

    return value.len > 2 && value.data[0] == '{' ? value : SLICE("");
}

static bool begins_like(struct slice key, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++)
        if (slice_begins(key, slice_of(*prefixes)))
            return true;
    return false;
}

struct slice facts_with_prefixes(struct slice object, const char *const *prefixes,
                                 struct arena *arena)
{
    struct slice rest = object, key, value;
    char *text, *end;

    if (prefixes == NULL || object.len == 0)
        return object;
    text = end = arena_alloc(arena, object.len + 1);
    *end++ = '{';
    while (json_next(&rest, &key, &value)) {
        if (!begins_like(key, prefixes))
            continue;
        if (end > text + 1)
            *end++ = ',';
        *end++ = '"';
        end = mempcpy(end, key.data, key.len);
        end = mempcpy(end, "\":", 2);
        end = mempcpy(end, value.data, value.len);
    }
    *end++ = '}';
    CHECK((size_t)(end - text) <= object.len + 1);
    return end - text > 2 ? slice_make(text, (size_t)(end - text)) : SLICE("");
}

static struct slice annotations_of(struct facts_reader *reader, struct slice all)
{
    if (reader->wants->annotations)
        return all;
    if (reader->wants->annotation_prefixes == NULL)
        return SLICE("");
    return facts_with_prefixes(all, reader->wants->annotation_prefixes, &reader->arena);
}

/* ---- containers ---- */

/* "containerd://abc" is "abc". */
static struct slice without_scheme(struct slice text)
{
    const char *at = text.len > 0 ? memmem(text.data, text.len, "://", 3) : NULL;

    return at != NULL ? slice_skip(text, (size_t)(at + 3 - text.data)) : text;
}

struct containers {
    struct pod_container *items;
    uint32_t count, room;
};

static struct pod_container *container_of(struct containers *all, struct slice name)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (slice_equal(all->items[i].name, name))
            return &all->items[i];
    if (all->count == all->room)
        return NULL;
    all->items[all->count] = (struct pod_container){.name = name};
    return &all->items[all->count++];
}

static void take_container(struct facts_reader *reader, struct slice object, struct containers *all)
{
    struct slice name = text_of(reader, object, "name");
    struct slice image = text_of(reader, object, "image");
    struct slice last = member(member(object, "lastState"), "terminated");
    struct pod_container *c = name.len > 0 ? container_of(all, name) : NULL;

    if (c == NULL)
        return;
    if (image.len > 0)
        c->image = image;
    c->hash = without_scheme(text_of(reader, object, "imageID"));
    c->id = without_scheme(text_of(reader, object, "containerID"));
    c->last_id = without_scheme(text_of(reader, last, "containerID"));
}

static struct slice array_of(struct slice object, const char *key)
{
    struct slice value = member(object, key);

    return value.len > 0 && value.data[0] == '[' ? value : SLICE("");
}

static uint32_t count_of(struct slice array)
{
    struct slice key, value;
    uint32_t count = 0;

    while (array.len > 0 && json_next(&array, &key, &value))
        count++;
    return count;
}

/* The specification has each container, the status what is known of it; the later counts. */
static const char *const spec_keys[] = {"containers", "initContainers", "ephemeralContainers"};
static const char *const status_keys[] = {"containerStatuses", "initContainerStatuses",
                                          "ephemeralContainerStatuses"};

static void take_containers(struct facts_reader *reader, struct slice object,
                            const char *const keys[3], struct containers *all)
{
    for (unsigned i = 0; i < 3; i++) {
        struct slice rest = array_of(object, keys[i]), key, value;

        while (rest.len > 0 && json_next(&rest, &key, &value))
            take_container(reader, value, all);
    }
}

static void read_containers(struct facts_reader *reader, struct slice spec, struct slice status,
                            struct pod *pod)
{
    struct containers all = {0};

    for (unsigned i = 0; i < 3; i++)
        all.room +=
            count_of(array_of(spec, spec_keys[i])) + count_of(array_of(status, status_keys[i]));
    if (all.room > POD_CONTAINERS_MAX)
        all.room = POD_CONTAINERS_MAX;
    all.items = arena_alloc(&reader->arena, all.room * sizeof *all.items);
    take_containers(reader, spec, spec_keys, &all);
    take_containers(reader, status, status_keys, &all);
    pod->containers = all.items;
    pod->container_count = all.count;
}

/* ---- pods and namespaces ---- */

int facts_read_pod(struct facts_reader *reader, struct slice object, struct pod_facts *out)
{
    const struct source_wants *wants = reader->wants;
    struct slice about = member(object, "metadata");
    struct slice spec = member(object, "spec"), status = member(object, "status");
    struct slice annotations = object_of(about, "annotations");
    struct pod *pod = &out->pod;

    *out = (struct pod_facts){.config_hash =
                                  text_of(reader, annotations, "kubernetes.io/config.hash")};
    if (out->config_hash.len == 0)
        out->config_hash = text_of(reader, annotations, "kubernetes.io/config.mirror");
    pod->namespace_name = text_of(reader, about, "namespace");
    pod->name = text_of(reader, about, "name");
    pod->uid = text_of(reader, about, "uid");
    pod->labels = wants->labels ? object_of(about, "labels") : SLICE("");
    pod->annotations = annotations_of(reader, annotations);
    pod->owners = wants->owners ? array_of(about, "ownerReferences") : SLICE("");
    if (pod->owners.len <= 2)
        pod->owners = SLICE("");
    pod->node = text_of(reader, spec, "nodeName");
    pod->pod_ip = text_of(reader, status, "podIP");
    read_containers(reader, spec, status, pod);
    return pod->name.len > 0 && pod->namespace_name.len > 0 ? 0 : UV_EINVAL;
}

int facts_read_space(struct facts_reader *reader, struct slice object, struct pod_namespace *out)
{
    const struct source_wants *wants = reader->wants;
    struct slice about = member(object, "metadata");

    *out = (struct pod_namespace){.name = text_of(reader, about, "name")};
    if (wants->namespace_labels)
        out->labels = object_of(about, "labels");
    if (wants->namespace_annotations)
        out->annotations = object_of(about, "annotations");
    return out->name.len > 0 ? 0 : UV_EINVAL;
}
