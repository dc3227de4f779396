/*
 * The Gregorian calendar, without zones: a civil date and time as people write it, and the number
 * of seconds since 1970-01-01 00:00 it stands for.
 *
 * Plain values and pure functions; no libc, no locale, no allocation. Any thread.
 * Limits   years 0 to 9999 for a civil, any second from such a year for the way back.
 *
 * Everywhere in the agent an instant is an int64_t: nanoseconds since 1970-01-01 UTC, from 0 to
 * INT64_MAX, which is in the year 2262. calendar_instant() is the gate: nothing outside passes.
 */
#ifndef TAILRACE_RECORD_CALENDAR_H
#define TAILRACE_RECORD_CALENDAR_H

#include "base/check.h"

#define CALENDAR_DAY_S 86400

struct civil {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
    int32_t hour;
    int32_t minute;
    int32_t second; /* 60 is a leap second, and means the first of the next minute */
};

bool calendar_is_leap(int32_t year);

/* 28 to 31. `month` is 1 to 12. */
int32_t calendar_month_days(int32_t year, int32_t month);

/* Whether there is such a day and such a time of day; 23:59:60 is one, 24:00 is not. */
bool civil_is_valid(const struct civil *c);

/* Days from 1970-01-01, which may be negative. The day may lie outside its month. */
int64_t calendar_days(int32_t year, int32_t month, int32_t day);

/* Seconds from 1970-01-01 00:00:00 of the same clock, and back. */
int64_t civil_seconds(const struct civil *c);
void civil_from_seconds(int64_t seconds, struct civil *out);

/* 0 is Sunday; `days` as from calendar_days. */
int32_t calendar_weekday(int64_t days);

/* The instant, or -ERANGE for what is before 1970 or after INT64_MAX. `nanoseconds` is below
 * NS_PER_S. */
MUST_USE int calendar_instant(int64_t seconds, uint32_t nanoseconds, int64_t *ns_out);

#endif
