#include "plugins/out_cloudwatch_logs/request_self.h"

#include <inttypes.h>

/* What an event has in a body besides its message, and a part of the message for what is escaped: a
 * body that grows is copied. */
#define EVENT_ROOM 48
#define ESCAPED_PART 4
#define BODY_ROOM 1024

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
    const struct cw_event *event = &m->events.items[piece->event];
    struct slice message = event->message;
    char mark[CW_MARK_BYTES_MAX];
    size_t mark_len = cw_mark(piece, message, mark);

    buffer_append(out, SLICE("{\"timestamp\":"));
    put_ms(out, event->time_ms);
    buffer_append(out, SLICE(",\"message\":\""));
    buffer_append(out, slice_make(mark, mark_len));
    if (message.data == NULL) {
        maker_record_write(m, &m->events.records[piece->event]);
        message = buffer_view(&m->words.text);
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
        put_event(m, maker_piece(m, call, i), out);
    }
    buffer_append_byte(out, ']');
}

void maker_body(struct maker *m, const struct cw_call *call, enum cw_step step, struct buffer *out)
{
    const struct cw_making *making = &m->cw->making;

    buffer_init(out, step == CW_PUT
                         ? call->bytes + call->bytes / ESCAPED_PART + call->count * EVENT_ROOM +
                               m->target.entity.len + BODY_ROOM
                         : 0);
    buffer_append_byte(out, '{');
    put_name(out, "logGroupName", cw_target_group(&m->target.it));
    if (step == CW_PUT || step == CW_STREAM)
        put_name(out, "logStreamName", cw_target_stream(&m->target.it));
    if (step == CW_PUT && m->target.entity.len > 0)
        buffer_append_format(out, ",\"entity\":%s", buffer_text(&m->target.entity));
    if (step == CW_PUT)
        put_events(m, call, out);
    if (step == CW_GROUP)
        cw_making_write(making, out);
    if (step == CW_RETENTION)
        buffer_append_format(out, ",\"retentionInDays\":%" PRId64, making->retention_days);
    buffer_append_byte(out, '}');
}

bool maker_compress(struct buffer *body)
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

void maker_headers(const struct out_cloudwatch *cw, const struct cw_note *note,
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
