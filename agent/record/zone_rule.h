/*
 * The rule of a zone in the manner of TZ, as zoneinfo files end with one for all years to come:
 *
 *   CET-1CEST,M3.5.0,M10.5.0/3     standard time, summer time, when each begins
 *
 * Pure. Offsets are counted east of UTC here, though the text counts them west.
 */
#ifndef TAILRACE_RECORD_ZONE_RULE_H
#define TAILRACE_RECORD_ZONE_RULE_H

#include "base/slice.h"

/* A day of each year, and the seconds from its midnight, which may be negative or many days. */
struct zone_day {
    char kind; /* 'M': month, week, weekday; 'J': 1 to 365, no leap day; '0': 0 to 365 */
    int32_t month;
    int32_t week; /* 1 to 5, 5 the last */
    int32_t day;  /* of the week, 0 Sunday; or of the year */
    int32_t time_s;
};

struct zone_rule {
    int32_t standard_s;
    int32_t summer_s;
    bool has_summer;
    struct zone_day summer_begins; /* by standard time */
    struct zone_day summer_ends;   /* by summer time */
};

/* The whole text; -EINVAL. */
MUST_USE int zone_rule_parse(struct slice text, struct zone_rule *rule_out);

/* The UTC seconds at which summer time begins and ends in a year. */
int64_t zone_rule_begin_s(const struct zone_rule *rule, int32_t year);
int64_t zone_rule_end_s(const struct zone_rule *rule, int32_t year);

#endif
