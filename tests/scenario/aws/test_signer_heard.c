#include "scenario/aws/signer_kit.h"

#include "base/log.h"

#include <check.h>
#include <stdio.h>

/* What the service says of keys and clock, and what comes of it. */

static struct http_reply reply_of(int status, const char *body)
{
    struct http_reply reply = {.status = status, .date_s = NOW};

    buffer_append_text(&reply.body, body);
    return reply;
}

#define EXPIRED "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}"

START_TEST(an_expired_token_is_renewed_at_once_and_the_request_sent_again)
{
    struct http_reply reply = reply_of(400, EXPIRED);

    signer_kit_await();
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    ck_assert_ptr_null(aws_signer_pass(signer_kit.signer)); /* until the newer ones are there */
    signer_kit_await();
    signer_kit_has("AKIA0002");
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(who_comes_late_with_an_old_token_gets_the_new_one)
{
    struct http_reply reply = reply_of(400, EXPIRED);
    struct aws_pass *old, *now;

    signer_kit_await();
    old = aws_pass_ref(signer_kit.told.pass);
    ck_assert(aws_signer_heard(signer_kit.signer, old, &reply));
    signer_kit_await();
    ck_assert(aws_signer_heard(signer_kit.signer, old, &reply));
    now = aws_signer_pass(signer_kit.signer);
    ck_assert_ptr_nonnull(now);
    ck_assert(slice_is(aws_pass_keys(now)->id, "AKIA0002"));
    aws_pass_unref(&now);
    aws_pass_unref(&old);
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(a_service_that_always_says_expired_does_not_make_us_ask_for_ever)
{
    struct http_reply reply = reply_of(400, EXPIRED);

    signer_kit_await();
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    signer_kit_await();
    ck_assert(!aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    clock_advance_ms(AWS_FORCED_MS_MIN);
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    signer_kit_await();
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(a_clock_that_is_off_is_corrected_from_the_answers_date)
{
    struct http_reply reply = reply_of(403, "{\"message\":\"Signature expired: x\"}");
    struct aws_pass *pass;

    signer_kit_await();
    reply.date_s = NOW + 1200;
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    pass = aws_signer_pass(signer_kit.signer);
    ck_assert_ptr_nonnull(pass);
    ck_assert_int_eq(aws_pass_skew_s(pass), 1200);
    aws_pass_unref(&pass);
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(what_is_denied_is_not_sent_again)
{
    struct http_reply reply =
        reply_of(403, "{\"Message\":\"User: arn:aws:sts::1:x is not authorized to perform: "
                      "es:ESHttpPost on resource: arn:aws:es:eu-west-1:1:domain/logs\"}");

    signer_kit_await();
    ck_assert(!aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    ck_assert_str_eq(log_recent(0), log_recent(0));
    ck_assert_ptr_nonnull(strstr(log_recent(0), "\"Action\":\"es:ESHttpPost\""));
    buffer_fini(&reply.body);
}
END_TEST

static void denied(const char *action, const char *resource)
{
    char body[300];
    struct http_reply reply;

    snprintf(body, sizeof body,
             "{\"message\":\"User: arn:aws:sts::1:x is not authorized to perform: %s on resource: "
             "arn:aws:logs:eu-west-1:1:log-group:%s because no identity-based policy allows it\"}",
             action, resource);
    reply = reply_of(400, body);
    ck_assert(!aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    buffer_fini(&reply.body);
}

START_TEST(a_denial_is_said_once_for_all_streams_of_a_group)
{
    uint64_t before;

    signer_kit_await();
    before = log_count(LOG_ERROR);
    for (int i = 0; i < 3; i++) {
        denied("logs:PutLogEvents", "/g:log-stream:a");
        denied("logs:PutLogEvents", "/g:log-stream:b");
        denied("logs:CreateLogStream", "/g:log-stream:a");
    }
    ck_assert_uint_eq(log_count(LOG_ERROR) - before, 2);
    denied("logs:PutLogEvents", "/h:log-stream:a");
    denied("logs:PutLogEvents", "/i:log-stream:a");
    ck_assert_uint_eq(log_count(LOG_ERROR) - before, 2);
    clock_advance_ms(AWS_DENIALS_PAUSE_MS);
    denied("logs:PutLogEvents", "/h:log-stream:a");
    ck_assert_uint_eq(log_count(LOG_ERROR) - before, 3);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "log-group:/h:*\"}; so are 1 others"));
}
END_TEST

START_TEST(other_answers_are_none_of_its_business)
{
    struct http_reply reply = reply_of(429, "{\"error\":\"es_rejected_execution_exception\"}");

    signer_kit_await();
    ck_assert(!aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    reply.status = 500;
    ck_assert(!aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(a_signer_may_go_while_it_asks)
{
    signer_kit.signer = aws_signer_new(signer_kit.loop, &signer_kit.settings);
    aws_signer_free(&signer_kit.signer); /* a worker reads files */
    signer_kit.signer = aws_signer_new(signer_kit.loop, &signer_kit.settings);
    kit_server_await(signer_kit.aws.server, signer_kit.loop, 1);
    aws_signer_free(&signer_kit.signer); /* the instance is asked */
}
END_TEST

Suite *suite_aws_signer_heard(void)
{
    Suite *suite = suite_create("aws_signer_heard");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, signer_kit_open, signer_kit_close);
    tcase_add_test(tests, an_expired_token_is_renewed_at_once_and_the_request_sent_again);
    tcase_add_test(tests, who_comes_late_with_an_old_token_gets_the_new_one);
    tcase_add_test(tests, a_service_that_always_says_expired_does_not_make_us_ask_for_ever);
    tcase_add_test(tests, a_clock_that_is_off_is_corrected_from_the_answers_date);
    tcase_add_test(tests, what_is_denied_is_not_sent_again);
    tcase_add_test(tests, a_denial_is_said_once_for_all_streams_of_a_group);
    tcase_add_test(tests, other_answers_are_none_of_its_business);
    tcase_add_test(tests, a_signer_may_go_while_it_asks);
    suite_add_tcase(suite, tests);
    return suite;
}
