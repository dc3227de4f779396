#include "plugins/filter_kubernetes/sync.h"

#include <stdio.h>
#include <uv.h>

/* ---- what is next ---- */

static void timer_set(struct sync *sync)
{
    struct sync_next next = sync_plan_next(&sync->plan, sync->is_wished);
    uint64_t now_ms = clock_ms();

    if (next.move != SYNC_NOTHING)
        timer_start(sync->timer, next.at_ms > now_ms ? next.at_ms - now_ms : 0);
}

static void request_list(struct sync *sync, struct buffer *path)
{
    const struct sync_kind *kind = sync->kind;

    buffer_append_text(path, kind->path);
    if (kind->list == WIRE_KUBELET)
        return;
    buffer_append_format(path, "?limit=%d%s", SYNC_PAGE, kind->selector);
    if (sync->more.len > 0)
        buffer_append_format(path, "&continue=%s", buffer_text(&sync->more));
    else
        buffer_append_text(path, "&resourceVersion=0");
}

static void request_watch(struct sync *sync, struct buffer *path)
{
    unsigned lasts_s = WIRE_WATCH_S + (unsigned)(random_number() % (WIRE_WATCH_S / 2));

    CHECK(sync->version.len > 0);
    buffer_append_format(path,
                         "%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%u"
                         "&resourceVersion=%s%s",
                         sync->kind->path, lasts_s, buffer_text(&sync->version),
                         sync->kind->selector);
}

static void on_ended(void *owner, const struct fetch_end *end);

static void request(struct sync *sync)
{
    bool is_watch = sync->plan.busy == SYNC_WATCH;
    struct fetch_end end = {.end = SYNC_FAILED, .why = sync->fetch.why};
    struct buffer path = {0};
    int rc;

    CHECK(sync->plan.busy != SYNC_NOTHING && !fetch_is_busy(&sync->fetch));
    sync->has_end = false;
    if (is_watch)
        request_watch(sync, &path);
    else
        request_list(sync, &path);
    buffer_clear(&sync->more);
    rc = fetch_start(&sync->fetch, is_watch ? WIRE_WATCH : sync->kind->list, buffer_text(&path));
    buffer_fini(&path);
    if (rc < 0)
        on_ended(sync, &end);
}

static void on_timer(void *owner)
{
    struct sync *sync = owner;
    struct sync_next next = sync_plan_next(&sync->plan, sync->is_wished);

    if (next.move == SYNC_NOTHING)
        return;
    if (next.at_ms > clock_ms()) {
        timer_set(sync);
        return;
    }
    if (!login_is_ready(&sync->fetch.wire->login))
        return; /* sync_go_on */
    CHECK(sync->plan.busy == SYNC_NOTHING);
    sync_plan_begin(&sync->plan, next.move, clock_ms());
    sync->pages = 0;
    if (next.move == SYNC_LIST)
        sync->ops->begin(sync->owner);
    request(sync);
}

/* ---- what comes ---- */

/* A version goes into a request as it is: it is a number, but nobody promises that. */
static bool is_plain(struct slice version)
{
    for (size_t i = 0; i < version.len; i++) {
        char c = version.data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            strchr("-_.~=", c) == NULL)
            return false;
    }
    return version.len > 0 && version.len < 4096;
}

static void keep(struct buffer *to, struct slice text)
{
    if (!is_plain(text))
        return;
    buffer_clear(to);
    buffer_append(to, text);
}

static void on_event(struct sync *sync, const struct facts *facts)
{
    struct facts_reader *reader = &sync->fetch.reader;
    bool is_bookmark = slice_is(facts->event, "BOOKMARK");

    keep(&sync->version, facts->version);
    sync->fetch.wire->counts.events += !is_bookmark;
    if (slice_is(facts->event, "ADDED") || slice_is(facts->event, "MODIFIED"))
        sync->ops->put(sync->owner, reader, facts->object);
    else if (slice_is(facts->event, "DELETED"))
        sync->ops->removed(sync->owner, reader, facts->object);
}

static void on_piece(void *owner, enum cut_piece piece, const struct facts *facts)
{
    struct sync *sync = owner;

    CHECK(sync->plan.busy != SYNC_NOTHING);
    if (sync->plan.busy == SYNC_WATCH) {
        on_event(sync, facts);
    } else if (piece == CUT_ITEM) {
        sync->ops->put(sync->owner, &sync->fetch.reader, facts->object);
    } else {
        sync->has_end = facts->more.len == 0 || is_plain(facts->more);
        keep(&sync->more, facts->more);
        if (sync->more.len == 0)
            keep(&sync->version, facts->version);
    }
}

static void see(struct sync *sync, bool sees_all)
{
    if (sees_all == sync->sees_all)
        return;
    sync->sees_all = sees_all;
    sync->ops->sees(sync->owner, sees_all);
}

static void on_head(void *owner)
{
    struct sync *sync = owner;

    if (sync->plan.busy == SYNC_WATCH)
        see(sync, true);
}

/* ---- words ---- */

static void say_over(struct sync *sync)
{
    if (sync->trouble[0] != '\0')
        log_info(sync->fetch.wire->component, "%s: the server answers again", sync->kind->words);
    sync->trouble[0] = '\0';
}

static void say_denied(struct sync *sync, enum sync_move was, const char *why)
{
    const struct sync_kind *kind = sync->kind;
    const char *verb = was == SYNC_WATCH ? "watch" : "list";
    const char *instead = was == SYNC_WATCH      ? "they are listed by and by instead"
                          : kind->policy.can_one ? "they are asked for one by one instead"
                                                 : "it is tried again and again";
    const char *resource = kind->list == WIRE_KUBELET ? "nodes/proxy" : kind->resource;

    log_warn(sync->fetch.wire->component,
             "the server refuses to %s %s, which %s wants (%.150s): allow the service account the "
             "verb %s on %s; until then %s",
             kind->list == WIRE_KUBELET ? "give" : verb, kind->words, kind->wanted, why,
             kind->list == WIRE_KUBELET ? "get" : verb, resource, instead);
}

/* Once, and again when it is another trouble. */
static void say(struct sync *sync, enum sync_move was, const struct fetch_end *end)
{
    char trouble[256];

    snprintf(trouble, sizeof trouble, "the server %s: %.180s",
             end->status == 0 ? "does not answer" : "refuses", end->why);
    if (strcmp(trouble, sync->trouble) == 0)
        return;
    memcpy(sync->trouble, trouble, sizeof trouble);
    if (end->end == SYNC_DENIED)
        say_denied(sync, was, end->why);
    else if (end->end != SYNC_GONE)
        log_warn(sync->fetch.wire->component, "%s: %s", sync->kind->words, trouble);
}

/* ---- what has ended ---- */

/* A name that is not found may be found soon: Dns_Wait_Time is the longest wait for it. */
static bool is_name_trouble(int error)
{
    return error == UV_EAI_AGAIN || error == UV_EAI_NONAME || error == UV_EAI_FAIL ||
           error == UV_EAI_NODATA || error == UV_EAI_CANCELED;
}

static void wait_for_name(struct sync *sync, int error)
{
    uint64_t most_ms = sync->fetch.wire->server->dns_wait_ms;
    uint64_t at_ms = clock_ms() + (most_ms > SYNC_BASE_MS ? most_ms : SYNC_BASE_MS);

    sync->names = is_name_trouble(error) ? sync->names + 1 : 0;
    if (sync->names > 0 && sync->plan.next_ms > at_ms)
        sync->plan.next_ms = at_ms;
    if (sync->names > 0 && (int64_t)sync->names == sync->fetch.wire->server->dns_retries)
        log_error(sync->fetch.wire->component,
                  "the API server's name was not found %u times; it is looked up again and again",
                  sync->names);
}

static void list_whole(struct sync *sync)
{
    say_over(sync);
    sync->ops->whole(sync->owner);
}

/* A success that is none: without a list in it, or with one that does not end, or goes on nobody
 * knows where. */
static const char *why_no_list(const struct sync *sync)
{
    if (sync->more.len > 0)
        return "its list has no end";
    if ((!sync->has_end || sync->version.len == 0) && sync->plan.policy->can_watch)
        return "there is no whole list in its answer";
    return NULL;
}

static void ended(struct sync *sync, const struct fetch_end *end);

static void on_ended(void *owner, const struct fetch_end *end)
{
    struct sync *sync = owner;
    struct fetch_end no_list = *end;

    if (sync->plan.busy != SYNC_LIST || end->end != SYNC_DONE) {
        ended(sync, end);
        return;
    }
    if (sync->more.len > 0 && ++sync->pages < SYNC_PAGES_MAX) {
        request(sync);
        return;
    }
    no_list.why = why_no_list(sync);
    no_list.end = SYNC_FAILED;
    ended(sync, no_list.why != NULL ? &no_list : end);
}

/* Whatever page it came to: the next list begins at its first. */
static void ended(struct sync *sync, const struct fetch_end *end)
{
    enum sync_move was = sync->plan.busy;
    bool is_done = end->end == SYNC_DONE;

    CHECK(was != SYNC_NOTHING);
    buffer_clear(&sync->more);
    if (was == SYNC_LIST && is_done)
        list_whole(sync);
    sync_plan_end(&sync->plan, end->end, end->asked_ms, clock_ms(), random_number());
    CHECK(sync->plan.busy == SYNC_NOTHING);
    if (was == SYNC_WATCH || !is_done)
        see(sync, false);
    else if (sync->plan.mode == SYNC_BY_LIST)
        see(sync, true);
    if (!is_done)
        say(sync, was, end);
    else if (was == SYNC_WATCH && sync->plan.failures == 0)
        say_over(sync);
    wait_for_name(sync, end->error);
    timer_set(sync);
    sync->ops->moved(sync->owner);
}

static const struct fetch_ops fetch_ops = {.head = on_head, .piece = on_piece, .ended = on_ended};

/* ---- the life ---- */

void sync_init(struct sync *sync, struct wire *wire, const struct source_wants *wants)
{
    *sync = (struct sync){0};
    fetch_init(&sync->fetch, wire, wants, &fetch_ops, sync);
}

void sync_start(struct sync *sync, const struct sync_kind *kind, const struct sync_ops *ops,
                void *owner, struct slice version)
{
    CHECK(sync->timer == NULL);
    sync->kind = kind;
    sync->ops = ops;
    sync->owner = owner;
    keep(&sync->version, version);
    sync->timer = timer_new(sync->fetch.wire->loop, on_timer, sync);
    sync_plan_start(&sync->plan, &kind->policy, sync->version.len > 0, clock_ms(), random_number());
    timer_set(sync);
}

void sync_stop(struct sync *sync)
{
    if (sync->timer != NULL)
        timer_free(&sync->timer);
    fetch_fini(&sync->fetch);
    buffer_fini(&sync->version);
    buffer_fini(&sync->more);
}

void sync_wish(struct sync *sync, bool is_wished)
{
    bool is_news = is_wished && !sync->is_wished;

    sync->is_wished = is_wished;
    if (is_news && sync->timer != NULL)
        timer_set(sync);
}

void sync_go_on(struct sync *sync)
{
    if (sync->timer != NULL)
        timer_set(sync);
}
