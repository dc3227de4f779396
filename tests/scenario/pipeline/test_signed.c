#include "kit/aws.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/* An output whose requests are signed: keys that are there, that come late, that expire on the way. */

#define SIGNED                                                                       \
    SERVICE TAIL "[OUTPUT]\n Name opensearch\n Match *\n Port ${PORT}\n Workers 1\n" \
                 " AWS_Auth On\n AWS_Region eu-west-1\n"

static struct kit *k;
static struct kit_aws aws;
static struct kit_aws_rules rules;

static void set_up(void)
{
    kit_aws_start(&aws);
    rules = aws.rules;
    rules.life_s = 0; /* keys have an end that is past: AWS's trouble, and no timer of ours */
    kit_aws_set(&aws, &rules);
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    k = kit_make();
    setenv("HOME", tree_path(""), 1);
}

static void tear_down(void)
{
    kit_end(&k);
    kit_aws_stop(&aws);
}

static void keys_in_the_environment(void)
{
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
}

static void keys_in_a_file(const char *id)
{
    char text[256];

    snprintf(text, sizeof text, "[default]\naws_access_key_id=%s\naws_secret_access_key=s\n", id);
    tree_write(".aws/credentials", text);
}

static const char *signature_of(unsigned request)
{
    return kit_request_header(kit_server_request(k->es->server, request), "Authorization");
}

START_TEST(requests_are_signed_over_what_is_on_the_wire)
{
    const struct kit_request *request;

    keys_in_the_environment();
    kit_run(k, SIGNED);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_next(k->es);
    request = kit_server_request(k->es->server, 0);
    ck_assert_str_eq(request->path,
                     "/_bulk?filter_path=errors%2Citems.%2A.status%2Citems.%2A.error."
                     "type%2Citems.%2A.error.reason");
    ck_assert_ptr_nonnull(strstr(signature_of(0), "/eu-west-1/es/aws4_request, "
                                                  "SignedHeaders=content-type;host;x-amz-date"));
    ck_assert_ptr_nonnull(strstr(signature_of(0), "Credential=AKIAENV/"));
}
END_TEST

START_TEST(an_attempt_later_has_a_signature_of_its_own)
{
    char first[512];

    keys_in_the_environment();
    kit_run(k, SIGNED);
    backend_answers(k->es, 503, 200);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_next(k->es);
    snprintf(first, sizeof first, "%s", signature_of(0));
    kit_pass_ms(k, 1000);
    backend_next(k->es);
    ck_assert_str_ne(signature_of(1), first);
}
END_TEST

START_TEST(without_keys_nothing_is_sent_and_nothing_lost)
{
    int64_t since_ns;

    kit_run(k, SIGNED);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 5000);
    backend_expect_silence(k->es);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 1, .in_flight_records = 1});
    ck_assert_ptr_nonnull(
        strstr(output_trouble(pipeline_output(k->pipeline, 0), &since_ns), "no AWS credentials"));
    keys_in_a_file("AKIAONE");
    kit_pass_ms(k, 60000);
    backend_next(k->es);
    ck_assert_ptr_nonnull(strstr(signature_of(0), "Credential=AKIAONE/"));
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

#define EXPIRED "{\"message\":\"The security token included in the request is expired\"}"

START_TEST(a_token_that_expires_on_the_way_is_renewed_and_the_request_sent_again)
{
    keys_in_a_file("AKIAONE");
    kit_run(k, SIGNED);
    keys_in_a_file("AKIATWO");
    backend_says(k->es, (struct kit_answer){.status = 403, .body = EXPIRED});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_next(k->es);
    kit_quiet(k);
    backend_next(k->es);
    ck_assert_ptr_nonnull(strstr(signature_of(0), "Credential=AKIAONE/"));
    ck_assert_ptr_nonnull(strstr(signature_of(1), "Credential=AKIATWO/"));
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_uint_eq(kit_counts(k, 0)->retries, 0);
}
END_TEST

START_TEST(a_token_that_is_refused_twice_waits_like_any_trouble)
{
    keys_in_a_file("AKIAONE");
    kit_run(k, SIGNED);
    backend_says(k->es, (struct kit_answer){.status = 403, .body = EXPIRED});
    backend_says(k->es, (struct kit_answer){.status = 403, .body = EXPIRED});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_next(k->es);
    backend_next(k->es);
    kit_quiet(k);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 60000);
    backend_next(k->es);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(stopping_does_not_wait_for_keys)
{
    kit_run(k, SIGNED);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_le(kit_stop(k), 6000);
    kit_expect_bookmark(k, "app.log", 0);
}
END_TEST

START_TEST(keys_that_come_late_are_waited_for)
{
    rules.authorization = "t";
    kit_aws_set(&aws, &rules);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", kit_aws_url(&aws, "/container"), 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t", 1);
    kit_run(k, SIGNED);
    kit_append(k, "app.log", "one\n");
    kit_server_await(aws.server, k->loop, 1);
    while (kit_server_requests(k->es->server) == 0)
        kit_pass_ms(k, 1000);
    backend_next(k->es);
    /* Whichever of its keys: where the machine is busy it is asked again before it was heard. */
    ck_assert_ptr_nonnull(strstr(signature_of(0), "Credential=AKIA0"));
    ck_assert_str_eq(
        kit_request_header(kit_server_request(k->es->server, 0), "X-Amz-Security-Token"),
        "session");
    unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}
END_TEST

static void is_signed_for(struct backend *backend, unsigned request)
{
    const struct kit_request *got = kit_server_request(backend->server, request);
    char host[32];

    snprintf(host, sizeof host, "127.0.0.1:%u", kit_server_port(backend->server));
    ck_assert_str_eq(kit_request_header(got, "Host"), host);
    ck_assert_ptr_nonnull(strstr(kit_request_header(got, "Authorization"), "host;"));
}

#define NODES                                                                     \
    "[UPSTREAM]\n Name both\n[NODE]\n Name one\n Host 127.0.0.1\n Port ${PORT}\n" \
    "[NODE]\n Name two\n Host 127.0.0.1\n Port ${PORT2}\n"
#define SIGNED_NODES                                                             \
    SERVICE TAIL "[OUTPUT]\n Name es\n Match *\n Host 203.0.113.1\n Workers 1\n" \
                 " AWS_Auth On\n AWS_Region eu-west-1\n Upstream ${DIR}/state/nodes.conf\n"

START_TEST(each_node_of_several_gets_a_signature_for_its_own_host)
{
    keys_in_the_environment();
    tree_write("state/nodes.conf", NODES);
    kit_run(k, SIGNED_NODES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->other, "two");
    is_signed_for(k->es, 0);
    is_signed_for(k->other, 0);
}
END_TEST

/* The body is made, and signed, for the node whose turn it was when the pass was taken. */
START_TEST(a_signed_request_is_made_with_the_keys_of_its_node)
{
    keys_in_the_environment();
    tree_write("state/nodes.conf", NODES " Index second\n");
    kit_run(k, SIGNED_NODES " Index common\n");
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 3000);
    backend_expect(k->other, "one");
    is_signed_for(k->other, 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&k->other->actions), "\"_index\":\"second\""));
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    is_signed_for(k->es, 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&k->es->actions), "\"_index\":\"common\""));
}
END_TEST

START_TEST(a_node_that_is_down_costs_a_signed_request_one_try)
{
    keys_in_the_environment();
    tree_write("state/nodes.conf", NODES);
    kit_run(k, SIGNED_NODES);
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 3000);
    backend_expect(k->other, "one");
    is_signed_for(k->other, 0);
    ck_assert_uint_eq(kit_counts(k, 0)->retries, 1);
}
END_TEST

Suite *suite_pipeline_signed(void)
{
    Suite *suite = suite_create("pipeline_signed");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, requests_are_signed_over_what_is_on_the_wire);
    tcase_add_test(tests, an_attempt_later_has_a_signature_of_its_own);
    tcase_add_test(tests, without_keys_nothing_is_sent_and_nothing_lost);
    tcase_add_test(tests, a_token_that_expires_on_the_way_is_renewed_and_the_request_sent_again);
    tcase_add_test(tests, a_token_that_is_refused_twice_waits_like_any_trouble);
    tcase_add_test(tests, stopping_does_not_wait_for_keys);
    tcase_add_test(tests, keys_that_come_late_are_waited_for);
    tcase_add_test(tests, each_node_of_several_gets_a_signature_for_its_own_host);
    tcase_add_test(tests, a_signed_request_is_made_with_the_keys_of_its_node);
    tcase_add_test(tests, a_node_that_is_down_costs_a_signed_request_one_try);
    suite_add_tcase(suite, tests);
    return suite;
}
