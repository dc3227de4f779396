#include "kit/barrier.h"
#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_tail/tail.h"

#include <check.h>

/* Files whose filters are not ready for them. */

extern const struct input_plugin in_tail;

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;
static struct barrier barrier;

static void file_look(const struct filter_run *run)
{
    ck_assert(run->origin != NULL && run->json != NULL);
    ck_assert_str_eq(origin_file(run->origin), tree_path("app.log"));
    ck_assert_str_eq(origin_real_file(run->origin), tree_path("app.log"));
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    barrier_set_up(&barrier, kit.chain);
    barrier.look = file_look;
    tree_plant();
    tree_write("app.log", "one\n");
    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options,
                       (const char *[]){"path", tree_path("app.log"), "read_from_head", "on",
                                        "inotify_watcher", "off", NULL});
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
}

static void tear_down(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    ck_assert(list_is_empty(&barrier.waiters));
    input_kit_fini(&kit);
    plugin_gone(&plugin, self);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

static void turn(void)
{
    loop_turn(kit.loop, false);
    loop_turn(kit.loop, false);
}

START_TEST(a_file_is_not_read_before_its_filter_is_ready)
{
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    ck_assert_uint_eq(barrier.asked, 1);
    barrier_wake(&barrier);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    ck_assert_uint_eq(barrier.asked, 2);
    barrier.is_open = true;
    barrier_wake(&barrier);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 100.000000000 {\"log\":\"one\"}\n");
    ck_assert_uint_eq(barrier.asked, 3);
}
END_TEST

START_TEST(it_is_read_when_its_time_is_over_although_it_asked_again)
{
    turn();
    clock_advance_ms(BARRIER_WAIT_MS - 1);
    barrier_wake(&barrier);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    clock_advance_ms(1);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 105.000000000 {\"log\":\"one\"}\n");
    ck_assert(list_is_empty(&barrier.waiters));
}
END_TEST

START_TEST(what_it_waits_for_now_may_take_less_long)
{
    turn();
    clock_advance_ms(1000);
    barrier.wait_ms = 2000;
    barrier_wake(&barrier);
    turn();
    clock_advance_ms(1999);
    barrier_wake(&barrier);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    clock_advance_ms(1);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 103.000000000 {\"log\":\"one\"}\n");
    ck_assert(list_is_empty(&barrier.waiters));
}
END_TEST

START_TEST(a_file_that_waits_less_long_while_the_tail_stops_is_let_be)
{
    turn();
    in_tail.stop(self);
    barrier.wait_ms = 2000;
    barrier_wake(&barrier);
}
END_TEST

START_TEST(one_that_is_closed_waits_for_nobody)
{
    turn();
    ck_assert(!list_is_empty(&barrier.waiters));
}
END_TEST

Suite *suite_plugins_in_tail_ready(void);

Suite *suite_plugins_in_tail_ready(void)
{
    Suite *suite = suite_create("plugins/in_tail_ready");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_file_is_not_read_before_its_filter_is_ready);
    tcase_add_test(tcase, it_is_read_when_its_time_is_over_although_it_asked_again);
    tcase_add_test(tcase, what_it_waits_for_now_may_take_less_long);
    tcase_add_test(tcase, a_file_that_waits_less_long_while_the_tail_stops_is_let_be);
    tcase_add_test(tcase, one_that_is_closed_waits_for_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
