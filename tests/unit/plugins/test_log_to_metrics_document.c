#include "kit/emf.h"
#include "kit/filter.h"
#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct filter_plugin filter_log_to_metrics;

static struct kit_filter f;
static struct record document;

static void set_up(void)
{
    log_level_set(LOG_OFF);
    record_init(&document);
}

static void tear_down(void)
{
    record_fini(&document);
    kit_filter_close(&f);
}

#define BASE "metric_name", "n", "metric_description", "d.", "tag", "m"
#define OPEN(...) kit_filter_open(&f, &filter_log_to_metrics, KIT_KEYS(BASE, __VA_ARGS__))
#define HEAD                                                                                       \
    "{\"_aws\":{\"Timestamp\":1700000000123,\"CloudWatchMetrics\":[{\"Namespace\":\"log_metric\"," \
    "\"Dimensions\":"

static void see(const char *json)
{
    ck_assert_str_eq(kit_filter_apply(&f, json), json);
}

/* The document of the oldest news. */
static const char *next_document(void)
{
    struct filter_log_to_metrics *l = f.self;
    struct family_series *s = family_news_first(&l->family);
    const char *text;

    ck_assert_ptr_nonnull(s);
    record_reset(&document);
    document.time_ns = INT64_C(1700000000123456789);
    document_fill(l, s, &document);
    family_news_taken(&l->family, s);
    text = kit_record_text(&document);
    emf_expect(slice_of(text));
    return text;
}

START_TEST(a_counter_is_what_came_since_the_last_document)
{
    OPEN("label_field", "level");
    see("{\"level\":\"e\"}");
    see("{\"level\":\"e\"}");
    ck_assert_str_eq(next_document(),
                     HEAD "[[\"level\"]],\"Metrics\":[{\"Name\":\"log_metric_counter_n\",\"Unit\":"
                          "\"Count\"}]}]},\"level\":\"e\",\"log_metric_counter_n\":2}");
    see("{\"level\":\"e\"}");
    ck_assert_ptr_nonnull(strstr(next_document(), "\"log_metric_counter_n\":1}"));
}
END_TEST

START_TEST(a_gauge_is_what_it_is_and_has_the_unit_that_was_asked_for)
{
    OPEN("metric_mode", "gauge", "value_field", "v", "metric_unit", "megabytes/second");
    see("{\"v\":1.5}");
    see("{\"v\":2.5}");
    ck_assert_str_eq(next_document(),
                     HEAD "[[]],\"Metrics\":[{\"Name\":\"log_metric_gauge_n\",\"Unit\":"
                          "\"Megabytes/Second\"}]}]},\"log_metric_gauge_n\":2.5}");
}
END_TEST

START_TEST(a_histogram_has_the_mean_and_the_count_of_each_bucket)
{
    OPEN("metric_mode", "histogram", "value_field", "v", "bucket", "1", "bucket", "10");
    see("{\"v\":0.25}");
    see("{\"v\":0.75}");
    see("{\"v\":100}");
    ck_assert_ptr_nonnull(strstr(next_document(),
                                 "\"log_metric_histogram_n\":{\"Values\":[0.5,100.0],\"Counts\":[2,"
                                 "1],\"Max\":100.0,\"Min\":0.25,\"Sum\":101.0,\"Count\":3}}"));
}
END_TEST

START_TEST(labels_without_a_value_are_no_dimensions)
{
    OPEN("label_field", "a", "label_field", "b");
    see("{\"b\":\"x\",\"a\":\"  \"}");
    ck_assert_ptr_nonnull(strstr(next_document(), "\"Dimensions\":[[\"b\"]]"));
}
END_TEST

START_TEST(dimensions_are_the_sets_that_were_asked_for)
{
    OPEN("label_field", "a", "label_field", "b", "metric_dimensions", " b , a;a; []");
    see("{\"a\":\"1\",\"b\":\"2\"}");
    ck_assert_ptr_nonnull(strstr(next_document(), "\"Dimensions\":[[\"a\",\"b\"],[\"a\"],[]]"));
    see("{\"a\":\"1\"}");
    ck_assert_ptr_nonnull(strstr(next_document(), "\"Dimensions\":[[\"a\"],[]]"));
}
END_TEST

START_TEST(values_of_dimensions_are_ascii)
{
    OPEN("label_field", "a", "metric_namespace", "My (App)/x");
    see("{\"a\":\"na\xc3\xafve\\n\xe2\x82\xac\"}");
    ck_assert_ptr_nonnull(strstr(next_document(), "\"a\":\"na?ve??\""));
    ck_assert_ptr_nonnull(strstr(kit_record_text(&document), "\"Namespace\":\"My _App_/x\""));
}
END_TEST

/* ---- whatever records hold ---- */

#define ROUNDS 400

static void random_text(char *text, size_t max)
{
    static const char *const pieces[] = {
        "a", "Z", " ",       "\\\"", "\\\\", "\\n", "\xc3\xa9", ":", "\xf0\x9f\x98\x80",
        "/", "0", "\\u0000", "-"};
    size_t len = (size_t)rand() % max, at = 0;

    while (at + 8 < len)
        at += (size_t)snprintf(text + at, 8, "%s", pieces[(size_t)rand() % ARRAY_LEN(pieces)]);
    text[at] = '\0';
}

static void random_record(char *json, size_t max)
{
    char text[2][700];

    random_text(text[0], 1 + (size_t)rand() % 699);
    random_text(text[1], 1 + (size_t)rand() % 20);
    snprintf(json, max, "{\"a\":\"%s\",\"b\":\"%s\",\"c\":%d,\"v\":%.17g}", text[0], text[1],
             rand() % 3, (rand() % 2000 - 1000) * 1.1e-3 * (rand() % 5 == 0 ? 1e280 / 1e200 : 1));
}

static void expect_all_valid(unsigned seed)
{
    struct filter_log_to_metrics *l = f.self;
    char json[2048];

    srand(seed);
    for (unsigned round = 0; round < ROUNDS; round++) {
        random_record(json, sizeof json);
        ck_assert_ptr_nonnull(kit_filter_apply(&f, json));
        if (rand() % 8 == 0)
            while (family_news_first(&l->family) != NULL)
                (void)next_document();
    }
}

START_TEST(whatever_records_hold_documents_keep_the_format)
{
    OPEN("metric_mode", "histogram", "value_field", "v", "label_field", "a", "label_field", "b",
         "label_field", "c", "metric_dimensions", "a,b,c; b; c; []", "series_limit", "40");
    expect_all_valid(1);
}
END_TEST

START_TEST(so_do_those_of_gauges)
{
    OPEN("metric_mode", "gauge", "value_field", "v", "label_field", "a", "label_field", "b",
         "metric_namespace", "\xc3\xa9\"\\");
    expect_all_valid(2);
}
END_TEST

/* 30 labels of 252 bytes, each of which is escaped, and 100 buckets. */
START_TEST(the_largest_document_is_far_from_the_limit)
{
    const char *keys[2 * (FAMILY_LABELS_MAX + FAMILY_BOUNDS_MAX) + 12] = {
        BASE, "metric_mode", "histogram", "value_field", "v"};
    static char values[FAMILY_LABELS_MAX + FAMILY_BOUNDS_MAX][8];
    struct buffer json = {0};
    size_t at = 10;

    buffer_append_byte(&json, '{');
    for (unsigned i = 0; i < FAMILY_LABELS_MAX; i++, at += 2) {
        snprintf(values[i], sizeof values[i], "l%u", i);
        keys[at] = "label_field";
        keys[at + 1] = values[i];
        buffer_append_format(&json, "\"l%u\":\"", i);
        for (unsigned n = 0; n < FAMILY_LABEL_BYTES_MAX + 5; n++)
            buffer_append_text(&json, "\\\"");
        buffer_append_text(&json, "\",");
    }
    for (unsigned i = FAMILY_LABELS_MAX; i < ARRAY_LEN(values); i++, at += 2) {
        snprintf(values[i], sizeof values[i], "%u", i);
        keys[at] = "bucket";
        keys[at + 1] = values[i];
    }
    kit_filter_open(&f, &filter_log_to_metrics, keys);
    for (unsigned i = 0; i < 150; i++) {
        size_t len = json.len;

        buffer_append_format(&json, "\"v\":%u.3}", i);
        ck_assert_ptr_nonnull(kit_filter_apply(&f, buffer_text(&json)));
        json.len = len;
    }
    ck_assert_uint_lt(strlen(next_document()), 32768);
    buffer_fini(&json);
}
END_TEST

/* ---- the judge itself ---- */

#define DOC(dimensions, metrics, rest)                                                    \
    "{\"_aws\":{\"Timestamp\":1700000000123,\"CloudWatchMetrics\":[{\"Namespace\":\"n\"," \
    "\"Dimensions\":" dimensions ",\"Metrics\":" metrics "}]}" rest "}"

static const struct {
    const char *document, *trouble;
} cases[] = {
    {DOC("[[\"d\"]]", "[{\"Name\":\"m\"}]", ",\"d\":\"x\",\"m\":1"), NULL},
    {DOC("[[]]", "[{\"Name\":\"m\",\"Unit\":\"Count\",\"StorageResolution\":60}]", ",\"m\":[1,2]"),
     NULL},
    {DOC("[[]]", "[{\"Name\":\"m\"}]", ",\"m\":1") " ", "not one JSON object"},
    {DOC("[]", "[{\"Name\":\"m\"}]", ",\"m\":1"), "Dimensions is no array"},
    {DOC("[[\"d\"]]", "[{\"Name\":\"m\"}]", ",\"m\":1"), "no string of the root"},
    {DOC("[[\"d\"]]", "[{\"Name\":\"m\"}]", ",\"d\":5,\"m\":1"), "no string of the root"},
    {DOC("[[\"d\"]]", "[{\"Name\":\"m\"}]", ",\"d\":\" \",\"m\":1"), "is blank"},
    {DOC("[[\"d\"]]", "[{\"Name\":\"m\"}]", ",\"d\":\"\xc3\xa9\",\"m\":1"), "not ASCII"},
    {DOC("[[\"d\",\"d\"]]", "[{\"Name\":\"m\"}]", ",\"d\":\"x\",\"m\":1"), "dimension twice"},
    {DOC("[[\"d\"]]", "[{\"Name\":\"m\"}]", ",\"d\":\"x\",\"d\":\"x\",\"m\":1"), "there twice"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]", ""), "no member of the root"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]", ",\"m\":\"1\""), "no number"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]", ",\"m\":1e200"), "out of range"},
    {DOC("[[]]", "[{\"Name\":\"m\",\"Unit\":\"Counts\"}]", ",\"m\":1"), "a Unit is none"},
    {DOC("[[]]", "[{\"Name\":\"m\",\"unit\":\"Count\"}]", ",\"m\":1"), "more than it may"},
    {DOC("[[]]", "[]", ""), "no array with a metric"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]", ",\"m\":[]"), "empty"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]",
         ",\"m\":{\"Values\":[1],\"Counts\":[2],\"Max\":1,\"Min\":1,\"Sum\":2,\"Count\":2}"),
     NULL},
    {DOC("[[]]", "[{\"Name\":\"m\"}]",
         ",\"m\":{\"Values\":[1,2],\"Counts\":[2],\"Max\":1,\"Min\":1,\"Sum\":2,\"Count\":2}"),
     "as many Counts as Values"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]",
         ",\"m\":{\"Values\":[1],\"Counts\":[2],\"Max\":1,\"Min\":1,\"Sum\":2,\"Count\":3}"),
     "not the sum of Counts"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]",
         ",\"m\":{\"Values\":[1],\"Counts\":[2],\"Max\":0.5,\"Min\":0,\"Sum\":2,\"Count\":2}"),
     "outside of Min and Max"},
    {DOC("[[]]", "[{\"Name\":\"m\"}]",
         ",\"m\":{\"Values\":[1],\"Counts\":[2],\"Max\":1,\"Min\":1,\"Sum\":3,\"Count\":2}"),
     "Sum is not"},
    {"{\"m\":1}", "no _aws"},
    {"{\"_aws\":{\"Timestamp\":1700000000,\"CloudWatchMetrics\":[]}}", "no whole number of milli"},
};

START_TEST(the_judge_finds_what_is_wrong)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *trouble = emf_trouble(slice_of(cases[i].document));

        if (cases[i].trouble == NULL)
            ck_assert_msg(trouble == NULL, "%s: %s", cases[i].document, trouble);
        else
            ck_assert_msg(trouble != NULL && strstr(trouble, cases[i].trouble) != NULL, "%s: %s",
                          cases[i].document, trouble);
    }
}
END_TEST

Suite *suite_plugins_log_to_metrics_document(void);
Suite *suite_plugins_log_to_metrics_document(void)
{
    Suite *suite = suite_create("log_to_metrics_document");
    TCase *documents = tcase_create("documents");
    TCase *judge = tcase_create("judge");

    tcase_add_checked_fixture(documents, set_up, tear_down);
    tcase_add_test(documents, a_counter_is_what_came_since_the_last_document);
    tcase_add_test(documents, a_gauge_is_what_it_is_and_has_the_unit_that_was_asked_for);
    tcase_add_test(documents, a_histogram_has_the_mean_and_the_count_of_each_bucket);
    tcase_add_test(documents, labels_without_a_value_are_no_dimensions);
    tcase_add_test(documents, dimensions_are_the_sets_that_were_asked_for);
    tcase_add_test(documents, values_of_dimensions_are_ascii);
    tcase_add_test(documents, whatever_records_hold_documents_keep_the_format);
    tcase_add_test(documents, so_do_those_of_gauges);
    tcase_add_test(documents, the_largest_document_is_far_from_the_limit);
    tcase_add_test(judge, the_judge_finds_what_is_wrong);
    suite_add_tcase(suite, documents);
    suite_add_tcase(suite, judge);
    return suite;
}
