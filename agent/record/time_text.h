/*
 * Instants as text, always UTC. Consecutive records share a second or a day, so each form keeps
 * the text of the last one and renders again only what changed. Fractions are cut, never rounded.
 *
 * Life     all zero (time_text) or time_pattern_init -> text* ; nothing to free.
 * Thread   its owner's.
 * Limits   TIME_PATTERN_BYTES_MAX for the text a pattern makes.
 * Lends    what a function returns is good until the next call with the same struct.
 */
#ifndef TAILRACE_RECORD_TIME_TEXT_H
#define TAILRACE_RECORD_TIME_TEXT_H

#include "base/buffer.h"

#define TIME_TEXT_BYTES_MAX 40
#define TIME_PATTERN_BYTES_MAX 128

/* The last second, rendered as YYYY-MM-DDTHH:MM:SS. */
struct time_text {
    int64_t second;
    bool is_rendered;
    char text[TIME_TEXT_BYTES_MAX];
};

/* YYYY-MM-DDTHH:MM:SS, then "." and `digits` of the fraction if `digits` is not 0 (3, 6 or 9 are
 * usual, 9 the most), then "Z". */
struct slice time_text_iso(struct time_text *t, int64_t ns, unsigned digits);

/* A text made by strftime, in UTC and the C locale: index names, times of an odd form. */
struct time_pattern {
    const char *format; /* borrowed */
    int64_t period_s;   /* the text changes at its multiples: a day or a second */
    int64_t period;     /* the one that `text` is of */
    size_t len;
    char text[TIME_PATTERN_BYTES_MAX];
};

/* `format` is borrowed as long as the pattern is used. -E2BIG: its text is too long, always or in
 * the longest month. */
MUST_USE int time_pattern_init(struct time_pattern *p, const char *format);
struct slice time_pattern_text(struct time_pattern *p, int64_t ns);

/* Once, without a cache: appends, or appends nothing and returns -E2BIG. */
MUST_USE int time_format_utc(int64_t ns, const char *format, struct buffer *out);

/* Appends `digits` (up to 9) of the fraction of the second, no point before them. */
void time_append_fraction(int64_t ns, unsigned digits, struct buffer *out);

/* json_date_format. */
enum time_json {
    TIME_JSON_DOUBLE,   /* 1700000000.123456789: seconds, all digits that are not closing zeros */
    TIME_JSON_EPOCH,    /* 1700000000 */
    TIME_JSON_EPOCH_MS, /* 1700000000123 */
    TIME_JSON_ISO8601,  /* "2023-11-14T22:13:20.123456Z" */
    TIME_JSON_JAVA_SQL, /* "2023-11-14 22:13:20.123456" */
};

/* double, epoch, epoch_ms, iso8601, java_sql_timestamp; case is ignored. -EINVAL. */
MUST_USE int time_json_parse(const char *name, enum time_json *form_out);

/* Appends a JSON value, its quotes included. A double has at least one digit after the point. */
void time_json_append(struct time_text *t, enum time_json form, int64_t ns, struct buffer *out);

#endif
