#include "kit/chunk.h"
#include "kit/plugin.h"
#include "plugins/out_cloudwatch_logs/batcher.h"
#include "plugins/out_cloudwatch_logs/cloudwatch.h"
#include "plugins/out_cloudwatch_logs/note.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Chunks in, calls out, until nothing is left: dice make records of any size, time and encoding, and
 * decide what the service answers. Each call is held against every limit of the service, counted in the
 * bytes that it would count, and in the end each message has arrived once, whole, in its stream.
 */

#define RECORDS_MAX 60
#define SPAN_MS (INT64_C(24) * 3600 * 1000)

extern const struct output_plugin out_cloudwatch_logs;

static struct http_settings http;
static struct plugin_kit kit;
static struct out_cloudwatch *cw;
static struct chunk *chunk;
static struct batch batch;
static struct arena arena;
static uint64_t dice_state;
static struct slice wanted[RECORDS_MAX], arrived[RECORDS_MAX]; /* "stream ms message" */
static uint32_t wanted_count, arrived_count;
static uint32_t calls, refusals;
static struct buffer parts; /* of the message that comes in parts */

static uint32_t dice(uint32_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (uint32_t)(dice_state >> 11) % sides;
}

/* ---- records ---- */

static size_t size_draw(void)
{
    switch (dice(60)) {
    case 0:
        return 0;
    case 1:
        return CW_MESSAGE_BYTES_MAX - dice(3);
    case 2:
        return CW_MESSAGE_BYTES_MAX + dice(1500000);
    case 3:
    case 4:
        return dice(200000);
    default:
        return 1 + dice(300);
    }
}

/* Characters of one to four bytes, what JSON escapes, and bytes that are no UTF-8. */
static struct slice text_draw(size_t bytes)
{
    static const char *const pieces[] = {"a",  "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\"",
                                         "\\", "\n",       "\x01",         "plain text"};
    bool is_sound = dice(8) > 0;
    char *text = arena_alloc(&arena, bytes + 16);
    size_t len = 0;

    while (len < bytes) {
        const char *piece = pieces[dice(ARRAY_LEN(pieces))];

        if (!is_sound && dice(50) == 0)
            piece = "\xff";
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return slice_make(text, len);
}

/* As it must arrive: U+FFFD stands for what is no UTF-8. */
static struct slice sound(struct slice text)
{
    struct buffer quoted = {0};
    struct slice copy;

    buffer_append_byte(&quoted, '"');
    json_escape(&quoted, text);
    buffer_append_byte(&quoted, '"');
    copy = arena_copy(&arena, buffer_view(&quoted));
    buffer_fini(&quoted);
    return json_unescape(copy, &arena);
}

static struct slice line_of(struct slice stream, int64_t ms, struct slice message)
{
    struct slice head = arena_format(&arena, "%.*s %lld ", SLICE_ARG(stream), (long long)ms);
    char *all = arena_alloc(&arena, head.len + message.len);

    memcpy(all, head.data, head.len);
    if (message.len > 0)
        memcpy(all + head.len, message.data, message.len);
    return slice_make(all, head.len + message.len);
}

static void records_draw(void)
{
    struct chunk_maker *maker = chunk_maker_new();
    uint32_t count = 1 + dice(RECORDS_MAX);
    int64_t ms = CHUNK_KIT_NS / 1000000;
    char tag[8], stream[16];

    for (uint32_t i = 0; i < count; i++) {
        struct record *record = chunk_maker_record(maker);
        struct slice text = text_draw(size_draw());

        snprintf(tag, sizeof tag, "%u", dice(3));
        snprintf(stream, sizeof stream, "p-%s", tag);
        ms += dice(10) > 0 ? (int64_t)dice(2000) : (int64_t)dice(200000000) - 100000000;
        record->time_ns = ms * 1000000 + dice(1000000);
        record_add(record, SLICE("log"), value_text(text));
        chunk_maker_push(maker, tag);
        if (text.len > 0)
            wanted[wanted_count++] = line_of(slice_of(stream), ms, sound(text));
    }
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
}

/* ---- the service ---- */

static struct slice member(struct slice object, const char *key)
{
    struct slice value = {0};

    ck_assert(json_find(object, slice_of(key), &value));
    return value;
}

/* A part is kept until the last one has come: "[part 2/3 of 8f1c22d1a09be377] text". */
static void message_arrives(struct slice stream, int64_t ms, struct slice message)
{
    unsigned number, count;
    struct slice line = message;
    int head = 0;

    if (slice_begins(message, SLICE("[part "))) {
        char begin[64] = "";

        memcpy(begin, message.data, message.len < 63 ? message.len : 63);
        ck_assert_int_eq(sscanf(begin, "[part %u/%u of %*16[0-9a-f]] %n", &number, &count, &head),
                         2);
        ck_assert_int_gt(head, 0);
        buffer_append(&parts, slice_skip(message, strlen("[part 1/1 of 0123456789abcdef] ")));
        if (number < count)
            return;
        line = arena_copy(&arena, buffer_view(&parts));
        buffer_clear(&parts);
    }
    ck_assert_uint_lt(arrived_count, RECORDS_MAX);
    arrived[arrived_count++] = line_of(stream, ms, line);
}

/* Every limit of one call; its events arrive when it is taken. */
static void call_check(struct slice body, bool is_taken)
{
    struct slice stream = json_unescape(member(body, "logStreamName"), &arena);
    struct slice rest = member(body, "logEvents"), key, event;
    int64_t first_ms = 0, last_ms = 0;
    uint32_t count = 0;
    uint64_t bytes = 0;

    ck_assert(slice_is(json_unescape(member(body, "logGroupName"), &arena), "g"));
    while (json_next(&rest, &key, &event)) {
        struct slice message = json_unescape(member(event, "message"), &arena);
        int64_t ms = strtoll(member(event, "timestamp").data, NULL, 10);

        ck_assert_uint_gt(message.len, 0);
        ck_assert(utf8_is_valid(message));
        ck_assert(count == 0 || ms >= last_ms);
        first_ms = count++ == 0 ? ms : first_ms;
        last_ms = ms;
        bytes += message.len + CW_EVENT_OVERHEAD;
        if (is_taken)
            message_arrives(stream, ms, message);
    }
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_le(count, 10000);
    ck_assert_uint_le(bytes, 1048576);
    ck_assert_int_lt(last_ms - first_ms, SPAN_MS);
}

static void body_check(struct http_request *request, bool is_taken)
{
    struct json_scanner scanner;

    json_scanner_init(&scanner);
    ck_assert_int_eq(json_check_value(&scanner, buffer_view(&request->body), NULL), 0);
    json_scanner_fini(&scanner);
    call_check(buffer_view(&request->body), is_taken);
}

/* Nine of ten calls are taken; the others are throttled, or the service has a bad moment. */
static struct http_reply reply_draw(bool is_taken)
{
    struct http_reply reply = {.status = 200, .request_id = "1-2-3"};
    bool is_throttled = dice(2) > 0;

    if (is_taken) {
        buffer_append_text(&reply.body, "{\"nextSequenceToken\":\"4\"}");
        return reply;
    }
    refusals++;
    reply.status = is_throttled ? 400 : 503;
    buffer_append_text(
        &reply.body, is_throttled
                         ? "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}"
                         : "{\"__type\":\"ServiceUnavailableException\",\"message\":\"The service "
                           "cannot complete the request.\"}");
    return reply;
}

/* ---- one delivery ---- */

/* As deliver does it: what went in the call is done; so is what cannot be sent. */
static void settle(uint8_t state)
{
    for (uint32_t i = 0; i < batch.count; i++)
        if (batch_states(&batch)[i] == state)
            batch.states[i] = RECORD_DONE;
}

static void call_make(void)
{
    bool is_taken = dice(10) > 0;
    struct http_request request = {0};
    struct verdicts verdicts;
    struct http_reply reply;
    enum verdict verdict;
    char why[256];

    batch_rewind(&batch);
    ck_assert_int_eq(cw_encode(cw, &batch, &request), 0);
    settle(RECORD_SKIPPED);
    verdicts = (struct verdicts){.count = batch_waiting(&batch), .note = batch.note};
    if (verdicts.count > 0) {
        calls++;
        body_check(&request, is_taken);
        reply = reply_draw(is_taken);
        verdict = cw_answer(cw, &reply, &verdicts, why);
        ck_assert_int_ne(verdict, VERDICT_REFUSED);
        ck_assert_int_ne(verdict, VERDICT_TOO_LARGE);
        if (verdict == VERDICT_DELIVERED)
            settle(RECORD_WAITING);
        buffer_fini(&reply.body);
    }
    verdicts_fini(&verdicts);
    http_request_fini(&request);
}

static bool is_anything_left(void)
{
    (void)batch_release(&batch);
    return batch_waiting(&batch) > 0;
}

static int line_compare(const void *one, const void *other)
{
    const struct slice *a = one, *b = other;
    int rc = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

    return rc != 0 ? rc : (a->len > b->len) - (a->len < b->len);
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, CHUNK_KIT_NS);
    http = (struct http_settings){.host = "127.0.0.1", .port = 443};
    cw = plugin_make(&kit, out_cloudwatch_logs.self_bytes, out_cloudwatch_logs.options,
                     (const char *const[]){"region", "eu-west-1", "log_group_name", "g",
                                           "log_stream_prefix", "p-", "log_key", "log", NULL});
    kit.setup.http = &http;
    ck_assert_int_eq(out_cloudwatch_logs.init(cw, &kit.setup), 0);
    atomic_store(&cw->is_plain, true);
    arena_init(&arena);
    wanted_count = arrived_count = calls = refusals = 0;
}

static void tear_down(void)
{
    out_cloudwatch_logs.fini(cw);
    plugin_gone(&kit, cw);
    batch_fini(&batch);
    chunk_unref(&chunk);
    arena_fini(&arena);
    buffer_fini(&parts);
    clock_real();
    log_level_set(LOG_INFO);
}

START_TEST(every_call_keeps_every_limit_and_every_message_arrives_once)
{
    dice_state = 88172645463325252u + (uint64_t)_i * 7919;
    records_draw();
    for (unsigned i = 0; is_anything_left(); i++) {
        ck_assert_uint_lt(i, 5000);
        call_make();
    }
    ck_assert_uint_ge(calls, 1);
    ck_assert_uint_eq(parts.len, 0);
    ck_assert_uint_eq(arrived_count, wanted_count);
    qsort(wanted, wanted_count, sizeof *wanted, line_compare);
    qsort(arrived, arrived_count, sizeof *arrived, line_compare);
    for (uint32_t i = 0; i < wanted_count; i++)
        ck_assert(slice_equal(wanted[i], arrived[i]));
}
END_TEST

Suite *suite_plugins_out_cloudwatch_calls(void)
{
    Suite *s = suite_create("plugins/out_cloudwatch_calls");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_loop_test(use, every_call_keeps_every_limit_and_every_message_arrives_once, 0, 20);
    suite_add_tcase(s, use);
    return s;
}
