/*
 * Looks at sixteen bytes at a time, where the processor can. Pure; on the hot path.
 *
 * scan_plain returns how many bytes from `p` on are printable ASCII other than the quote and the
 * backslash, that is, may stand inside a JSON string as they are; it stops at `end`.
 */
#ifndef TAILRACE_RECORD_SCAN_H
#define TAILRACE_RECORD_SCAN_H

#include "base/check.h"

#ifdef __SSE2__
#include <emmintrin.h>

/* A signed compare finds control characters and bytes from 0x80 on at once. */
static inline unsigned scan_mask16(const char *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i odd = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                               _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));

    return (unsigned)_mm_movemask_epi8(odd);
}
#else
static inline unsigned scan_mask16(const char *p)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < 16; i++)
        mask |= (unsigned)((signed char)p[i] < 0x20 || p[i] == '"' || p[i] == '\\') << i;
    return mask;
}
#endif

static inline size_t scan_plain(const char *p, const char *end)
{
    const char *begin = p;

    for (; end - p >= 16; p += 16) {
        unsigned mask = scan_mask16(p);

        if (mask != 0)
            return (size_t)(p - begin) + (size_t)__builtin_ctz(mask);
    }
    while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
        p++;
    return (size_t)(p - begin);
}

#endif
