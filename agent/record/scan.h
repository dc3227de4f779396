/*
 * Looks at sixteen bytes at a time, where the processor can. Pure; on the hot path.
 *
 * Log lines are short strings one after another, so what counts is not bytes per cycle but a
 * mispredicted branch per string. Each function therefore looks at sixteen bytes at once and finds
 * the place with one count of zero bits; a loop begins only past them.
 *
 * Near the end of the text the load may reach past it, never past its page, and what it saw there
 * is masked out. The sanitizers cannot know that, so these functions are not for them to check;
 * built with one, the bytes past the end are copied instead.
 */
#ifndef TAILRACE_RECORD_SCAN_H
#define TAILRACE_RECORD_SCAN_H

#include "base/check.h"

#include <string.h>

#define SCAN_BYTES 16
#define SCAN_PAGE_BYTES 4096

/* gcc and clang each have a way to say that a sanitizer is on. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCAN_IS_CHECKED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SCAN_IS_CHECKED
#endif
#endif

#ifdef __SSE2__
#include <emmintrin.h>

typedef __m128i scan_block;

static inline scan_block scan_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Bits of the bytes that may not stand in a JSON string as they are, or end it: the quote, the
 * backslash, control characters, and bytes from 0x80 on. A signed compare finds the last two. */
static inline unsigned scan_odd(scan_block b)
{
    __m128i odd = _mm_or_si128(_mm_cmplt_epi8(b, _mm_set1_epi8(0x20)),
                               _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8('"')),
                                            _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'))));

    return (unsigned)_mm_movemask_epi8(odd);
}

/* Bits of the bytes that are this one. */
static inline unsigned scan_equal(scan_block b, char byte)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(b, _mm_set1_epi8(byte)));
}

/* Bits of the bytes that are no decimal digits. */
static inline unsigned scan_no_digit(scan_block b)
{
    __m128i value = _mm_sub_epi8(b, _mm_set1_epi8('0')), ten = _mm_set1_epi8(10);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(value, ten), value));
}
#else
typedef struct {
    char bytes[SCAN_BYTES];
} scan_block;

static inline scan_block scan_load(const char *p)
{
    scan_block b;

    memcpy(b.bytes, p, SCAN_BYTES);
    return b;
}

static inline unsigned scan_odd(scan_block b)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < SCAN_BYTES; i++)
        mask |=
            (unsigned)((signed char)b.bytes[i] < 0x20 || b.bytes[i] == '"' || b.bytes[i] == '\\')
            << i;
    return mask;
}

static inline unsigned scan_equal(scan_block b, char byte)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < SCAN_BYTES; i++)
        mask |= (unsigned)(b.bytes[i] == byte) << i;
    return mask;
}

static inline unsigned scan_no_digit(scan_block b)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < SCAN_BYTES; i++)
        mask |= (unsigned)((unsigned char)(b.bytes[i] - '0') > 9) << i;
    return mask;
}
#endif

/* The last bytes of a text that may end at the end of its page. Apart, because an array on the stack
 * costs every function that it is in more than the load does. */
static __attribute__((noinline, cold, unused)) scan_block scan_load_last(const char *p,
                                                                         size_t count)
{
    char copy[SCAN_BYTES] = {0};

    memcpy(copy, p, count);
    return scan_load(copy);
}

/* The block at `p`, of which at least one byte lies before `end`. */
static inline scan_block scan_load_before(const char *p, const char *end)
{
#ifndef SCAN_IS_CHECKED
    if (LIKELY(end - p >= SCAN_BYTES ||
               ((uintptr_t)p & (SCAN_PAGE_BYTES - 1)) <= SCAN_PAGE_BYTES - SCAN_BYTES))
        return scan_load(p);
#else
    if (end - p >= SCAN_BYTES)
        return scan_load(p);
#endif
    return scan_load_last(p, (size_t)(end - p));
}

/* The end of the text as a bit, where the block holds it. */
static inline unsigned scan_end_bit(const char *p, const char *end)
{
    return end - p < SCAN_BYTES ? 1u << (end - p) : 0;
}

/* How many bytes from `p` on may stand inside a JSON string as they are; stops at `end`. */
static inline size_t scan_plain(const char *p, const char *end)
{
    const char *begin = p;

    while (p < end) {
        unsigned mask = scan_odd(scan_load_before(p, end)) | scan_end_bit(p, end);

        if (LIKELY(mask != 0))
            return (size_t)(p - begin) + (size_t)__builtin_ctz(mask);
        p += SCAN_BYTES;
    }
    return (size_t)(p - begin);
}

/* How many bytes from `p` on are another than this one; stops at `end`. For what is near. */
static inline size_t scan_until(const char *p, const char *end, char byte)
{
    const char *begin = p;

    while (p < end) {
        unsigned mask = scan_equal(scan_load_before(p, end), byte) | scan_end_bit(p, end);

        if (mask != 0)
            return (size_t)(p - begin) + (size_t)__builtin_ctz(mask);
        p += SCAN_BYTES;
    }
    return (size_t)(p - begin);
}

/* How many bytes from `p` on are decimal digits; stops at `end`. */
static inline size_t scan_digits(const char *p, const char *end)
{
    const char *begin = p;

    while (p < end) {
        unsigned mask = scan_no_digit(scan_load_before(p, end)) | scan_end_bit(p, end);

        if (LIKELY(mask != 0))
            return (size_t)(p - begin) + (size_t)__builtin_ctz(mask);
        p += SCAN_BYTES;
    }
    return (size_t)(p - begin);
}

#endif
