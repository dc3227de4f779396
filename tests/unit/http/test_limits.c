#include "http/limits.h"

#include <check.h>

static const struct call_limits limits = {
    .connect_ms = 10000,
    .io_ms = 60000,
    .response_ms = 90000,
};

static void expect_limit(struct call_clock clock, enum limit_kind kind, uint64_t at_ms)
{
    struct limit limit = limit_next(&clock, &limits);

    ck_assert_int_eq(limit.kind, kind);
    ck_assert_uint_eq(limit.at_ms, at_ms);
}

START_TEST(first_comes_the_connection)
{
    expect_limit((struct call_clock){.begun_ms = 1000, .moved_ms = 1000}, LIMIT_CONNECT, 11000);
}
END_TEST

START_TEST(then_bytes_have_to_move)
{
    expect_limit(
        (struct call_clock){
            .begun_ms = 1000, .connected_ms = 3000, .moved_ms = 3000, .is_connected = true},
        LIMIT_IO, 63000);
    expect_limit(
        (struct call_clock){
            .begun_ms = 1000, .connected_ms = 3000, .moved_ms = 5000, .is_connected = true},
        LIMIT_IO, 65000);
}
END_TEST

START_TEST(the_whole_call_ends_however_much_moves)
{
    expect_limit(
        (struct call_clock){
            .begun_ms = 1000, .connected_ms = 3000, .moved_ms = 80000, .is_connected = true},
        LIMIT_RESPONSE, 91000);
}
END_TEST

START_TEST(bytes_of_the_handshake_do_not_prolong_the_connecting)
{
    expect_limit((struct call_clock){.begun_ms = 1000, .moved_ms = 9000}, LIMIT_CONNECT, 11000);
}
END_TEST

START_TEST(a_clock_that_begins_at_zero_will_do)
{
    expect_limit((struct call_clock){.is_connected = true}, LIMIT_IO, 60000);
}
END_TEST

START_TEST(words_are_those_that_scripts_look_for)
{
    char why[256];

    limit_words((struct limit){.kind = LIMIT_IO, .wait_ms = 60000}, why);
    ck_assert_str_eq(why, "timed out after 60 seconds (IO timeout)");
    limit_words((struct limit){.kind = LIMIT_CONNECT, .wait_ms = 10000}, why);
    ck_assert_str_eq(why, "timed out after 10 seconds (connect timeout)");
    limit_words((struct limit){.kind = LIMIT_RESPONSE, .wait_ms = 90000}, why);
    ck_assert_str_eq(why, "response timeout reached (90 seconds)");
}
END_TEST

Suite *suite_http_limits(void)
{
    Suite *suite = suite_create("http/limits");
    TCase *limit = tcase_create("limits");

    tcase_add_test(limit, first_comes_the_connection);
    tcase_add_test(limit, then_bytes_have_to_move);
    tcase_add_test(limit, the_whole_call_ends_however_much_moves);
    tcase_add_test(limit, bytes_of_the_handshake_do_not_prolong_the_connecting);
    tcase_add_test(limit, a_clock_that_begins_at_zero_will_do);
    tcase_add_test(limit, words_are_those_that_scripts_look_for);
    suite_add_tcase(suite, limit);
    return suite;
}
