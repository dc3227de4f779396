#include "service/catalog.h"
#include "service/support.h"
#include "service/tell.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct config *config;
static struct buffer text;

static void set_up(void)
{
    config = config_new();
}

static void tear_down(void)
{
    config_free(&config);
    buffer_fini(&text);
}

static struct section *plugin(enum config_kind kind, const char *name)
{
    struct section *s = config_add(config, kind, "section", (struct place){0});

    section_add(config, s, (struct property){.key = "name", .value = name});
    return s;
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(buffer_text(&text), part) != NULL, "%s\nlacks %s", buffer_text(&text),
                  part);
}

START_TEST(scripts_read_the_version_from_the_first_two_lines)
{
    struct arguments a = {.task = TASK_VERSION};

    ck_assert_int_eq(tell(&a, "tailrace", &text), 0);
    ck_assert_int_eq(strncmp(buffer_text(&text), "Fluent Bit v5.1.1\nGit commit: ", 30), 0);
    expect("\ntailrace ");
}
END_TEST

START_TEST(the_help_lists_the_plugins)
{
    struct arguments a = {.task = TASK_HELP};

    ck_assert_int_eq(tell(&a, "/usr/bin/tailrace", &text), 0);
    expect("Usage: /usr/bin/tailrace");
    expect("\noutputs: ");
}
END_TEST

START_TEST(the_help_behind_a_plugin_is_of_its_options)
{
    struct arguments a = {.task = TASK_HELP, .last = plugin(CONFIG_INPUT, "DUMMY")};

    ck_assert_int_eq(tell(&a, "tailrace", &text), 0);
    expect("input dummy: ");
    expect("\nsamples ");
    expect("Every input takes:");
    expect("\nmem_buf_limit ");
}
END_TEST

START_TEST(the_help_of_an_unknown_plugin_says_which_there_are)
{
    struct arguments a = {.task = TASK_HELP, .last = plugin(CONFIG_OUTPUT, "nuul")};

    ck_assert_int_eq(tell(&a, "tailrace", &text), -ENOENT);
    expect("there is no output plugin \"nuul\"; did you mean \"null\"?\n");
    expect("outputs: cloudwatch cloudwatch_logs es ");
}
END_TEST

START_TEST(running_tells_nothing)
{
    struct arguments a = {.task = TASK_RUN};

    ck_assert_int_eq(tell(&a, "tailrace", &text), -ENOTSUP);
    ck_assert_uint_eq(text.len, 0);
}
END_TEST

/* Each table is right: a default that does not convert would stop the process here. */
START_TEST(every_plugin_is_in_the_schema_and_its_table_is_right)
{
    static const enum config_kind kinds[] = {CONFIG_INPUT, CONFIG_FILTER, CONFIG_OUTPUT};
    struct arguments a = {.task = TASK_SCHEMA};
    struct catalog_entry e;

    ck_assert_int_eq(tell(&a, "tailrace", &text), 0);
    expect("{\"fluent-bit\":{\"version\":\"5.1.1\"");
    for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
        for (size_t i = 0; catalog_at(kinds[kind], i, &e); i++) {
            char part[128];

            options_check(e.options);
            options_check(e.common);
            ck_assert_ptr_nonnull(e.summary);
            (void)snprintf(part, sizeof part, "{\"type\":\"%s\",\"name\":\"%s\",",
                           config_kind_name(kinds[kind]), e.name);
            expect(part);
        }
    }
}
END_TEST

START_TEST(a_bug_report_has_the_configuration_without_its_secrets)
{
    struct section *s = plugin(CONFIG_OUTPUT, "es");
    struct section *group = section_add_group(config, s, "logs", (struct place){0});

    section_add(config, s, (struct property){.key = "Host", .value = "search"});
    section_add(config, s, (struct property){.key = "HTTP_Passwd", .value = "hush"});
    section_add(config, s, (struct property){.key = "proxy", .value = "http://a:hush@b"});
    section_add(config, group, (struct property){.key = "api_key", .value = "hush"});
    plugin(CONFIG_PARSER, "unseen");
    support_write(config, &text);
    expect("    Host                     search\n");
    expect("(not shown)");
    ck_assert_ptr_null(strstr(buffer_text(&text), "hush"));
    ck_assert_ptr_null(strstr(buffer_text(&text), "unseen"));
}
END_TEST

Suite *suite_service_tell(void);
Suite *suite_service_tell(void)
{
    Suite *suite = suite_create("service/tell");
    TCase *told = tcase_create("told");

    tcase_add_checked_fixture(told, set_up, tear_down);
    tcase_add_test(told, scripts_read_the_version_from_the_first_two_lines);
    tcase_add_test(told, the_help_lists_the_plugins);
    tcase_add_test(told, the_help_behind_a_plugin_is_of_its_options);
    tcase_add_test(told, the_help_of_an_unknown_plugin_says_which_there_are);
    tcase_add_test(told, running_tells_nothing);
    tcase_add_test(told, every_plugin_is_in_the_schema_and_its_table_is_right);
    tcase_add_test(told, a_bug_report_has_the_configuration_without_its_secrets);
    suite_add_tcase(suite, told);
    return suite;
}
