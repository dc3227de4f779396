#include "http/auth.h"

#include "base/memory.h"

#include <check.h>
#include <errno.h>

static struct buffer value;
static char *host;
static uint16_t port;

static void set_up(void)
{
    buffer_init(&value, 0);
    host = NULL;
    port = 0;
}

static void tear_down(void)
{
    buffer_fini(&value);
    mem_free(host);
}

/* ---- the header ---- */

START_TEST(basic_joins_and_encodes)
{
    http_auth_basic(&value, "elastic", "changeme");
    ck_assert_str_eq(buffer_text(&value), "Basic ZWxhc3RpYzpjaGFuZ2VtZQ==");
}
END_TEST

START_TEST(basic_without_a_password_has_an_empty_one)
{
    http_auth_basic(&value, "a", NULL);
    ck_assert_str_eq(buffer_text(&value), "Basic YTo=");
}
END_TEST

START_TEST(basic_takes_a_pair_as_it_is)
{
    http_auth_basic_pair(&value, "a:b:c");
    ck_assert_str_eq(buffer_text(&value), "Basic YTpiOmM=");
}
END_TEST

START_TEST(an_api_key_is_passed_on_as_handed_out)
{
    http_auth_api_key(&value, " VnVhQ2ZHY0JDZGJrUW0tZTVhT3g= ");
    ck_assert_str_eq(buffer_text(&value), "ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g=");
}
END_TEST

START_TEST(an_api_key_with_its_id_is_encoded)
{
    http_auth_api_key(&value, "id:key");
    ck_assert_str_eq(buffer_text(&value), "ApiKey aWQ6a2V5");
}
END_TEST

START_TEST(a_token_loses_the_line_end_of_its_file)
{
    http_auth_bearer(&value, "abc.def\n");
    ck_assert_str_eq(buffer_text(&value), "Bearer abc.def");
}
END_TEST

/* ---- the cloud id ---- */

/* The id as Elastic Cloud would write it around `plain`. */
static int decode(const char *plain)
{
    struct buffer id = {0};
    int rc;

    http_auth_basic_pair(&id, plain);
    memcpy(id.data, "cloud:", 6); /* for "Basic " */
    rc = http_cloud_id_decode(buffer_text(&id), &host, &port);
    buffer_fini(&id);
    return rc;
}

START_TEST(a_cloud_id_names_host_and_port_443)
{
    ck_assert_int_eq(
        http_cloud_id_decode("logs:ZXUtd2VzdC0xLmF3cy5mb3VuZC5pbyRhYmMxMjMkZGVmNDU2", &host, &port),
        0);
    ck_assert_str_eq(host, "abc123.eu-west-1.aws.found.io");
    ck_assert_uint_eq(port, 443);
}
END_TEST

static const struct {
    const char *plain;
    const char *host;
    unsigned port;
} cloud_ids[] = {
    {"found.io:9243$abc$def", "abc.found.io", 9243},
    {"found.io$abc:9244$def", "abc.found.io", 9244},
    {"found.io:1$abc:2$def:3", "abc.found.io", 2},
    {"found.io$abc", "abc.found.io", 443},
    {"found.io$abc$", "abc.found.io", 443},
    {"a.b-c.found.io$a-b$x", "a-b.a.b-c.found.io", 443},
};

START_TEST(a_cloud_id_may_say_a_port)
{
    size_t at = (size_t)_i;

    ck_assert_int_eq(decode(cloud_ids[at].plain), 0);
    ck_assert_str_eq(host, cloud_ids[at].host);
    ck_assert_uint_eq(port, cloud_ids[at].port);
}
END_TEST

START_TEST(the_padding_may_lack)
{
    ck_assert_int_eq(http_cloud_id_decode("n:Zm91bmQuaW8kYWJjJGQ", &host, &port), 0);
    ck_assert_str_eq(host, "abc.found.io");
}
END_TEST

static const char *const no_cloud_ids[] = {
    "found.io",       "$abc$def",           "found.io$",     "found.io$$def", "found.io:x$abc",
    "found.io:0$abc", "found.io:65536$abc", "found.io:$abc", "found io$abc",  "found.io/path$abc",
    "f\n$abc",
};

START_TEST(what_is_no_cloud_id_is_refused)
{
    ck_assert_int_eq(decode(no_cloud_ids[_i]), -EINVAL);
    ck_assert_ptr_null(host);
    ck_assert_uint_eq(port, 0);
}
END_TEST

static const char *const no_base64[] = {
    "", "name", "name:", "name:*", "name:Zm91bmQ*", "name:===="};

START_TEST(what_is_no_base64_is_refused)
{
    ck_assert_int_eq(http_cloud_id_decode(no_base64[_i], &host, &port), -EINVAL);
    ck_assert_ptr_null(host);
}
END_TEST

Suite *suite_http_auth(void)
{
    Suite *suite = suite_create("http/auth");
    TCase *header = tcase_create("header");
    TCase *cloud = tcase_create("cloud id");

    tcase_add_checked_fixture(header, set_up, tear_down);
    tcase_add_test(header, basic_joins_and_encodes);
    tcase_add_test(header, basic_without_a_password_has_an_empty_one);
    tcase_add_test(header, basic_takes_a_pair_as_it_is);
    tcase_add_test(header, an_api_key_is_passed_on_as_handed_out);
    tcase_add_test(header, an_api_key_with_its_id_is_encoded);
    tcase_add_test(header, a_token_loses_the_line_end_of_its_file);
    suite_add_tcase(suite, header);

    tcase_add_checked_fixture(cloud, set_up, tear_down);
    tcase_add_test(cloud, a_cloud_id_names_host_and_port_443);
    tcase_add_loop_test(cloud, a_cloud_id_may_say_a_port, 0, ARRAY_LEN(cloud_ids));
    tcase_add_test(cloud, the_padding_may_lack);
    tcase_add_loop_test(cloud, what_is_no_cloud_id_is_refused, 0, ARRAY_LEN(no_cloud_ids));
    tcase_add_loop_test(cloud, what_is_no_base64_is_refused, 0, ARRAY_LEN(no_base64));
    suite_add_tcase(suite, cloud);
    return suite;
}
