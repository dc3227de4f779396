#include "plugins/filter_kubernetes/controls.h"

#include <check.h>
#include <stdio.h>

/* What a pod's annotations ask for, in words: PARSER/PARSER EXCLUDED/EXCLUDED of both streams. */

static struct arena arena;
static char shown[256];

static void tear_down(void)
{
    arena_fini(&arena);
}

static const char *of_container(const char *annotations, const char *container)
{
    struct controls c = controls_read(slice_of(annotations), slice_of(container), &arena);

    snprintf(shown, sizeof shown, "%.*s/%.*s %d/%d", SLICE_ARG(c.parser[0]), SLICE_ARG(c.parser[1]),
             c.is_excluded[0], c.is_excluded[1]);
    return shown;
}

static const char *of(const char *annotations)
{
    return of_container(annotations, "main");
}

START_TEST(without_annotations_nothing_is_asked_for)
{
    ck_assert_str_eq(of(""), "/ 0/0");
    ck_assert_str_eq(of("{}"), "/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/other\":\"x\",\"parser\":\"y\"}"), "/ 0/0");
}
END_TEST

START_TEST(a_pod_names_a_parser_for_both_streams_or_one)
{
    ck_assert_str_eq(of("{\"fluentbit.io/parser\":\"p\"}"), "p/p 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/parser_stdout\":\"p\"}"), "p/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/parser_stderr\":\"p\"}"), "/p 0/0");
}
END_TEST

START_TEST(a_pod_is_left_out_whole_or_by_stream)
{
    ck_assert_str_eq(of("{\"fluentbit.io/exclude\":\"true\"}"), "/ 1/1");
    ck_assert_str_eq(of("{\"fluentbit.io/exclude\":\"On\"}"), "/ 1/1");
    ck_assert_str_eq(of("{\"fluentbit.io/exclude\":\"false\"}"), "/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/exclude\":\"perhaps\"}"), "/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/exclude\":\"\"}"), "/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/exclude_stderr\":\"true\"}"), "/ 0/1");
}
END_TEST

START_TEST(what_is_for_another_container_does_not_count)
{
    ck_assert_str_eq(of("{\"fluentbit.io/parser-main\":\"p\"}"), "p/p 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/parser-side\":\"p\"}"), "/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/parser_stdout-main\":\"p\"}"), "p/ 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/exclude-mainly\":\"true\"}"), "/ 0/0");
    ck_assert_str_eq(of_container("{\"fluentbit.io/exclude-a-b\":\"true\"}", "a-b"), "/ 1/1");
}
END_TEST

START_TEST(the_more_special_one_counts_in_any_order)
{
    ck_assert_str_eq(of("{\"fluentbit.io/parser\":\"a\",\"fluentbit.io/parser_stdout\":\"b\"}"),
                     "b/a 0/0");
    ck_assert_str_eq(of("{\"fluentbit.io/parser_stdout\":\"b\",\"fluentbit.io/parser\":\"a\"}"),
                     "b/a 0/0");
    ck_assert_str_eq(
        of("{\"fluentbit.io/parser-main\":\"c\",\"fluentbit.io/parser_stdout\":\"b\"}"), "c/c 0/0");
    ck_assert_str_eq(
        of("{\"fluentbit.io/exclude-main\":\"false\",\"fluentbit.io/exclude\":\"true\"}"), "/ 0/0");
}
END_TEST

START_TEST(values_that_are_no_texts_ask_for_nothing)
{
    ck_assert_str_eq(of("{\"fluentbit.io/parser\":7,\"fluentbit.io/exclude\":true}"), "/ 0/0");
}
END_TEST

Suite *suite_plugins_kubernetes_controls(void);

Suite *suite_plugins_kubernetes_controls(void)
{
    Suite *suite = suite_create("plugins/kubernetes_controls");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, without_annotations_nothing_is_asked_for);
    tcase_add_test(tcase, a_pod_names_a_parser_for_both_streams_or_one);
    tcase_add_test(tcase, a_pod_is_left_out_whole_or_by_stream);
    tcase_add_test(tcase, what_is_for_another_container_does_not_count);
    tcase_add_test(tcase, the_more_special_one_counts_in_any_order);
    tcase_add_test(tcase, values_that_are_no_texts_ask_for_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
