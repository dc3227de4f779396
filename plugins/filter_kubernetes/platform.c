#include "plugins/filter_kubernetes/platform.h"

#define AUTH_PATH "/api/v1/namespaces/kube-system/configmaps/aws-auth"

/* What Kubernetes makes names' ends of. */
#define HASH_LETTERS "bcdfghjklmnpqrstvwxz2456789"

void platform_init(struct platform *platform, struct wire *wire, const char *name,
                   void (*found)(void *owner), void *owner)
{
    *platform = (struct platform){.wire = wire, .name = name, .found = found, .owner = owner};
}

void platform_fini(struct platform *platform)
{
    http_call_cancel(&platform->call);
}

/* ---- the cluster's ---- */

static bool on_body(void *owner, struct http_call *call, struct slice bytes)
{
    (void)owner;
    (void)call;
    (void)bytes;
    return true;
}

static void on_done(void *owner, struct http_call *call, int error, const char *why)
{
    struct platform *platform = owner;
    int status = error < 0 ? 0 : http_call_reply(call)->status;

    (void)why;
    CHECK(platform->call == call && platform->name == NULL);
    platform->call = NULL;
    wire_count(platform->wire, status);
    if (status == 401)
        login_doubt(&platform->wire->login);
    if (status == 403)
        log_warn(platform->wire->component,
                 "aws_entity_platform is k8s, as the ServiceAccount may not tell whether this is "
                 "EKS: it lacks the verb get on configmaps, aws-auth in kube-system; with "
                 "set_platform it is not asked");
    if (status == 200)
        platform->name = "eks";
    else if (status == 403 || status == 404)
        platform->name = "k8s";
    if (platform->name != NULL)
        platform->found(platform->owner);
}

void platform_look(struct platform *platform)
{
    struct wire_ask ask = {
        .kind = WIRE_ONE, .path = AUTH_PATH, .body = on_body, .done = on_done, .owner = platform};
    char why[256];

    if (platform->name == NULL && platform->call == NULL && login_is_ready(&platform->wire->login))
        platform->call = wire_get(platform->wire, &ask, why);
}

/* ---- a pod's ---- */

static struct slice text_of(struct slice object, const char *key)
{
    struct slice value;

    if (!json_find(object, slice_of(key), &value) || value.len < 2 || value.data[0] != '"')
        return (struct slice){0};
    return slice_make(value.data + 1, value.len - 2);
}

/* "shop-5d9fb7c846" is of "shop". */
static struct slice deployment_of(struct slice name)
{
    size_t at = name.len, end;

    while (at > 0 && name.data[at - 1] != '-')
        at--;
    end = name.len - at;
    if (at < 2 || end < 6 || end > 10)
        return name;
    for (size_t i = at; i < name.len; i++)
        if (strchr(HASH_LETTERS, name.data[i]) == NULL)
            return name;
    return slice_make(name.data, at - 1);
}

struct slice platform_workload(const struct pod *pod)
{
    struct slice rest = pod->owners, key, owner, name;

    if (rest.len == 0 || !json_next(&rest, &key, &owner) || owner.data[0] != '{')
        return pod->name;
    name = text_of(owner, "name");
    if (name.len == 0)
        return pod->name;
    return slice_is(text_of(owner, "kind"), "ReplicaSet") ? deployment_of(name) : name;
}
