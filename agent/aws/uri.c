#include "aws/uri.h"

#include "base/memory.h"

#include <stdlib.h>

static const char digits[] = "0123456789ABCDEF";

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void uri_encode(struct buffer *out, struct slice text, bool keeps_slash)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (is_unreserved(text.data[i]) || (keeps_slash && byte == '/')) {
            buffer_append_byte(out, text.data[i]);
            continue;
        }
        buffer_append_byte(out, '%');
        buffer_append_byte(out, digits[byte >> 4]);
        buffer_append_byte(out, digits[byte & 15]);
    }
}

/* -1: no hexadecimal digit. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void uri_decode(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len && text.data[i] == '%' ? digit_of(text.data[i + 1]) : -1;
        int low = high >= 0 ? digit_of(text.data[i + 2]) : -1;

        if (low < 0) {
            buffer_append_byte(out, text.data[i]);
            continue;
        }
        buffer_append_byte(out, (char)(high << 4 | low));
        i += 2;
    }
}

/* ---- paths ---- */

/* Takes the last segment off what was written since `start`, with the slash before it. */
static void drop_segment(struct buffer *out, size_t start)
{
    while (out->len > start && out->data[out->len - 1] != '/')
        out->len--;
    if (out->len > start)
        out->len--;
}

void uri_canonical_path(struct buffer *out, struct slice path, bool is_plain)
{
    size_t start = out->len;
    bool ends_in_slash = path.len > 0 && path.data[path.len - 1] == '/';
    struct slice rest = path, segment;

    if (is_plain) {
        buffer_append(out, path.len > 0 ? path : SLICE("/"));
        return;
    }
    while (slice_next(&rest, '/', &segment)) {
        if (slice_is(segment, "..")) {
            drop_segment(out, start);
        } else if (segment.len > 0 && !slice_is(segment, ".")) {
            buffer_append_byte(out, '/');
            uri_encode(out, segment, false);
        }
    }
    if (ends_in_slash || out->len == start)
        buffer_append_byte(out, '/');
}

/* ---- queries ---- */

struct pair {
    struct slice key, value; /* encoded; of the buffer below */
};

struct query {
    struct buffer text;
    struct pair *pairs;
    size_t count;
};

static int slice_compare(struct slice a, struct slice b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least > 0 ? memcmp(a.data, b.data, least) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int pair_compare(const void *one, const void *other)
{
    const struct pair *a = one, *b = other;
    int order = slice_compare(a->key, b->key);

    return order != 0 ? order : slice_compare(a->value, b->value);
}

/* Appends the part encoded anew, and says where it stands. Room for it is there. */
static struct slice part_add(struct buffer *out, struct slice part)
{
    struct buffer plain = {0};
    size_t start = out->len;

    uri_decode(&plain, part);
    uri_encode(out, buffer_view(&plain), false);
    buffer_fini(&plain);
    return slice_make(out->data + start, out->len - start);
}

static void query_read(struct query *q, struct slice text)
{
    struct slice rest = text, piece;
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++)
        most += text.data[i] == '&';
    q->pairs = mem_zalloc(most, sizeof *q->pairs);
    buffer_init(&q->text, text.len * 3 + 1); /* slices of it are kept, so it must not move */
    while (rest.len > 0 && slice_next(&rest, '&', &piece)) {
        size_t equals = slice_find(piece, '=');

        if (piece.len == 0)
            continue;
        CHECK(q->count < most && q->text.capacity - q->text.len >= piece.len * 3);
        q->pairs[q->count].key = part_add(&q->text, slice_make(piece.data, equals));
        q->pairs[q->count++].value = part_add(&q->text, slice_skip(piece, equals + 1));
    }
    qsort(q->pairs, q->count, sizeof *q->pairs, pair_compare);
}

static void query_fini(struct query *q)
{
    buffer_fini(&q->text);
    MEM_FREE(&q->pairs);
}

void uri_canonical_query(struct buffer *out, struct slice query)
{
    struct query q = {0};

    query_read(&q, query);
    for (size_t i = 0; i < q.count; i++) {
        if (i > 0)
            buffer_append_byte(out, '&');
        buffer_append(out, q.pairs[i].key);
        buffer_append_byte(out, '=');
        buffer_append(out, q.pairs[i].value);
    }
    query_fini(&q);
}

/* ---- the wire ---- */

void uri_wire(struct buffer *out, struct slice path_and_query)
{
    size_t question = slice_find(path_and_query, '?');
    struct slice path = slice_make(path_and_query.data, question);
    struct slice query = slice_skip(path_and_query, question + 1);
    struct buffer plain = {0};
    size_t mark;

    uri_decode(&plain, path);
    uri_encode(out, buffer_view(&plain), true);
    buffer_fini(&plain);
    if (path.len == 0)
        buffer_append_byte(out, '/');
    mark = out->len;
    buffer_append_byte(out, '?');
    uri_canonical_query(out, query);
    if (out->len == mark + 1)
        out->len = mark;
}
