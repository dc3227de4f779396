#include "aws/metadata.h"

#include <check.h>
#include <stdio.h>
#include <uv.h>

static struct metadata_talk talk;
static char why[256];

static void set_up(void)
{
    talk = (struct metadata_talk){0};
    why[0] = '\0';
}

/* "METHOD path [header of the token]" */
static const char *asked(void)
{
    static char text[512];
    struct http_request request;

    metadata_request(&talk, &request);
    snprintf(text, sizeof text, "%s %s %s", request.method, buffer_text(&request.path),
             request.head.len > 0 ? request.head.data : "-");
    http_request_fini(&request);
    return text;
}

static enum metadata_move hears(int status, const char *body)
{
    struct aws_heard heard = {.reply.status = status};
    enum metadata_move move;

    buffer_append_text(&heard.reply.body, body);
    move = metadata_hear(&talk, &heard, why);
    buffer_fini(&heard.reply.body);
    return move;
}

static enum metadata_move hears_nothing(bool was_connected)
{
    struct aws_heard heard = {
        .error = UV_ETIMEDOUT, .was_connected = was_connected, .why = "timed out"};

    return metadata_hear(&talk, &heard, why);
}

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define TOKEN " X-aws-ec2-metadata-token: "

START_TEST(a_token_then_the_role_then_its_keys)
{
    metadata_begin(&talk, METADATA_ROLE);
    ck_assert_str_eq(asked(), "PUT /latest/api/token X-aws-ec2-metadata-token-ttl-seconds: 21600");
    ck_assert_int_eq(hears(200, "t1"), METADATA_GO_ON);
    ck_assert_str_eq(asked(), "GET " ROLES TOKEN "t1");
    ck_assert_int_eq(hears(200, "my-role\nother\n"), METADATA_GO_ON);
    ck_assert_str_eq(asked(), "GET " ROLES "my-role" TOKEN "t1");
    ck_assert_int_eq(hears(200, "{}"), METADATA_DONE);
}
END_TEST

START_TEST(a_token_is_used_for_the_next_question_too)
{
    metadata_begin(&talk, METADATA_REGION);
    ck_assert_int_eq(hears(200, "t1"), METADATA_GO_ON);
    ck_assert_str_eq(asked(), "GET /latest/meta-data/placement/region" TOKEN "t1");
    ck_assert_int_eq(hears(200, "eu-west-1"), METADATA_DONE);
    metadata_begin(&talk, METADATA_ROLE);
    ck_assert_str_eq(asked(), "GET " ROLES TOKEN "t1");
}
END_TEST

START_TEST(what_somebody_names_is_asked_for_with_the_same_token)
{
    metadata_begin_at(&talk, "/latest/meta-data/ami-id");
    ck_assert_int_eq(hears(200, "t1"), METADATA_GO_ON);
    ck_assert_str_eq(asked(), "GET /latest/meta-data/ami-id" TOKEN "t1");
    ck_assert_int_eq(hears(200, "ami-1"), METADATA_DONE);
    metadata_begin_at(&talk, "/latest/meta-data/mac");
    ck_assert_str_eq(asked(), "GET /latest/meta-data/mac" TOKEN "t1");
    ck_assert_int_eq(hears(404, ""), METADATA_FAILED);
    ck_assert_str_eq(why, "instance metadata: status 404");
}
END_TEST

START_TEST(a_token_that_is_over_is_asked_for_again_once)
{
    metadata_begin(&talk, METADATA_ROLE);
    ck_assert_int_eq(hears(200, "t1"), METADATA_GO_ON);
    ck_assert_int_eq(hears(200, "r"), METADATA_GO_ON);
    ck_assert_int_eq(hears(401, ""), METADATA_GO_ON);
    ck_assert_int_eq(talk.step, METADATA_TOKEN);
    ck_assert_int_eq(hears(200, "t2"), METADATA_GO_ON);
    ck_assert_str_eq(asked(), "GET " ROLES "r" TOKEN "t2");
    ck_assert_int_eq(hears(401, ""), METADATA_FAILED);
    ck_assert_str_eq(why, "instance metadata: status 401");
}
END_TEST

START_TEST(without_leave_there_is_no_first_version)
{
    static const int statuses[] = {403, 404, 405};

    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        set_up();
        metadata_begin(&talk, METADATA_ROLE);
        ck_assert_int_eq(hears(statuses[i], ""), METADATA_FAILED);
        set_up();
        talk.may_be_v1 = true;
        metadata_begin(&talk, METADATA_ROLE);
        ck_assert_int_eq(hears(statuses[i], ""), METADATA_GO_ON);
        ck_assert_str_eq(asked(), "GET " ROLES " -");
    }
}
END_TEST

START_TEST(a_first_version_that_wants_a_token_after_all_gets_one)
{
    talk.may_be_v1 = true;
    metadata_begin(&talk, METADATA_ROLE);
    ck_assert_int_eq(hears(404, ""), METADATA_GO_ON);
    ck_assert_int_eq(hears(401, ""), METADATA_GO_ON);
    ck_assert_int_eq(talk.step, METADATA_TOKEN);
}
END_TEST

START_TEST(silence_behind_a_connection_is_a_hop_limit)
{
    metadata_begin(&talk, METADATA_ROLE);
    ck_assert_int_eq(hears_nothing(true), METADATA_FAILED);
    ck_assert_ptr_nonnull(strstr(why, "hop limit"));
    ck_assert_int_eq(hears_nothing(false), METADATA_FAILED);
    ck_assert_ptr_null(strstr(why, "hop limit"));
}
END_TEST

START_TEST(what_cannot_be_a_token_or_a_role_is_refused)
{
    char long_one[METADATA_TOKEN_BYTES_MAX + 1];

    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    metadata_begin(&talk, METADATA_ROLE);
    ck_assert_int_eq(hears(200, ""), METADATA_FAILED);
    ck_assert_int_eq(hears(200, "a b"), METADATA_FAILED);
    ck_assert_int_eq(hears(200, long_one), METADATA_FAILED);
    ck_assert_int_eq(hears(200, "t"), METADATA_GO_ON);
    ck_assert_int_eq(hears(200, "../../x"), METADATA_FAILED);
    ck_assert_int_eq(hears(200, "<html>"), METADATA_FAILED);
    ck_assert_int_eq(hears(200, "a?b"), METADATA_FAILED);
}
END_TEST

Suite *suite_aws_metadata(void)
{
    Suite *suite = suite_create("aws_metadata");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, a_token_then_the_role_then_its_keys);
    tcase_add_test(tests, a_token_is_used_for_the_next_question_too);
    tcase_add_test(tests, what_somebody_names_is_asked_for_with_the_same_token);
    tcase_add_test(tests, a_token_that_is_over_is_asked_for_again_once);
    tcase_add_test(tests, without_leave_there_is_no_first_version);
    tcase_add_test(tests, a_first_version_that_wants_a_token_after_all_gets_one);
    tcase_add_test(tests, silence_behind_a_connection_is_a_hop_limit);
    tcase_add_test(tests, what_cannot_be_a_token_or_a_role_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
