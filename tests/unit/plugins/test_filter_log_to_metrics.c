#include "base/memory.h"
#include "kit/filter.h"
#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct filter_plugin filter_log_to_metrics;

static struct kit_filter f;

static void set_up(void)
{
    log_level_set(LOG_OFF);
}

static void tear_down(void)
{
    kit_filter_close(&f);
}

#define BASE "metric_name", "n", "metric_description", "d.", "tag", "m"
#define OPEN(...) kit_filter_open(&f, &filter_log_to_metrics, KIT_KEYS(BASE, __VA_ARGS__))
#define REFUSES(what, ...) \
    kit_filter_refuses(&filter_log_to_metrics, KIT_KEYS(BASE, __VA_ARGS__), what)

static struct filter_log_to_metrics *self(void)
{
    return f.self;
}

/* The records go on as they are. */
static void see(const char *json)
{
    kit_filter_expect(&f, json, json);
}

/* Each record was seen twice, see kit_filter_expect. */
static uint64_t counted(void)
{
    uint64_t count = 0;

    LIST_FOR (it, &self()->family.series)
        count += CONTAINER_OF(it, struct family_series, link)->count;
    ck_assert_uint_eq(count % 2, 0);
    return count / 2;
}

/* "a|b " for each series, in the order in which they came. */
static const char *series(void)
{
    static char text[1000];
    size_t len = 0;

    text[0] = '\0';
    LIST_FOR (it, &self()->family.series)
        for (size_t i = 0; i < self()->labels.count; i++) {
            struct slice label = family_label(CONTAINER_OF(it, struct family_series, link), i);

            len += (size_t)snprintf(text + len, sizeof text - len, "%.*s%s", SLICE_ARG(label),
                                    i + 1 == self()->labels.count ? " " : "|");
        }
    return text;
}

/* ---- which records count ---- */

START_TEST(all_records_count_and_go_on)
{
    OPEN("metric_mode", "counter");
    see("{\"log\":\"one\"}");
    see("{\"log\":\"two\"}");
    ck_assert_uint_eq(counted(), 2);
}
END_TEST

START_TEST(a_regex_picks_what_counts)
{
    OPEN("Regex", "log ERR OR");
    see("{\"log\":\"an ERR OR here\"}");
    see("{\"log\":\"fine\"}");
    see("{\"other\":\"ERR OR\"}");
    see("{\"log\":5}");
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

/* It is looked for without an expression, and found all the same. */
START_TEST(a_plain_word_is_found_wherever_it_stands)
{
    OPEN("Regex", "log ERROR");
    see("{\"log\":\"ERROR\"}");
    see("{\"log\":\"EERRERROR\"}");
    see("{\"log\":\"x ERROR\"}");
    see("{\"log\":\"ERRO\"}");
    see("{\"log\":\"EEEEERRO R\"}");
    see("{\"log\":\"error\"}");
    see("{\"log\":\"\"}");
    ck_assert_uint_eq(counted(), 3);
}
END_TEST

START_TEST(an_expression_is_one)
{
    OPEN("Regex", "log /^error$/i", "Regex", "log .");
    see("{\"log\":\"ERROR\"}");
    see("{\"log\":\"an ERROR\"}");
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

/* The short way. */
START_TEST(texts_alone_are_counted_without_a_record)
{
    struct origin origin = {.again_until = 1};
    struct filter_run run = {.tag = SLICE("t"), .json = &f.json, .origin = &origin};
    struct plain_record plain;

    OPEN("Regex", "log ERROR", "label_field", "stream", "label_field", "$log['x']");
    for (uint64_t offset = 0; offset < 3; offset++) {
        plain_init(&plain, 0);
        plain.offset = offset;
        PLAIN_ADD_CLEAN(&plain, "stream", SLICE("stderr"));
        PLAIN_ADD_CLEAN(&plain, "log", SLICE("an ERROR"));
        ck_assert_int_eq(filter_log_to_metrics.apply_plain(f.self, &plain, &run), PLAIN_KEEP);
    }
    ck_assert_uint_eq(counted(), 1);
    ck_assert_str_eq(series(), "stderr|an ERROR ");
}
END_TEST

START_TEST(an_exclude_leaves_out_what_matches)
{
    OPEN("exclude", "$level debug", "regex", "log .");
    see("{\"log\":\"a\",\"level\":\"debug\"}");
    see("{\"log\":\"a\",\"level\":\"info\"}");
    see("{\"log\":\"a\"}");
    ck_assert_uint_eq(counted(), 2);
}
END_TEST

/* As in grep. */
START_TEST(the_first_regex_decides)
{
    OPEN("regex", "a 1", "regex", "b 2", "exclude", "c 3");
    see("{\"a\":\"1\",\"c\":\"3\"}");
    see("{\"b\":\"2\"}");
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

START_TEST(discarded_logs_are_gone_whether_they_count_or_not)
{
    OPEN("regex", "log x", "discard_logs", "on");
    kit_filter_expect(&f, "{\"log\":\"x\"}", NULL);
    kit_filter_expect(&f, "{\"log\":\"y\"}", NULL);
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

START_TEST(what_was_read_before_is_not_counted_again)
{
    struct origin origin = {.again_until = 10};
    struct filter_run run = {.tag = SLICE("t"), .json = &f.json, .origin = &origin};

    OPEN("metric_mode", "counter");
    for (uint64_t offset = 8; offset < 12; offset++) {
        kit_record_fill(&f.record, "{\"log\":\"a\"}");
        f.record.offset = offset;
        ck_assert_int_eq(filter_log_to_metrics.apply(f.self, &f.record, &run), FILTER_KEEP);
    }
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

/* How many lines were joined to the first stands above the offset. */
START_TEST(what_was_joined_of_more_lines_is_not_counted_again_either)
{
    struct origin origin = {.again_until = 10};
    struct filter_run run = {.tag = SLICE("t"), .json = &f.json, .origin = &origin};

    OPEN("metric_mode", "counter");
    for (uint64_t offset = 8; offset < 12; offset++) {
        kit_record_fill(&f.record, "{\"log\":\"a\"}");
        f.record.offset = record_place(offset, 3);
        ck_assert_int_eq(filter_log_to_metrics.apply(f.self, &f.record, &run), FILTER_KEEP);
    }
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

/* ---- labels ---- */

START_TEST(labels_are_in_the_order_of_the_file)
{
    OPEN("label_field", "b", "add_label", "app $k['labels']['app']", "label_field", "$a");
    ck_assert_str_eq(self()->labels.names[0], "b");
    ck_assert_str_eq(self()->labels.names[1], "app");
    ck_assert_str_eq(self()->labels.names[2], "a");
    see("{\"a\":\"1\",\"b\":\"2\",\"k\":{\"labels\":{\"app\":\"x\"}}}");
    see("{\"a\":\"1\"}");
    ck_assert_str_eq(series(), "2|x|1 ||1 ");
}
END_TEST

START_TEST(kubernetes_labels_come_first)
{
    OPEN("label_field", "level", "kubernetes_mode", "on");
    see("{\"level\":\"e\",\"kubernetes\":{\"pod_name\":\"p\",\"namespace_name\":\"n\","
        "\"pod_id\":\"i\",\"container_name\":\"c\",\"docker_id\":\"d\"}}");
    ck_assert_str_eq(series(), "n|p|c|d|i|e ");
    ck_assert_str_eq(self()->labels.names[0], "namespace_name");
    ck_assert_str_eq(self()->labels.names[5], "level");
}
END_TEST

START_TEST(values_of_all_kinds_are_labels)
{
    OPEN("label_field", "v");
    see("{\"v\":5}");
    see("{\"v\":-1}");
    see("{\"v\":1.5}");
    see("{\"v\":true}");
    ck_assert_ptr_nonnull(kit_filter_apply(&f, "{\"v\":\"q\\\"\\u00e9\"}"));
    ck_assert_str_eq(series(), "5 -1 1.500000 true q\"\xc3\xa9 ");
}
END_TEST

START_TEST(what_has_no_text_is_an_empty_label)
{
    OPEN("label_field", "v");
    see("{\"v\":null}");
    see("{\"v\":{\"a\":1}}");
    see("{\"v\":[1]}");
    see("{\"w\":1}");
    ck_assert_str_eq(series(), " ");
}
END_TEST

START_TEST(names_become_what_prometheus_takes)
{
    OPEN("label_field", "$kubernetes['pod-name']", "label_field", "1st.level", "metric_namespace",
         "My App", "metric_subsystem", "");
    ck_assert_str_eq(self()->labels.names[0], "kubernetes__pod_name__");
    ck_assert_str_eq(self()->labels.names[1], "_1st_level");
    ck_assert_str_eq(self()->spec.name, "My_App_counter_n");
}
END_TEST

START_TEST(the_name_has_namespace_subsystem_and_name)
{
    OPEN("metric_subsystem", "sub");
    ck_assert_str_eq(self()->spec.name, "log_metric_sub_n");
}
END_TEST

START_TEST(an_empty_namespace_is_left_out)
{
    OPEN("metric_namespace", "", "metric_mode", "gauge", "value_field", "v");
    ck_assert_str_eq(self()->spec.name, "gauge_n");
}
END_TEST

/* ---- values ---- */

static double gauge(void)
{
    return CONTAINER_OF(self()->family.series.next, struct family_series, link)->sum;
}

START_TEST(numbers_of_all_kinds_are_values)
{
    OPEN("metric_mode", "gauge", "value_field", "$v");
    see("{\"v\":5}");
    ck_assert_double_eq(gauge(), 5);
    see("{\"v\":-1.25e2}");
    ck_assert_double_eq(gauge(), -125);
    see("{\"v\":\" 17.5ms\"}");
    ck_assert_double_eq(gauge(), 17.5);
    ck_assert_ptr_nonnull(kit_filter_apply(&f, "{\"v\":18446744073709551615}"));
    ck_assert_double_eq(gauge(), 18446744073709551615.0);
}
END_TEST

START_TEST(numbers_are_read_to_the_last_bit)
{
    static const char *const numbers[] = {
        "0.1",           "123456789012345",     "0.00000000000001",
        "12345678.9012", "1234567890.12345678", "-7.25",
        "3e-2",          "100000000000000.5"};
    char json[100];

    OPEN("metric_mode", "gauge", "value_field", "v");
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        snprintf(json, sizeof json, "{\"v\":%s}", numbers[i]);
        ck_assert_ptr_nonnull(kit_filter_apply(&f, json));
        ck_assert_double_eq(gauge(), strtod(numbers[i], NULL));
    }
}
END_TEST

START_TEST(what_is_no_number_counts_for_nothing)
{
    OPEN("metric_mode", "histogram", "value_field", "v");
    see("{\"v\":\"fast\"}");
    see("{\"v\":\"nan\"}");
    see("{\"v\":\"inf\"}");
    ck_assert_ptr_nonnull(kit_filter_apply(&f, "{\"v\":1e308}"));
    see("{\"v\":null}");
    see("{\"v\":true}");
    see("{\"v\":{}}");
    see("{\"w\":1}");
    ck_assert(list_is_empty(&self()->family.series));
    see("{\"v\":0}");
    ck_assert_uint_eq(counted(), 1);
}
END_TEST

START_TEST(buckets_are_sorted_and_each_is_there_once)
{
    OPEN("metric_mode", "histogram", "value_field", "v", "bucket", "10", "bucket", "0.5", "bucket",
         "10.0", "bucket", "-1");
    ck_assert_uint_eq(self()->spec.bound_count, 3);
    ck_assert_double_eq(self()->spec.bounds[0], -1);
    ck_assert_double_eq(self()->spec.bounds[1], 0.5);
    ck_assert_double_eq(self()->spec.bounds[2], 10);
}
END_TEST

START_TEST(without_buckets_there_are_those_of_prometheus)
{
    OPEN("metric_mode", "histogram", "value_field", "v");
    ck_assert_uint_eq(self()->spec.bound_count, 11);
    ck_assert_double_eq(self()->spec.bounds[0], 0.005);
    ck_assert_double_eq(self()->spec.bounds[10], 10);
}
END_TEST

START_TEST(more_series_than_the_limit_are_counted_together)
{
    OPEN("label_field", "v", "series_limit", "2");
    see("{\"v\":1}");
    see("{\"v\":2}");
    see("{\"v\":3}");
    see("{\"v\":4}");
    ck_assert_str_eq(series(), "1 2 other ");
    ck_assert_uint_eq(self()->family.overflow_count, 4);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(mistakes_are_told_with_what_to_do)
{
    REFUSES("a key, a blank and a pattern", "regex", "log");
    REFUSES("a name, a blank and a key", "add_label", "app");
    REFUSES("is no number; write one bound", "bucket", "ten", "metric_mode", "histogram",
            "value_field", "v");
    REFUSES("needs value_field", "metric_mode", "gauge");
    REFUSES("metric_mode", "metric_mode", "summary");
    REFUSES("between 1 and 100000", "series_limit", "0");
    REFUSES("'colour', which is no label", "metric_dimensions", "colour", "label_field", "level");
    REFUSES("names of labels differ", "label_field", "a-b", "label_field", "a_b");
    REFUSES("means something else here", "label_field", "le", "metric_mode", "histogram",
            "value_field", "v");
    REFUSES("is the name of the metric, too", "label_field", "log_metric_counter_n");
    REFUSES("metric_unit", "metric_unit", "Parsecs");
    REFUSES("filter.conf:5: ", "regex", "log (");
}
END_TEST

static void refuses_without(const char *key, const char *what)
{
    const char *keys[] = {"metric_name", "n", "metric_description", "d.", "tag", "m", NULL};

    for (size_t i = 0; keys[i] != NULL; i += 2)
        if (strcmp(keys[i], key) == 0)
            keys[i + 1] = "";
    kit_filter_refuses(&filter_log_to_metrics, keys, what);
}

START_TEST(what_is_needed_may_not_be_empty)
{
    refuses_without("metric_name", "metric_name is empty");
    refuses_without("metric_description", "metric_description is empty");
    refuses_without("tag", "tag is empty");
    kit_filter_refuses(&filter_log_to_metrics, KIT_KEYS("metric_name", "n", "tag", "m"),
                       "metric_description");
}
END_TEST

START_TEST(there_are_as_many_labels_and_buckets_as_cloudwatch_takes)
{
    const char *keys[2 * FAMILY_BOUNDS_MAX + 12] = {BASE, "metric_mode", "histogram", "value_field",
                                                    "v"};
    static char values[FAMILY_BOUNDS_MAX + 1][8];
    size_t first = 10;

    for (size_t i = 0; i <= FAMILY_LABELS_MAX; i++) {
        snprintf(values[i], sizeof values[i], "l%zu", i);
        keys[first + 2 * i] = "label_field";
        keys[first + 2 * i + 1] = values[i];
    }
    kit_filter_refuses(&filter_log_to_metrics, keys, "30 labels are the most");
}
END_TEST

Suite *suite_plugins_filter_log_to_metrics(void);
Suite *suite_plugins_filter_log_to_metrics(void)
{
    Suite *suite = suite_create("filter_log_to_metrics");
    TCase *records = tcase_create("records");
    TCase *mistakes = tcase_create("mistakes");

    tcase_add_checked_fixture(records, set_up, tear_down);
    tcase_add_test(records, all_records_count_and_go_on);
    tcase_add_test(records, a_regex_picks_what_counts);
    tcase_add_test(records, a_plain_word_is_found_wherever_it_stands);
    tcase_add_test(records, an_expression_is_one);
    tcase_add_test(records, texts_alone_are_counted_without_a_record);
    tcase_add_test(records, an_exclude_leaves_out_what_matches);
    tcase_add_test(records, the_first_regex_decides);
    tcase_add_test(records, discarded_logs_are_gone_whether_they_count_or_not);
    tcase_add_test(records, what_was_read_before_is_not_counted_again);
    tcase_add_test(records, what_was_joined_of_more_lines_is_not_counted_again_either);
    tcase_add_test(records, labels_are_in_the_order_of_the_file);
    tcase_add_test(records, kubernetes_labels_come_first);
    tcase_add_test(records, values_of_all_kinds_are_labels);
    tcase_add_test(records, what_has_no_text_is_an_empty_label);
    tcase_add_test(records, names_become_what_prometheus_takes);
    tcase_add_test(records, the_name_has_namespace_subsystem_and_name);
    tcase_add_test(records, an_empty_namespace_is_left_out);
    tcase_add_test(records, numbers_of_all_kinds_are_values);
    tcase_add_test(records, numbers_are_read_to_the_last_bit);
    tcase_add_test(records, what_is_no_number_counts_for_nothing);
    tcase_add_test(records, buckets_are_sorted_and_each_is_there_once);
    tcase_add_test(records, without_buckets_there_are_those_of_prometheus);
    tcase_add_test(records, more_series_than_the_limit_are_counted_together);
    tcase_add_test(mistakes, mistakes_are_told_with_what_to_do);
    tcase_add_test(mistakes, what_is_needed_may_not_be_empty);
    tcase_add_test(mistakes, there_are_as_many_labels_and_buckets_as_cloudwatch_takes);
    suite_add_tcase(suite, records);
    suite_add_tcase(suite, mistakes);
    return suite;
}
