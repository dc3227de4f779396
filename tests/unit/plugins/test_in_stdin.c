#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_stdin/event.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct input_plugin in_stdin;

#define NOW_NS (INT64_C(100) * NS_PER_S)
#define TURNS_MAX 1000

static struct plugin_kit plugin;
static struct input_kit kit;
static struct parser_book *parsers;
static void *self;
static int writer; /* our end of what standard input is */
static int stdin_before;
static bool is_started;

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, NOW_NS);
    input_kit_init(&kit, "stdin.0");
    parsers = parser_book_new();
    stdin_before = dup(STDIN_FILENO);
    writer = -1;
    tree_plant();
}

static void tear_down(void)
{
    if (is_started)
        in_stdin.stop(self);
    is_started = false;
    if (self != NULL) {
        in_stdin.fini(self);
        plugin_gone(&plugin, self);
    }
    self = NULL;
    if (writer >= 0)
        close(writer);
    ck_assert_int_ge(dup2(stdin_before, STDIN_FILENO), 0);
    close(stdin_before);
    parser_book_free(&parsers);
    input_kit_fini(&kit);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

/* Standard input is this descriptor from now on. */
static void become(int fd)
{
    ck_assert_int_ge(dup2(fd, STDIN_FILENO), 0);
    close(fd);
}

static void become_pipe(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    become(ends[0]);
    writer = ends[1];
}

static int init(const char *const *options)
{
    self = plugin_make(&plugin, in_stdin.self_bytes, in_stdin.options, options);
    ck_assert_int_eq(plugin.status, 0);
    plugin.setup.parsers = parsers;
    return in_stdin.init(self, &plugin.setup);
}

static void start(const char *const *options)
{
    ck_assert_int_eq(init(options), 0);
    ck_assert_int_eq(in_stdin.start(self, &kit.input, &plugin.report), 0);
    is_started = true;
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static void put(const char *text)
{
    ck_assert_int_eq(write(writer, text, strlen(text)), (ssize_t)strlen(text));
}

/* What standard input became of the text. */
static const char *records_of(const char *text)
{
    put(text);
    loop_turn(kit.loop, true);
    return input_kit_records(&kit);
}

static void close_writer(void)
{
    close(writer);
    writer = -1;
}

/* Turns the loop until the input is at its end; the records. */
static const char *records_to_the_end(void)
{
    for (unsigned turn = 0; kit.exit_count == 0; turn++) {
        ck_assert_uint_lt(turn, TURNS_MAX);
        loop_turn(kit.loop, true);
    }
    ck_assert_uint_eq(kit.exit_count, 1);
    return input_kit_records(&kit);
}

START_TEST(objects_are_records)
{
    become_pipe();
    START(NULL);
    ck_assert_str_eq(records_of("{\"a\":1} {\"b\":\"x\"}\n{}"),
                     "stdin.0 100.000000000 {\"a\":1}\n"
                     "stdin.0 100.000000000 {\"b\":\"x\"}\n"
                     "stdin.0 100.000000000 {}\n");
    ck_assert_uint_eq(kit.input.metrics.records, 3);
    ck_assert_uint_eq(kit.input.metrics.read_bytes, 20);
}
END_TEST

START_TEST(events_have_their_own_time)
{
    become_pipe();
    START(NULL);
    ck_assert_str_eq(records_of("[1.5, {\"a\":1}]\n[[7.000000001, {\"m\":2}], {\"b\":1}]"
                                "[[8,{}],{}]"),
                     "stdin.0 1.500000000 {\"a\":1}\n"
                     "stdin.0 7.000000001 {\"m\":2} {\"b\":1}\n"
                     "stdin.0 8.000000000 {}\n");
}
END_TEST

START_TEST(an_array_of_objects_is_as_many_records)
{
    become_pipe();
    START(NULL);
    ck_assert_str_eq(records_of("[{\"a\":1},[2,{\"b\":1}], {\"c\":1}]"),
                     "stdin.0 100.000000000 {\"a\":1}\n"
                     "stdin.0 2.000000000 {\"b\":1}\n"
                     "stdin.0 100.000000000 {\"c\":1}\n");
}
END_TEST

START_TEST(a_value_may_come_in_pieces)
{
    become_pipe();
    START(NULL);
    ck_assert_str_eq(records_of("{\"a\":{\"b\":1}"), "");
    ck_assert_str_eq(records_of(",\"c\":\"}"), "");
    ck_assert_str_eq(records_of("\"}{"), "stdin.0 100.000000000 {\"a\":{\"b\":1},\"c\":\"}\"}\n");
}
END_TEST

START_TEST(what_is_no_json_is_left_out_to_the_end_of_its_line)
{
    become_pipe();
    START(NULL);
    ck_assert_str_eq(records_of("}oh {\"x\":1}\n{\"a\":1}{\"b\"}{\"c\":1}\n"),
                     "stdin.0 100.000000000 {\"a\":1}\nstdin.0 100.000000000 {\"c\":1}\n");
    ck_assert_uint_eq(kit.input.metrics.parse_failures, 2);
    ck_assert_str_eq(records_of("5 \"x\" [] [1] [1,2] [-1,{}] [{},3] {\"d\":1}\n"),
                     "stdin.0 100.000000000 {}\nstdin.0 100.000000000 {\"d\":1}\n");
    ck_assert_uint_eq(kit.input.metrics.parse_failures, 8);
}
END_TEST

START_TEST(the_end_takes_what_is_left_and_stops_the_agent)
{
    become_pipe();
    START(NULL);
    put("{\"a\":1}{\"b\":");
    close_writer();
    ck_assert_str_eq(records_to_the_end(), "stdin.0 100.000000000 {\"a\":1}\n");
    ck_assert_uint_eq(kit.input.metrics.parse_failures, 1);
}
END_TEST

START_TEST(nothing_at_all_is_an_end_too)
{
    become(open("/dev/null", O_RDONLY | O_CLOEXEC));
    START(NULL);
    ck_assert_uint_eq(kit.exit_count, 0);
    ck_assert_str_eq(records_to_the_end(), "");
}
END_TEST

START_TEST(a_plain_file_is_read_to_its_end)
{
    tree_write("in.json", "{\"a\":1}\n{\"a\":2}\n");
    become(tree_open("in.json"));
    START(NULL);
    ck_assert_str_eq(records_to_the_end(), "stdin.0 100.000000000 {\"a\":1}\n"
                                           "stdin.0 100.000000000 {\"a\":2}\n");
}
END_TEST

START_TEST(a_plain_file_is_read_from_where_it_stands)
{
    tree_write("in.json", "{\"a\":1}\n{\"a\":2}\n");
    become(tree_open("in.json"));
    ck_assert_int_eq(lseek(STDIN_FILENO, 8, SEEK_SET), 8);
    START(NULL);
    ck_assert_str_eq(records_to_the_end(), "stdin.0 100.000000000 {\"a\":2}\n");
}
END_TEST

START_TEST(stopping_while_a_file_is_read_is_clean)
{
    tree_write("in.json", "{\"a\":1}\n");
    become(tree_open("in.json"));
    START(NULL);
    in_stdin.stop(self);
    loop_turn(kit.loop, true);
    ck_assert_str_eq(input_kit_records(&kit), "");
    ck_assert_uint_eq(kit.exit_count, 0);
}
END_TEST

START_TEST(flags_of_a_shared_descriptor_are_put_back)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    become(ends[0]);
    writer = ends[1];
    START(NULL);
    ck_assert_str_eq(records_of("{\"a\":1}"), "stdin.0 100.000000000 {\"a\":1}\n");
    in_stdin.stop(self);
    ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(flags_of_a_pipe_are_left_alone)
{
    become_pipe();
    START(NULL);
    ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(a_folder_cannot_be_read)
{
    become(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    START(NULL);
    ck_assert_str_eq(records_to_the_end(), "");
}
END_TEST

START_TEST(a_closed_descriptor_is_told_at_the_start)
{
    ck_assert_int_eq(init((const char *const[]){NULL}), 0);
    close(STDIN_FILENO);
    ck_assert_int_eq(in_stdin.start(self, &kit.input, &plugin.report), -EBADF);
    ck_assert(plugin_report_says(&plugin, "standard input cannot be read: Bad file descriptor"));
}
END_TEST

START_TEST(reading_waits_for_memory)
{
    become_pipe();
    kit.is_holding = true;
    kit.budget.limit_bytes = 1;
    START(NULL);
    ck_assert_str_eq(records_of("{\"a\":1}"), "stdin.0 100.000000000 {\"a\":1}\n");
    ck_assert_uint_eq(kit.input.metrics.is_paused, 1);
    put("{\"a\":2}");
    loop_turn(kit.loop, false);
    ck_assert_str_eq(input_kit_records(&kit), "");
    input_kit_settle(&kit);
    loop_turn(kit.loop, true);
    ck_assert_str_eq(input_kit_records(&kit), "stdin.0 100.000000000 {\"a\":2}\n");
}
END_TEST

START_TEST(a_value_without_an_end_is_let_go_of)
{
    size_t bytes = (1 << 20) + 100;
    char *text = mem_alloc(bytes + 1);

    memset(text, '[', bytes);
    text[bytes] = '\0';
    tree_write("in.json", text);
    mem_free(text);
    tree_append("in.json", "\n{\"a\":1}\n");
    become(tree_open("in.json"));
    START("buffer_size", "1M");
    ck_assert_str_eq(records_to_the_end(), "");
    ck_assert_uint_ge(kit.input.metrics.parse_failures, 1);
}
END_TEST

/* ---- lines ---- */

static void add_parser(const char *name, const char *regex)
{
    struct parser_settings settings = parser_settings_default();
    struct report report;

    report_init(&report);
    settings.name = name;
    settings.format = "regex";
    settings.regex = regex;
    ck_assert_int_eq(parser_book_add(parsers, &settings, (struct place){0}, &report), 0);
    report_fini(&report);
}

START_TEST(a_parser_gets_line_by_line)
{
    become_pipe();
    add_parser("pair", "^(?<k>[a-z]+)=(?<v>.*)$");
    START("parser", "pair");
    ck_assert_str_eq(records_of("a=1\r\n\nb=2\nnot so\nc="),
                     "stdin.0 100.000000000 {\"k\":\"a\",\"v\":\"1\"}\n"
                     "stdin.0 100.000000000 {\"k\":\"b\",\"v\":\"2\"}\n"
                     "stdin.0 100.000000000 {\"log\":\"not so\"}\n");
    put("3");
    close_writer();
    ck_assert_str_eq(records_to_the_end(), "stdin.0 100.000000000 {\"k\":\"c\",\"v\":\"3\"}\n");
    ck_assert_uint_eq(kit.input.metrics.parse_failures, 1);
}
END_TEST

START_TEST(a_parser_that_is_not_there_is_refused)
{
    ck_assert_int_eq(init((const char *const[]){"parser", "nobody", NULL}), -EINVAL);
    ck_assert(plugin_report_says(&plugin, "parser 'nobody' is not there"));
}
END_TEST

START_TEST(a_small_buffer_is_raised)
{
    ck_assert_int_eq(init((const char *const[]){"buffer_size", "100", NULL}), 0);
    ck_assert(plugin_report_says(&plugin, "buffer_size is raised to its least, 16000"));
    options_check(in_stdin.options);
}
END_TEST

/* ---- times ---- */

START_TEST(times_are_read_exactly)
{
    static const char *const wrong[] = {"", "-1", ".5", "1e3", "1x", "99999999999", "\"1\"", "{}"};
    int64_t ns;

    ck_assert_int_eq(event_time(SLICE("1700000000.123456789"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1700000000123456789));
    ck_assert_int_eq(event_time(SLICE("1.1234567899"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1123456789));
    ck_assert_int_eq(event_time(SLICE("0"), &ns), 0);
    ck_assert_int_eq(ns, 0);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        ck_assert_int_eq(event_time(slice_of(wrong[i]), &ns), -EINVAL);
}
END_TEST

Suite *suite_plugins_in_stdin(void)
{
    Suite *suite = suite_create("plugins/in_stdin");
    TCase *json = tcase_create("json"), *sources = tcase_create("sources");
    TCase *lines = tcase_create("lines");

    tcase_add_checked_fixture(json, set_up, tear_down);
    tcase_add_test(json, objects_are_records);
    tcase_add_test(json, events_have_their_own_time);
    tcase_add_test(json, an_array_of_objects_is_as_many_records);
    tcase_add_test(json, a_value_may_come_in_pieces);
    tcase_add_test(json, what_is_no_json_is_left_out_to_the_end_of_its_line);
    tcase_add_test(json, a_value_without_an_end_is_let_go_of);
    tcase_add_test(json, times_are_read_exactly);
    suite_add_tcase(suite, json);
    tcase_add_checked_fixture(sources, set_up, tear_down);
    tcase_add_test(sources, the_end_takes_what_is_left_and_stops_the_agent);
    tcase_add_test(sources, nothing_at_all_is_an_end_too);
    tcase_add_test(sources, a_plain_file_is_read_to_its_end);
    tcase_add_test(sources, a_plain_file_is_read_from_where_it_stands);
    tcase_add_test(sources, stopping_while_a_file_is_read_is_clean);
    tcase_add_test(sources, flags_of_a_shared_descriptor_are_put_back);
    tcase_add_test(sources, flags_of_a_pipe_are_left_alone);
    tcase_add_test(sources, a_folder_cannot_be_read);
    tcase_add_test(sources, a_closed_descriptor_is_told_at_the_start);
    tcase_add_test(sources, reading_waits_for_memory);
    suite_add_tcase(suite, sources);
    tcase_add_checked_fixture(lines, set_up, tear_down);
    tcase_add_test(lines, a_parser_gets_line_by_line);
    tcase_add_test(lines, a_parser_that_is_not_there_is_refused);
    tcase_add_test(lines, a_small_buffer_is_raised);
    suite_add_tcase(suite, lines);
    return suite;
}
