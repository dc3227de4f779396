#include "output/pace.h"
#include "scenario/pipeline/cloud.h"
#include "scenario/pipeline/kit.h"

#include <check.h>
#include <stdio.h>

/* How fast calls come to CloudWatch Logs: from several streams, chunks and outputs. */

#define NO_PARCELS "[OUTPUT]\n Name null\n Match *\n"

static struct kit *k;
static struct cloud cloud;

static void set_up(void)
{
    k = cloud_open(&cloud);
}

static void tear_down(void)
{
    cloud_close(&cloud, &k);
}

static void append_to(int from, int to)
{
    char name[16];

    for (int i = from; i < to; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        kit_append(k, name, "one\n");
    }
}

/* Streams are there, and nothing was throttled yet. */
static void run_warm(const char *config, int files)
{
    kit_run(k, config);
    append_to(0, files);
    kit_pass_ms(k, 10000);
    cloud.puts = cloud.makes = (struct cloud_times){0};
}

START_TEST(a_chunk_of_many_streams_makes_no_call_while_there_is_a_hold)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n" NO_PARCELS, 20);
    append_to(0, 20);
    cloud.throttled = 3;
    kit_pass_ms(k, 30000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 40);
    ck_assert_uint_eq(cloud.puts.count, 23);
    ck_assert_uint_ge(cloud_shortest_hold_ms(&cloud.puts, 1), 50);
}
END_TEST

START_TEST(what_one_output_is_told_holds_the_others_at_once)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix a-\n" CLOUD_OUTPUT
                                        " Log_Stream_Prefix b-\n" CLOUD_OUTPUT
                                        " Log_Stream_Prefix c-\n",
             10);
    append_to(0, 10);
    cloud.throttled = 4;
    kit_pass_ms(k, 30000);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(kit_counts(k, i)->proc_records, 20);
    ck_assert_uint_ge(cloud_shortest_hold_ms(&cloud.puts, 3), 50);
}
END_TEST

/* Eight are under way at once, and each of them is told: that is one hold, and no row. */
START_TEST(behind_a_hold_calls_do_not_start_together)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix a-\n Workers 8\n", 40);
    append_to(0, 40);
    cloud.throttled = 8;
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 80);
    for (unsigned i = 8; i + 1 < cloud.puts.count; i++)
        ck_assert_uint_ge(cloud.puts.ms[i + 1] - cloud.puts.ms[i], 20);
}
END_TEST

START_TEST(no_second_has_more_calls_than_are_told)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT
             " Log_Stream_Prefix a-\n Workers 4\n Calls_Per_Second 5\n" CLOUD_OUTPUT
             " Log_Stream_Prefix b-\n" NO_PARCELS,
             10);
    append_to(0, 10);
    kit_pass_ms(k, 4000);
    append_to(0, 10);
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 30);
    ck_assert_uint_eq(kit_counts(k, 1)->proc_records, 30);
    ck_assert_uint_eq(cloud_most_in_a_second(&cloud.puts), 5);
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
    ck_assert_uint_eq(kit_counts(k, 0)->retries, 0);
}
END_TEST

START_TEST(no_second_has_more_streams_made_than_the_service_takes_also_behind_a_hold)
{
    kit_run(k, CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix a-\n Workers 4\n");
    append_to(0, 80);
    kit_pass_ms(k, 1300);
    cloud.throttled = 5;
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 80);
    ck_assert_uint_le(cloud_most_in_a_second(&cloud.makes), 50);
}
END_TEST

START_TEST(a_long_hold_keeps_nobody_from_stopping_and_nothing_is_lost)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix a-\n", 10);
    cloud.throttled = 14;
    append_to(0, 10);
    kit_pass_ms(k, 60000);
    ck_assert_uint_le(kit_stop(k), 6000);
    cloud.throttled = 0;
    kit_run_again(k);
    kit_pass_ms(k, PACE_HOLD_MS_MAX + 10000);
    ck_assert_uint_eq(cloud_taken(&cloud), 20);
}
END_TEST

/* Six times throttled: a gap of 20 ms that was made half as long again five times. */
START_TEST(what_throttling_taught_is_known_when_the_configuration_is_read_again)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix a-\n", 10);
    for (int i = 0; i < 6; i++) {
        cloud.throttled = 1;
        append_to(0, 2);
        kit_pass_ms(k, 3000);
    }
    ck_assert_uint_le(kit_stop(k), 6000);
    kit_run_again(k);
    cloud.puts = (struct cloud_times){0};
    append_to(0, 10);
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(cloud.puts.count, 10);
    for (unsigned i = 0; i + 1 < cloud.puts.count; i++)
        ck_assert_uint_ge(cloud.puts.ms[i + 1] - cloud.puts.ms[i], 100);
}
END_TEST

/* They were read again by then. */
START_TEST(what_waits_for_its_turn_is_let_go_of_when_the_configuration_is_read_again)
{
    run_warm(CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix a-\n Calls_Per_Second 1\n" NO_PARCELS,
             3);
    append_to(0, 3);
    kit_pass_ms(k, 1500);
    ck_assert_uint_le(kit_stop(k), 6000);
    kit_run_again(k);
    kit_pass_ms(k, 10000);
    ck_assert_uint_le(cloud_most_in_a_second(&cloud.puts), 1);
    ck_assert_uint_ge(cloud.puts.count, 3);
}
END_TEST

Suite *suite_pipeline_cloudwatch_pace(void);

Suite *suite_pipeline_cloudwatch_pace(void)
{
    Suite *suite = suite_create("pipeline_cloudwatch_pace");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_chunk_of_many_streams_makes_no_call_while_there_is_a_hold);
    tcase_add_test(tests, what_one_output_is_told_holds_the_others_at_once);
    tcase_add_test(tests, behind_a_hold_calls_do_not_start_together);
    tcase_add_test(tests, no_second_has_more_calls_than_are_told);
    tcase_add_test(tests,
                   no_second_has_more_streams_made_than_the_service_takes_also_behind_a_hold);
    tcase_add_test(tests, a_long_hold_keeps_nobody_from_stopping_and_nothing_is_lost);
    tcase_add_test(tests,
                   what_waits_for_its_turn_is_let_go_of_when_the_configuration_is_read_again);
    tcase_add_test(tests, what_throttling_taught_is_known_when_the_configuration_is_read_again);
    suite_add_tcase(suite, tests);
    return suite;
}
