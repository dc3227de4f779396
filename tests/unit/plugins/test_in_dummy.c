#include "kit/intake.h"
#include "kit/plugin.h"
#include "plugins/in_dummy/pace.h"

#include <check.h>
#include <errno.h>

extern const struct input_plugin in_dummy;

#define START_NS (INT64_C(100) * NS_PER_S)

static struct plugin_kit plugin;
static struct input_kit kit;
static void *self;

static void set_up(void)
{
    log_level_set(LOG_WARN);
    clock_fake(5000, START_NS);
    input_kit_init(&kit, "dummy.0");
}

static void tear_down(void)
{
    in_dummy.stop(self);
    input_kit_fini(&kit);
    in_dummy.fini(self);
    plugin_gone(&plugin, self);
    clock_real();
}

static void start(const char *const *options)
{
    self = plugin_make(&plugin, in_dummy.self_bytes, in_dummy.options, options);
    ck_assert_int_eq(plugin.status, 0);
    ck_assert_int_eq(in_dummy.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_dummy.start(self, &kit.input, NULL), 0);
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

/* The plugin asks every millisecond in these tests, and the clock says how much is due. */
static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(kit.loop, true);
}

START_TEST(a_sample_comes_for_each_interval)
{
    START("rate", "1000");
    ck_assert_str_eq(input_kit_records(&kit), "");
    pass_ms(2);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.002000000 {\"message\":\"dummy\"}\n"
                                              "dummy.0 100.002000000 {\"message\":\"dummy\"}\n");
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.003000000 {\"message\":\"dummy\"}\n");
    ck_assert_uint_eq(kit.input.metrics.records, 3);
    ck_assert_uint_eq(kit.input.metrics.bytes, 3 * strlen("{\"message\":\"dummy\"}"));
}
END_TEST

START_TEST(several_objects_are_several_records)
{
    START("dummy", " {\"a\":1}\n{\"b\":{\"c\":[]}} {} ", "interval_nsec", "1000000");
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.001000000 {\"a\":1}\n"
                                              "dummy.0 100.001000000 {\"b\":{\"c\":[]}}\n"
                                              "dummy.0 100.001000000 {}\n");
}
END_TEST

START_TEST(copies_and_samples_are_counted)
{
    START("dummy", "{\"a\":1}", "rate", "1000", "copies", "2", "samples", "2");
    pass_ms(10);
    ck_assert_str_eq(input_kit_records(&kit),
                     "dummy.0 100.010000000 {\"a\":1}\ndummy.0 100.010000000 {\"a\":1}\n"
                     "dummy.0 100.010000000 {\"a\":1}\ndummy.0 100.010000000 {\"a\":1}\n");
    clock_advance_ms(10);
    loop_turn(kit.loop, false);
    ck_assert_str_eq(input_kit_records(&kit), "");
}
END_TEST

START_TEST(the_first_sample_may_come_at_once)
{
    START("dummy", "{\"a\":1}", "flush_on_startup", "on");
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.000000000 {\"a\":1}\n");
}
END_TEST

START_TEST(a_start_time_shifts_the_clock)
{
    START("dummy", "{}", "rate", "1000", "start_time_sec", "7", "start_time_nsec", "5");
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 7.001000005 {}\n");
}
END_TEST

START_TEST(a_fixed_time_stands_still)
{
    START("dummy", "{}", "rate", "1000", "start_time_nsec", "5", "fixed_timestamp", "on");
    pass_ms(1);
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 0.000000005 {}\ndummy.0 0.000000005 {}\n");
}
END_TEST

START_TEST(a_time_beyond_time_is_refused)
{
    static const char *const keys[] = {"start_time_sec", "interval_sec"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        void *odd = plugin_make(&plugin, in_dummy.self_bytes, in_dummy.options,
                                (const char *[]){keys[i], "99999999999", NULL});

        ck_assert_int_eq(in_dummy.init(odd, &plugin.setup), -EINVAL);
        ck_assert(plugin_report_says(&plugin, "beyond what time can be"));
        in_dummy.fini(odd);
        plugin_gone(&plugin, odd);
    }
    START("samples", "1");
}
END_TEST

START_TEST(metadata_goes_with_every_record)
{
    START("dummy", "{}", "rate", "1000", "metadata", "{\"m\":1}");
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.001000000 {\"m\":1} {}\n");
}
END_TEST

START_TEST(what_is_no_json_is_replaced_and_told)
{
    START("dummy", "{\"a\":1} nonsense", "metadata", "[]", "rate", "1000");
    ck_assert(plugin_report_says(&plugin, "dummy is not JSON objects"));
    ck_assert(plugin_report_says(&plugin, "metadata is not a JSON object"));
    ck_assert_uint_eq(plugin.report.error_count, 0);
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.001000000 {\"message\":\"dummy\"}\n");
}
END_TEST

START_TEST(it_pauses_while_there_is_no_memory)
{
    kit.is_holding = true;
    kit.budget.limit_bytes = 1;
    START("dummy", "{\"a\":1}", "rate", "1000");
    pass_ms(5);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.005000000 {\"a\":1}\n");
    ck_assert_uint_eq(kit.input.metrics.is_paused, 1);
    clock_advance_ms(50);
    loop_turn(kit.loop, false);
    ck_assert_str_eq(input_kit_records(&kit), "");

    input_kit_settle(&kit);
    ck_assert_uint_eq(kit.input.metrics.is_paused, 0);
    pass_ms(1);
    ck_assert_str_eq(input_kit_records(&kit), "dummy.0 100.056000000 {\"a\":1}\n");
}
END_TEST

START_TEST(stopping_while_paused_is_clean)
{
    kit.is_holding = true;
    kit.budget.limit_bytes = 1;
    START("rate", "1000");
    pass_ms(5);
    ck_assert_uint_eq(kit.input.metrics.is_paused, 1);
}
END_TEST

START_TEST(a_dry_run_makes_nothing)
{
    self = plugin_make(&plugin, in_dummy.self_bytes, in_dummy.options,
                       (const char *const[]){"dummy", "{}{}", NULL});
    ck_assert_int_eq(in_dummy.init(self, &plugin.setup), 0);
    in_dummy.fini(self);
    plugin_gone(&plugin, self);
    options_check(in_dummy.options);
}
END_TEST

/* ---- the pace ---- */

START_TEST(an_interval_comes_before_a_rate)
{
    ck_assert_uint_eq(pace_interval_ns(0, 0, 4), NS_PER_S / 4);
    ck_assert_uint_eq(pace_interval_ns(2, 0, 4), 2 * NS_PER_S);
    ck_assert_uint_eq(pace_interval_ns(2, 5, 4), 2 * NS_PER_S + 5);
    ck_assert_uint_eq(pace_interval_ns(0, 5, 4), 5);
    ck_assert_uint_eq(pace_interval_ns(0, 0, 0), NS_PER_S);
    ck_assert_uint_eq(pace_interval_ns(-1, -1, -1), NS_PER_S);
    ck_assert_uint_eq(pace_interval_ns(0, 0, INT64_MAX), 1);
}
END_TEST

START_TEST(a_pace_that_was_kept_from_running_catches_up_with_a_second)
{
    struct pace pace = {.interval_ns = NS_PER_S / 10};

    pace_start(&pace, 1000);
    ck_assert_uint_eq(pace_due(&pace, 1099), 0);
    ck_assert_uint_eq(pace_due(&pace, 1250), 2);
    ck_assert_uint_eq(pace_due(&pace, 1300), 1);
    ck_assert_uint_eq(pace_due(&pace, 61300), 10);
    ck_assert_uint_eq(pace_due(&pace, 61400), 1);
    pace.interval_ns = 5 * NS_PER_S;
    pace_start(&pace, 0);
    ck_assert_uint_eq(pace_due(&pace, 60000), 1);
    ck_assert_uint_eq(pace_every_ms(&pace), 5000);
}
END_TEST

Suite *suite_plugins_in_dummy(void)
{
    Suite *suite = suite_create("plugins/in_dummy");
    TCase *records = tcase_create("records"), *pace = tcase_create("pace");

    tcase_add_checked_fixture(records, set_up, tear_down);
    tcase_add_test(records, a_sample_comes_for_each_interval);
    tcase_add_test(records, several_objects_are_several_records);
    tcase_add_test(records, copies_and_samples_are_counted);
    tcase_add_test(records, the_first_sample_may_come_at_once);
    tcase_add_test(records, a_start_time_shifts_the_clock);
    tcase_add_test(records, a_fixed_time_stands_still);
    tcase_add_test(records, a_time_beyond_time_is_refused);
    tcase_add_test(records, metadata_goes_with_every_record);
    tcase_add_test(records, what_is_no_json_is_replaced_and_told);
    tcase_add_test(records, it_pauses_while_there_is_no_memory);
    tcase_add_test(records, stopping_while_paused_is_clean);
    suite_add_tcase(suite, records);
    tcase_add_test(pace, an_interval_comes_before_a_rate);
    tcase_add_test(pace, a_pace_that_was_kept_from_running_catches_up_with_a_second);
    tcase_add_test(pace, a_dry_run_makes_nothing);
    suite_add_tcase(suite, pace);
    return suite;
}
