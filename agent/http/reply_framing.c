#include "http/reply_framing.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next of what stands between commas. */
static bool token_next(struct slice *rest, struct slice *token)
{
    if (!slice_next(rest, ',', token))
        return false;
    *token = slice_trim(*token);
    return true;
}

/* False: it is no length, or another than before. */
static bool length_take(struct reply_framing *f, struct slice digits)
{
    uint64_t length = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.data[i]) || length > (INT64_MAX - 9) / 10)
            return false;
        length = length * 10 + (uint64_t)(digits.data[i] - '0');
    }
    if (digits.len == 0 || (f->has_length && length != f->length))
        return false;
    f->has_length = true;
    f->length = length;
    return true;
}

static bool lengths_take(struct reply_framing *f, struct slice value)
{
    struct slice token;

    if (value.len == 0)
        return false;
    while (token_next(&value, &token))
        if (!length_take(f, token))
            return false;
    return true;
}

static bool transfer_take(struct reply_framing *f, struct slice value)
{
    struct slice token;

    while (token_next(&value, &token)) {
        if (slice_is_nocase(token, "identity"))
            continue;
        if (f->is_chunked || !slice_is_nocase(token, "chunked"))
            return false;
        f->is_chunked = true;
    }
    return true;
}

static void connection_take(struct reply_framing *f, struct slice value)
{
    struct slice token;

    while (token_next(&value, &token)) {
        f->says_close = f->says_close || slice_is_nocase(token, "close");
        f->says_keep = f->says_keep || slice_is_nocase(token, "keep-alive");
    }
}

static void coding_take(struct reply_framing *f, struct slice value)
{
    struct slice token;

    while (token_next(&value, &token)) {
        if (token.len == 0 || slice_is_nocase(token, "identity"))
            continue;
        if (f->coding == REPLY_PLAIN &&
            (slice_is_nocase(token, "gzip") || slice_is_nocase(token, "x-gzip")))
            f->coding = REPLY_GZIP;
        else
            f->coding = REPLY_CODED_OTHERWISE;
    }
}

bool reply_framing_take(struct reply_framing *f, struct slice line)
{
    size_t colon = slice_find(line, ':');
    struct slice said = slice_make(line.data, colon), name = slice_trim(said);
    struct slice value = slice_trim(slice_skip(line, colon + 1));
    bool is_length = slice_is_nocase(name, "Content-Length");

    f->is_frame_last = is_length || slice_is_nocase(name, "Transfer-Encoding");
    if (f->is_frame_last) {
        if (colon == line.len || name.len != said.len)
            return false;
        return is_length ? lengths_take(f, value) : transfer_take(f, value);
    }
    if (slice_is_nocase(name, "Connection"))
        connection_take(f, value);
    else if (slice_is_nocase(name, "Content-Encoding"))
        coding_take(f, value);
    return true;
}
