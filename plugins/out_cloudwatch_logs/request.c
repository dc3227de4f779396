#include "plugins/out_cloudwatch_logs/entity.h"
#include "plugins/out_cloudwatch_logs/request_self.h"

/*
 * The call that comes next. The first record that is left says for which target; the records of others
 * are held, and so are those of this target that the call has no room for. The batch's note says what
 * has to be made first.
 */

/* ---- messages ---- */

/* A value as it stands; what is no UTF-8 becomes so. */
static struct slice sound(struct maker *m, struct slice text)
{
    struct slice quoted;

    if (utf8_is_valid(text))
        return text;
    buffer_clear(&m->words.text);
    json_write_text(&m->words.text, text);
    quoted = arena_copy(&m->arena, buffer_view(&m->words.text));
    return json_unescape(quoted, &m->arena);
}

/* False where the record has no such key. */
static bool message_of_key(struct maker *m, const struct chunk_record *record, struct slice *out)
{
    struct value value;

    if (!chunk_record_find(record, slice_of(m->cw->message.key), &value))
        return false;
    if (value_as_text(&value, &m->arena, out)) {
        *out = sound(m, *out);
        return true;
    }
    buffer_clear(&m->words.text);
    json_write_value(&m->words.text, &value);
    *out = arena_copy(&m->arena, buffer_view(&m->words.text));
    return true;
}

void maker_record_write(struct maker *m, const struct chunk_record *record)
{
    buffer_clear(&m->words.text);
    if (!cw_emf_write(&m->cw->message.emf, record, &m->words.scratch, &m->words.text)) {
        if (m->cw->names.has_entity)
            cw_entity_strip(record, &m->words.scratch, &m->words.text);
        else
            render_json(&m->words.render, record, &m->words.text);
    }
    arena_reset(&m->words.scratch);
}

/* Its data are NULL where that is the record itself. False where the record has no such key. */
static bool message_of(struct maker *m, const struct chunk_record *record, struct slice *out)
{
    if (m->cw->message.key != NULL)
        return message_of_key(m, record, out);
    maker_record_write(m, record);
    *out = buffer_view(&m->words.text);
    if (out->len > CW_MESSAGE_BYTES_MAX)
        *out = arena_copy(&m->arena, *out);
    else
        out->data = NULL; /* its record is kept, and written once more when the body is */
    return true;
}

/* ---- which records ---- */

static void target_choose(struct maker *m, const struct chunk_record *record,
                          const struct cw_target *target)
{
    struct accessor_scope scope = chunk_record_scope(record, &m->words.scratch);
    bool has_entity = target->entity != 0 && cw_entity_write(&scope, &m->target.entity);

    CHECK(has_entity == (target->entity != 0));
    m->target.it = *target;
    m->target.is_chosen = true;
    arena_reset(&m->words.scratch);
}

static bool is_for_target(struct maker *m, const struct chunk_record *record)
{
    struct cw_target target;

    if (m->target.run == record->run)
        return m->target.is_run_ours;
    cw_target_of(&m->cw->names, record, &m->words.scratch, &target);
    arena_reset(&m->words.scratch);
    if (!m->target.is_chosen)
        target_choose(m, record, &target);
    m->target.is_run_ours = cw_target_equal(&m->target.it, &target);
    if (cw_names_are_by_tag(&m->cw->names) && !m->cw->names.has_entity)
        m->target.run = record->run;
    return m->target.is_run_ours;
}

static void event_collect(struct maker *m, const struct chunk_record *record, uint32_t index)
{
    int64_t ms = record->head.time_ns / 1000000;
    struct slice message;

    if (!is_for_target(m, record)) {
        batch_hold(m->batch, index);
    } else if (!message_of(m, record, &message)) {
        batch_skip_at(m->batch, index, "the record has no value for log_key");
    } else {
        if (m->events.records != NULL)
            m->events.records[m->events.count] = *record;
        m->events.items[m->events.count++] =
            (struct cw_event){.record = index,
                              .time_ms = ms > 0 ? ms : 0,
                              .message = message,
                              .is_emf = message.len > CW_MESSAGE_BYTES_MAX && cw_emf_is(message)};
    }
}

static void collect(struct maker *m)
{
    struct chunk_record record;

    m->events.items = arena_alloc(&m->arena, (m->batch->count + 1) * sizeof *m->events.items);
    if (m->cw->message.key == NULL)
        m->events.records =
            arena_alloc(&m->arena, (m->batch->count + 1) * sizeof *m->events.records);
    while (batch_next(m->batch, &record)) {
        CHECK(m->events.count < m->batch->count);
        event_collect(m, &record, m->batch->at - 1);
    }
}

/* ---- which call ---- */

/* The call that goes on with a message that is sent in part; else the first. */
static const struct cw_call *call_choose(const struct maker *m, const struct cw_progress *progress)
{
    for (uint32_t i = 0; progress->parts > 0 && i < m->plan.call_count; i++) {
        const struct cw_piece *piece = &m->plan.pieces[m->plan.calls[i].first];

        if (m->events.items[piece->event].record == progress->record &&
            piece->number == progress->parts + 1)
            return &m->plan.calls[i];
    }
    return &m->plan.calls[0];
}

/* What stands in `places` before an event has its place. */
enum { EVENT_IS_HELD, EVENT_IS_IN_CALL, EVENT_IS_UNFIT };

/* Marks the events that the call has; the others' records are held. The place of each event's record
 * among those that are left goes to `places`. */
static void places_find(struct maker *m, const struct cw_call *call, uint32_t *places)
{
    uint32_t place = 0, unfit = 0;

    memset(places, 0, m->events.count * sizeof *places);
    for (uint32_t i = 0; i < call->count; i++)
        places[maker_piece(m, call, i)->event] = EVENT_IS_IN_CALL;
    for (uint32_t i = 0; i < m->plan.unfit_count; i++, unfit++) {
        const struct cw_unfit_event *event = &m->plan.unfit[i];

        CHECK(places[event->event] == EVENT_IS_HELD);
        places[event->event] = EVENT_IS_UNFIT;
        batch_skip_at(m->batch, m->events.items[event->event].record, cw_unfit_words(event->why));
    }
    for (uint32_t i = 0; i < m->events.count; i++) {
        if (places[i] == EVENT_IS_HELD)
            batch_hold(m->batch, m->events.items[i].record);
        else if (places[i] == EVENT_IS_IN_CALL)
            places[i] = place++;
    }
    CHECK(place <= call->count && unfit + place <= m->events.count);
}

/* Of a group that nobody has asked for in this life, its retention may have to be set first. */
static enum cw_step first_step(const struct maker *m)
{
    return m->cw->making.has_all_retentions &&
                   !cw_settled_has(&m->cw->retentions.settled, cw_target_group(&m->target.it))
               ? CW_RETENTION
               : CW_PUT;
}

/* What was known of the target before goes on being so. */
static struct cw_note *note_make(struct maker *m, const struct cw_call *call)
{
    const struct cw_note *old = m->batch->note;
    bool is_same = old != NULL && cw_target_equal(&old->target, &m->target.it);
    uint32_t *places = arena_alloc(&m->arena, (m->events.count + 1) * sizeof *places);
    struct cw_note *note = mem_zalloc(1, sizeof *note + call->count * sizeof note->items[0]);
    const struct cw_piece *last = maker_piece(m, call, call->count - 1);

    places_find(m, call, places);
    note->target = m->target.it;
    note->step = is_same ? old->step : first_step(m);
    note->is_plain = (is_same && old->is_plain) || atomic_load(&m->cw->is_plain);
    note->progress = is_same ? old->progress : (struct cw_progress){0};
    note->is_part = last->number < last->count;
    note->part_record = m->events.items[last->event].record;
    CHECK(!note->is_part || call->count == 1); /* it fills its call */
    note->event_count = call->count;
    for (uint32_t i = 0; i < call->count; i++)
        note->items[i] = places[maker_piece(m, call, i)->event];
    return note;
}

static void request_make(struct maker *m, struct http_request *request)
{
    const struct cw_note *old = m->batch->note;
    struct cw_progress progress = old != NULL ? old->progress : (struct cw_progress){0};
    const struct cw_call *call = call_choose(m, &progress);
    struct cw_note *note = note_make(m, call);

    mem_free(m->batch->note);
    m->batch->note = note;
    m->batch->has_none = note->step != CW_PUT;
    maker_body(m, call, note->step, &request->body);
    request->plain_bytes = request->body.len;
    note->is_gzip = note->step == CW_PUT && !note->is_plain && maker_compress(&request->body);
    maker_headers(m->cw, note, request);
}

/* What the call of the target that is being made has to wait for: no event is looked at. */
static void making_make(const struct out_cloudwatch *cw, struct cw_note *note,
                        struct http_request *request)
{
    struct maker m = {.cw = cw, .target.it = note->target};

    note->is_gzip = false;
    maker_body(&m, NULL, note->step, &request->body);
    request->plain_bytes = request->body.len;
    maker_headers(cw, note, request);
}

/* Nothing of this target can be sent at all. */
static void skip_all(struct maker *m)
{
    CHECK(m->plan.unfit_count == m->events.count);
    for (uint32_t i = 0; i < m->plan.unfit_count; i++)
        batch_skip_at(m->batch, m->events.items[m->plan.unfit[i].event].record,
                      cw_unfit_words(m->plan.unfit[i].why));
}

/* Where all go to one target, the chunk comes to what the plan has. */
static uint64_t chunk_call_bytes(const struct maker *m)
{
    const struct batch *batch = m->batch;
    uint64_t sum = 0;

    if (m->events.count < batch->chunk->record_count)
        return 0;
    for (uint32_t i = 0; i < m->plan.call_count; i++)
        sum += m->plan.calls[i].bytes;
    return sum;
}

static uint64_t cw_destination(const void *self, const struct accessor_scope *scope)
{
    const struct out_cloudwatch *cw = self;
    struct cw_target target;

    cw_target_in(&cw->names, scope, &target);
    return slice_hash(cw_target_group(&target)) * 31 + slice_hash(cw_target_stream(&target));
}

const struct parcel_kind cw_parcels = {
    .destination = cw_destination,
    .call_bytes = CW_CALL_BYTES_MAX,
    .call_records = CW_CALL_EVENTS_MAX,
};

int cw_encode(const void *self, struct batch *batch, struct http_request *request)
{
    struct maker m = {.cw = self, .batch = batch};
    struct cw_note *before = batch->note;
    struct cw_events events;

    http_request_init(request, "POST", "/");
    batch->has_none = before != NULL && before->step != CW_PUT;
    if (batch->has_none) {
        making_make(self, before, request);
        return 0;
    }
    collect(&m);
    events =
        (struct cw_events){.items = m.events.items, .count = m.events.count, .target_count = 1};
    cw_plan(&events, &cw_limits, &m.arena, &m.plan);
    batch->call_bytes = chunk_call_bytes(&m);
    if (m.plan.call_count > 0)
        request_make(&m, request);
    else
        skip_all(&m);
    buffer_fini(&m.words.text);
    buffer_fini(&m.target.entity);
    arena_fini(&m.words.scratch);
    arena_fini(&m.arena);
    return 0;
}
