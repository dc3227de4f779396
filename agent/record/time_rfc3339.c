#include "base/clock.h"
#include "record/calendar.h"
#include "record/time.h"

#include <errno.h>

/* No libc here: this runs once for every line of every container. */

#define MINUTE_BYTES 16 /* YYYY-MM-DDTHH:MM */
#define SECOND_BYTES 19 /* YYYY-MM-DDTHH:MM:SS */
#define OFFSET_BYTES 6  /* +hh:mm */
#define COMMON_BYTES 30 /* YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ */

/* Minutes from 1970 on that are over before nanoseconds end. */
#define COMMON_START_S_MAX (INT64_MAX / NS_PER_S - 61)

_Static_assert(sizeof((struct time_minute *)0)->text == MINUTE_BYTES, "a minute's text, whole");

/* The value of a digit, or something above 9. */
static inline uint32_t digit(char c)
{
    return (uint32_t)(unsigned char)c - '0';
}

/* Two digits, or -1. */
static inline int32_t two_digits(const char *at)
{
    uint32_t tens = digit(at[0]), ones = digit(at[1]);

    return tens > 9 || ones > 9 ? -1 : (int32_t)(tens * 10 + ones);
}

static bool read_minute(struct time_minute *last, const char *at)
{
    int32_t century = two_digits(at), year = two_digits(at + 2);
    struct civil c = {
        .month = two_digits(at + 5),
        .day = two_digits(at + 8),
        .hour = two_digits(at + 11),
        .minute = two_digits(at + 14),
    };

    if (at[4] != '-' || at[7] != '-' || (at[10] != 'T' && at[10] != 't') || at[13] != ':')
        return false;
    if (century < 0 || year < 0)
        return false;
    c.year = century * 100 + year;
    if (!civil_is_valid(&c))
        return false;
    last->start_s = civil_seconds(&c);
    memcpy(last->text, at, MINUTE_BYTES);
    return true;
}

/* The number that eight digits are, all at once; false where one of them is none. */
static inline bool eight_digits(const char *at, uint32_t *number)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x, pairs;

    memcpy(&x, at, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    x ^= '0' * ones;
    if (((x | (x + 0x76 * ones)) & 0x80 * ones) != 0)
        return false;
    pairs = x * 10 + (x >> 8); /* in the bytes 0, 2, 4, 6 */
    *number = (uint32_t)(((pairs & UINT64_C(0xff000000ff)) * (100 + (UINT64_C(1000000) << 32)) +
                          (pairs >> 16 & UINT64_C(0xff000000ff)) * (1 + (UINT64_C(10000) << 32))) >>
                         32);
    return true;
}

/* ".digits" if it is there: one to nine of them. NULL when it is malformed. */
static const char *read_fraction(const char *at, const char *end, uint32_t *ns_out)
{
    static const uint32_t unit[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                    10000,      1000,      100,      10,      1};
    const char *digits = at + 1;
    uint32_t value = 0;

    if (at == end || *at != '.')
        return at;
    if (end - digits >= 9 && digit(digits[8]) <= 9 && eight_digits(digits, &value)) {
        *ns_out = value * 10 + digit(digits[8]);
        return digits + 9;
    }
    value = 0;
    for (at = digits; at < end && at - digits < 9 && digit(*at) <= 9; at++)
        value = value * 10 + digit(*at);
    *ns_out = value * unit[at - digits];
    return at == digits ? NULL : at;
}

/* "Z" or +hh:mm, to the end. */
static bool read_offset(const char *at, const char *end, int32_t *offset_s_out)
{
    int32_t hours, minutes;

    if (end - at == 1 && (*at == 'Z' || *at == 'z'))
        return true;
    if (end - at != OFFSET_BYTES || (*at != '+' && *at != '-') || at[3] != ':')
        return false;
    hours = two_digits(at + 1);
    minutes = two_digits(at + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *offset_s_out = (hours * 60 + minutes) * (*at == '-' ? -60 : 60);
    return true;
}

/* YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ, in the minute of the time before it, as the runtimes write nearly
 * all. False says nothing. */
static inline bool read_common(const struct time_minute *last, struct slice text, int64_t *ns_out)
{
    const char *at = text.data, *digits = at + SECOND_BYTES + 1;
    uint32_t eight;
    int32_t second;

    if (text.len != COMMON_BYTES || memcmp(at, last->text, MINUTE_BYTES) != 0)
        return false;
    second = two_digits(at + MINUTE_BYTES + 1);
    if (at[MINUTE_BYTES] != ':' || (uint32_t)second > 60 || digits[-1] != '.' || digits[9] != 'Z' ||
        digit(digits[8]) > 9 || !eight_digits(digits, &eight) ||
        (uint64_t)last->start_s >= COMMON_START_S_MAX)
        return false;
    *ns_out = (last->start_s + second) * NS_PER_S + eight * INT64_C(10) + digit(digits[8]);
    return true;
}

/* Any of them. */
NOINLINE static int read_any(struct time_minute *last, struct slice text, int64_t *ns_out)
{
    const char *at = text.data, *end = text.data + text.len;
    uint32_t fraction_ns = 0;
    int32_t offset_s = 0;
    int32_t second;

    if (text.len <= SECOND_BYTES)
        return -EINVAL;
    if (memcmp(at, last->text, MINUTE_BYTES) != 0 && !read_minute(last, at))
        return -EINVAL;

    second = two_digits(at + MINUTE_BYTES + 1);
    if (at[MINUTE_BYTES] != ':' || second < 0 || second > 60)
        return -EINVAL;
    at = read_fraction(at + SECOND_BYTES, end, &fraction_ns);
    if (at == NULL || !read_offset(at, end, &offset_s))
        return -EINVAL;
    return calendar_instant(last->start_s + second - offset_s, fraction_ns, ns_out);
}

int time_parse_rfc3339(struct time_minute *last, struct slice text, int64_t *ns_out)
{
    return LIKELY(read_common(last, text, ns_out)) ? 0 : read_any(last, text, ns_out);
}
