#include "base/memory.h"
#include "file/trouble.h"
#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "line/multiline_book.h"
#include "record/parser_book.h"

#include <check.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

extern const struct input_plugin in_tail;

/* Directories are looked at this often here, so that no test waits for an event. */
#define POLL_MS 2000

static struct plugin_kit plugin;
static struct input_kit kit;
static void *self;
static struct parser_book *parsers;
static struct multiline_book *multilines;
static struct rlimit files_before;

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    parsers = parser_book_new();
    multilines = multiline_book_new(parsers);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files_before), 0);
    tree_plant();
}

static void tear_down(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    input_kit_fini(&kit);
    plugin_gone(&plugin, self);
    multiline_book_free(&multilines);
    parser_book_free(&parsers);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

/* What is written on the pool is waited for. */
static void turn(void)
{
    do
        loop_turn(kit.loop, job_count(kit.loop) > 0);
    while (job_count(kit.loop) > 0);
    loop_turn(kit.loop, false);
}

static void start(const char *const *options)
{
    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options, options);
    ck_assert_int_eq(plugin.status, 0);
    plugin.setup.parsers = parsers;
    plugin.setup.multilines = multilines;
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
    turn();
}

#define START(...)                                                                    \
    start((const char *const[]){"path", tree_path("app.log"), "read_from_head", "on", \
                                "inotify_watcher", "off", "watcher_interval", "2s",   \
                                __VA_ARGS__ NULL})

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    turn();
    turn();
}

/* No more descriptors than there are now. */
static void descriptors_run_out(void)
{
    struct rlimit none = files_before;
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(next, 0);
    none.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    close(next);
}

static void descriptors_come_back(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files_before), 0);
}

START_TEST(lines_are_records)
{
    tree_write("app.log", "one\ntwo\r\n\n");
    START();
    ck_assert_str_eq(input_kit_records(&kit), "app 100.000000000 {\"log\":\"one\"}\n"
                                              "app 100.000000000 {\"log\":\"two\"}\n"
                                              "app 100.000000000 {\"log\":\"\"}\n");
    tree_append("app.log", "three\n");
    pass_ms(POLL_MS);
    ck_assert_str_eq(input_kit_records(&kit), "app 102.000000000 {\"log\":\"three\"}\n");
}
END_TEST

/* Nobody writes to it any more, so no event leads to the next try. */
START_TEST(a_file_that_could_not_be_opened_is_tried_again_by_itself)
{
    tree_write("app.log", "one\n");
    descriptors_run_out();
    START();
    ck_assert_uint_eq(kit.input.metrics.read_errors, 1);
    in_tail.refresh(self);
    ck_assert_uint_eq(kit.input.metrics.unread_bytes, 4);
    descriptors_come_back();
    ck_assert_str_eq(input_kit_records(&kit), "");
    pass_ms(FILE_TROUBLE_WAIT_MIN_MS);
    ck_assert_str_eq(input_kit_records(&kit), "app 101.000000000 {\"log\":\"one\"}\n");
}
END_TEST

static size_t records_now(void)
{
    size_t count = 0;

    for (const char *at = input_kit_records(&kit); *at != '\0'; at++)
        count += *at == '\n';
    return count;
}

/* 1,000 lines of 100 bytes, at 10,000 bytes a second. */
START_TEST(rate_limit_reads_slowly_and_leaves_nothing_out)
{
    size_t count, total = 0;

    for (unsigned i = 0; i < 1000; i++) {
        char *line = mem_format("%099u\n", i);

        tree_append("app.log", line);
        mem_free(line);
    }
    START("rate_limit", "10000", );
    for (unsigned second = 0; second < 12; second++) {
        for (unsigned i = 0; i < 100; i++)
            pass_ms(10);
        count = records_now();
        total += count;
        ck_assert_uint_le(total, 100 * (second + 1) + 45);
        ck_assert_uint_ge(total, second < 9 ? 100 * second + 60 : 1000);
    }
    ck_assert_uint_eq(total, 1000);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}
END_TEST

/* A byte a second: four bytes are paid for after four seconds. */
START_TEST(a_line_larger_than_the_rate_is_read_whole)
{
    tree_append("app.log", "one\n");
    START("rate_limit", "1", );
    ck_assert_uint_eq(records_now(), 1);
    tree_append("app.log", "two\n");
    pass_ms(POLL_MS);
    ck_assert_uint_eq(records_now(), 0);
    pass_ms(2 * POLL_MS);
    ck_assert_uint_eq(records_now(), 1);
}
END_TEST

START_TEST(what_could_not_be_opened_is_forgotten_with_its_name)
{
    tree_write("app.log", "one\n");
    descriptors_run_out();
    START();
    descriptors_come_back();
    tree_write("new.log", "two\n");
    tree_rename("new.log", "app.log");
    pass_ms(POLL_MS);
    ck_assert_str_eq(input_kit_records(&kit), "app 102.000000000 {\"log\":\"two\"}\n");
    pass_ms(FILE_TROUBLE_WAIT_MAX_MS);
    ck_assert_str_eq(input_kit_records(&kit), "");
    ck_assert_uint_eq(kit.input.metrics.files_opened, 1);
}
END_TEST

START_TEST(exit_on_eof_does_not_wait_for_what_cannot_be_read)
{
    tree_write("app.log", "one\n");
    descriptors_run_out();
    START("exit_on_eof", "on", );
    descriptors_come_back();
    ck_assert_uint_eq(kit.exit_count, 1);
}
END_TEST

/* ---- long lines ---- */

/* A line of so many letters, after `head` and before `tail`. */
static void write_long(const char *head, size_t letters, const char *tail)
{
    char *text = mem_format("%s%0*d%s\n", head, (int)letters, 0, tail);

    tree_append("app.log", text);
    mem_free(text);
}

static void expect_end(const char *end)
{
    const char *all = input_kit_records(&kit);
    size_t len = strlen(all), end_len = strlen(end);

    ck_assert_msg(len >= end_len && strcmp(all + len - end_len, end) == 0, "%s",
                  len > 200 ? all + len - 200 : all);
}

START_TEST(a_line_too_long_is_cut_and_says_so)
{
    write_long("", 100, "");
    START("buffer_max_size", "64", );
    expect_end("0\",\"truncated_bytes\":37}\n");
    ck_assert_uint_eq(kit.input.metrics.long_line_truncated, 1);
}
END_TEST

START_TEST(a_path_that_nothing_matches_is_told_of_once)
{
    uint64_t before = log_count(LOG_WARN);

    log_level_set(LOG_WARN);
    START("buffer_max_size", "64", );
    log_level_set(LOG_OFF);
    ck_assert_uint_eq(log_count(LOG_WARN) - before, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "no file matches path yet: "));
    log_level_set(LOG_WARN);
    tree_append("app.log", "one\n");
    pass_ms(2000);
    log_level_set(LOG_OFF);
    ck_assert_uint_eq(log_count(LOG_WARN) - before, 1);
}
END_TEST

START_TEST(lines_too_long_are_told_of_in_the_log_now_and_then)
{
    uint64_t before = log_count(LOG_WARN);

    log_level_set(LOG_WARN);
    tree_append("app.log", "one\n");
    write_long("", 100, "");
    write_long("", 100, "");
    START("buffer_max_size", "64", "skip_long_lines", "on", );
    log_level_set(LOG_OFF);
    ck_assert_uint_eq(kit.input.metrics.long_line_skipped, 2);
    ck_assert_uint_eq(log_count(LOG_WARN) - before, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "app.log: the line at byte 4 is longer than "
                                                "buffer_max_size, 64 bytes, and is left out; "));
}
END_TEST

START_TEST(so_does_one_that_might_have_been_joined)
{
    write_long("2026-11-21T05:00:00.000000001Z stdout F ", 100, "");
    START("buffer_max_size", "64", "multiline.parser", "cri", );
    expect_end("\"truncated_bytes\":77}\n");
}
END_TEST

START_TEST(a_line_that_no_rule_of_joining_takes_says_so_too)
{
    write_long("no frame ", 100, "");
    START("buffer_max_size", "64", "multiline.parser", "docker", );
    expect_end("\"truncated_bytes\":46}\n");
}
END_TEST

/* 16 KiB of which each byte is an escape. */
START_TEST(a_piece_that_docker_wrote_is_never_cut)
{
    write_long("{\"log\":\"", (size_t)6 * 16384, "\\n\",\"stream\":\"stdout\"}");
    START("multiline.parser", "docker, cri", );
    expect_end("\"stream\":\"stdout\"}\n");
    ck_assert_uint_eq(kit.input.metrics.long_line_truncated, 0);
}
END_TEST

START_TEST(a_limit_that_was_chosen_counts_for_docker_too)
{
    write_long("{\"log\":\"", 40000, "\\n\",\"stream\":\"stdout\"}");
    START("multiline.parser", "docker", "buffer_max_size", "33000", );
    (void)input_kit_records(&kit);
    ck_assert_uint_eq(kit.input.metrics.long_line_truncated, 1);
}
END_TEST

START_TEST(the_bytes_of_a_line_that_docker_mode_joins_count_once)
{
    const char *lines = "{\"log\":\"be\"}\n{\"log\":\"gun\\n\"}\n{\"log\":\"whole\\n\"}\n";

    tree_write("app.log", lines);
    START("docker_mode", "on", );
    ck_assert_str_eq(input_kit_records(&kit),
                     "app 100.000000000 {\"log\":\"{\\\"log\\\":\\\"begun\\\\n\\\"}\"}\n"
                     "app 100.000000000 {\"log\":\"{\\\"log\\\":\\\"whole\\\\n\\\"}\"}\n");
    ck_assert_uint_eq(kit.input.metrics.bytes, strlen(lines) - 3);
}
END_TEST

/* It is read to its end through the descriptor. */
START_TEST(a_file_that_is_deleted_while_it_is_followed_is_not_said_to_be_lost)
{
    ck_assert_int_eq(log_open("/dev/null"), 0);
    log_level_set(LOG_WARN);
    tree_write("app.log", "one\n");
    START("db", tree_path("tail.db"), );
    tree_remove("app.log");
    tree_write("app.log", "two\n");
    pass_ms(POLL_MS);
    pass_ms(10);
    ck_assert_str_eq(input_kit_records(&kit), "app 100.000000000 {\"log\":\"one\"}\n"
                                              "app 102.010000000 {\"log\":\"two\"}\n");
    ck_assert_ptr_null(log_recent(0));
    log_close();
}
END_TEST

/* Filters may drop all that is read: then no chunk says that there was something. */
START_TEST(what_reading_needed_may_be_given_back_once_all_is_read)
{
    START();
    ck_assert_uint_eq(kit.let_go_count, 0);
    tree_write("app.log", "one\n");
    pass_ms(POLL_MS);
    pass_ms(10);
    ck_assert_str_eq(input_kit_records(&kit), "app 102.000000000 {\"log\":\"one\"}\n");
    ck_assert_uint_eq(kit.let_go_count, 1);
    pass_ms(POLL_MS);
    ck_assert_uint_eq(kit.let_go_count, 1);
}
END_TEST

/* Long after the last record of it, perhaps. */
START_TEST(what_was_known_of_a_file_that_is_gone_may_be_given_back)
{
    unsigned before;

    tree_write("app.log", "one\n");
    START();
    ck_assert_str_eq(input_kit_records(&kit), "app 100.000000000 {\"log\":\"one\"}\n");
    tree_remove("app.log");
    before = kit.let_go_count;
    for (int i = 0; i < 4; i++)
        pass_ms(POLL_MS);
    ck_assert_uint_eq(kit.input.metrics.files_closed, 1);
    ck_assert_uint_eq(kit.let_go_count, before + 1);
}
END_TEST

Suite *suite_plugins_in_tail(void);
Suite *suite_plugins_in_tail(void)
{
    Suite *suite = suite_create("plugins/in_tail");
    TCase *follow = tcase_create("follow");
    TCase *length = tcase_create("length");

    tcase_add_checked_fixture(follow, set_up, tear_down);
    tcase_add_test(follow, lines_are_records);
    tcase_add_test(follow, a_file_that_could_not_be_opened_is_tried_again_by_itself);
    tcase_add_test(follow, rate_limit_reads_slowly_and_leaves_nothing_out);
    tcase_add_test(follow, a_line_larger_than_the_rate_is_read_whole);
    tcase_add_test(follow, what_could_not_be_opened_is_forgotten_with_its_name);
    tcase_add_test(follow, exit_on_eof_does_not_wait_for_what_cannot_be_read);
    tcase_add_test(follow, a_file_that_is_deleted_while_it_is_followed_is_not_said_to_be_lost);
    tcase_add_test(follow, what_reading_needed_may_be_given_back_once_all_is_read);
    tcase_add_test(follow, what_was_known_of_a_file_that_is_gone_may_be_given_back);
    tcase_add_checked_fixture(length, set_up, tear_down);
    tcase_add_test(length, a_line_too_long_is_cut_and_says_so);
    tcase_add_test(length, a_path_that_nothing_matches_is_told_of_once);
    tcase_add_test(length, lines_too_long_are_told_of_in_the_log_now_and_then);
    tcase_add_test(length, so_does_one_that_might_have_been_joined);
    tcase_add_test(length, a_line_that_no_rule_of_joining_takes_says_so_too);
    tcase_add_test(length, a_piece_that_docker_wrote_is_never_cut);
    tcase_add_test(length, a_limit_that_was_chosen_counts_for_docker_too);
    tcase_add_test(length, the_bytes_of_a_line_that_docker_mode_joins_count_once);
    suite_add_tcase(suite, follow);
    suite_add_tcase(suite, length);
    return suite;
}
