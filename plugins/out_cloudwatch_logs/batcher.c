#include "plugins/out_cloudwatch_logs/batcher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const struct cw_limits cw_limits = {
    .call_bytes = CW_CALL_BYTES_MAX,
    .call_events = CW_CALL_EVENTS_MAX,
    .message_bytes = CW_MESSAGE_BYTES_MAX,
    .span_ms = CW_CALL_SPAN_MS,
};

/* ---- order ---- */

/* Where an event stands, for sorting. */
struct slot {
    int64_t time_ms;
    uint32_t event;
};

static int slot_compare(const void *one, const void *other)
{
    const struct slot *a = one, *b = other;

    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    return (a->event > b->event) - (a->event < b->event);
}

/* Lines come in order nearly always. */
static void slots_sort(struct slot *slots, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (slots[i].time_ms < slots[i - 1].time_ms) {
            qsort(slots, count, sizeof *slots, slot_compare);
            return;
        }
    }
}

/* All that the planning of one target needs. */
struct planner {
    const struct cw_event *events;
    const struct cw_limits *limits;
    struct cw_plan *plan;
    uint32_t piece_room, call_room, unfit_room;
    struct cw_call *call; /* that is being filled; NULL: none */
    int64_t call_time_ms; /* of its first event */
};

/* The events by target, each target's in the order they came: `ends[t]` is where target t ends. */
static struct slot *slots_make(const struct cw_events *events, struct arena *arena, uint32_t *ends)
{
    struct slot *slots = arena_alloc(arena, (events->count + 1) * sizeof *slots);
    uint32_t at = 0;

    memset(ends, 0, events->target_count * sizeof *ends);
    for (uint32_t i = 0; i < events->count; i++) {
        CHECK(events->items[i].target < events->target_count);
        ends[events->items[i].target]++;
    }
    for (uint32_t t = 0; t < events->target_count; t++) {
        uint32_t count = ends[t];

        ends[t] = at; /* where it begins, until it is filled */
        at += count;
    }
    CHECK(at == events->count);
    for (uint32_t i = 0; i < events->count; i++)
        slots[ends[events->items[i].target]++] = (struct slot){events->items[i].time_ms, i};
    return slots;
}

/* ---- parts ---- */

static uint32_t part_bytes(const struct cw_limits *limits)
{
    CHECK(limits->message_bytes >= CW_MARK_BYTES_MAX + 4);
    return limits->message_bytes - CW_MARK_BYTES_MAX;
}

/* The most that a part may have, and does not cut a character. What is not UTF-8 is cut anywhere. */
static uint32_t part_len(struct slice rest, uint32_t most)
{
    size_t len = utf8_cut(rest, most);

    return (uint32_t)(len > 0 ? len : rest.len < most ? rest.len : most);
}

static uint32_t parts_count(struct slice message, const struct cw_limits *limits)
{
    uint32_t count = 0, most = part_bytes(limits);

    if (message.len <= limits->message_bytes)
        return 1;
    for (struct slice rest = message; rest.len > 0 && count <= CW_PARTS_MAX; count++)
        rest = slice_skip(rest, part_len(rest, most));
    return count;
}

size_t cw_mark(const struct cw_piece *piece, struct slice message, char out[CW_MARK_BYTES_MAX])
{
    int len;

    CHECK(piece->number >= 1 && piece->number <= piece->count);
    if (piece->count == 1)
        return 0;
    len = snprintf(out, CW_MARK_BYTES_MAX, "[part %u/%u of %016" PRIx64 "] ",
                   (unsigned)piece->number, (unsigned)piece->count, slice_hash(message));
    CHECK(len > 0 && len < CW_MARK_BYTES_MAX);
    return (size_t)len;
}

/* What a piece takes of a call's bytes; of the mark, all that it may have. */
static uint32_t piece_cost(const struct cw_piece *piece)
{
    return piece->len + CW_EVENT_OVERHEAD + (piece->count > 1 ? CW_MARK_BYTES_MAX : 0);
}

/* ---- calls ---- */

static bool call_has_room(const struct planner *p, uint32_t cost, int64_t time_ms)
{
    const struct cw_limits *limits = p->limits;

    return p->call != NULL && p->call->count < limits->call_events &&
           p->call->bytes + cost <= limits->call_bytes &&
           time_ms - p->call_time_ms < limits->span_ms;
}

static void piece_add(struct planner *p, struct cw_piece piece)
{
    const struct cw_event *event = &p->events[piece.event];
    struct cw_plan *plan = p->plan;
    uint32_t cost = piece_cost(&piece);

    CHECK(cost <= p->limits->call_bytes);
    if (!call_has_room(p, cost, event->time_ms)) {
        CHECK(plan->call_count < p->call_room);
        p->call = &plan->calls[plan->call_count++];
        *p->call = (struct cw_call){.target = event->target, .first = plan->piece_count};
        p->call_time_ms = event->time_ms;
    }
    CHECK(plan->piece_count < p->piece_room);
    CHECK(p->call->target == event->target && event->time_ms >= p->call_time_ms);
    plan->pieces[plan->piece_count++] = piece;
    p->call->count++;
    p->call->bytes += cost;
}

static void unfit_add(struct planner *p, uint32_t event, enum cw_unfit why)
{
    CHECK(p->plan->unfit_count < p->unfit_room);
    p->plan->unfit[p->plan->unfit_count++] = (struct cw_unfit_event){event, why};
}

static void event_cut(struct planner *p, uint32_t index, uint32_t count)
{
    struct slice message = p->events[index].message, rest = message;
    uint32_t most = part_bytes(p->limits);

    for (uint32_t number = 1; number <= count; number++) {
        uint32_t len = part_len(rest, most);

        piece_add(p, (struct cw_piece){.event = index,
                                       .from = (uint32_t)(message.len - rest.len),
                                       .len = len,
                                       .number = (uint16_t)number,
                                       .count = (uint16_t)count});
        rest = slice_skip(rest, len);
    }
    CHECK(rest.len == 0);
}

static void event_add(struct planner *p, uint32_t index)
{
    const struct cw_event *event = &p->events[index];
    uint32_t count = parts_count(event->message, p->limits);

    if (event->message.len == 0)
        unfit_add(p, index, CW_EMPTY);
    else if (count == 1)
        piece_add(
            p, (struct cw_piece){
                   .event = index, .len = (uint32_t)event->message.len, .number = 1, .count = 1});
    else if (event->is_emf)
        unfit_add(p, index, CW_EMF_TOO_LONG);
    else if (count > CW_PARTS_MAX)
        unfit_add(p, index, CW_TOO_LONG);
    else
        event_cut(p, index, count);
}

/* ---- the plan ---- */

static void room_make(struct planner *p, uint32_t event_count, struct arena *arena)
{
    uint32_t pieces = 0;

    for (uint32_t i = 0; i < event_count; i++) {
        CHECK(p->events[i].message.len <= UINT32_MAX / 2);
        pieces += parts_count(p->events[i].message, p->limits);
    }
    p->piece_room = p->call_room = pieces; /* a call has one at least */
    p->unfit_room = event_count;
    p->plan->pieces = arena_alloc(arena, (pieces + 1) * sizeof *p->plan->pieces);
    p->plan->calls = arena_alloc(arena, (pieces + 1) * sizeof *p->plan->calls);
    p->plan->unfit = arena_alloc(arena, (event_count + 1) * sizeof *p->plan->unfit);
}

void cw_plan(const struct cw_events *events, const struct cw_limits *limits, struct arena *arena,
             struct cw_plan *out)
{
    struct planner p = {.events = events->items, .limits = limits, .plan = out};
    uint32_t *ends = arena_alloc(arena, (events->target_count + 1) * sizeof *ends);
    struct slot *slots = slots_make(events, arena, ends);
    uint32_t from = 0;

    *out = (struct cw_plan){0};
    room_make(&p, events->count, arena);
    for (uint32_t t = 0; t < events->target_count; from = ends[t++]) {
        slots_sort(slots + from, ends[t] - from);
        p.call = NULL;
        for (uint32_t i = from; i < ends[t]; i++)
            event_add(&p, slots[i].event);
    }
    CHECK(from == events->count);
}

const char *cw_unfit_words(enum cw_unfit why)
{
    switch (why) {
    case CW_EMPTY:
        return "an empty message is not taken by CloudWatch Logs";
    case CW_EMF_TOO_LONG:
        return "a document in the Embedded Metric Format of more than 1048550 bytes cannot be cut";
    case CW_TOO_LONG:
        return "the message is too long for 9999 parts";
    }
    return "";
}
