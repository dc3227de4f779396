#include "record/json_marks.h"

#include "base/memory.h"
#include "record/block.h"

#define INLINE static inline __attribute__((always_inline))

/* Marks of a block that are written at once, needed or not: a loop would be a wrong guess. */
#define MARKS_AT_ONCE 8

struct json_marks *json_marks_new(void)
{
    struct json_marks *m = mem_zalloc(1, sizeof *m);

    m->way = json_marks_best();
    return m;
}

enum json_marks_way json_marks_best(void)
{
    enum json_marks_way way = JSON_MARKS_AVX512;

    while (!json_marks_has(way))
        way--;
    return way;
}

void json_marks_free(struct json_marks **m)
{
    MEM_FREE(m);
}

/* ---- one block ---- */

/* The bytes that a backslash escapes. A backslash in a row of them escapes the next one when it
 * stands at an even place of the row; the row's last one may escape the next block's first byte. */
INLINE uint64_t escaped_bits(struct json_marks_carry *carry, uint64_t backslash)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    uint64_t follows, odd_begins, sum;

    backslash &= ~carry->is_escaped;
    follows = backslash << 1 | carry->is_escaped;
    odd_begins = backslash & ~even & ~follows;
    carry->is_escaped = __builtin_add_overflow(odd_begins, backslash, &sum);
    return (even ^ sum << 1) & follows;
}

/* Bits of the bytes that come right after those of `heads`, in this block or the one before. */
INLINE uint64_t after(uint64_t heads, uint64_t *carry)
{
    uint64_t bits = heads << 1 | *carry;

    *carry = heads >> 63;
    return bits;
}

/*
 * Whether the bytes from 0x80 on are UTF-8 (Unicode 15, table 3-7): those that go on a character
 * stand exactly where the bytes that begin one ask for them, and four of these allow only half of
 * what may follow the others.
 */
INLINE bool utf8_is_good(struct json_marks_carry *carry, const char *p, struct block_way way,
                         uint64_t high)
{
    uint64_t tails = way.below(p, (signed char)0xc0) & high;
    uint64_t heads = high & ~tails;
    uint64_t heads_3 = heads & ~way.below(p, (signed char)0xe0);
    uint64_t heads_4 = heads & ~way.below(p, (signed char)0xf0);
    uint64_t below_a0 = way.below(p, (signed char)0xa0);
    uint64_t below_90 = way.below(p, (signed char)0x90);
    uint64_t asked = heads << 1 | heads_3 << 2 | heads_4 << 3 | carry->utf8_tails;
    uint64_t bad = heads & (way.below(p, (signed char)0xc2) | ~way.below(p, (signed char)0xf5));

    carry->utf8_tails = heads >> 63 | heads_3 >> 62 | heads_4 >> 61;
    bad |= asked ^ tails;
    bad |= after(heads & way.equal(p, (char)0xe0), &carry->utf8_heads[0]) & below_a0;
    bad |= after(heads & way.equal(p, (char)0xed), &carry->utf8_heads[1]) & ~below_a0;
    bad |= after(heads & way.equal(p, (char)0xf0), &carry->utf8_heads[2]) & below_90;
    bad |= after(heads & way.equal(p, (char)0xf4), &carry->utf8_heads[3]) & ~below_90;
    return bad == 0;
}

/* The marks of a block that has more than plain characters. */
INLINE uint64_t odd_bits(struct json_marks *m, const char *p, uint64_t inside, struct block_way way)
{
    uint64_t backslash = way.equal(p, '\\') & inside;
    uint64_t below_blank = way.below(p, ' ') & inside;
    uint64_t quote = way.equal(p, '"') & inside;
    uint64_t high = way.below(p, 0) & below_blank;
    uint64_t escaped = escaped_bits(&m->carry, backslash);

    if (high | m->carry.utf8_tails)
        m->is_utf8 &= utf8_is_good(&m->carry, p, way, high);
    return ((quote | backslash) & ~escaped) | (below_blank & ~high);
}

/* ---- all blocks ---- */

/* The compiler knows this one, and the instruction for it. */
INLINE unsigned bit_count(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(x * BLOCK_ONES >> 56);
}

/* Writes the places of the bits, and some more that do not count. */
INLINE void write_places(uint32_t *out, uint64_t bits, uint32_t at, struct block_way way)
{
    while (bits != 0) {
#pragma GCC unroll 8
        for (int i = 0; i < MARKS_AT_ONCE; i++) {
            out[i] = at + way.lowest(bits);
            bits &= bits - 1;
        }
        out += MARKS_AT_ONCE;
    }
}

/* One way to mark, for a kind of processor. */
struct marks_way {
    struct block_way block;
    uint64_t (*odd_bits)(struct json_marks *m, const char *p, uint64_t inside);
    void (*write_places)(uint32_t *out, uint64_t bits, uint32_t at);
};

/* Marks blocks until the window is full or the text ends. What is rare is not inlined: it would
 * have its constants loaded before the loop, for nothing. */
INLINE uint32_t *mark_blocks(struct json_marks *m, uint32_t *out, struct marks_way way)
{
    const char *text = m->text.data;
    size_t at = m->marked_bytes, len = m->text.len;

    while (at < len && out < m->at + JSON_MARKS_MAX) {
        uint64_t inside = len - at < BLOCK_BYTES ? ~(~UINT64_C(0) << (len - at)) : ~UINT64_C(0);
        uint64_t odd = way.block.either(text + at, '\\', ' ') & inside, bits;

        if (UNLIKELY(odd | m->carry.is_escaped | m->carry.utf8_tails))
            bits = way.odd_bits(m, text + at, inside);
        else
            bits = way.block.equal(text + at, '"') & inside;
        way.write_places(out, bits, (uint32_t)at);
        out += bit_count(bits);
        at += BLOCK_BYTES;
    }
    m->marked_bytes = at;
    return out;
}

NOINLINE static uint64_t odd_bits_swar(struct json_marks *m, const char *p, uint64_t inside)
{
    return odd_bits(m, p, inside, block_swar);
}

static inline void write_places_swar(uint32_t *out, uint64_t bits, uint32_t at)
{
    write_places(out, bits, at, block_swar);
}

NOINLINE static uint32_t *mark_blocks_swar(struct json_marks *m, uint32_t *out)
{
    return mark_blocks(m, out, (struct marks_way){block_swar, odd_bits_swar, write_places_swar});
}

#ifdef __SSE2__
NOINLINE static uint64_t odd_bits_sse2(struct json_marks *m, const char *p, uint64_t inside)
{
    return odd_bits(m, p, inside, block_sse2);
}

static inline void write_places_sse2(uint32_t *out, uint64_t bits, uint32_t at)
{
    write_places(out, bits, at, block_sse2);
}

NOINLINE static uint32_t *mark_blocks_sse2(struct json_marks *m, uint32_t *out)
{
    return mark_blocks(m, out, (struct marks_way){block_sse2, odd_bits_sse2, write_places_sse2});
}

NOINLINE BLOCK_AVX2 static uint64_t odd_bits_avx2(struct json_marks *m, const char *p,
                                                  uint64_t inside)
{
    return odd_bits(m, p, inside, block_avx2);
}

BLOCK_AVX2 static inline void write_places_avx2(uint32_t *out, uint64_t bits, uint32_t at)
{
    write_places(out, bits, at, block_avx2);
}

NOINLINE BLOCK_AVX2 static uint32_t *mark_blocks_avx2(struct json_marks *m, uint32_t *out)
{
    return mark_blocks(m, out, (struct marks_way){block_avx2, odd_bits_avx2, write_places_avx2});
}

NOINLINE BLOCK_AVX512 static uint64_t odd_bits_avx512(struct json_marks *m, const char *p,
                                                      uint64_t inside)
{
    return odd_bits(m, p, inside, block_avx512);
}

/* The numbers of the bits, squeezed together, and four times sixteen of them made wide. */
BLOCK_AVX512 static inline void write_places_avx512(uint32_t *out, uint64_t bits, uint32_t at)
{
    static const char numbers[BLOCK_BYTES] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
    __m512i from = _mm512_set1_epi32((int)at);
    __m128i some = _mm512_castsi512_si128(places);

    _mm512_storeu_si512(out, _mm512_add_epi32(_mm512_cvtepu8_epi32(some), from));
    if (LIKELY(bit_count(bits) <= 16))
        return;
    some = _mm512_extracti32x4_epi32(places, 1);
    _mm512_storeu_si512(out + 16, _mm512_add_epi32(_mm512_cvtepu8_epi32(some), from));
    some = _mm512_extracti32x4_epi32(places, 2);
    _mm512_storeu_si512(out + 32, _mm512_add_epi32(_mm512_cvtepu8_epi32(some), from));
    some = _mm512_extracti32x4_epi32(places, 3);
    _mm512_storeu_si512(out + 48, _mm512_add_epi32(_mm512_cvtepu8_epi32(some), from));
}

NOINLINE BLOCK_AVX512 static uint32_t *mark_blocks_avx512(struct json_marks *m, uint32_t *out)
{
    return mark_blocks(m, out,
                       (struct marks_way){block_avx512, odd_bits_avx512, write_places_avx512});
}

bool json_marks_has(enum json_marks_way way)
{
    if (way == JSON_MARKS_AVX512)
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") &&
               __builtin_cpu_supports("bmi2");
    if (way == JSON_MARKS_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
    return true;
}

static uint32_t *mark_window(struct json_marks *m, uint32_t *out)
{
    switch (m->way) {
    case JSON_MARKS_AVX512:
        return mark_blocks_avx512(m, out);
    case JSON_MARKS_AVX2:
        return mark_blocks_avx2(m, out);
    case JSON_MARKS_SSE2:
        return mark_blocks_sse2(m, out);
    default:
        return mark_blocks_swar(m, out);
    }
}
#else
bool json_marks_has(enum json_marks_way way)
{
    return way == JSON_MARKS_SWAR;
}

static uint32_t *mark_window(struct json_marks *m, uint32_t *out)
{
    return mark_blocks_swar(m, out);
}
#endif

static const uint32_t *window_fill(struct json_marks *m, size_t left)
{
    uint32_t *end = mark_window(m, m->at + left);

    for (int i = 0; i < JSON_MARKS_AHEAD; i++)
        end[i] = 0;
    m->end = end;
    m->low = m->marked_bytes < m->text.len ? end - JSON_MARKS_AHEAD : m->at + JSON_MARKS_ROOM;
    return m->at;
}

const uint32_t *json_marks_start(struct json_marks *m, struct slice text)
{
    m->text = text;
    m->marked_bytes = 0;
    m->is_utf8 = true;
    m->carry = (struct json_marks_carry){0};
    return window_fill(m, 0);
}

const uint32_t *json_marks_more(struct json_marks *m, const uint32_t *next)
{
    size_t left = (size_t)(m->end - next);

    memmove(m->at, next, left * sizeof *next);
    return window_fill(m, left);
}
