#include "plugins/out_cloudwatch_logs/batcher.h"
#include "plugins/out_cloudwatch_logs/cloudwatch.h"
#include "plugins/out_cloudwatch_logs/entity.h"
#include "plugins/out_cloudwatch_logs/note.h"

#include <inttypes.h>

/*
 * The call that comes next. The first record that is left says for which target; the records of others
 * are held, and so are those of this target that the call has no room for. The batch's note says what
 * has to be made first.
 */

/* What an event has in a body besides its message, and a part of the message for what is escaped: a
 * body that grows is copied. */
#define EVENT_ROOM 48
#define ESCAPED_PART 4
#define BODY_ROOM 1024

struct maker {
    const struct out_cloudwatch *cw;
    struct batch *batch;
    struct render render;
    struct arena arena;           /* messages */
    struct arena scratch;         /* of one record */
    struct buffer text;           /* of one message */
    struct buffer entity;         /* of the target, as JSON */
    struct cw_event *events;      /* of the target, in the batch's order */
    struct chunk_record *records; /* the same; NULL: all messages are there as texts */
    uint32_t count;
    struct cw_target target;
    bool has_target;
    const struct chunk_run *run; /* that was looked at last, where its records all go one way */
    bool is_run_ours;
    struct cw_plan plan;
};

/* ---- messages ---- */

/* A value as it stands; what is no UTF-8 becomes so. */
static struct slice sound(struct maker *m, struct slice text)
{
    struct slice quoted;

    if (utf8_is_valid(text))
        return text;
    buffer_clear(&m->text);
    json_write_text(&m->text, text);
    quoted = arena_copy(&m->arena, buffer_view(&m->text));
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
    buffer_clear(&m->text);
    json_write_value(&m->text, &value);
    *out = arena_copy(&m->arena, buffer_view(&m->text));
    return true;
}

static void record_write(struct maker *m, const struct chunk_record *record)
{
    buffer_clear(&m->text);
    if (!cw_emf_write(&m->cw->message.emf, record, &m->scratch, &m->text)) {
        if (m->cw->names.has_entity)
            cw_entity_strip(record, &m->scratch, &m->text);
        else
            render_json(&m->render, record, &m->text);
    }
    arena_reset(&m->scratch);
}

static bool message_of(struct maker *m, const struct chunk_record *record, struct slice *out)
{
    if (m->cw->message.key != NULL)
        return message_of_key(m, record, out);
    record_write(m, record);
    *out = buffer_view(&m->text);
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
    struct accessor_scope scope = chunk_record_scope(record, &m->scratch);
    bool has_entity = target->entity != 0 && cw_entity_write(&scope, &m->entity);

    CHECK(has_entity == (target->entity != 0));
    m->target = *target;
    m->has_target = true;
    arena_reset(&m->scratch);
}

static bool is_for_target(struct maker *m, const struct chunk_record *record)
{
    struct cw_target target;

    if (m->run == record->run)
        return m->is_run_ours;
    cw_target_of(&m->cw->names, record, &m->scratch, &target);
    arena_reset(&m->scratch);
    if (!m->has_target)
        target_choose(m, record, &target);
    m->is_run_ours = cw_target_equal(&m->target, &target);
    if (cw_names_are_by_tag(&m->cw->names) && !m->cw->names.has_entity)
        m->run = record->run;
    return m->is_run_ours;
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
        if (m->records != NULL)
            m->records[m->count] = *record;
        m->events[m->count++] =
            (struct cw_event){.record = index,
                              .time_ms = ms > 0 ? ms : 0,
                              .message = message,
                              .is_emf = message.len > CW_MESSAGE_BYTES_MAX && cw_emf_is(message)};
    }
}

static void collect(struct maker *m)
{
    struct chunk_record record;

    m->events = arena_alloc(&m->arena, (m->batch->count + 1) * sizeof *m->events);
    if (m->cw->message.key == NULL)
        m->records = arena_alloc(&m->arena, (m->batch->count + 1) * sizeof *m->records);
    while (batch_next(m->batch, &record)) {
        CHECK(m->count < m->batch->count);
        event_collect(m, &record, m->batch->at - 1);
    }
}

/* ---- which call ---- */

/* The call that goes on with a message that is sent in part; else the first. */
static const struct cw_call *call_choose(const struct maker *m, const struct cw_progress *progress)
{
    for (uint32_t i = 0; progress->parts > 0 && i < m->plan.call_count; i++) {
        const struct cw_piece *piece = &m->plan.pieces[m->plan.calls[i].first];

        if (m->events[piece->event].record == progress->record &&
            piece->number == progress->parts + 1)
            return &m->plan.calls[i];
    }
    return &m->plan.calls[0];
}

static const struct cw_piece *call_piece(const struct maker *m, const struct cw_call *call,
                                         uint32_t index)
{
    CHECK(index < call->count);
    return &m->plan.pieces[call->first + index];
}

/* Marks the events that the call has; the others' records are held. The place of each event's record
 * among those that are left goes to `places`. */
static void places_find(struct maker *m, const struct cw_call *call, uint32_t *places)
{
    uint32_t place = 0, unfit = 0;

    memset(places, 0, m->count * sizeof *places);
    for (uint32_t i = 0; i < call->count; i++)
        places[call_piece(m, call, i)->event] = 1;
    for (uint32_t i = 0; i < m->plan.unfit_count; i++, unfit++) {
        const struct cw_unfit_event *event = &m->plan.unfit[i];

        CHECK(places[event->event] == 0);
        places[event->event] = 2;
        batch_skip_at(m->batch, m->events[event->event].record, cw_unfit_words(event->why));
    }
    for (uint32_t i = 0; i < m->count; i++) {
        if (places[i] == 0)
            batch_hold(m->batch, m->events[i].record);
        else if (places[i] == 1)
            places[i] = place++;
    }
    CHECK(place <= call->count && unfit + place <= m->count);
}

/* Of a group that nobody has asked for in this life, its retention may have to be set first. */
static enum cw_step first_step(const struct maker *m)
{
    return m->cw->making.has_all_retentions &&
                   !cw_settled_has(&m->cw->retentions.settled, cw_target_group(&m->target))
               ? CW_RETENTION
               : CW_PUT;
}

/* What was known of the target before goes on being so. */
static struct cw_note *note_make(struct maker *m, const struct cw_call *call)
{
    const struct cw_note *old = m->batch->note;
    bool is_same = old != NULL && cw_target_equal(&old->target, &m->target);
    uint32_t *places = arena_alloc(&m->arena, (m->count + 1) * sizeof *places);
    struct cw_note *note = mem_zalloc(1, sizeof *note + call->count * sizeof note->items[0]);
    const struct cw_piece *last = call_piece(m, call, call->count - 1);

    places_find(m, call, places);
    note->target = m->target;
    note->step = is_same ? old->step : first_step(m);
    note->is_plain = (is_same && old->is_plain) || atomic_load(&m->cw->is_plain);
    note->progress = is_same ? old->progress : (struct cw_progress){0};
    note->is_part = last->number < last->count;
    note->part_record = m->events[last->event].record;
    CHECK(!note->is_part || call->count == 1); /* it fills its call */
    note->event_count = call->count;
    for (uint32_t i = 0; i < call->count; i++)
        note->items[i] = places[call_piece(m, call, i)->event];
    return note;
}

/* ---- bodies ---- */

static void put_name(struct buffer *out, const char *key, struct slice name)
{
    buffer_append_format(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
    json_write_text(out, name);
}

/* In decimal; for each event. */
static void put_ms(struct buffer *out, int64_t ms)
{
    char digits[20];
    size_t at = sizeof digits;

    CHECK(ms >= 0);
    do {
        digits[--at] = (char)('0' + ms % 10);
        ms /= 10;
    } while (ms > 0);
    buffer_append(out, slice_make(digits + at, sizeof digits - at));
}

static void put_event(struct maker *m, const struct cw_piece *piece, struct buffer *out)
{
    const struct cw_event *event = &m->events[piece->event];
    struct slice message = event->message;
    char mark[CW_MARK_BYTES_MAX];
    size_t mark_len = cw_mark(piece, message, mark);

    buffer_append(out, SLICE("{\"timestamp\":"));
    put_ms(out, event->time_ms);
    buffer_append(out, SLICE(",\"message\":\""));
    buffer_append(out, slice_make(mark, mark_len));
    if (message.data == NULL) {
        record_write(m, &m->records[piece->event]);
        message = buffer_view(&m->text);
        CHECK(message.len == piece->len && piece->count == 1);
    }
    json_escape(out, slice_make(message.data + piece->from, piece->len));
    buffer_append(out, SLICE("\"}"));
}

static void put_events(struct maker *m, const struct cw_call *call, struct buffer *out)
{
    buffer_append_text(out, ",\"logEvents\":[");
    for (uint32_t i = 0; i < call->count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        put_event(m, call_piece(m, call, i), out);
    }
    buffer_append_byte(out, ']');
}

static void body_make(struct maker *m, const struct cw_call *call, enum cw_step step,
                      struct buffer *out)
{
    const struct cw_making *making = &m->cw->making;

    buffer_init(out, step == CW_PUT ? call->bytes + call->bytes / ESCAPED_PART +
                                          call->count * EVENT_ROOM + m->entity.len + BODY_ROOM
                                    : 0);
    buffer_append_byte(out, '{');
    put_name(out, "logGroupName", cw_target_group(&m->target));
    if (step == CW_PUT || step == CW_STREAM)
        put_name(out, "logStreamName", cw_target_stream(&m->target));
    if (step == CW_PUT && m->entity.len > 0)
        buffer_append_format(out, ",\"entity\":%s", buffer_text(&m->entity));
    if (step == CW_PUT)
        put_events(m, call, out);
    if (step == CW_GROUP)
        cw_making_write(making, out);
    if (step == CW_RETENTION)
        buffer_append_format(out, ",\"retentionInDays\":%" PRId64, making->retention_days);
    buffer_append_byte(out, '}');
}

/* Only where it gets smaller. */
static bool body_compress(struct buffer *body)
{
    struct buffer packed = {0};
    bool is_smaller = gzip_compress(buffer_view(body), &packed) == 0 && packed.len < body->len;
    struct buffer other = is_smaller ? *body : packed;

    if (is_smaller)
        *body = packed;
    buffer_fini(&other);
    return is_smaller;
}

const char *cw_step_name(enum cw_step step)
{
    static const char *const names[] = {"PutLogEvents", "CreateLogStream", "CreateLogGroup",
                                        "PutRetentionPolicy"};

    CHECK((size_t)step < ARRAY_LEN(names));
    return names[step];
}

static void put_headers(const struct out_cloudwatch *cw, const struct cw_note *note,
                        struct http_request *request)
{
    struct buffer target = {0};

    buffer_append_format(&target, "Logs_20140328.%s", cw_step_name(note->step));
    http_request_header(request, "X-Amz-Target", buffer_view(&target));
    http_request_header(request, "Content-Type", SLICE("application/x-amz-json-1.1"));
    http_request_header(request, "User-Agent", slice_of(cw->reach.user_agent));
    if (cw->message.format != NULL && note->step == CW_PUT)
        http_request_header(request, "x-amzn-logs-format", slice_of(cw->message.format));
    if (note->is_gzip)
        http_request_header(request, "Content-Encoding", SLICE("gzip"));
    buffer_fini(&target);
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
    body_make(m, call, note->step, &request->body);
    request->plain_bytes = request->body.len;
    note->is_gzip = note->step == CW_PUT && !note->is_plain && body_compress(&request->body);
    put_headers(m->cw, note, request);
}

/* What the call of the target that is being made has to wait for: no event is looked at. */
static void making_make(const struct out_cloudwatch *cw, struct cw_note *note,
                        struct http_request *request)
{
    struct maker m = {.cw = cw, .target = note->target};

    note->is_gzip = false;
    body_make(&m, NULL, note->step, &request->body);
    request->plain_bytes = request->body.len;
    put_headers(cw, note, request);
}

/* Nothing of this target can be sent at all. */
static void skip_all(struct maker *m)
{
    CHECK(m->plan.unfit_count == m->count);
    for (uint32_t i = 0; i < m->plan.unfit_count; i++)
        batch_skip_at(m->batch, m->events[m->plan.unfit[i].event].record,
                      cw_unfit_words(m->plan.unfit[i].why));
}

/* Where all go to one target, the chunk comes to what the plan has. */
static uint64_t chunk_call_bytes(const struct maker *m)
{
    const struct batch *batch = m->batch;
    uint64_t sum = 0;

    if (m->count < batch->chunk->record_count)
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
    events = (struct cw_events){.items = m.events, .count = m.count, .target_count = 1};
    cw_plan(&events, &cw_limits, &m.arena, &m.plan);
    batch->call_bytes = chunk_call_bytes(&m);
    if (m.plan.call_count > 0)
        request_make(&m, request);
    else
        skip_all(&m);
    buffer_fini(&m.text);
    buffer_fini(&m.entity);
    arena_fini(&m.scratch);
    arena_fini(&m.arena);
    return 0;
}
