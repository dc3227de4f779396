#include "aws/endpoint.h"

#include <check.h>

static void host_is(const char *region, bool is_fips, bool is_dual_stack, const char *host)
{
    struct buffer out = {0};

    aws_host(&out, "logs", region, (struct aws_flavour){is_fips, is_dual_stack});
    ck_assert_str_eq(buffer_text(&out), host);
    buffer_fini(&out);
}

START_TEST(each_partition_has_its_domain)
{
    host_is("eu-west-1", false, false, "logs.eu-west-1.amazonaws.com");
    host_is("cn-north-1", false, false, "logs.cn-north-1.amazonaws.com.cn");
    host_is("us-gov-west-1", false, false, "logs.us-gov-west-1.amazonaws.com");
    host_is("eusc-de-east-1", false, false, "logs.eusc-de-east-1.amazonaws.eu");
    host_is("us-iso-east-1", false, false, "logs.us-iso-east-1.c2s.ic.gov");
    host_is("us-isob-east-1", false, false, "logs.us-isob-east-1.sc2s.sgov.gov");
    host_is("us-isof-south-1", false, false, "logs.us-isof-south-1.csp.hci.ic.gov");
    host_is("eu-isoe-west-1", false, false, "logs.eu-isoe-west-1.cloud.adc-e.uk");
}
END_TEST

START_TEST(fips_and_dual_stack_have_hosts_of_their_own)
{
    host_is("us-east-1", true, false, "logs-fips.us-east-1.amazonaws.com");
    host_is("us-east-1", false, true, "logs.us-east-1.api.aws");
    host_is("us-east-1", true, true, "logs-fips.us-east-1.api.aws");
    host_is("us-gov-west-1", true, false, "logs.us-gov-west-1.amazonaws.com");
    host_is("us-gov-west-1", true, true, "logs-fips.us-gov-west-1.api.aws");
    host_is("cn-north-1", false, true, "logs.cn-north-1.api.amazonwebservices.com.cn");
}
END_TEST

START_TEST(a_domains_name_has_its_region)
{
    static const char *const hosts[][2] = {
        {"search-logs-x7.eu-west-1.es.amazonaws.com", "eu-west-1"},
        {"vpc-logs-x7.us-gov-west-1.es.amazonaws.com", "us-gov-west-1"},
        {"abc.us-east-2.aoss.amazonaws.com", "us-east-2"},
        {"x.cn-north-1.es.amazonaws.com.cn", "cn-north-1"},
        {"es.example.org", ""},
        {"10.0.0.1", ""},
        {"es.amazonaws.com", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        ck_assert(slice_is(aws_region_of_host(slice_of(hosts[i][0])), hosts[i][1]));
}
END_TEST

static void address_is(const char *text, bool has_tls, const char *host, unsigned port)
{
    struct aws_address address;

    ck_assert_msg(aws_address_parse(text, &address) == 0, "%s", text);
    ck_assert_int_eq(address.has_tls, has_tls);
    ck_assert_str_eq(address.host, host);
    ck_assert_uint_eq(address.port, port);
    aws_address_fini(&address);
}

START_TEST(addresses_are_taken_apart)
{
    address_is("https://sts.amazonaws.com", true, "sts.amazonaws.com", 443);
    address_is("sts.amazonaws.com:8443/", true, "sts.amazonaws.com", 8443);
    address_is("http://127.0.0.1:5566/x?y=1", false, "127.0.0.1", 5566);
    address_is("http://[fd00:ec2::23]/v1", false, "fd00:ec2::23", 80);
    address_is(" http://[::1]:81 ", false, "::1", 81);
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const char *const texts[] = {
        "",           "http://",        "ftp://x",   "http://a b",    "http://a:",
        "http://a:0", "http://a:65536", "http://[x", "http://u@host", "http://a:b"};
    struct aws_address address;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(aws_address_parse(texts[i], &address) < 0, "%s", texts[i]);
}
END_TEST

START_TEST(the_host_header_has_the_port_only_where_it_is_unusual)
{
    struct buffer out = {0};

    aws_host_header(&out, "a", 443, true);
    buffer_append_byte(&out, ' ');
    aws_host_header(&out, "a", 80, true);
    buffer_append_byte(&out, ' ');
    aws_host_header(&out, "::1", 80, false);
    ck_assert_str_eq(buffer_text(&out), "a a:80 [::1]");
    buffer_fini(&out);
}
END_TEST

START_TEST(regions_are_plain_words)
{
    ck_assert(aws_region_is_valid(SLICE("eu-west-1")));
    ck_assert(!aws_region_is_valid(SLICE("")));
    ck_assert(!aws_region_is_valid(SLICE("eu_west")));
    ck_assert(!aws_region_is_valid(SLICE("a/b")));
    ck_assert(!aws_region_is_valid(SLICE("<html>")));
}
END_TEST

static const char *const *variables; /* a name and a value in turn, NULL behind */

static const char *env(const char *name)
{
    for (const char *const *v = variables; *v != NULL; v += 2)
        if (strcmp(*v, name) == 0)
            return v[1];
    return NULL;
}

#define ENV(...)                      \
    variables = (const char *const[]) \
    {                                 \
        __VA_ARGS__, NULL             \
    }

START_TEST(the_environment_may_say_where_services_are)
{
    ENV("AWS_ENDPOINT_URL_STS", "http://sts", "AWS_ENDPOINT_URL_LOGS", "");
    ck_assert_str_eq(aws_endpoint_of_env(env, "STS"), "http://sts");
    ck_assert_ptr_null(aws_endpoint_of_env(env, "LOGS"));
    ENV("AWS_ENDPOINT_URL_STS", "http://sts", "AWS_ENDPOINT_URL", "http://all");
    ck_assert_str_eq(aws_endpoint_of_env(env, "STS"), "http://sts");
    ck_assert_str_eq(aws_endpoint_of_env(env, "LOGS"), "http://all");
    ENV("AWS_ENDPOINT_URL", "http://all", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
    ck_assert_ptr_null(aws_endpoint_of_env(env, "STS"));
}
END_TEST

Suite *suite_aws_endpoint(void)
{
    Suite *suite = suite_create("aws_endpoint");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, each_partition_has_its_domain);
    tcase_add_test(tests, fips_and_dual_stack_have_hosts_of_their_own);
    tcase_add_test(tests, a_domains_name_has_its_region);
    tcase_add_test(tests, addresses_are_taken_apart);
    tcase_add_test(tests, what_is_no_address_is_refused);
    tcase_add_test(tests, the_host_header_has_the_port_only_where_it_is_unusual);
    tcase_add_test(tests, regions_are_plain_words);
    tcase_add_test(tests, the_environment_may_say_where_services_are);
    suite_add_tcase(suite, tests);
    return suite;
}
