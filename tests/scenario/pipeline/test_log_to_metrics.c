#include "kit/emf.h"
#include "metrics/exposition.h"
#include "metrics/family.h"
#include "scenario/pipeline/cloud.h"
#include "scenario/pipeline/counted.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/* From lines to what is counted of them: on the page of Prometheus, and in CloudWatch. */

#define FILTER                                                                        \
    "[FILTER]\n Name log_to_metrics\n Match app\n Tag metrics\n Metric_Name errors\n" \
    " Metric_Description Lines_with_ERROR.\n Regex log ERROR\n Label_Field log\n"     \
    " Metric_Dimensions log; []\n"
#define TO_CLOUD                                                            \
    "[OUTPUT]\n Name cloudwatch_logs\n Match metrics\n Region eu-west-1\n"  \
    " Log_Group_Name /app/logs\n Log_Stream_Name s\n Log_Format json/emf\n" \
    " Endpoint http://127.0.0.1:${CLOUD}\n Retry_Limit no_limits\n"

static struct kit *k;
static struct cloud cloud;
static struct buffer page;

static void set_up(void)
{
    k = cloud_open(&cloud);
}

static void tear_down(void)
{
    cloud_close(&cloud, &k);
    buffer_fini(&page);
}

/* What the documents of these lines come to, each of which keeps the format. */
static unsigned long sum_in_cloud(const char *line)
{
    struct slice rest = buffer_view(&cloud.taken), document;
    char label[64];
    unsigned long sum = 0;

    snprintf(label, sizeof label, "\"log\":\"%s\"", line);
    while (slice_next(&rest, '\n', &document)) {
        if (document.len == 0)
            continue;
        document = slice_skip(document, 3); /* "s: " */
        emf_expect(document);
        if (memmem(document.data, document.len, label, strlen(label)) != NULL)
            sum += strtoul(strrchr(strndupa(document.data, document.len), ':') + 1, NULL, 10);
    }
    return sum;
}

static void expect_page(const char *part)
{
    struct metrics_facts facts = {.hostname = "n"};

    buffer_clear(&page);
    pipeline_refresh(k->pipeline);
    exposition_write(pipeline_metrics(k->pipeline), &facts, EXPOSITION_V2, &page);
    ck_assert_msg(strstr(buffer_text(&page), part) != NULL, "%s\nlacks %s", buffer_text(&page),
                  part);
}

static const struct filter_metrics *filter(void)
{
    return CONTAINER_OF(pipeline_metrics(k->pipeline)->filters.next, struct filter_metrics, link);
}

START_TEST(what_is_counted_is_shown_and_delivered)
{
    kit_run(k, SERVICE TAIL FILTER TO_CLOUD);
    kit_append(k, "app.log", "ERROR 1\nfine\nERROR 2\nERROR 1\n");
    expect_page("# HELP log_metric_counter_errors Lines_with_ERROR.\n"
                "# TYPE log_metric_counter_errors counter\n"
                "log_metric_counter_errors{log=\"ERROR 1\"} 2\n"
                "log_metric_counter_errors{log=\"ERROR 2\"} 1\n");
    kit_pass_ms(k, 3000);
    kit_append(k, "app.log", "ERROR 1\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 3);
    ck_assert_uint_eq(sum_in_cloud("ERROR 2"), 1);
    ck_assert_uint_eq(filter()->log.documents, 3);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 3);
    expect_page("\nlog_metric_counter_errors{log=\"ERROR 1\"} 3\n");
    expect_page("\nfluentbit_input_records_total{name=\"emitter_for_log_to_metrics.0\"} 3\n");
    expect_page("\nfluentbit_filter_add_records_total{name=\"log_to_metrics.0\"} 3\n");
    expect_page("\ntailrace_filter_series{name=\"log_to_metrics.0\"} 2\n");
}
END_TEST

/* Their tag is nobody's, and their place is kept all the same. */
START_TEST(lines_that_no_output_takes_count)
{
    kit_run(k, SERVICE TAIL FILTER TO_CLOUD);
    kit_append(k, "app.log", "ERROR 1\n");
    kit_pass_ms(k, 3000);
    kit_expect_bookmark(k, "app.log", 8);
    kit_stop(k);
    kit_run_again(k);
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 1);
}
END_TEST

START_TEST(without_an_output_for_the_tag_no_documents_are_made)
{
    kit_run(k, SERVICE TAIL FILTER TO_APP("PORT"));
    kit_append(k, "app.log", "ERROR 1\n");
    kit_pass_ms(k, 3000);
    ck_assert_str_eq(backend_taken(k->es), "ERROR 1 ");
    ck_assert_uint_eq(filter()->log.documents, 0);
    ck_assert_ptr_null(family_news_first(filter()->family));
    expect_page("\nlog_metric_counter_errors{log=\"ERROR 1\"} 1\n");
}
END_TEST

START_TEST(the_interval_is_the_one_that_was_asked_for)
{
    kit_run(k, SERVICE TAIL FILTER
            " Flush_Interval_Sec 60\n Flush_Interval_Nsec 500000000\n" TO_CLOUD);
    for (unsigned i = 0; i < 60; i++) {
        kit_append(k, "app.log", "ERROR 1\n");
        kit_pass_ms(k, 1000);
    }
    ck_assert_uint_eq(filter()->log.documents, 0);
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(filter()->log.documents, 1);
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 60);
}
END_TEST

/* Fewer than there are series: some go now, and the others in the next turns. */
START_TEST(many_series_go_in_several_turns)
{
    struct buffer lines = {0};

    for (unsigned i = 0; i < 1200; i++)
        buffer_append_format(&lines, "ERROR %u\n", i);
    kit_run(k, SERVICE TAIL FILTER TO_CLOUD);
    kit_append(k, "app.log", buffer_text(&lines));
    kit_pass_ms(k, 1100);
    ck_assert_uint_eq(filter()->log.documents, 1200);
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 1200);
    buffer_fini(&lines);
}
END_TEST

START_TEST(filters_do_not_see_what_was_made)
{
    kit_run(k, SERVICE TAIL FILTER "[FILTER]\n Name grep\n Match *\n Exclude log ERROR\n" TO_CLOUD);
    kit_append(k, "app.log", "ERROR 1\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 1);
}
END_TEST

START_TEST(the_last_news_go_out_at_the_end)
{
    kit_run(k, SERVICE TAIL FILTER " Flush_Interval_Sec 3600\n" TO_CLOUD);
    kit_append(k, "app.log", "ERROR 1\nERROR 1\n");
    kit_stop(k);
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 2);
}
END_TEST

/* ---- it does not go well ---- */

/* However long the output waits after it was throttled. */
static void pass_until_delivered(void)
{
    for (unsigned i = 0; i < 60; i++) {
        kit_pass_ms(k, 10000);
        if (family_news_first(filter()->family) == NULL &&
            kit_counts(k, 0)->proc_records == filter()->log.documents)
            return;
    }
    ck_abort_msg("documents are left over");
}

START_TEST(throttling_loses_and_doubles_nothing)
{
    kit_run(k, SERVICE TAIL FILTER TO_CLOUD);
    cloud.throttled = 12;
    for (unsigned i = 0; i < 20; i++) {
        kit_append(k, "app.log", "ERROR 1\nERROR 2\n");
        kit_pass_ms(k, 1000);
    }
    pass_until_delivered();
    ck_assert_uint_eq(cloud.throttled, 0);
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 20);
    ck_assert_uint_eq(sum_in_cloud("ERROR 2"), 20);
}
END_TEST

/* What no document was made of adds up. */
START_TEST(an_output_that_stands_still_makes_no_memory_grow)
{
    kit_run(k, SERVICE TAIL FILTER " Emitter_Mem_Buf_Limit 2K\n" TO_CLOUD);
    cloud.throttled = UINT32_MAX;
    for (unsigned i = 0; i < 40; i++) {
        kit_append(k, "app.log", "ERROR 1\n");
        kit_pass_ms(k, 1000);
    }
    ck_assert_uint_lt(filter()->log.documents, 12);
    ck_assert_uint_lt(pipeline_memory(k->pipeline)->used_bytes, 5000);
    expect_page("\nfluentbit_input_ingestion_paused{name=\"emitter_for_log_to_metrics.0\"} 1\n");
    cloud.throttled = 0;
    pass_until_delivered();
    ck_assert_uint_eq(sum_in_cloud("ERROR 1"), 40);
}
END_TEST

/* ---- what is read again ---- */

START_TEST(lines_that_are_tried_again_count_once)
{
    kit_run(k, SERVICE TAIL COUNTED TO_APP("PORT"));
    backend_answers(k->es, 503, 503, 429, 503);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 30000);
    ck_assert_str_eq(backend_taken(k->es), "one two ");
    ck_assert_uint_eq(counted_lines(), 2);
}
END_TEST

#define LINE_BYTES 4000

/* Half a dozen times the memory: the output falls behind, and all is read again for it. */
START_TEST(lines_that_are_read_again_for_one_output_count_once)
{
    unsigned lines = 0;

    kit_run(k, SERVICE " records_limit 1M\n" TAIL COUNTED TO_APP("PORT") TO_APP("PORT2"));
    backend_down(k->other);
    for (unsigned step = 0; step < 20; step++) {
        struct buffer text = {0};

        for (unsigned i = 0; i < 75; i++)
            buffer_append_format(&text, "%06u-%0*d\n", lines++, LINE_BYTES - 8, 0);
        kit_append(k, "app.log", buffer_text(&text));
        kit_pass_ms(k, 1300);
        buffer_fini(&text);
    }
    pipeline_refresh(k->pipeline);
    ck_assert_uint_eq(kit_counts(k, 2)->is_behind, 1);
    backend_up(k->other);
    kit_pass_ms(k, 30000);
    ck_assert_uint_eq(backend_taken_count(k->other), lines);
    ck_assert_uint_gt(filter()->records, lines);
    ck_assert_uint_eq(counted_lines(), lines);
}
END_TEST

Suite *suite_pipeline_log_to_metrics(void);
Suite *suite_pipeline_log_to_metrics(void)
{
    Suite *suite = suite_create("pipeline/log_to_metrics");
    TCase *counted = tcase_create("counted");
    TCase *trouble = tcase_create("trouble");

    tcase_add_checked_fixture(counted, set_up, tear_down);
    tcase_add_test(counted, what_is_counted_is_shown_and_delivered);
    tcase_add_test(counted, lines_that_no_output_takes_count);
    tcase_add_test(counted, without_an_output_for_the_tag_no_documents_are_made);
    tcase_add_test(counted, the_interval_is_the_one_that_was_asked_for);
    tcase_add_test(counted, many_series_go_in_several_turns);
    tcase_add_test(counted, filters_do_not_see_what_was_made);
    tcase_add_test(counted, the_last_news_go_out_at_the_end);
    tcase_add_checked_fixture(trouble, set_up, tear_down);
    tcase_add_test(trouble, throttling_loses_and_doubles_nothing);
    tcase_add_test(trouble, an_output_that_stands_still_makes_no_memory_grow);
    tcase_add_test(trouble, lines_that_are_tried_again_count_once);
    tcase_add_test(trouble, lines_that_are_read_again_for_one_output_count_once);
    suite_add_tcase(suite, counted);
    suite_add_tcase(suite, trouble);
    return suite;
}
