#include "metrics/histogram.h"

#include <check.h>

static const struct histogram_bounds bounds = {3, {10, 100, 1000}};

START_TEST(a_time_is_counted_below_the_first_bound_that_it_does_not_pass)
{
    struct histogram h = {0};

    histogram_add(&h, &bounds, 0);
    histogram_add(&h, &bounds, 10);
    histogram_add(&h, &bounds, 11);
    histogram_add(&h, &bounds, 1000);
    ck_assert_uint_eq(h.counts[0], 2);
    ck_assert_uint_eq(h.counts[1], 1);
    ck_assert_uint_eq(h.counts[2], 1);
    ck_assert_uint_eq(h.counts[3], 0);
    ck_assert_uint_eq(h.sum_ms, 1021);
}
END_TEST

START_TEST(what_is_longer_than_all_bounds_is_counted_behind_them)
{
    struct histogram h = {0};

    histogram_add(&h, &bounds, 1001);
    histogram_add(&h, &bounds, UINT64_C(1) << 40);
    ck_assert_uint_eq(histogram_below(&h, &bounds, 2), 0);
    ck_assert_uint_eq(histogram_below(&h, &bounds, 3), 2);
    ck_assert_uint_eq(h.sum_ms, 1001 + (UINT64_C(1) << 40));
}
END_TEST

START_TEST(each_bound_has_all_that_lies_below_it)
{
    struct histogram h = {.counts = {1, 2, 3, 4}};

    ck_assert_uint_eq(histogram_below(&h, &bounds, 0), 1);
    ck_assert_uint_eq(histogram_below(&h, &bounds, 1), 3);
    ck_assert_uint_eq(histogram_below(&h, &bounds, 2), 6);
    ck_assert_uint_eq(histogram_below(&h, &bounds, 3), 10);
}
END_TEST

Suite *suite_metrics_histogram(void);
Suite *suite_metrics_histogram(void)
{
    Suite *suite = suite_create("metrics/histogram");
    TCase *tc = tcase_create("histogram");

    tcase_add_test(tc, a_time_is_counted_below_the_first_bound_that_it_does_not_pass);
    tcase_add_test(tc, what_is_longer_than_all_bounds_is_counted_behind_them);
    tcase_add_test(tc, each_bound_has_all_that_lies_below_it);
    suite_add_tcase(suite, tc);
    return suite;
}
