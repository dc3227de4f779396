#include "plugins/filter_aws/aws.h"

#include "kit/aws.h"
#include "kit/filter.h"
#include "kit/patience.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* The filter aws against a scripted instance that enforces its rules. Time is the test's. */

extern const struct filter_plugin filter_aws;

#define M "meta-data/"
#define WAIT_MS 5000

static const char *const facts[] = {M "placement/availability-zone",
                                    "eu-west-1a",
                                    M "instance-id",
                                    "i-1",
                                    M "tags/instance",
                                    "Name",
                                    M "tags/instance/Name",
                                    "web",
                                    NULL};

static struct loop *loop;
static struct kit_aws aws;
static struct kit_aws_rules rules;
static struct kit_filter f, second;
static struct filter_metrics metrics;
static struct filter_waiter waiter;
static bool is_woken;
static uint64_t warnings;

static void set_up(void)
{
    clock_fake(1000, INT64_C(1795276800) * NS_PER_S);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    unsetenv("AWS_EC2_METADATA_V1_DISABLED");
    loop = loop_new();
    kit_aws_start(&aws);
    rules = aws.rules;
    rules.facts.pairs = facts;
    kit_aws_set(&aws, &rules);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", kit_aws_url(&aws, ""), 1);
    metrics = (struct filter_metrics){0};
    waiter = (struct filter_waiter){0};
    list_init(&waiter.link);
    is_woken = false;
    warnings = log_count(LOG_WARN);
}

static void tear_down(void)
{
    list_remove(&waiter.link);
    kit_filter_close(&f);
    kit_aws_stop(&aws);
    loop_free(&loop);
    clock_real();
}

static void on_woken(void *owner)
{
    *(bool *)owner = true;
}

static uint64_t ask(void)
{
    struct filter_run run = {.tag = f.tag, .json = &f.json};

    waiter.wake = on_woken;
    waiter.owner = &is_woken;
    return filter_aws.ready(f.self, &run, &waiter);
}

static void start(struct kit_filter *filter, const char *const *keys)
{
    struct filter_host host = {.loop = loop, .metrics = &metrics};

    kit_filter_open(filter, &filter_aws, keys);
    ck_assert_int_eq(filter_aws.start(filter->self, &host, &filter->report), 0);
}

static void await_first_round(void)
{
    struct patience patience;

    patience_begin(&patience, loop, "the first round");
    while (!is_woken)
        loop_turn(loop, true);
    patience_end(&patience);
    ck_assert_uint_eq(ask(), 0);
}

/* Starts it, and waits as a file does. */
static void open_with(const char *const *keys)
{
    start(&f, keys);
    ck_assert_uint_eq(ask(), WAIT_MS);
    await_first_round();
}

/* The same of one that hears nothing. */
static void open_in_silence(void)
{
    start(&f, KIT_KEYS("az", "On"));
    ck_assert_uint_eq(ask(), WAIT_MS);
    kit_server_await(aws.server, loop, 1);
    clock_advance_ms(AWS_NEAR_ANSWER_S * 1000);
    await_first_round();
}

static void expect(const char *json, const char *expected)
{
    const char *got = kit_filter_apply(&f, json);

    ck_assert_str_eq(got, expected);
}

static const char *status(void)
{
    static struct buffer text;

    buffer_clear(&text);
    filter_aws.describe(f.self, &text);
    return buffer_text(&text);
}

/* Passes time, and turns the loop until the round with this number is over. */
static void next_round(unsigned number, uint64_t wait_ms)
{
    struct patience patience;
    char words[32];

    snprintf(words, sizeof words, "\"rounds\":%u,", number);
    clock_advance_ms(wait_ms);
    patience_begin(&patience, loop, words);
    while (strstr(status(), words) == NULL)
        loop_turn(loop, true);
    patience_end(&patience);
}

static void said(const char *words)
{
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
    ck_assert_msg(strstr(log_recent(0), words) != NULL, "%s", log_recent(0));
}

START_TEST(records_get_what_is_known_and_it_is_asked_for_once)
{
    open_with(KIT_KEYS("tags_enabled", "On"));
    expect("{\"log\":\"up\"}", "{\"log\":\"up\",\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\","
                               "\"Name\":\"web\"}");
    expect("{\"az\":1}", "{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\",\"Name\":\"web\"}");
    ck_assert_uint_eq(kit_server_requests(aws.server), 5); /* one of them for the token */
    clock_advance_ms(24 * 3600 * 1000);
    loop_turn(loop, false);
    ck_assert_uint_eq(kit_server_requests(aws.server), 5);
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
    ck_assert_uint_eq(log_count(LOG_WARN), warnings);
}
END_TEST

START_TEST(a_plain_record_gets_the_same)
{
    struct filter_run run = {.tag = SLICE("t")};
    struct plain_record plain;

    open_with(KIT_KEYS("az", "Off"));
    plain_init(&plain, 1);
    plain_add(&plain, SLICE("log"), SLICE("up"));
    ck_assert_int_eq(filter_aws.apply_plain(f.self, &plain, &run), PLAIN_KEEP);
    ck_assert(slice_is(shared_text(plain.shared), "{\"ec2_instance_id\":\"i-1\"}"));
    plain_init(&plain, 1);
    plain_add(&plain, SLICE("ec2_instance_id"), SLICE("mine"));
    ck_assert_int_eq(filter_aws.apply_plain(f.self, &plain, &run), PLAIN_FILL);
}
END_TEST

START_TEST(records_that_come_before_it_go_without_and_are_counted)
{
    start(&f, KIT_KEYS("metadata_wait", "0"));
    ck_assert_uint_eq(ask(), 0);
    expect("{\"log\":\"up\"}", "{\"log\":\"up\"}");
    ck_assert_uint_eq(metrics.unlabelled_records, 1);
}
END_TEST

START_TEST(filters_with_equal_settings_ask_once)
{
    open_with(KIT_KEYS("az", "On"));
    start(&second, KIT_KEYS("ec2_instance_id", "On"));
    ck_assert_str_eq(kit_filter_apply(&second, "{}"),
                     "{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\"}");
    kit_filter_close(&f);
    ck_assert_str_eq(kit_filter_apply(&second, "{}"),
                     "{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\"}");
    ck_assert_uint_eq(kit_server_requests(aws.server), 3);
    f = second;
}
END_TEST

/* A configuration that is read again shares it, and the filters before are gone then, and their
 * names. */
START_TEST(who_took_it_first_may_be_gone_when_something_is_said)
{
    static const char *const few[] = {M "instance-id", "i-1", NULL};
    char component[] = "filter:aws:first";
    const struct text_list all = {0};
    struct instance_settings settings = {
        .component = component,
        .retry_ms = 300000,
        .wish = {.wants[FACT_AZ] = true, .include = &all, .exclude = &all}};
    struct instance *instance;
    struct patience patience;

    kit_filter_open(&f, &filter_aws, KIT_KEYS("az", "On"));
    rules.facts.pairs = few;
    kit_aws_set(&aws, &rules);
    instance = instance_take(loop, &settings);
    memset(component, '?', sizeof component - 1);
    patience_begin(&patience, loop, "the first round");
    while (!instance_was_asked(instance))
        loop_turn(loop, true);
    patience_end(&patience);
    said("filter:aws:first");
    instance_release(&instance);
}
END_TEST

START_TEST(a_hop_limit_of_one_is_named_and_nobody_waits_for_ever)
{
    rules.has_hop_limit = true;
    kit_aws_set(&aws, &rules);
    open_in_silence();
    said("hop limit");
    expect("{\"log\":\"up\"}", "{\"log\":\"up\"}");
    ck_assert_ptr_nonnull(strstr(status(), "hop limit"));
}
END_TEST

START_TEST(a_service_that_says_nothing_holds_up_nothing)
{
    rules.is_silent = true;
    kit_aws_set(&aws, &rules);
    open_in_silence();
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
    ck_assert_uint_eq(kit_server_requests(aws.server), 1);
}
END_TEST

static void refused_with(int token_status, int facts_status, unsigned requests, const char *words)
{
    rules.token_status = token_status;
    rules.facts.status = facts_status;
    kit_aws_set(&aws, &rules);
    open_with(KIT_KEYS("az", "On"));
    said(words);
    expect("{\"log\":\"up\"}", "{\"log\":\"up\"}");
    ck_assert_uint_eq(kit_server_requests(aws.server), requests);
}

START_TEST(a_token_that_is_refused_is_told_of)
{
    refused_with(403, 0, 1, "status 403: it is turned off");
}
END_TEST

START_TEST(a_service_without_tokens_is_told_of)
{
    refused_with(404, 0, 1, "status 404 instead of a token");
}
END_TEST

START_TEST(a_service_that_wants_another_token_gets_one_and_then_is_told_of)
{
    refused_with(0, 401, 4, "status 401");
}
END_TEST

START_TEST(a_page_in_place_of_a_fact_is_told_of_and_the_next_is_asked_for)
{
    static const char *const portal[] = {M "placement/availability-zone", "<html>log in</html>",
                                         M "instance-id", "i-1", NULL};

    rules.facts.pairs = portal;
    kit_aws_set(&aws, &rules);
    open_with(KIT_KEYS("az", "On"));
    said("is something else");
    expect("{}", "{\"ec2_instance_id\":\"i-1\"}");
    ck_assert_uint_eq(metrics.unlabelled_records, 1);
}
END_TEST

START_TEST(what_is_not_there_is_said_once_and_asked_for_again)
{
    static const char *const more[] = {M "tags/instance", "a", M "tags/instance/a", "1", NULL};

    rules.facts.pairs = NULL;
    kit_aws_set(&aws, &rules);
    open_with(KIT_KEYS("az", "Off", "ec2_instance_id", "Off", "tags_enabled", "On",
                       "retry_interval_s", "60"));
    said("InstanceMetadataTags");
    expect("{}", "{}");
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
    clock_advance_ms(44000);
    loop_turn(loop, false);
    ck_assert_uint_eq(kit_server_requests(aws.server), 2);
    next_round(2, 16000);
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
    rules.facts.pairs = more;
    kit_aws_set(&aws, &rules);
    next_round(3, 60000);
    expect("{}", "{\"a\":\"1\"}");
}
END_TEST

START_TEST(what_failed_is_asked_for_again_soon_and_said_once)
{
    rules.token_status = 500;
    kit_aws_set(&aws, &rules);
    open_with(KIT_KEYS("az", "On"));
    next_round(2, 2000);
    next_round(3, 4000);
    said("status 500 instead of a token");
    rules.token_status = 0;
    kit_aws_set(&aws, &rules);
    next_round(4, 8000);
    expect("{}", "{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\"}");
    ck_assert_ptr_nonnull(strstr(status(), "\"trouble\":null"));
}
END_TEST

START_TEST(the_first_version_asks_without_a_token)
{
    rules.facts.allows_v1 = true;
    kit_aws_set(&aws, &rules);
    open_with(KIT_KEYS("imds_version", "v1"));
    ck_assert_uint_eq(kit_server_requests(aws.server), 2);
    expect("{}", "{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\"}");
}
END_TEST

START_TEST(the_first_version_takes_a_token_where_one_is_wanted)
{
    open_with(KIT_KEYS("imds_version", "v1"));
    ck_assert_uint_eq(kit_server_requests(aws.server), 4);
    expect("{}", "{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\"}");
}
END_TEST

START_TEST(nobody_is_asked_where_the_environment_forbids_it)
{
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    start(&f, KIT_KEYS("az", "On"));
    ck_assert_uint_eq(ask(), 0);
    said("AWS_EC2_METADATA_DISABLED");
    expect("{}", "{}");
    ck_assert_uint_eq(kit_server_requests(aws.server), 0);
}
END_TEST

START_TEST(nobody_is_asked_for_nothing)
{
    start(&f, KIT_KEYS("az", "Off", "ec2_instance_id", "Off"));
    ck_assert_uint_eq(ask(), 0);
    expect("{\"a\":1}", "{\"a\":1}");
    ck_assert_uint_eq(kit_server_requests(aws.server), 0);
    ck_assert_str_eq(status(), "null");
}
END_TEST

START_TEST(a_filter_may_go_while_it_asks)
{
    start(&f, KIT_KEYS("az", "On"));
    ck_assert_uint_eq(ask(), WAIT_MS);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    kit_filter_refuses(&filter_aws,
                       KIT_KEYS("tags_enabled", "On", "tags_include", "a", "tags_exclude", "b"),
                       "tags_include and tags_exclude are both given");
    kit_filter_refuses(&filter_aws, KIT_KEYS("retry_interval_s", "-1"), "retry_interval_s is -1");
    kit_filter_refuses(&filter_aws, KIT_KEYS("imds_version", "v3"), "v1");
    kit_filter_open(&f, &filter_aws, KIT_KEYS("tags_include", "a"));
    ck_assert_uint_eq(f.report.warning_count, 1);
}
END_TEST

Suite *suite_aws_filter_aws(void);
Suite *suite_aws_filter_aws(void)
{
    Suite *suite = suite_create("aws/filter_aws");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, records_get_what_is_known_and_it_is_asked_for_once);
    tcase_add_test(tests, a_plain_record_gets_the_same);
    tcase_add_test(tests, records_that_come_before_it_go_without_and_are_counted);
    tcase_add_test(tests, filters_with_equal_settings_ask_once);
    tcase_add_test(tests, who_took_it_first_may_be_gone_when_something_is_said);
    tcase_add_test(tests, a_hop_limit_of_one_is_named_and_nobody_waits_for_ever);
    tcase_add_test(tests, a_service_that_says_nothing_holds_up_nothing);
    tcase_add_test(tests, a_token_that_is_refused_is_told_of);
    tcase_add_test(tests, a_service_without_tokens_is_told_of);
    tcase_add_test(tests, a_service_that_wants_another_token_gets_one_and_then_is_told_of);
    tcase_add_test(tests, a_page_in_place_of_a_fact_is_told_of_and_the_next_is_asked_for);
    tcase_add_test(tests, what_is_not_there_is_said_once_and_asked_for_again);
    tcase_add_test(tests, what_failed_is_asked_for_again_soon_and_said_once);
    tcase_add_test(tests, the_first_version_asks_without_a_token);
    tcase_add_test(tests, the_first_version_takes_a_token_where_one_is_wanted);
    tcase_add_test(tests, nobody_is_asked_where_the_environment_forbids_it);
    tcase_add_test(tests, nobody_is_asked_for_nothing);
    tcase_add_test(tests, a_filter_may_go_while_it_asks);
    tcase_add_test(tests, what_cannot_be_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
