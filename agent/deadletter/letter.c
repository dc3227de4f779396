#include "deadletter/letter.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "record/json_write.h"
#include "record/time.h"
#include "record/time_text.h"

#include <inttypes.h>
#include <stdlib.h>

#define STREAM_DIGITS 16

/* Around what was the deepest value of a field: the record, and the letter. */
#define LETTER_DEPTH 2

/* ---- bytes that are no text ---- */

bool letter_escape(struct slice text, struct buffer *out)
{
    const char *p = text.data, *end = p + text.len, *plain = p;
    bool has_odd = false;

    buffer_append_byte(out, '"');
    while (p < end) {
        unsigned len = utf8_len(p, end);

        if (LIKELY(len > 0)) {
            p += len;
            continue;
        }
        json_escape(out, slice_make(plain, (size_t)(p - plain)));
        buffer_append_format(out, "\\udc%02x", (unsigned)(unsigned char)*p);
        plain = ++p;
        has_odd = true;
    }
    json_escape(out, slice_make(plain, (size_t)(end - plain)));
    buffer_append_byte(out, '"');
    return has_odd;
}

/* \udcNN at `p`, with NN from 80 on: the byte, or -1. */
static int odd_byte(const char *p, const char *end)
{
    char digits[3] = {0};
    char *after;
    long byte;

    if (end - p < 6 || memcmp(p, "\\udc", 4) != 0)
        return -1;
    memcpy(digits, p + 4, 2);
    byte = strtol(digits, &after, 16);
    return *after == '\0' && byte >= 0x80 ? (int)byte : -1;
}

/* A piece without odd bytes, decoded. */
static void append_decoded(struct buffer *out, struct slice piece, struct arena *arena)
{
    struct buffer quoted = {0};

    if (piece.len == 0)
        return;
    buffer_append_byte(&quoted, '"');
    buffer_append(&quoted, piece);
    buffer_append_byte(&quoted, '"');
    buffer_append(out, json_unescape(buffer_view(&quoted), arena));
    buffer_fini(&quoted);
}

struct slice letter_unescape(struct slice written, struct arena *arena)
{
    const char *p = written.data + 1, *end = written.data + written.len - 1, *piece = p;
    struct buffer text = {0};
    struct slice copy;

    CHECK(written.len >= 2 && written.data[0] == '"');
    while (p < end) {
        int byte = odd_byte(p, end);

        if (byte >= 0) {
            append_decoded(&text, slice_make(piece, (size_t)(p - piece)), arena);
            buffer_append_byte(&text, (char)byte);
            p = piece = p + 6;
        } else {
            p += *p == '\\' && end - p > 1 ? 2 : 1;
        }
    }
    append_decoded(&text, slice_make(piece, (size_t)(end - piece)), arena);
    copy = arena_copy(arena, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

bool letter_is_escaped(const struct dead_letter *letter, struct slice written_key)
{
    struct slice rest = letter->escaped, ignored, key;

    while (rest.len > 0 && json_next(&rest, &ignored, &key))
        if (key.len >= 2 && slice_equal(slice_make(key.data + 1, key.len - 2), written_key))
            return true;
    return false;
}

/* ---- writing ---- */

static void append_time(struct buffer *out, const char *key, int64_t ns, unsigned digits)
{
    struct time_text text = {0};

    buffer_append_format(out, ",\"%s\":\"%.*s\"", key, SLICE_ARG(time_text_iso(&text, ns, digits)));
}

static void append_text(struct buffer *out, const char *key, struct slice text)
{
    buffer_append_format(out, ",\"%s\":", key);
    json_write_text(out, text);
}

static void append_json(struct buffer *out, const char *key, struct slice json)
{
    if (json.len == 0)
        return;
    buffer_append_format(out, ",\"%s\":", key);
    buffer_append(out, json);
}

void letter_write(const struct dead_letter *l, struct buffer *out)
{
    struct slice reason = l->reason;

    reason.len = utf8_cut(reason, LETTER_REASON_BYTES_MAX);
    buffer_append_format(out, "{\"version\":%d", LETTER_VERSION);
    append_time(out, "set_aside", l->set_aside_ns, 3);
    append_text(out, "output", l->output);
    buffer_append_format(out, ",\"status\":%u", l->status);
    append_text(out, "reason", reason);
    append_text(out, "tag", l->tag);
    if (l->file.len > 0)
        append_text(out, "file", l->file);
    buffer_append_format(out, ",\"stream\":\"%016" PRIx64 "\",\"offset\":%" PRIu64, l->stream,
                         l->offset);
    append_time(out, "time", l->time_ns, 9);
    append_json(out, "record", l->record);
    append_json(out, "metadata", l->metadata);
    append_json(out, "escaped", l->escaped);
    buffer_append_text(out, "}\n");
}

/* ---- reading ---- */

struct reading {
    struct slice object;
    struct arena *arena;
    bool is_odd;
};

static struct slice member(struct reading *r, const char *key, char first)
{
    struct slice value = {0};

    if (!json_find(r->object, slice_of(key), &value) || value.data[0] != first)
        return (struct slice){0};
    return value;
}

static struct slice needed(struct reading *r, const char *key, char first)
{
    struct slice value = member(r, key, first);

    r->is_odd |= value.len == 0;
    return value;
}

static struct slice text_of(struct reading *r, struct slice value)
{
    return value.len > 0 ? json_unescape(value, r->arena) : (struct slice){0};
}

static uint64_t number(struct reading *r, const char *key)
{
    struct slice value;
    uint64_t sum = 0;

    if (!json_find(r->object, slice_of(key), &value)) {
        r->is_odd = true;
        return 0;
    }
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(unsigned char)value.data[i] - '0';

        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            r->is_odd = true;
            return 0;
        }
        sum = sum * 10 + digit;
    }
    return sum;
}

static int64_t time_of(struct reading *r, const char *key)
{
    struct time_minute minute = {0};
    int64_t ns = 0;

    if (time_parse_rfc3339(&minute, text_of(r, needed(r, key, '"')), &ns) < 0)
        r->is_odd = true;
    return ns;
}

static uint64_t stream_of(struct reading *r)
{
    struct slice text = text_of(r, needed(r, "stream", '"'));
    char digits[STREAM_DIGITS + 1] = {0};
    char *end = digits;
    uint64_t stream;

    if (text.len == STREAM_DIGITS)
        memcpy(digits, text.data, STREAM_DIGITS);
    stream = strtoull(digits, &end, 16);
    r->is_odd |= end != digits + STREAM_DIGITS;
    return stream;
}

static void letter_fill(struct reading *r, struct dead_letter *out)
{
    *out = (struct dead_letter){
        .set_aside_ns = time_of(r, "set_aside"),
        .output = text_of(r, needed(r, "output", '"')),
        .status = (unsigned)number(r, "status"),
        .reason = text_of(r, needed(r, "reason", '"')),
        .tag = text_of(r, needed(r, "tag", '"')),
        .file = text_of(r, member(r, "file", '"')),
        .stream = stream_of(r),
        .offset = number(r, "offset"),
        .time_ns = time_of(r, "time"),
        .record = needed(r, "record", '{'),
        .metadata = member(r, "metadata", '{'),
        .escaped = member(r, "escaped", '['),
    };
}

enum letter_fault letter_read(struct slice line, struct arena *arena, struct dead_letter *out)
{
    struct reading r = {.arena = arena};
    struct json_scanner scanner;
    struct json_object object;
    uint64_t version;
    int rc;

    json_scanner_init(&scanner);
    scanner.depth_more = LETTER_DEPTH;
    rc = json_check_object(&scanner, line, &object);
    json_scanner_fini(&scanner);
    if (rc < 0)
        return LETTER_TORN;
    r.object = object.text;
    version = number(&r, "version");
    if (r.is_odd || version == 0)
        return LETTER_ODD;
    if (version > LETTER_VERSION)
        return LETTER_NEWER;
    letter_fill(&r, out);
    return r.is_odd ? LETTER_ODD : LETTER_SOUND;
}

const char *letter_fault_name(enum letter_fault fault)
{
    static const char *const names[] = {
        [LETTER_SOUND] = "is sound",
        [LETTER_TORN] = "was cut or damaged",
        [LETTER_ODD] = "is JSON, but no dead letter",
        [LETTER_NEWER] = "is of a newer version of tailrace",
    };

    CHECK((size_t)fault < ARRAY_LEN(names));
    return names[fault];
}
