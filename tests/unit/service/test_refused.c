#include "config/reading.h"
#include "config/yaml.h"
#include "loop/loop.h"
#include "service/pipeline.h"
#include "service/refuse.h"

#include <check.h>
#include <string.h>

/* What a pipeline is not made of: told with its place, and nothing else is told because of it. */

static struct config *config;
static struct report report;

static void set_up(void)
{
    config = config_new();
    report_init(&report);
}

static void tear_down(void)
{
    config_free(&config);
    report_fini(&report);
}

static void refuse(const char *yaml)
{
    struct reading reading = {.config = config, .report = &report};
    struct loop *loop = loop_new();
    struct pipeline *pipeline;
    int status;

    yaml_parse(&reading, slice_of(yaml), "a.yaml");
    pipeline = pipeline_new(loop, config, &report, &status);
    ck_assert_int_lt(status, 0);
    pipeline_free(&pipeline);
    loop_free(&loop);
}

static void expect(const char *part)
{
    ck_assert_msg(memmem(report.text.data, report.text.len, part, strlen(part)) != NULL,
                  "lacks: %s", part);
}

START_TEST(a_processor_is_refused_with_its_place)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "      processors:\n"
           "        logs:\n"
           "          - name: content_modifier\n"
           "            action: insert\n"
           "          - name: grep\n"
           "            condition:\n"
           "              op: and\n");
    ck_assert_uint_eq(report.error_count, 2);
    expect("a.yaml:6: the processor \"content_modifier\" is not part of this version; of "
           "processors there are the filters");
    expect("a.yaml:8: the processor \"grep\": conditions are not part of this version");
}
END_TEST

START_TEST(a_misspelt_processor_is_told_with_the_nearest)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "      processors:\n"
           "        logs:\n"
           "          - name: grpe\n");
    expect("a.yaml:6: there is no processor \"grpe\"; did you mean \"grep\"?");
}
END_TEST

START_TEST(a_processor_that_is_a_filter_is_checked_like_one)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "      processors:\n"
           "        logs:\n"
           "          - name: grep\n"
           "            regexp: a b\n");
    expect("a.yaml:7: ");
    expect("regexp");
}
END_TEST

START_TEST(a_processor_of_an_output_is_refused_too)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "  outputs:\n"
           "    - name: 'null'\n"
           "      match: '*'\n"
           "      processors:\n"
           "        logs:\n"
           "          - name: sampling\n");
    ck_assert_uint_eq(report.error_count, 1);
    expect("a.yaml:9: the processor \"sampling\"");
}
END_TEST

START_TEST(routes_are_refused)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "      routes:\n"
           "        logs:\n"
           "          - name: all\n"
           "            to: {outputs: [a]}\n");
    ck_assert_uint_eq(report.error_count, 1);
    expect("routes are not part of this version; outputs choose by match");
}
END_TEST

START_TEST(an_output_that_is_not_there_is_one_mistake_and_not_two)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "  outputs:\n"
           "    - name: kinesis_firehose\n"
           "    - name: 'null'\n"
           "      match: '*'\n");
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_uint_eq(report.warning_count, 0);
    expect("a.yaml:5: the output plugin \"kinesis_firehose\" is known, but not part of this "
           "version");
}
END_TEST

START_TEST(a_comment_behind_a_host_is_no_part_of_it)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: cpu\n"
           "  outputs:\n"
           "    - name: es\n"
           "      match: '*'\n"
           "      host: '10.0.0.1 # the proxy'\n");
    ck_assert_uint_eq(report.error_count, 1);
    expect("a.yaml:7: es: no host is called '10.0.0.1 # the proxy'; '10.0.0.1' is taken");
}
END_TEST

START_TEST(a_group_that_nobody_knows_is_told)
{
    const struct place place = {"a.conf", 3};
    struct section *s = config_add(config, CONFIG_INPUT, "INPUT", place);

    section_add_group(config, s, "extra", place);
    ck_assert(!refuse_groups(s, &report));
    ck_assert_uint_eq(report.warning_count, 1);
    expect("a.conf:3: the group 'extra' means nothing here and is left out");
}
END_TEST

START_TEST(custom_plugins_are_refused)
{
    refuse("customs:\n"
           "  - name: calyptia\n"
           "pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n"
           "  outputs:\n"
           "    - name: 'null'\n");
    ck_assert_uint_eq(report.error_count, 1);
    expect("a.yaml:2: custom plugins are not part of this version");
}
END_TEST

START_TEST(a_configuration_without_inputs_is_refused)
{
    refuse("pipline:\n"
           "  inputs:\n"
           "    - name: dummy\n");
    ck_assert_uint_eq(report.error_count, 1);
    expect("there is no input; nothing would ever be read");
}
END_TEST

START_TEST(of_what_could_not_be_read_nobody_says_that_it_lacks)
{
    refuse("pipeline: [\n");
    expect("a.yaml:2: this is no YAML");
    ck_assert_ptr_null(memmem(report.text.data, report.text.len, "no input", strlen("no input")));
}
END_TEST

START_TEST(what_only_goes_missing_is_a_warning)
{
    struct reading reading = {.config = config, .report = &report};

    yaml_parse(&reading,
               SLICE("plugins:\n"
                     "  - /fluent-bit/cloudwatch.so\n"
                     "  - /opt/own.so\n"
                     "stream_processor:\n"
                     "  - name: a\n"
                     "    exec: SELECT 1\n"
                     "pipeline:\n"
                     "  inputs:\n"
                     "    - name: dummy\n"),
               "a.yaml");
    ck_assert(!refuse_sections(config, &report));
    ck_assert_uint_eq(report.warning_count, 3);
    expect("a.yaml:3: '/opt/own.so' is not loaded; every plugin is built in");
    expect("a.yaml:5: stream processing is not part of tailrace");
    expect("a.yaml:9: there is no output; what is read goes nowhere");
}
END_TEST

START_TEST(what_is_wrong_with_a_key_is_told_with_its_line)
{
    refuse("pipeline:\n"
           "  inputs:\n"
           "    - name: tail\n"
           "      path: /nowhere/*.log\n"
           "      tag_regex: '(a'\n"
           "      refresh_interval: -1\n"
           "      multiline.parser: pyton\n"
           "      db.sync: sometimes\n"
           "      db.journal_mode: diary\n"
           "  filters:\n"
           "    - name: grep\n"
           "      match_regex: '(b'\n"
           "      regex: log (c\n"
           "  outputs:\n"
           "    - name: es\n"
           "      match_regex: '(d'\n"
           "      port: 70000\n"
           "      retry_limit: often\n"
           "      compress: zip\n");
    expect("a.yaml:5: ");
    expect("a.yaml:6: refresh_interval");
    expect("a.yaml:7: there is no multiline parser 'pyton'");
    expect("a.yaml:8: db.sync is \"sometimes\"; one of");
    expect("a.yaml:9: db.journal_mode is \"diary\"; one of");
    expect("a.yaml:12: ");
    expect("a.yaml:13: ");
    expect("a.yaml:16: ");
    expect("a.yaml:17: port");
    expect("a.yaml:18: retry_limit");
    expect("a.yaml:19: compress");
    ck_assert_uint_eq(report.error_count, 11);
}
END_TEST

START_TEST(what_is_wrong_with_the_service_too)
{
    refuse("service:\n"
           "  flush: 1\n"
           "  scheduler.base: 0\n"
           "pipeline:\n"
           "  inputs:\n"
           "    - name: dummy\n");
    expect("a.yaml:3: flush, scheduler.base");
}
END_TEST

Suite *suite_service_refused(void);
Suite *suite_service_refused(void)
{
    Suite *suite = suite_create("service/refused");
    TCase *parts = tcase_create("parts");

    tcase_add_checked_fixture(parts, set_up, tear_down);
    tcase_add_test(parts, a_processor_is_refused_with_its_place);
    tcase_add_test(parts, a_misspelt_processor_is_told_with_the_nearest);
    tcase_add_test(parts, a_processor_that_is_a_filter_is_checked_like_one);
    tcase_add_test(parts, a_processor_of_an_output_is_refused_too);
    tcase_add_test(parts, routes_are_refused);
    tcase_add_test(parts, an_output_that_is_not_there_is_one_mistake_and_not_two);
    tcase_add_test(parts, a_comment_behind_a_host_is_no_part_of_it);
    tcase_add_test(parts, a_group_that_nobody_knows_is_told);
    tcase_add_test(parts, custom_plugins_are_refused);
    tcase_add_test(parts, a_configuration_without_inputs_is_refused);
    tcase_add_test(parts, of_what_could_not_be_read_nobody_says_that_it_lacks);
    tcase_add_test(parts, what_only_goes_missing_is_a_warning);
    tcase_add_test(parts, what_is_wrong_with_a_key_is_told_with_its_line);
    tcase_add_test(parts, what_is_wrong_with_the_service_too);
    suite_add_tcase(suite, parts);
    return suite;
}
