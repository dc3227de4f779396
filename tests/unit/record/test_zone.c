#include "base/buffer.h"
#include "record/calendar.h"
#include "record/zone.h"
#include "record/zone_rule.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static int64_t at(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute)
{
    struct civil c = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};

    return civil_seconds(&c);
}

static struct zone *rule(const char *text)
{
    struct zone *z = NULL;

    ck_assert_msg(zone_from_rule(slice_of(text), &z) == 0, "%s", text);
    return z;
}

START_TEST(a_zone_without_summer_time_has_one_offset)
{
    struct zone *z = rule("JST-9");

    ck_assert_int_eq(zone_offset_s(z, 0), 9 * 3600);
    ck_assert_int_eq(zone_offset_s(z, INT64_C(9000000000)), 9 * 3600);
    ck_assert_int_eq(zone_utc_s(z, at(2024, 1, 1, 9, 0)), at(2024, 1, 1, 0, 0));
    zone_free(&z);
    ck_assert_ptr_null(z);
    zone_free(&z);
}
END_TEST

START_TEST(summer_time_begins_and_ends_on_last_sundays)
{
    struct zone *z = rule(BERLIN);

    ck_assert_int_eq(zone_offset_s(z, at(2024, 3, 31, 1, 0) - 1), 3600);
    ck_assert_int_eq(zone_offset_s(z, at(2024, 3, 31, 1, 0)), 7200);
    ck_assert_int_eq(zone_offset_s(z, at(2024, 10, 27, 1, 0) - 1), 7200);
    ck_assert_int_eq(zone_offset_s(z, at(2024, 10, 27, 1, 0)), 3600);
    ck_assert_int_eq(zone_offset_s(z, at(2261, 7, 1, 0, 0)), 7200);
    zone_free(&z);
}
END_TEST

START_TEST(south_of_the_equator_the_year_begins_in_summer)
{
    struct zone *z = rule("AEST-10AEDT,M10.1.0,M4.1.0/3");

    ck_assert_int_eq(zone_offset_s(z, at(2024, 1, 1, 0, 0)), 11 * 3600);
    ck_assert_int_eq(zone_offset_s(z, at(2024, 7, 1, 0, 0)), 10 * 3600);
    ck_assert_int_eq(zone_offset_s(z, at(2024, 12, 1, 0, 0)), 11 * 3600);
    zone_free(&z);
}
END_TEST

START_TEST(an_hour_that_comes_twice_is_the_first)
{
    struct zone *z = rule(BERLIN);

    ck_assert_int_eq(zone_utc_s(z, at(2024, 10, 27, 2, 30)), at(2024, 10, 27, 0, 30));
    ck_assert_int_eq(zone_utc_s(z, at(2024, 10, 27, 3, 0)), at(2024, 10, 27, 2, 0));
    ck_assert_int_eq(zone_utc_s(z, at(2024, 10, 27, 1, 59)), at(2024, 10, 26, 23, 59));
    zone_free(&z);
}
END_TEST

START_TEST(an_hour_that_never_comes_is_read_by_the_clock_before)
{
    struct zone *z = rule(BERLIN);

    ck_assert_int_eq(zone_utc_s(z, at(2024, 3, 31, 2, 30)), at(2024, 3, 31, 1, 30));
    ck_assert_int_eq(zone_utc_s(z, at(2024, 3, 31, 3, 0)), at(2024, 3, 31, 1, 0));
    zone_free(&z);
}
END_TEST

START_TEST(rules_are_read_in_all_their_forms)
{
    struct zone_rule r;

    ck_assert_int_eq(zone_rule_parse(SLICE("<+0545>-5:45"), &r), 0);
    ck_assert_int_eq(r.standard_s, 5 * 3600 + 45 * 60);
    ck_assert_int_eq(zone_rule_parse(SLICE("NST3:30:52NDT1:30:52,J60/-1,300/167:59:59"), &r), 0);
    ck_assert_int_eq(r.standard_s, -(3 * 3600 + 30 * 60 + 52));
    ck_assert_int_eq(r.summer_s, -(1 * 3600 + 30 * 60 + 52));
    ck_assert_int_eq(r.summer_begins.time_s, -3600);
    ck_assert_int_eq(zone_rule_begin_s(&r, 2024) + r.standard_s, at(2024, 2, 29, 23, 0));
    ck_assert_int_eq(zone_rule_begin_s(&r, 2023) + r.standard_s, at(2023, 2, 28, 23, 0));
    ck_assert_int_eq(zone_rule_parse(SLICE("EST5EDT"), &r), 0);
    ck_assert_int_eq(r.summer_s, -4 * 3600);
    ck_assert_int_eq(zone_rule_begin_s(&r, 2024), at(2024, 3, 10, 7, 0));
    ck_assert_int_eq(zone_rule_end_s(&r, 2024), at(2024, 11, 3, 6, 0));
}
END_TEST

START_TEST(rules_that_are_none_are_refused)
{
    static const char *const wrong[] = {
        "",
        "U",
        "UTC",
        "UTC+",
        "UTC25",
        "CET-1CE",
        "CET-1CEST,",
        "CET-1CEST,M3.5.0",
        "<+05>5x",
        "<+05",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,366,J300",
        "CET-1CEST,M3.5.0/168,J300",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
        "CET-1:60",
    };
    struct zone *z = NULL;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        ck_assert_msg(zone_from_rule(slice_of(wrong[i]), &z) == -EINVAL, "'%s'", wrong[i]);
    ck_assert_ptr_null(z);
}
END_TEST

static void put_u32(struct buffer *b, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buffer_append_byte(b, (char)(value >> shift & 0xff));
}

static void put_head(struct buffer *b, uint32_t changes, uint32_t types)
{
    buffer_append(b, SLICE("TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    put_u32(b, 0);
    put_u32(b, 0);
    put_u32(b, 0);
    put_u32(b, changes);
    put_u32(b, types);
    put_u32(b, 4);
}

static void put_type(struct buffer *b, int32_t offset_s)
{
    put_u32(b, (uint32_t)offset_s);
    buffer_append(b, slice_make("\0\0", 2));
}

/* An empty table of 32 bit times, one change in 1980 from +1 h to +2 h, and a rule. */
static void put_file(struct buffer *b, const char *footer)
{
    put_head(b, 0, 1);
    put_type(b, 0);
    buffer_append(b, slice_make("UTC\0", 4));
    put_head(b, 1, 2);
    put_u32(b, 0);
    put_u32(b, 315532800); /* 1980-01-01 */
    buffer_append_byte(b, 1);
    put_type(b, 3600);
    put_type(b, 7200);
    buffer_append(b, slice_make("ABC\0", 4));
    buffer_append_text(b, footer);
}

START_TEST(a_zoneinfo_file_is_read_with_its_table_and_its_rule)
{
    struct buffer file = {0};
    struct zone *z = NULL;

    put_file(&file, "\nEET-2EEST,M3.5.0/3,M10.5.0/4\n");
    ck_assert_int_eq(zone_from_file_bytes(buffer_view(&file), &z), 0);
    ck_assert_int_eq(zone_offset_s(z, 0), 3600);
    ck_assert_int_eq(zone_offset_s(z, at(1980, 1, 1, 0, 0) - 1), 3600);
    ck_assert_int_eq(zone_offset_s(z, at(1980, 1, 1, 0, 0)), 7200);
    ck_assert_int_eq(zone_offset_s(z, at(2040, 7, 1, 0, 0)), 10800);
    ck_assert_int_eq(zone_offset_s(z, at(2040, 12, 1, 0, 0)), 7200);
    zone_free(&z);
    buffer_fini(&file);
}
END_TEST

START_TEST(a_zoneinfo_file_may_have_no_rule)
{
    struct buffer file = {0};
    struct zone *z = NULL;

    put_file(&file, "\n\n");
    ck_assert_int_eq(zone_from_file_bytes(buffer_view(&file), &z), 0);
    ck_assert_int_eq(zone_offset_s(z, at(2040, 7, 1, 0, 0)), 7200);
    zone_free(&z);
    buffer_fini(&file);
}
END_TEST

START_TEST(a_zoneinfo_file_cut_anywhere_is_refused)
{
    struct buffer file = {0};
    struct zone *z = NULL;

    put_file(&file, "\nEET-2\n");
    for (size_t len = 0; len < file.len - sizeof "EET-2"; len++)
        ck_assert_msg(zone_from_file_bytes(slice_make(file.data, len), &z) == -EINVAL, "%zu", len);
    buffer_fini(&file);
}
END_TEST

START_TEST(a_zoneinfo_file_with_a_type_that_is_not_there_is_refused)
{
    struct buffer file = {0};
    struct zone *z = NULL;

    put_file(&file, "\n\n");
    file.data[44 + 6 + 4 + 44 + 8] = 2;
    ck_assert_int_eq(zone_from_file_bytes(buffer_view(&file), &z), -EINVAL);
    buffer_fini(&file);
}
END_TEST

START_TEST(zone_names_stay_inside_the_database)
{
    struct zone *z = NULL;

    ck_assert_int_eq(zone_open("", &z), -EINVAL);
    ck_assert_int_eq(zone_open("/etc/localtime", &z), -EINVAL);
    ck_assert_int_eq(zone_open("../../../etc/passwd", &z), -EINVAL);
    ck_assert_int_eq(zone_open("Nowhere/Atlantis", &z), -ENOENT);
    ck_assert_ptr_null(z);
}
END_TEST

START_TEST(the_database_of_the_system_is_read)
{
    struct zone *z = NULL;

    if (zone_open("America/New_York", &z) == -ENOENT)
        return; /* none is installed here */
    ck_assert_ptr_nonnull(z);
    ck_assert_int_eq(zone_offset_s(z, at(2007, 3, 11, 7, 0) - 1), -5 * 3600);
    ck_assert_int_eq(zone_offset_s(z, at(2007, 3, 11, 7, 0)), -4 * 3600);
    ck_assert_int_eq(zone_offset_s(z, at(2050, 7, 1, 0, 0)), -4 * 3600);
    zone_free(&z);
    ck_assert_int_eq(zone_open("America", &z), -EINVAL);
}
END_TEST

START_TEST(the_system_zone_is_what_TZ_says)
{
    struct zone *z = NULL;

    setenv("TZ", "XYZ-3", 1);
    ck_assert_int_eq(zone_open_system(&z), 0);
    ck_assert_int_eq(zone_offset_s(z, 0), 3 * 3600);
    zone_free(&z);
    setenv("TZ", "", 1);
    ck_assert_int_eq(zone_open_system(&z), 0);
    ck_assert_int_eq(zone_offset_s(z, 0), 0);
    zone_free(&z);
    setenv("TZ", ":Nowhere/Atlantis", 1);
    ck_assert_int_eq(zone_open_system(&z), -EINVAL);
    setenv("TZ", "/no/such/file", 1);
    ck_assert_int_eq(zone_open_system(&z), -ENOENT);
    unsetenv("TZ");
}
END_TEST

Suite *suite_record_zone(void);

Suite *suite_record_zone(void)
{
    Suite *suite = suite_create("record/zone");
    TCase *tcase = tcase_create("zone");

    tcase_add_test(tcase, a_zone_without_summer_time_has_one_offset);
    tcase_add_test(tcase, summer_time_begins_and_ends_on_last_sundays);
    tcase_add_test(tcase, south_of_the_equator_the_year_begins_in_summer);
    tcase_add_test(tcase, an_hour_that_comes_twice_is_the_first);
    tcase_add_test(tcase, an_hour_that_never_comes_is_read_by_the_clock_before);
    tcase_add_test(tcase, rules_are_read_in_all_their_forms);
    tcase_add_test(tcase, rules_that_are_none_are_refused);
    tcase_add_test(tcase, a_zoneinfo_file_is_read_with_its_table_and_its_rule);
    tcase_add_test(tcase, a_zoneinfo_file_may_have_no_rule);
    tcase_add_test(tcase, a_zoneinfo_file_cut_anywhere_is_refused);
    tcase_add_test(tcase, a_zoneinfo_file_with_a_type_that_is_not_there_is_refused);
    tcase_add_test(tcase, zone_names_stay_inside_the_database);
    tcase_add_test(tcase, the_database_of_the_system_is_read);
    tcase_add_test(tcase, the_system_zone_is_what_TZ_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
