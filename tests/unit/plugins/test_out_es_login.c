#include "kit/plugin.h"
#include "plugins/out_es/es.h"

#include <check.h>

extern const struct output_plugin out_es;

static const struct http_settings settings = {.host = "127.0.0.1", .port = 9200};

/* The Authorization header that these keys lead to; empty where there is none. */
static void expect_authorization(const char *const *keys_and_values, const char *header)
{
    struct plugin_kit kit;
    struct out_es *es = plugin_make(&kit, sizeof(struct out_es), out_es.options, keys_and_values);

    kit.setup.http = &settings;
    ck_assert_int_eq(out_es.init(es, &kit.setup), 0);
    ck_assert_str_eq(buffer_text(&es->login.authorization), header);
    out_es.fini(es);
    plugin_gone(&kit, es);
}
#define EXPECT_AUTHORIZATION(header, ...) \
    expect_authorization((const char *const[]){__VA_ARGS__, NULL}, header)

START_TEST(a_user_and_a_password_are_a_basic_login)
{
    EXPECT_AUTHORIZATION("Basic YTpi", "http_user", "a", "http_passwd", "b");
}
END_TEST

START_TEST(an_empty_user_is_no_login)
{
    EXPECT_AUTHORIZATION("", "http_user", "", "http_passwd", "");
}
END_TEST

START_TEST(a_key_goes_before_a_user)
{
    EXPECT_AUTHORIZATION("ApiKey k", "http_user", "a", "http_api_key", "k");
}
END_TEST

Suite *suite_plugins_out_es_login(void)
{
    Suite *suite = suite_create("plugins_out_es_login");
    TCase *login = tcase_create("login");

    tcase_add_test(login, a_user_and_a_password_are_a_basic_login);
    tcase_add_test(login, an_empty_user_is_no_login);
    tcase_add_test(login, a_key_goes_before_a_user);
    suite_add_tcase(suite, login);
    return suite;
}
