#include "config_kit.h"

#include "config/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void load(const char *name)
{
    config_free(&kit.config);
    (void)!config_load(kit_path(name), &kit.report, &kit.config);
}

static void load_well(const char *name)
{
    config_free(&kit.config);
    ck_assert_int_eq(config_load(kit_path(name), &kit.report, &kit.config), 0);
    ck_assert_msg(kit.report.text.len == 0, "%s", buffer_text(&kit.report.text));
}

START_TEST(the_name_of_a_file_says_its_grammar)
{
    kit_write("a.yaml", "service: {flush: 1}\n");
    kit_write("a.YML", "service: {flush: 2}\n");
    kit_write("a.conf", "[SERVICE]\n  Flush 3\n");
    kit_write("a", "[SERVICE]\n  Flush 4\n");
    load_well("a.yaml");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
    load_well("a.YML");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "2");
    load_well("a.conf");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "3");
    load_well("a");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "4");
}
END_TEST

START_TEST(a_byte_order_mark_is_left_out)
{
    kit_write("a.conf", "\xef\xbb\xbf[SERVICE]\n  Flush 3\n");
    load_well("a.conf");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "3");
}
END_TEST

START_TEST(variables_are_put_in_everywhere_but_in_parsers)
{
    kit_write("a.yaml", "env: {WHO: tail, LABEL: x}\n"
                        "pipeline:\n  inputs:\n    - name: ${WHO}\n      processors:\n"
                        "        logs:\n          - {name: labels, insert: 'a ${LABEL}'}\n"
                        "parsers:\n  - name: p\n    regex: '^${WHO}'\n");
    load_well("a.yaml");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect(section_group(section_group(kit_section(CONFIG_INPUT, 0), "processors", NULL),
                             "logs", NULL),
               "insert", "a x");
    kit_expect(kit_section(CONFIG_PARSER, 0), "regex", "^${WHO}");
}
END_TEST

START_TEST(parsers_files_are_found_beside_the_main_file)
{
    setenv("TAILRACE_PARSERS", "p.yaml", 1);
    kit_write("a.conf", "[SERVICE]\n  Parsers_File p.conf\n  Parsers_File ${TAILRACE_PARSERS}\n"
                        "[INPUT]\n  Name cpu\n");
    kit_write("p.conf", "[PARSER]\n  Name one\n  Format json\n[MULTILINE_PARSER]\n  name m\n");
    kit_write("p.yaml", "parsers: [{name: two}]\n");
    load_well("a.conf");
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "one");
    kit_expect(kit_section(CONFIG_PARSER, 1), "name", "two");
    kit_expect(kit_section(CONFIG_MULTILINE_PARSER, 0), "name", "m");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "cpu");
    unsetenv("TAILRACE_PARSERS");
}
END_TEST

START_TEST(what_a_parsers_file_includes_is_found_beside_it)
{
    ck_assert_int_eq(mkdir(kit_path("sub"), 0700), 0);
    kit_write("a.conf", "[SERVICE]\n  Parsers_File sub/p.conf\n  Parsers_File q.conf\n");
    kit_write("sub/p.conf", "@INCLUDE more.conf\n");
    kit_write("sub/more.conf", "[PARSER]\n  Name one\n  Format json\n");
    kit_write("q.conf", "[PARSER]\n  Name two\n  Format json\n");
    load_well("a.conf");
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "one");
    kit_expect(kit_section(CONFIG_PARSER, 1), "name", "two");
}
END_TEST

START_TEST(a_parsers_file_brings_nothing_but_parsers)
{
    kit_write("a.conf", "[SERVICE]\n  Flush 1\n  Parsers_File p.conf\n");
    kit_write("p.conf", "[SERVICE]\n  Flush 9\n[INPUT]\n  Name cpu\n[PARSER]\n  Name one\n");
    load("a.conf");
    ck_assert_ptr_null(config_first(kit.config, CONFIG_INPUT));
    ck_assert_uint_eq(kit_section(CONFIG_SERVICE, 0)->property_count, 2);
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "one");
    kit_expect_warning("p.conf:1: [SERVICE] does not belong in this file");
    kit_expect_warning("p.conf:3: [INPUT] does not belong in this file");
}
END_TEST

START_TEST(plugins_and_streams_files_are_kept)
{
    kit_write("a.conf", "[SERVICE]\n  Plugins_File pl.conf\n  Streams_File st.conf\n");
    kit_write("pl.conf", "[PLUGINS]\n  Path /x.so\n  Path /y.so\n");
    kit_write("st.conf", "[STREAM_TASK]\n  Name s\n  Exec SELECT 1;\n");
    load_well("a.conf");
    kit_expect(kit_section(CONFIG_PLUGINS, 0), "path", "/x.so");
    kit_expect(kit_section(CONFIG_STREAM_TASK, 0), "exec", "SELECT 1;");
}
END_TEST

START_TEST(parsers_in_a_classic_main_file_are_taken_with_a_warning)
{
    kit_write("a.conf", "[PARSER]\n  Name one\n");
    kit_write("a.yaml", "parsers: [{name: two}]\n");
    load("a.conf");
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "one");
    kit_expect_warning("a.conf:1: [PARSER] is taken in this file");
    load("a.yaml");
    ck_assert_uint_eq(kit.report.warning_count, 1);
}
END_TEST

START_TEST(a_missing_main_file_is_an_error)
{
    config_free(&kit.config);
    ck_assert_int_eq(config_load("/nowhere/a.conf", &kit.report, &kit.config), -EINVAL);
    ck_assert_ptr_nonnull(kit.config);
    kit_expect_error("cannot read '/nowhere/a.conf': No such file");
}
END_TEST

START_TEST(a_pipe_is_read_to_its_end)
{
    int ends[2];
    char path[32];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_gt(write(ends[1], "[SERVICE]\n  Flush 3\n", 20), 0);
    close(ends[1]);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    config_free(&kit.config);
    ck_assert_int_eq(config_load(path, &kit.report, &kit.config), 0);
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "3");
    close(ends[0]);
}
END_TEST

/* An agent that reloads would stand still for ever. Takes as long as a pipe is waited for. */
START_TEST(a_pipe_that_nobody_writes_to_is_an_error)
{
    kit_write("a.conf", "");
    ck_assert_int_eq(unlink(kit_path("a.conf")), 0);
    ck_assert_int_eq(mkfifo(kit_path("a.conf"), 0600), 0);
    load("a.conf");
    kit_expect_error("it is a pipe, and nothing came out of it");
}
END_TEST

START_TEST(all_mistakes_of_all_files_are_told)
{
    kit_write("a.conf", "[SERVICE]\n  Parsers_File p.conf\n  Parsers_File gone.conf\n  Flush\n"
                        "[INPUT]\n  Tag x\n[OUTPUT]\n  Name ${TAILRACE_NONE}\n");
    kit_write("p.conf", "[PARSER\n[PARSER]\n  Format json\n");
    load("a.conf");
    kit_expect_error("a.conf:3: cannot read");
    kit_expect_error("a.conf:4: the key 'flush' has no value");
    kit_expect_error("a.conf:5: this input needs a 'name'");
    kit_expect_error("a.conf:7: this output needs a 'name'");
    kit_expect_error("p.conf:1: '[PARSER' has no closing");
    kit_expect_error("p.conf:2: this parser needs a 'name'");
    kit_expect_error("a.conf:8: the variable 'TAILRACE_NONE' is not set");
    ck_assert_uint_eq(kit.report.error_count, 6);
}
END_TEST

START_TEST(more_parsers_can_be_added)
{
    kit_write("p.conf", "[PARSER]\n  Name one\n");
    ck_assert_int_eq(
        config_load_parsers(kit.config, kit_path("p.conf"), (struct place){0}, &kit.report), 0);
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "one");
    ck_assert_int_eq(
        config_load_parsers(kit.config, "/nowhere/p.conf", (struct place){0}, &kit.report),
        -EINVAL);
}
END_TEST

START_TEST(a_tree_from_arguments_is_completed_in_the_same_way)
{
    struct place nowhere = {0};
    struct section *input = config_add(kit.config, CONFIG_INPUT, "input", nowhere);

    setenv("TAILRACE_TEST", "cpu", 1);
    section_add(kit.config, input,
                (struct property){.key = "name", .value = "${TAILRACE_TEST}", .place = nowhere});
    ck_assert_int_eq(config_complete(kit.config, &kit.report), 0);
    kit_expect(input, "name", "cpu");
    unsetenv("TAILRACE_TEST");
}
END_TEST

START_TEST(what_is_no_text_is_an_error)
{
    struct buffer text = {0};
    FILE *file = fopen(kit_path("a.conf"), "w");

    ck_assert_uint_eq(fwrite("[INPUT]\0", 1, 8, file), 8);
    ck_assert_int_eq(fclose(file), 0);
    load("a.conf");
    kit_expect_error("it is not a text file");
    ck_assert_int_eq(file_read_text(kit_path("a.conf"), 7, &text), -EFBIG);
    buffer_fini(&text);
}
END_TEST

Suite *suite_config_load(void);
Suite *suite_config_load(void)
{
    Suite *suite = suite_create("config/load");
    TCase *files = tcase_create("files");

    tcase_add_checked_fixture(files, kit_set_up, kit_tear_down);
    tcase_add_test(files, the_name_of_a_file_says_its_grammar);
    tcase_add_test(files, a_byte_order_mark_is_left_out);
    tcase_add_test(files, variables_are_put_in_everywhere_but_in_parsers);
    tcase_add_test(files, parsers_files_are_found_beside_the_main_file);
    tcase_add_test(files, what_a_parsers_file_includes_is_found_beside_it);
    tcase_add_test(files, a_parsers_file_brings_nothing_but_parsers);
    tcase_add_test(files, plugins_and_streams_files_are_kept);
    tcase_add_test(files, parsers_in_a_classic_main_file_are_taken_with_a_warning);
    tcase_add_test(files, a_missing_main_file_is_an_error);
    tcase_add_test(files, a_pipe_is_read_to_its_end);
    tcase_add_test(files, a_pipe_that_nobody_writes_to_is_an_error);
    tcase_add_test(files, all_mistakes_of_all_files_are_told);
    tcase_add_test(files, more_parsers_can_be_added);
    tcase_add_test(files, a_tree_from_arguments_is_completed_in_the_same_way);
    tcase_add_test(files, what_is_no_text_is_an_error);
    suite_add_tcase(suite, files);
    return suite;
}
