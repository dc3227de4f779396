#include "record/calendar.h"

#include "base/clock.h"

#include <errno.h>

/* Years are counted from 1 March, so that the leap day is the last one, and in eras of 400 years,
 * which all have the same number of days. */
#define ERA_YEARS 400
#define ERA_DAYS 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

bool calendar_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t calendar_month_days(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    CHECK(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && calendar_is_leap(year));
}

bool civil_is_valid(const struct civil *c)
{
    if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1)
        return false;
    if (c->day > calendar_month_days(c->year, c->month))
        return false;
    return c->hour >= 0 && c->hour < 24 && c->minute >= 0 && c->minute < 60 && c->second >= 0 &&
           c->second <= 60;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int64_t calendar_days(int32_t year, int32_t month, int32_t day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t march_year = month > 2 ? year : year - 1;
    int64_t era = floor_divide(march_year, ERA_YEARS);
    int64_t year_of_era = march_year - era * ERA_YEARS;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;

    CHECK(month >= 1 && month <= 12);
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           DAYS_TO_1970;
}

int64_t civil_seconds(const struct civil *c)
{
    return calendar_days(c->year, c->month, c->day) * CALENDAR_DAY_S + c->hour * 3600 +
           c->minute * 60 + c->second;
}

static void date_from_days(int64_t days, struct civil *out)
{
    int64_t from_start = days + DAYS_TO_1970;
    int64_t era = floor_divide(from_start, ERA_DAYS);
    int64_t day_of_era = from_start - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;

    out->day = (int32_t)(day_of_year - (153 * from_march + 2) / 5 + 1);
    out->month = (int32_t)(from_march < 10 ? from_march + 3 : from_march - 9);
    CHECK(out->day >= 1 && out->day <= 31 && out->month >= 1 && out->month <= 12);
    out->year = (int32_t)(year_of_era + era * ERA_YEARS + (out->month <= 2));
}

void civil_from_seconds(int64_t seconds, struct civil *out)
{
    int64_t days = floor_divide(seconds, CALENDAR_DAY_S);
    int32_t of_day = (int32_t)(seconds - days * CALENDAR_DAY_S);

    CHECK(of_day >= 0 && of_day < CALENDAR_DAY_S);
    date_from_days(days, out);
    out->hour = of_day / 3600;
    out->minute = of_day / 60 % 60;
    out->second = of_day % 60;
}

int32_t calendar_weekday(int64_t days)
{
    int64_t thursday = days + 4; /* 1970-01-01 was one */

    return (int32_t)(thursday - floor_divide(thursday, 7) * 7);
}

int calendar_instant(int64_t seconds, uint32_t nanoseconds, int64_t *ns_out)
{
    CHECK(nanoseconds < NS_PER_S);
    if (seconds < 0 || seconds > INT64_MAX / NS_PER_S)
        return -ERANGE;
    if (seconds == INT64_MAX / NS_PER_S && nanoseconds > INT64_MAX % NS_PER_S)
        return -ERANGE;
    *ns_out = seconds * NS_PER_S + nanoseconds;
    return 0;
}
