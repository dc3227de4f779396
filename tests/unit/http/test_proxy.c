#include "http/proxy.h"

#include <check.h>

static const struct {
    const char *no_proxy;
    const char *host;
    unsigned port;
    bool is_excepted;
} cases[] = {
    {"", "logs.example", 80, false},
    {" , ,", "logs.example", 80, false},
    {"*", "logs.example", 80, true},
    {"logs.example", "logs.example", 80, true},
    {"LOGS.example", "logs.EXAMPLE", 80, true},
    {"example", "logs.example", 80, true},
    {".example", "logs.example", 80, true},
    {".example", "example", 80, true},
    {"example", "logexample", 80, false},
    {"logs.example", "example", 80, false},
    {"a.example,b.example", "b.example", 80, true},
    {"a.example b.example", "b.example", 80, true},
    {"logs.example", "logs.example.", 80, true},
    {"logs.example:9200", "logs.example", 9200, true},
    {"logs.example:9200", "logs.example", 9201, false},
    {"logs.example:99999", "logs.example", 34463, false},
    {"10.0.0.0/8", "10.1.2.3", 80, true},
    {"10.0.0.0/8", "11.1.2.3", 80, false},
    {"10.128.0.0/9", "10.128.0.1", 80, true},
    {"10.128.0.0/9", "10.127.0.1", 80, false},
    {"0.0.0.0/0", "192.0.2.1", 80, true},
    {"10.0.0.0/33", "10.0.0.1", 80, false},
    {"10.0.0.0/x", "10.0.0.1", 80, false},
    {"10.0.0.0/", "10.0.0.1", 80, false},
    {"192.0.2.1", "192.0.2.1", 80, true},
    {"192.0.2.1", "192.0.2.10", 80, false},
    {"192.0.2.1:80", "192.0.2.1", 80, true},
    {"192.0.2.1:80", "192.0.2.1", 81, false},
    {".2.1", "192.0.2.1", 80, false},
    {"::1", "::1", 80, true},
    {"[::1]:80", "::1", 80, true},
    {"[::1]:80", "::1", 81, false},
    {"fd00::/8", "fd12::3", 80, true},
    {"fd00::/8", "fe12::3", 80, false},
    {"10.0.0.0/8", "fd12::3", 80, false},
    {"10.0.0.0/8", "logs.example", 80, false},
};

START_TEST(no_proxy_has_names_addresses_and_networks)
{
    size_t at = (size_t)_i;

    ck_assert_int_eq(
        proxy_is_excepted(cases[at].no_proxy, cases[at].host, (uint16_t)cases[at].port),
        cases[at].is_excepted);
}
END_TEST

static const struct {
    const char *proxy;
    const char *url;
    const char *host;
    unsigned port;
} proxies[] = {
    {"http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example", 3128},
    {"proxy.example:3128", "http://proxy.example:3128/", "proxy.example", 3128},
    {"http://proxy.example", "http://proxy.example:80/", "proxy.example", 80},
    {"https://proxy.example", "https://proxy.example:443/", "proxy.example", 443},
    {"http://u:p@[2001:db8::1]:3128/", "http://u:p@[2001:db8::1]:3128/", "2001:db8::1", 3128},
};

START_TEST(a_proxy_is_taken_apart)
{
    size_t at = (size_t)_i;
    struct http_settings s = {.host = "logs.example", .port = 80, .proxy = proxies[at].proxy};
    struct proxy proxy;
    char why[256];

    ck_assert_int_eq(proxy_find(&s, &proxy, why), 0);
    ck_assert_str_eq(proxy.url, proxies[at].url);
    ck_assert_str_eq(proxy.host, proxies[at].host);
    ck_assert_uint_eq(proxy.port, proxies[at].port);
    proxy_fini(&proxy);
}
END_TEST

Suite *suite_http_proxy_choice(void)
{
    Suite *suite = suite_create("http/proxy choice");
    TCase *choice = tcase_create("choice");

    tcase_add_loop_test(choice, no_proxy_has_names_addresses_and_networks, 0, ARRAY_LEN(cases));
    tcase_add_loop_test(choice, a_proxy_is_taken_apart, 0, ARRAY_LEN(proxies));
    suite_add_tcase(suite, choice);
    return suite;
}
