#include "base/memory.h"
#include "scenario/pipeline/cloud.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>

/* From files to CloudWatch Logs, by a service that keeps its rules. */

#define ONE_STREAM SERVICE TAIL CLOUD_OUTPUT " Log_Stream_Name s\n"
#define MAKES " Auto_Create_Group On\n Log_Retention_Days 7\n"
#define GO_OUTPUT                                               \
    "[OUTPUT]\n Name cloudwatch\n Match *\n Region eu-west-1\n" \
    " Endpoint http://127.0.0.1:${CLOUD}\n Log_Key log\n Log_Group_Name /$(tag)/logs\n"

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

static void expect_taken(const char *lines)
{
    ck_assert_str_eq(buffer_text(&cloud.taken), lines);
}

static void expect_calls(const char *calls)
{
    ck_assert_str_eq(buffer_text(&cloud.calls), calls);
}

START_TEST(a_stream_that_is_not_there_is_made_and_every_line_arrives_once)
{
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "one\ntwo \"2\"\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    expect_taken("s: one\ns: two \"2\"\n");
    expect_calls("PutLogEvents CreateLogStream PutLogEvents ");
    kit_expect_bookmark(k, "app.log", 12);
    kit_append(k, "app.log", "three\n");
    kit_pass_ms(k, 2000);
    expect_calls("PutLogEvents CreateLogStream PutLogEvents PutLogEvents ");
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
}
END_TEST

START_TEST(a_group_that_is_not_there_is_made_with_its_retention)
{
    cloud.has_group = false;
    kit_run(k, ONE_STREAM MAKES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    expect_calls("PutLogEvents CreateLogStream CreateLogGroup PutRetentionPolicy CreateLogStream "
                 "PutLogEvents ");
    expect_taken("s: one\n");
    ck_assert_int_eq(cloud.days, 7);
}
END_TEST

START_TEST(a_retention_that_may_not_be_set_keeps_no_event_back)
{
    log_level_set(LOG_ERROR);
    cloud.has_group = false;
    cloud.has_no_retention = true;
    kit_run(k, ONE_STREAM MAKES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 3000);
    log_level_set(LOG_OFF);
    expect_taken("s: one\n");
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "/app/logs keeps its events for ever"));
    ck_assert_ptr_nonnull(strstr(log_recent(1), "\"Action\":\"logs:PutRetentionPolicy\""));
}
END_TEST

START_TEST(a_group_that_goes_away_under_way_is_made_again)
{
    kit_run(k, ONE_STREAM MAKES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    cloud_forget(&cloud);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    expect_taken("s: one\ns: two\n");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(a_group_is_made_again_with_all_that_it_had)
{
    static const char made[] =
        "{\"logGroupName\":\"/app/logs\",\"kmsKeyId\":\"arn:aws:kms:k\","
        "\"tags\":{\"team\":\"shop\"},\"logGroupClass\":\"INFREQUENT_ACCESS\"}";

    cloud.has_group = false;
    kit_run(k, ONE_STREAM MAKES " New_Log_Group_Tags team=shop\n Log_Group_Kms_Key arn:aws:kms:k\n"
                                " Log_Group_Class INFREQUENT_ACCESS\n");
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    ck_assert_str_eq(buffer_text(&cloud.made), made);
    cloud_forget(&cloud);
    buffer_clear(&cloud.made);
    cloud.days = 0;
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    expect_taken("s: one\ns: two\n");
    ck_assert_str_eq(buffer_text(&cloud.made), made);
    ck_assert_int_eq(cloud.days, 7);
}
END_TEST

START_TEST(the_go_plugins_templates_name_groups_and_streams)
{
    cloud.has_group = false;
    kit_run(k, SERVICE TAIL GO_OUTPUT MAKES " Log_Stream_Name $(log)\n New_Log_Group_Tags a=1,b\n");
    kit_append(k, "app.log", "one\ntwo:2\none\n");
    kit_pass_ms(k, 3000);
    ck_assert_str_eq(buffer_text(&cloud.made),
                     "{\"logGroupName\":\"/app/logs\",\"tags\":{\"a\":\"1\",\"b\":\"\"}}");
    expect_taken("one: one\none: one\ntwo.2: two:2\n");
    kit_expect_bookmark(k, "app.log", 14);
}
END_TEST

START_TEST(a_stream_that_may_not_be_made_is_waited_for)
{
    int64_t since_ns;

    kit_run(k, SERVICE TAIL GO_OUTPUT " Log_Stream_Name s\n Auto_Create_Stream Off\n");
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 5000);
    ck_assert_ptr_nonnull(
        strstr(output_trouble(pipeline_output(k->pipeline, 0), &since_ns), "auto_create_stream"));
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_pass_ms(k, 5000);
    expect_taken("s: one\n");
    ck_assert_ptr_null(strstr(buffer_text(&cloud.calls), "CreateLogStream"));
}
END_TEST

START_TEST(without_leave_to_make_the_group_it_is_waited_for)
{
    int64_t since_ns;

    cloud.has_group = false;
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 5000);
    expect_taken("");
    ck_assert_ptr_nonnull(
        strstr(output_trouble(pipeline_output(k->pipeline, 0), &since_ns), "auto_create_group"));
    cloud.has_group = true;
    kit_pass_ms(k, 5000);
    expect_taken("s: one\n");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(throttling_slows_down_and_loses_nothing)
{
    kit_run(k, ONE_STREAM " Retry_Limit 1\n");
    cloud.throttled = 6;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 30000);
    expect_taken("s: one\n");
    ck_assert_uint_eq(kit_counts(k, 0)->given_up_records, 0);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

static unsigned calls_of(const char *call)
{
    unsigned count = 0;

    for (const char *at = buffer_text(&cloud.calls); (at = strstr(at, call)) != NULL; at++)
        count++;
    return count;
}

START_TEST(one_stream_that_is_throttled_holds_the_others_too)
{
    char name[16];

    kit_run(k, CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n");
    cloud.throttled = 1000;
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        kit_append(k, name, "one\n");
    }
    kit_pass_ms(k, 5000);
    ck_assert_uint_ge(calls_of("PutLogEvents"), 3);
    ck_assert_uint_le(calls_of("PutLogEvents"), 10); /* 100, 200, 400, 800 ms: no more than a few */
    cloud.throttled = 0;
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 20);
    ck_assert_uint_eq(kit_counts(k, 0)->given_up_records, 0);
}
END_TEST

START_TEST(streams_are_made_no_faster_than_the_service_takes_it)
{
    char name[16];

    kit_run(k, CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n Workers 4\n");
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        kit_append(k, name, "one\n");
    }
    kit_pass_ms(k, 1200);
    kit_quiet(k);
    ck_assert_uint_le(calls_of("CreateLogStream"), 26);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 40);
    ck_assert_uint_eq(calls_of("CreateLogStream"), 40);
    ck_assert_uint_eq(calls_of("PutLogEvents"), 80);
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
}
END_TEST

/* 800 kB of each of two pods in turn, in one flush: chunks of half a mebibyte had both. */
START_TEST(what_comes_for_one_stream_in_a_flush_shares_its_calls)
{
    char *lines = mem_zalloc(40001, 1);

    memset(lines, 'x', 40000);
    for (int i = 99; i < 40000; i += 100)
        lines[i] = '\n';
    kit_run(k, CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n");
    kit_append(k, "a.log", lines);
    kit_append(k, "b.log", lines);
    kit_pass_ms(k, 3000);
    buffer_clear(&cloud.calls);
    for (int i = 0; i < 20; i++) {
        kit_append(k, "a.log", lines);
        kit_append(k, "b.log", lines);
        kit_pass_ms(k, 10);
    }
    kit_pass_ms(k, 3000);
    kit_expect_bookmark(k, "a.log", 840000);
    kit_expect_bookmark(k, "b.log", 840000);
    ck_assert_uint_le(calls_of("PutLogEvents"), 4);
    mem_free(lines);
}
END_TEST

START_TEST(a_hundred_pods_are_a_hundred_calls_in_a_flush_and_fewer_in_shared_streams)
{
    static const struct {
        const char *config;
        unsigned calls;
    } ways[] = {{CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n", 100},
                {CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n Log_Stream_Max 1\n", 1}};
    char name[16];

    kit_run(k, ways[_i].config);
    for (int round = 0; round < 2; round++) {
        buffer_clear(&cloud.calls);
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "%d.log", i);
            kit_append(k, name, "one\ntwo\n");
        }
        kit_pass_ms(k, 5000);
    }
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 400);
    ck_assert_uint_eq(calls_of("PutLogEvents"), ways[_i].calls);
    ck_assert_uint_eq(cloud.streams.count, ways[_i].calls);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 400);
}
END_TEST

START_TEST(each_file_has_its_stream)
{
    kit_run(k, CLOUD_BY_FILE CLOUD_OUTPUT " Log_Stream_Prefix node-\n");
    kit_append(k, "a.log", "one\n");
    kit_append(k, "b.log", "two\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(cloud.streams.count, 2);
    ck_assert_ptr_nonnull(strstr(buffer_text(&cloud.taken), "a.log: one\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&cloud.taken), "b.log: two\n"));
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 2);
    kit_expect_bookmark(k, "a.log", 4);
    kit_expect_bookmark(k, "b.log", 4);
}
END_TEST

START_TEST(a_service_that_reads_no_gzip_gets_none_from_then_on)
{
    char *line = mem_format("%0300d\n", 0);

    cloud.has_no_gzip = true;
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 2000);
    kit_expect_bookmark(k, "app.log", 301);
    buffer_clear(&cloud.calls);
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 2000);
    expect_calls("PutLogEvents ");
    kit_expect_bookmark(k, "app.log", 602);
    mem_free(line);
}
END_TEST

START_TEST(a_signature_that_is_refused_without_gzip_too_says_nothing_of_gzip)
{
    char *line = mem_format("%0300d\n", 0);

    cloud.has_no_trust = true;
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 3000);
    kit_expect_bookmark(k, "app.log", 0);
    cloud.has_no_trust = false;
    kit_pass_ms(k, 5000);
    kit_expect_bookmark(k, "app.log", 301);
    ck_assert_str_eq(
        kit_request_header(kit_server_request(cloud.server, kit_server_requests(cloud.server) - 1),
                           "Content-Encoding"),
        "gzip");
    mem_free(line);
}
END_TEST

START_TEST(events_that_the_service_rejects_are_set_aside_and_the_rest_is_delivered)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    cloud.refused_events = 1;
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 2000);
    expect_taken("s: two\n");
    ck_assert_uint_eq(kit_counts(k, 0)->set_aside_records, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 1);
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

/* The one place where events double: they were taken, and nobody said so. */
START_TEST(a_lost_answer_doubles_the_one_call_and_is_counted)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    cloud.lost = 1;
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 5000);
    expect_taken("s: one\ns: two\ns: one\ns: two\n");
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, 2);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 2);
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(and_so_it_does_on_a_connection_that_was_used_before)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "zero\n");
    kit_pass_ms(k, 2000);
    cloud.lost = 1;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 5000);
    expect_taken("s: zero\ns: one\ns: one\n");
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, 1);
    kit_expect_bookmark(k, "app.log", 9);
}
END_TEST

/* No event was in it. */
START_TEST(a_call_that_makes_a_stream_doubles_nothing_and_counts_none)
{
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "zero\n");
    kit_pass_ms(k, 500);
    cloud.lost_makes = 2;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 8000);
    ck_assert_uint_eq(cloud_taken(&cloud), 2);
    ck_assert_uint_eq(cloud.lost_makes, 0);
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, 0);
}
END_TEST

START_TEST(a_clock_that_is_twenty_minutes_off_is_corrected_and_said_once)
{
    bool is_late = _i == 0;
    uint64_t before;

    map_put(&cloud.streams, SLICE("s"), &cloud);
    cloud.ahead_s = is_late ? 1200 : -1200;
    kit_append(k, "app.log", "");
    kit_run(k, ONE_STREAM);
    log_level_set(LOG_WARN);
    before = log_count(LOG_WARN);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 3000);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 3000);
    expect_taken("s: one\ns: two\n");
    expect_calls("PutLogEvents PutLogEvents PutLogEvents ");
    log_level_set(LOG_OFF);
    ck_assert_uint_eq(log_count(LOG_WARN) - before, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), is_late ? "is off by -1200 seconds, by AWS's Date"
                                                        : "is off by 1200 seconds, by AWS's Date"));
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
}
END_TEST

START_TEST(an_empty_message_is_set_aside_and_the_reason_is_said)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, ONE_STREAM);
    log_level_set(LOG_WARN);
    kit_append(k, "app.log", "one\n\ntwo\n");
    kit_pass_ms(k, 2000);
    log_level_set(LOG_OFF);
    expect_taken("s: one\ns: two\n");
    ck_assert_ptr_nonnull(strstr(log_recent(0), "1 records were set aside: "));
    ck_assert_ptr_nonnull(strstr(log_recent(0), "; the first: "));
    ck_assert_ptr_nonnull(strstr(log_recent(0), "empty"));
    kit_expect_bookmark(k, "app.log", 9);
}
END_TEST

START_TEST(a_success_without_a_request_id_is_none)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    cloud.has_no_id = true;
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 0);
    kit_expect_bookmark(k, "app.log", 0);
    cloud.has_no_id = false;
    kit_pass_ms(k, 5000);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(a_message_that_is_too_long_for_one_call_goes_in_parts)
{
    size_t len = 2500000;
    char *line = mem_zalloc(len + 8, 1);

    memset(line, 'x', len);
    memcpy(line + len, "\ntwo\n", 6);
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, SERVICE TAIL " Buffer_Max_Size 4M\n" CLOUD_OUTPUT " Log_Stream_Name s\n");
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 3000);
    kit_expect_bookmark(k, "app.log", len + 5);
    ck_assert_ptr_nonnull(strstr(buffer_text(&cloud.taken), "s: [part 1/3 of "));
    ck_assert_ptr_nonnull(strstr(buffer_text(&cloud.taken), "s: [part 3/3 of "));
    ck_assert_ptr_nonnull(strstr(buffer_text(&cloud.taken), "s: two\n"));
    ck_assert_uint_le(cloud.largest, 1048576);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 2);
    mem_free(line);
}
END_TEST

/* CloudWatch would find no metrics in its parts. */
START_TEST(a_document_of_metrics_that_is_too_long_is_no_ones_part)
{
    static const char begin[] = "{\"_aws\":{\"CloudWatchMetrics\":[]},\"x\":\"";
    size_t len = 1100000;
    char *line = mem_zalloc(len + 8, 1);

    memset(line, 'x', len);
    memcpy(line, begin, sizeof begin - 1);
    memcpy(line + len - 2, "\"}\ntwo\n", 7);
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, SERVICE TAIL " Buffer_Max_Size 4M\n" CLOUD_OUTPUT
                            " Log_Stream_Name s\n Log_Format json/emf\n");
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 3000);
    expect_taken("s: two\n");
    ck_assert_uint_eq(kit_counts(k, 0)->set_aside_records, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 1);
    kit_expect_bookmark(k, "app.log", len + 5);
    mem_free(line);
}
END_TEST

START_TEST(what_was_not_acknowledged_is_sent_after_a_restart)
{
    map_put(&cloud.streams, SLICE("s"), &cloud);
    kit_run(k, ONE_STREAM);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    cloud.throttled = 1000;
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    kit_stop(k);
    cloud.throttled = 0;
    kit_run_again(k);
    kit_pass_ms(k, 20000); /* how long one that is throttled waits is drawn by lot */
    expect_taken("s: one\ns: two\n");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

Suite *suite_pipeline_cloudwatch(void);

Suite *suite_pipeline_cloudwatch(void)
{
    Suite *suite = suite_create("pipeline_cloudwatch");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_stream_that_is_not_there_is_made_and_every_line_arrives_once);
    tcase_add_test(tests, a_group_that_is_not_there_is_made_with_its_retention);
    tcase_add_test(tests, a_retention_that_may_not_be_set_keeps_no_event_back);
    tcase_add_test(tests, a_group_that_goes_away_under_way_is_made_again);
    tcase_add_test(tests, a_group_is_made_again_with_all_that_it_had);
    tcase_add_test(tests, the_go_plugins_templates_name_groups_and_streams);
    tcase_add_test(tests, a_stream_that_may_not_be_made_is_waited_for);
    tcase_add_test(tests, without_leave_to_make_the_group_it_is_waited_for);
    tcase_add_test(tests, throttling_slows_down_and_loses_nothing);
    tcase_add_test(tests, one_stream_that_is_throttled_holds_the_others_too);
    tcase_add_test(tests, streams_are_made_no_faster_than_the_service_takes_it);
    tcase_add_test(tests, what_comes_for_one_stream_in_a_flush_shares_its_calls);
    tcase_add_loop_test(
        tests, a_hundred_pods_are_a_hundred_calls_in_a_flush_and_fewer_in_shared_streams, 0, 2);
    tcase_add_test(tests, each_file_has_its_stream);
    tcase_add_test(tests, a_service_that_reads_no_gzip_gets_none_from_then_on);
    tcase_add_test(tests, a_signature_that_is_refused_without_gzip_too_says_nothing_of_gzip);
    tcase_add_test(tests, events_that_the_service_rejects_are_set_aside_and_the_rest_is_delivered);
    tcase_add_test(tests, a_lost_answer_doubles_the_one_call_and_is_counted);
    tcase_add_test(tests, and_so_it_does_on_a_connection_that_was_used_before);
    tcase_add_test(tests, a_call_that_makes_a_stream_doubles_nothing_and_counts_none);
    tcase_add_loop_test(tests, a_clock_that_is_twenty_minutes_off_is_corrected_and_said_once, 0, 2);
    tcase_add_test(tests, an_empty_message_is_set_aside_and_the_reason_is_said);
    tcase_add_test(tests, a_success_without_a_request_id_is_none);
    tcase_add_test(tests, a_message_that_is_too_long_for_one_call_goes_in_parts);
    tcase_add_test(tests, a_document_of_metrics_that_is_too_long_is_no_ones_part);
    tcase_add_test(tests, what_was_not_acknowledged_is_sent_after_a_restart);
    suite_add_tcase(suite, tests);
    return suite;
}
