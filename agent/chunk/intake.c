#include "chunk/intake.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "chunk/again.h"
#include "chunk/open_chunks.h"
#include "chunk/parcel.h"
#include "chunk/tag_routes.h"
#include "filter/chain.h"
#include "filter/route.h"

#define ROUNDS_SAID_MS 60000

struct intake {
    struct filter_chain *chain;
    struct route_table *routes;
    struct timer *flush_timer;
    uint64_t flush_ms;
    chunk_sealed_fn *sealed;
    void *sealed_owner;
    struct open_chunks open;
    struct parcels parcels; /* likewise open */
    struct tag_routes tags;
    struct record record;
    struct json_scanner json;
    struct agains again;
    struct log_brake rounds;
};

static void chunk_close(struct intake *intake, struct chunk *chunk);
static void parcel_close(struct intake *intake, struct chunk *chunk);

static void chunks_close(struct intake *intake)
{
    while (intake->open.count > 0)
        chunk_close(intake, intake->open.items[intake->open.count - 1]);
}

/* The time is over for every chunk that is open: the timer started with the oldest. Of parcels some
 * stay, as each that is not full is a call more. */
static void on_flush_due(void *owner)
{
    struct intake *intake = owner;
    struct parcels *parcels = &intake->parcels;
    struct parcel_flush flush = {
        .now_ms = clock_ms(), .flush_ms = intake->flush_ms, .behind = parcels_behind(parcels)};
    uint64_t look_ms;

    for (uint32_t i = parcels->count; i-- > 0;)
        if (parcel_is_due(parcels->items[i], flush))
            parcel_close(intake, parcels->items[i]);
    chunks_close(intake);
    look_ms = parcels_look_ms(parcels, flush);
    CHECK((look_ms == 0) == (parcels->count == 0));
    if (look_ms > 0)
        timer_start(intake->flush_timer, look_ms);
}

struct intake *intake_new(struct loop *loop, struct filter_chain *chain, struct route_table *routes,
                          uint64_t flush_ms)
{
    struct intake *intake = mem_zalloc(1, sizeof *intake);

    intake->chain = chain;
    intake->routes = routes;
    intake->flush_ms = flush_ms;
    intake->flush_timer = timer_new(loop, on_flush_due, intake);
    record_init(&intake->record);
    json_scanner_init(&intake->json);
    return intake;
}

void intake_on_sealed(struct intake *intake, chunk_sealed_fn *sealed, void *owner)
{
    CHECK(sealed != NULL);
    intake->sealed = sealed;
    intake->sealed_owner = owner;
}

void intake_packed(struct intake *intake, output_set packing)
{
    CHECK(intake->open.count == 0);
    intake->open.packing = packing;
}

void intake_free(struct intake **address)
{
    struct intake *intake = *address;

    *address = NULL;
    if (intake == NULL)
        return;
    CHECK(intake->open.count == 0 && intake->parcels.count == 0);
    CHECK(!timer_is_on(intake->flush_timer));
    timer_free(&intake->flush_timer);
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

/* A chunk is open, maybe the first. */
static void flush_watch(struct intake *intake)
{
    if (!timer_is_on(intake->flush_timer))
        timer_start(intake->flush_timer, intake->flush_ms);
}

static struct chunk *chunk_for(struct intake *intake, const struct origin *origin,
                               output_set outputs)
{
    struct chunk *chunk = open_chunks_find(&intake->open, origin, outputs);

    if (LIKELY(chunk != NULL))
        return chunk;
    flush_watch(intake);
    return open_chunks_begin(&intake->open, outputs);
}

static void chunk_close(struct intake *intake, struct chunk *chunk)
{
    CHECK(chunk->record_count > 0 && intake->sealed != NULL);
    if (chunk->parcel.rule != NULL)
        parcels_remove(&intake->parcels, chunk);
    else
        open_chunks_remove(&intake->open, chunk);
    if (intake->open.count == 0 && intake->parcels.count == 0)
        timer_stop(intake->flush_timer);
    open_chunks_note(&intake->open, chunk);
    chunk_seal(chunk);
    intake->sealed(intake->sealed_owner, chunk);
}

/* The one that the parcel joins, with room for it; opened or, where it has none, closed and opened anew. */
static struct chunk *together_for(struct intake *intake, const struct chunk *parcel)
{
    struct chunk *together =
        open_chunks_find_as(&intake->open, parcel->outputs, parcel->can_repeat, parcel->can_leave);

    if (together != NULL && !parcel_fits(together, parcel)) {
        chunk_close(intake, together);
        together = NULL;
    }
    return together != NULL ? together : open_chunks_begin(&intake->open, parcel->outputs);
}

/* It is not full: what may go together does, in a chunk that is closed by whoever calls this. */
static void parcel_close(struct intake *intake, struct chunk *chunk)
{
    CHECK(chunk->parcel.rule != NULL && chunk->run_count > 0);
    if (!parcel_may_join(&intake->parcels, chunk)) {
        chunk_close(intake, chunk);
        return;
    }
    parcels_remove(&intake->parcels, chunk);
    chunk_join(together_for(intake, chunk), &chunk);
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
        flush_watch(intake);
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
        chunk_close(push->intake, chunk);
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
    route = tag_routes_find(&intake->tags, intake->chain, intake->routes, tag, of->origin->metrics);
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
    flush_watch(intake);
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
        chunk_close(intake, chunk);
}

void intake_set_parcels(struct intake *intake, unsigned output, struct parcel_rule *rule)
{
    parcels_want(&intake->parcels, output, rule);
}

static void parcels_ease(struct intake *intake, struct parcels_most most)
{
    struct chunk *chunk;

    while ((chunk = parcels_next_to_go(&intake->parcels, most)) != NULL)
        parcel_close(intake, chunk);
}

/* Three quarters: its readers go on when the others are gone. */
void intake_ease_lane(struct intake *intake, output_set lane, uint64_t room_bytes)
{
    parcels_ease(intake,
                 (struct parcels_most){lane, room_bytes / 2, room_bytes / 2 + room_bytes / 4});
    for (uint32_t i = intake->open.count; i-- > 0;)
        if ((intake->open.items[i]->outputs & ~lane) == 0)
            chunk_close(intake, intake->open.items[i]);
}

void intake_ease(struct intake *intake, uint64_t room_bytes)
{
    parcels_ease(intake, (struct parcels_most){~(output_set)0, room_bytes / 2, room_bytes});
    for (uint32_t i = intake->open.count; i-- > 0;)
        if (parcels_are_for(&intake->parcels, intake->open.items[i]->outputs))
            chunk_close(intake, intake->open.items[i]);
}

static bool is_for_one_of(const struct chunk *chunk, output_set outputs)
{
    return (chunk->outputs & ~outputs) == 0 && (chunk->outputs & (chunk->outputs - 1)) == 0;
}

void intake_flush_besides(struct intake *intake, output_set alone)
{
    for (uint32_t i = intake->parcels.count; i-- > 0;)
        if (!is_for_one_of(intake->parcels.items[i], alone))
            parcel_close(intake, intake->parcels.items[i]);
    for (uint32_t i = intake->open.count; i-- > 0;)
        if (!is_for_one_of(intake->open.items[i], alone))
            chunk_close(intake, intake->open.items[i]);
}

void intake_flush(struct intake *intake)
{
    while (intake->parcels.count > 0)
        parcel_close(intake, intake->parcels.items[intake->parcels.count - 1]);
    chunks_close(intake);
    CHECK(intake->open.count == 0);
    timer_stop(intake->flush_timer);
}
