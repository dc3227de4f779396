#include "aws/pass.h"

#include "aws/sigv4.h"
#include "base/clock.h"

#include <check.h>

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static struct http_request request;
static struct aws_pass_wish wish;
static struct aws_pass *pass;

static struct aws_keys *keys_of(const char *token)
{
    char why[256];
    struct aws_keys_text text = {.id = SLICE("AKIDEXAMPLE"),
                                 .secret = SLICE("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                                 .token = slice_of(token)};

    return aws_keys_new(&text, why);
}

static void set_up(void)
{
    clock_fake(1, 1440938160 * NS_PER_S);
    wish = (struct aws_pass_wish){.keys = keys_of(NULL),
                                  .region = "us-east-1",
                                  .service = "service",
                                  .host = "example.amazonaws.com"};
    http_request_init(&request, "GET", "/");
}

static void tear_down(void)
{
    http_request_fini(&request);
    aws_keys_unref(&wish.keys);
    aws_pass_unref(&pass);
    clock_real();
}

static void sign(void)
{
    aws_pass_unref(&pass);
    pass = aws_pass_new(&wish);
    aws_pass_sign(pass, &request);
}

/* The header's line, or NULL. */
static const char *line(const char *name)
{
    for (size_t at = 0; at < request.head.len; at += strlen(request.head.data + at) + 1)
        if (strncmp(request.head.data + at, name, strlen(name)) == 0)
            return request.head.data + at;
    return NULL;
}

static bool is_signed_with(const char *signature)
{
    return strstr(line("Authorization: "), signature) != NULL;
}

START_TEST(a_request_gets_its_headers)
{
    sign();
    ck_assert_str_eq(line("Host"), "Host: example.amazonaws.com");
    ck_assert_str_eq(line("X-Amz-Date"), "X-Amz-Date: 20150830T123600Z");
    ck_assert_ptr_null(line("X-Amz-Security-Token"));
    ck_assert_ptr_null(line("X-Amz-Content-Sha256"));
    ck_assert(is_signed_with("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
}
END_TEST

START_TEST(a_session_token_goes_along_and_is_signed)
{
    aws_keys_unref(&wish.keys);
    wish.keys = keys_of("AQoDYXdzEPT//////////wEXAMPLE==");
    sign();
    ck_assert(is_signed_with("f640bdddd120f8bbfeff6de7c205d95a03ef7b8e31ee19bbed59ff8b763f17f1"));
}
END_TEST

START_TEST(serverless_wants_the_bodys_hash_in_a_header)
{
    wish.has_hash = true;
    sign();
    ck_assert_str_eq(line("X-Amz-Content-Sha256"),
                     "X-Amz-Content-Sha256: "
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert(is_signed_with("SignedHeaders=host;x-amz-content-sha256;x-amz-date"));
}
END_TEST

START_TEST(what_is_on_the_wire_is_what_is_signed)
{
    http_request_fini(&request);
    http_request_init(&request, "POST", "/_bulk?filter_path=errors,items.*.status&a");
    sign();
    ck_assert_str_eq(buffer_text(&request.path), "/_bulk?a=&filter_path=errors%2Citems.%2A.status");
}
END_TEST

START_TEST(the_body_is_signed_with_it)
{
    char hash[SIGV4_HEX_BYTES];

    wish.has_hash = true;
    buffer_append_text(&request.body, "one two three");
    sign();
    sigv4_hash(SLICE("one two three"), hash);
    ck_assert_ptr_nonnull(strstr(line("X-Amz-Content-Sha256"), hash));
}
END_TEST

START_TEST(the_next_day_has_a_key_of_its_own)
{
    struct aws_pass *old = aws_pass_new(&wish);

    clock_advance_ms(DAY_MS);
    aws_pass_sign(old, &request);
    ck_assert(is_signed_with("/20150831/"));
    aws_pass_unref(&old);
    {
        const char *kept = strstr(line("Authorization: "), "Signature=");
        char signature[80];

        memcpy(signature, kept, 74);
        signature[74] = '\0';
        http_request_fini(&request);
        http_request_init(&request, "GET", "/");
        sign();
        ck_assert(is_signed_with(signature));
    }
}
END_TEST

START_TEST(a_clock_that_is_off_is_corrected_in_the_date)
{
    clock_fake(1, (1440938160 - 1200) * NS_PER_S);
    wish.skew_s = 1200;
    sign();
    ck_assert(is_signed_with("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
}
END_TEST

Suite *suite_aws_pass(void)
{
    Suite *suite = suite_create("aws_pass");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_request_gets_its_headers);
    tcase_add_test(tests, a_session_token_goes_along_and_is_signed);
    tcase_add_test(tests, serverless_wants_the_bodys_hash_in_a_header);
    tcase_add_test(tests, what_is_on_the_wire_is_what_is_signed);
    tcase_add_test(tests, the_body_is_signed_with_it);
    tcase_add_test(tests, the_next_day_has_a_key_of_its_own);
    tcase_add_test(tests, a_clock_that_is_off_is_corrected_in_the_date);
    suite_add_tcase(suite, tests);
    return suite;
}
