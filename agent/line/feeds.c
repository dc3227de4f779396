#include "line/feeds.h"

#include "record/block.h"

#define INLINE static inline __attribute__((always_inline))

void line_feeds_init(struct line_feeds *feeds, struct slice text, size_t from)
{
    CHECK(from <= text.len && text.len <= UINT32_MAX);
    feeds->text = text;
    feeds->seen_bytes = from;
    feeds->way = json_marks_best();
    feeds->next = feeds->end = feeds->at;
}

/* Mostly a block has one or none: the first place is written for nothing rather than asked about. */
INLINE uint32_t *note(uint32_t *out, uint64_t bits, size_t at, struct block_way way)
{
    *out = (uint32_t)at + way.lowest(bits);
    out += bits != 0;
    for (bits &= bits - 1; UNLIKELY(bits != 0); bits &= bits - 1)
        *out++ = (uint32_t)at + way.lowest(bits);
    return out;
}

/* The blocks that are whole. */
INLINE uint32_t *look(struct line_feeds *feeds, uint32_t *out, struct block_way way)
{
    const char *text = feeds->text.data;
    size_t at = feeds->seen_bytes;

    while (feeds->text.len - at >= BLOCK_BYTES && out < feeds->at + LINE_FEEDS_MAX) {
        out = note(out, way.equal(text + at, '\n'), at, way);
        at += BLOCK_BYTES;
    }
    feeds->seen_bytes = at;
    return out;
}

NOINLINE static uint32_t *look_swar(struct line_feeds *feeds, uint32_t *out)
{
    return look(feeds, out, block_swar);
}

#ifdef __SSE2__
NOINLINE static uint32_t *look_sse2(struct line_feeds *feeds, uint32_t *out)
{
    return look(feeds, out, block_sse2);
}

NOINLINE BLOCK_AVX2 static uint32_t *look_avx2(struct line_feeds *feeds, uint32_t *out)
{
    return look(feeds, out, block_avx2);
}

NOINLINE BLOCK_AVX512 static uint32_t *look_avx512(struct line_feeds *feeds, uint32_t *out)
{
    return look(feeds, out, block_avx512);
}

static uint32_t *look_some(struct line_feeds *feeds, uint32_t *out)
{
    switch (feeds->way) {
    case JSON_MARKS_AVX512:
        return look_avx512(feeds, out);
    case JSON_MARKS_AVX2:
        return look_avx2(feeds, out);
    case JSON_MARKS_SSE2:
        return look_sse2(feeds, out);
    default:
        return look_swar(feeds, out);
    }
}
#else
static uint32_t *look_some(struct line_feeds *feeds, uint32_t *out)
{
    return look_swar(feeds, out);
}
#endif

/* What is left is shorter than a block: a copy of it is looked at, with nothing behind it. */
static uint32_t *look_last(struct line_feeds *feeds, uint32_t *out)
{
    size_t left = feeds->text.len - feeds->seen_bytes;
    char block[BLOCK_BYTES] = {0};

    if (left > 0)
        memcpy(block, feeds->text.data + feeds->seen_bytes, left);
    out = note(out, block_swar_equal(block, '\n'), feeds->seen_bytes, block_swar);
    *out++ = (uint32_t)feeds->text.len;
    feeds->seen_bytes = feeds->text.len;
    return out;
}

void line_feeds_look(struct line_feeds *feeds)
{
    uint32_t *out = look_some(feeds, feeds->at);

    if (out < feeds->at + LINE_FEEDS_MAX)
        out = look_last(feeds, out);
    CHECK(out > feeds->at && out <= feeds->at + ARRAY_LEN(feeds->at));
    feeds->next = feeds->at;
    feeds->end = out;
}
