#include "config_kit.h"

#include "config/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct arguments arguments;

/* Reads a command line, its words between blanks, and keeps the words. */
static int parse(const char *line)
{
    static char words[1024], *argv[64];
    size_t count = 0;
    char *word = words;

    (void)snprintf(words, sizeof words, "tailrace %s", line);
    while (*word != '\0' && count + 1 < ARRAY_LEN(argv)) {
        argv[count++] = word;
        word += strcspn(word, " ");
        if (*word != '\0')
            *word++ = '\0';
    }
    argv[count] = NULL;
    arguments_fini(&arguments);
    arguments = (struct arguments){0};
    return arguments_parse(&arguments, argv, &kit.report);
}

static void parse_well(const char *line)
{
    ck_assert_int_eq(parse(line), 0);
    ck_assert_msg(kit.report.text.len == 0, "%s", buffer_text(&kit.report.text));
}

static void expect_refused(const char *line, const char *why)
{
    ck_assert_int_eq(parse(line), -EINVAL);
    kit_expect_error(why);
}

/* What the arguments give together with their file, if they name one. */
static int configure(void)
{
    config_free(&kit.config);
    return arguments_config(&arguments, &kit.report, &kit.config);
}

static void set_up(void)
{
    kit_set_up();
    arguments = (struct arguments){0};
}

static void tear_down(void)
{
    arguments_fini(&arguments);
    kit_tear_down();
}

/* ---- parsing ---- */

START_TEST(a_pipeline_fits_on_the_command_line)
{
    parse_well("-i tail -p path=/var/log/a.log -t app -F grep -m app -p regex=log=x -o stdout");
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect(kit_section(CONFIG_INPUT, 0), "path", "/var/log/a.log");
    kit_expect(kit_section(CONFIG_INPUT, 0), "tag", "app");
    kit_expect(kit_section(CONFIG_FILTER, 0), "match", "app");
    kit_expect(kit_section(CONFIG_FILTER, 0), "regex", "log=x");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "stdout");
}
END_TEST

START_TEST(an_upstream_of_the_command_line_is_read)
{
    char line[256];

    (void)snprintf(line, sizeof line, "-o es -p upstream=%s -o null",
                   kit_write("nodes.conf", "[UPSTREAM]\n  Name both\n"
                                           "[NODE]\n  Host 10.0.0.1\n  Port 9\n"));
    parse_well(line);
    ck_assert_int_eq(configure(), 0);
    kit_expect(section_group(kit_section(CONFIG_OUTPUT, 0), "nodes", NULL), "host", "10.0.0.1");
    kit_expect(kit_section(CONFIG_OUTPUT, 1), "name", "null");
    parse_well("-o es -p upstream=nowhere.conf");
    ck_assert_int_eq(configure(), -EINVAL);
    kit_expect_error("nowhere.conf': No such file");
}
END_TEST

START_TEST(options_may_be_long_and_hold_their_value)
{
    parse_well("--config=a.conf --workdir /tmp --flush=0.5 -f2 --dry-run");
    ck_assert_str_eq(arguments.config_path, "a.conf");
    ck_assert_str_eq(arguments.workdir, "/tmp");
    ck_assert_int_eq(arguments.task, TASK_DRY_RUN);
}
END_TEST

START_TEST(a_long_option_may_be_cut_short_while_it_is_the_only_one)
{
    parse_well("--conf=a.conf --dry");
    ck_assert_str_eq(arguments.config_path, "a.conf");
    expect_refused("--http_=1", "there is no option '--http_'");
}
END_TEST

START_TEST(letters_may_stand_together)
{
    parse_well("-Hvvc a.conf");
    ck_assert_str_eq(arguments.config_path, "a.conf");
    ck_assert_uint_eq(arguments.verbosity, 2);
}
END_TEST

START_TEST(an_unknown_option_is_told_with_the_nearest)
{
    expect_refused("--flsh 5", "there is no option '--flsh'; did you mean '--flush'?");
    expect_refused("-x", "there is no option '-x'");
    expect_refused("a.conf", "'a.conf' is no option");
}
END_TEST

START_TEST(every_mistake_is_told)
{
    expect_refused("--flsh 5 -x -p a=b", "did you mean '--flush'");
    kit_expect_error("'-x'");
    kit_expect_error("'a=b' belongs to no plugin");
}
END_TEST

START_TEST(what_fits_no_plugin_is_left_out_with_a_warning)
{
    ck_assert_int_eq(parse("-m one -t two -p a=b -i tail -m three -o null -m four --"), 0);
    ck_assert_uint_eq(kit.report.warning_count, 4);
    kit_expect_warning("'match=one' belongs to no plugin");
    kit_expect_warning("-m three: an input matches nothing");
    ck_assert_int_eq(configure(), 0);
    ck_assert_ptr_null(section_get(kit_section(CONFIG_INPUT, 0), "match"));
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "match", "four");
}
END_TEST

START_TEST(what_stands_behind_two_dashes_is_no_option)
{
    expect_refused("-v -- -c a.conf", "'-c' is no option");
    kit_expect_error("'a.conf' is no option");
    ck_assert_ptr_null(arguments.config_path);
    ck_assert_uint_eq(arguments.verbosity, 1);
}
END_TEST

START_TEST(blanks_around_a_value_on_the_command_line_are_left_out)
{
    char *argv[] = {"tailrace", "-i", "tail", "-p", "path = /a b ", NULL};

    ck_assert_int_eq(arguments_parse(&arguments, argv, &kit.report), 0);
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_INPUT, 0), "path", "/a b");
}
END_TEST

START_TEST(an_address_on_the_command_line_becomes_keys)
{
    parse_well("-o es://10.0.0.1:9201/logs/doc");
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "es");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "index", "logs");
}
END_TEST

START_TEST(a_value_that_lacks_is_a_mistake)
{
    expect_refused("-c", "--config needs a value");
    expect_refused("--daemon=yes", "--daemon takes no value");
    expect_refused("-i tail -p path", "-p takes KEY=VALUE, and 'path' is none");
    expect_refused("-i tail -p =x", "-p takes KEY=VALUE");
}
END_TEST

START_TEST(a_plugin_without_a_name_is_a_mistake)
{
    expect_refused("--input= -o null", "this input needs a name");
}
END_TEST

START_TEST(what_prints_ends_the_line)
{
    parse_well("-V --no-such-thing");
    ck_assert_int_eq(arguments.task, TASK_VERSION);
    parse_well("-i tail -h --no-such-thing");
    ck_assert_int_eq(arguments.task, TASK_HELP);
    kit_expect(arguments.last, "name", "tail");
    parse_well("-J");
    ck_assert_int_eq(arguments.task, TASK_SCHEMA);
}
END_TEST

START_TEST(objects_of_the_go_plugins_are_taken)
{
    parse_well("-e /fluent-bit/firehose.so -e /fluent-bit/cloudwatch.so -e kinesis.so");
    expect_refused("-e /opt/mine.so", "shared objects are not loaded");
    expect_refused("-e /opt/cloudwatch.so.old", "shared objects are not loaded");
}
END_TEST

START_TEST(what_is_not_here_is_refused)
{
    expect_refused("-C calyptia", "no custom plugins");
    expect_refused("-i tail -r labels", "no processors");
}
END_TEST

START_TEST(what_does_nothing_here_is_said_and_taken)
{
    ck_assert_int_eq(parse("-T SELECT --trace x --supervisor"), 0);
    kit_expect_warning("stream processing");
    kit_expect_warning("chunk trace");
    kit_expect_warning("--supervisor");
}
END_TEST

/* ---- the configuration ---- */

START_TEST(the_command_line_wins_over_the_file)
{
    char line[128];

    kit_write("a.conf", "[SERVICE]\n  Flush 3\n  HTTP_Port 1\n[INPUT]\n  Name dummy\n");
    (void)snprintf(line, sizeof line, "-c %s -f 7 -H -P 2 -L ::1", kit_path("a.conf"));
    parse_well(line);
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "7");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "http_server", "on");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "http_port", "2");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "http_listen", "::1");
    ck_assert_uint_eq(kit_section(CONFIG_SERVICE, 0)->property_count, 4);
}
END_TEST

START_TEST(plugins_of_both_stand_together)
{
    char line[128];

    kit_write("a.conf", "[INPUT]\n  Name dummy\n");
    (void)snprintf(line, sizeof line, "-c %s -o null", kit_path("a.conf"));
    parse_well(line);
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "dummy");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "null");
}
END_TEST

START_TEST(variables_are_put_into_arguments)
{
    ck_assert_int_eq(setenv("ARGUMENTS_TEST", "stdout", 1), 0);
    parse_well("-i dummy -o ${ARGUMENTS_TEST}");
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "stdout");
}
END_TEST

START_TEST(parsers_are_read_from_files_that_arguments_name)
{
    char line[128];

    kit_write("p.conf", "[PARSER]\n  Name one\n  Format json\n");
    (void)snprintf(line, sizeof line, "-i dummy -R %s", kit_path("p.conf"));
    parse_well(line);
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "one");
    ck_assert_int_eq(parse("-i dummy -R /no/such/file"), 0);
    ck_assert_int_eq(configure(), -EINVAL);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_still_gives_a_tree)
{
    parse_well("-c /no/such/file.conf -o null");
    ck_assert_int_eq(configure(), -EINVAL);
    kit_expect_error("/no/such/file.conf");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "null");
}
END_TEST

START_TEST(quiet_wins_over_verbose)
{
    parse_well("-v");
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_SERVICE, 0), "log_level", "debug");
    parse_well("-q -vv");
    ck_assert_int_eq(configure(), 0);
    kit_expect(kit_section(CONFIG_SERVICE, 0), "log_level", "off");
}
END_TEST

START_TEST(the_first_default_that_is_there_is_taken)
{
    const char *paths[] = {"/no/such/file", kit_write("a.conf", ""), NULL};

    ck_assert_str_eq(arguments_default_path(paths), paths[1]);
    ck_assert_ptr_null(arguments_default_path(paths + 2));
}
END_TEST

START_TEST(the_help_fits_a_screen_and_names_every_option)
{
    static const char *const some[] = {"-c, --config=FILE", "--http_port",    "--enable-fips",
                                       "-V, --version",     "--storage_path", "--supervisor"};
    struct buffer text = {0};
    struct slice rest, line;
    size_t count = 0;

    arguments_help("tailrace", &text);
    for (size_t i = 0; i < ARRAY_LEN(some); i++)
        ck_assert_msg(strstr(buffer_text(&text), some[i]) != NULL, "%s", some[i]);
    rest = buffer_view(&text);
    while (slice_next(&rest, '\n', &line)) {
        ck_assert_uint_le(line.len, 80);
        count++;
    }
    ck_assert_uint_le(count, 45);
    buffer_fini(&text);
}
END_TEST

Suite *suite_config_arguments(void);
Suite *suite_config_arguments(void)
{
    Suite *suite = suite_create("config/arguments");
    TCase *parsing = tcase_create("parsing");
    TCase *tree = tcase_create("configuration");

    tcase_add_checked_fixture(parsing, set_up, tear_down);
    tcase_add_test(parsing, a_pipeline_fits_on_the_command_line);
    tcase_add_test(parsing, an_upstream_of_the_command_line_is_read);
    tcase_add_test(parsing, options_may_be_long_and_hold_their_value);
    tcase_add_test(parsing, a_long_option_may_be_cut_short_while_it_is_the_only_one);
    tcase_add_test(parsing, letters_may_stand_together);
    tcase_add_test(parsing, an_unknown_option_is_told_with_the_nearest);
    tcase_add_test(parsing, every_mistake_is_told);
    tcase_add_test(parsing, what_fits_no_plugin_is_left_out_with_a_warning);
    tcase_add_test(parsing, what_stands_behind_two_dashes_is_no_option);
    tcase_add_test(parsing, blanks_around_a_value_on_the_command_line_are_left_out);
    tcase_add_test(parsing, an_address_on_the_command_line_becomes_keys);
    tcase_add_test(parsing, a_value_that_lacks_is_a_mistake);
    tcase_add_test(parsing, a_plugin_without_a_name_is_a_mistake);
    tcase_add_test(parsing, what_prints_ends_the_line);
    tcase_add_test(parsing, objects_of_the_go_plugins_are_taken);
    tcase_add_test(parsing, what_is_not_here_is_refused);
    tcase_add_test(parsing, what_does_nothing_here_is_said_and_taken);
    tcase_add_checked_fixture(tree, set_up, tear_down);
    tcase_add_test(tree, the_command_line_wins_over_the_file);
    tcase_add_test(tree, plugins_of_both_stand_together);
    tcase_add_test(tree, variables_are_put_into_arguments);
    tcase_add_test(tree, parsers_are_read_from_files_that_arguments_name);
    tcase_add_test(tree, a_file_that_cannot_be_read_still_gives_a_tree);
    tcase_add_test(tree, quiet_wins_over_verbose);
    tcase_add_test(tree, the_first_default_that_is_there_is_taken);
    tcase_add_test(tree, the_help_fits_a_screen_and_names_every_option);
    suite_add_tcase(suite, parsing);
    suite_add_tcase(suite, tree);
    return suite;
}
