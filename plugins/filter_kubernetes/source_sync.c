#include "plugins/filter_kubernetes/source_self.h"

/*
 * What the server says by lists and watches, and where it goes: each word of a sync (sync.h) into the pods,
 * and to the file that is kept for the next start.
 */

/* By what a node's first requests are spread after a start: see metadata.md. */
#define SPREAD_MS UINT64_C(3000)
#define KEPT_SPREAD_MS UINT64_C(10000)
#define KUBELET_SPREAD_MS UINT64_C(0)

#define LIST_EVERY_MS UINT64_C(15000)
#define LIST_SOONER_MS UINT64_C(2000)
#define POLL_EVERY_MS UINT64_C(10000)
#define POLL_SOONER_MS UINT64_C(1000)

/* ---- which way ---- */

/* Where only namespaces are asked for, pods come as these do. */
static enum pods_way way_of(const struct source *source)
{
    bool no_pods = source->settings.wants.no_pods;
    const struct sync *sync = no_pods ? &source->syncs.spaces : &source->syncs.pods;
    bool has_begun = no_pods ? source->syncs.has_spaces : source->syncs.has_pods;

    if (!has_begun || sync->plan.mode == SYNC_BY_ONE)
        return PODS_ASKED_FOR;
    return sync->plan.mode == SYNC_BY_LIST ? PODS_LISTED : PODS_WATCHED;
}

void source_way_set(struct source *source)
{
    enum pods_way way = way_of(source);
    bool pods_by_one = way == PODS_ASKED_FOR && !source->settings.wants.no_pods &&
                       !source->settings.server.use_kubelet;
    bool spaces_by_one =
        source->syncs.wants_spaces &&
        (!source->syncs.has_spaces || source->syncs.spaces.plan.mode == SYNC_BY_ONE);

    pods_come_by(source->pods, way);
    singles_want(&source->singles, pods_by_one, spaces_by_one);
}

static void on_moved(void *owner)
{
    source_way_set(owner);
}

/* ---- pods ---- */

static void pods_begin(void *owner)
{
    struct source *source = owner;

    pods_round_begin(source->pods);
}

static void pods_came(void *owner, struct facts_reader *reader, struct slice object)
{
    struct source *source = owner;
    struct pod_facts facts;

    if (facts_read_pod(reader, object, &facts) == 0 && pods_put(source->pods, &facts))
        keep_wish(source->keep);
}

static void pods_went(void *owner, struct facts_reader *reader, struct slice object)
{
    struct source *source = owner;
    struct pod_facts facts;

    if (facts_read_pod(reader, object, &facts) < 0)
        return;
    pods_remove(source->pods, &facts.pod);
    keep_wish(source->keep);
}

static void pods_whole(void *owner)
{
    struct source *source = owner;

    pods_round_end(source->pods);
    keep_wish(source->keep);
}

static void pods_seen(void *owner, bool sees_all)
{
    struct source *source = owner;

    pods_trust(source->pods, sees_all ? clock_ms() : 0);
}

static const struct sync_ops pods_ops = {
    .begin = pods_begin,
    .put = pods_came,
    .removed = pods_went,
    .whole = pods_whole,
    .sees = pods_seen,
    .moved = on_moved,
};

/* ---- namespaces ---- */

static void spaces_begin(void *owner)
{
    (void)owner;
}

static void spaces_came(void *owner, struct facts_reader *reader, struct slice object)
{
    struct source *source = owner;
    struct pod_namespace space;

    if (facts_read_space(reader, object, &space) < 0)
        return;
    pods_space_put(source->pods, &space);
    keep_wish(source->keep);
}

static void spaces_went(void *owner, struct facts_reader *reader, struct slice object)
{
    struct source *source = owner;
    struct pod_namespace space;

    if (facts_read_space(reader, object, &space) == 0)
        pods_space_remove(source->pods, space.name);
}

static void spaces_whole(void *owner)
{
    struct source *source = owner;

    if (source->settings.wants.no_pods)
        pods_mark_begun(source->pods);
}

static void spaces_seen(void *owner, bool sees_all)
{
    struct source *source = owner;

    pods_trust_spaces(source->pods, sees_all ? clock_ms() : 0);
}

static const struct sync_ops spaces_ops = {
    .begin = spaces_begin,
    .put = spaces_came,
    .removed = spaces_went,
    .whole = spaces_whole,
    .sees = spaces_seen,
    .moved = on_moved,
};

static const struct sync_kind spaces_kind = {
    .path = "/api/v1/namespaces",
    .selector = "",
    .list = WIRE_LIST,
    .words = "namespaces",
    .resource = "namespaces",
    .wanted = "Namespace_Labels or Namespace_Annotations",
    .policy = {.spread_ms = SPREAD_MS,
               .list_every_ms = 20 * LIST_EVERY_MS,
               .list_sooner_ms = LIST_SOONER_MS,
               .can_watch = true,
               .can_one = true},
};

/* ---- their beginning ---- */

static void kind_of_api(struct sync_kind *kind, bool is_kept)
{
    *kind = (struct sync_kind){
        .path = "/api/v1/pods",
        .list = WIRE_LIST,
        .words = "pods of this node",
        .resource = "pods",
        .wanted = "the filter",
        .policy = {.spread_ms = is_kept ? KEPT_SPREAD_MS : SPREAD_MS,
                   .list_every_ms = LIST_EVERY_MS,
                   .list_sooner_ms = LIST_SOONER_MS,
                   .can_watch = true,
                   .can_one = true},
    };
}

static void kind_of_kubelet(struct sync_kind *kind)
{
    *kind = (struct sync_kind){
        .path = "/pods",
        .selector = "",
        .list = WIRE_KUBELET,
        .words = "pods of the kubelet",
        .resource = "nodes",
        .wanted = "Use_Kubelet",
        .policy = {.spread_ms = KUBELET_SPREAD_MS,
                   .list_every_ms = POLL_EVERY_MS,
                   .list_sooner_ms = POLL_SOONER_MS},
    };
}

void source_sync_pods(struct source *source, struct slice version)
{
    struct pods_counts counts = pods_counts(source->pods);

    CHECK(!source->syncs.has_pods && !source->settings.wants.no_pods);
    source->syncs.has_pods = true;
    if (source->settings.server.use_kubelet) {
        kind_of_kubelet(&source->syncs.pods_kind);
    } else {
        kind_of_api(&source->syncs.pods_kind, counts.live > 0);
        source->syncs.selector = mem_format("&fieldSelector=spec.nodeName%%3D%s", source->node);
        source->syncs.pods_kind.selector = source->syncs.selector;
    }
    sync_start(&source->syncs.pods, &source->syncs.pods_kind, &pods_ops, source, version);
    source_way_set(source);
}

void source_sync_spaces(struct source *source)
{
    CHECK(source->syncs.wants_spaces && !source->syncs.has_spaces);
    source->syncs.has_spaces = true;
    sync_start(&source->syncs.spaces, &spaces_kind, &spaces_ops, source, SLICE(""));
}
