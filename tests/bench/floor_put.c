/*
 * floor_put: the least work that ships container logs by PutLogEvents, a stream for each file.
 *
 *   floor_put PORT none|isal|zlib FILE...
 *
 * Each line: its CRI frame is taken off, its time becomes milliseconds, and its JSON body, with the
 * stream's name in front, becomes a message. A call is as full as the service takes it, signed by
 * Signature Version 4, and its answer is read before the next one is made. What floor does not do, this
 * does not do either.
 */
#include "aws/sigv4.h"
#include "base/clock.h"
#include "shipper.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define CALL_BYTES_MAX 1048576
#define EVENT_BYTES_MORE 26
#define CALL_EVENTS_MAX 10000
#define BODY_ROOM ((size_t)3 << 20)
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define KEY_ID "AKIDEXAMPLE"

struct floor {
    struct shipper *shipper;
    struct buffer body;
    size_t call_bytes, call_events;
    unsigned stream; /* that the body is for */
    char minute[17]; /* of the line before, and its milliseconds */
    int64_t minute_ms;
};

/* ---- a call ---- */

static void body_begin(struct floor *f)
{
    buffer_clear(&f->body);
    buffer_append_format(
        &f->body, "{\"logGroupName\":\"/floor\",\"logStreamName\":\"pod-%u\",\"logEvents\":[",
        f->stream);
    f->call_bytes = f->call_events = 0;
}

static void head_make(struct slice bytes, bool is_gzip, struct buffer *head)
{
    static uint8_t key[SIGV4_KEY_BYTES];
    static bool has_key;
    struct sigv4_scope scope = {.region = SLICE("eu-west-1"), .service = SLICE("logs")};
    char hash[SIGV4_HEX_BYTES], fields[512];
    struct sigv4_message message = {.method = SLICE("POST"), .path = SLICE("/"), .body_hash = hash};
    int len;

    sigv4_stamp(clock_wall_ns() / NS_PER_S, scope.stamp);
    sigv4_hash(bytes, hash);
    if (!has_key)
        sigv4_key(&scope, SLICE(SECRET), key);
    has_key = true;
    len = snprintf(fields, sizeof fields,
                   "Host: floor%cX-Amz-Date: %s%cX-Amz-Target: Logs_20140328.PutLogEvents%c"
                   "Content-Type: application/x-amz-json-1.1%c%s",
                   0, scope.stamp, 0, 0, 0, is_gzip ? "Content-Encoding: gzip" : "");
    message.head = slice_make(fields, (size_t)len + is_gzip);
    buffer_append_text(head, "POST / HTTP/1.1\r\n");
    for (struct slice rest = message.head, line; slice_next(&rest, '\0', &line);)
        if (line.len > 0)
            buffer_append_format(head, "%.*s\r\n", SLICE_ARG(line));
    buffer_append_text(head, "Authorization: ");
    sigv4_authorize(&scope, &message, SLICE(KEY_ID), key, head);
    buffer_append_format(head, "\r\nContent-Length: %zu\r\n\r\n", bytes.len);
}

static void send_call(struct floor *f)
{
    struct buffer head = {0};
    struct slice bytes;

    if (f->call_events > 0) {
        buffer_append_text(&f->body, "]}");
        bytes = squeeze(f->shipper, buffer_view(&f->body));
        head_make(bytes, is_squeezing(f->shipper), &head);
        ship(f->shipper, buffer_view(&head), bytes, "{\"nextSequenceToken\":\"0\"}");
        buffer_fini(&head);
    }
    body_begin(f);
}

/* ---- a line ---- */

static int64_t digits(const char *at, unsigned count)
{
    int64_t number = 0;

    while (count-- > 0)
        number = number * 10 + (*at++ - '0');
    return number;
}

static int64_t time_ms(struct floor *f, const char *stamp)
{
    if (memcmp(f->minute, stamp, 16) != 0) {
        struct tm parts = {.tm_year = (int)digits(stamp, 4) - 1900,
                           .tm_mon = (int)digits(stamp + 5, 2) - 1,
                           .tm_mday = (int)digits(stamp + 8, 2),
                           .tm_hour = (int)digits(stamp + 11, 2),
                           .tm_min = (int)digits(stamp + 14, 2)};

        memcpy(f->minute, stamp, 16);
        f->minute_ms = (int64_t)timegm(&parts) * 1000;
    }
    return f->minute_ms + digits(stamp + 17, 2) * 1000 + digits(stamp + 20, 3);
}

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

/* Quotes are all that gen writes of what must be escaped. */
static char *put_escaped(char *at, struct slice text)
{
    const char *quote;

    while ((quote = memchr(text.data, '"', text.len))) {
        size_t len = (size_t)(quote - text.data);

        at = put(at, text.data, len);
        at = put(at, "\\\"", 2);
        text = slice_skip(text, len + 1);
    }
    return put(at, text.data, text.len);
}

static void add_event(void *owner, struct slice line)
{
    static const struct slice before = SLICE("{\\\"stream\\\":\\\"");
    struct floor *f = owner;
    struct slice body = slice_skip(line, BODY_AT);
    size_t bytes = sizeof "{'stream':'stdout'," - 1 + body.len + EVENT_BYTES_MORE;
    char *start, *at;

    CHECK(line.len > BODY_AT && line.data[BODY_AT - 1] == '{');
    if (f->call_bytes + bytes > CALL_BYTES_MAX || f->call_events == CALL_EVENTS_MAX)
        send_call(f);
    at = start = buffer_reserve(&f->body, 2 * line.len + 128);
    if (f->call_events > 0)
        *at++ = ',';
    at += snprintf(at, 64, "{\"timestamp\":%" PRId64 ",\"message\":\"", time_ms(f, line.data));
    at = put(at, before.data, before.len);
    at = put(at, line.data + STREAM_AT, STREAM_BYTES);
    at = put(at, "\\\",", 3);
    at = put_escaped(at, body);
    at = put(at, "\"}", 2);
    buffer_commit(&f->body, (size_t)(at - start));
    f->call_bytes += bytes;
    f->call_events++;
}

int main(int argc, char **argv)
{
    static struct floor f;

    if (argc < 4) {
        fprintf(stderr, "usage: floor_put PORT none|isal|zlib FILE...\n");
        return 2;
    }
    f.shipper = shipper_open(argv[1], argv[2]);
    buffer_init(&f.body, BODY_ROOM);
    for (int i = 3; i < argc; i++) {
        f.stream = (unsigned)i - 3;
        body_begin(&f);
        ship_file(argv[i], add_event, &f);
        send_call(&f);
    }
    return 0;
}
