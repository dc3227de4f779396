#include "plugins/filter_kubernetes/url.h"

#include <check.h>

/* What may stand under Kube_URL. */

START_TEST(an_address_has_a_host_and_a_port)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
        bool is_tls;
    } rows[] = {
        {"https://kubernetes.default.svc", "kubernetes.default.svc", 443, true},
        {"https://kubernetes.default.svc:443", "kubernetes.default.svc", 443, true},
        {"https://kubernetes.default.svc:6443/", "kubernetes.default.svc", 6443, true},
        {"http://127.0.0.1:8001", "127.0.0.1", 8001, false},
        {"http://localhost", "localhost", 80, false},
        {"https://[fd00::1]:6443", "fd00::1", 6443, true},
        {" https://[fd00::1] ", "fd00::1", 443, true},
    };
    struct kube_url url;
    char why[256];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_int_eq(kube_url_parse(rows[i].text, &url, why), 0);
        ck_assert_str_eq(url.host, rows[i].host);
        ck_assert_uint_eq(url.port, rows[i].port);
        ck_assert(url.is_tls == rows[i].is_tls);
    }
}
END_TEST

START_TEST(anything_else_is_refused_in_words)
{
    static const char *const texts[] = {
        "",
        "kubernetes.default",
        "ftp://a",
        "https://",
        "https://:443",
        "https://a:",
        "https://a:0",
        "https://a:x",
        "https://a:65536",
        "https://a:123456",
        "https://a/b",
        "https://[a]b",
        "https://[]",
    };
    struct kube_url url;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char why[256] = "";

        ck_assert_msg(kube_url_parse(texts[i], &url, why) < 0, "%s", texts[i]);
        ck_assert_ptr_nonnull(strstr(why, "Kube_URL"));
    }
}
END_TEST

START_TEST(a_host_without_end_is_refused)
{
    char text[400] = "https://", why[256];
    struct kube_url url;

    memset(text + 8, 'a', 300);
    ck_assert_int_lt(kube_url_parse(text, &url, why), 0);
}
END_TEST

Suite *suite_plugins_kubernetes_url(void);

Suite *suite_plugins_kubernetes_url(void)
{
    Suite *suite = suite_create("plugins_kubernetes_url");
    TCase *tcase = tcase_create("plugins_kubernetes_url");

    tcase_add_test(tcase, an_address_has_a_host_and_a_port);
    tcase_add_test(tcase, anything_else_is_refused_in_words);
    tcase_add_test(tcase, a_host_without_end_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
