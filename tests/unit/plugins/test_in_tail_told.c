#include "kit/plugin.h"
#include "line/multiline_book.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/told.h"
#include "record/parser_book.h"

#include <check.h>

#include <stdio.h>

extern const struct input_plugin in_tail;

/* What a tail says of its options though they are taken. */

static struct plugin_kit plugin;

static void tell(const char *const *options)
{
    struct parser_book *parsers = parser_book_new();
    struct multiline_book *multilines = multiline_book_new(parsers);
    struct property tag = {.key = "Tag", .value = "kube.<ns>.<pod>.<", .place = {"a.conf", 9}};
    struct tail *self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options, options);

    plugin.setup.parsers = parsers;
    plugin.setup.multilines = multilines;
    plugin.setup.properties = &tag;
    plugin.setup.property_count = 1;
    ck_assert_int_eq(tail_told_check(self, &plugin.setup), 0);
    tail_told_fini(self);
    options_fini(plugin.options, self);
    mem_free(self);
    multiline_book_free(&multilines);
    parser_book_free(&parsers);
}

static void tear_down(void)
{
    report_fini(&plugin.report);
}

#define TELL(...) tell((const char *const[]){"path", "/nowhere.log", __VA_ARGS__, NULL})

START_TEST(a_group_of_the_tag_that_its_expression_lacks_is_named)
{
    TELL("tag_regex", "^/(?<pod>[^/]+)$");
    ck_assert_uint_eq(plugin.report.warning_count, 1);
    ck_assert(plugin_report_says(&plugin, "a.conf:9: Tag_Regex has no group <ns>:"));
}
END_TEST

START_TEST(a_tag_whose_groups_are_all_there_is_no_mistake)
{
    TELL("tag_regex", "^/(?<ns>[^/]+)/(?<pod>[^/]+)$");
    ck_assert_uint_eq(plugin.report.warning_count, 0);
}
END_TEST

START_TEST(angles_in_a_tag_without_an_expression_are_text)
{
    TELL("key", "log");
    ck_assert_uint_eq(plugin.report.warning_count, 0);
}
END_TEST

START_TEST(the_old_ways_beside_a_multiline_parser_are_said_to_do_nothing)
{
    static const char *const ways[] = {"docker_mode", "multiline"};
    char says[80];

    TELL(ways[_i], "on", "multiline.parser", "cri");
    ck_assert_uint_eq(plugin.report.warning_count, 1);
    snprintf(says, sizeof says, "%s does nothing beside multiline.parser", ways[_i]);
    ck_assert(plugin_report_says(&plugin, says));
}
END_TEST

START_TEST(docker_mode_alone_is_no_mistake)
{
    TELL("docker_mode", "on");
    ck_assert_uint_eq(plugin.report.warning_count, 0);
}
END_TEST

Suite *suite_plugins_in_tail_told(void);

Suite *suite_plugins_in_tail_told(void)
{
    Suite *suite = suite_create("plugins/in_tail_told");
    TCase *told = tcase_create("told");

    tcase_add_checked_fixture(told, NULL, tear_down);
    tcase_add_test(told, a_group_of_the_tag_that_its_expression_lacks_is_named);
    tcase_add_test(told, a_tag_whose_groups_are_all_there_is_no_mistake);
    tcase_add_test(told, angles_in_a_tag_without_an_expression_are_text);
    tcase_add_loop_test(told, the_old_ways_beside_a_multiline_parser_are_said_to_do_nothing, 0, 2);
    tcase_add_test(told, docker_mode_alone_is_no_mistake);
    suite_add_tcase(suite, told);
    return suite;
}
