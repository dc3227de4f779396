#include "record/json.h"

#include "base/utf8.h"
#include "record/copy.h"
#include "record/json_escape.h"

#include <errno.h>
#include <uv.h>

/* Walking and rewriting JSON text that the check has accepted, so nothing here validates again. */

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* `p` is at the opening quote; returns the place after the closing one, or NULL without one. */
static const char *string_end(const char *p, const char *end)
{
    p++;
    for (;;) {
        p += scan_plain(p, end);
        if (p >= end)
            return NULL;
        if (*p == '"')
            return p + 1;
        if (*p == '\\' && end - p > 1)
            p++;
        p++;
    }
}

/* Objects and arrays: counts brackets outside strings. NULL when the last one is not closed. */
static const char *nested_end(const char *p, const char *end)
{
    unsigned depth = 0;

    CHECK(p < end && (*p == '{' || *p == '['));
    while (p < end) {
        char byte = *p;

        if (byte == '"') {
            p = string_end(p, end);
            if (p == NULL)
                return NULL;
            continue;
        }
        p++;
        if (byte == '{' || byte == '[')
            depth++;
        else if ((byte == '}' || byte == ']') && --depth == 0)
            return p;
    }
    return NULL;
}

static bool ends_scalar(char byte)
{
    return (unsigned char)byte <= ' ' || byte == ',' || byte == '}' || byte == ']';
}

/* The place after the value at `p`, NULL when it lacks its end. */
static const char *value_end(const char *p, const char *end)
{
    if (*p == '"')
        return string_end(p, end);
    if (*p == '{' || *p == '[')
        return nested_end(p, end);
    while (p < end && !ends_scalar(*p))
        p++;
    return p;
}

static const char *skip_value(const char *p, const char *end)
{
    const char *after = p < end ? value_end(p, end) : end;

    return after != NULL ? after : end;
}

bool json_next(struct slice *rest, struct slice *key, struct slice *value)
{
    const char *p = rest->data, *end = rest->data + rest->len, *begin;
    bool is_object;

    if (rest->len == 0)
        return false;
    /* The first call sees the opening bracket; the later ones a comma or the closing bracket,
     * and whether keys stand before values shows by itself: a member has a colon. */
    p = skip_blanks(p, end);
    if (p < end && (*p == '{' || *p == '[' || *p == ','))
        p++;
    p = skip_blanks(p, end);
    if (p >= end || *p == '}' || *p == ']') {
        *rest = (struct slice){0};
        return false;
    }
    begin = p;
    p = skip_value(p, end);
    *key = (struct slice){0};
    *value = slice_make(begin, (size_t)(p - begin));
    p = skip_blanks(p, end);
    is_object = p < end && *p == ':';
    if (is_object) {
        *key = slice_make(value->data + 1, value->len - 2);
        begin = skip_blanks(p + 1, end);
        p = skip_value(begin, end);
        *value = slice_make(begin, (size_t)(p - begin));
        p = skip_blanks(p, end);
    }
    *rest = slice_make(p, (size_t)(end - p));
    return true;
}

static bool key_is(struct slice written, struct slice key)
{
    char copy[512];
    struct arena arena = {0};
    struct slice quoted;
    bool is_same;

    if (memchr(written.data, '\\', written.len) == NULL)
        return slice_equal(written, key);
    if (written.len >= sizeof copy)
        return false;
    quoted = slice_make(written.data - 1, written.len + 2);
    is_same = slice_equal(json_unescape(quoted, &arena), key);
    arena_fini(&arena);
    return is_same;
}

bool json_find(struct slice object, struct slice key, struct slice *value_out)
{
    struct slice rest = object, name, value;
    bool is_found = false;

    while (json_next(&rest, &name, &value)) {
        if (name.data != NULL && key_is(name, key)) {
            *value_out = value;
            is_found = true;
        }
    }
    return is_found;
}

static unsigned hex_digit(char byte)
{
    return (unsigned)(byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
}

static uint32_t hex4(const char *p)
{
    return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

uint32_t json_unit_read(const char **p_inout, const char *end)
{
    const char *p = *p_inout;
    uint32_t code = hex4(p + 2);

    p += JSON_UNIT_BYTES;
    if (code >= 0xd800 && code <= 0xdbff && end - p >= JSON_UNIT_BYTES && p[0] == '\\' &&
        p[1] == 'u') {
        uint32_t low = hex4(p + 2);

        if (low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += JSON_UNIT_BYTES;
        }
    }
    *p_inout = p;
    return code;
}

/* Returns the place after what is at `p`. */
static const char *unescape_unicode(const char *p, const char *end, char **out)
{
    uint32_t code = json_unit_read(&p, end);

    *out += utf8_encode(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code, *out);
    return p;
}

static char unescape_plain(char byte)
{
    switch (byte) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return byte;
    }
}

struct slice json_unescape(struct slice value, struct arena *arena)
{
    const char *p = value.data + 1, *end = value.data + value.len - 1;
    char *begin, *out;

    CHECK(value.len >= 2 && value.data[0] == '"');
    if (memchr(p, '\\', (size_t)(end - p)) == NULL)
        return slice_make(p, (size_t)(end - p));

    begin = out = arena_alloc(arena, (size_t)(end - p));
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
        } else if (p[1] == 'u') {
            p = unescape_unicode(p, end, &out);
        } else {
            *out++ = unescape_plain(p[1]);
            p += 2;
        }
    }
    return slice_make(begin, (size_t)(out - begin));
}

int64_t json_value_extent(struct slice text)
{
    const char *end = text.data + text.len, *after;

    if (text.len == 0)
        return UV_EAGAIN;
    after = value_end(text.data, end);
    if (after == NULL)
        return UV_EAGAIN;
    if (after == text.data)
        return UV_EINVAL;
    /* A bare word or a number that reaches the end may go on. */
    if (after == end && strchr("{[\"", text.data[0]) == NULL)
        return UV_EAGAIN;
    return after - text.data;
}

/* Whether a colon follows, blanks apart: then the string that ended here was a key. */
static bool is_before_colon(const char *p, const char *end)
{
    p = skip_blanks(p, end);
    return p < end && *p == ':';
}

void json_replace_in_keys(struct buffer *out, struct slice text, char from, char to)
{
    const char *p = text.data, *end = p + text.len;

    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p)), *after;
        size_t at;

        if (quote == NULL)
            quote = end;
        buffer_append(out, slice_make(p, (size_t)(quote - p)));
        if (quote == end)
            return;
        after = skip_value(quote, end);
        at = out->len;
        buffer_append(out, slice_make(quote, (size_t)(after - quote)));
        if (is_before_colon(after, end))
            for (; at < out->len; at++)
                if (out->data[at] == from)
                    out->data[at] = to;
        p = after;
    }
}
