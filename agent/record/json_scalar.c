#include "record/json_scalar.h"

#include "base/slice.h"

#include <errno.h>
#include <stdlib.h>

/* A number of so many characters stays below 1e200, and one with an exponent of so many, its letter
 * and its sign counted, below 1e299. */
#define DOUBLE_SAFE_MAX 200
#define EXPONENT_SAFE_MAX 3

static bool number_fits(const char *begin, const char *end, bool is_integer)
{
    char copy[512];
    size_t len = (size_t)(end - begin);
    double value;

    if (len >= sizeof copy)
        return false;
    memcpy(copy, begin, len);
    copy[len] = '\0';
    errno = 0;
    if (is_integer) {
        if (copy[0] == '-')
            (void)strtoll(copy, NULL, 10);
        else
            (void)strtoull(copy, NULL, 10);
        return errno == 0;
    }
    value = strtod(copy, NULL);
    return value <= __DBL_MAX__ && value >= -__DBL_MAX__;
}

static const char *digits_end(const char *p, const char *end)
{
    size_t digits = scan_digits(p, end);

    return digits > 0 ? p + digits : NULL;
}

static const char *exponent_end(const char *p, const char *end)
{
    if (p < end && (*p == '+' || *p == '-'))
        p++;
    return digits_end(p, end);
}

static bool number_surely_fits(size_t len, size_t exponent_len, bool is_integer)
{
    return is_integer ? len <= JSON_INTEGER_SAFE_MAX
                      : len <= DOUBLE_SAFE_MAX && exponent_len <= EXPONENT_SAFE_MAX;
}

const char *json_number_end(const char *p, const char *end, bool *fits)
{
    const char *begin = p;
    bool is_integer = true;
    size_t exponent_len = 0;

    if (*p == '-')
        p++;
    if (end - p > 1 && p[0] == '0' && (unsigned char)(p[1] - '0') <= 9)
        return NULL;
    p = digits_end(p, end);
    if (p != NULL && p < end && *p == '.') {
        is_integer = false;
        p = digits_end(p + 1, end);
    }
    if (p != NULL && p < end && (*p | 0x20) == 'e') {
        const char *exponent = p;

        is_integer = false;
        p = exponent_end(p + 1, end);
        exponent_len = p != NULL ? (size_t)(p - exponent) : 0;
    }
    if (p != NULL && !number_surely_fits((size_t)(p - begin), exponent_len, is_integer) &&
        !number_fits(begin, p, is_integer))
        *fits = false;
    return p;
}

static bool word_is(const char *p, const char *end, struct slice word)
{
    return (size_t)(end - p) >= word.len && memcmp(p, word.data, word.len) == 0;
}

const char *json_word_end(const char *p, const char *end)
{
    if (word_is(p, end, SLICE("true")) || word_is(p, end, SLICE("null")))
        return p + 4;
    return word_is(p, end, SLICE("false")) ? p + 5 : NULL;
}
