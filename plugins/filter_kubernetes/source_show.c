#include "plugins/filter_kubernetes/source_self.h"

#include <inttypes.h>

bool source_is_wished(const struct source *source)
{
    LIST_FOR (it, pods_wishes(source->pods))
        if (!CONTAINER_OF(it, struct wish, link)->was_told)
            return true;
    return false;
}

struct source_counts source_counts(const struct source *source)
{
    struct source_counts counts = source->wire.counts;

    counts.left_out += pods_counts(source->pods).left_out;
    return counts;
}

static uint64_t awaited(const struct source *source)
{
    uint64_t count = 0;

    LIST_FOR (it, pods_wishes(source->pods))
        count += !CONTAINER_OF(it, struct wish, link)->was_told;
    return count;
}

/* Those that stand for a namespace are none. */
static struct pods_counts pods_told(const struct source *source)
{
    struct pods_counts counts = pods_counts(source->pods);

    if (source->settings.wants.no_pods)
        counts.live = counts.gone = 0;
    return counts;
}

void source_tell(const struct source *source, struct kubernetes_metrics *out)
{
    struct source_counts counts = source_counts(source);
    struct pods_counts pods = pods_told(source);

    *out = (struct kubernetes_metrics){
        .lists = counts.lists,
        .watches = counts.watches,
        .gets = counts.gets,
        .polls = counts.polls,
        .forbidden = counts.refused,
        .throttled = counts.throttled,
        .failed = counts.too_old + counts.other_errors + counts.unanswered,
        .events = counts.events,
        .left_out = counts.left_out,
        .pods = pods.live,
        .deleted_pods = pods.gone,
        .awaited = awaited(source),
    };
}

/* ---- words ---- */

static const char *way_of_spaces(const struct source *source)
{
    const struct sync_plan *plan = &source->syncs.spaces.plan;

    if (plan->mode == SYNC_BY_ONE)
        return "single requests: listing namespaces is forbidden";
    if (plan->mode == SYNC_BY_LIST)
        return "lists by and by: watching namespaces is forbidden";
    return plan->busy == SYNC_WATCH ? "a watch of namespaces" : "a list of namespaces";
}

static const char *way_of(const struct source *source)
{
    const struct sync_plan *plan = &source->syncs.pods.plan;

    if (source->settings.wants.no_pods)
        return way_of_spaces(source);
    if (!source->syncs.has_pods)
        return "single requests, until the node's name is known";
    if (source->settings.server.use_kubelet)
        return "the kubelet";
    if (plan->mode == SYNC_BY_ONE)
        return "single requests: listing pods is forbidden";
    if (plan->mode == SYNC_BY_LIST)
        return "lists by and by: watching pods is forbidden";
    return plan->busy == SYNC_WATCH ? "a watch of this node's pods" : "a list of this node's pods";
}

static const char *trouble_of(const struct source *source)
{
    if (source->syncs.pods.trouble[0] != '\0')
        return source->syncs.pods.trouble;
    if (source->syncs.spaces.trouble[0] != '\0')
        return source->syncs.spaces.trouble;
    if (source->singles.trouble[0] != '\0' || source->association == NULL)
        return source->singles.trouble;
    return association_trouble(source->association);
}

static void put_member(struct buffer *out, const char *key, const char *text)
{
    buffer_append_format(out, "\"%s\":", key);
    json_write_text(out, slice_of(text));
}

void source_describe(const struct source *source, struct buffer *out)
{
    struct pods_counts counts = pods_told(source);
    struct source_counts asked = source_counts(source);

    buffer_append_byte(out, '{');
    put_member(out, "from", way_of(source));
    buffer_append_byte(out, ',');
    put_member(out, "node", source->node != NULL ? source->node : "");
    buffer_append_byte(out, ',');
    put_member(out, "trouble", trouble_of(source));
    buffer_append_format(out,
                         ",\"pods\":%" PRIu32 ",\"deleted_pods\":%" PRIu32
                         ",\"namespaces\":%" PRIu32 ",\"awaited\":%" PRIu64 ",\"bytes\":%zu",
                         counts.live, counts.gone, counts.spaces, awaited(source), counts.bytes);
    buffer_append_format(out,
                         ",\"requests\":{\"list\":%" PRIu64 ",\"watch\":%" PRIu64
                         ",\"get\":%" PRIu64 ",\"kubelet\":%" PRIu64 "},\"events\":%" PRIu64,
                         asked.lists, asked.watches, asked.gets, asked.polls, asked.events);
    if (source->association != NULL)
        association_describe(source->association, out);
    buffer_append_byte(out, '}');
}
