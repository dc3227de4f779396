#include "config_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void set(const char *name, const char *value)
{
    ck_assert_int_eq(env_set(&kit.config->env, &kit.config->arena, slice_of(name), slice_of(value)),
                     0);
}

static const char *expand(const char *text)
{
    return env_expand(&kit.config->env, &kit.config->arena, text, (struct place){"a.conf", 4},
                      &kit.report);
}

START_TEST(a_text_without_variables_is_lent_back)
{
    const char *text = "$NAME {x} $ 100% }";

    ck_assert_ptr_eq(expand(text), text);
}
END_TEST

START_TEST(variables_are_put_in_anywhere)
{
    set("HOST", "es");
    set("PORT", "9200");
    ck_assert_str_eq(expand("http://${HOST}:${PORT}/"), "http://es:9200/");
    ck_assert_str_eq(expand("a}b${HOST}"), "a}bes");
    ck_assert_uint_eq(kit.report.warning_count, 0);
}
END_TEST

START_TEST(what_is_put_in_is_not_looked_at_again)
{
    set("A", "${B}");
    set("B", "no");
    ck_assert_str_eq(expand("${A}"), "${B}");
}
END_TEST

START_TEST(a_set_value_stands_over_the_process)
{
    setenv("TAILRACE_TEST", "process", 1);
    ck_assert_str_eq(expand("${TAILRACE_TEST}"), "process");
    set("TAILRACE_TEST", "first");
    set("TAILRACE_TEST", "second");
    ck_assert_str_eq(expand("${TAILRACE_TEST}"), "second");
    unsetenv("TAILRACE_TEST");
}
END_TEST

START_TEST(an_unset_variable_is_empty_with_a_warning)
{
    ck_assert_str_eq(expand("a${TAILRACE_NONE}b"), "ab");
    kit_expect_warning("a.conf:4: the variable 'TAILRACE_NONE' is not set");
}
END_TEST

START_TEST(a_default_stands_in_for_an_unset_variable)
{
    setenv("TAILRACE_EMPTY", "", 1);
    set("GIVEN", "x");
    ck_assert_str_eq(expand("${TAILRACE_NONE:-eu-west-1}"), "eu-west-1");
    ck_assert_str_eq(expand("${TAILRACE_EMPTY:-d:-e}"), "d:-e");
    ck_assert_str_eq(expand("${TAILRACE_NONE:-}"), "");
    ck_assert_str_eq(expand("${GIVEN:-y}"), "x");
    ck_assert_uint_eq(kit.report.warning_count, 0);
    unsetenv("TAILRACE_EMPTY");
}
END_TEST

START_TEST(an_empty_process_variable_is_unset)
{
    setenv("TAILRACE_EMPTY", "", 1);
    ck_assert_ptr_null(env_get(&kit.config->env, "TAILRACE_EMPTY"));
    unsetenv("TAILRACE_EMPTY");
}
END_TEST

START_TEST(what_is_not_closed_stays)
{
    set("A", "x");
    ck_assert_str_eq(expand("${A} ${B"), "x ${B");
}
END_TEST

START_TEST(the_host_name_is_always_known)
{
    char name[256];

    unsetenv("HOSTNAME");
    ck_assert_int_eq(gethostname(name, sizeof name), 0);
    ck_assert_str_eq(expand("${HOSTNAME}"), name);
    setenv("HOSTNAME", "node-1", 1);
    ck_assert_str_eq(expand("${HOSTNAME}"), "node-1");
}
END_TEST

START_TEST(a_value_may_come_from_a_file)
{
    const char *path = kit_write("token", "a token\n\n");
    struct slice url = arena_format(&kit.config->arena, "file://%s", path);

    ck_assert_int_eq(env_set(&kit.config->env, &kit.config->arena, SLICE("TOKEN"), url), 0);
    ck_assert_str_eq(expand("${TOKEN}"), "a token\n");
}
END_TEST

START_TEST(a_missing_file_sets_nothing)
{
    ck_assert_int_eq(env_set(&kit.config->env, &kit.config->arena, SLICE("TAILRACE_NONE"),
                             SLICE("file:///nowhere/at/all")),
                     -ENOENT);
    ck_assert_ptr_null(env_get(&kit.config->env, "TAILRACE_NONE"));
}
END_TEST

Suite *suite_config_env(void);
Suite *suite_config_env(void)
{
    Suite *suite = suite_create("config/env");
    TCase *values = tcase_create("values");

    tcase_add_checked_fixture(values, kit_set_up, kit_tear_down);
    tcase_add_test(values, a_text_without_variables_is_lent_back);
    tcase_add_test(values, variables_are_put_in_anywhere);
    tcase_add_test(values, what_is_put_in_is_not_looked_at_again);
    tcase_add_test(values, a_set_value_stands_over_the_process);
    tcase_add_test(values, an_unset_variable_is_empty_with_a_warning);
    tcase_add_test(values, a_default_stands_in_for_an_unset_variable);
    tcase_add_test(values, an_empty_process_variable_is_unset);
    tcase_add_test(values, what_is_not_closed_stays);
    tcase_add_test(values, the_host_name_is_always_known);
    tcase_add_test(values, a_value_may_come_from_a_file);
    tcase_add_test(values, a_missing_file_sets_nothing);
    suite_add_tcase(suite, values);
    return suite;
}
