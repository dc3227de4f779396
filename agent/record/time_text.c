#include "record/time_text.h"

#include "base/clock.h"
#include "record/calendar.h"

#include <errno.h>
#include <time.h>

#define SECOND_BYTES 19 /* YYYY-MM-DDTHH:MM:SS */
#define DIGITS_MAX 9

/* Directives of strftime whose text is the same all day. */
#define DAY_LETTERS "aAbBCdDeFgGhjmntuUVwWxyY%"

/* A moment whose names are the longest, to see whether a pattern's text fits:
 * Wednesday, 28 September 2022, 22:22:22. */
#define LONGEST_NS (INT64_C(1664403742) * NS_PER_S)

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static uint32_t fraction_of(int64_t ns)
{
    int64_t rest = ns % NS_PER_S;

    return (uint32_t)(rest < 0 ? rest + NS_PER_S : rest);
}

/* Exactly `digits` of them, with zeros in front. */
static inline void put_number(char *at, uint32_t value, unsigned digits)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

static inline void put_three(char *at, uint32_t value)
{
    at[0] = (char)('0' + value / 100);
    at[1] = (char)('0' + value / 10 % 10);
    at[2] = (char)('0' + value % 10);
}

/* Three digits are what documents have, so they are put without a loop. */
static inline void put_fraction(char *at, uint32_t fraction, unsigned digits)
{
    static const uint32_t unit[DIGITS_MAX + 1] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                                  10000,      1000,      100,      10,      1};

    CHECK(digits <= DIGITS_MAX);
    if (LIKELY(digits == 3))
        put_three(at, fraction / 1000000);
    else
        put_number(at, fraction / unit[digits], digits);
}

/* Years of an int64_t of nanoseconds are 1677 to 2262. Once a second, so it is kept out of what runs
 * for each record: in line it made that save six registers. */
NOINLINE static void render_second(struct time_text *t, int64_t second)
{
    struct civil c;

    civil_from_seconds(second, &c);
    memcpy(t->text, "0000-00-00T00:00:00", SECOND_BYTES);
    put_number(t->text, (uint32_t)c.year, 4);
    put_number(t->text + 5, (uint32_t)c.month, 2);
    put_number(t->text + 8, (uint32_t)c.day, 2);
    put_number(t->text + 11, (uint32_t)c.hour, 2);
    put_number(t->text + 14, (uint32_t)c.minute, 2);
    put_number(t->text + 17, (uint32_t)c.second, 2);
    t->second = second;
    t->is_rendered = true;
}

struct slice time_text_iso(struct time_text *t, int64_t ns, unsigned digits)
{
    uint64_t since_ns = (uint64_t)ns - (uint64_t)t->second * NS_PER_S;
    char *at = t->text + SECOND_BYTES;

    if (UNLIKELY(!t->is_rendered || since_ns >= NS_PER_S)) {
        render_second(t, floor_divide(ns, NS_PER_S));
        since_ns = fraction_of(ns);
    }
    if (digits > 0) {
        *at++ = '.';
        put_fraction(at, (uint32_t)since_ns, digits);
        at += digits;
    }
    *at++ = 'Z';
    return slice_make(t->text, (size_t)(at - t->text));
}

/* The length, or 0 when it does not fit or is empty. */
static size_t render_pattern(const char *format, int64_t second, char *out, size_t out_bytes)
{
    struct civil c;
    struct tm tm = {.tm_zone = "UTC"};

    civil_from_seconds(second, &c);
    tm.tm_year = c.year - 1900;
    tm.tm_mon = c.month - 1;
    tm.tm_mday = c.day;
    tm.tm_hour = c.hour;
    tm.tm_min = c.minute;
    tm.tm_sec = c.second;
    tm.tm_wday = calendar_weekday(floor_divide(second, CALENDAR_DAY_S));
    tm.tm_yday = (int)(calendar_days(c.year, c.month, c.day) - calendar_days(c.year, 1, 1));
    return strftime(out, out_bytes, format, &tm);
}

static bool is_same_all_day(const char *format)
{
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at + 2, '%'))
        if (at[1] == '\0' || strchr(DAY_LETTERS, at[1]) == NULL)
            return false;
    return true;
}

int time_pattern_init(struct time_pattern *p, const char *format)
{
    *p = (struct time_pattern){
        .format = format,
        .period_s = is_same_all_day(format) ? CALENDAR_DAY_S : 1,
    };
    p->period = floor_divide(LONGEST_NS / NS_PER_S, p->period_s);
    p->len = render_pattern(format, LONGEST_NS / NS_PER_S, p->text, sizeof p->text);
    return p->len == 0 && format[0] != '\0' ? -E2BIG : 0;
}

struct slice time_pattern_text(struct time_pattern *p, int64_t ns)
{
    int64_t second = floor_divide(ns, NS_PER_S);
    int64_t period = floor_divide(second, p->period_s);

    if (p->period != period) {
        p->len = render_pattern(p->format, second, p->text, sizeof p->text);
        p->period = period;
    }
    return slice_make(p->text, p->len);
}

int time_format_utc(int64_t ns, const char *format, struct buffer *out)
{
    char text[TIME_PATTERN_BYTES_MAX];
    size_t len = render_pattern(format, floor_divide(ns, NS_PER_S), text, sizeof text);

    if (len == 0 && format[0] != '\0')
        return -E2BIG;
    buffer_append(out, slice_make(text, len));
    return 0;
}

void time_append_fraction(int64_t ns, unsigned digits, struct buffer *out)
{
    put_fraction(buffer_reserve(out, digits), fraction_of(ns), digits);
    buffer_commit(out, digits);
}

int time_json_parse(const char *name, enum time_json *form_out)
{
    static const struct {
        const char *name;
        enum time_json form;
    } forms[] = {
        {"double", TIME_JSON_DOUBLE},
        {"epoch", TIME_JSON_EPOCH},
        {"epoch_ms", TIME_JSON_EPOCH_MS},
        {"iso8601", TIME_JSON_ISO8601},
        {"java_sql_timestamp", TIME_JSON_JAVA_SQL},
    };

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (!slice_is_nocase(slice_of(name), forms[i].name))
            continue;
        *form_out = forms[i].form;
        return 0;
    }
    return -EINVAL;
}

static void append_integer(int64_t value, struct buffer *out)
{
    char text[20];
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t at = sizeof text;

    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        text[--at] = '-';
    buffer_append(out, slice_make(text + at, sizeof text - at));
}

/* Decimal, so exact. A double read from it is the nearest one there is. */
static void append_seconds(int64_t ns, struct buffer *out)
{
    char digits[DIGITS_MAX];
    size_t len = DIGITS_MAX;
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

    if (ns < 0)
        buffer_append_byte(out, '-');
    append_integer((int64_t)(size / NS_PER_S), out);
    put_number(digits, (uint32_t)(size % NS_PER_S), DIGITS_MAX);
    while (len > 1 && digits[len - 1] == '0')
        len--;
    buffer_append_byte(out, '.');
    buffer_append(out, slice_make(digits, len));
}

static void append_text(struct time_text *t, char middle, int64_t ns, struct buffer *out)
{
    struct slice text = time_text_iso(t, ns, 6);
    char *at = buffer_reserve(out, text.len + 2);

    if (middle != 'T')
        text.len--; /* java_sql_timestamp has no Z */
    at[0] = '"';
    memcpy(at + 1, text.data, text.len);
    at[1 + 10] = middle;
    at[1 + text.len] = '"';
    buffer_commit(out, text.len + 2);
}

void time_json_append(struct time_text *t, enum time_json form, int64_t ns, struct buffer *out)
{
    switch (form) {
    case TIME_JSON_DOUBLE:
        append_seconds(ns, out);
        break;
    case TIME_JSON_EPOCH:
        append_integer(floor_divide(ns, NS_PER_S), out);
        break;
    case TIME_JSON_EPOCH_MS:
        append_integer(floor_divide(ns, NS_PER_MS), out);
        break;
    case TIME_JSON_ISO8601:
        append_text(t, 'T', ns, out);
        break;
    case TIME_JSON_JAVA_SQL:
        append_text(t, ' ', ns, out);
        break;
    }
}
