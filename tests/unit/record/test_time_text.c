#include "record/time_text.h"

#include <check.h>
#include <errno.h>

/* 2024-02-29T23:59:59.987654321Z */
#define LEAP_NS INT64_C(1709251199987654321)
#define SECOND_NS INT64_C(1000000000)
#define DAY_NS (86400 * SECOND_NS)

#define EXPECT(got, want)                                                 \
    do {                                                                  \
        struct slice text_ = (got);                                       \
        ck_assert_msg(slice_is(text_, (want)), "%.*s", SLICE_ARG(text_)); \
    } while (0)

START_TEST(instants_become_text_with_as_many_digits_as_wanted)
{
    struct time_text t = {0};

    EXPECT(time_text_iso(&t, LEAP_NS, 0), "2024-02-29T23:59:59Z");
    EXPECT(time_text_iso(&t, LEAP_NS, 3), "2024-02-29T23:59:59.987Z");
    EXPECT(time_text_iso(&t, LEAP_NS, 6), "2024-02-29T23:59:59.987654Z");
    EXPECT(time_text_iso(&t, LEAP_NS, 9), "2024-02-29T23:59:59.987654321Z");
    EXPECT(time_text_iso(&t, LEAP_NS, 1), "2024-02-29T23:59:59.9Z");
}
END_TEST

START_TEST(text_follows_the_second)
{
    struct time_text t = {0};

    EXPECT(time_text_iso(&t, 0, 3), "1970-01-01T00:00:00.000Z");
    EXPECT(time_text_iso(&t, SECOND_NS - 1, 3), "1970-01-01T00:00:00.999Z");
    EXPECT(time_text_iso(&t, SECOND_NS, 3), "1970-01-01T00:00:01.000Z");
    EXPECT(time_text_iso(&t, 0, 9), "1970-01-01T00:00:00.000000000Z");
    EXPECT(time_text_iso(&t, LEAP_NS + SECOND_NS, 3), "2024-03-01T00:00:00.987Z");
    EXPECT(time_text_iso(&t, INT64_MAX, 9), "2262-04-11T23:47:16.854775807Z");
}
END_TEST

START_TEST(instants_before_1970_do_not_break_it)
{
    struct time_text t = {0};

    EXPECT(time_text_iso(&t, -1, 9), "1969-12-31T23:59:59.999999999Z");
    EXPECT(time_text_iso(&t, INT64_MIN, 9), "1677-09-21T00:12:43.145224192Z");
}
END_TEST

START_TEST(a_pattern_of_days_changes_at_midnight)
{
    struct time_pattern p;

    ck_assert_int_eq(time_pattern_init(&p, "logs-%Y.%m.%d"), 0);
    ck_assert_int_eq(p.period_s, 86400);
    EXPECT(time_pattern_text(&p, LEAP_NS), "logs-2024.02.29");
    EXPECT(time_pattern_text(&p, LEAP_NS - 10 * SECOND_NS), "logs-2024.02.29");
    EXPECT(time_pattern_text(&p, LEAP_NS + SECOND_NS), "logs-2024.03.01");
    EXPECT(time_pattern_text(&p, LEAP_NS - 60 * DAY_NS), "logs-2023.12.31");
    EXPECT(time_pattern_text(&p, 0), "logs-1970.01.01");
}
END_TEST

START_TEST(a_pattern_of_hours_is_looked_at_each_second)
{
    struct time_pattern p;

    ck_assert_int_eq(time_pattern_init(&p, "%Y-%m-%dT%H:%M:%S"), 0);
    ck_assert_int_eq(p.period_s, 1);
    EXPECT(time_pattern_text(&p, LEAP_NS), "2024-02-29T23:59:59");
    EXPECT(time_pattern_text(&p, LEAP_NS + SECOND_NS), "2024-03-01T00:00:00");
}
END_TEST

START_TEST(a_pattern_knows_weekdays_weeks_and_days_of_the_year)
{
    struct time_pattern p;

    ck_assert_int_eq(time_pattern_init(&p, "%a %A %j %G-W%V %u %y %e"), 0);
    EXPECT(time_pattern_text(&p, LEAP_NS), "Thu Thursday 060 2024-W09 4 24 29");
}
END_TEST

START_TEST(a_pattern_that_is_only_text_stays_so)
{
    struct time_pattern p;

    ck_assert_int_eq(time_pattern_init(&p, "fluent-bit"), 0);
    EXPECT(time_pattern_text(&p, LEAP_NS), "fluent-bit");
    EXPECT(time_pattern_text(&p, 0), "fluent-bit");
    ck_assert_int_eq(time_pattern_init(&p, ""), 0);
    EXPECT(time_pattern_text(&p, 0), "");
}
END_TEST

START_TEST(a_pattern_too_long_is_refused_at_once)
{
    char format[TIME_PATTERN_BYTES_MAX + 1];
    struct time_pattern p;
    struct buffer out = {0};

    memset(format, 'x', sizeof format - 1);
    format[sizeof format - 1] = '\0';
    ck_assert_int_eq(time_pattern_init(&p, format), -E2BIG);
    ck_assert_int_eq(time_format_utc(0, format, &out), -E2BIG);
    ck_assert_uint_eq(out.len, 0);
    format[sizeof format - 2] = '\0';
    ck_assert_int_eq(time_pattern_init(&p, format), 0);
    ck_assert_uint_eq(time_pattern_text(&p, 0).len, TIME_PATTERN_BYTES_MAX - 1);
    buffer_fini(&out);
}
END_TEST

START_TEST(one_instant_is_formatted_without_a_pattern)
{
    struct buffer out = {0};

    buffer_append_text(&out, "at ");
    ck_assert_int_eq(time_format_utc(LEAP_NS, "%d/%b/%Y:%H:%M:%S %z %Z", &out), 0);
    EXPECT(buffer_view(&out), "at 29/Feb/2024:23:59:59 +0000 UTC");
    buffer_clear(&out);
    time_append_fraction(LEAP_NS, 3, &out);
    EXPECT(buffer_view(&out), "987");
    buffer_fini(&out);
}
END_TEST

static const struct {
    const char *name;
    int64_t ns;
    const char *text;
} dates[] = {
    {"double", LEAP_NS, "1709251199.987654321"},
    {"double", INT64_C(1709251199500000000), "1709251199.5"},
    {"double", INT64_C(1709251199000000000), "1709251199.0"},
    {"double", 1, "0.000000001"},
    {"double", INT64_MAX, "9223372036.854775807"},
    {"double", -1500000000, "-1.5"},
    {"Double", 0, "0.0"},
    {"epoch", LEAP_NS, "1709251199"},
    {"epoch", 0, "0"},
    {"epoch", -1, "-1"},
    {"epoch_ms", LEAP_NS, "1709251199987"},
    {"iso8601", LEAP_NS, "\"2024-02-29T23:59:59.987654Z\""},
    {"java_sql_timestamp", LEAP_NS, "\"2024-02-29 23:59:59.987654\""},
};

START_TEST(json_dates_have_the_form_that_was_named)
{
    struct time_text t = {0};
    struct buffer out = {0};
    enum time_json form;

    ck_assert_int_eq(time_json_parse(dates[_i].name, &form), 0);
    time_json_append(&t, form, dates[_i].ns, &out);
    EXPECT(buffer_view(&out), dates[_i].text);
    buffer_fini(&out);
}
END_TEST

START_TEST(one_cache_serves_all_forms)
{
    struct time_text t = {0};
    struct buffer out = {0};

    time_json_append(&t, TIME_JSON_JAVA_SQL, LEAP_NS, &out);
    buffer_clear(&out);
    time_json_append(&t, TIME_JSON_ISO8601, LEAP_NS, &out);
    EXPECT(buffer_view(&out), "\"2024-02-29T23:59:59.987654Z\"");
    buffer_fini(&out);
}
END_TEST

START_TEST(an_unknown_json_date_is_refused)
{
    enum time_json form;

    ck_assert_int_eq(time_json_parse("unix", &form), -EINVAL);
    ck_assert_int_eq(time_json_parse("", &form), -EINVAL);
}
END_TEST

Suite *suite_record_time_text(void);

Suite *suite_record_time_text(void)
{
    Suite *suite = suite_create("record/time_text");
    TCase *tcase = tcase_create("time_text");

    tcase_add_test(tcase, instants_become_text_with_as_many_digits_as_wanted);
    tcase_add_test(tcase, text_follows_the_second);
    tcase_add_test(tcase, instants_before_1970_do_not_break_it);
    tcase_add_test(tcase, a_pattern_of_days_changes_at_midnight);
    tcase_add_test(tcase, a_pattern_of_hours_is_looked_at_each_second);
    tcase_add_test(tcase, a_pattern_knows_weekdays_weeks_and_days_of_the_year);
    tcase_add_test(tcase, a_pattern_that_is_only_text_stays_so);
    tcase_add_test(tcase, a_pattern_too_long_is_refused_at_once);
    tcase_add_test(tcase, one_instant_is_formatted_without_a_pattern);
    tcase_add_loop_test(tcase, json_dates_have_the_form_that_was_named, 0, ARRAY_LEN(dates));
    tcase_add_test(tcase, one_cache_serves_all_forms);
    tcase_add_test(tcase, an_unknown_json_date_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
