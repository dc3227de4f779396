#include "plugins/filter_kubernetes/keep.h"

#include <errno.h>

static const char magic[8] = {'T', 'R', 'p', 'o', 'd', 's', 0, 1};

struct keep_frame {
    char magic[8];
    uint64_t hash;
};
_Static_assert(sizeof(struct keep_frame) == 16, "the payload is hashed as it lies in the file");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie");

/* ---- writing ---- */

static void put_bytes(struct buffer *out, const void *bytes, size_t len)
{
    buffer_append(out, slice_make(bytes, len));
}

static void put_u32(struct buffer *out, uint32_t number)
{
    put_bytes(out, &number, sizeof number);
}

static void put_text(struct buffer *out, struct slice text)
{
    put_u32(out, (uint32_t)text.len);
    buffer_append(out, text);
}

/* The texts of a pod and of a container, in the order in which they stand in the file. */
#define POD_TEXTS 8
#define CONTAINER_TEXTS 5

static struct slice *pod_text(struct pod *pod, unsigned i)
{
    struct slice *const texts[POD_TEXTS] = {&pod->namespace_name, &pod->name,        &pod->uid,
                                            &pod->labels,         &pod->annotations, &pod->owners,
                                            &pod->node,           &pod->pod_ip};

    return texts[i];
}

static struct slice *container_text(struct pod_container *c, unsigned i)
{
    struct slice *const texts[CONTAINER_TEXTS] = {&c->name, &c->id, &c->last_id, &c->image,
                                                  &c->hash};

    return texts[i];
}

static void put_pod(struct buffer *out, const struct pod *pod, struct slice config_hash)
{
    struct pod copy = *pod;

    for (unsigned i = 0; i < POD_TEXTS; i++)
        put_text(out, *pod_text(&copy, i));
    put_text(out, config_hash);
    put_u32(out, pod->container_count);
    for (uint32_t i = 0; i < pod->container_count; i++) {
        struct pod_container c = pod->containers[i];

        for (unsigned t = 0; t < CONTAINER_TEXTS; t++)
            put_text(out, *container_text(&c, t));
    }
}

static void put_all(struct buffer *out, const struct pods *pods)
{
    const struct pod_namespace *space;
    const struct pod *pod;
    struct slice hash;
    size_t at = 0;

    while (pods_next(pods, &at, &pod, &hash))
        put_pod(out, pod, hash);
    at = 0;
    while (pods_next_space(pods, &at, &space)) {
        put_text(out, space->name);
        put_text(out, space->labels);
        put_text(out, space->annotations);
    }
}

void keep_write(struct buffer *out, const struct keep_head *head, const struct pods *pods)
{
    struct pods_counts counts = pods_counts(pods);
    struct keep_frame frame;
    size_t at = out->len;

    memcpy(frame.magic, magic, sizeof magic);
    put_bytes(out, &frame, sizeof frame);
    put_bytes(out, &head->print, sizeof head->print);
    put_bytes(out, &head->saved_ns, sizeof head->saved_ns);
    put_text(out, head->node);
    put_text(out, head->version);
    put_u32(out, counts.live);
    put_u32(out, counts.spaces);
    put_all(out, pods);
    frame.hash = slice_hash(slice_skip(buffer_view(out), at + sizeof frame));
    memcpy(out->data + at, &frame, sizeof frame);
}

/* ---- reading ---- */

struct keep_reader {
    struct slice rest;
    struct json_scanner json;
    bool is_bad;
};

static void take_bytes(struct keep_reader *r, void *into, size_t len)
{
    r->is_bad = r->is_bad || r->rest.len < len;
    if (r->is_bad) {
        memset(into, 0, len);
        return;
    }
    memcpy(into, r->rest.data, len);
    r->rest = slice_skip(r->rest, len);
}

static uint32_t take_u32(struct keep_reader *r)
{
    uint32_t number;

    take_bytes(r, &number, sizeof number);
    return number;
}

static struct slice take_text(struct keep_reader *r)
{
    uint32_t len = take_u32(r);
    struct slice text = slice_make(r->rest.data, len);

    r->is_bad = r->is_bad || len > r->rest.len;
    if (r->is_bad || len == 0)
        return SLICE("");
    r->rest = slice_skip(r->rest, len);
    return text;
}

/* It is JSON; where it needs repair, as a key with an escape may, the block that is made of it has that
 * done (record/shared.h). */
static void check_json(struct keep_reader *r, struct slice text)
{
    if (text.len > 0 && json_check_value(&r->json, text, NULL) < 0)
        r->is_bad = true;
}

static void take_pod(struct keep_reader *r, struct pods *pods)
{
    static struct pod_container containers[POD_CONTAINERS_MAX];
    struct pod_facts facts = {0};
    struct pod *pod = &facts.pod;

    for (unsigned i = 0; i < POD_TEXTS; i++)
        *pod_text(pod, i) = take_text(r);
    facts.config_hash = take_text(r);
    pod->container_count = take_u32(r);
    r->is_bad = r->is_bad || pod->container_count > POD_CONTAINERS_MAX;
    for (uint32_t i = 0; i < pod->container_count && !r->is_bad; i++)
        for (unsigned t = 0; t < CONTAINER_TEXTS; t++)
            *container_text(&containers[i], t) = take_text(r);
    pod->containers = containers;
    check_json(r, pod->labels);
    check_json(r, pod->annotations);
    check_json(r, pod->owners);
    r->is_bad = r->is_bad || pod->name.len == 0 || pod->namespace_name.len == 0;
    if (!r->is_bad && pods != NULL)
        (void)pods_put(pods, &facts);
}

static void take_space(struct keep_reader *r, struct pods *pods)
{
    struct pod_namespace space = {
        .name = take_text(r), .labels = take_text(r), .annotations = take_text(r)};

    check_json(r, space.labels);
    check_json(r, space.annotations);
    r->is_bad = r->is_bad || space.name.len == 0;
    if (!r->is_bad && pods != NULL)
        pods_space_put(pods, &space);
}

/* With pods NULL it is only looked at. */
static bool take_all(struct keep_reader *r, struct pods *pods)
{
    uint32_t pod_count = take_u32(r), space_count = take_u32(r);

    for (uint32_t i = 0; i < pod_count && !r->is_bad; i++)
        take_pod(r, pods);
    for (uint32_t i = 0; i < space_count && !r->is_bad; i++)
        take_space(r, pods);
    return !r->is_bad && r->rest.len == 0;
}

static int take_head(struct keep_reader *r, struct keep_head *head)
{
    uint64_t print;
    struct slice node;

    take_bytes(r, &print, sizeof print);
    take_bytes(r, &head->saved_ns, sizeof head->saved_ns);
    node = take_text(r);
    head->version = take_text(r);
    if (r->is_bad)
        return -EBADMSG;
    if (print != head->print || (head->node.len > 0 && !slice_equal(node, head->node)))
        return -ESTALE;
    head->node = node;
    return 0;
}

int keep_read(struct slice bytes, struct keep_head *head, struct pods *pods)
{
    struct keep_reader r = {.rest = slice_skip(bytes, sizeof(struct keep_frame))};
    struct keep_frame frame;
    struct slice body;
    int rc;

    if (bytes.len < sizeof frame || bytes.len > KEEP_BYTES_MAX)
        return -EBADMSG;
    memcpy(&frame, bytes.data, sizeof frame);
    if (memcmp(frame.magic, magic, sizeof magic) != 0 || frame.hash != slice_hash(r.rest))
        return -EBADMSG;
    json_scanner_init(&r.json);
    rc = take_head(&r, head);
    body = r.rest;
    if (rc == 0 && !take_all(&r, NULL))
        rc = -EBADMSG;
    r.rest = body;
    if (rc == 0)
        CHECK(take_all(&r, pods));
    json_scanner_fini(&r.json);
    return rc;
}

bool keep_is_fresh(const struct keep_head *head, int64_t now_ns)
{
    return head->version.len > 0 && head->saved_ns <= now_ns &&
           now_ns - head->saved_ns < KEEP_FRESH_MS * NS_PER_MS;
}

void keep_head_fini(struct keep_head *head)
{
    mem_free(head->bytes);
    *head = (struct keep_head){0};
}
