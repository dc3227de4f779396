#include "filter/route.h"

#include <check.h>

static struct report report;
static struct route_table *table;

static void set_up(void)
{
    report_init(&report);
    table = NULL;
}

static void tear_down(void)
{
    route_table_free(&table);
    report_fini(&report);
}

static uint64_t outputs_of(const char *tag)
{
    return route_table_outputs(table, slice_of(tag));
}

START_TEST(a_tag_goes_to_every_output_that_matches)
{
    struct route_rule rules[] = {
        {.output = "output es.0", .match = "kube.*"},
        {.output = "output es.1", .match = "*"},
        {.output = "output es.2", .match = "audit"},
    };

    table = route_table_new(rules, 3, 2, &report);
    ck_assert_uint_eq(outputs_of("kube.x"), 3);
    ck_assert_uint_eq(outputs_of("audit"), 6);
    ck_assert_uint_eq(outputs_of("host"), 2);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(an_output_without_match_is_warned_of_and_receives_nothing)
{
    struct route_rule rules[] = {
        {.output = "output es.0", .place = {.file = "a.conf", .line = 7}},
        {.output = "output es.1", .match = "x"},
    };

    table = route_table_new(rules, 2, 1, &report);
    ck_assert_ptr_nonnull(table);
    ck_assert_uint_eq(outputs_of("x"), 2);
    ck_assert_uint_eq(report.warning_count, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "a.conf:7"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "output es.0"));
}
END_TEST

START_TEST(one_input_and_one_output_need_no_match)
{
    struct route_rule rule = {.output = "output es.0"};

    table = route_table_new(&rule, 1, 1, &report);
    ck_assert_uint_eq(outputs_of("anything"), 1);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(two_inputs_and_one_output_need_a_match)
{
    struct route_rule rule = {.output = "output es.0"};

    table = route_table_new(&rule, 1, 2, &report);
    ck_assert_uint_eq(outputs_of("anything"), 0);
    ck_assert_uint_eq(report.warning_count, 1);
}
END_TEST

START_TEST(a_broken_expression_is_an_error)
{
    struct route_rule rules[] = {
        {.output = "output es.0", .match = "*"},
        {.output = "output es.1", .match_regex = "(a"},
    };

    table = route_table_new(rules, 2, 1, &report);
    ck_assert_ptr_null(table);
    ck_assert_uint_eq(report.error_count, 1);
}
END_TEST

START_TEST(no_more_outputs_than_a_set_has_bits)
{
    struct route_rule rules[ROUTE_OUTPUTS_MAX + 1];

    for (unsigned i = 0; i <= ROUTE_OUTPUTS_MAX; i++)
        rules[i] = (struct route_rule){.output = "output null", .match = "*"};
    table = route_table_new(rules, ROUTE_OUTPUTS_MAX, 1, &report);
    ck_assert_uint_eq(outputs_of("x"), UINT64_MAX);
    route_table_free(&table);
    table = route_table_new(rules, ROUTE_OUTPUTS_MAX + 1, 1, &report);
    ck_assert_ptr_null(table);
    ck_assert_uint_eq(report.error_count, 1);
}
END_TEST

START_TEST(without_outputs_nothing_goes_anywhere)
{
    table = route_table_new(NULL, 0, 1, &report);
    ck_assert_uint_eq(outputs_of("x"), 0);
}
END_TEST

Suite *suite_filter_route(void)
{
    Suite *suite = suite_create("filter/route");
    TCase *tcase = tcase_create("route");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_tag_goes_to_every_output_that_matches);
    tcase_add_test(tcase, an_output_without_match_is_warned_of_and_receives_nothing);
    tcase_add_test(tcase, one_input_and_one_output_need_no_match);
    tcase_add_test(tcase, two_inputs_and_one_output_need_a_match);
    tcase_add_test(tcase, a_broken_expression_is_an_error);
    tcase_add_test(tcase, no_more_outputs_than_a_set_has_bits);
    tcase_add_test(tcase, without_outputs_nothing_goes_anywhere);
    suite_add_tcase(suite, tcase);
    return suite;
}
