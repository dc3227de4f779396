#include "metrics/exposition.h"

#include <check.h>
#include <string.h>

static struct input_metrics tail, dummy;
static struct output_metrics output, file;
static struct route_metrics tail_routes[2], dummy_routes[2]; /* to es.0, to file.1 */
static struct metrics_book book;
static struct metrics_facts facts;
static struct buffer text;

static void set_up(void)
{
    tail = (struct input_metrics){.name = "tail.0", .plugin = "tail", .records = 3};
    dummy = (struct input_metrics){.name = "a\"b\\c\nd", .plugin = "dummy", .records = 4};
    output = (struct output_metrics){.name = "es.0", .plugin = "es", .proc_records = 5};
    file = (struct output_metrics){.name = "file.1", .plugin = "file"};
    memset(tail_routes, 0, sizeof tail_routes);
    memset(dummy_routes, 0, sizeof dummy_routes);
    facts = (struct metrics_facts){
        .hostname = "node-1",
        .now_ns = INT64_C(1700000000123456789),
        .start_s = 1699999990,
        .uptime_s = 10,
    };
    metrics_book_init(&book);
    metrics_add_input(&book, &tail);
    metrics_add_input(&book, &dummy);
    metrics_add_output(&book, &output);
}

/* What is counted by pairs, as in a pipeline that has two outputs. */
static void add_routes(void)
{
    metrics_add_output(&book, &file);
    tail.routes = tail_routes;
    dummy.routes = dummy_routes;
}

static void tear_down(void)
{
    buffer_fini(&text);
}

static void write(enum exposition_form form)
{
    buffer_clear(&text);
    exposition_write(&book, &facts, form, &text);
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(buffer_text(&text), part) != NULL, "%s\nlacks %s", buffer_text(&text),
                  part);
}

static void expect_not(const char *part)
{
    ck_assert_msg(strstr(buffer_text(&text), part) == NULL, "%s", part);
}

START_TEST(the_first_form_has_time_stamps_and_counters_alone)
{
    write(EXPOSITION_V1);
    expect("# TYPE fluentbit_input_records_total counter\n"
           "fluentbit_input_records_total{name=\"tail.0\"} 3 1700000000123\n");
    expect("fluentbit_output_proc_records_total{name=\"es.0\"} 5 1700000000123\n");
    expect("\nfluentbit_uptime 10\n");
    expect("\nprocess_start_time_seconds 1699999990\n");
    expect("\nfluentbit_build_info{version=\"5.1.1\",edition=\"Community\"} 1\n");
    expect_not("tailrace_");
}
END_TEST

START_TEST(chunks_are_counted_for_all_and_for_each_input)
{
    book.chunks = 5;
    tail.chunks = 4;
    tail.chunks_busy = 3;
    write(EXPOSITION_V2);
    expect("# TYPE fluentbit_storage_chunks gauge\nfluentbit_storage_chunks 5\n");
    expect("\nfluentbit_storage_mem_chunks 5\n");
    expect("\nfluentbit_storage_fs_chunks_down 0\n");
    expect("\nfluentbit_input_storage_chunks{name=\"tail.0\"} 4\n");
    expect("\nfluentbit_input_storage_chunks_down{name=\"tail.0\"} 0\n");
    expect("\nfluentbit_input_storage_chunks_busy{name=\"tail.0\"} 3\n");
}
END_TEST

START_TEST(the_second_form_names_the_host)
{
    write(EXPOSITION_V2);
    expect("\nfluentbit_uptime{hostname=\"node-1\"} 10\n");
    expect("\nfluentbit_input_records_total{name=\"tail.0\"} 3\n");
    expect("\nfluentbit_build_info{hostname=\"node-1\",version=\"5.1.1\",os=\"linux\"} 1\n");
    expect("\nfluentbit_logger_logs_total{message_type=\"error\"} ");
    expect("# TYPE tailrace_input_unread_bytes gauge\n");
    expect("\ntailrace_output_delivered_records_total{name=\"es.0\"} 5\n");
}
END_TEST

START_TEST(the_third_form_is_a_line_for_each_value)
{
    write(EXPOSITION_LINES);
    expect("2023-11-14T22:13:20.123456789Z fluentbit_input_records_total{name=\"tail.0\"} = 3\n");
    expect_not("#");
}
END_TEST

START_TEST(names_are_escaped)
{
    write(EXPOSITION_V2);
    expect("{name=\"a\\\"b\\\\c\\nd\"} 4\n");
}
END_TEST

START_TEST(counters_of_one_plugin_are_shown_of_no_other)
{
    write(EXPOSITION_V2);
    expect("fluentbit_input_files_opened_total{name=\"tail.0\"} 0\n");
    expect_not("fluentbit_input_files_opened_total{name=\"a");
}
END_TEST

START_TEST(a_name_may_have_labels_of_its_own)
{
    tail.held_dropped_bytes = 7;
    tail.truncated_dropped_bytes = 8;
    write(EXPOSITION_V2);
    expect("# TYPE tailrace_input_dropped_bytes_total counter\n"
           "tailrace_input_dropped_bytes_total{name=\"tail.0\",reason=\"held_budget\"} 7\n"
           "tailrace_input_dropped_bytes_total{name=\"tail.0\",reason=\"truncated\"} 8\n");
    write(EXPOSITION_LINES);
    expect(" tailrace_input_dropped_bytes_total{name=\"tail.0\",reason=\"truncated\"} = 8\n");
}
END_TEST

START_TEST(a_family_without_instances_is_left_out)
{
    write(EXPOSITION_V2);
    expect_not("fluentbit_filter_");
}
END_TEST

/* One family, one head: a scraper refuses the whole page otherwise. */
START_TEST(every_family_has_its_head_once)
{
    struct slice rest, line, before = {0};

    add_routes();
    tail_routes[0].records = tail_routes[1].records = dummy_routes[1].records = 1;
    write(EXPOSITION_V2);
    rest = buffer_view(&text);
    while (slice_next(&rest, '\n', &line)) {
        size_t at = line.len > 7 ? (size_t)(line.data - text.data) : 0;
        struct slice later = slice_skip(buffer_view(&text), at + line.len);

        if (slice_begins(line, SLICE("# HELP ")))
            ck_assert_ptr_null(memmem(later.data, later.len, line.data,
                                      7 + slice_find(slice_skip(line, 7), ' ') + 1));
        if (slice_begins(line, SLICE("# TYPE ")))
            ck_assert(slice_begins(before, SLICE("# HELP ")));
        before = line;
    }
}
END_TEST

START_TEST(tables_are_complete_sentences_and_names_are_unique)
{
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        const struct metric *table = metrics_kinds[i].table;

        for (const struct metric *m = table; m->name != NULL; m++) {
            ck_assert_msg(m->help[strlen(m->help) - 1] == '.', "%s", m->name);
            for (const struct metric *other = table; other < m; other++)
                ck_assert_str_ne(other->name, m->name);
        }
    }
    for (const struct metric *m = route_metric_table; m->name != NULL; m++)
        ck_assert_msg(m->help[strlen(m->help) - 1] == '.', "%s", m->name);
}
END_TEST

/* ---- pairs and histograms ---- */

START_TEST(a_pair_that_nothing_went_through_is_not_shown)
{
    add_routes();
    write(EXPOSITION_V2);
    expect_not("routing");
    expect_not("latency");
    tail_routes[1] = (struct route_metrics){.records = 3, .bytes = 40};
    dummy_routes[0] = (struct route_metrics){.drop_records = 2, .drop_bytes = 30};
    write(EXPOSITION_V2);
    expect("# TYPE fluentbit_routing_logs_records_total counter\n"
           "fluentbit_routing_logs_records_total{input=\"tail.0\",output=\"file.1\"} 3\n"
           "fluentbit_routing_logs_records_total{input=\"a\\\"b\\\\c\\nd\",output=\"es.0\"} 0\n# ");
    expect("fluentbit_routing_logs_bytes_total{input=\"tail.0\",output=\"file.1\"} 40\n");
    expect(
        "fluentbit_routing_logs_drop_records_total{input=\"a\\\"b\\\\c\\nd\",output=\"es.0\"} 2\n");
    expect("fluentbit_routing_logs_drop_bytes_total{input=\"tail.0\",output=\"file.1\"} 0\n");
    expect_not("input=\"tail.0\",output=\"es.0\"");
}
END_TEST

START_TEST(buckets_of_a_histogram_grow_up_to_its_count)
{
    add_routes();
    tail_routes[0].records = 4;
    tail_routes[0].latency = (struct histogram){.counts = {1, 0, 2, [8] = 1}, .sum_ms = 33250};
    write(EXPOSITION_V2);
#define TO_ES "input=\"tail.0\",output=\"es.0\"} "
#define BUCKET(le) "fluentbit_output_latency_seconds_bucket{le=\"" le "\"," TO_ES
    expect("# TYPE fluentbit_output_latency_seconds histogram\n" BUCKET("0.5") "1\n" BUCKET(
        "1.0") "1\n" BUCKET("1.5") "3\n" BUCKET("2.5") "3\n" BUCKET("5.0") "3\n");
    expect(BUCKET("30.0") "3\n" BUCKET("+Inf") "4\n");
    expect("\nfluentbit_output_latency_seconds_sum{" TO_ES "33.25\n"
           "fluentbit_output_latency_seconds_count{" TO_ES "4\n");
#undef BUCKET
#undef TO_ES
}
END_TEST

START_TEST(each_output_says_how_long_chunks_wait_for_it)
{
    output.wait = (struct histogram){.counts = {[11] = 2}, .sum_ms = 123456};
    write(EXPOSITION_V2);
    expect("# TYPE fluentbit_output_backpressure_wait_seconds histogram\n"
           "fluentbit_output_backpressure_wait_seconds_bucket{le=\"0.01\",output=\"es.0\"} 0\n"
           "fluentbit_output_backpressure_wait_seconds_bucket{le=\"0.05\",output=\"es.0\"} 0\n");
    expect("_bucket{le=\"60.0\",output=\"es.0\"} 0\n");
    expect("_bucket{le=\"+Inf\",output=\"es.0\"} 2\n");
    expect("_sum{output=\"es.0\"} 123.456\n");
}
END_TEST

START_TEST(the_third_form_has_a_histogram_in_a_line)
{
    add_routes();
    tail_routes[0].records = 2;
    tail_routes[0].latency = (struct histogram){.counts = {0, 1, [8] = 1}, .sum_ms = 40000};
    write(EXPOSITION_LINES);
    expect("Z fluentbit_output_latency_seconds{input=\"tail.0\",output=\"es.0\"} = { buckets = { "
           "0.5=0, 1.0=1, 1.5=1, 2.5=1, 5.0=1, 10.0=1, 20.0=1, 30.0=1, +Inf=2 }, sum=40.0, "
           "count=2 }\n");
}
END_TEST

START_TEST(the_first_form_has_neither_pairs_nor_histograms)
{
    add_routes();
    tail_routes[0].records = 1;
    write(EXPOSITION_V1);
    expect_not("routing");
    expect_not("bucket");
}
END_TEST

START_TEST(a_sum_goes_over_all_instances)
{
    ck_assert_uint_eq(metric_sum(&book.inputs, offsetof(struct input_metrics, records)), 7);
    ck_assert_uint_eq(metric_sum(&book.filters, offsetof(struct filter_metrics, records)), 0);
}
END_TEST

Suite *suite_metrics_exposition(void);
Suite *suite_metrics_exposition(void)
{
    Suite *suite = suite_create("metrics/exposition");
    TCase *forms = tcase_create("forms");
    TCase *pairs = tcase_create("pairs");
    TCase *tables = tcase_create("tables");

    tcase_add_checked_fixture(forms, set_up, tear_down);
    tcase_add_test(forms, the_first_form_has_time_stamps_and_counters_alone);
    tcase_add_test(forms, chunks_are_counted_for_all_and_for_each_input);
    tcase_add_test(forms, the_second_form_names_the_host);
    tcase_add_test(forms, the_third_form_is_a_line_for_each_value);
    tcase_add_test(forms, names_are_escaped);
    tcase_add_test(forms, counters_of_one_plugin_are_shown_of_no_other);
    tcase_add_test(forms, a_name_may_have_labels_of_its_own);
    tcase_add_test(forms, a_family_without_instances_is_left_out);
    tcase_add_test(forms, every_family_has_its_head_once);
    tcase_add_checked_fixture(tables, set_up, tear_down);
    tcase_add_test(tables, tables_are_complete_sentences_and_names_are_unique);
    tcase_add_test(tables, a_sum_goes_over_all_instances);
    tcase_add_checked_fixture(pairs, set_up, tear_down);
    tcase_add_test(pairs, a_pair_that_nothing_went_through_is_not_shown);
    tcase_add_test(pairs, buckets_of_a_histogram_grow_up_to_its_count);
    tcase_add_test(pairs, each_output_says_how_long_chunks_wait_for_it);
    tcase_add_test(pairs, the_third_form_has_a_histogram_in_a_line);
    tcase_add_test(pairs, the_first_form_has_neither_pairs_nor_histograms);
    suite_add_tcase(suite, forms);
    suite_add_tcase(suite, pairs);
    suite_add_tcase(suite, tables);
    return suite;
}
