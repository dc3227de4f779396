#include "http/settings.h"

#include <check.h>
#include <errno.h>

static struct http_settings good(void)
{
    return (struct http_settings){.host = "logs.example", .port = 9200};
}

static void expect_refused(struct http_settings settings, const char *words)
{
    char why[256];

    ck_assert_int_eq(settings_check(&settings, why), -EINVAL);
    ck_assert_str_eq(why, words);
}

START_TEST(names_and_addresses_are_hosts)
{
    static const char *const hosts[] = {"logs", "logs.example", "192.0.2.1", "::1", "2001:db8::1"};
    struct http_settings settings = good();
    char why[256];

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        settings.host = hosts[i];
        ck_assert_int_eq(settings_check(&settings, why), 0);
    }
}
END_TEST

START_TEST(what_would_end_the_host_in_a_url_is_refused)
{
    static const char *const hosts[] = {"",    "a/b",   "a b",  "a@b", "a?b",
                                        "a#b", "[::1]", "a\nb", "%41"};
    struct http_settings settings = good();
    char why[256];

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        settings.host = hosts[i];
        ck_assert_int_eq(settings_check(&settings, why), -EINVAL);
    }
    settings.host = NULL;
    expect_refused(settings, "'' is no host: a name or an address is wanted");
}
END_TEST

START_TEST(a_port_in_the_host_is_told)
{
    struct http_settings settings = good();

    settings.host = "logs.example:9200";
    expect_refused(settings, "'logs.example:9200' is no host: a port is said apart from it");
}
END_TEST

START_TEST(port_0_is_refused)
{
    struct http_settings settings = good();

    settings.port = 0;
    expect_refused(settings, "port 0 cannot be reached");
}
END_TEST

START_TEST(a_source_is_an_address)
{
    struct http_settings settings = good();

    settings.source_address = "eth0";
    expect_refused(settings, "source_address 'eth0' is no address");
}
END_TEST

START_TEST(a_copy_is_its_own_and_has_defaults)
{
    char host[] = "logs.example", ca_file[] = "/etc/ca.pem";
    struct http_tls tls = {.verify = true, .ca_file = ca_file};
    struct http_settings settings = {.host = host, .port = 9200, .tls = &tls, .io_timeout_s = 5};
    struct http_own_settings own;

    settings_copy(&own, &settings);
    host[0] = ca_file[0] = 'X';
    ck_assert_str_eq(own.s.host, "logs.example");
    ck_assert_str_eq(own.s.tls->ca_file, "/etc/ca.pem");
    ck_assert_ptr_eq(own.s.tls, &own.tls);
    ck_assert_ptr_null(own.s.proxy);
    ck_assert_uint_eq(own.limits.connect_ms, HTTP_CONNECT_TIMEOUT_S * 1000);
    ck_assert_uint_eq(own.limits.io_ms, 5000);
    ck_assert_uint_eq(own.limits.response_ms, HTTP_RESPONSE_TIMEOUT_S * 1000);
    ck_assert_uint_eq(own.s.reply_bytes_max, HTTP_REPLY_BYTES_MAX);
    ck_assert_uint_eq(own.s.keepalive_idle_s, HTTP_KEEPALIVE_IDLE_S);
    settings_free(&own);
}
END_TEST

START_TEST(a_reply_is_never_larger_than_the_limit)
{
    struct http_settings settings = good();
    struct http_own_settings own;

    settings.reply_bytes_max = HTTP_REPLY_BYTES_MAX + 1;
    settings_copy(&own, &settings);
    ck_assert_uint_eq(own.s.reply_bytes_max, HTTP_REPLY_BYTES_MAX);
    settings_free(&own);
}
END_TEST

Suite *suite_http_settings(void)
{
    Suite *suite = suite_create("http/settings");
    TCase *settings = tcase_create("settings");

    tcase_add_test(settings, names_and_addresses_are_hosts);
    tcase_add_test(settings, what_would_end_the_host_in_a_url_is_refused);
    tcase_add_test(settings, a_port_in_the_host_is_told);
    tcase_add_test(settings, port_0_is_refused);
    tcase_add_test(settings, a_source_is_an_address);
    tcase_add_test(settings, a_copy_is_its_own_and_has_defaults);
    tcase_add_test(settings, a_reply_is_never_larger_than_the_limit);
    suite_add_tcase(suite, settings);
    return suite;
}
