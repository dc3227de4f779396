#include "aws/keys.h"

#include "base/memory.h"

#include <check.h>

static char why[256];
static struct aws_keys *keys;

static void tear_down(void)
{
    aws_keys_unref(&keys);
}

#define JSON "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\\/x\""

START_TEST(metadata_and_processes_write_json)
{
    keys = aws_keys_from_json(
        SLICE(" {\"Code\":\"Success\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\\/x\","
              "\"Token\":\"T\",\"Expiration\":\"2026-11-21T16:00:00Z\"}\n"),
        why);
    ck_assert_ptr_nonnull(keys);
    ck_assert(slice_is(keys->id, "A"));
    ck_assert(slice_is(keys->secret, "S/x"));
    ck_assert(slice_is(keys->token, "T"));
    ck_assert_int_eq(keys->expires_s, 1795276800);
}
END_TEST

START_TEST(what_has_no_end_has_none)
{
    keys = aws_keys_from_json(SLICE(JSON ",\"SessionToken\":\"T2\",\"Version\":1}"), why);
    ck_assert_ptr_nonnull(keys);
    ck_assert(slice_is(keys->token, "T2"));
    ck_assert_int_eq(keys->expires_s, 0);
}
END_TEST

START_TEST(an_error_may_come_as_an_answer)
{
    keys = aws_keys_from_json(
        SLICE("{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume\"}"),
        why);
    ck_assert_ptr_null(keys);
    ck_assert_str_eq(why, "AssumeRoleUnauthorizedAccess: EC2 cannot assume");
}
END_TEST

START_TEST(answers_that_are_none_are_refused_without_quoting_them)
{
    static const char *const texts[] = {
        "",
        "<html>secret</html>",
        "[]",
        "{\"AccessKeyId\":\"A\"}",
        "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":7}",
        "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"secret\\n\"}",
        "{\"AccessKeyId\":\"A b\",\"SecretAccessKey\":\"secret\"}",
        JSON ",\"Expiration\":\"secret\"}",
        JSON ",\"Token\":\"secret \"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_msg(aws_keys_from_json(slice_of(texts[i]), why) == NULL, "%s", texts[i]);
        ck_assert(why[0] != '\0');
        ck_assert_ptr_null(strstr(why, "\"secret"));
        ck_assert_ptr_null(strstr(why, "<html>"));
    }
}
END_TEST

START_TEST(a_secret_that_is_too_long_is_refused)
{
    struct aws_keys_text text = {.id = SLICE("A")};
    char *long_one = mem_alloc(AWS_SECRET_BYTES_MAX + 1);

    memset(long_one, 'x', AWS_SECRET_BYTES_MAX + 1);
    text.secret = slice_make(long_one, AWS_SECRET_BYTES_MAX + 1);
    ck_assert_ptr_null(aws_keys_new(&text, why));
    text.secret.len--;
    keys = aws_keys_new(&text, why);
    ck_assert_ptr_nonnull(keys);
    mem_free(long_one);
}
END_TEST

START_TEST(sts_writes_xml)
{
    keys = aws_keys_from_xml(
        SLICE("<AssumeRoleResponse xmlns=\"x\">\n <AssumeRoleResult>\n  <Credentials>\n"
              "   <SessionToken>T</SessionToken><SecretAccessKey>S</SecretAccessKey>"
              "<Expiration>2026-11-21T16:00:00.123Z</Expiration>"
              "<AccessKeyId> A </AccessKeyId></Credentials></AssumeRoleResult>"),
        why);
    ck_assert_ptr_nonnull(keys);
    ck_assert(slice_is(keys->id, "A"));
    ck_assert_int_eq(keys->expires_s, 1795276800);
}
END_TEST

START_TEST(stss_errors_are_its_own_words)
{
    keys =
        aws_keys_from_xml(SLICE("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                                "<Message>Not \x1b[31mauthorized</Message></Error>"),
                          why);
    ck_assert_ptr_null(keys);
    ck_assert_str_eq(why, "AccessDenied: Not  [31mauthorized");
    ck_assert_ptr_null(aws_keys_from_xml(SLICE("<html></html>"), why));
    ck_assert_str_eq(why, "the answer has no credentials");
    ck_assert_ptr_null(aws_keys_from_xml((struct slice){0}, why));
}
END_TEST

START_TEST(the_last_reference_frees)
{
    struct aws_keys *other;

    keys = aws_keys_from_json(SLICE(JSON "}"), why);
    other = aws_keys_ref(keys);
    aws_keys_unref(&other);
    ck_assert_ptr_null(other);
    ck_assert(slice_is(keys->id, "A"));
}
END_TEST

Suite *suite_aws_keys(void)
{
    Suite *suite = suite_create("aws_keys");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, metadata_and_processes_write_json);
    tcase_add_test(tests, what_has_no_end_has_none);
    tcase_add_test(tests, an_error_may_come_as_an_answer);
    tcase_add_test(tests, answers_that_are_none_are_refused_without_quoting_them);
    tcase_add_test(tests, a_secret_that_is_too_long_is_refused);
    tcase_add_test(tests, sts_writes_xml);
    tcase_add_test(tests, stss_errors_are_its_own_words);
    tcase_add_test(tests, the_last_reference_frees);
    suite_add_tcase(suite, tests);
    return suite;
}
