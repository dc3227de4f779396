#include "filter/chain.h"
#include "kit/barrier.h"
#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_tail/tail.h"

#include <check.h>

/* Files that a filter wishes to be read in a way of their own. */

extern const struct input_plugin in_tail;

#define CRI(text) "2026-11-21T05:46:26.9Z stdout F " text "\n"
#define RECORD(text)                                                                       \
    "app 1795239986.900000000 {\"time\":\"2026-11-21T05:46:26.9Z\",\"stream\":\"stdout\"," \
    "\"_p\":\"F\",\"log\":\"" text "\"}\n"

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;
static struct multiline_book *multilines;
static struct filter_wishes wanted;
static struct filter_metrics metrics;
static uint64_t wait_ms;

static uint64_t wisher_ready(void *owner, const struct filter_run *run,
                             struct filter_waiter *waiter)
{
    (void)owner;
    (void)run;
    ck_assert_ptr_nonnull(waiter->wishes);
    *waiter->wishes = wanted;
    return wait_ms;
}

static enum filter_verdict wisher_apply(void *owner, struct record *record, struct filter_run *run)
{
    (void)owner;
    (void)record;
    (void)run;
    return FILTER_KEEP;
}

static const struct filter_plugin wisher = {
    .name = "wisher", .ready = wisher_ready, .apply = wisher_apply};

static void open_path(const char *names, const char *key, const char *value)
{
    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options,
                       (const char *[]){"path", tree_path(names), "read_from_head", "on",
                                        "inotify_watcher", "off", "refresh_interval", "1", key,
                                        value, NULL});
    plugin.setup.multilines = multilines;
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
}

static void open_with(const char *parser)
{
    open_path("*.log", parser != NULL ? "multiline.parser" : "key",
              parser != NULL ? parser : "log");
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    multilines = multiline_book_new(NULL);
    wanted = (struct filter_wishes){0};
    wait_ms = 0;
    filter_chain_add(kit.chain, &wisher, NULL,
                     tag_match_new("*", NULL, &plugin.report, (struct place){0}), &metrics);
    tree_plant();
}

static void tear_down(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    input_kit_fini(&kit);
    plugin_gone(&plugin, self);
    multiline_book_free(&multilines);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

static void turn(void)
{
    for (unsigned i = 0; i < 4; i++)
        loop_turn(kit.loop, false);
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    turn();
}

START_TEST(lines_are_joined_as_a_filter_wishes)
{
    wanted.of_stdout = multiline_book_find(multilines, "java");
    tree_write("app.log", CRI("a.Exception: x") CRI("  at a(A.java)") CRI("fine"));
    open_with("cri");
    turn();
    ck_assert_str_eq(input_kit_records(&kit),
                     RECORD("a.Exception: x\\n  at a(A.java)") RECORD("fine"));
}
END_TEST

/* The second filter never is ready. */
START_TEST(what_a_ready_filter_wishes_counts_though_another_was_waited_for_in_vain)
{
    struct barrier barrier;

    wanted.of_stdout = multiline_book_find(multilines, "java");
    barrier_set_up(&barrier, kit.chain);
    tree_write("app.log", CRI("a.Exception: x") CRI("  at a(A.java)") CRI("fine"));
    open_with("cri");
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    pass_ms(BARRIER_WAIT_MS);
    ck_assert_str_eq(input_kit_records(&kit),
                     RECORD("a.Exception: x\\n  at a(A.java)") RECORD("fine"));
    ck_assert(list_is_empty(&barrier.waiters));
}
END_TEST

START_TEST(files_of_one_wish_share_its_rules)
{
    wanted.of_stdout = multiline_book_find(multilines, "java");
    tree_write("app.log", CRI("one"));
    tree_write("bpp.log", CRI("two"));
    open_with("docker, cri");
    turn();
    ck_assert_uint_eq(self->lines.wishes.joining_count, 1);
    (void)input_kit_records(&kit);
}
END_TEST

START_TEST(what_cannot_be_joined_is_read_as_it_is_and_said_once)
{
    uint64_t warned;

    wanted.of_stderr = multiline_book_find(multilines, "java");
    tree_write("app.log", "one\n");
    tree_write("bpp.log", "two\n");
    log_level_set(LOG_WARN);
    ck_assert_int_eq(log_open("/dev/null"), 0);
    warned = log_count(LOG_WARN);
    open_with(NULL);
    turn();
    ck_assert_uint_eq(log_count(LOG_WARN), warned + 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "docker and cri"));
    ck_assert_str_eq(input_kit_records(&kit), "app 100.000000000 {\"log\":\"one\"}\n"
                                              "app 100.000000000 {\"log\":\"two\"}\n");
    log_close();
}
END_TEST

/* As many lines as fill four of the least reads. */
static char *many_lines(size_t line_bytes)
{
    char *text = mem_alloc(4096 * 4 + 1);

    for (size_t i = 0; i < 4096 * 4; i++)
        text[i] = i % line_bytes == line_bytes - 1 ? '\n' : 'x';
    text[4096 * 4] = '\0';
    return text;
}

/* They are there, and nothing of them was read yet. */
static void open_many_lines(size_t line_bytes)
{
    char *text = many_lines(line_bytes);

    tree_write("app.log", text);
    mem_free(text);
    open_with(NULL);
}

/* So many records came, and the others are unread. */
static void expect_read(uint64_t count, size_t line_bytes)
{
    (void)input_kit_records(&kit);
    ck_assert_uint_eq(kit.input.metrics.records, count);
    in_tail.refresh(self);
    ck_assert_uint_eq(kit.input.metrics.unread_bytes, (size_t)(4096 * 4) - count * line_bytes);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}

START_TEST(a_rate_of_lines_holds_the_rest_back_and_loses_nothing)
{
    wanted.lines_per_s = 64;
    open_many_lines(64);
    turn();
    for (unsigned quarter = 1; quarter <= 16; quarter++) {
        expect_read(16 * quarter, 64);
        pass_ms(100);
        expect_read(16 * quarter, 64);
        pass_ms(150);
    }
    expect_read(256, 64);
}
END_TEST

START_TEST(a_line_a_second_is_one_each_second)
{
    wanted.lines_per_s = 1;
    open_many_lines(64);
    turn();
    for (unsigned second = 1; second <= 60; second++) {
        expect_read(second, 64);
        pass_ms(500);
        expect_read(second, 64);
        pass_ms(500);
    }
}
END_TEST

START_TEST(a_line_a_second_of_gzip_is_one_each_second)
{
    char *text = many_lines(64);

    wanted.lines_per_s = 1;
    tree_write_gzip("app.log.gz", text);
    mem_free(text);
    open_path("*.gz", "key", "log");
    turn();
    for (unsigned second = 1; second <= 256; second++) {
        (void)input_kit_records(&kit);
        ck_assert_uint_eq(kit.input.metrics.records, second);
        pass_ms(1000);
    }
    (void)input_kit_records(&kit);
    ck_assert_uint_eq(kit.input.metrics.records, 256);
}
END_TEST

/* U+0A0A and U+010A have the byte of a line feed, and end no line. */
START_TEST(a_line_a_second_of_utf_16_ends_where_its_units_say)
{
    static const char text[] = "o\0n\0e\0\n\n\n\1\n\0t\0w\0o\0\n\0t\0h\0r\0e\0e\0\n";

    wanted.lines_per_s = 1;
    tree_write_bytes("app.log", text, sizeof text);
    open_path("*.log", "unicode.encoding", "UTF-16LE");
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 100.000000000 {\"log\":\"one\u0a0a\u010a\"}\n");
    pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&kit), "app 101.000000000 {\"log\":\"two\"}\n");
    pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&kit), "app 102.000000000 {\"log\":\"three\"}\n");
}
END_TEST

START_TEST(a_line_longer_than_a_second_allows_is_read_whole_and_paid_for)
{
    wanted.bytes_per_s = 1024;
    open_many_lines(2048);
    turn();
    for (unsigned count = 1; count <= 8; count++) {
        expect_read(count, 2048);
        pass_ms(1900);
        expect_read(count, 2048);
        pass_ms(100);
    }
    expect_read(8, 2048);
}
END_TEST

START_TEST(a_rate_of_bytes_is_the_lesser_of_the_inputs_and_the_pods)
{
    wanted.bytes_per_s = 4096;
    open_many_lines(2);
    self->told.lines.rate_bytes = 1 << 20;
    turn();
    ck_assert_uint_eq(kit.input.metrics.records, 513);
    for (unsigned i = 0; i < 4; i++)
        pass_ms(251);
    ck_assert_uint_eq(kit.input.metrics.records, 5 * 513);
    (void)input_kit_records(&kit);
}
END_TEST

Suite *suite_plugins_in_tail_wish(void);

Suite *suite_plugins_in_tail_wish(void)
{
    Suite *suite = suite_create("plugins/in_tail_wish");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, lines_are_joined_as_a_filter_wishes);
    tcase_add_test(tcase, what_a_ready_filter_wishes_counts_though_another_was_waited_for_in_vain);
    tcase_add_test(tcase, files_of_one_wish_share_its_rules);
    tcase_add_test(tcase, what_cannot_be_joined_is_read_as_it_is_and_said_once);
    tcase_add_test(tcase, a_rate_of_lines_holds_the_rest_back_and_loses_nothing);
    tcase_add_test(tcase, a_line_a_second_is_one_each_second);
    tcase_add_test(tcase, a_line_a_second_of_gzip_is_one_each_second);
    tcase_add_test(tcase, a_line_a_second_of_utf_16_ends_where_its_units_say);
    tcase_add_test(tcase, a_line_longer_than_a_second_allows_is_read_whole_and_paid_for);
    tcase_add_test(tcase, a_rate_of_bytes_is_the_lesser_of_the_inputs_and_the_pods);
    suite_add_tcase(suite, tcase);
    return suite;
}
