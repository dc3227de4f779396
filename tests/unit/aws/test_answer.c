#include "aws/answer.h"
#include "record/json_write.h"

#include <check.h>
#include <stdio.h>

static struct aws_error error;

static void read_answer(const char *header, const char *body)
{
    struct http_reply reply = {.status = 400};

    snprintf(reply.error_type, sizeof reply.error_type, "%s", header);
    buffer_append_text(&reply.body, body);
    aws_error_read(&reply, &error);
    buffer_fini(&reply.body);
}

static void means(const char *header, const char *body, enum aws_trouble trouble)
{
    read_answer(header, body);
    ck_assert_msg(aws_trouble_of(&error) == trouble, "%s %s is %s", header, body, error.name);
}

START_TEST(names_come_in_several_clothes)
{
    static const char *const answers[][3] = {
        {"", "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}",
         "ThrottlingException"},
        {"", "{\"__type\":\"com.amazonaws.logs#ThrottlingException\"}", "ThrottlingException"},
        {"", "{\"__type\":\"a#ThrottlingException:http://x\"}", "ThrottlingException"},
        {"ThrottlingException:http://internal/", "", "ThrottlingException"},
        {"ThrottlingException", "{\"__type\":\"Other\"}", "ThrottlingException"},
        {"", "{\"code\":\"InvalidToken\"}", "InvalidToken"},
        {"", "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
         "AccessDenied"},
        {"", "<html>503</html>", ""},
        {"", "", ""},
        {"", "{\"__type\":7}", ""},
        {"", "{\"__type\":", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        read_answer(answers[i][0], answers[i][1]);
        ck_assert_str_eq(error.name, answers[i][2]);
    }
}
END_TEST

START_TEST(messages_are_fit_for_a_log)
{
    read_answer("", "{\"message\":\"a\\nb\\u001b[31m\"}");
    ck_assert_str_eq(error.message, "a b [31m");
    read_answer("", "{\"Message\":\"m\"}");
    ck_assert_str_eq(error.message, "m");
}
END_TEST

START_TEST(the_request_that_a_refusal_quotes_is_left_out)
{
    read_answer(
        "InvalidSignatureException",
        "{\"message\":\"The request signature we calculated does not match.\\n\\nThe Canonical "
        "String for this request should have been\\n'POST\\nx-amz-security-token:secret'\"}");
    ck_assert_str_eq(error.message, "The request signature we calculated does not match.");
    ck_assert(slice_is(aws_without_request(SLICE("whole")), "whole"));
    ck_assert_uint_eq(aws_without_request((struct slice){0}).len, 0);
}
END_TEST

START_TEST(each_kind_of_trouble_is_known)
{
    means("", "{\"__type\":\"ExpiredTokenException\"}", AWS_TROUBLE_EXPIRED);
    means("", "{\"__type\":\"UnrecognizedClientException\"}", AWS_TROUBLE_KEYS);
    means("", "{\"__type\":\"InvalidSignatureException\"}", AWS_TROUBLE_SIGNATURE);
    means("", "{\"__type\":\"AccessDeniedException\"}", AWS_TROUBLE_DENIED);
    means("", "{\"__type\":\"ThrottlingException\"}", AWS_TROUBLE_THROTTLED);
    means("", "{\"__type\":\"ServiceUnavailableException\"}", AWS_TROUBLE_DOWN);
    means("", "{\"__type\":\"ResourceNotFoundException\"}", AWS_TROUBLE_NONE);
}
END_TEST

START_TEST(gateways_that_send_a_sentence_are_understood)
{
    means("", "{\"message\":\"The security token included in the request is expired\"}",
          AWS_TROUBLE_EXPIRED);
    means("", "{\"message\":\"The security token included in the request is invalid.\"}",
          AWS_TROUBLE_KEYS);
    means("", "{\"message\":\"Signature expired: 2 is now earlier than 1\"}",
          AWS_TROUBLE_SIGNATURE);
    means("AccessDeniedException", "{\"Message\":\"Signature not yet current: x\"}",
          AWS_TROUBLE_SIGNATURE);
    means("", "{\"Message\":\"User: x is not authorized to perform: es:ESHttpPost\"}",
          AWS_TROUBLE_DENIED);
    means("", "{\"error\":{\"type\":\"security_exception\"},\"status\":403}", AWS_TROUBLE_NONE);
}
END_TEST

START_TEST(a_denial_names_what_would_allow_it)
{
    struct buffer out = {0};

    read_answer(
        "AccessDeniedException",
        "{\"message\":\"User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: "
        "logs:PutLogEvents on resource: arn:aws:logs:eu-west-1:1:log-group:g:log-stream:s "
        "because no identity-based policy allows the logs:PutLogEvents action\"}");
    aws_denied_explain(&error, &out);
    ck_assert_str_eq(
        buffer_text(&out),
        "logs:PutLogEvents on arn:aws:logs:eu-west-1:1:log-group:g:* is denied; this would allow "
        "it: {\"Effect\":\"Allow\",\"Action\":\"logs:PutLogEvents\",\"Resource\":"
        "\"arn:aws:logs:eu-west-1:1:log-group:g:*\"}");
    buffer_fini(&out);
}
END_TEST

static void explained_as(const char *message, const char *words)
{
    struct buffer body = {0}, out = {0};

    buffer_append_text(&body, "{\"message\":");
    json_write_text(&body, slice_of(message));
    buffer_append_byte(&body, '}');
    read_answer("AccessDeniedException", buffer_text(&body));
    aws_denied_explain(&error, &out);
    ck_assert_str_eq(buffer_text(&out), words);
    buffer_fini(&body);
    buffer_fini(&out);
}

#define DENIED                                                                                  \
    "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: logs:PutLogEvents on " \
    "resource: arn:aws:logs:eu-west-1:1:log-group:g:log-stream:s "
#define IS_DENIED "logs:PutLogEvents on arn:aws:logs:eu-west-1:1:log-group:g:* is denied"
#define STATEMENT                                             \
    "{\"Effect\":\"Allow\",\"Action\":\"logs:PutLogEvents\"," \
    "\"Resource\":\"arn:aws:logs:eu-west-1:1:log-group:g:*\"}"

START_TEST(a_denial_names_the_policy_that_the_statement_has_to_be_in)
{
    explained_as(DENIED "because no VPC endpoint policy allows the logs:PutLogEvents action",
                 IS_DENIED "; this would allow it in the VPC endpoint policy: " STATEMENT);
    explained_as(DENIED "because no permissions boundary allows the logs:PutLogEvents action",
                 IS_DENIED "; this would allow it in the permissions boundary: " STATEMENT);
    explained_as(DENIED "because no", IS_DENIED "; this would allow it: " STATEMENT);
}
END_TEST

START_TEST(what_is_denied_explicitly_gets_no_statement_that_would_not_help)
{
    explained_as(DENIED "with an explicit deny in a service control policy",
                 IS_DENIED " with an explicit deny in a service control policy; it must be taken "
                           "back there, no other policy allows it then");
}
END_TEST

START_TEST(a_group_whose_tags_are_denied_names_the_action_for_tags)
{
    explained_as("User with accountId: 1 is not authorized to perform CreateLogGroup with Tags. An "
                 "additional permission \"logs:TagResource\" is required.",
                 "logs:TagResource on * is denied; this would allow it: {\"Effect\":\"Allow\","
                 "\"Action\":\"logs:TagResource\",\"Resource\":\"*\"}");
}
END_TEST

START_TEST(a_denial_of_few_words_is_passed_on)
{
    struct buffer out = {0};

    read_answer("AccessDeniedException", "{\"message\":\"No.\"}");
    aws_denied_explain(&error, &out);
    ck_assert_str_eq(buffer_text(&out), "AccessDeniedException: No.");
    buffer_clear(&out);
    read_answer("", "{\"message\":\"x is not authorized to perform: es:ESHttpPost.\"}");
    aws_denied_explain(&error, &out);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "es:ESHttpPost on * is denied"));
    buffer_fini(&out);
}
END_TEST

Suite *suite_aws_answer(void)
{
    Suite *suite = suite_create("aws_answer");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, names_come_in_several_clothes);
    tcase_add_test(tests, messages_are_fit_for_a_log);
    tcase_add_test(tests, the_request_that_a_refusal_quotes_is_left_out);
    tcase_add_test(tests, each_kind_of_trouble_is_known);
    tcase_add_test(tests, gateways_that_send_a_sentence_are_understood);
    tcase_add_test(tests, a_denial_names_what_would_allow_it);
    tcase_add_test(tests, a_denial_names_the_policy_that_the_statement_has_to_be_in);
    tcase_add_test(tests, what_is_denied_explicitly_gets_no_statement_that_would_not_help);
    tcase_add_test(tests, a_group_whose_tags_are_denied_names_the_action_for_tags);
    tcase_add_test(tests, a_denial_of_few_words_is_passed_on);
    suite_add_tcase(suite, tests);
    return suite;
}
