#include "plugins/filter_kubernetes/singles.h"

#include <stdio.h>

static void on_timer(void *owner);
static const struct fetch_ops fetch_ops;

void singles_init(struct singles *s, struct wire *wire, const struct source_settings *settings,
                  struct pods *pods)
{
    *s = (struct singles){.pods = pods, .keeping = &settings->keeping};
    fetch_init(&s->fetch, wire, &settings->wants, &fetch_ops, s);
    s->timer = timer_new(wire->loop, on_timer, s);
}

static void target_fini(struct singles_target *target)
{
    mem_free(target->path);
    mem_free(target->namespace_name);
    mem_free(target->name);
    *target = (struct singles_target){0};
}

void singles_fini(struct singles *s)
{
    timer_free(&s->timer);
    fetch_fini(&s->fetch);
    target_fini(&s->target);
}

void singles_want(struct singles *s, bool pods, bool spaces)
{
    s->wants_pods = pods;
    s->wants_spaces = spaces;
    singles_poke(s);
}

void singles_poke(struct singles *s)
{
    uint64_t now_ms = clock_ms();

    if ((s->wants_pods || s->wants_spaces) && !fetch_is_busy(&s->fetch))
        timer_start_sooner(s->timer, s->next_ms > now_ms ? s->next_ms - now_ms : 0);
}

/* ---- the most urgent ---- */

/* Names come from tags and paths of files: only what a name may have goes into a path. */
static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return name.len > 0 && name.len <= 253 && name.data[0] != '.';
}

static bool aim(struct singles *s, struct slice space, struct slice name)
{
    CHECK(s->target.path == NULL);
    if (!is_name(space) || (name.len > 0 && !is_name(name)))
        return false;
    s->target = (struct singles_target){
        .namespace_name = mem_text_n(space.data, space.len),
        .name = mem_text_n(name.data, name.len),
        .is_space = name.len == 0,
        .path = name.len == 0 ? mem_format("/api/v1/namespaces/%.*s", SLICE_ARG(space))
                              : mem_format("/api/v1/namespaces/%.*s/pods/%.*s", SLICE_ARG(space),
                                           SLICE_ARG(name)),
    };
    return true;
}

/* The oldest wish that is due; `*next_ms` becomes sooner where one will be. */
static bool aim_at_wish(struct singles *s, uint64_t now_ms, uint64_t *next_ms)
{
    LIST_FOR (it, pods_wishes(s->pods)) {
        struct wish *wish = CONTAINER_OF(it, struct wish, link);

        if (wish->denied_until_ms > now_ms)
            continue;
        if (wish->next_ms <= now_ms && aim(s, wish->query.namespace_name, wish->query.name))
            return true;
        if (wish->next_ms <= now_ms)
            wish->next_ms = now_ms + SINGLES_DENY_MS;
        if (wish->next_ms < *next_ms)
            *next_ms = wish->next_ms;
    }
    return false;
}

/* A quarter of the time after which things are old is soon enough. */
static void look_again(uint64_t *next_ms, uint64_t now_ms, uint64_t ttl_ms)
{
    if (ttl_ms > 0 && *next_ms > now_ms + ttl_ms / 4 + SINGLES_GAP_MS)
        *next_ms = now_ms + ttl_ms / 4 + SINGLES_GAP_MS;
}

static bool aim_at_old(struct singles *s, uint64_t now_ms, uint64_t *next_ms)
{
    uint64_t ttl_ms = s->keeping->pod_ttl_ms;
    const struct pod *pod;

    if (ttl_ms == 0)
        return false;
    pod = now_ms > ttl_ms ? pods_stale(s->pods, now_ms - ttl_ms) : NULL;
    look_again(next_ms, now_ms, ttl_ms);
    return pod != NULL && aim(s, pod->namespace_name, pod->name);
}

static bool aim_at_space(struct singles *s, uint64_t now_ms, uint64_t *next_ms)
{
    uint64_t ttl_ms = s->keeping->namespace_ttl_ms;
    struct slice name = pods_space_wanted(s->pods);

    if (name.len == 0 && ttl_ms > 0 && now_ms > ttl_ms)
        name = pods_space_stale(s->pods, now_ms - ttl_ms);
    look_again(next_ms, now_ms, ttl_ms);
    return name.len > 0 && aim(s, name, SLICE(""));
}

/* False: nothing is to do before `*next_ms`. */
static bool aim_at_any(struct singles *s, uint64_t *next_ms)
{
    uint64_t now_ms = clock_ms();

    *next_ms = UINT64_MAX;
    if (s->wants_pods)
        pods_remove_idle(s->pods, now_ms > SINGLES_IDLE_MS ? now_ms - SINGLES_IDLE_MS : 0);
    if (s->wants_pods && aim_at_wish(s, now_ms, next_ms))
        return true;
    if (s->wants_spaces && aim_at_space(s, now_ms, next_ms))
        return true;
    return s->wants_pods && aim_at_old(s, now_ms, next_ms);
}

static void fail(struct singles *s, uint64_t asked_ms)
{
    s->failures++;
    s->next_ms = clock_ms() + sync_wait_ms(s->failures, asked_ms, clock_ms() * 2654435761U);
}

static void on_timer(void *owner)
{
    struct singles *s = owner;
    uint64_t next_ms = 0, now_ms = clock_ms();

    if (fetch_is_busy(&s->fetch) || !login_is_ready(&s->fetch.wire->login))
        return;
    if (now_ms < s->next_ms) {
        singles_poke(s);
        return;
    }
    target_fini(&s->target);
    if (!aim_at_any(s, &next_ms)) {
        if (next_ms != UINT64_MAX)
            timer_start(s->timer, next_ms > now_ms ? next_ms - now_ms : 0);
        return;
    }
    CHECK(s->target.path != NULL);
    s->next_ms = now_ms + SINGLES_GAP_MS;
    if (fetch_start(&s->fetch, WIRE_ONE, s->target.path) < 0) {
        fail(s, 0);
        singles_poke(s);
    }
}

/* ---- what comes ---- */

static void put_space(struct singles *s, const struct facts *facts)
{
    struct pod_namespace space;

    if (facts_read_space(&s->fetch.reader, facts->object, &space) == 0)
        pods_space_put(s->pods, &space);
}

static void on_piece(void *owner, enum cut_piece piece, const struct facts *facts)
{
    struct singles *s = owner;
    struct pod_facts pod;

    CHECK(s->target.path != NULL && fetch_is_busy(&s->fetch));
    if (piece != CUT_WHOLE)
        return;
    if (s->target.is_space) {
        put_space(s, facts);
        return;
    }
    if (facts_read_pod(&s->fetch.reader, facts->object, &pod) < 0)
        return;
    (void)pods_put(s->pods, &pod);
    s->came(s->owner, &pod.pod);
}

static bool is_target(const struct singles *s, const struct wish *wish)
{
    return slice_is(wish->query.namespace_name, s->target.namespace_name) &&
           slice_is(wish->query.name, s->target.name);
}

/* A wish for the name that was asked for, which what came did not fulfil. */
static struct wish *unfulfilled(const struct singles *s)
{
    uint64_t now_ms = clock_ms();

    LIST_FOR (it, pods_wishes(s->pods)) {
        struct wish *wish = CONTAINER_OF(it, struct wish, link);

        if (is_target(s, wish) && wish->denied_until_ms <= now_ms && wish->next_ms <= now_ms &&
            !pods_has(s->pods, &wish->query))
            return wish;
    }
    return NULL;
}

/* There is a pod of the name, and its status may come to have the container; another UID it will
 * never have. */
static void settle(struct singles *s, struct wish *wish, bool is_there)
{
    if (is_there && wish->query.uid.len == 0 && ++wish->tries < SINGLES_STATUS_TRIES) {
        wish->next_ms = clock_ms() + SINGLES_STATUS_MS;
        return;
    }
    wish->tries = 0;
    pods_deny(s->pods, wish, clock_ms() + SINGLES_DENY_MS);
}

static void settle_pod(struct singles *s, bool is_there)
{
    struct pod_query query = {.namespace_name = slice_of(s->target.namespace_name),
                              .name = slice_of(s->target.name)};
    struct wish *wish;

    CHECK(!s->target.is_space);
    if (!is_there)
        pods_remove_named(s->pods, &query);
    while ((wish = unfulfilled(s)) != NULL)
        settle(s, wish, is_there);
}

static void settle_space(struct singles *s)
{
    pods_space_keep(s->pods, slice_of(s->target.namespace_name));
}

/* ---- the end ---- */

static void say(struct singles *s, const struct fetch_end *end)
{
    const char *component = s->fetch.wire->component;
    const char *what = s->target.is_space ? "namespaces" : "pods";

    if (strcmp(s->trouble, end->why) == 0)
        return;
    snprintf(s->trouble, sizeof s->trouble, "%s", end->why);
    if (end->end == SYNC_DENIED)
        log_warn(component,
                 "the server refuses to get %s one by one, which %s wants (%.150s): allow the "
                 "service account the verb get on %s",
                 what,
                 s->target.is_space ? "Namespace_Labels or Namespace_Annotations" : "the filter",
                 end->why, what);
    else
        log_warn(component, "asking for %s one by one: %.200s", what, end->why);
}

static void succeed(struct singles *s)
{
    if (s->trouble[0] != '\0')
        log_info(s->fetch.wire->component, "single objects: the server answers again");
    s->trouble[0] = '\0';
    s->failures = 0;
}

/* What is refused for good is settled as what is not there; all else is tried again. */
static void on_ended(void *owner, const struct fetch_end *end)
{
    struct singles *s = owner;
    bool is_settled = end->end == SYNC_DONE || end->end == SYNC_DENIED || end->status == 404;

    CHECK(s->target.path != NULL && !fetch_is_busy(&s->fetch));
    if (end->end == SYNC_DONE || end->status == 404)
        succeed(s);
    else
        say(s, end);
    if (end->end == SYNC_DENIED)
        s->next_ms = clock_ms() + SYNC_BASE_MS;
    else if (!is_settled)
        fail(s, end->asked_ms);
    if (is_settled && s->target.is_space && end->end != SYNC_DONE)
        settle_space(s);
    else if (is_settled && !s->target.is_space)
        settle_pod(s, end->end == SYNC_DONE);
    singles_poke(s);
}

static const struct fetch_ops fetch_ops = {.piece = on_piece, .ended = on_ended};
