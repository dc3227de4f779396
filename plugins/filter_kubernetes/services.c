#include "plugins/filter_kubernetes/services.h"

#include <errno.h>

struct service_entry {
    struct list link;
    struct slice pod;
    struct service service;
    uint64_t told_ms;
    uint64_t round;
    char texts[]; /* all of the above */
};

void services_init(struct services *s)
{
    *s = (struct services){0};
    map_init(&s->by_pod);
    list_init(&s->oldest);
    json_scanner_init(&s->json);
}

static struct service_entry *oldest_of(const struct services *s)
{
    CHECK(s->by_pod.count > 0 && s->oldest.next != &s->oldest);
    return CONTAINER_OF(s->oldest.next, struct service_entry, link);
}

static void forget(struct services *s, struct service_entry *entry)
{
    CHECK(map_remove(&s->by_pod, entry->pod) == entry);
    list_remove(&entry->link);
    mem_free(entry);
}

void services_fini(struct services *s)
{
    while (s->by_pod.count > 0)
        forget(s, oldest_of(s));
    map_fini(&s->by_pod);
    json_scanner_fini(&s->json);
}

/* ---- an answer ---- */

static struct slice copy(char **at, struct slice text)
{
    struct slice copied = slice_make(*at, text.len);

    if (text.len > 0)
        memcpy(*at, text.data, text.len);
    *at += text.len;
    return copied;
}

static struct service_entry *entry_new(struct slice pod, const struct service *service)
{
    size_t bytes = pod.len + service->name.len + service->environment.len + service->source.len;
    struct service_entry *entry = mem_alloc(sizeof *entry + bytes);
    char *at = entry->texts;

    entry->pod = copy(&at, pod);
    entry->service.name = copy(&at, service->name);
    entry->service.environment = copy(&at, service->environment);
    entry->service.source = copy(&at, service->source);
    CHECK(at == entry->texts + bytes);
    list_init(&entry->link);
    return entry;
}

static bool is_same(const struct service *a, const struct service *b)
{
    return slice_equal(a->name, b->name) && slice_equal(a->environment, b->environment) &&
           slice_equal(a->source, b->source);
}

static bool has_room(struct services *s)
{
    if (s->by_pod.count < SERVICES_MAX)
        return true;
    if (oldest_of(s)->round == s->round)
        return false;
    forget(s, oldest_of(s));
    return true;
}

/* True: it is another one than before. */
static bool put(struct services *s, struct slice pod, const struct service *service,
                uint64_t now_ms)
{
    struct service_entry *entry = map_get(&s->by_pod, pod);
    bool is_news = entry == NULL || !is_same(&entry->service, service);

    if (is_news && entry != NULL)
        forget(s, entry);
    if (is_news) {
        if (!has_room(s)) {
            s->left_out++;
            return false;
        }
        entry = entry_new(pod, service);
        CHECK(map_put(&s->by_pod, entry->pod, entry) == NULL);
    }
    entry->told_ms = now_ms;
    entry->round = s->round;
    list_remove(&entry->link);
    list_add_tail(&s->oldest, &entry->link);
    return is_news;
}

static struct slice text_of(struct slice object, const char *key, struct arena *arena)
{
    struct slice value;

    if (!json_find(object, slice_of(key), &value) || value.data[0] != '"')
        return (struct slice){0};
    value = json_unescape(value, arena);
    return value.len <= SERVICE_TEXT_BYTES_MAX ? value : (struct slice){0};
}

static bool take_all(struct services *s, struct slice object, struct arena *arena, uint64_t now_ms)
{
    struct slice pod, value;
    bool has_news = false;

    while (json_next(&object, &pod, &value)) {
        struct service service;

        if (value.data[0] != '{' || pod.len == 0 || pod.len > SERVICE_TEXT_BYTES_MAX)
            continue;
        service = (struct service){.name = text_of(value, "ServiceName", arena),
                                   .environment = text_of(value, "Environment", arena),
                                   .source = text_of(value, "ServiceNameSource", arena)};
        if (service.name.len > 0 || service.environment.len > 0)
            has_news |= put(s, pod, &service, now_ms);
    }
    return has_news;
}

int services_take(struct services *s, struct slice text, uint64_t now_ms, bool *has_changed)
{
    struct arena arena = {0};
    struct json_object object;
    int rc = json_take_object(&s->json, text, &arena, &object);

    s->round++;
    if (rc == 0 && take_all(s, object.text, &arena, now_ms))
        *has_changed = true;
    arena_fini(&arena);
    CHECK(s->by_pod.count <= SERVICES_MAX);
    return rc < 0 ? -EINVAL : 0;
}

bool services_expire(struct services *s, uint64_t before_ms)
{
    bool has_gone = false;

    while (s->by_pod.count > 0 && oldest_of(s)->told_ms < before_ms) {
        forget(s, oldest_of(s));
        has_gone = true;
    }
    return has_gone;
}

const struct service *services_find(const struct services *s, struct slice pod_name)
{
    const struct service_entry *entry = map_get(&s->by_pod, pod_name);

    return entry != NULL ? &entry->service : NULL;
}
