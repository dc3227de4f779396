#include "metrics/exposition.h"
#include "metrics/family.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* What filters count out of records, on the pages of Prometheus. */

static const char *const labels[] = {"app", "level"};
static const double bounds[] = {0.005, 1, 30};
static struct family_spec specs[3];
static struct metric_family families[3];
static struct filter_metrics filters[3];
static struct metrics_book book;
static struct metrics_facts facts;
static struct buffer text, key;

static void set_up(void)
{
    static const char *const names[] = {"log_to_metrics.0", "second", "third"};

    metrics_book_init(&book);
    facts = (struct metrics_facts){.hostname = "n", .now_ns = INT64_C(1700000000123456789)};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        filters[i] = (struct filter_metrics){.name = names[i], .plugin = "log_to_metrics"};
        metrics_add_filter(&book, &filters[i]);
    }
}

static void tear_down(void)
{
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        family_fini(&families[i]);
    buffer_fini(&text);
    buffer_fini(&key);
}

static void open_family(size_t index, const char *name, enum metric_type type)
{
    specs[index] = (struct family_spec){
        .name = name,
        .help = "What it \"is\":\na metric, C:\\.",
        .type = type,
        .labels = labels,
        .label_count = ARRAY_LEN(labels),
        .bounds = bounds,
        .bound_count = type == METRIC_HISTOGRAM ? ARRAY_LEN(bounds) : 0,
        .series_max = 10,
    };
    family_init(&families[index], &specs[index]);
    filters[index].family = &families[index];
}

static struct family_series *series(size_t index, const char *app, const char *level)
{
    buffer_clear(&key);
    family_key_add(&key, slice_of(app));
    family_key_add(&key, slice_of(level));
    return family_series(&families[index], buffer_view(&key));
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

START_TEST(a_counter_has_its_head_and_a_line_for_each_series)
{
    open_family(0, "log_metric_counter_errors", METRIC_COUNTER);
    family_add(&families[0], series(0, "a", "x\"\\\n"));
    family_add(&families[0], series(0, "b", "e"));
    family_add(&families[0], series(0, "b", "e"));
    write(EXPOSITION_V2);
    expect("# HELP log_metric_counter_errors What it \"is\":\\na metric, C:\\\\.\n"
           "# TYPE log_metric_counter_errors counter\n"
           "log_metric_counter_errors{app=\"a\",level=\"x\\\"\\\\\\n\"} 1\n"
           "log_metric_counter_errors{app=\"b\",level=\"e\"} 2\n");
}
END_TEST

START_TEST(labels_without_a_value_are_left_out)
{
    open_family(0, "c", METRIC_COUNTER);
    family_add(&families[0], series(0, "", "e"));
    family_add(&families[0], series(0, "", ""));
    write(EXPOSITION_V2);
    expect("\nc{level=\"e\"} 1\nc 1\n");
}
END_TEST

START_TEST(a_gauge_has_as_few_digits_as_say_what_it_is)
{
    open_family(0, "g", METRIC_GAUGE);
    family_set(&families[0], series(0, "a", "1"), 0.1);
    family_set(&families[0], series(0, "a", "2"), -5);
    family_set(&families[0], series(0, "a", "3"), 1.0 / 3);
    family_set(&families[0], series(0, "a", "4"), 1e300);
    write(EXPOSITION_V2);
    expect("# TYPE g gauge\ng{app=\"a\",level=\"1\"} 0.1\ng{app=\"a\",level=\"2\"} -5\n");
    ck_assert_double_eq(strtod(strstr(buffer_text(&text), "level=\"3\"} ") + 11, NULL), 1.0 / 3);
    expect("g{app=\"a\",level=\"4\"} 1e+300\n");
}
END_TEST

START_TEST(buckets_of_a_histogram_grow_up_to_its_count)
{
    open_family(0, "h", METRIC_HISTOGRAM);
    family_observe(&families[0], series(0, "a", ""), 0.5);
    family_observe(&families[0], series(0, "a", ""), 1);
    family_observe(&families[0], series(0, "a", ""), 31);
    write(EXPOSITION_V2);
    expect("# TYPE h histogram\n"
           "h_bucket{le=\"0.005\",app=\"a\"} 0\n"
           "h_bucket{le=\"1.0\",app=\"a\"} 2\n"
           "h_bucket{le=\"30.0\",app=\"a\"} 2\n"
           "h_bucket{le=\"+Inf\",app=\"a\"} 3\n"
           "h_sum{app=\"a\"} 32.5\n"
           "h_count{app=\"a\"} 3\n");
    write(EXPOSITION_LINES);
    expect("2023-11-14T22:13:20.123456789Z h{app=\"a\"} = { buckets = { 0.005=0, 1.0=2, 30.0=2, "
           "+Inf=3 }, sum=32.5, count=3 }\n");
}
END_TEST

START_TEST(the_lines_have_counters_too)
{
    open_family(0, "c", METRIC_COUNTER);
    family_add(&families[0], series(0, "a", "e"));
    write(EXPOSITION_LINES);
    expect("2023-11-14T22:13:20.123456789Z c{app=\"a\",level=\"e\"} = 1\n");
}
END_TEST

START_TEST(what_was_never_counted_is_not_shown)
{
    open_family(0, "c", METRIC_COUNTER);
    write(EXPOSITION_V2);
    expect_not("# HELP c ");
}
END_TEST

/* A scraper refuses a page that has a sample, or a head, twice. */
START_TEST(filters_of_one_name_share_the_head_and_differ_in_a_label)
{
    open_family(0, "c", METRIC_COUNTER);
    open_family(1, "d", METRIC_COUNTER);
    open_family(2, "c", METRIC_COUNTER);
    family_add(&families[0], series(0, "a", "e"));
    family_add(&families[1], series(1, "a", "e"));
    family_add(&families[2], series(2, "a", "e"));
    write(EXPOSITION_V2);
    expect("# TYPE c counter\nc{app=\"a\",level=\"e\"} 1\n"
           "c{app=\"a\",level=\"e\",tailrace_filter=\"third\"} 1\n# HELP d ");
    ck_assert_ptr_null(strstr(strstr(buffer_text(&text), "# TYPE c ") + 1, "# TYPE c "));
}
END_TEST

START_TEST(one_of_the_same_name_and_another_type_is_not_shown)
{
    open_family(0, "c", METRIC_COUNTER);
    open_family(1, "c", METRIC_GAUGE);
    family_add(&families[0], series(0, "a", "e"));
    family_set(&families[1], series(1, "b", "e"), 5);
    write(EXPOSITION_V2);
    expect("c{app=\"a\",level=\"e\"} 1\n");
    expect_not("app=\"b\"");
}
END_TEST

START_TEST(the_first_form_has_none)
{
    open_family(0, "c", METRIC_COUNTER);
    family_add(&families[0], series(0, "a", "e"));
    write(EXPOSITION_V1);
    expect_not("app=\"a\"");
}
END_TEST

Suite *suite_metrics_families(void);
Suite *suite_metrics_families(void)
{
    Suite *suite = suite_create("metrics/families");
    TCase *tc = tcase_create("families");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_counter_has_its_head_and_a_line_for_each_series);
    tcase_add_test(tc, labels_without_a_value_are_left_out);
    tcase_add_test(tc, a_gauge_has_as_few_digits_as_say_what_it_is);
    tcase_add_test(tc, buckets_of_a_histogram_grow_up_to_its_count);
    tcase_add_test(tc, the_lines_have_counters_too);
    tcase_add_test(tc, what_was_never_counted_is_not_shown);
    tcase_add_test(tc, filters_of_one_name_share_the_head_and_differ_in_a_label);
    tcase_add_test(tc, one_of_the_same_name_and_another_type_is_not_shown);
    tcase_add_test(tc, the_first_form_has_none);
    suite_add_tcase(suite, tc);
    return suite;
}
