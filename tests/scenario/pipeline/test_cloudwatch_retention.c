#include "base/clock.h"
#include "scenario/pipeline/cloud.h"
#include "scenario/pipeline/kit.h"

#include <check.h>
#include <stdio.h>

/* How long groups of CloudWatch Logs keep events: those that are made, and those that are there. */

#define OUTPUT                                                       \
    "[OUTPUT]\n Name cloudwatch_logs\n Match *\n Region eu-west-1\n" \
    " Endpoint http://127.0.0.1:${CLOUD}\n Log_Key log\n Log_Stream_Name s\n"
#define ONE_GROUP SERVICE TAIL OUTPUT " Log_Group_Name /app/logs\n Log_Retention_Days 7\n"
#define EXISTING " Log_Retention_Existing On\n"
#define MAKES " Auto_Create_Group On\n"

static struct kit *k;
static struct cloud cloud;

static void set_up(void)
{
    k = cloud_open(&cloud);
}

static void tear_down(void)
{
    log_level_set(LOG_OFF);
    cloud_close(&cloud, &k);
}

static void expect_calls(const char *calls)
{
    ck_assert_str_eq(buffer_text(&cloud.calls), calls);
}

static void pass(const char *line)
{
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 2000);
}

/* Who set another one would lose events that he wanted to keep. */
START_TEST(a_group_that_is_there_keeps_its_retention)
{
    kit_run(k, ONE_GROUP MAKES);
    pass("one\n");
    expect_calls("PutLogEvents CreateLogStream PutLogEvents ");
    ck_assert_int_eq(cloud.days, 0);
}
END_TEST

START_TEST(where_it_is_told_a_group_that_is_there_gets_it_once)
{
    kit_run(k, ONE_GROUP EXISTING);
    pass("one\n");
    pass("two\n");
    expect_calls("PutRetentionPolicy PutLogEvents CreateLogStream PutLogEvents PutLogEvents ");
    ck_assert_int_eq(cloud.days, 7);
    ck_assert_uint_eq(cloud_taken(&cloud), 2);
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
}
END_TEST

/* As one that was made, and the agent ended before its retention was set. */
START_TEST(and_once_more_behind_a_restart)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, ONE_GROUP EXISTING);
    pass("one\n");
    kit_stop(k);
    cloud.days = 0;
    kit_run_again(k);
    pass("two\n");
    expect_calls("PutRetentionPolicy PutLogEvents PutRetentionPolicy PutLogEvents ");
    ck_assert_int_eq(cloud.days, 7);
}
END_TEST

START_TEST(a_group_that_is_not_there_is_made_for_it)
{
    cloud.has_group = false;
    kit_run(k, ONE_GROUP EXISTING MAKES);
    pass("one\n");
    expect_calls(
        "PutRetentionPolicy CreateLogGroup PutRetentionPolicy CreateLogStream PutLogEvents ");
    ck_assert_int_eq(cloud.days, 7);
    cloud_forget(&cloud);
    cloud.days = 0;
    pass("two\n");
    ck_assert_int_eq(cloud.days, 7);
    ck_assert_uint_eq(cloud_taken(&cloud), 2);
}
END_TEST

START_TEST(without_leave_to_make_it_the_group_is_waited_for)
{
    int64_t since_ns;

    cloud.has_group = false;
    kit_run(k, ONE_GROUP EXISTING);
    pass("one\n");
    ck_assert_ptr_nonnull(
        strstr(output_trouble(pipeline_output(k->pipeline, 0), &since_ns), "auto_create_group"));
    cloud.has_group = true;
    kit_pass_ms(k, 5000);
    pass("two\n");
    ck_assert_uint_eq(cloud_taken(&cloud), 2);
    ck_assert_int_eq(cloud.days, 7);
}
END_TEST

/* A group that was just made may not be seen everywhere at once. */
START_TEST(a_retention_that_does_not_find_the_group_is_set_again)
{
    cloud.has_group = false;
    cloud.unseen = 3;
    kit_run(k, ONE_GROUP MAKES);
    pass("one\n");
    ck_assert_int_eq(cloud.days, 7);
    ck_assert_uint_eq(cloud_taken(&cloud), 1);
}
END_TEST

START_TEST(and_not_for_ever)
{
    cloud.has_group = false;
    cloud.unseen = 1000;
    kit_run(k, ONE_GROUP MAKES);
    pass("one\n");
    ck_assert_int_eq(cloud.days, 0);
    ck_assert_uint_eq(cloud_taken(&cloud), 1);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

/* Its events are worth more. */
static void expect_no_wait(const char *trouble, const char *config)
{
    cloud.retention_trouble = trouble;
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, config);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 10000);
    pass("two\n");
    expect_calls("PutRetentionPolicy PutRetentionPolicy PutRetentionPolicy PutLogEvents "
                 "PutLogEvents ");
    ck_assert_uint_eq(cloud_taken(&cloud), 2);
    ck_assert_uint_eq(kit_counts(k, 0)->given_up_records, 0);
}

START_TEST(for_a_retention_that_is_throttled_events_do_not_wait_long)
{
    expect_no_wait("ThrottlingException", ONE_GROUP EXISTING);
}
END_TEST

START_TEST(nor_for_one_that_the_service_cannot_set_now_and_none_is_given_up_for_it)
{
    expect_no_wait("ServiceUnavailableException", ONE_GROUP EXISTING " Retry_Limit no_retries\n");
}
END_TEST

START_TEST(nor_for_one_of_a_group_that_others_set_too)
{
    expect_no_wait("OperationAbortedException", ONE_GROUP EXISTING " Retry_Limit 1\n");
}
END_TEST

#define BY_GROUP                                                                      \
    SERVICE "[INPUT]\n Name tail\n Tag k.*\n Path ${DIR}/*.log\n Read_from_Head on\n" \
            " DB ${DIR}/state/positions.db\n" OUTPUT                                  \
            " Log_Group_Name none\n Log_Group_Template g-$TAG\n Log_Retention_Days 7\n"

static void append_to(int files)
{
    char name[16];

    for (int i = 0; i < files; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        kit_append(k, name, "one\n");
    }
}

START_TEST(of_many_groups_whose_retention_is_refused_one_is_named_and_the_others_are_counted)
{
    uint64_t before;

    cloud.has_no_retention = cloud.has_all_groups = true;
    kit_run(k, BY_GROUP EXISTING);
    log_level_set(LOG_ERROR);
    before = log_count(LOG_ERROR);
    append_to(20);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(cloud_taken(&cloud), 20);
    ck_assert_uint_eq(log_count(LOG_ERROR) - before, 2);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "keeps its events as long as before"));
    ck_assert_ptr_nonnull(strstr(log_recent(1), "\"Action\":\"logs:PutRetentionPolicy\""));
    kit_stop(k);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "the retention of 19 groups more was refused"));
}
END_TEST

Suite *suite_pipeline_cloudwatch_retention(void);

Suite *suite_pipeline_cloudwatch_retention(void)
{
    Suite *suite = suite_create("pipeline_cloudwatch_retention");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_group_that_is_there_keeps_its_retention);
    tcase_add_test(tests, where_it_is_told_a_group_that_is_there_gets_it_once);
    tcase_add_test(tests, and_once_more_behind_a_restart);
    tcase_add_test(tests, a_group_that_is_not_there_is_made_for_it);
    tcase_add_test(tests, without_leave_to_make_it_the_group_is_waited_for);
    tcase_add_test(tests, a_retention_that_does_not_find_the_group_is_set_again);
    tcase_add_test(tests, and_not_for_ever);
    tcase_add_test(tests, for_a_retention_that_is_throttled_events_do_not_wait_long);
    tcase_add_test(tests, nor_for_one_that_the_service_cannot_set_now_and_none_is_given_up_for_it);
    tcase_add_test(tests, nor_for_one_of_a_group_that_others_set_too);
    tcase_add_test(
        tests, of_many_groups_whose_retention_is_refused_one_is_named_and_the_others_are_counted);
    suite_add_tcase(suite, tests);
    return suite;
}
