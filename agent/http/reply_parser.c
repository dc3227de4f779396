#include "http/reply_parser.h"

/* What a step returns to have the next one made at once. */
#define REPLY_ON ((enum reply_part)(-1))

#define CHUNK_DIGITS_MAX 16

static enum reply_part refuse(struct reply_parser *p, const char *why)
{
    p->state = REPLY_REFUSED;
    p->why = why;
    return REPLY_BAD;
}

/* ---- lines ---- */

enum line { LINE_MORE, LINE_WHOLE, LINE_TOO_LONG };

/* One line with its end. One that comes whole is lent from where it lies. */
static enum line line_take(struct reply_parser *p, struct slice *bytes, struct slice *line)
{
    size_t at = slice_find(*bytes, '\n');
    bool is_whole = at < bytes->len;
    struct slice part = slice_make(bytes->data, is_whole ? at + 1 : at);

    if (p->is_line_lent)
        buffer_clear(&p->line);
    p->is_line_lent = false;
    if (part.len > p->room)
        return LINE_TOO_LONG;
    CHECK(p->line.len == 0 || p->line.data[p->line.len - 1] != '\n');
    p->room -= part.len;
    *bytes = slice_skip(*bytes, part.len);
    if (is_whole && p->line.len == 0) {
        *line = part;
        return LINE_WHOLE;
    }
    buffer_append(&p->line, part);
    *line = buffer_view(&p->line);
    p->is_line_lent = is_whole;
    return is_whole ? LINE_WHOLE : LINE_MORE;
}

/* Without its end. False: it has bytes that no line has. */
static bool line_trim(struct slice *line)
{
    CHECK(line->len > 0 && line->data[line->len - 1] == '\n');
    line->len--;
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->len--;
    return slice_find(*line, '\r') == line->len && slice_find(*line, '\0') == line->len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- the status line ---- */

#define SHAPE "HTTP/1.# ###" /* `#` stands for a digit */
#define MINOR_AT 7
#define STATUS_AT 9
#define SHAPE_LEN (sizeof SHAPE - 1)
_Static_assert(SHAPE_LEN == STATUS_AT + 3, "it ends with the three digits of the status");

/* Whether it may become one. */
static bool is_status_line(struct slice line)
{
    static const char shape[] = SHAPE;

    for (size_t i = 0; i < line.len && i < SHAPE_LEN; i++)
        if (shape[i] == '#' ? !is_digit(line.data[i]) : shape[i] != line.data[i])
            return false;
    return true;
}

static enum reply_part no_http(struct reply_parser *p)
{
    return refuse(p, "the answer is not HTTP");
}

/* True: the line has a status, which is taken. */
static bool status_take(struct reply_parser *p, struct slice line)
{
    const char *at = line.data + STATUS_AT;

    if (line.len < SHAPE_LEN || !is_status_line(line) ||
        (line.len > SHAPE_LEN && line.data[SHAPE_LEN] != ' '))
        return false;
    p->status = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
    p->framing = (struct reply_framing){.minor = (unsigned)(line.data[MINOR_AT] - '0')};
    return p->status >= 100 && p->status != 101;
}

static enum reply_part at_status(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    enum line came = line_take(p, bytes, piece);

    if (came == LINE_TOO_LONG || !is_status_line(*piece))
        return no_http(p);
    if (came == LINE_MORE)
        return REPLY_MORE;
    if (!line_trim(piece) || !status_take(p, *piece))
        return no_http(p);
    p->state = p->status < 200 ? REPLY_AT_INTERIM : REPLY_AT_FIELDS;
    p->framing.is_frame_last = true; /* nothing goes on a status line */
    return p->status < 200 ? REPLY_ON : REPLY_LINE;
}

/* ---- the head ---- */

static void body_begin(struct reply_parser *p)
{
    const struct reply_framing *f = &p->framing;

    CHECK(p->left == 0);
    p->is_kept = !f->says_close && (f->minor > 0 || f->says_keep);
    if (p->is_to_head || p->status == 204 || p->status == 304) {
        p->state = REPLY_AT_END;
    } else if (f->is_chunked) {
        p->is_kept = p->is_kept && !f->has_length && f->minor > 0;
        p->state = REPLY_AT_SIZE;
        p->room = CHUNK_LINE_BYTES_MAX;
    } else if (f->has_length) {
        p->left = f->length;
        p->state = p->left > 0 ? REPLY_IN_LENGTH : REPLY_AT_END;
    } else {
        p->is_kept = false;
        p->state = REPLY_TO_CLOSE;
    }
}

static enum reply_part head_end(struct reply_parser *p)
{
    CHECK(p->status >= 100);
    if (p->state == REPLY_AT_INTERIM) {
        p->state = REPLY_AT_STATUS;
        return REPLY_ON;
    }
    body_begin(p);
    return REPLY_HEAD;
}

static enum reply_part at_fields(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    enum line came = line_take(p, bytes, piece);

    if (came == LINE_TOO_LONG)
        return refuse(p, "the head of the answer is too long");
    if (came == LINE_MORE)
        return REPLY_MORE;
    if (!line_trim(piece))
        return no_http(p);
    if (piece->len == 0)
        return head_end(p);
    if (slice_begins(*piece, SLICE("HTTP/"))) /* who reads on would take it for another status */
        return no_http(p);
    if (piece->data[0] == ' ' || piece->data[0] == '\t')
        return p->framing.is_frame_last ? no_http(p) : REPLY_ON;
    if (p->state == REPLY_AT_INTERIM) {
        p->framing.is_frame_last = false;
        return REPLY_ON;
    }
    if (!reply_framing_take(&p->framing, *piece))
        return refuse(p, "the answer does not say how long it is");
    return REPLY_LINE;
}

/* ---- the body ---- */

static struct slice left_take(struct reply_parser *p, struct slice *bytes)
{
    size_t len = p->left < bytes->len ? (size_t)p->left : bytes->len;
    struct slice piece = slice_make(bytes->data, len);

    CHECK(len > 0);
    p->left -= len;
    *bytes = slice_skip(*bytes, len);
    return piece;
}

static enum reply_part in_length(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    *piece = left_take(p, bytes);
    if (p->left == 0)
        p->state = REPLY_AT_END;
    return REPLY_BODY;
}

static enum reply_part to_close(struct slice *bytes, struct slice *piece)
{
    *piece = *bytes;
    *bytes = slice_skip(*bytes, bytes->len);
    return REPLY_BODY;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* False: the line of a chunk begins with no size. */
static bool size_take(struct slice line, uint64_t *size)
{
    size_t digits = 0;

    *size = 0;
    while (digits < line.len && hex_value(line.data[digits]) >= 0) {
        if (digits == CHUNK_DIGITS_MAX)
            return false;
        *size = *size << 4 | (uint64_t)hex_value(line.data[digits++]);
    }
    line = slice_trim(slice_skip(line, digits));
    return digits > 0 && *size <= INT64_MAX && (line.len == 0 || line.data[0] == ';');
}

static enum reply_part bad_chunk(struct reply_parser *p)
{
    return refuse(p, "the chunks of the answer are broken");
}

static bool ends_in_crlf(struct slice line)
{
    return line.len >= 2 && line.data[line.len - 2] == '\r';
}

static enum reply_part at_size(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    enum line came = line_take(p, bytes, piece);
    uint64_t size;

    if (came == LINE_MORE)
        return REPLY_MORE;
    if (came == LINE_TOO_LONG || !ends_in_crlf(*piece) || !line_trim(piece) ||
        !size_take(*piece, &size))
        return bad_chunk(p);
    p->left = size;
    p->state = size > 0 ? REPLY_IN_CHUNK : REPLY_AT_TRAILERS;
    p->room = size > 0 ? 2 : REPLY_HEAD_BYTES_MAX; /* CRLF behind a chunk, or trailers */
    return REPLY_ON;
}

static enum reply_part in_chunk(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    *piece = left_take(p, bytes);
    if (p->left == 0)
        p->state = REPLY_AT_CHUNK_END;
    return REPLY_BODY;
}

static enum reply_part at_chunk_end(struct reply_parser *p, struct slice *bytes,
                                    struct slice *piece)
{
    enum line came = line_take(p, bytes, piece);

    if (came == LINE_MORE)
        return REPLY_MORE;
    if (came == LINE_TOO_LONG || !slice_equal(*piece, SLICE("\r\n")))
        return bad_chunk(p);
    p->state = REPLY_AT_SIZE;
    p->room = CHUNK_LINE_BYTES_MAX;
    return REPLY_ON;
}

static enum reply_part at_trailers(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    enum line came = line_take(p, bytes, piece);

    if (came == LINE_MORE)
        return REPLY_MORE;
    if (came == LINE_TOO_LONG || !ends_in_crlf(*piece) || !line_trim(piece))
        return bad_chunk(p);
    if (piece->len == 0)
        p->state = REPLY_AT_END;
    return REPLY_ON;
}

/* ---- all ---- */

void reply_parser_init(struct reply_parser *p, bool is_to_head)
{
    *p = (struct reply_parser){.is_to_head = is_to_head, .room = REPLY_HEAD_BYTES_MAX};
}

void reply_parser_fini(struct reply_parser *p)
{
    buffer_fini(&p->line);
}

static enum reply_part step(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    if (p->state == REPLY_AT_END)
        return REPLY_END;
    if (p->state == REPLY_REFUSED)
        return REPLY_BAD;
    if (bytes->len == 0)
        return REPLY_MORE;
    switch (p->state) {
    case REPLY_AT_STATUS:
        return at_status(p, bytes, piece);
    case REPLY_AT_INTERIM:
    case REPLY_AT_FIELDS:
        return at_fields(p, bytes, piece);
    case REPLY_IN_LENGTH:
        return in_length(p, bytes, piece);
    case REPLY_TO_CLOSE:
        return to_close(bytes, piece);
    case REPLY_AT_SIZE:
        return at_size(p, bytes, piece);
    case REPLY_IN_CHUNK:
        return in_chunk(p, bytes, piece);
    case REPLY_AT_CHUNK_END:
        return at_chunk_end(p, bytes, piece);
    default:
        CHECK(p->state == REPLY_AT_TRAILERS);
        return at_trailers(p, bytes, piece);
    }
}

enum reply_part reply_parser_next(struct reply_parser *p, struct slice *bytes, struct slice *piece)
{
    enum reply_part part;

    do
        part = step(p, bytes, piece);
    while (part == REPLY_ON);
    CHECK(p->left <= INT64_MAX && p->room <= REPLY_HEAD_BYTES_MAX);
    CHECK(part != REPLY_MORE || bytes->len == 0);
    return part;
}

bool reply_parser_close(const struct reply_parser *p)
{
    return p->state == REPLY_TO_CLOSE || p->state == REPLY_AT_END;
}
