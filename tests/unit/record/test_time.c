#include "base/clock.h"
#include "record/time.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/* Wednesday, 31 January 2024, 10:20:30.5 UTC. */
#define NOW_NS INT64_C(1706696430500000000)

static struct report report;

static void at_a_known_time(void)
{
    clock_fake(0, NOW_NS);
    report_init(&report);
}

static void clean_up(void)
{
    clock_real();
    report_fini(&report);
}

static struct time_format *format_with(struct time_options options)
{
    struct time_format *f = time_format_new(&options, &report, (struct place){0});

    ck_assert_msg(f != NULL, "'%s' %s", options.format, buffer_text(&report.text));
    return f;
}

static int read_time(const char *format, const char *text, int64_t *ns_out)
{
    struct time_format *f = format_with((struct time_options){.format = format});
    int rc = time_parse(f, slice_of(text), ns_out);

    time_format_free(&f);
    return rc;
}

static const struct {
    const char *format;
    const char *text;
    int64_t ns;
} readable[] = {
    /* those that Fluent Bit ships */
    {"%d/%b/%Y:%H:%M:%S %z", "28/Jul/2006:10:27:10 -0300", INT64_C(1154093230000000000)},
    {"%Y-%m-%dT%H:%M:%S.%L", "2024-02-29T23:59:59.123456789Z", INT64_C(1709251199123456789)},
    {"%Y-%m-%dT%H:%M:%S.%L%z", "2024-02-29T23:59:59.5+01:00", INT64_C(1709247599500000000)},
    {"%Y-%m-%dT%H:%M:%S.%L%z", "2024-02-29T23:59:59.5Z", INT64_C(1709251199500000000)},
    {"%b %d %H:%M:%S", "Feb  5 17:32:18", INT64_C(1707154338000000000)},
    {"%b %d %H:%M:%S", "Nov 15 01:02:03", INT64_C(1731632523000000000)},
    {"%Y-%m-%d %H:%M:%S.%L", "2024-01-01 00:00:00.000001", INT64_C(1704067200000001000)},
    /* each directive */
    {"%F %T", "2024-01-02 03:04:05", INT64_C(1704164645000000000)},
    {"%D %R", "01/02/24 03:04", INT64_C(1704164640000000000)},
    {"%x %X", "01/02/24 03:04:05", INT64_C(1704164645000000000)},
    {"%c", "Tue Jan  2 03:04:05 2024", INT64_C(1704164645000000000)},
    {"%d.%m.%Y %r", "02.01.2024 03:04:05 PM", INT64_C(1704207845000000000)},
    {"%Y %j %k:%M", "2024 060  4:05", INT64_C(1709179500000000000)},
    {"%Y %j", "2023 1", INT64_C(1672531200000000000)},
    {"%Y %j", "2024 366", INT64_C(1735603200000000000)},
    {"%e %B %y", " 2 January 24", INT64_C(1704153600000000000)},
    {"%e %h %y", "2 jan 69", -1},
    {"%A %d %b %Y", "TUESDAY 02 JAN 2024", INT64_C(1704153600000000000)},
    {"%a %d %b %Y", "Tue 02 Jan 2024", INT64_C(1704153600000000000)},
    {"%C%y-%m-%d", "2024-01-02", INT64_C(1704153600000000000)},
    {"%C-%m", "20-02", INT64_C(949363200000000000)},
    {"%s", "1704164645", INT64_C(1704164645000000000)},
    {"%s.%L", "1704164645.25", INT64_C(1704164645250000000)},
    {"%s.%L", "1704164645", INT64_C(1704164645000000000)},
    {"%s,%L", "0,000000001", 1},
    {"%Y-%m-%d %I:%M %p", "2024-01-02 12:00 AM", INT64_C(1704153600000000000)},
    {"%Y-%m-%d %l:%M %p", "2024-01-02  1:00 pm", INT64_C(1704200400000000000)},
    {"%p %I:%M %Y-%m-%d", "PM 12:30 2024-01-02", INT64_C(1704198600000000000)},
    {"%Y-%m-%d %I:%M", "2024-01-02 12:30", INT64_C(1704198600000000000)},
    {"%Y%m%d%H%M%S", "20240102030405", INT64_C(1704164645000000000)},
    {"%Y%n%m%t%d%%", "2024 \t01  02%", INT64_C(1704153600000000000)},
    {"%Ey-%Om-%Od", "24-01-02", INT64_C(1704153600000000000)},
    {"%Y-%m-%d %U %u", "2024-01-02 01 2", INT64_C(1704153600000000000)},
    {"[%Y-%m-%d]", "[2024-01-02] and the rest", INT64_C(1704153600000000000)},
    {"%Y-%m-%dT%H:%M:%S", "2024-06-30T23:59:60", INT64_C(1719792000000000000)},
    /* fractions anywhere, absent, and finer than a nanosecond */
    {"%H:%M:%S,%L %d.%m.%Y", "03:04:05,678 02.01.2024", INT64_C(1704164645678000000)},
    {"%Y-%m-%dT%H:%M:%S.%L%z", "2024-01-02T03:04:05Z", INT64_C(1704164645000000000)},
    {"%Y-%m-%dT%H:%M:%S.%L%z", "2024-01-02T03:04:05.1234567891234+00:00",
     INT64_C(1704164645123456789)},
    {"%Y-%m-%d %H:%M:%S:%L", "2024-01-02 03:04:05:007", INT64_C(1704164645007000000)},
    /* zones */
    {"%F %T %z", "2024-01-02 03:04:05 +0530", INT64_C(1704144845000000000)},
    {"%F %T %z", "2024-01-02 03:04:05 +05:30", INT64_C(1704144845000000000)},
    {"%F %T %z", "2024-01-02 03:04:05 -08", INT64_C(1704193445000000000)},
    {"%F %T %z", "2024-01-02 03:04:05 UTC", INT64_C(1704164645000000000)},
    {"%F %T%z", "2024-01-02 03:04:05 gmt", INT64_C(1704164645000000000)},
    {"%F %T %Z", "2024-01-02 03:04:05 EST", INT64_C(1704182645000000000)},
    {"%F %T %Z", "2024-01-02 03:04:05 CEST", INT64_C(1704157445000000000)},
    {"%F %T %Z", "2024-01-02 03:04:05 B", INT64_C(1704157445000000000)},
    {"%F %T %Z", "2024-01-02 03:04:05 BDT", INT64_C(1704143045000000000)},
    {"%z %F %T", "+01 2024-01-02 04:04:05", INT64_C(1704164645000000000)},
    {"%s %z", "1704164645 +0500", INT64_C(1704164645000000000)},
    /* what is missing is today's, or the first where the year is known */
    {"%H:%M", "03:04", INT64_C(1706670240000000000)},
    {"%d %H:%M", "05 03:04", INT64_C(1704423840000000000)},
    {"%b", "Feb", INT64_C(1709164800000000000)},
    {"%j", "60", INT64_C(1709164800000000000)},
    {"%Y-%m", "2024-02", INT64_C(1706745600000000000)},
    {"%Y", "2024", INT64_C(1704067200000000000)},
    {"%b %d", "Dec 31", INT64_C(1735603200000000000)},
    {"", "anything", INT64_C(1706659200000000000)},
};

START_TEST(times_are_read)
{
    int64_t ns = -2;
    int rc = read_time(readable[_i].format, readable[_i].text, &ns);

    if (readable[_i].ns < 0) {
        ck_assert_int_eq(rc, -ERANGE);
        return;
    }
    ck_assert_msg(rc == 0, "'%s' '%s': %d", readable[_i].format, readable[_i].text, rc);
    ck_assert_msg(ns == readable[_i].ns, "'%s' '%s': %lld", readable[_i].format, readable[_i].text,
                  (long long)ns);
}
END_TEST

static const struct {
    const char *format;
    const char *text;
    int error;
} unreadable[] = {
    {"%Y-%m-%d", "", -EINVAL},
    {"%Y-%m-%d", "2024-01", -EINVAL},
    {"%Y-%m-%d", "2024/01/02", -EINVAL},
    {"%Y-%m-%d", "2024-13-01", -EINVAL},
    {"%Y-%m-%d", "2024-00-01", -EINVAL},
    {"%Y-%m-%d", "2023-02-29", -EINVAL},
    {"%Y-%m-%d", "2024-01-32", -EINVAL},
    {"%b %d", "Feb 30", -EINVAL},
    {"%Y %j", "2023 366", -EINVAL},
    {"%H:%M", "24:00", -EINVAL},
    {"%H:%M", "10:60", -EINVAL},
    {"%T", "10:00:61", -EINVAL},
    {"%I:%M", "13:00", -EINVAL},
    {"%I:%M %p", "10:00 XM", -EINVAL},
    {"%b", "Foo", -EINVAL},
    {"%b", "Ja", -EINVAL},
    {"%a", "Xyz", -EINVAL},
    {"%Y-%m-%d %L", "2024-01-02 x", -EINVAL},
    {"%T.%L", "10:00:00.", -EINVAL},
    {"%F %T %z", "2024-01-02 03:04:05 +5", -EINVAL},
    {"%F %T %z", "2024-01-02 03:04:05 +0560", -EINVAL},
    {"%F %T %z", "2024-01-02 03:04:05 +24", -EINVAL},
    {"%F %T %Z", "2024-01-02 03:04:05 XYZT", -EINVAL},
    {"%F %T %z", "2024-01-02 03:04:05", -EINVAL},
    {"%s", "abc", -EINVAL},
    {"%s", "9999999999999999999999", -EINVAL},
    {"%s", "9223372037", -ERANGE},
    {"%Y-%m-%d", "0001-01-01", -ERANGE},
    {"%Y-%m-%d", "1969-12-31", -ERANGE},
    {"%Y-%m-%d", "2262-04-12", -ERANGE},
    {"%Y-%m-%d", "9999-12-31", -ERANGE},
    {"%F %T %z", "1970-01-01 00:00:00 +0100", -ERANGE},
};

START_TEST(times_that_are_none_are_refused)
{
    int64_t ns = 77;

    ck_assert_msg(read_time(unreadable[_i].format, unreadable[_i].text, &ns) ==
                      unreadable[_i].error,
                  "'%s' '%s': %lld", unreadable[_i].format, unreadable[_i].text, (long long)ns);
    ck_assert_int_eq(ns, 77);
}
END_TEST

static const struct {
    struct time_options options;
    const char *says;
} mistakes[] = {
    {{.format = "%H", .offset = "5"}, "Time_Offset '5'"},
    {{.format = "%H", .offset = ""}, "Time_Offset ''"},
    {{.format = "%H", .offset = "+05:3x"}, "Time_Offset '+05:3x'"},
    {{.format = "%H", .zone = "Nowhere/Atlantis"}, "Time_Zone 'Nowhere/Atlantis' is not in"},
    {{.format = "%H", .zone = "UTC", .offset = "+01"}, "Time_Zone goes with neither"},
    {{.format = "%H", .zone = "UTC", .is_system = true}, "Time_Zone goes with neither"},
};

START_TEST(mistakes_in_a_format_are_told)
{
    struct time_format *f =
        time_format_new(&mistakes[_i].options, &report, (struct place){"parsers.conf", 7});

    ck_assert_ptr_null(f);
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_msg(strstr(buffer_text(&report.text), mistakes[_i].says) != NULL, "%s",
                  buffer_text(&report.text));
}
END_TEST

/* Each message in the report ends with a NUL. */
static bool is_told(const char *words)
{
    return memmem(report.text.data, report.text.len, words, strlen(words)) != NULL;
}

START_TEST(all_mistakes_in_a_format_are_told_at_once)
{
    struct time_options options = {.format = "%Q", .zone = "Nowhere/Atlantis", .offset = "5"};

    ck_assert_ptr_null(time_format_new(&options, &report, (struct place){"parsers.conf", 7}));
    ck_assert_uint_eq(report.error_count, 3);
    ck_assert_uint_eq(report.warning_count, 1);
    ck_assert(is_told("unknown directive '%Q'"));
    ck_assert(is_told("Time_Zone goes with neither"));
    ck_assert(is_told("Time_Offset '5'"));
    ck_assert(is_told("Time_Zone 'Nowhere/Atlantis' is not in"));
}
END_TEST

static const struct {
    const char *format;
    const char *text;
    const char *says;
} unknown[] = {
    {"%Y-%Q-%d", "2024-1-02", "unknown directive '%Q-'"},
    {"%F %T.%f", "2024-01-02 03:04:05.678", "unknown directive '%f'"},
    {"%F %H%", "2024-01-02 03", "unknown directive '%'"},
    {"%F %H%E", "2024-01-02 03", "unknown directive '%E'"},
};

START_TEST(a_directive_that_is_none_is_told_and_reads_nothing)
{
    struct time_format *f = format_with((struct time_options){.format = unknown[_i].format});
    int64_t ns;

    ck_assert_uint_eq(report.warning_count, 1);
    ck_assert_msg(strstr(buffer_text(&report.text), unknown[_i].says) != NULL, "%s",
                  buffer_text(&report.text));
    ck_assert_int_eq(time_parse(f, slice_of(unknown[_i].text), &ns), -EINVAL);
    time_format_free(&f);
}
END_TEST

START_TEST(what_stands_before_a_directive_that_is_none_is_read_loosely)
{
    struct time_format *f =
        format_with((struct time_options){.format = "%F %T.%f", .is_loose = true});
    int64_t ns;

    ck_assert_int_eq(time_parse(f, SLICE("2024-01-02 03:04:05.678"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704164645000000000));
    time_format_free(&f);
}
END_TEST

START_TEST(a_format_without_end_is_refused)
{
    char long_format[TIME_FORMAT_STEPS_MAX + 2];
    struct time_options options = {.format = long_format};

    memset(long_format, 'x', sizeof long_format);
    long_format[sizeof long_format - 1] = '\0';
    ck_assert_ptr_null(time_format_new(&options, &report, (struct place){0}));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "too long"));
}
END_TEST

START_TEST(an_offset_holds_where_the_text_names_no_zone)
{
    struct time_format *f =
        format_with((struct time_options){.format = "%F %T", .offset = "+02:30"});
    struct time_format *g =
        format_with((struct time_options){.format = "%F %T %z", .offset = "-0500"});
    int64_t ns;

    ck_assert_int_eq(time_parse(f, SLICE("2024-01-02 03:04:05"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704155645000000000));
    ck_assert_int_eq(time_parse(g, SLICE("2024-01-02 03:04:05 +00:00"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704164645000000000));
    time_format_free(&f);
    time_format_free(&g);
    time_format_free(&g);
}
END_TEST

START_TEST(a_z_behind_the_seconds_is_utc_whatever_the_offset)
{
    struct time_format *f =
        format_with((struct time_options){.format = "%FT%H:%M:%SZ", .offset = "-0500"});
    struct time_format *g =
        format_with((struct time_options){.format = "%FT%H:%M:%S.%LZ", .offset = "-0500"});
    int64_t ns;

    ck_assert_int_eq(time_parse(f, SLICE("2024-01-02T03:04:05Z"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704164645000000000));
    ck_assert_int_eq(time_parse(g, SLICE("2024-01-02T03:04:05.5Z"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704164645500000000));
    time_format_free(&f);
    time_format_free(&g);
}
END_TEST

START_TEST(today_is_a_day_of_the_zone)
{
    struct time_format *f = format_with((struct time_options){.format = "%T", .offset = "+14:00"});
    int64_t ns;

    ck_assert_int_eq(time_parse(f, SLICE("00:00:00"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1706695200000000000)); /* 1 February there */
    time_format_free(&f);
}
END_TEST

START_TEST(the_system_zone_knows_summer_time)
{
    struct time_format *f;
    int64_t ns;

    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    f = format_with((struct time_options){.format = "%F %T", .is_system = true});
    ck_assert_int_eq(time_parse(f, SLICE("2024-01-02 01:00:00"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704153600000000000));
    ck_assert_int_eq(time_parse(f, SLICE("2024-07-02 02:00:00"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1719878400000000000));
    time_format_free(&f);

    setenv("TZ", "not a zone", 1);
    ck_assert_ptr_null(time_format_new(&(struct time_options){.format = "%F", .is_system = true},
                                       &report, (struct place){0}));
    unsetenv("TZ");
}
END_TEST

START_TEST(a_named_zone_leaves_the_process_alone)
{
    struct time_options options = {.format = "%F %T", .zone = "Asia/Kolkata"};
    struct time_format *f = time_format_new(&options, &report, (struct place){0});
    int64_t ns;

    if (f == NULL)
        return; /* no zone database here */
    ck_assert_int_eq(time_parse(f, SLICE("2024-01-02 05:30:00"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704153600000000000));
    ck_assert_ptr_null(getenv("TZ"));
    time_format_free(&f);
}
END_TEST

Suite *suite_record_time(void);

Suite *suite_record_time(void)
{
    Suite *suite = suite_create("record/time");
    TCase *tcase = tcase_create("time");

    tcase_add_checked_fixture(tcase, at_a_known_time, clean_up);
    tcase_add_loop_test(tcase, times_are_read, 0, ARRAY_LEN(readable));
    tcase_add_loop_test(tcase, times_that_are_none_are_refused, 0, ARRAY_LEN(unreadable));
    tcase_add_loop_test(tcase, mistakes_in_a_format_are_told, 0, ARRAY_LEN(mistakes));
    tcase_add_loop_test(tcase, a_directive_that_is_none_is_told_and_reads_nothing, 0,
                        ARRAY_LEN(unknown));
    tcase_add_test(tcase, what_stands_before_a_directive_that_is_none_is_read_loosely);
    tcase_add_test(tcase, a_format_without_end_is_refused);
    tcase_add_test(tcase, all_mistakes_in_a_format_are_told_at_once);
    tcase_add_test(tcase, an_offset_holds_where_the_text_names_no_zone);
    tcase_add_test(tcase, a_z_behind_the_seconds_is_utc_whatever_the_offset);
    tcase_add_test(tcase, today_is_a_day_of_the_zone);
    tcase_add_test(tcase, the_system_zone_knows_summer_time);
    tcase_add_test(tcase, a_named_zone_leaves_the_process_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
