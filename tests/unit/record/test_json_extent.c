#include "record/json.h"

#include <check.h>
#include <uv.h>

static int64_t extent(const char *text)
{
    return json_value_extent(slice_of(text));
}

START_TEST(a_value_ends_where_the_next_one_begins)
{
    ck_assert_int_eq(extent("{\"a\":{}}{\"b\":1}"), 8);
    ck_assert_int_eq(extent("[1,[2]] 3"), 7);
    ck_assert_int_eq(extent("\"a\\\"b\"x"), 6);
    ck_assert_int_eq(extent("12 "), 2);
}
END_TEST

START_TEST(a_value_that_closes_at_the_end_is_whole)
{
    ck_assert_int_eq(extent("{\"a\":[1]}"), 9);
    ck_assert_int_eq(extent("\"ab\""), 4);
    ck_assert_int_eq(extent("{}"), 2);
}
END_TEST

START_TEST(a_value_that_lacks_its_end_is_waited_for)
{
    ck_assert_int_eq(extent(""), UV_EAGAIN);
    ck_assert_int_eq(extent("{\"a\":{\"b\":1}"), UV_EAGAIN);
    ck_assert_int_eq(extent("[[1]"), UV_EAGAIN);
    ck_assert_int_eq(extent("{\"a\":\"}"), UV_EAGAIN);
    ck_assert_int_eq(extent("\"ab\\\""), UV_EAGAIN);
    ck_assert_int_eq(extent("\"ab\\"), UV_EAGAIN);
    ck_assert_int_eq(extent("12"), UV_EAGAIN);
    ck_assert_int_eq(extent("tru"), UV_EAGAIN);
}
END_TEST

START_TEST(what_begins_no_value_is_refused)
{
    ck_assert_int_eq(extent("}"), UV_EINVAL);
    ck_assert_int_eq(extent(",1"), UV_EINVAL);
    ck_assert_int_eq(json_value_extent(SLICE("\0{}")), UV_EINVAL);
}
END_TEST

Suite *suite_record_json_extent(void)
{
    Suite *suite = suite_create("record/json_extent");
    TCase *values = tcase_create("values");

    tcase_add_test(values, a_value_ends_where_the_next_one_begins);
    tcase_add_test(values, a_value_that_closes_at_the_end_is_whole);
    tcase_add_test(values, a_value_that_lacks_its_end_is_waited_for);
    tcase_add_test(values, what_begins_no_value_is_refused);
    suite_add_tcase(suite, values);
    return suite;
}
