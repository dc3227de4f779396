#include "unit/plugins/pods_kit.h"

#include <check.h>

struct pods_kit pk;

static void on_wished(void *owner)
{
    (void)owner;
    pk.wished++;
}

static void on_changed(void *owner, const struct pod *pod)
{
    (void)owner;
    pk.told += pod != NULL;
    pk.told_anything += pod == NULL;
    if (pod != NULL)
        pk.told_version = pod->version;
}

static void begin(bool wants_spaces)
{
    clock_fake(1000000, 0);
    pk = (struct pods_kit){0};
    pk.pods = pods_new(wants_spaces, on_wished, NULL);
    pk.listener = (struct pods_listener){.changed = on_changed};
    pods_listen(pk.pods, &pk.listener);
}

void kit_pods_begin(void)
{
    begin(false);
}

void kit_spaces_begin(void)
{
    begin(true);
}

void kit_pods_end(void)
{
    pods_unlisten(&pk.listener);
    pods_free(&pk.pods);
    clock_real();
}

/* "shop/web-0" with a UID and the id of its only container. */
struct pod_facts kit_facts(const char *uid, const char *id, const char *labels)
{
    static struct pod_container container;

    container = (struct pod_container){.name = SLICE("main"), .id = slice_of(id)};
    return (struct pod_facts){
        .pod = {.namespace_name = SLICE("shop"),
                .name = SLICE("web-0"),
                .uid = slice_of(uid),
                .labels = slice_of(labels),
                .containers = &container,
                .container_count = 1},
    };
}

bool kit_put(const char *uid, const char *id, const char *labels)
{
    struct pod_facts facts = kit_facts(uid, id, labels);

    return pods_put(pk.pods, &facts);
}

void kit_put_named(const char *name)
{
    struct pod_facts facts = {
        .pod = {.namespace_name = SLICE("shop"), .name = slice_of(name), .uid = slice_of(name)}};

    ck_assert(pods_put(pk.pods, &facts));
}

enum pod_answer kit_by_uid(const char *uid)
{
    struct pod_query query = {.uid = slice_of(uid)};

    return pods_find(pk.pods, &query, &pk.found);
}

enum pod_answer kit_by_name(const char *id)
{
    struct pod_query query = {
        .namespace_name = SLICE("shop"), .name = SLICE("web-0"), .container_id = slice_of(id)};

    return pods_find(pk.pods, &query, &pk.found);
}

void kit_remove(const char *uid)
{
    struct pod pod = {
        .uid = slice_of(uid), .namespace_name = SLICE("shop"), .name = SLICE("web-0")};

    pods_remove(pk.pods, &pod);
}
