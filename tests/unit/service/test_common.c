#include "service/common.h"
#include "service/service_keys.h"

#include "config/tree.h"

#include <check.h>
#include <string.h>

/* The service's keys: all mistakes at once, before anything is started. */

static struct config *config;
static struct section *service;
static struct service_keys keys;
static struct report report;

static void set_up(void)
{
    config = config_new();
    service = config_add(config, CONFIG_SERVICE, "service", (struct place){"a.conf", 1});
    memset(&keys, 0, sizeof keys);
    report_init(&report);
}

static void tear_down(void)
{
    options_fini(service_options, &keys);
    config_free(&config);
    report_fini(&report);
}

static void service_has(const char *key, const char *value)
{
    section_add(config, service,
                (struct property){.key = key, .value = value, .place = {"a.conf", 2}});
}

/* Leaves a fresh configuration. */
static void expect_refused(const char *key, const char *value, const char *words)
{
    service_has(key, value);
    ck_assert(!service_keys_bind(&keys, config, &report));
    ck_assert_msg(strstr(report.text.data, words) != NULL, "lacks %s", words);
    tear_down();
    set_up();
}

START_TEST(without_a_word_all_keys_have_their_defaults)
{
    ck_assert(service_keys_bind(&keys, config, &report));
    ck_assert_double_eq(keys.flush_s, 1);
    ck_assert_int_eq(keys.grace_s, 5);
    ck_assert_int_eq(keys.http.port, 2020);
}
END_TEST

START_TEST(a_value_that_cannot_be_read_is_one_fault)
{
    service_has("flush", "abc");
    service_has("memory_limit", "much");
    ck_assert(!service_keys_bind(&keys, config, &report));
    ck_assert_uint_eq(report.error_count, 2);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(durations_that_are_none_are_refused)
{
    expect_refused("flush", "0", "above 0");
    expect_refused("flush", "-1", "above 0");
    expect_refused("flush", "1e300", "none above 31536000");
    expect_refused("scheduler.base", "0", "above 0");
    expect_refused("scheduler.cap", "0.25", "not below");
    expect_refused("grace", "9223372036854775807", "grace must not be above");
}
END_TEST

START_TEST(a_port_that_is_none_is_refused)
{
    expect_refused("http_port", "65536", "http_port is 65536");
    expect_refused("http_port", "-1", "http_port is -1");
}
END_TEST

START_TEST(records_get_what_the_agent_leaves_of_memory_limit)
{
    service_has("memory_limit", "25M");
    ck_assert(service_keys_bind(&keys, config, &report));
    ck_assert_uint_eq(service_records_bytes(&keys), 25000000 - SERVICE_OWN_BYTES);
    keys.memory.records_bytes = 100000;
    ck_assert_uint_eq(service_records_bytes(&keys), 100000);
}
END_TEST

START_TEST(a_memory_limit_that_is_too_small_is_told_and_records_get_some)
{
    service_has("memory_limit", "2M");
    ck_assert(service_keys_bind(&keys, config, &report));
    ck_assert_uint_eq(service_records_bytes(&keys), SERVICE_RECORDS_BYTES_MIN);
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "memory_limit is 2000000 bytes"));
}
END_TEST

START_TEST(every_mistake_is_said)
{
    service_has("flush", "0");
    service_has("http_port", "70000");
    ck_assert(!service_keys_bind(&keys, config, &report));
    ck_assert_uint_eq(report.error_count, 2);
}
END_TEST

START_TEST(a_text_that_a_variable_left_empty_is_not_given)
{
    static char empty[] = "", host[] = "logs.example";
    struct output_keys output = {.tls = {.is_on = true, .ca_file = empty, .vhost = host}};
    struct http_settings http = output_http(&output, "es.0", 9200);

    ck_assert_ptr_null(http.tls->ca_file);
    ck_assert_str_eq(http.tls->vhost, host);
}
END_TEST

Suite *suite_service_common(void);
Suite *suite_service_common(void)
{
    Suite *suite = suite_create("service/common");
    TCase *service_case = tcase_create("service");

    tcase_add_checked_fixture(service_case, set_up, tear_down);
    tcase_add_test(service_case, without_a_word_all_keys_have_their_defaults);
    tcase_add_test(service_case, a_value_that_cannot_be_read_is_one_fault);
    tcase_add_test(service_case, durations_that_are_none_are_refused);
    tcase_add_test(service_case, a_port_that_is_none_is_refused);
    tcase_add_test(service_case, records_get_what_the_agent_leaves_of_memory_limit);
    tcase_add_test(service_case, a_memory_limit_that_is_too_small_is_told_and_records_get_some);
    tcase_add_test(service_case, every_mistake_is_said);
    tcase_add_test(service_case, a_text_that_a_variable_left_empty_is_not_given);
    suite_add_tcase(suite, service_case);
    return suite;
}
