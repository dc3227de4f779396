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

static void open_with(const char *parser)
{
    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options,
                       (const char *[]){"path", tree_path("*.log"), "read_from_head", "on",
                                        "inotify_watcher", "off", "refresh_interval", "1",
                                        parser != NULL ? "multiline.parser" : "key",
                                        parser != NULL ? parser : "log", NULL});
    plugin.setup.multilines = multilines;
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
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

START_TEST(a_rate_of_lines_holds_the_rest_back_and_loses_nothing)
{
    char *text = mem_alloc(4096 * 4 + 1);

    for (size_t i = 0; i < 4096 * 4; i++)
        text[i] = i % 64 == 63 ? '\n' : 'x';
    text[4096 * 4] = '\0';
    wanted.lines_per_s = 64;
    tree_write("app.log", text);
    open_with(NULL);
    turn();
    (void)input_kit_records(&kit);
    ck_assert_uint_eq(kit.input.metrics.records, 64);
    pass_ms(500);
    ck_assert_uint_eq(kit.input.metrics.records, 64);
    pass_ms(500);
    ck_assert_uint_eq(kit.input.metrics.records, 128);
    pass_ms(1000);
    pass_ms(1000);
    ck_assert_uint_eq(kit.input.metrics.records, 256);
    (void)input_kit_records(&kit);
    mem_free(text);
}
END_TEST

START_TEST(a_rate_of_bytes_is_the_lesser_of_the_inputs_and_the_pods)
{
    char *text = mem_alloc(4096 * 4 + 1);

    memset(text, '\n', 4096 * 4);
    for (size_t i = 0; i < 4096 * 4; i += 2)
        text[i] = 'x';
    text[4096 * 4] = '\0';
    wanted.bytes_per_s = 4096;
    tree_write("app.log", text);
    open_with(NULL);
    self->told.lines.rate_bytes = 1 << 20;
    turn();
    ck_assert_uint_eq(kit.input.metrics.records, 2048);
    pass_ms(1000);
    ck_assert_uint_eq(kit.input.metrics.records, 4096);
    (void)input_kit_records(&kit);
    mem_free(text);
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
    tcase_add_test(tcase, a_rate_of_bytes_is_the_lesser_of_the_inputs_and_the_pods);
    suite_add_tcase(suite, tcase);
    return suite;
}
