/*
 * Numbers and words of JSON text: where one ends, and whether it is one. Pure; on the hot path.
 */
#ifndef TAILRACE_RECORD_JSON_SCALAR_H
#define TAILRACE_RECORD_JSON_SCALAR_H

#include "record/scan.h"

/* So many characters of an integer surely fit 64 bits, with or without a sign. */
#define JSON_INTEGER_SAFE_MAX 19

/* Bytes that json_scalar_quick may read from the last digit on, needed or not. */
#define JSON_SCALAR_AHEAD (2 * SCAN_BYTES)

/* The place after the number that begins at `p`, or NULL. Clears `*fits` for an integer past 64 bits
 * and for what is past the range of a double. */
const char *json_number_end(const char *p, const char *end, bool *fits);

/* The place after true, false or null at `p`, or NULL. */
const char *json_word_end(const char *p, const char *end);

/* The same for the common ones: a short number with a comma or a bracket after it, or a word. NULL
 * says nothing. JSON_SCALAR_AHEAD bytes from `p` on must be readable. */
static inline const char *json_scalar_quick(const char *p);

/* Sixteen bytes hold a number and what ends it, or an integer that goes on in the next sixteen. */
static inline const char *json_number_quick(const char *p)
{
    const char *digits = UNLIKELY(*p == '-') ? p + 1 : p, *stop;
    unsigned no_digit = scan_no_digit(scan_load(digits)), more;

    if (UNLIKELY(no_digit == 0)) {
        more = scan_no_digit(scan_load(digits + SCAN_BYTES)) | 1u << SCAN_BYTES;
        stop = digits + SCAN_BYTES + __builtin_ctz(more);
    } else {
        stop = digits + __builtin_ctz(no_digit);
        more = no_digit & (no_digit - 1);
        if (*stop == '.' && more != 0 && !(more & (no_digit ^ more) << 1))
            stop = digits + __builtin_ctz(more);
    }
    if (UNLIKELY((no_digit & 1) != 0 || stop - p > JSON_INTEGER_SAFE_MAX ||
                 (*digits == '0' && (unsigned char)(digits[1] - '0') <= 9)))
        return NULL;
    return LIKELY(*stop == ',' || (*stop | 0x20) == '}') ? stop : NULL;
}

static inline bool json_word_is(const char *p, const char *word)
{
    return memcmp(p, word, 4) == 0;
}

static inline const char *json_word_quick(const char *p)
{
    if (json_word_is(p, "true") || json_word_is(p, "null"))
        return p + 4;
    return json_word_is(p, "fals") && p[4] == 'e' ? p + 5 : NULL;
}

static inline const char *json_scalar_quick(const char *p)
{
    return *p <= '9' ? json_number_quick(p) : json_word_quick(p);
}

#endif
