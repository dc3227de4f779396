#include "aws/sigv4.h"

#include <check.h>

/*
 * The keys are those of AWS's own examples. Signatures were made by hand from the rules and agree
 * with botocore's; tests/e2e compares thousands more.
 */

#define SECRET SLICE("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
#define HOST "Host: example.amazonaws.com\0"
#define DATE "X-Amz-Date: 20150830T123600Z\0"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct sigv4_scope scope;
static struct buffer canonical, names;

static void set_up(void)
{
    scope = (struct sigv4_scope){.region = SLICE("us-east-1"), .service = SLICE("service")};
    sigv4_stamp(1440938160, scope.stamp);
    canonical = names = (struct buffer){0};
}

static void tear_down(void)
{
    buffer_fini(&canonical);
    buffer_fini(&names);
}

static struct sigv4_message message_of(const char *path, const char *query, struct slice head)
{
    return (struct sigv4_message){
        .method = SLICE("GET"),
        .path = slice_of(path),
        .query = slice_of(query),
        .head = head,
        .body_hash = EMPTY,
    };
}

static const char *signature_of(const struct sigv4_message *message)
{
    static char hex[SIGV4_HEX_BYTES];
    uint8_t key[SIGV4_KEY_BYTES];
    struct buffer text = {0};

    buffer_clear(&canonical);
    buffer_clear(&names);
    sigv4_canonical(message, &canonical, &names);
    sigv4_to_sign(&scope, buffer_view(&canonical), &text);
    sigv4_key(&scope, SECRET, key);
    sigv4_signature(key, buffer_view(&text), hex);
    buffer_fini(&text);
    return hex;
}

START_TEST(the_stamp_is_the_second_in_utc)
{
    ck_assert_str_eq(scope.stamp, "20150830T123600Z");
}
END_TEST

START_TEST(the_key_is_that_of_the_day_the_region_and_the_service)
{
    static const uint8_t known[] = {0xc4, 0xaf, 0xb1, 0xcc, 0x57, 0x71, 0xd8, 0x71};
    uint8_t key[SIGV4_KEY_BYTES];

    scope.service = SLICE("iam");
    sigv4_key(&scope, SECRET, key);
    ck_assert_mem_eq(key, known, sizeof known);
}
END_TEST

START_TEST(awss_own_example_has_awss_signature)
{
    struct sigv4_message message =
        message_of("/", "Action=ListUsers&Version=2010-05-08",
                   SLICE("Content-Type: application/x-www-form-urlencoded; charset=utf-8\0"
                         "Host: iam.amazonaws.com\0" DATE));

    scope.service = SLICE("iam");
    ck_assert_str_eq(signature_of(&message),
                     "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}
END_TEST

START_TEST(the_plainest_request)
{
    struct sigv4_message message = message_of("/", "", SLICE(HOST DATE));

    ck_assert_str_eq(signature_of(&message),
                     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    ck_assert_str_eq(buffer_text(&canonical),
                     "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
                     "host;x-amz-date\n" EMPTY);
}
END_TEST

START_TEST(doubled_and_empty_query_keys_are_sorted)
{
    struct sigv4_message message =
        message_of("/", "Param2=v&Param1=b&Param1=a&Param&=x", SLICE(HOST DATE));

    ck_assert_str_eq(signature_of(&message),
                     "bfce655f7ecf23c5a49697f2e2770558ba4b337259ef0cd204369c0cad501080");
}
END_TEST

START_TEST(odd_paths_are_made_straight_and_encoded_once_more)
{
    struct sigv4_message message = message_of("/a//b/./c/../d%20e/", "", SLICE(HOST DATE));

    ck_assert_str_eq(signature_of(&message),
                     "1227524b02626874526f88f9ab4f4fb3074b470418293e9904f609a83b909577");
}
END_TEST

START_TEST(utf_8_is_signed_as_its_bytes)
{
    struct sigv4_message message =
        message_of("/%E1%88%B4", "%E1%88%B4=1&a=%2C%2A", SLICE(HOST DATE));

    ck_assert_str_eq(signature_of(&message),
                     "fa052c37f242451ea2eaa95b7d008f9ee47b6902dc3ad56fed386d7ad0c003e8");
    message.query = slice_of("a=,*&\xe1\x88\xb4=1"); /* the same, as somebody else writes it */
    ck_assert_str_eq(signature_of(&message),
                     "fa052c37f242451ea2eaa95b7d008f9ee47b6902dc3ad56fed386d7ad0c003e8");
}
END_TEST

START_TEST(headers_are_folded_joined_and_sorted_by_name)
{
    struct sigv4_message message =
        message_of("/", "",
                   SLICE("My-Header2:  \"a   b  c\" \0my-header1: v2\0" HOST "My-Header1:v1\0"
                         "Empty;\0User-Agent: x\0Expect: y\0" DATE));

    message.method = SLICE("POST");
    message.body_hash = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
    ck_assert_str_eq(signature_of(&message),
                     "f22dc725770d5818d0d8063c6f4ecc0200935dda7e0f50d5f9af201374fbae42");
    ck_assert_str_eq(buffer_text(&names), "empty;host;my-header1;my-header2;x-amz-date");
}
END_TEST

START_TEST(a_value_of_several_lines_becomes_one)
{
    struct sigv4_message message = message_of("/", "", SLICE("A: one\r\n  two\n\tthree\0" HOST));

    (void)signature_of(&message);
    ck_assert_ptr_nonnull(strstr(buffer_text(&canonical), "\na:one two three\n"));
}
END_TEST

START_TEST(headers_that_share_a_beginning_are_sorted_by_name_alone)
{
    struct sigv4_message message = message_of("/", "", SLICE("a-b: 1\0a: 2\0a;\0"));

    (void)signature_of(&message);
    ck_assert_ptr_nonnull(strstr(buffer_text(&canonical), "\na:2,\na-b:1\n"));
}
END_TEST

START_TEST(a_session_token_is_signed)
{
    struct sigv4_message message = message_of(
        "/", "", SLICE(HOST DATE "X-Amz-Security-Token: AQoDYXdzEPT//////////wEXAMPLE==\0"));

    ck_assert_str_eq(signature_of(&message),
                     "f640bdddd120f8bbfeff6de7c205d95a03ef7b8e31ee19bbed59ff8b763f17f1");
}
END_TEST

START_TEST(what_may_change_on_the_way_is_not_signed)
{
    ck_assert(!sigv4_is_signed(SLICE("User-Agent")));
    ck_assert(!sigv4_is_signed(SLICE("Sec-WebSocket-Key")));
    ck_assert(!sigv4_is_signed(SLICE("connection")));
    ck_assert(sigv4_is_signed(SLICE("X-Amz-Target")));
    ck_assert(sigv4_is_signed(SLICE("Content-Encoding")));
}
END_TEST

START_TEST(a_path_for_s3_stays_as_it_is)
{
    struct sigv4_message message = message_of("/a//b%20c/../d", "", SLICE(HOST));

    message.has_plain_path = true;
    (void)signature_of(&message);
    ck_assert_ptr_nonnull(strstr(buffer_text(&canonical), "GET\n/a//b%20c/../d\n"));
}
END_TEST

START_TEST(the_header_has_its_three_parts)
{
    struct sigv4_message message = message_of("/", "", SLICE(HOST DATE));
    uint8_t key[SIGV4_KEY_BYTES];
    struct buffer out = {0};

    sigv4_key(&scope, SECRET, key);
    sigv4_authorize(&scope, &message, SLICE("AKIDEXAMPLE"), key, &out);
    ck_assert_str_eq(buffer_text(&out),
                     "AWS4-HMAC-SHA256 "
                     "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                     "SignedHeaders=host;x-amz-date, Signature="
                     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    buffer_fini(&out);
}
END_TEST

Suite *suite_aws_sigv4(void)
{
    Suite *suite = suite_create("aws_sigv4");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_stamp_is_the_second_in_utc);
    tcase_add_test(tests, the_key_is_that_of_the_day_the_region_and_the_service);
    tcase_add_test(tests, awss_own_example_has_awss_signature);
    tcase_add_test(tests, the_plainest_request);
    tcase_add_test(tests, doubled_and_empty_query_keys_are_sorted);
    tcase_add_test(tests, odd_paths_are_made_straight_and_encoded_once_more);
    tcase_add_test(tests, utf_8_is_signed_as_its_bytes);
    tcase_add_test(tests, headers_are_folded_joined_and_sorted_by_name);
    tcase_add_test(tests, a_value_of_several_lines_becomes_one);
    tcase_add_test(tests, headers_that_share_a_beginning_are_sorted_by_name_alone);
    tcase_add_test(tests, a_session_token_is_signed);
    tcase_add_test(tests, what_may_change_on_the_way_is_not_signed);
    tcase_add_test(tests, a_path_for_s3_stays_as_it_is);
    tcase_add_test(tests, the_header_has_its_three_parts);
    suite_add_tcase(suite, tests);
    return suite;
}
