#include "metrics/family.h"

#include "kit/stops.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const labels[] = {"app", "level"};
static const double bounds[] = {0.5, 1, 10};
static struct family_spec spec;
static struct metric_family family;
static struct buffer key;

static void open_family(enum metric_type type, uint32_t series_max)
{
    spec = (struct family_spec){
        .name = "m",
        .help = "A metric.",
        .type = type,
        .labels = labels,
        .label_count = ARRAY_LEN(labels),
        .bounds = type == METRIC_HISTOGRAM ? bounds : NULL,
        .bound_count = type == METRIC_HISTOGRAM ? ARRAY_LEN(bounds) : 0,
        .series_max = series_max,
    };
    family_init(&family, &spec);
}

static void tear_down(void)
{
    family_fini(&family);
    buffer_fini(&key);
}

static struct family_series *series(const char *app, const char *level)
{
    buffer_clear(&key);
    family_key_add(&key, slice_of(app));
    family_key_add(&key, slice_of(level));
    return family_series(&family, buffer_view(&key));
}

static void add(const char *app, const char *level)
{
    family_add(&family, series(app, level));
    family_check(&family);
}

static void take_all_news(void)
{
    struct family_series *s;

    while ((s = family_news_first(&family)) != NULL)
        family_news_taken(&family, s);
}

static void expect_label(const struct family_series *s, size_t index, const char *value)
{
    struct slice label = family_label(s, index);

    ck_assert_msg(slice_is(label, value), "%.*s", SLICE_ARG(label));
}

START_TEST(each_set_of_values_is_a_series)
{
    open_family(METRIC_COUNTER, 10);
    add("a", "error");
    add("a", "warn");
    add("a", "error");
    add("", "error");
    ck_assert_uint_eq(family.series_count, 3);
    ck_assert_uint_eq(series("a", "error")->count, 2);
    ck_assert_uint_eq(series("a", "warn")->count, 1);
    expect_label(series("a", "warn"), 0, "a");
    expect_label(series("a", "warn"), 1, "warn");
    expect_label(series("", "error"), 0, "");
}
END_TEST

START_TEST(without_labels_there_is_one_series)
{
    open_family(METRIC_COUNTER, 1);
    spec.label_count = 0;
    family_add(&family, family_series(&family, buffer_view(&key)));
    family_add(&family, family_series(&family, SLICE("")));
    ck_assert_uint_eq(family.series_count, 1);
    ck_assert_uint_eq(family.last->count, 2);
    family_check(&family);
}
END_TEST

/* "ab", "c" is not "a", "bc". */
START_TEST(values_do_not_run_into_each_other)
{
    open_family(METRIC_COUNTER, 10);
    add("ab", "c");
    add("a", "bc");
    ck_assert_uint_eq(family.series_count, 2);
}
END_TEST

START_TEST(long_values_are_cut_between_characters)
{
    char longer[FAMILY_LABEL_BYTES_MAX + 3];

    memset(longer, 'x', sizeof longer);
    memcpy(longer + FAMILY_LABEL_BYTES_MAX - 1, "\xc3\xa9", 3);
    open_family(METRIC_COUNTER, 10);
    add(longer, "e");
    ck_assert_uint_eq(family_label(series(longer, "e"), 0).len, FAMILY_LABEL_BYTES_MAX - 1);
    expect_label(series(longer, "e"), 1, "e");
}
END_TEST

START_TEST(news_are_what_came_since_they_were_taken)
{
    open_family(METRIC_COUNTER, 10);
    add("a", "e");
    add("a", "e");
    ck_assert_uint_eq(family_news_first(&family)->news.count, 2);
    family_news_taken(&family, family_news_first(&family));
    ck_assert_ptr_null(family_news_first(&family));
    add("a", "e");
    ck_assert_uint_eq(family_news_first(&family)->news.count, 1);
    ck_assert_uint_eq(series("a", "e")->count, 3);
}
END_TEST

START_TEST(the_oldest_news_are_first)
{
    open_family(METRIC_COUNTER, 10);
    add("a", "e");
    add("b", "e");
    add("a", "e");
    expect_label(family_news_first(&family), 0, "a");
    family_news_taken(&family, family_news_first(&family));
    expect_label(family_news_first(&family), 0, "b");
}
END_TEST

START_TEST(a_gauge_is_what_it_was_set_to_last)
{
    open_family(METRIC_GAUGE, 10);
    family_set(&family, series("a", "e"), 5);
    family_set(&family, series("a", "e"), -2.5);
    ck_assert_double_eq(series("a", "e")->sum, -2.5);
    ck_assert_double_eq(family_news_first(&family)->news.sum, -2.5);
}
END_TEST

START_TEST(a_histogram_counts_below_the_first_bound_that_is_not_passed)
{
    static const double values[] = {-1, 0.5, 0.6, 1, 10, 10.5};
    struct family_series *s;

    open_family(METRIC_HISTOGRAM, 10);
    s = series("a", "e");
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        family_observe(&family, s, values[i]);
    ck_assert_uint_eq(s->buckets[0].count, 2);
    ck_assert_uint_eq(s->buckets[1].count, 2);
    ck_assert_uint_eq(s->buckets[2].count, 1);
    ck_assert_uint_eq(s->buckets[3].count, 1);
    ck_assert_uint_eq(s->count, 6);
    ck_assert_double_eq(s->sum, 21.6);
    ck_assert_double_eq(s->news.min, -1);
    ck_assert_double_eq(s->news.max, 10.5);
    take_all_news();
    ck_assert_uint_eq(s->buckets[0].news_count, 0);
    ck_assert_uint_eq(s->buckets[0].count, 2);
    family_observe(&family, s, 7);
    ck_assert_double_eq(s->news.min, 7);
    ck_assert_double_eq(s->news.max, 7);
}
END_TEST

/* ---- limits ---- */

START_TEST(what_has_no_place_is_counted_together)
{
    open_family(METRIC_COUNTER, 2);
    add("a", "e");
    add("b", "e");
    add("c", "e");
    add("d", "e");
    add("a", "e");
    ck_assert_uint_eq(family.series_count, 2);
    ck_assert_uint_eq(family.overflow_count, 2);
    ck_assert_uint_eq(family.other->count, 2);
    expect_label(family.other, 0, "other");
    expect_label(family.other, 1, "other");
    ck_assert_uint_eq(series("a", "e")->count, 2);
}
END_TEST

/* Two series with the same labels would spoil the whole page. */
START_TEST(a_record_may_have_the_values_of_the_others)
{
    open_family(METRIC_COUNTER, 2);
    add("other", "other");
    add("b", "e");
    add("c", "e");
    ck_assert_uint_eq(family.other->count, 2);
    ck_assert_uint_eq(family.series_count, 1);
    add("other", "other");
    ck_assert_uint_eq(family.other->count, 3);
    ck_assert_uint_eq(family.by_key.count, 2);
}
END_TEST

START_TEST(a_series_that_is_idle_makes_room)
{
    open_family(METRIC_COUNTER, 2);
    add("a", "e");
    add("b", "e");
    take_all_news();
    family_tick(&family, FAMILY_IDLE_S - 1);
    add("b", "e");
    take_all_news();
    add("c", "e");
    ck_assert_uint_eq(family.overflow_count, 1);
    family_tick(&family, FAMILY_IDLE_S + FAMILY_LOOK_S);
    add("c", "e");
    ck_assert_uint_eq(family.overflow_count, 1);
    ck_assert_uint_eq(series("c", "e")->count, 1);
    ck_assert_uint_eq(series("b", "e")->count, 2);
    ck_assert_uint_eq(family.series_count, 2);
    family_check(&family);
}
END_TEST

START_TEST(a_series_with_news_stays)
{
    open_family(METRIC_COUNTER, 1);
    add("a", "e");
    family_tick(&family, FAMILY_IDLE_S);
    add("b", "e");
    ck_assert_uint_eq(family.overflow_count, 1);
    ck_assert_uint_eq(series("a", "e")->count, 1);
}
END_TEST

/* Each has 30 labels of 252 bytes. */
START_TEST(series_have_a_limit_in_bytes)
{
    static const char *many[FAMILY_LABELS_MAX];
    char value[FAMILY_LABEL_BYTES_MAX + 1];

    open_family(METRIC_COUNTER, 100000);
    spec.labels = many;
    spec.label_count = FAMILY_LABELS_MAX;
    for (unsigned i = 0; family.overflow_count == 0; i++) {
        ck_assert_uint_lt(i, 100000);
        snprintf(value, sizeof value, "%0252u", i);
        buffer_clear(&key);
        for (size_t at = 0; at < FAMILY_LABELS_MAX; at++)
            family_key_add(&key, slice_of(value));
        family_add(&family, family_series(&family, buffer_view(&key)));
    }
    ck_assert_uint_gt(family.series_count, 900);
    ck_assert_uint_le(family.bytes, FAMILY_BYTES_MAX);
    family_check(&family);
}
END_TEST

/* ---- mistakes of the caller ---- */

START_TEST(what_is_no_number_is_not_observed)
{
    open_family(METRIC_HISTOGRAM, 1);
    family_observe(&family, series("a", "e"), NAN);
}
END_TEST

START_TEST(news_that_are_not_there_cannot_be_taken)
{
    open_family(METRIC_COUNTER, 1);
    family_news_taken(&family, series("a", "e"));
}
END_TEST

START_TEST(a_gauge_is_not_added_to)
{
    open_family(METRIC_GAUGE, 1);
    family_add(&family, series("a", "e"));
}
END_TEST

Suite *suite_metrics_family(void);
Suite *suite_metrics_family(void)
{
    Suite *suite = suite_create("metrics/family");
    TCase *tc = tcase_create("family");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, each_set_of_values_is_a_series);
    tcase_add_test(tc, without_labels_there_is_one_series);
    tcase_add_test(tc, values_do_not_run_into_each_other);
    tcase_add_test(tc, long_values_are_cut_between_characters);
    tcase_add_test(tc, news_are_what_came_since_they_were_taken);
    tcase_add_test(tc, the_oldest_news_are_first);
    tcase_add_test(tc, a_gauge_is_what_it_was_set_to_last);
    tcase_add_test(tc, a_histogram_counts_below_the_first_bound_that_is_not_passed);
    tcase_add_test(tc, what_has_no_place_is_counted_together);
    tcase_add_test(tc, a_record_may_have_the_values_of_the_others);
    tcase_add_test(tc, a_series_that_is_idle_makes_room);
    tcase_add_test(tc, a_series_with_news_stays);
    tcase_add_test(tc, series_have_a_limit_in_bytes);
    suite_add_tcase(suite, tc);
    stops_add(stops, what_is_no_number_is_not_observed);
    stops_add(stops, news_that_are_not_there_cannot_be_taken);
    stops_add(stops, a_gauge_is_not_added_to);
    suite_add_tcase(suite, stops);
    return suite;
}
