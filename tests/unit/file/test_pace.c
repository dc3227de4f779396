#include "file/pace.h"

#include "kit/stops.h"

#include <check.h>
#include <stdint.h>

START_TEST(what_read_nothing_need_not_pause)
{
    struct pace pace = {0};

    ck_assert_uint_eq(pace_pause_ms(&pace, 0), 0);
    ck_assert_uint_eq(pace_pause_ms(&pace, 5000), 0);
}
END_TEST

START_TEST(what_was_read_is_paid_for)
{
    struct pace pace = {0};

    pace_took(&pace, 500, 1000, 5000);
    ck_assert_uint_eq(pace_pause_ms(&pace, 5000), 480);
    ck_assert_uint_eq(pace_pause_ms(&pace, 5479), 1);
    ck_assert_uint_eq(pace_pause_ms(&pace, 5480), 0);
    pace_took(&pace, 500, 1000, 5400);
    ck_assert_uint_eq(pace_pause_ms(&pace, 5400), 580);
}
END_TEST

START_TEST(part_of_a_millisecond_is_a_pause)
{
    struct pace pace = {0};

    pace_took(&pace, 20001, 1000000, 100);
    ck_assert_uint_eq(pace_pause_ms(&pace, 100), 1);
}
END_TEST

START_TEST(next_to_nothing_is_saved_up)
{
    struct pace pace = {0};

    pace_took(&pace, 100, 1000, 1000);
    pace_took(&pace, 100, 1000, 60000);
    ck_assert_uint_eq(pace_pause_ms(&pace, 60000), 80);
}
END_TEST

/* A file with always something to read gets what it may have, and not more, in the long run. */
START_TEST(the_rate_is_kept_whatever_the_reads)
{
    static const uint64_t rates[] = {1000, 12345, 1000000, 50000000};

    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct pace pace = {0};
        uint64_t total = 0, now_ms = 777;

        while (now_ms < 777 + 60000) {
            size_t bytes = pace_read_bytes(rates[i], 131072) - total % 100;

            total += bytes;
            pace_took(&pace, bytes, rates[i], now_ms);
            now_ms += pace_pause_ms(&pace, now_ms);
        }
        ck_assert_uint_ge(total, rates[i] / 10 * 595);
        ck_assert_uint_le(total, rates[i] / 100 * 6002 + 131072);
    }
}
END_TEST

START_TEST(reads_are_short_and_not_too_short)
{
    ck_assert_uint_eq(pace_read_bytes(1000, 131072), PACE_READ_BYTES_MIN);
    ck_assert_uint_eq(pace_read_bytes(1000, 100), 100);
    ck_assert_uint_eq(pace_read_bytes(100000, 131072), 25000);
    ck_assert_uint_eq(pace_read_bytes(UINT64_MAX, 131072), 131072);
}
END_TEST

START_TEST(no_rate_is_no_pace)
{
    struct pace pace = {0};

    pace_took(&pace, 1, 0, 0);
}
END_TEST

Suite *suite_file_pace(void);
Suite *suite_file_pace(void)
{
    Suite *s = suite_create("file/pace");
    TCase *t = tcase_create("pace");
    TCase *stops = stops_create();

    tcase_add_test(t, what_read_nothing_need_not_pause);
    tcase_add_test(t, what_was_read_is_paid_for);
    tcase_add_test(t, part_of_a_millisecond_is_a_pause);
    tcase_add_test(t, next_to_nothing_is_saved_up);
    tcase_add_test(t, the_rate_is_kept_whatever_the_reads);
    tcase_add_test(t, reads_are_short_and_not_too_short);
    suite_add_tcase(s, t);
    stops_add(stops, no_rate_is_no_pace);
    suite_add_tcase(s, stops);
    return s;
}
