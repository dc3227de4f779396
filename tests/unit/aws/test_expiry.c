#include "aws/expiry.h"

#include <check.h>

#define NOW INT64_C(1795276800)
#define MINUTE_MS 60000

START_TEST(an_hours_keys_are_renewed_in_its_last_quarter)
{
    for (uint64_t dice = 0; dice < 1000; dice++) {
        uint64_t wait_ms = aws_refresh_ms(NOW, NOW + 3600, dice * 997);

        ck_assert_uint_ge(wait_ms, 42 * MINUTE_MS);
        ck_assert_uint_le(wait_ms, 45 * MINUTE_MS);
    }
}
END_TEST

START_TEST(keys_for_two_minutes_are_renewed_after_one_and_a_half)
{
    ck_assert_uint_eq(aws_refresh_ms(NOW, NOW + 120, 0), 90000);
    ck_assert_uint_ge(aws_refresh_ms(NOW, NOW + 120, UINT64_MAX), 84000);
}
END_TEST

START_TEST(what_is_past_its_end_is_looked_at_every_minute_or_two)
{
    ck_assert_uint_eq(aws_refresh_ms(NOW, NOW, 0), MINUTE_MS);
    ck_assert_uint_eq(aws_refresh_ms(NOW, NOW - 1000, 59999), 2 * MINUTE_MS - 1);
}
END_TEST

START_TEST(what_has_no_end_is_looked_at_every_quarter_of_an_hour)
{
    ck_assert_uint_eq(aws_refresh_ms(NOW, 0, 7), 15 * MINUTE_MS);
}
END_TEST

START_TEST(failures_wait_longer_up_to_a_minute)
{
    ck_assert_uint_eq(aws_again_ms(1, 0), 500);
    ck_assert_uint_eq(aws_again_ms(2, 0), 1000);
    ck_assert_uint_eq(aws_again_ms(7, 0), 30000);
    ck_assert_uint_eq(aws_again_ms(4000000000u, 30000), 60000);
}
END_TEST

START_TEST(a_clock_that_is_off_is_corrected_once)
{
    int64_t skew_s = 0;

    ck_assert(!aws_is_skewed(NOW, NOW + 240, 0, &skew_s));
    ck_assert(!aws_is_skewed(NOW, 0, 0, &skew_s));
    ck_assert(aws_is_skewed(NOW, NOW - 1200, 0, &skew_s));
    ck_assert_int_eq(skew_s, -1200);
    ck_assert(!aws_is_skewed(NOW + 10, NOW - 1190, skew_s, &skew_s));
    ck_assert(aws_is_skewed(NOW + 10, NOW + 10, skew_s, &skew_s)); /* somebody set the clock */
    ck_assert_int_eq(skew_s, 0);
}
END_TEST

Suite *suite_aws_expiry(void)
{
    Suite *suite = suite_create("aws_expiry");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, an_hours_keys_are_renewed_in_its_last_quarter);
    tcase_add_test(tests, keys_for_two_minutes_are_renewed_after_one_and_a_half);
    tcase_add_test(tests, what_is_past_its_end_is_looked_at_every_minute_or_two);
    tcase_add_test(tests, what_has_no_end_is_looked_at_every_quarter_of_an_hour);
    tcase_add_test(tests, failures_wait_longer_up_to_a_minute);
    tcase_add_test(tests, a_clock_that_is_off_is_corrected_once);
    suite_add_tcase(suite, tests);
    return suite;
}
