/*
 * Any bytes as what a back-end answers, in pieces of a length that the first byte gives: however they
 * are parted, the same is told of them. The first byte's highest bit says that HEAD was asked. What is
 * told of the head is read as the client reads it.
 */
#include "http/reply_header.h"
#include "http/reply_parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    struct reply_parser parser;
    struct http_reply reply;
    struct buffer told; /* what came, with what it was */
    size_t taken;       /* bytes, up to the end or a refusal */
    enum reply_part last;
};

/* Body bytes one after the other are one, whatever they came in. */
static void note(struct reading *r, enum reply_part part, struct slice piece)
{
    if (part == REPLY_LINE) {
        reply_header(&r->reply, piece);
        buffer_append_byte(&r->told, '<');
        buffer_append(&r->told, piece);
    } else if (part == REPLY_BODY) {
        CHECK(piece.len > 0);
        buffer_append(&r->told, piece);
    } else {
        buffer_append_byte(&r->told, (char)('0' + (int)part));
    }
}

static bool is_last(enum reply_part part)
{
    return part == REPLY_END || part == REPLY_BAD;
}

/* What is left of it was not taken. */
static void take(struct reading *r, struct slice *bytes)
{
    struct slice piece;

    do {
        r->last = reply_parser_next(&r->parser, bytes, &piece);
        if (r->last != REPLY_MORE)
            note(r, r->last, piece);
    } while (r->last != REPLY_MORE && !is_last(r->last));
    CHECK(r->parser.line.len <= REPLY_HEAD_BYTES_MAX);
    CHECK(r->parser.left <= INT64_MAX);
}

static void read_all(struct reading *r, struct slice bytes, size_t step)
{
    while (bytes.len > 0 && !is_last(r->last)) {
        struct slice piece = slice_make(bytes.data, bytes.len < step ? bytes.len : step);
        size_t before = piece.len;

        take(r, &piece);
        CHECK(r->last != REPLY_MORE || piece.len == 0);
        r->taken += before - piece.len;
        bytes = slice_skip(bytes, before - piece.len);
    }
}

static void expect_same(const struct reading *a, const struct reading *b)
{
    CHECK(slice_equal(buffer_view(&a->told), buffer_view(&b->told)));
    CHECK(a->last == b->last && a->reply.status == b->reply.status);
    CHECK(a->parser.is_kept == b->parser.is_kept);
    CHECK(reply_parser_close(&a->parser) == reply_parser_close(&b->parser));
    CHECK(a->last != REPLY_END || a->taken == b->taken);
    CHECK(a->last != REPLY_BAD || a->parser.why == b->parser.why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading parted = {0}, whole = {0};
    struct reading *const both[] = {&parted, &whole};
    struct slice bytes;

    if (size < 2)
        return 0;
    bytes = slice_make((const char *)data + 1, size - 1);
    for (unsigned i = 0; i < 2; i++) {
        reply_parser_init(&both[i]->parser, data[0] >> 7);
        read_all(both[i], bytes, i == 0 ? 1U + (data[0] & 0x7f) : bytes.len);
    }
    expect_same(&parted, &whole);
    for (unsigned i = 0; i < 2; i++) {
        reply_parser_fini(&both[i]->parser);
        buffer_fini(&both[i]->told);
    }
    return 0;
}
