#include "base/log.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/* What the log and the status page say of an answer. */

static struct kit *k;

static void set_up(void)
{
    k = kit_start(TAIL_TO_ES);
}

static void tear_down(void)
{
    kit_end(&k);
}

static bool is_logged(const char *text)
{
    for (size_t i = 0; log_recent(i) != NULL; i++)
        if (strstr(log_recent(i), text) != NULL)
            return true;
    return false;
}

START_TEST(trouble_is_told_as_long_as_it_lasts)
{
    const struct output *output = pipeline_output(k->pipeline, 0);
    int64_t since_ns;

    backend_says(k->es, (struct kit_answer){.status = 503, .body = "overloaded"});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    ck_assert_str_eq(output_trouble(output, &since_ns), "status 503: overloaded");
    ck_assert_int_ne(since_ns, 0);
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    ck_assert_str_eq(output_trouble(output, &since_ns), "");
    ck_assert_int_eq(since_ns, 0);
}
END_TEST

/* As long as some documents must wait the trouble is not over. */
START_TEST(trouble_lasts_until_nothing_must_wait)
{
    const struct output *output = pipeline_output(k->pipeline, 0);
    int64_t first_ns, since_ns;

    backend_items(k->es, 201, 429, 429);
    backend_items(k->es, 201, 429);
    kit_append(k, "app.log", "one\ntwo\nthree\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    output_trouble(output, &first_ns);
    ck_assert_int_ne(first_ns, 0);
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    output_trouble(output, &since_ns);
    ck_assert_int_eq(since_ns, first_ns);
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    output_trouble(output, &since_ns);
    ck_assert_int_eq(since_ns, 0);
}
END_TEST

START_TEST(a_back_end_that_comes_and_goes_does_not_fill_the_log)
{
    uint64_t before;

    log_level_set(LOG_INFO);
    before = log_count(LOG_WARN) + log_count(LOG_INFO);
    for (unsigned i = 0; i < 20; i++) {
        backend_answers(k->es, 503, 200);
        kit_append(k, "app.log", "one\n");
        kit_pass_ms(k, 2000);
    }
    log_level_set(LOG_OFF);
    ck_assert_uint_le(log_count(LOG_WARN) + log_count(LOG_INFO) - before, 2 * 5);
}
END_TEST

START_TEST(refused_documents_do_not_fill_the_log)
{
    uint64_t before;

    log_level_set(LOG_ERROR);
    before = log_count(LOG_ERROR);
    for (unsigned i = 0; i < 20; i++) {
        backend_items(k->es, 201, 400);
        backend_items(k->es, 400);
        kit_append(k, "app.log", "one\ntwo\n");
        kit_pass_ms(k, 1000);
    }
    log_level_set(LOG_OFF);
    ck_assert_uint_eq(kit_counts(k, 0)->set_aside_records, 20);
    ck_assert_uint_ge(log_count(LOG_ERROR) - before, 2);
    ck_assert_uint_le(log_count(LOG_ERROR) - before, 3);
    ck_assert(is_logged("document_parsing_exception: so it is"));
}
END_TEST

START_TEST(it_is_told_why_a_document_alone_was_refused)
{
    log_level_set(LOG_WARN);
    backend_says(k->es, (struct kit_answer){.status = 400, .body = "unexpected end-of-input"});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    log_level_set(LOG_OFF);
    ck_assert(is_logged("status 400: unexpected end-of-input"));
}
END_TEST

/* The warning before it, that halves are tried, does not stand for it: alarms count errors. */
START_TEST(a_document_too_large_alone_is_an_error_in_the_log)
{
    log_level_set(LOG_WARN);
    backend_answers(k->es, 413, 413);
    kit_append(k, "app.log", "1\n2\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    log_level_set(LOG_OFF);
    ck_assert(is_logged("[ warn] [output:es:es.0] sent again in halves: status 413"));
    ck_assert(is_logged("[error] [output:es:es.0] records of a request were refused and set aside: "
                        "1; the first: status 413"));
    ck_assert_uint_eq(kit_counts(k, 0)->set_aside_records, 1);
}
END_TEST

START_TEST(who_does_not_answer_is_named)
{
    const struct output *output = pipeline_output(k->pipeline, 0);
    char expected[128];
    int64_t since_ns;

    snprintf(expected, sizeof expected, "127.0.0.1:%s: the connection was closed without an answer",
             getenv("PORT"));
    backend_says(k->es, (struct kit_answer){.move = KIT_CLOSE});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    ck_assert_str_eq(output_trouble(output, &since_ns), expected);
}
END_TEST

static void log_to_tree(enum log_level level)
{
    ck_assert_int_eq(log_open(tree_path("state/agent.txt")), 0);
    log_level_set(level);
}

static const char *logged(void)
{
    log_close();
    log_level_set(LOG_OFF);
    return tree_read("state/agent.txt", NULL);
}

/* Delivered at the second try; then rotated. */
static void ship_a_line(void)
{
    backend_answers(k->es, 503, 200);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    kit_quiet(k);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 10000);
    kit_quiet(k);
}

START_TEST(debug_tells_what_becomes_of_files)
{
    log_to_tree(LOG_DEBUG);
    ship_a_line();
    ck_assert_ptr_nonnull(strstr(logged(), "app.log is followed from byte 0 of 4"));
    ck_assert_ptr_nonnull(strstr(logged(), "app.log was rotated"));
    ck_assert_ptr_null(strstr(logged(), "answered with"));
}
END_TEST

START_TEST(trace_tells_every_request_and_its_answer)
{
    log_to_tree(LOG_TRACE);
    ship_a_line();
    ck_assert_ptr_nonnull(strstr(logged(), "1 records go to 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(logged(), "answered with 503"));
    ck_assert_ptr_nonnull(strstr(logged(), "answered with 200"));
}
END_TEST

Suite *suite_pipeline_told(void);

Suite *suite_pipeline_told(void)
{
    Suite *suite = suite_create("pipeline/told");
    TCase *told = tcase_create("told");

    tcase_add_checked_fixture(told, set_up, tear_down);
    tcase_add_test(told, trouble_is_told_as_long_as_it_lasts);
    tcase_add_test(told, trouble_lasts_until_nothing_must_wait);
    tcase_add_test(told, a_back_end_that_comes_and_goes_does_not_fill_the_log);
    tcase_add_test(told, refused_documents_do_not_fill_the_log);
    tcase_add_test(told, it_is_told_why_a_document_alone_was_refused);
    tcase_add_test(told, a_document_too_large_alone_is_an_error_in_the_log);
    tcase_add_test(told, who_does_not_answer_is_named);
    tcase_add_test(told, debug_tells_what_becomes_of_files);
    tcase_add_test(told, trace_tells_every_request_and_its_answer);
    suite_add_tcase(suite, told);
    return suite;
}
