#include "record/time.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *text;
    int64_t ns;
} readable[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.000000001Z", 1},
    {"2024-02-29T23:59:59.123456789Z", INT64_C(1709251199123456789)},
    {"2024-02-29T23:59:59.1Z", INT64_C(1709251199100000000)},
    {"2024-02-29T23:59:59.12345678Z", INT64_C(1709251199123456780)},
    {"2024-02-29T23:59:59Z", INT64_C(1709251199000000000)},
    {"2024-02-29t23:59:59z", INT64_C(1709251199000000000)},
    {"2024-02-29T23:59:59+01:30", INT64_C(1709245799000000000)},
    {"2024-02-29T23:59:59.5-08:00", INT64_C(1709279999500000000)},
    {"2016-12-31T23:59:60.5Z", INT64_C(1483228800500000000)},
    {"2016-12-31T23:59:60.500000000Z", INT64_C(1483228800500000000)},
    {"2262-04-11T23:46:59.999999999Z", INT64_C(9223372019999999999)},
    {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
    {"1970-01-01T01:00:00+01:00", 0},
};

START_TEST(times_of_container_runtimes_are_read)
{
    struct time_minute last = {0};
    int64_t ns = -1;

    /* twice: the second time from the minute that was kept */
    for (int i = 0; i < 2; i++) {
        int rc = time_parse_rfc3339(&last, slice_of(readable[_i].text), &ns);

        ck_assert_msg(rc == 0, "%s: %d", readable[_i].text, rc);
        ck_assert_msg(ns == readable[_i].ns, "%s: %lld", readable[_i].text, (long long)ns);
    }
}
END_TEST

static const struct {
    const char *text;
    int error;
} unreadable[] = {
    {"", -EINVAL},
    {"2024-02-29T23:59:59", -EINVAL},
    {"2024-02-29T23:59:59.5", -EINVAL},
    {"2024-02-29T23:59:59.Z", -EINVAL},
    {"2024-02-29T23:59:59.1234567890Z", -EINVAL},
    {"2024-02-29T23:59:59Zx", -EINVAL},
    {"2024-02-29T23:59:59 Z", -EINVAL},
    {"2024-02-29T23:59:59+0100", -EINVAL},
    {"2024-02-29T23:59:59+01:0", -EINVAL},
    {"2024-02-29T23:59:59+24:00", -EINVAL},
    {"2024-02-29T23:59:59+01:60", -EINVAL},
    {"2024-02-29T23:59:59+-1:00", -EINVAL},
    {"2024-02-29 23:59:59Z", -EINVAL},
    {"2024-02-30T23:59:59Z", -EINVAL},
    {"2023-02-29T23:59:59Z", -EINVAL},
    {"2024-13-01T23:59:59Z", -EINVAL},
    {"2024-00-01T23:59:59Z", -EINVAL},
    {"2024-01-00T23:59:59Z", -EINVAL},
    {"2024-01-01T24:00:00Z", -EINVAL},
    {"2024-01-01T23:60:00Z", -EINVAL},
    {"2024-01-01T23:59:61Z", -EINVAL},
    {"2024-01-01T23:59-59Z", -EINVAL},
    {"2o24-01-01T23:59:59Z", -EINVAL},
    {"20240-1-01T23:59:59Z", -EINVAL},
    {"2024-01-01T23:59:5:Z", -EINVAL},
    {"2024-01-01T23:59:/9Z", -EINVAL},
    {"1969-12-31T23:59:59Z", -ERANGE},
    {"0001-01-01T00:00:00Z", -ERANGE},
    {"2262-04-11T23:47:16.854775808Z", -ERANGE},
    {"9999-12-31T23:59:59Z", -ERANGE},
    {"1970-01-01T00:00:00+00:01", -ERANGE},
};

START_TEST(times_that_are_none_are_refused)
{
    struct time_minute last = {0};
    int64_t ns = 77;

    for (int i = 0; i < 2; i++)
        ck_assert_msg(time_parse_rfc3339(&last, slice_of(unreadable[_i].text), &ns) ==
                          unreadable[_i].error,
                      "%s", unreadable[_i].text);
    ck_assert_int_eq(ns, 77);
}
END_TEST

START_TEST(a_refused_minute_does_not_spoil_the_one_that_was_kept)
{
    struct time_minute last = {0};
    int64_t ns;

    ck_assert_int_eq(time_parse_rfc3339(&last, SLICE("2024-01-02T03:04:05Z"), &ns), 0);
    ck_assert_int_eq(time_parse_rfc3339(&last, SLICE("2024-01-32T03:04:05Z"), &ns), -EINVAL);
    ck_assert_int_eq(time_parse_rfc3339(&last, SLICE("2024-01-02T03:04:06Z"), &ns), 0);
    ck_assert_int_eq(ns, INT64_C(1704164646000000000));
}
END_TEST

START_TEST(times_may_come_in_any_order)
{
    static const char *const texts[] = {"2024-01-02T03:04:05Z", "2024-01-02T03:05:00Z",
                                        "2023-12-31T23:59:59Z", "2024-01-02T03:04:05Z"};
    static const int64_t seconds[] = {1704164645, 1704164700, 1704067199, 1704164645};
    struct time_minute last = {0};
    int64_t ns;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_int_eq(time_parse_rfc3339(&last, slice_of(texts[i]), &ns), 0);
        ck_assert_int_eq(ns, seconds[i] * 1000000000);
    }
}
END_TEST

/* Nine digits are read eight at once, fewer one by one. */
START_TEST(every_fraction_is_read_alike)
{
    struct time_minute last = {0};
    char text[] = "1970-01-01T00:00:00.000000000Z";
    char *fraction = strchr(text, '.') + 1;
    uint32_t random = 5;
    int64_t ns;

    for (unsigned i = 0; i < 20000; i++) {
        unsigned value, digits = i % 9 + 1;

        random = random * 1664525 + 1013904223;
        value = random % 1000000000;
        snprintf(fraction, 11, "%09uZ", value);
        for (unsigned at = digits; at < 9; at++)
            fraction[at] = '0';
        value = (unsigned)strtoul(fraction, NULL, 10);
        snprintf(fraction + digits, 2, "Z");
        ck_assert_int_eq(time_parse_rfc3339(&last, slice_of(text), &ns), 0);
        ck_assert_int_eq(ns, value);
    }
}
END_TEST

/* Times of the minute before go a short way of their own. */
START_TEST(a_time_a_byte_off_the_common_form_is_read_as_if_it_were_the_first)
{
    static const char good[] = "2026-11-21T07:35:48.002105753Z";
    char text[sizeof good];

    for (size_t at = 0; at < sizeof good - 1; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct time_minute last = {0}, fresh = {0};
            int64_t ns = 1, fresh_ns = 1;

            ck_assert_int_eq(time_parse_rfc3339(&last, slice_of(good), &ns), 0);
            ck_assert_int_eq(ns, INT64_C(1795246548002105753));
            ns = 1;
            snprintf(text, sizeof text, "%s", good);
            text[at] = (char)byte;
            ck_assert_int_eq(
                time_parse_rfc3339(&last, slice_make(text, sizeof good - 1), &ns),
                time_parse_rfc3339(&fresh, slice_make(text, sizeof good - 1), &fresh_ns));
            ck_assert_int_eq(ns, fresh_ns);
        }
    }
}
END_TEST

START_TEST(a_fraction_of_anything_but_digits_is_refused)
{
    struct time_minute last = {0};
    const char *good = "1970-01-01T00:00:00.123456789Z";
    char text[32];
    int64_t ns;

    for (unsigned at = 20; at < 29; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            bool is_digit = byte >= '0' && byte <= '9';

            snprintf(text, sizeof text, "%s", good);
            text[at] = (char)byte;
            ck_assert_int_eq(time_parse_rfc3339(&last, slice_make(text, 30), &ns),
                             is_digit ? 0 : -EINVAL);
        }
    }
}
END_TEST

Suite *suite_record_time_rfc3339(void);

Suite *suite_record_time_rfc3339(void)
{
    Suite *suite = suite_create("record/time_rfc3339");
    TCase *tcase = tcase_create("time_rfc3339");

    tcase_add_loop_test(tcase, times_of_container_runtimes_are_read, 0, ARRAY_LEN(readable));
    tcase_add_loop_test(tcase, times_that_are_none_are_refused, 0, ARRAY_LEN(unreadable));
    tcase_add_test(tcase, a_refused_minute_does_not_spoil_the_one_that_was_kept);
    tcase_add_test(tcase, times_may_come_in_any_order);
    tcase_add_test(tcase, every_fraction_is_read_alike);
    tcase_add_test(tcase, a_time_a_byte_off_the_common_form_is_read_as_if_it_were_the_first);
    tcase_add_test(tcase, a_fraction_of_anything_but_digits_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
