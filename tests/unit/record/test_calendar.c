#include "base/clock.h"
#include "record/calendar.h"

#include <check.h>
#include <errno.h>

START_TEST(dates_are_counted_from_1970)
{
    ck_assert_int_eq(calendar_days(1970, 1, 1), 0);
    ck_assert_int_eq(calendar_days(1969, 12, 31), -1);
    ck_assert_int_eq(calendar_days(2000, 3, 1), 11017);
    ck_assert_int_eq(calendar_days(2262, 4, 11), 106751);
    ck_assert_int_eq(calendar_days(0, 1, 1), -719528);
    ck_assert_int_eq(calendar_days(9999, 12, 31), 2932896);
}
END_TEST

START_TEST(every_day_of_eight_centuries_comes_back)
{
    struct civil c;

    for (int64_t day = calendar_days(1600, 1, 1); day < calendar_days(2400, 1, 1); day++) {
        civil_from_seconds(day * CALENDAR_DAY_S + 86399, &c);
        ck_assert_int_eq(calendar_days(c.year, c.month, c.day), day);
        ck_assert(civil_is_valid(&c));
        ck_assert_int_eq(c.hour * 10000 + c.minute * 100 + c.second, 235959);
    }
}
END_TEST

START_TEST(a_second_before_1970_is_the_last_of_1969)
{
    struct civil c;

    civil_from_seconds(-1, &c);
    ck_assert_int_eq(c.year * 10000 + c.month * 100 + c.day, 19691231);
    ck_assert_int_eq(c.hour * 10000 + c.minute * 100 + c.second, 235959);
    ck_assert_int_eq(civil_seconds(&c), -1);
}
END_TEST

START_TEST(centuries_are_leap_years_every_fourth_time)
{
    ck_assert(calendar_is_leap(2000));
    ck_assert(!calendar_is_leap(1900));
    ck_assert(calendar_is_leap(2024));
    ck_assert_int_eq(calendar_month_days(2024, 2), 29);
    ck_assert_int_eq(calendar_month_days(2100, 2), 28);
    ck_assert_int_eq(calendar_month_days(2023, 9), 30);
}
END_TEST

START_TEST(days_and_times_that_do_not_exist_are_refused)
{
    static const struct civil wrong[] = {
        {.year = -1, .month = 1, .day = 1},
        {.year = 10000, .month = 1, .day = 1},
        {.year = 2024, .month = 0, .day = 1},
        {.year = 2024, .month = 13, .day = 1},
        {.year = 2024, .month = 1, .day = 0},
        {.year = 2023, .month = 2, .day = 29},
        {.year = 2024, .month = 4, .day = 31},
        {.year = 2024, .month = 1, .day = 1, .hour = 24},
        {.year = 2024, .month = 1, .day = 1, .minute = 60},
        {.year = 2024, .month = 1, .day = 1, .second = 61},
        {.year = 2024, .month = 1, .day = 1, .hour = -1},
    };
    struct civil leap = {
        .year = 2016, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 60};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        ck_assert_msg(!civil_is_valid(&wrong[i]), "case %zu", i);
    ck_assert(civil_is_valid(&leap));
    ck_assert_int_eq(civil_seconds(&leap), calendar_days(2017, 1, 1) * CALENDAR_DAY_S);
}
END_TEST

START_TEST(weekdays_count_from_sunday)
{
    ck_assert_int_eq(calendar_weekday(calendar_days(1970, 1, 1)), 4);
    ck_assert_int_eq(calendar_weekday(calendar_days(2024, 2, 29)), 4);
    ck_assert_int_eq(calendar_weekday(calendar_days(1969, 12, 28)), 0);
    ck_assert_int_eq(calendar_weekday(calendar_days(1900, 1, 1)), 1);
}
END_TEST

START_TEST(instants_end_where_64_bits_do)
{
    int64_t ns = 7;

    ck_assert_int_eq(calendar_instant(0, 0, &ns), 0);
    ck_assert_int_eq(ns, 0);
    ck_assert_int_eq(calendar_instant(9223372036, 854775807, &ns), 0);
    ck_assert_int_eq(ns, INT64_MAX);
    ck_assert_int_eq(calendar_instant(9223372036, 854775808, &ns), -ERANGE);
    ck_assert_int_eq(calendar_instant(9223372037, 0, &ns), -ERANGE);
    ck_assert_int_eq(calendar_instant(INT64_MAX, 0, &ns), -ERANGE);
    ck_assert_int_eq(calendar_instant(-1, 999999999, &ns), -ERANGE);
    ck_assert_int_eq(ns, INT64_MAX);
}
END_TEST

Suite *suite_record_calendar(void);

Suite *suite_record_calendar(void)
{
    Suite *suite = suite_create("record/calendar");
    TCase *tcase = tcase_create("calendar");

    tcase_add_test(tcase, dates_are_counted_from_1970);
    tcase_add_test(tcase, every_day_of_eight_centuries_comes_back);
    tcase_add_test(tcase, a_second_before_1970_is_the_last_of_1969);
    tcase_add_test(tcase, centuries_are_leap_years_every_fourth_time);
    tcase_add_test(tcase, days_and_times_that_do_not_exist_are_refused);
    tcase_add_test(tcase, weekdays_count_from_sunday);
    tcase_add_test(tcase, instants_end_where_64_bits_do);
    suite_add_tcase(suite, tcase);
    return suite;
}
