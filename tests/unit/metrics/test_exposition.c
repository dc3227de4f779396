#include "metrics/exposition.h"

#include <check.h>
#include <string.h>

static struct input_metrics tail, dummy;
static struct output_metrics output;
static struct metrics_book book;
static struct metrics_facts facts;
static struct buffer text;

static void set_up(void)
{
    tail = (struct input_metrics){.name = "tail.0", .plugin = "tail", .records = 3};
    dummy = (struct input_metrics){.name = "a\"b\\c\nd", .plugin = "dummy", .records = 4};
    output = (struct output_metrics){.name = "es.0", .plugin = "es", .proc_records = 5};
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
    suite_add_tcase(suite, forms);
    suite_add_tcase(suite, tables);
    return suite;
}
