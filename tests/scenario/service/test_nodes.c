#include "base/log.h"
#include "config/load.h"
#include "kit/tree.h"
#include "loop/loop.h"
#include "service/pipeline.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* What is said of the keys of an upstream's nodes. */

static struct loop *loop;
static struct config *config;
static struct pipeline *pipeline;
static struct report report;

static void set_up(void)
{
    report_init(&report);
    loop = loop_new();
    tree_plant();
}

static void tear_down(void)
{
    pipeline_free(&pipeline);
    if (config != NULL)
        config_free(&config);
    report_fini(&report);
    loop_free(&loop);
    tree_fell();
}

static int made_with(const char *node_keys)
{
    char text[512];
    int status;

    tree_write("main.conf", "[INPUT]\n Name dummy\n[OUTPUT]\n Name es\n Match *\n"
                            " Upstream nodes.conf\n Write_Operation index\n Pipeline all\n"
                            " Buffer_Size 5M\n");
    snprintf(text, sizeof text, "[UPSTREAM]\n Name u\n[NODE]\n Name n\n Host h\n Port 1\n%s",
             node_keys);
    tree_write("nodes.conf", text);
    if (config_load(tree_path("main.conf"), &report, &config) < 0)
        return -1;
    pipeline = pipeline_new(loop, config, &report, &status);
    return status;
}

static void expect_told(const char *words)
{
    ck_assert_msg(report.text.len > 0 &&
                      memmem(report.text.data, report.text.len, words, strlen(words)) != NULL,
                  "lacks %s", words);
}

START_TEST(keys_of_the_plugin_are_taken)
{
    ck_assert_int_eq(made_with(" Index mine\n tls off\n HTTP_User u\n Id_Key $a['b']\n"), 0);
    ck_assert_uint_eq(report.error_count, 0);
}
END_TEST

START_TEST(what_means_nothing_in_the_output_is_said_once)
{
    uint64_t before;

    log_level_set(LOG_INFO);
    before = log_count(LOG_INFO);
    ck_assert_int_eq(made_with(" Index mine\n"), 0);
    ck_assert_uint_eq(log_count(LOG_INFO), before + 1);
}
END_TEST

START_TEST(a_mistake_in_one_is_told_at_its_line)
{
    ck_assert_int_lt(made_with(" Compress zip\n"), 0);
    expect_told("nodes.conf:7: compress is \"zip\"");
}
END_TEST

START_TEST(what_is_signed_for_all_is_refused)
{
    ck_assert_int_lt(made_with(" AWS_Region eu-west-1\n"), 0);
    expect_told("nodes.conf:7: 'aws_region' cannot be one node's");
}
END_TEST

START_TEST(an_unknown_key_is_left_out_with_a_warning)
{
    ck_assert_int_eq(made_with(" Nonsense 1\n Upstream x\n"), 0);
    expect_told("nodes.conf:7: this node: unknown configuration property 'nonsense'");
    expect_told("nodes.conf:8: this node: unknown configuration property 'upstream'");
}
END_TEST

Suite *suite_service_nodes(void);
Suite *suite_service_nodes(void)
{
    Suite *suite = suite_create("service/nodes");
    TCase *keys = tcase_create("keys");

    tcase_add_checked_fixture(keys, set_up, tear_down);
    tcase_add_test(keys, keys_of_the_plugin_are_taken);
    tcase_add_test(keys, what_means_nothing_in_the_output_is_said_once);
    tcase_add_test(keys, a_mistake_in_one_is_told_at_its_line);
    tcase_add_test(keys, what_is_signed_for_all_is_refused);
    tcase_add_test(keys, an_unknown_key_is_left_out_with_a_warning);
    suite_add_tcase(suite, keys);
    return suite;
}
