#include "config/files.h"
#include "config/load.h"
#include "kit/report.h"
#include "loop/loop.h"
#include "service/pipeline.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The configurations under conf/ are what people copy from: each is understood to the last key. The
 * tests run at the top of the tree.
 */

static struct config *config;
static struct report report;

/* What packaging/run/run and the examples' users set. */
static const char *const variables[][2] = {
    {"RUN_PORT", "2020"},
    {"RUN_FOLDER", "/tmp"},
    {"RUN_LOGS", "/var/log/containers"},
    {"RUN_FROM_HEAD", "on"},
    {"ES_HOST", "localhost"},
    {"ES_PORT", "9200"},
    {"ES_PATH", "/"},
    {"ES_TLS", "off"},
    {"ES_API_KEY", "a2V5"},
    {"OPENSEARCH_HOST", "logs.eu-west-1.es.amazonaws.com"},
};

static void set_up(void)
{
    report_init(&report);
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        ck_assert_int_eq(setenv(variables[i][0], variables[i][1], 1), 0);
}

static void tear_down(void)
{
    config_free(&config);
    report_fini(&report);
}

static void load(const char *path)
{
    int rc;

    config_free(&config);
    rc = config_load(path, &report, &config);
    ck_assert_msg(rc == 0 && report.text.len == 0, "%s: %s", path, buffer_text(&report.text));
}

/* What --dry-run does, and not even a warning. */
static void expect_understood(const char *path)
{
    struct loop *loop = loop_new();
    struct pipeline *pipeline;
    int rc;

    load(path);
    pipeline = pipeline_new(loop, config, &report, &rc);
    kit_report_forget_folders(&report);
    ck_assert_msg(rc == 0 && report.text.len == 0, "%s: %s", path, buffer_text(&report.text));
    pipeline_free(&pipeline);
    loop_free(&loop);
}

static void expect_all_understood(const char *pattern)
{
    glob_t paths;

    ck_assert_int_eq(path_glob(pattern, &paths), 0);
    for (size_t i = 0; i < paths.gl_pathc; i++)
        expect_understood(paths.gl_pathv[i]);
    globfree(&paths);
}

START_TEST(the_configuration_that_is_installed_is_understood)
{
    expect_understood("conf/tailrace.conf");
    expect_understood("conf/tailrace.yaml");
}
END_TEST

START_TEST(every_example_is_understood)
{
    expect_all_understood("conf/examples/*.conf");
    expect_all_understood("conf/examples/*.yaml");
}
END_TEST

START_TEST(what_make_run_starts_is_understood)
{
    expect_understood("conf/run/terminal.conf");
    expect_understood("conf/run/elasticsearch.conf");
}
END_TEST

START_TEST(the_compose_example_is_understood)
{
    ck_assert_int_eq(chdir("conf"), 0); /* which has the parsers, as /etc/tailrace has */
    expect_understood("../packaging/compose/tailrace.conf");
    ck_assert_int_eq(chdir(".."), 0);
}
END_TEST

/* ---- both grammars ---- */

static void put_section(const struct section *s, struct buffer *out)
{
    buffer_append_format(out, "%s", config_kind_name(s->kind));
    for (size_t i = 0; i < s->property_count; i++)
        buffer_append_format(out, " %s=%s", s->properties[i].key, s->properties[i].value);
    buffer_append_byte(out, '\n');
}

/* All sections as text, keys and values in lower case. */
static void put_config(struct buffer *out)
{
    static const enum config_kind kinds[] = {CONFIG_SERVICE, CONFIG_INPUT, CONFIG_FILTER,
                                             CONFIG_OUTPUT};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (const struct section *s = config_first(config, kinds[i]); s != NULL;
             s = config_next(config, s))
            put_section(s, out);
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] >= 'A' && out->data[i] <= 'Z')
            out->data[i] = (char)(out->data[i] - 'A' + 'a');
}

START_TEST(both_grammars_say_the_same)
{
    struct buffer classic = {0}, yaml = {0};

    load("conf/tailrace.conf");
    put_config(&classic);
    load("conf/tailrace.yaml");
    put_config(&yaml);
    ck_assert_str_eq(buffer_text(&classic), buffer_text(&yaml));
    buffer_fini(&classic);
    buffer_fini(&yaml);
}
END_TEST

Suite *suite_conf_examples(void)
{
    Suite *suite = suite_create("conf_examples");
    TCase *examples = tcase_create("examples");

    tcase_add_checked_fixture(examples, set_up, tear_down);
    tcase_add_test(examples, the_configuration_that_is_installed_is_understood);
    tcase_add_test(examples, every_example_is_understood);
    tcase_add_test(examples, what_make_run_starts_is_understood);
    tcase_add_test(examples, the_compose_example_is_understood);
    tcase_add_test(examples, both_grammars_say_the_same);
    suite_add_tcase(suite, examples);
    return suite;
}
