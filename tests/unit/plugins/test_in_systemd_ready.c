#include "kit/barrier.h"
#include "kit/fake_journal.h"
#include "kit/intake.h"
#include "kit/plugin.h"

#include <check.h>

/* A journal whose filter does not know yet what it adds. */

extern const struct input_plugin in_systemd;

static struct plugin_kit plugin;
static struct input_kit kit;
static void *self;
static struct barrier barrier;

static void tag_look(const struct filter_run *run)
{
    ck_assert(slice_is(run->origin->tag, "host.*"));
}

static void write_entry(const char *field)
{
    fake_journal_write((const char *const[]){field, NULL});
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    fake_journal_open();
    input_kit_init(&kit, "host.*");
    barrier_set_up(&barrier, kit.chain);
    barrier.look = tag_look;
    write_entry("A=1");
    self = plugin_make(&plugin, in_systemd.self_bytes, in_systemd.options,
                       (const char *const[]){NULL});
    ck_assert_int_eq(in_systemd.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_systemd.start(self, &kit.input, &plugin.report), 0);
}

static void tear_down(void)
{
    in_systemd.stop(self);
    in_systemd.fini(self);
    ck_assert(list_is_empty(&barrier.waiters));
    input_kit_fini(&kit);
    plugin_gone(&plugin, self);
    fake_journal_close();
    clock_real();
    log_level_set(LOG_INFO);
}

static void turn(void)
{
    loop_turn(kit.loop, false);
    loop_turn(kit.loop, false);
}

static void expect_entries(const char *first, const char *second)
{
    const char *text = input_kit_records(&kit);

    ck_assert_msg(strstr(text, first) != NULL && strstr(text, second) != NULL, "%s", text);
}

START_TEST(no_entry_is_read_before_the_filter_is_ready)
{
    turn();
    barrier_wake(&barrier);
    write_entry("A=2");
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    ck_assert_uint_eq(barrier.asked, 2);
    barrier.is_open = true;
    barrier_wake(&barrier);
    turn();
    expect_entries("{\"A\":\"1\"}", "{\"A\":\"2\"}");
    ck_assert_uint_eq(barrier.asked, 3);
}
END_TEST

START_TEST(they_are_read_when_the_time_is_over_although_it_asked_again)
{
    turn();
    clock_advance_ms(BARRIER_WAIT_MS - 1);
    barrier_wake(&barrier);
    turn();
    ck_assert_str_eq(input_kit_records(&kit), "");
    clock_advance_ms(1);
    turn();
    expect_entries("{\"A\":\"1\"}", "host.unknown");
    ck_assert(list_is_empty(&barrier.waiters));
}
END_TEST

START_TEST(a_journal_that_is_closed_waits_for_nobody)
{
    turn();
    ck_assert(!list_is_empty(&barrier.waiters));
}
END_TEST

Suite *suite_plugins_in_systemd_ready(void);

Suite *suite_plugins_in_systemd_ready(void)
{
    Suite *suite = suite_create("plugins/in_systemd_ready");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, no_entry_is_read_before_the_filter_is_ready);
    tcase_add_test(tcase, they_are_read_when_the_time_is_over_although_it_asked_again);
    tcase_add_test(tcase, a_journal_that_is_closed_waits_for_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
