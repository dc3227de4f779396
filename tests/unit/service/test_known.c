#include "service/catalog.h"
#include "service/known.h"

#include <check.h>
#include <string.h>

static struct buffer text;

static void tear_down(void)
{
    buffer_fini(&text);
}

static void expect_explained(enum config_kind kind, const char *name, const char *why)
{
    buffer_clear(&text);
    known_explain(kind, name, &text);
    ck_assert_str_eq(buffer_text(&text), why);
}

START_TEST(a_plugin_that_is_not_built_in_is_not_called_misspelt)
{
    expect_explained(CONFIG_FILTER, "Kubernetes",
                     "the filter plugin \"Kubernetes\" is known, but not part of this version");
    expect_explained(CONFIG_OUTPUT, "firehose",
                     "the output plugin \"firehose\" is known, but not part of this version");
}
END_TEST

START_TEST(a_misspelt_name_is_told_with_the_nearest)
{
    expect_explained(CONFIG_INPUT, "systmd",
                     "there is no input plugin \"systmd\"; did you mean \"systemd\"?");
}
END_TEST

START_TEST(a_name_of_another_kind_is_told_as_that)
{
    expect_explained(CONFIG_INPUT, "grep",
                     "there is no input plugin \"grep\"; it is a filter plugin");
    expect_explained(CONFIG_OUTPUT, "Tail",
                     "there is no output plugin \"Tail\"; it is an input plugin");
}
END_TEST

START_TEST(a_name_that_nothing_is_near_is_told_alone)
{
    expect_explained(CONFIG_OUTPUT, "logstash", "there is no output plugin \"logstash\"");
}
END_TEST

START_TEST(a_name_is_known_for_its_own_kind_only)
{
    ck_assert(known_plugin(CONFIG_INPUT, "tail"));
    ck_assert(!known_plugin(CONFIG_OUTPUT, "tail"));
}
END_TEST

START_TEST(what_is_built_in_is_known)
{
    static const enum config_kind kinds[] = {CONFIG_INPUT, CONFIG_FILTER, CONFIG_OUTPUT};
    struct catalog_entry e;

    for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++)
        for (size_t i = 0; catalog_at(kinds[kind], i, &e); i++)
            ck_assert_msg(known_plugin(kinds[kind], e.name), "%s", e.name);
}
END_TEST

Suite *suite_service_known(void);
Suite *suite_service_known(void)
{
    Suite *suite = suite_create("service/known");
    TCase *names = tcase_create("names");

    tcase_add_checked_fixture(names, NULL, tear_down);
    tcase_add_test(names, a_plugin_that_is_not_built_in_is_not_called_misspelt);
    tcase_add_test(names, a_misspelt_name_is_told_with_the_nearest);
    tcase_add_test(names, a_name_of_another_kind_is_told_as_that);
    tcase_add_test(names, a_name_that_nothing_is_near_is_told_alone);
    tcase_add_test(names, a_name_is_known_for_its_own_kind_only);
    tcase_add_test(names, what_is_built_in_is_known);
    suite_add_tcase(suite, names);
    return suite;
}
