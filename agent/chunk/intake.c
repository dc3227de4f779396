#include "chunk/intake_self.h"

#include "base/memory.h"
#include "filter/chain.h"
#include "filter/route.h"

/*
 * A record on its way to a chunk, on the path of every byte.
 *
 *   intake_push        what the input has filled, through the filters of its tag
 *   intake_push_plain  the short way to the same document
 *   record_push_again  a filter gave it another tag: through the filters of that one
 *   record_store       into the open chunk of its outputs, which is closed when it is full
 */

#define ROUNDS_SAID_MS 60000

struct intake *intake_new(struct loop *loop, struct filter_chain *chain, struct route_table *routes,
                          uint64_t flush_ms)
{
    struct intake *intake = mem_zalloc(1, sizeof *intake);

    intake->chain = chain;
    intake->routes = routes;
    intake_sealing_init(intake, loop, flush_ms);
    record_init(&intake->record);
    json_scanner_init(&intake->json);
    return intake;
}

void intake_packed(struct intake *intake, output_set packing)
{
    CHECK(intake->open.count == 0);
    intake->open.packing = packing;
}

void intake_set_parcels(struct intake *intake, unsigned output, struct parcel_rule *rule)
{
    parcels_want(&intake->parcels, output, rule);
}

void intake_free(struct intake **address)
{
    struct intake *intake = *address;

    *address = NULL;
    if (intake == NULL)
        return;
    intake_sealing_fini(intake);
    parcels_fini(&intake->parcels);
    open_chunks_fini(&intake->open);
    again_fini(&intake->again);
    tag_routes_fini(&intake->tags);
    record_fini(&intake->record);
    json_scanner_fini(&intake->json);
    mem_free(intake);
}

struct record *intake_record(struct intake *intake)
{
    record_reset(&intake->record);
    return &intake->record;
}

struct record *intake_current(struct intake *intake)
{
    return &intake->record;
}

struct json_scanner *intake_json(struct intake *intake)
{
    return &intake->json;
}

static struct chunk *chunk_for(struct intake *intake, const struct origin *origin,
                               output_set outputs)
{
    struct chunk *chunk = open_chunks_find(&intake->open, origin, outputs);

    if (LIKELY(chunk != NULL))
        return chunk;
    intake_watch(intake);
    return open_chunks_begin(&intake->open, outputs);
}

static void origin_route(struct intake *intake, struct origin *origin)
{
    const struct filter_selection *selection =
        filter_chain_select(intake->chain, origin->tag, origin->metrics);

    origin->route = (struct origin_route){
        .outputs = route_table_outputs(intake->routes, origin->tag) & origin->lane,
        .selection = selection,
        .by = intake,
        .may_go_on = filter_selection_sees_all(selection),
        .may_turn = filter_selection_emits(selection),
    };
}

static inline struct filter_run run_of(struct intake *intake, const struct origin *origin)
{
    return (struct filter_run){.tag = origin->tag, .json = &intake->json, .origin = origin};
}

uint64_t intake_ready(struct intake *intake, struct origin *origin, struct filter_waiter *waiter)
{
    struct filter_run run = run_of(intake, origin);

    if (origin->route.by != intake)
        origin_route(intake, origin);
    if (!origin->route.may_go_on && route_table_outputs(intake->routes, origin->tag) == 0)
        return 0;
    return filter_selection_ready(origin->route.selection, &run, waiter);
}

/* A record under a tag, where that leads, and how often it has gone round. */
struct push {
    struct filter_sink sink;
    struct intake *intake;
    struct origin *origin;
    struct record *record;
    struct json_scanner *json;
    struct slice tag;
    const struct filter_selection *selection;
    output_set outputs;
    unsigned depth;
};

static bool record_passes(struct push *push)
{
    struct filter_run run = {
        .tag = push->tag, .json = push->json, .origin = push->origin, .sink = &push->sink};

    if (filter_selection_is_empty(push->selection))
        return true;
    return filter_selection_apply(push->selection, push->record, &run) == FILTER_KEEP;
}

static struct chunk *chunk_of(const struct push *push)
{
    struct intake *intake = push->intake;
    struct chunk *chunk = NULL;
    struct accessor_scope scope;

    if (LIKELY(!parcels_are_for(&intake->parcels, push->outputs)))
        return chunk_for(intake, push->origin, push->outputs);
    chunk = parcels_again(push->origin, push->tag, push->outputs);
    if (chunk == NULL) {
        scope = accessor_scope_of(push->record, push->tag);
        chunk = parcels_open(&intake->parcels, push->origin, push->outputs, &scope);
        intake_watch(intake);
    }
    return chunk;
}

/* How many bytes it takes up. */
static size_t record_store(struct push *push, uint64_t end)
{
    struct origin *origin = push->origin;
    struct chunk *chunk = chunk_of(push);
    size_t before = chunk->bytes.len, bytes;

    CHECK(push->outputs != 0 && (push->outputs & ~origin->lane) == 0);
    record_drop_doubles(push->record);
    chunk_append(chunk, origin, push->tag, push->record, end);
    bytes = chunk->bytes.len - before;
    if (UNLIKELY(chunk_is_full(chunk)))
        intake_close(push->intake, chunk);
    return bytes;
}

/* True: it goes to an output. What filters send under other tags goes first, and so its spans stand
 * before those of the record that it came of: the bookmark does not pass it. */
static bool record_push(struct push *push, uint64_t end)
{
    if (!record_passes(push) || push->outputs == 0) {
        window_advance(&push->origin->window, end);
        return false;
    }
    (void)record_store(push, end);
    return true;
}

static bool record_push_again(struct filter_sink *sink, const struct record *record,
                              struct slice tag)
{
    struct push *of = CONTAINER_OF(sink, struct push, sink);
    struct intake *intake = of->intake;
    struct again *again;
    struct tag_route route;
    uint64_t held;

    CHECK(of->depth <= INTAKE_AGAIN_MAX);
    if (of->depth == INTAKE_AGAIN_MAX) {
        if (log_brake_open(&intake->rounds, ROUNDS_SAID_MS, &held))
            log_warn("filter",
                     "a record got a new tag %d times, now %.*s, and stays: filters send records "
                     "to each other",
                     INTAKE_AGAIN_MAX, (int)tag.len, tag.data);
        return false;
    }
    again = again_at(&intake->again, of->depth);
    record_copy(&again->record, record);
    route = tag_routes_find(&intake->tags, intake->chain, intake->routes, tag, NULL);
    (void)record_push(&(struct push){.sink.emit = record_push_again,
                                     .intake = intake,
                                     .origin = of->origin,
                                     .record = &again->record,
                                     .json = &again->json,
                                     .tag = tag,
                                     .selection = route.selection,
                                     .outputs = route.outputs & of->origin->lane,
                                     .depth = of->depth + 1},
                      of->origin->window.issued);
    return true;
}

static void record_push_first(struct intake *intake, struct origin *origin, struct slice tag,
                              struct tag_route route, uint64_t end)
{
    struct push push = {
        .sink.emit = record_push_again,
        .intake = intake,
        .origin = origin,
        .record = &intake->record,
        .json = &intake->json,
        .tag = tag,
        .selection = route.selection,
        .outputs = route.outputs,
    };

    origin->metrics->records++;
    if (push.outputs == 0 && !filter_selection_sees_all(push.selection)) {
        origin->metrics->unrouted_records++;
        window_advance(&origin->window, end);
        return;
    }
    (void)record_push(&push, end);
}

void intake_push(struct intake *intake, struct origin *origin, uint64_t end)
{
    if (UNLIKELY(origin->route.by != intake))
        origin_route(intake, origin);
    record_push_first(intake, origin, origin->tag,
                      (struct tag_route){origin->route.selection, origin->route.outputs}, end);
}

void intake_push_as(struct intake *intake, struct origin *origin, struct slice tag, uint64_t end)
{
    struct tag_route route =
        tag_routes_find(&intake->tags, intake->chain, intake->routes, tag, origin->metrics);

    route.outputs &= origin->lane;
    record_push_first(intake, origin, tag, route, end);
}

bool intake_takes(struct intake *intake, struct origin *origin)
{
    if (origin->route.by != intake)
        origin_route(intake, origin);
    return origin->route.outputs != 0;
}

size_t intake_push_made(struct intake *intake, struct origin *origin, uint64_t end)
{
    bool is_taken = intake_takes(intake, origin);
    struct push push = {
        .intake = intake,
        .origin = origin,
        .record = &intake->record,
        .tag = origin->tag,
        .outputs = origin->route.outputs,
    };

    origin->metrics->records++;
    if (is_taken)
        return record_store(&push, end);
    origin->metrics->unrouted_records++;
    window_advance(&origin->window, end);
    return 0;
}

output_set intake_routes(struct intake *intake, const struct origin *origin)
{
    struct tag_route route =
        tag_routes_find(&intake->tags, intake->chain, intake->routes, origin->tag, origin->metrics);

    return filter_selection_emits(route.selection) ? ~(output_set)0 : route.outputs;
}

static enum plain_verdict plain_passes(struct intake *intake, const struct origin *origin,
                                       struct plain_record *plain)
{
    struct filter_run run = run_of(intake, origin);

    if (UNLIKELY(plain->may_repeat))
        return PLAIN_FILL;
    return filter_selection_apply_plain(origin->route.selection, plain, &run);
}

/* The long way: the record that it stands for. */
static void plain_fill_and_push(struct intake *intake, struct origin *origin,
                                const struct plain_record *plain, uint64_t end)
{
    record_fill_plain(intake_record(intake), plain);
    intake_push(intake, origin, end);
}

static struct chunk *chunk_of_plain(struct intake *intake, struct origin *origin,
                                    const struct plain_record *plain)
{
    struct chunk *chunk;

    if (LIKELY(!parcels_are_for(&intake->parcels, origin->route.outputs)))
        return chunk_for(intake, origin, origin->route.outputs);
    chunk = parcels_again(origin, origin->tag, origin->route.outputs);
    if (LIKELY(chunk != NULL))
        return chunk;
    chunk = parcels_open_plain(&intake->parcels, origin, origin->route.outputs, plain);
    intake_watch(intake);
    return chunk;
}

void intake_push_plain(struct intake *intake, struct origin *origin, struct plain_record *plain,
                       uint64_t end)
{
    enum plain_verdict verdict = PLAIN_DROP;
    struct chunk *chunk;

    if (UNLIKELY(origin->route.by != intake))
        origin_route(intake, origin);
    if (UNLIKELY(origin->route.outputs == 0 && !origin->route.may_go_on))
        origin->metrics->unrouted_records++;
    else
        verdict = plain_passes(intake, origin, plain);
    if (UNLIKELY(verdict == PLAIN_FILL)) {
        plain_fill_and_push(intake, origin, plain, end);
        return;
    }
    origin->metrics->records++;
    if (UNLIKELY(verdict == PLAIN_DROP || origin->route.outputs == 0)) {
        window_advance(&origin->window, end);
        return;
    }
    chunk = chunk_of_plain(intake, origin, plain);
    chunk_append_plain(chunk, origin, plain, end);
    if (UNLIKELY(chunk_is_full(chunk)))
        intake_close(intake, chunk);
}
