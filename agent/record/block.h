/*
 * Sixty-four bytes at a time: which of them are a certain byte, or below one, as the bits of a word,
 * the first byte lowest. Pure; on the hot path. All sixty-four must be readable.
 *
 * Each way is for a kind of processor and gives the same bits as the others; who includes this makes
 * one copy of its loop for each way, and picks one when the program runs. block_swar is for any
 * processor. The functions of the other ways may only be called where the processor has them.
 */
#ifndef TAILRACE_RECORD_BLOCK_H
#define TAILRACE_RECORD_BLOCK_H

#include "base/check.h"

#include <string.h>

#define BLOCK_BYTES 64

struct block_way {
    /* The bytes that are `byte`. */
    uint64_t (*equal)(const char *block, char byte);
    /* The bytes below `limit`, all of them taken as signed: 0x80 is the least. */
    uint64_t (*below)(const char *block, signed char limit);
    /* Either of them. */
    uint64_t (*either)(const char *block, char byte, signed char limit);
    /* The place of the lowest bit; of no bits, any place. */
    uint32_t (*lowest)(uint64_t bits);
};

#define BLOCK_ONES UINT64_C(0x0101010101010101)
#define BLOCK_HIGH UINT64_C(0x8080808080808080)

/* Eight bytes as a word, the first one lowest. */
static inline uint64_t block_word(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The highest bits of eight bytes, side by side. */
static inline uint64_t block_gather(uint64_t word)
{
    return ((word & BLOCK_HIGH) >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t block_swar_equal(const char *block, char byte)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < BLOCK_BYTES; i += 8) {
        uint64_t x = block_word(block + i) ^ (unsigned char)byte * BLOCK_ONES;

        bits |= block_gather(~(((x & ~BLOCK_HIGH) + ~BLOCK_HIGH) | x)) << i;
    }
    return bits;
}

static inline uint64_t block_swar_below(const char *block, signed char limit)
{
    uint64_t bits = 0, y = (unsigned char)(limit ^ 0x80) * BLOCK_ONES;

    for (unsigned i = 0; i < BLOCK_BYTES; i += 8) {
        uint64_t x = block_word(block + i) ^ BLOCK_HIGH;
        uint64_t low_is_less = ~((x | BLOCK_HIGH) - (y & ~BLOCK_HIGH));

        bits |= block_gather((~x & y) | (~(x ^ y) & low_is_less)) << i;
    }
    return bits;
}

static inline uint64_t block_swar_either(const char *block, char byte, signed char limit)
{
    return block_swar_equal(block, byte) | block_swar_below(block, limit);
}

static inline uint32_t block_swar_lowest(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
}

static const struct block_way block_swar = {block_swar_equal, block_swar_below, block_swar_either,
                                            block_swar_lowest};

#ifdef __SSE2__
#include <immintrin.h>

#define BLOCK_AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define BLOCK_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt")))

static inline uint64_t block_sse2_bits(__m128i part, unsigned at)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(part) << at;
}

static inline __m128i block_sse2_part(const char *block, unsigned at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(block + at));
}

static inline uint64_t block_sse2_equal(const char *block, char byte)
{
    __m128i all = _mm_set1_epi8(byte);

    return block_sse2_bits(_mm_cmpeq_epi8(block_sse2_part(block, 0), all), 0) |
           block_sse2_bits(_mm_cmpeq_epi8(block_sse2_part(block, 16), all), 16) |
           block_sse2_bits(_mm_cmpeq_epi8(block_sse2_part(block, 32), all), 32) |
           block_sse2_bits(_mm_cmpeq_epi8(block_sse2_part(block, 48), all), 48);
}

static inline uint64_t block_sse2_below(const char *block, signed char limit)
{
    __m128i all = _mm_set1_epi8(limit);

    return block_sse2_bits(_mm_cmpgt_epi8(all, block_sse2_part(block, 0)), 0) |
           block_sse2_bits(_mm_cmpgt_epi8(all, block_sse2_part(block, 16)), 16) |
           block_sse2_bits(_mm_cmpgt_epi8(all, block_sse2_part(block, 32)), 32) |
           block_sse2_bits(_mm_cmpgt_epi8(all, block_sse2_part(block, 48)), 48);
}

static inline uint64_t block_sse2_either(const char *block, char byte, signed char limit)
{
    __m128i same = _mm_set1_epi8(byte), less = _mm_set1_epi8(limit);
    uint64_t bits = 0;

#pragma GCC unroll 4
    for (unsigned at = 0; at < BLOCK_BYTES; at += 16) {
        __m128i part = block_sse2_part(block, at);

        part = _mm_or_si128(_mm_cmpeq_epi8(part, same), _mm_cmpgt_epi8(less, part));
        bits |= block_sse2_bits(part, at);
    }
    return bits;
}

static const struct block_way block_sse2 = {block_sse2_equal, block_sse2_below, block_sse2_either,
                                            block_swar_lowest};

BLOCK_AVX2 static inline uint64_t block_avx2_bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

BLOCK_AVX2 static inline __m256i block_avx2_part(const char *block, unsigned at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)(block + at));
}

BLOCK_AVX2 static inline uint64_t block_avx2_equal(const char *block, char byte)
{
    __m256i all = _mm256_set1_epi8(byte);

    return block_avx2_bits(_mm256_cmpeq_epi8(block_avx2_part(block, 0), all),
                           _mm256_cmpeq_epi8(block_avx2_part(block, 32), all));
}

BLOCK_AVX2 static inline uint64_t block_avx2_below(const char *block, signed char limit)
{
    __m256i all = _mm256_set1_epi8(limit);

    return block_avx2_bits(_mm256_cmpgt_epi8(all, block_avx2_part(block, 0)),
                           _mm256_cmpgt_epi8(all, block_avx2_part(block, 32)));
}

BLOCK_AVX2 static inline uint64_t block_avx2_either(const char *block, char byte, signed char limit)
{
    __m256i same = _mm256_set1_epi8(byte), less = _mm256_set1_epi8(limit);
    __m256i low = block_avx2_part(block, 0), high = block_avx2_part(block, 32);

    low = _mm256_or_si256(_mm256_cmpeq_epi8(low, same), _mm256_cmpgt_epi8(less, low));
    high = _mm256_or_si256(_mm256_cmpeq_epi8(high, same), _mm256_cmpgt_epi8(less, high));
    return block_avx2_bits(low, high);
}

BLOCK_AVX2 static inline uint32_t block_avx2_lowest(uint64_t bits)
{
    return (uint32_t)_tzcnt_u64(bits);
}

static const struct block_way block_avx2 = {block_avx2_equal, block_avx2_below, block_avx2_either,
                                            block_avx2_lowest};

BLOCK_AVX512 static inline uint64_t block_avx512_equal(const char *block, char byte)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(block), _mm512_set1_epi8(byte));
}

BLOCK_AVX512 static inline uint64_t block_avx512_below(const char *block, signed char limit)
{
    return _mm512_cmplt_epi8_mask(_mm512_loadu_si512(block), _mm512_set1_epi8(limit));
}

BLOCK_AVX512 static inline uint64_t block_avx512_either(const char *block, char byte,
                                                        signed char limit)
{
    return block_avx512_equal(block, byte) | block_avx512_below(block, limit);
}

static const struct block_way block_avx512 = {block_avx512_equal, block_avx512_below,
                                              block_avx512_either, block_avx2_lowest};
#endif

#endif
