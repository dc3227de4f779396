#include "base/clock.h"

#include "kit/stops.h"

START_TEST(fake_clocks_stand_still)
{
    clock_fake(100, 5 * NS_PER_S);
    ck_assert_uint_eq(clock_ms(), 100);
    ck_assert_uint_eq(clock_ms(), 100);
    ck_assert_int_eq(clock_wall_ns(), 5 * NS_PER_S);
}
END_TEST

START_TEST(both_clocks_advance_together)
{
    clock_fake(100, -2 * NS_PER_S);
    clock_advance_ms(1500);
    ck_assert_uint_eq(clock_ms(), 1600);
    ck_assert_int_eq(clock_wall_ns(), -500 * NS_PER_MS);
}
END_TEST

START_TEST(the_real_clocks_come_back)
{
    clock_fake(UINT64_MAX, 0);
    clock_real();
    ck_assert_uint_lt(clock_ms(), UINT64_MAX);
    ck_assert_int_gt(clock_wall_ns(), 1600000000 * NS_PER_S);
}
END_TEST

START_TEST(monotonic_time_never_goes_back)
{
    uint64_t before = clock_ms();

    ck_assert_uint_ge(clock_ms(), before);
}
END_TEST

START_TEST(advancing_a_real_clock_stops_the_process)
{
    clock_real();
    clock_advance_ms(1);
}
END_TEST

Suite *suite_base_clock(void);

Suite *suite_base_clock(void)
{
    Suite *suite = suite_create("base/clock");
    TCase *use = tcase_create("use"), *stops = stops_create();

    tcase_add_checked_fixture(use, NULL, clock_real);
    tcase_add_test(use, fake_clocks_stand_still);
    tcase_add_test(use, both_clocks_advance_together);
    tcase_add_test(use, the_real_clocks_come_back);
    tcase_add_test(use, monotonic_time_never_goes_back);
    suite_add_tcase(suite, use);
    stops_add(stops, advancing_a_real_clock_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
