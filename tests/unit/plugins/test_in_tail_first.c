#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_tail/tail.h"

#include <check.h>

/* A file whose first read waits. */

#define POLL_MS 2000
#define RECORD_ONE "app 100.000000000 {\"log\":\"one\"}\n"

extern const struct input_plugin in_tail;

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    tree_plant();
    tree_write("app.log", "one\n");
}

static void tear_down(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    input_kit_fini(&kit);
    plugin_gone(&plugin, self);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

/* The file is open, and nothing of it was read. */
static struct tail_file *start(const char *exit_on_eof)
{
    const char *const options[] = {"path",
                                   tree_path("app.log"),
                                   "read_from_head",
                                   "on",
                                   "exit_on_eof",
                                   exit_on_eof,
                                   "rotate_wait",
                                   "1s",
                                   "inotify_watcher",
                                   "off",
                                   "watcher_interval",
                                   "2s",
                                   "refresh_interval",
                                   "2",
                                   NULL};

    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options, options);
    ck_assert_int_eq(plugin.status, 0);
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
    ck_assert(!list_is_empty(&self->files));
    return CONTAINER_OF(self->files.next, struct tail_file, link);
}

static void turn(void)
{
    loop_turn(kit.loop, false);
    loop_turn(kit.loop, false);
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    turn();
}

START_TEST(it_is_read_when_it_is_woken)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    turn();
    tree_append("app.log", "two\n");
    pass_ms(POLL_MS);
    ck_assert_str_eq(input_kit_records(&kit), "");
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 102.000000000 {\"log\":\"one\"}\n"
                                              "app 102.000000000 {\"log\":\"two\"}\n");
}
END_TEST

START_TEST(it_waits_for_every_reason)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    tail_file_wait(f, TAIL_WAIT_ROW, 0);
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    tail_file_wake(f, TAIL_WAIT_ROW);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), RECORD_ONE);
    ck_assert_uint_eq(self->first_wait_count, 0);
}
END_TEST

/* Looks in between, here the file's own events, do not end it early. */
START_TEST(a_reason_that_has_a_time_is_over_by_itself)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 5000);
    for (unsigned second = 0; second < 4; second++) {
        tail_file_touch(f);
        pass_ms(1000);
        ck_assert_str_eq(input_kit_records(&kit), "");
    }
    pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&kit), "app 105.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(the_time_of_one_reason_is_not_that_of_another)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 1000);
    tail_file_wait(f, TAIL_WAIT_ROW, 0);
    pass_ms(10000);
    ck_assert_str_eq(input_kit_records(&kit), "");
    tail_file_wake(f, TAIL_WAIT_ROW);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 110.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(what_was_deleted_meanwhile_is_read_whole)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    tree_remove("app.log");
    for (unsigned second = 0; second < 10; second++)
        pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&kit), "");
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "app 110.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(exit_on_eof_waits_for_it)
{
    struct tail_file *f = start("on");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    pass_ms(POLL_MS);
    ck_assert_uint_eq(kit.exit_count, 0);
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_uint_eq(kit.exit_count, 1);
    ck_assert_str_eq(input_kit_records(&kit), "app 102.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(one_that_is_closed_waits_no_more)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 1000);
    tail_file_close(f);
    ck_assert_uint_eq(self->first_wait_count, 0);
    pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&kit), "");
}
END_TEST

START_TEST(waking_for_nothing_is_nothing)
{
    struct tail_file *f = start("off");

    tail_file_wake(f, TAIL_WAIT_ROW | TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), RECORD_ONE);
}
END_TEST

Suite *suite_plugins_in_tail_first(void);
Suite *suite_plugins_in_tail_first(void)
{
    Suite *suite = suite_create("plugins/in_tail_first");
    TCase *t = tcase_create("a file whose first read waits");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, it_is_read_when_it_is_woken);
    tcase_add_test(t, it_waits_for_every_reason);
    tcase_add_test(t, a_reason_that_has_a_time_is_over_by_itself);
    tcase_add_test(t, the_time_of_one_reason_is_not_that_of_another);
    tcase_add_test(t, what_was_deleted_meanwhile_is_read_whole);
    tcase_add_test(t, exit_on_eof_waits_for_it);
    tcase_add_test(t, one_that_is_closed_waits_no_more);
    tcase_add_test(t, waking_for_nothing_is_nothing);
    suite_add_tcase(suite, t);
    return suite;
}
