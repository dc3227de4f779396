#include "base/memory.h"
#include "scenario/pipeline/cloud.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>

/* How many calls CloudWatch Logs gets where records go to other outputs besides: as many as without. */

#define A_STREAM_EACH CLOUD_OUTPUT " Log_Stream_Prefix node-\n"
#define ONE_STREAM CLOUD_OUTPUT " Log_Stream_Prefix node-\n Log_Stream_Max 1\n"
#define NOWHERE "[OUTPUT]\n Name null\n Match *\n"

#define PODS 100

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

/* Streams are there. */
static void run_warm(const char *config, int files)
{
    char name[16];

    kit_run(k, config);
    for (int i = 0; i < files; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        kit_append(k, name, "zero\n");
    }
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(cloud_taken(&cloud), (unsigned)files);
    cloud.puts = cloud.makes = (struct cloud_times){0};
}

static unsigned es_requests(void)
{
    unsigned count = 0;

    while (backend_taken_count(k->es) < PODS * 3)
        (void)backend_next(k->es);
    for (unsigned i = 0; i < k->es->come; i++)
        count += strstr(buffer_text(&k->es->requests[i]), "one") != NULL;
    return count;
}

START_TEST(a_hundred_pods_make_the_calls_of_a_flush_that_they_make_alone)
{
    static const struct {
        const char *config;
        unsigned calls, outputs;
        bool has_es;
    } ways[] = {{CLOUD_BY_FILE A_STREAM_EACH, PODS, 1, false},
                {CLOUD_BY_FILE A_STREAM_EACH NOWHERE, PODS, 2, false},
                {CLOUD_BY_FILE A_STREAM_EACH NOWHERE ES("PORT"), PODS, 3, true},
                {CLOUD_BY_FILE ONE_STREAM NOWHERE ES("PORT"), 1, 3, true}};
    char name[16];

    run_warm(ways[_i].config, PODS);
    for (int i = 0; i < PODS; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        kit_append(k, name, "one\ntwo\n");
    }
    kit_pass_ms(k, 5000);
    for (unsigned i = 0; i < ways[_i].outputs; i++)
        ck_assert_uint_eq(kit_counts(k, i)->proc_records, PODS * 3);
    ck_assert_uint_eq(cloud_taken(&cloud), PODS * 3);
    ck_assert_uint_eq(cloud.puts.count, ways[_i].calls);
    if (ways[_i].has_es)
        ck_assert_uint_le(es_requests(), 2);
    kit_expect_bookmark(k, "7.log", 13);
}
END_TEST

/* 800 kB of each of two pods in turn, in one flush. */
START_TEST(much_of_two_pods_fills_their_calls)
{
    char *lines = mem_zalloc(40001, 1);

    memset(lines, 'x', 40000);
    for (int i = 99; i < 40000; i += 100)
        lines[i] = '\n';
    run_warm(CLOUD_BY_FILE A_STREAM_EACH NOWHERE ES("PORT"), 2);
    for (int i = 0; i < 20; i++) {
        kit_append(k, "0.log", lines);
        kit_append(k, "1.log", lines);
        kit_pass_ms(k, 10);
    }
    kit_pass_ms(k, 3000);
    kit_expect_bookmark(k, "0.log", 800005);
    kit_expect_bookmark(k, "1.log", 800005);
    ck_assert_uint_eq(cloud_taken(&cloud), 2 * (20 * 400 + 1));
    ck_assert_uint_le(cloud.puts.count, 4);
    mem_free(lines);
}
END_TEST

/* The others get their records within Flush all the same, and each record once. */
START_TEST(an_output_that_is_throttled_keeps_nothing_from_the_others)
{
    run_warm(CLOUD_BY_FILE A_STREAM_EACH ES("PORT"), 3);
    cloud.throttled = 1000;
    for (int i = 0; i < 5; i++) {
        kit_append(k, "0.log", "one\n");
        kit_append(k, "1.log", "one\n");
        kit_pass_ms(k, 1100);
        ck_assert_uint_eq(kit_counts(k, 1)->proc_records, 3 + 2 * (unsigned)(i + 1));
    }
    cloud.throttled = 0;
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 13);
    ck_assert_uint_eq(cloud_taken(&cloud), 13);
}
END_TEST

/* ---- a back-log, which it is read for alone ---- */

#define MUCH_FILES 4
#define MUCH_LINES 40000
#define MUCH_LINE "............................................................................\n"
#define MUCH_CALLS 16 /* would be the fewest */
#define THROTTLED 5
#define MUCH(keys)                                                                   \
    SERVICE " records_limit 3M\n[INPUT]\n Name tail\n Tag k.*\n Path ${DIR}/*.log\n" \
            " Read_from_Head on\n DB ${DIR}/state/positions.db\n" keys A_STREAM_EACH NOWHERE

static void write_much(void)
{
    struct buffer text = {0};
    char name[16];

    for (int i = 0; i < MUCH_LINES; i++)
        buffer_append_text(&text, MUCH_LINE);
    for (int i = 0; i < MUCH_FILES; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        tree_append(name, buffer_text(&text));
    }
    buffer_fini(&text);
}

/* While the service throttles, the other output takes all. */
static void fall_behind(const char *config)
{
    run_warm(config, MUCH_FILES);
    cloud.throttled = THROTTLED;
    write_much();
    kit_pass_ms(k, 1000);
    pipeline_refresh(k->pipeline);
    ck_assert_uint_eq(kit_counts(k, 0)->is_behind, 1);
    kit_pass_ms(k, 200000);
    ck_assert_uint_eq(cloud_taken(&cloud), MUCH_FILES * (MUCH_LINES + 1));
    ck_assert_uint_eq(kit_counts(k, 1)->proc_records, MUCH_FILES * (MUCH_LINES + 1));
    ck_assert_uint_le(cloud.puts.count, MUCH_CALLS + THROTTLED + 6);
}

START_TEST(a_back_log_goes_in_full_calls)
{
    fall_behind(MUCH(""));
}
END_TEST

/* Its part of that grows with its part of the service's memory. */
START_TEST(an_input_with_a_limit_of_its_own_fills_them_too)
{
    fall_behind(MUCH(" Mem_Buf_Limit 2M\n"));
}
END_TEST

Suite *suite_pipeline_cloudwatch_beside(void);

Suite *suite_pipeline_cloudwatch_beside(void)
{
    Suite *suite = suite_create("pipeline_cloudwatch_beside");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_hundred_pods_make_the_calls_of_a_flush_that_they_make_alone, 0, 4);
    tcase_add_test(tests, much_of_two_pods_fills_their_calls);
    tcase_add_test(tests, an_output_that_is_throttled_keeps_nothing_from_the_others);
    tcase_add_test(tests, a_back_log_goes_in_full_calls);
    tcase_add_test(tests, an_input_with_a_limit_of_its_own_fills_them_too);
    suite_add_tcase(suite, tests);
    return suite;
}
