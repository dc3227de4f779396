#include "kit/plugin.h"
#include "plugins/out_es/es.h"

#include <check.h>

extern const struct output_plugin out_es, out_opensearch;

/* What is signed with, as the keys say it. */

static struct http_tls tls;
static struct http_settings http;
static struct plugin_kit kit;
static struct out_es *es;
static const struct output_plugin *plugin;

static void set_up(void)
{
    http = (struct http_settings){.host = "x.eu-west-1.es.amazonaws.com", .port = 443, .tls = &tls};
    plugin = &out_es;
}

static void tear_down(void)
{
    plugin->fini(es);
    plugin_gone(&kit, es);
}

static int made_n(const char *const *keys_and_values)
{
    es = plugin_make(&kit, sizeof(struct out_es), plugin->options, keys_and_values);
    kit.setup.http = &http;
    return plugin->init(es, &kit.setup);
}
#define MADE(...) made_n((const char *const[]){__VA_ARGS__, NULL})

START_TEST(nothing_is_signed_unless_it_is_said)
{
    ck_assert_int_eq(MADE("aws_region", "eu-west-1"), 0);
    ck_assert_ptr_null(plugin->aws(es));
}
END_TEST

START_TEST(everything_that_is_said_is_passed_on)
{
    const struct aws_signer_settings *aws;

    ck_assert_int_eq(MADE("aws_auth", "On", "aws_region", "us-east-1", "aws_role_arn", "arn:r",
                          "aws_external_id", "x", "aws_sts_endpoint", "https://sts.example",
                          "aws_profile", "p"),
                     0);
    aws = plugin->aws(es);
    ck_assert_str_eq(aws->service, "es");
    ck_assert(!aws->has_hash);
    ck_assert_str_eq(aws->wish.region, "us-east-1");
    ck_assert_str_eq(aws->wish.role_arn, "arn:r");
    ck_assert_str_eq(aws->wish.external_id, "x");
    ck_assert_str_eq(aws->wish.sts_endpoint, "https://sts.example");
    ck_assert_str_eq(aws->wish.profile, "p");
}
END_TEST

START_TEST(the_hosts_name_has_the_region)
{
    ck_assert_int_eq(MADE("aws_auth", "true"), 0);
    ck_assert_str_eq(plugin->aws(es)->wish.region, "eu-west-1");
}
END_TEST

START_TEST(serverless_sends_the_bodys_hash)
{
    ck_assert_int_eq(MADE("aws_auth", "on", "aws_service_name", "aoss"), 0);
    ck_assert_str_eq(plugin->aws(es)->service, "aoss");
    ck_assert(plugin->aws(es)->has_hash);
}
END_TEST

START_TEST(opensearchs_default_profile_is_no_choice)
{
    plugin = &out_opensearch;
    ck_assert_int_eq(MADE("aws_auth", "on"), 0);
    ck_assert_ptr_null(plugin->aws(es)->wish.profile);
}
END_TEST

START_TEST(another_login_gives_way_to_the_signature)
{
    ck_assert_int_eq(MADE("aws_auth", "on", "http_user", "a", "http_passwd", "b"), 0);
    ck_assert_uint_eq(es->login.authorization.len, 0);
    ck_assert(plugin_report_says(&kit, "the other login is not used"));
}
END_TEST

START_TEST(signing_without_tls_is_warned_of)
{
    http.tls = NULL;
    ck_assert_int_eq(MADE("aws_auth", "on"), 0);
    ck_assert(plugin_report_says(&kit, "aws_auth without tls"));
}
END_TEST

START_TEST(a_service_that_is_none_is_refused)
{
    ck_assert_int_lt(MADE("aws_auth", "on", "aws_service_name", "s3"), 0);
    ck_assert(plugin_report_says(&kit, "es and aoss are known"));
}
END_TEST

START_TEST(a_region_that_is_none_is_refused)
{
    ck_assert_int_lt(MADE("aws_auth", "on", "aws_region", "Ireland!"), 0);
    ck_assert(plugin_report_says(&kit, "is no region"));
}
END_TEST

START_TEST(an_address_of_sts_that_is_none_is_refused)
{
    ck_assert_int_lt(MADE("aws_auth", "on", "aws_sts_endpoint", "ftp://x"), 0);
    ck_assert(plugin_report_says(&kit, "is no address"));
}
END_TEST

Suite *suite_plugins_out_es_signing(void)
{
    Suite *suite = suite_create("plugins_out_es_signing");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, nothing_is_signed_unless_it_is_said);
    tcase_add_test(tests, everything_that_is_said_is_passed_on);
    tcase_add_test(tests, the_hosts_name_has_the_region);
    tcase_add_test(tests, serverless_sends_the_bodys_hash);
    tcase_add_test(tests, opensearchs_default_profile_is_no_choice);
    tcase_add_test(tests, another_login_gives_way_to_the_signature);
    tcase_add_test(tests, signing_without_tls_is_warned_of);
    tcase_add_test(tests, a_service_that_is_none_is_refused);
    tcase_add_test(tests, a_region_that_is_none_is_refused);
    tcase_add_test(tests, an_address_of_sts_that_is_none_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
