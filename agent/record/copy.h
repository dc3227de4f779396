/*
 * Copies short texts, many for every record: keys, times, names of streams. Pure; on the hot path.
 *
 * What such a text costs is not its bytes but the call and the choosing among lengths. So it is
 * copied here in line, sixteen bytes at a time, the last ones with whatever stands behind them:
 * the caller has room for COPY_SLACK bytes more than the text, and what stands there is written
 * over next. Each function returns the place behind the text.
 *
 * A text is padded when COPY_SLACK bytes behind it may be read too, whatever they are: nobody then has
 * to see first whether they lie on a page of their own.
 */
#ifndef TAILRACE_RECORD_COPY_H
#define TAILRACE_RECORD_COPY_H

#include "base/slice.h"
#include "record/scan.h"

#define COPY_SLACK SCAN_BYTES

/* Longer ones are memcpy's; two blocks that overlap are any that is not shorter than one. */
#define COPY_SHORT_MAX (2 * SCAN_BYTES)

/* A slice of a string literal that is padded. */
#define COPY_PADDED(literal)                                               \
    ((struct slice){.data = "" literal "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", \
                    .len = sizeof(literal) - 1})

static inline char *copy_block(char *to, scan_block block)
{
    _Static_assert(sizeof block == SCAN_BYTES, "a block is its bytes");
    return (char *)memcpy(to, &block, sizeof block) + sizeof block;
}

static inline scan_block copy_load(const char *p, const char *end, bool is_padded)
{
    return is_padded ? scan_load(p) : scan_load_before(p, end);
}

/* A length that the compiler knows becomes a few moves without a loop. */
static inline char *copy_text_of(char *to, struct slice text, bool is_padded)
{
    const char *p = text.data, *end = p + text.len;
    char *after = to + text.len;

    if (__builtin_constant_p(text.len)) {
        memcpy(to, p, text.len);
    } else if (text.len - 1 < SCAN_BYTES) {
        copy_block(to, copy_load(p, end, is_padded));
    } else if (text.len - 1 < COPY_SHORT_MAX) {
        copy_block(to, scan_load(p));
        copy_block(after - SCAN_BYTES, scan_load(end - SCAN_BYTES));
    } else if (text.len > 0) {
        memcpy(to, p, text.len);
    }
    return after;
}

static inline char *copy_text(char *to, struct slice text)
{
    return copy_text_of(to, text, false);
}

static inline char *copy_text_padded(char *to, struct slice text)
{
    return copy_text_of(to, text, true);
}

/* As much of a padded text as may stand inside a JSON string as it is; the caller sees what is left. */
static inline char *copy_plain_padded(char *to, struct slice text)
{
    const char *p = text.data, *end = p + text.len;

    for (; p < end; p += SCAN_BYTES) {
        scan_block block = scan_load(p);
        unsigned odd = scan_odd(block) | scan_end_bit(p, end);

        if (LIKELY(odd != 0)) {
            copy_block(to, block);
            return to + __builtin_ctz(odd);
        }
        to = copy_block(to, block);
    }
    return to;
}

#endif
