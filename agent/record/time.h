/*
 * Reading time out of text. An instant is nanoseconds since 1970 UTC (see record/calendar.h).
 *
 * Two ways in: time_parse_rfc3339 for what container runtimes write, which costs some ten
 * nanoseconds a line, and time_parse for a Time_Format, compiled once.
 *
 * Life     time_format_new -> time_parse* -> time_format_free.
 * Thread   made at start-up and reload; used on any thread, it never changes.
 * Limits   TIME_FORMAT_STEPS_MAX directives and characters. Both refuse a day that is not in the
 *          calendar (30 February) and an instant outside 1970 to 2262 (-ERANGE).
 */
#ifndef TAILRACE_RECORD_TIME_H
#define TAILRACE_RECORD_TIME_H

#include "base/report.h"
#include "base/slice.h"

#define TIME_FORMAT_STEPS_MAX 256

/* What a [PARSER] says about time. Texts are borrowed for the call; NULL where not given. */
struct time_options {
    struct time_places {
        struct place format, offset, zone;
    } at;               /* where each stands, for the report; none: at the section */
    const char *format; /* Time_Format */
    const char *offset; /* Time_Offset: +hhmm, -hh:mm */
    const char *zone;   /* Time_Zone: an IANA name; excludes the other two */
    bool is_system;     /* Time_System_Timezone */
    bool is_loose;      /* a text may end, or go on otherwise, behind its day */
};

struct time_format;

/* NULL and an error in the report for an offset or a zone that is none. A directive that is none is
 * a warning, as in a file that Fluent Bit starts with, and every text then fails where it stands. */
struct time_format *time_format_new(const struct time_options *options, struct report *report,
                                    struct place place);
void time_format_free(struct time_format **format);

/*
 * Reads the time at the start of the text; what follows it is ignored. -EINVAL: it is not of this
 * format. -ERANGE: not an instant of ours.
 *
 * Blanks in the format stand for any number of blanks, and a number may have blanks before it.
 * Names of days and months are those of the C locale, in full or of three letters, in any case.
 * %L is a fraction of one to nine digits (more are read and dropped); together with a "." or ","
 * before it it may be absent, because Go leaves it out when it is zero. %z takes Z, +hh, +hhmm,
 * +hh:mm and, like %Z, a zone's abbreviation.
 *
 * What the text lacks: a year is the current one (a log of late December read in January is dated
 * eleven months ahead, as Fluent Bit does it); without a year in the format, month and day are
 * today's; with one, they are 1. Without a zone in the text the options decide, UTC by default.
 */
MUST_USE int time_parse(const struct time_format *format, struct slice text, int64_t *ns_out);

/* "+hhmm", "+hh:mm" or "+hh" in seconds east of UTC; -EINVAL. */
MUST_USE int time_parse_offset(struct slice text, int32_t *offset_s_out);

/* The minute that was read last, so that the next line of the same minute costs a comparison.
 * Zero-initialise; one per stream of times. */
struct time_minute {
    char text[16]; /* YYYY-MM-DDTHH:MM */
    int64_t start_s;
};

/* The whole text is YYYY-MM-DDTHH:MM:SS, a fraction of up to nine digits or none, and Z or
 * +hh:mm; 23:59:60 is accepted. -EINVAL, -ERANGE. */
MUST_USE int time_parse_rfc3339(struct time_minute *last, struct slice text, int64_t *ns_out);

#endif
