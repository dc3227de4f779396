#include "put.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CALL_BYTES_MAX 1048576
#define EVENT_BYTES_MORE 26
#define CALL_EVENTS_MAX 10000
#define SPAN_MS_MAX (UINT64_C(24) * 60 * 60 * 1000)

struct put_stream {
    uint64_t bytes, events;
};

/* What a call comes to, while its events are read. */
struct tally {
    uint64_t bytes, events;
    uint64_t first_ms, last_ms;
    const char *broken; /* the first limit that it breaks; NULL: none */
};

/* ---- reading the body ---- */

/* What follows `"key":` in the text, or nothing. */
static struct slice after_key(struct slice text, const char *key)
{
    const char *at = memmem(text.data, text.len, key, strlen(key));

    return at == NULL ? slice_make(NULL, 0)
                      : slice_skip(text, (size_t)(at - text.data) + strlen(key));
}

/* The inside of the string that the text begins with; the text goes on behind it. */
static struct slice take_string(struct slice *text)
{
    size_t at = 1;

    if (text->len == 0 || text->data[0] != '"')
        return slice_make(NULL, 0);
    while (at < text->len && text->data[at] != '"')
        at += text->data[at] == '\\' ? 2 : 1;
    if (at >= text->len)
        return slice_make(NULL, 0);
    struct slice inside = slice_make(text->data + 1, at - 1);
    *text = slice_skip(*text, at + 1);
    return inside;
}

/* Bytes of UTF-8 that \uXXXX stands for. A pair comes to four, two for each half. */
static size_t unicode_bytes(const char *digits)
{
    char hex[5] = {0};
    unsigned long code;

    memcpy(hex, digits, 4);
    code = strtoul(hex, NULL, 16);
    if (code >= 0xd800 && code < 0xe000)
        return 2;
    return code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
}

static size_t message_bytes(struct slice inside)
{
    size_t bytes = 0;

    for (size_t i = 0; i < inside.len; i++) {
        if (inside.data[i] != '\\') {
            bytes++;
        } else if (i + 5 < inside.len && inside.data[i + 1] == 'u') {
            bytes += unicode_bytes(inside.data + i + 2);
            i += 5;
        } else {
            bytes++;
            i++;
        }
    }
    return bytes;
}

static void tally_event(struct tally *t, uint64_t time_ms, size_t bytes)
{
    if (t->events == 0)
        t->first_ms = t->last_ms = time_ms;
    if (bytes == 0)
        t->broken =
            "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1";
    else if (time_ms < t->last_ms)
        t->broken = "Log events in a single PutLogEvents request must be in chronological order.";
    else if (time_ms - t->first_ms >= SPAN_MS_MAX)
        t->broken =
            "The batch of log events in a single PutLogEvents request cannot span more than "
            "24 hours.";
    t->last_ms = time_ms;
    t->bytes += bytes + EVENT_BYTES_MORE;
    t->events++;
}

/* Takes the next event off the list; false behind the last. */
static bool next_event(struct slice *list, uint64_t *time_ms, struct slice *message)
{
    struct slice rest = after_key(*list, "{\"timestamp\":");

    if (rest.data == NULL)
        return false;
    *time_ms = strtoull(rest.data, NULL, 10);
    rest = after_key(rest, ",\"message\":");
    *message = take_string(&rest);
    CHECK(message->data != NULL);
    *list = rest;
    return true;
}

static void tally_all(struct slice list, struct tally *t)
{
    struct slice message;
    uint64_t time_ms;

    while (next_event(&list, &time_ms, &message))
        tally_event(t, time_ms, message_bytes(message));
    if (t->events < 1 || t->events > CALL_EVENTS_MAX)
        t->broken =
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: "
            "Member must have length less than or equal to 10000";
    else if (t->bytes > CALL_BYTES_MAX)
        t->broken = "Upload too large: it exceeds limit of 1048576";
}

/* ---- answers ---- */

static int refuse(struct buffer *answer, const char *type, const char *message)
{
    buffer_append_format(answer, "{\"__type\":\"%s\",\"message\":\"%s\"}", type, message);
    return 400;
}

static int throttle(struct buffer *answer)
{
    return refuse(answer, "ThrottlingException", "Rate exceeded");
}

static void time_note(struct put_times *times, uint64_t now_ms)
{
    times->ms[times->count++ % PUT_SECOND_MAX] = now_ms;
}

/* How many came within the second that ends now; at most PUT_SECOND_MAX. */
static uint64_t in_second(const struct put_times *times, uint64_t now_ms)
{
    uint64_t count = 0;

    while (count < times->count && count < PUT_SECOND_MAX &&
           times->ms[(times->count - 1 - count) % PUT_SECOND_MAX] + 1000 > now_ms)
        count++;
    return count;
}

static bool is_too_fast(struct put_pace *pace, uint64_t now_ms)
{
    uint64_t came;

    time_note(&pace->came, now_ms);
    came = in_second(&pace->came, now_ms);
    if (came > pace->most)
        pace->most = came;
    if (pace->a_second > 0 && in_second(&pace->taken, now_ms) >= pace->a_second)
        return true;
    time_note(&pace->taken, now_ms);
    return false;
}

static struct put_stream *stream_of(struct put *p, struct slice body, bool may_make)
{
    struct slice group = after_key(body, "\"logGroupName\":");
    struct slice name = after_key(body, "\"logStreamName\":");
    struct buffer key = {0};
    struct put_stream *stream;

    buffer_append(&key, take_string(&group));
    buffer_append_byte(&key, '\n');
    buffer_append(&key, take_string(&name));
    stream = map_get(&p->streams, buffer_view(&key));
    if (stream == NULL && may_make) {
        stream = mem_zalloc(1, sizeof *stream);
        map_put(&p->streams, buffer_view(&key), stream);
    }
    buffer_fini(&key);
    return stream;
}

static bool is_throttled(struct put *p, uint64_t now_ms)
{
    bool is_turn = p->throttle_every > 0 && ++p->throttle_at % p->throttle_every == 0;

    return is_too_fast(&p->calls, now_ms) || is_turn;
}

static int put_events(struct put *p, const struct put_request *request, struct seen *seen,
                      struct buffer *answer)
{
    struct slice list = after_key(request->body, "\"logEvents\":");
    struct put_stream *stream;
    struct tally tally = {0};
    struct slice message;
    uint64_t time_ms;

    if (is_throttled(p, request->now_ms)) {
        p->counts.throttled++;
        return throttle(answer);
    }
    stream = stream_of(p, request->body, !p->must_be_made);
    if (stream == NULL)
        return refuse(answer, "ResourceNotFoundException",
                      "The specified log stream does not exist.");
    tally_all(list, &tally);
    if (tally.broken != NULL) {
        if (p->counts.invalid++ == 0)
            snprintf(p->invalid, sizeof p->invalid, "%s", tally.broken);
        return refuse(answer, "InvalidParameterException", tally.broken);
    }
    while (next_event(&list, &time_ms, &message))
        seen_document(seen, message);
    p->counts.calls++;
    p->counts.events += tally.events;
    p->counts.event_bytes += tally.bytes;
    p->counts.fills[tally.bytes * 10 / CALL_BYTES_MAX]++;
    stream->bytes += tally.bytes;
    stream->events += tally.events;
    buffer_append_text(answer, "{\"nextSequenceToken\":\"0\"}");
    return 200;
}

static int create_stream(struct put *p, const struct put_request *request, struct buffer *answer)
{
    if (is_too_fast(&p->creates, request->now_ms)) {
        p->counts.creates_throttled++;
        return throttle(answer);
    }
    if (stream_of(p, request->body, false) != NULL)
        return refuse(answer, "ResourceAlreadyExistsException",
                      "The specified log stream already exists");
    (void)stream_of(p, request->body, true);
    p->counts.creates++;
    return 200;
}

int put_call(struct put *p, const struct put_request *request, struct seen *seen,
             struct buffer *answer)
{
    p->counts.unsigned_calls += !request->is_signed;
    if (slice_is(request->operation, "PutLogEvents"))
        return put_events(p, request, seen, answer);
    if (slice_is(request->operation, "CreateLogStream"))
        return create_stream(p, request, answer);
    return 200;
}

/* ---- what is set, and what is told ---- */

static uint64_t number_after(struct slice query, const char *name)
{
    struct slice rest = after_key(query, name);

    return rest.data != NULL ? strtoull(rest.data, NULL, 10) : 0;
}

void put_limits(struct put *p, struct slice target)
{
    p->throttle_every = number_after(target, "throttle=");
    p->calls.a_second = number_after(target, "calls=");
    p->creates.a_second = number_after(target, "creates=");
    p->must_be_made = number_after(target, "made=") > 0;
}

/* With full calls. */
static uint64_t least_calls(const struct put *p)
{
    uint64_t sum = 0;
    struct slice key;
    void *value;

    for (size_t at = 0; map_next(&p->streams, &at, &key, &value);) {
        const struct put_stream *stream = value;
        uint64_t by_bytes = (stream->bytes + CALL_BYTES_MAX - 1) / CALL_BYTES_MAX;
        uint64_t by_events = (stream->events + CALL_EVENTS_MAX - 1) / CALL_EVENTS_MAX;

        sum += by_bytes > by_events ? by_bytes : by_events;
    }
    return sum;
}

void put_stats(const struct put *p, struct buffer *answer)
{
    const struct put_counts *c = &p->counts;

    buffer_append_text(answer, "{\"fills\":[");
    for (size_t i = 0; i < ARRAY_LEN(c->fills); i++)
        buffer_append_format(answer, "%s%" PRIu64, i > 0 ? "," : "", c->fills[i]);
    buffer_append_format(answer,
                         "],\"calls\":%" PRIu64 ",\"least\":%" PRIu64 ",\"events\":%" PRIu64
                         ",\"event_bytes\":%" PRIu64 ",\"streams\":%zu,\"throttled\":%" PRIu64
                         ",\"invalid\":%" PRIu64 ",\"broken\":\"%s\",\"unsigned\":%" PRIu64
                         ",\"creates\":%" PRIu64 ",\"creates_throttled\":%" PRIu64
                         ",\"most_calls\":%" PRIu64 ",\"most_creates\":%" PRIu64 "}\n",
                         c->calls, least_calls(p), c->events, c->event_bytes, p->streams.count,
                         c->throttled, c->invalid, p->invalid, c->unsigned_calls, c->creates,
                         c->creates_throttled, p->calls.most, p->creates.most);
}
