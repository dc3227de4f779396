#include "record/zone_rule.h"

#include "record/calendar.h"

#include <ctype.h>
#include <errno.h>

/* What the rule says when it names a summer time without its days. */
#define DEFAULT_DAYS SLICE(",M3.2.0,M11.1.0")
#define DEFAULT_TIME_S (2 * 3600)
#define ABBREVIATION_MIN 3

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || text->data[0] != byte)
        return false;
    *text = slice_skip(*text, 1);
    return true;
}

static bool take_number(struct slice *text, int32_t low, int32_t high, int32_t *out)
{
    int32_t value = 0;
    size_t digits = 0;

    while (digits < text->len && digits < 3 && isdigit((unsigned char)text->data[digits]))
        value = value * 10 + (text->data[digits++] - '0');
    *text = slice_skip(*text, digits);
    *out = value;
    return digits > 0 && value >= low && value <= high;
}

/* Letters, or anything between < and >. */
static bool take_abbreviation(struct slice *text)
{
    size_t len = 0;

    if (take_byte(text, '<')) {
        len = slice_find(*text, '>');
        if (len == text->len)
            return false;
        *text = slice_skip(*text, len + 1);
        return len >= ABBREVIATION_MIN;
    }
    while (len < text->len && isalpha((unsigned char)text->data[len]))
        len++;
    *text = slice_skip(*text, len);
    return len >= ABBREVIATION_MIN;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct slice *text, int32_t hours_max, int32_t *seconds_out)
{
    bool is_negative = take_byte(text, '-');
    int32_t hours, minutes = 0, seconds = 0;

    if (!is_negative)
        (void)take_byte(text, '+');
    if (!take_number(text, 0, hours_max, &hours))
        return false;
    if (take_byte(text, ':') && !take_number(text, 0, 59, &minutes))
        return false;
    if (take_byte(text, ':') && !take_number(text, 0, 59, &seconds))
        return false;
    *seconds_out = hours * 3600 + minutes * 60 + seconds;
    if (is_negative)
        *seconds_out = -*seconds_out;
    return true;
}

static bool take_date(struct slice *text, struct zone_day *day)
{
    if (take_byte(text, 'J')) {
        day->kind = 'J';
        return take_number(text, 1, 365, &day->day);
    }
    if (take_byte(text, 'M')) {
        day->kind = 'M';
        return take_number(text, 1, 12, &day->month) && take_byte(text, '.') &&
               take_number(text, 1, 5, &day->week) && take_byte(text, '.') &&
               take_number(text, 0, 6, &day->day);
    }
    day->kind = '0';
    return take_number(text, 0, 365, &day->day);
}

/* ,date[/time] */
static bool take_day(struct slice *text, struct zone_day *day)
{
    *day = (struct zone_day){.time_s = DEFAULT_TIME_S};
    if (!take_byte(text, ',') || !take_date(text, day))
        return false;
    return !take_byte(text, '/') || take_time(text, 167, &day->time_s);
}

static bool take_summer(struct slice *text, struct zone_rule *rule)
{
    rule->has_summer = true;
    rule->summer_s = rule->standard_s + 3600;
    if (!take_abbreviation(text))
        return false;
    if (text->len > 0 && text->data[0] != ',') {
        if (!take_time(text, 24, &rule->summer_s))
            return false;
        rule->summer_s = -rule->summer_s;
    }
    if (text->len == 0)
        *text = DEFAULT_DAYS;
    return take_day(text, &rule->summer_begins) && take_day(text, &rule->summer_ends);
}

int zone_rule_parse(struct slice text, struct zone_rule *rule_out)
{
    struct zone_rule rule = {0};

    if (!take_abbreviation(&text) || !take_time(&text, 24, &rule.standard_s))
        return -EINVAL;
    rule.standard_s = -rule.standard_s;
    if (text.len > 0 && !take_summer(&text, &rule))
        return -EINVAL;
    if (text.len > 0)
        return -EINVAL;
    *rule_out = rule;
    return 0;
}

/* The `week`-th such weekday of the month; the 5th is the last one, even where there are four. */
static int64_t weekday_of_month(const struct zone_day *day, int32_t year)
{
    int64_t first = calendar_days(year, day->month, 1);
    int64_t days = (day->day - calendar_weekday(first) + 7) % 7 + (day->week - 1) * 7;

    if (days >= calendar_month_days(year, day->month))
        days -= 7;
    return first + days;
}

/* Local seconds, by the clock in force until then. */
static int64_t day_seconds(const struct zone_day *day, int32_t year)
{
    int64_t days = calendar_days(year, 1, 1) + day->day;

    if (day->kind == 'M')
        days = weekday_of_month(day, year);
    else if (day->kind == 'J' && (day->day < 60 || !calendar_is_leap(year)))
        days--;
    return days * CALENDAR_DAY_S + day->time_s;
}

int64_t zone_rule_begin_s(const struct zone_rule *rule, int32_t year)
{
    return day_seconds(&rule->summer_begins, year) - rule->standard_s;
}

int64_t zone_rule_end_s(const struct zone_rule *rule, int32_t year)
{
    return day_seconds(&rule->summer_ends, year) - rule->summer_s;
}
