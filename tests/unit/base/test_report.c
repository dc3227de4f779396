#include "base/report.h"

#include "base/log.h"

#include <check.h>

static const char *const names[] = {"Path", "Path_Key", "Parser", "Refresh_Interval", "Tag", NULL};

static struct report report;

static void set_up(void)
{
    report_init(&report);
    log_level_set(LOG_WARN);
    ck_assert_int_eq(log_open("/dev/null"), 0);
}

static void tear_down(void)
{
    report_fini(&report);
    log_close();
}

START_TEST(a_message_says_file_and_line)
{
    report_error(&report, (struct place){"conf/a.conf", 12}, "unknown key '%s'", "Pth");
    report_print(&report);
    ck_assert_ptr_nonnull(
        strstr(log_recent(0), "[error] [config] conf/a.conf:12: unknown key 'Pth'"));
}
END_TEST

START_TEST(a_place_without_a_line_or_a_file_is_left_out)
{
    report_warn(&report, (struct place){"conf/a.conf", 0}, "empty");
    report_warn(&report, (struct place){NULL, 0}, "-i needs a name");
    report_print(&report);
    ck_assert_ptr_nonnull(strstr(log_recent(1), "[ warn] [config] conf/a.conf: empty"));
    ck_assert_ptr_nonnull(strstr(log_recent(0), "[ warn] [config] -i needs a name"));
}
END_TEST

START_TEST(printing_empties_the_report_but_not_its_counts)
{
    uint64_t errors = log_count(LOG_ERROR), warnings = log_count(LOG_WARN);

    report_error(&report, (struct place){0}, "one");
    report_warn(&report, (struct place){0}, "two");
    report_print(&report);
    report_print(&report);
    ck_assert_uint_eq(log_count(LOG_ERROR), errors + 1);
    ck_assert_uint_eq(log_count(LOG_WARN), warnings + 1);
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_uint_eq(report.warning_count, 1);
}
END_TEST

START_TEST(past_the_limit_messages_are_counted_and_it_is_said)
{
    uint64_t before = log_count(LOG_ERROR);

    for (int i = 0; i < REPORT_MESSAGES_MAX + 50; i++)
        report_error(&report, (struct place){0}, "mistake %d", i);
    report_print(&report);
    ck_assert_uint_eq(report.error_count, REPORT_MESSAGES_MAX + 50);
    ck_assert_uint_eq(log_count(LOG_ERROR) - before, REPORT_MESSAGES_MAX + 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "left out"));
}
END_TEST

START_TEST(exactly_the_limit_leaves_nothing_out)
{
    for (int i = 0; i < REPORT_MESSAGES_MAX; i++)
        report_error(&report, (struct place){0}, "mistake %d", i);
    report_print(&report);
    ck_assert_ptr_null(strstr(log_recent(0), "left out"));
}
END_TEST

START_TEST(a_misspelt_name_finds_the_nearest)
{
    ck_assert_str_eq(report_nearest("pathh", names), "Path");
    ck_assert_str_eq(report_nearest("PATHKEY", names), "Path_Key");
    ck_assert_str_eq(report_nearest("refresh_intreval", names), "Refresh_Interval");
    ck_assert_str_eq(report_nearest("Tga", names), "Tag");
}
END_TEST

START_TEST(a_name_like_none_finds_nothing)
{
    static const char *const none[] = {NULL};

    ck_assert_ptr_null(report_nearest("compression", names));
    ck_assert_ptr_null(report_nearest("Path", none));
}
END_TEST

START_TEST(an_endless_name_is_compared_by_its_beginning)
{
    char name[5000];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_ptr_null(report_nearest(name, names));
}
END_TEST

Suite *suite_base_report(void);

Suite *suite_base_report(void)
{
    Suite *suite = suite_create("base/report");
    TCase *use = tcase_create("use"), *nearest = tcase_create("nearest");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, a_message_says_file_and_line);
    tcase_add_test(use, a_place_without_a_line_or_a_file_is_left_out);
    tcase_add_test(use, printing_empties_the_report_but_not_its_counts);
    tcase_add_test(use, past_the_limit_messages_are_counted_and_it_is_said);
    tcase_add_test(use, exactly_the_limit_leaves_nothing_out);
    suite_add_tcase(suite, use);
    tcase_add_test(nearest, a_misspelt_name_finds_the_nearest);
    tcase_add_test(nearest, a_name_like_none_finds_nothing);
    tcase_add_test(nearest, an_endless_name_is_compared_by_its_beginning);
    suite_add_tcase(suite, nearest);
    return suite;
}
