#include "scenario/http/caller.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static struct caller c; /* its server is the proxy */
static char proxy_url[64];
static struct http_tls tls = {.verify = false};

static void set_up(void)
{
    static const char *const names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                        "HTTPS_PROXY", "no_proxy",   "NO_PROXY"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    caller_open(&c);
    c.settings.host = "logs.invalid"; /* which only a proxy would be asked for */
    c.settings.port = 9200;
    c.settings.proxy_env_ignore = false;
    snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%u",
             (unsigned)kit_server_port(c.server));
}

static void tear_down(void)
{
    caller_close(&c);
}

static void expect_through_proxy(void)
{
    caller_connect(&c);
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    ck_assert_str_eq(kit_server_request(c.server, 0)->path, "http://logs.invalid:9200/_bulk");
    ck_assert_str_eq(kit_request_header(kit_server_request(c.server, 0), "Host"),
                     "logs.invalid:9200");
}

static void expect_no_proxy(void)
{
    caller_connect(&c);
    ck_assert_int_lt(caller_post(&c, "one\n")->error, 0);
    ck_assert_ptr_nonnull(strstr(c.outcome.why, "cannot resolve 'logs.invalid'"));
    ck_assert_uint_eq(kit_server_connections(c.server), 0);
}

START_TEST(a_proxy_of_the_settings_is_used)
{
    c.settings.proxy = proxy_url;
    expect_through_proxy();
}
END_TEST

static const char *const plain_names[] = {"http_proxy", "HTTP_PROXY"};

START_TEST(a_proxy_of_the_environment_is_used)
{
    setenv(plain_names[_i], proxy_url, 1);
    expect_through_proxy();
}
END_TEST

START_TEST(the_environment_may_leave_the_scheme_out)
{
    setenv("HTTP_PROXY", proxy_url + 7, 1);
    expect_through_proxy();
}
END_TEST

START_TEST(the_environment_is_ignored_when_told_so)
{
    setenv("HTTP_PROXY", proxy_url, 1);
    c.settings.proxy_env_ignore = true;
    expect_no_proxy();
}
END_TEST

START_TEST(a_host_is_excepted)
{
    setenv("HTTP_PROXY", proxy_url, 1);
    setenv("NO_PROXY", "10.0.0.0/8,.invalid", 1);
    expect_no_proxy();
}
END_TEST

START_TEST(a_proxy_of_the_settings_knows_no_exceptions)
{
    setenv("NO_PROXY", "*", 1);
    c.settings.proxy = proxy_url;
    expect_through_proxy();
}
END_TEST

static const char *const tls_names[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"};

START_TEST(tls_goes_through_a_tunnel_and_a_refusal_is_told)
{
    setenv(tls_names[_i], proxy_url, 1);
    kit_server_script(c.server, (struct kit_answer){.status = 403});
    c.settings.tls = &tls;
    caller_connect(&c);
    caller_post(&c, "one\n");
    ck_assert_str_eq(c.outcome.why, "the proxy answered 403");
    ck_assert_int_eq(c.outcome.error, UV_ECONNREFUSED);
    ck_assert_int_eq(c.outcome.status, 0);
    ck_assert_str_eq(kit_server_request(c.server, 0)->method, "CONNECT");
    ck_assert_str_eq(kit_server_request(c.server, 0)->path, "logs.invalid:9200");
}
END_TEST

START_TEST(credentials_go_to_the_proxy)
{
    char with_login[96];

    snprintf(with_login, sizeof with_login, "http://user:pass@%s", proxy_url + 7);
    c.settings.proxy = with_login;
    expect_through_proxy();
    ck_assert_str_eq(kit_request_header(kit_server_request(c.server, 0), "Proxy-Authorization"),
                     "Basic dXNlcjpwYXNz");
}
END_TEST

static const char *const no_proxies[] = {"socks5://127.0.0.1:1080", "http://", "http://a:0",
                                         "http://user:secret@a:99999"};

START_TEST(what_is_no_proxy_is_told_without_its_password)
{
    char why[256];

    c.settings.proxy = no_proxies[_i];
    ck_assert_ptr_null(http_client_new(c.loop, &c.settings, why));
    ck_assert_str_eq(why, "the setting is no proxy: http://host:port is wanted");
}
END_TEST

Suite *suite_http_proxy(void)
{
    Suite *suite = suite_create("http/proxy");
    TCase *proxy = tcase_create("proxy");

    tcase_add_checked_fixture(proxy, set_up, tear_down);
    tcase_add_test(proxy, a_proxy_of_the_settings_is_used);
    tcase_add_loop_test(proxy, a_proxy_of_the_environment_is_used, 0, ARRAY_LEN(plain_names));
    tcase_add_test(proxy, the_environment_may_leave_the_scheme_out);
    tcase_add_test(proxy, the_environment_is_ignored_when_told_so);
    tcase_add_test(proxy, a_host_is_excepted);
    tcase_add_test(proxy, a_proxy_of_the_settings_knows_no_exceptions);
    tcase_add_loop_test(proxy, tls_goes_through_a_tunnel_and_a_refusal_is_told, 0,
                        ARRAY_LEN(tls_names));
    tcase_add_test(proxy, credentials_go_to_the_proxy);
    tcase_add_loop_test(proxy, what_is_no_proxy_is_told_without_its_password, 0,
                        ARRAY_LEN(no_proxies));
    suite_add_tcase(suite, proxy);
    return suite;
}
