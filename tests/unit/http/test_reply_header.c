#include "http/reply_header.h"

#include "base/clock.h"

#include <check.h>

/* Sat, 21 Nov 2026 08:49:37 GMT */
#define NOW_S INT64_C(1795250977)

static struct http_reply reply;

static void set_up(void)
{
    clock_fake(0, NOW_S * NS_PER_S);
    reply = (struct http_reply){0};
}

static void tear_down(void)
{
    clock_real();
}

static void line(const char *text)
{
    reply_header(&reply, slice_of(text));
}

START_TEST(a_status_line_gives_the_status)
{
    line("HTTP/1.1 404 Not Found\r\n");
    ck_assert_int_eq(reply.status, 404);
    line("HTTP/1.1 200\r\n");
    ck_assert_int_eq(reply.status, 200);
    line("HTTP/2 503 \r\n");
    ck_assert_int_eq(reply.status, 503);
}
END_TEST

START_TEST(a_continue_is_no_answer_yet)
{
    line("HTTP/1.1 100 Continue\r\n");
    ck_assert_int_eq(reply.status, 0);
}
END_TEST

START_TEST(a_new_status_line_forgets_the_answer_before)
{
    line("HTTP/1.1 503 x\r\n");
    line("Retry-After: 5\r\n");
    line("X-Elastic-Product: Elasticsearch\r\n");
    line("Content-Type: text/html\r\n");
    line("HTTP/1.1 200 OK\r\n");
    ck_assert_int_eq(reply.status, 200);
    ck_assert_uint_eq(reply.retry_after_ms, 0);
    ck_assert(!reply.is_elasticsearch);
    ck_assert_str_eq(reply.content_type, "");
}
END_TEST

START_TEST(what_aws_says_of_itself_is_kept)
{
    line("HTTP/1.1 400 x\r\n");
    line("Date: Sat, 21 Nov 2026 08:49:37 GMT\r\n");
    line("x-amzn-requestid: 4c2b\r\n");
    line("x-amzn-ErrorType: ThrottlingException:http://x/\r\n");
    ck_assert_int_eq(reply.date_s, NOW_S);
    ck_assert_str_eq(reply.request_id, "4c2b");
    ck_assert_str_eq(reply.error_type, "ThrottlingException:http://x/");
    line("Date: yesterday\r\n");
    ck_assert_int_eq(reply.date_s, 0);
    line("HTTP/1.1 200 OK\r\n");
    ck_assert_str_eq(reply.request_id, "");
    ck_assert_str_eq(reply.error_type, "");
}
END_TEST

START_TEST(names_are_known_in_any_case_and_with_any_blanks)
{
    line("retry-AFTER:  \t12 \r\n");
    line("x-elastic-product:Elasticsearch\r\n");
    line("CONTENT-TYPE: application/json; charset=UTF-8\r\n");
    ck_assert_uint_eq(reply.retry_after_ms, 12000);
    ck_assert(reply.is_elasticsearch);
    ck_assert_str_eq(reply.content_type, "application/json; charset=UTF-8");
}
END_TEST

START_TEST(a_long_type_is_cut)
{
    line("Content-Type: application/"
         "a-type-whose-name-goes-on-and-on-and-on-until-nobody-wants-to-read-it\r\n");
    ck_assert_uint_eq(strlen(reply.content_type), sizeof reply.content_type - 1);
}
END_TEST

START_TEST(lines_of_no_use_change_nothing)
{
    static const char *const lines[] = {
        "", "\r\n", ":", "Retry-After", "Retry-After-Not: 5\r\n", "no colon at all\r\n"};

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        line(lines[i]);
    ck_assert_int_eq(reply.status, 0);
    ck_assert_uint_eq(reply.retry_after_ms, 0);
}
END_TEST

static const struct {
    const char *value;
    uint64_t wait_ms;
} retries[] = {
    {"0", 0},
    {"1", 1000},
    {"120", 120000},
    {"86400", RETRY_AFTER_MS_MAX},
    {"86401", RETRY_AFTER_MS_MAX},
    {"99999999999999999999999999", RETRY_AFTER_MS_MAX},
    {"", 0},
    {"-5", 0},
    {"1.5", 0},
    {"5 minutes", 0},
    {"soon", 0},
    {"Sat, 21 Nov 2026 08:49:37 GMT", 0},
    {"Sat, 21 Nov 2026 08:50:37 GMT", 60000},
    {"Sat, 21 Nov 2026 08:49:00 GMT", 0},
    {"Saturday, 21-Nov-26 08:50:37 GMT", 60000},
    {"Sat Nov 21 08:50:37 2026", 60000},
    {"Sun, 21 Nov 2027 08:49:37 GMT", RETRY_AFTER_MS_MAX},
    {"Sat, 21 Nov 2026 08:50:37 GMT and then some more text that is no part of a date", 0},
};

START_TEST(retry_after_is_seconds_or_a_date)
{
    size_t at = (size_t)_i;

    ck_assert_uint_eq(retry_after_ms(slice_of(retries[at].value)), retries[at].wait_ms);
}
END_TEST

Suite *suite_http_reply_header(void)
{
    Suite *suite = suite_create("http/reply_header");
    TCase *lines = tcase_create("lines");

    tcase_add_checked_fixture(lines, set_up, tear_down);
    tcase_add_test(lines, a_status_line_gives_the_status);
    tcase_add_test(lines, a_continue_is_no_answer_yet);
    tcase_add_test(lines, a_new_status_line_forgets_the_answer_before);
    tcase_add_test(lines, what_aws_says_of_itself_is_kept);
    tcase_add_test(lines, names_are_known_in_any_case_and_with_any_blanks);
    tcase_add_test(lines, a_long_type_is_cut);
    tcase_add_test(lines, lines_of_no_use_change_nothing);
    tcase_add_loop_test(lines, retry_after_is_seconds_or_a_date, 0, ARRAY_LEN(retries));
    suite_add_tcase(suite, lines);
    return suite;
}
