#include "scenario/aws/signer_kit.h"

#include "aws/ask.h"
#include "kit/certs.h"
#include "kit/patience.h"
#include "kit/tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Keys from each source, against a scripted AWS that enforces its signer_kit.rules. Time is the
 * test's. */

/* ---- the instance's metadata ---- */

START_TEST(an_instance_gives_region_and_keys_to_who_has_a_token)
{
    signer_kit_await();
    signer_kit_has("AKIA0001");
    ck_assert_str_eq(aws_signer_region(signer_kit.signer), "eu-west-1");
    ck_assert_str_eq(aws_signer_origin(signer_kit.signer), "the instance's metadata");
    ck_assert_uint_eq(kit_server_requests(signer_kit.aws.server),
                      4); /* token, region, role, keys */
}
END_TEST

START_TEST(keys_are_renewed_ahead_of_their_end)
{
    signer_kit_await();
    clock_advance_ms(40 * MINUTE_MS);
    loop_turn(signer_kit.loop, false);
    ck_assert_uint_eq(kit_server_requests(signer_kit.aws.server), 4);
    clock_advance_ms(6 * MINUTE_MS);
    signer_kit_await();
    signer_kit_has("AKIA0002");
}
END_TEST

static void no_keys_but(int *status, int value, const char *words)
{
    *status = value;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_lacks(words);
    *status = 0;
}

START_TEST(an_instance_that_refuses_is_told_of_in_words)
{
    no_keys_but(&signer_kit.rules.token_status, 403, "turned off");
    aws_signer_free(&signer_kit.signer);
    no_keys_but(&signer_kit.rules.token_status, 401, "status 401 instead of a token");
    aws_signer_free(&signer_kit.signer);
    no_keys_but(&signer_kit.rules.token_status, 404, "status 404 instead of a token");
    aws_signer_free(&signer_kit.signer);
    no_keys_but(&signer_kit.rules.role_status, 404, "the instance has no role");
    aws_signer_free(&signer_kit.signer);
    no_keys_but(&signer_kit.rules.keys_status, 500, "status 500");
}
END_TEST

START_TEST(the_first_version_is_asked_only_where_it_is_allowed)
{
    signer_kit.rules.token_status = 404;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    setenv("AWS_EC2_METADATA_V1_DISABLED", "false", 1);
    signer_kit_await();
    signer_kit_has("AKIA0001");
    unsetenv("AWS_EC2_METADATA_V1_DISABLED");
}
END_TEST

/* Turns until the server has so many requests, then lets so much time pass. */
static void silence_passes(unsigned requests, uint64_t ms)
{
    kit_server_await(signer_kit.aws.server, signer_kit.loop, requests);
    loop_turn(signer_kit.loop, false);
    clock_advance_ms(ms);
    signer_kit_turn(&signer_kit.told.is_told, "the end of patience");
}

START_TEST(a_hop_limit_of_one_is_named_as_the_likely_cause)
{
    signer_kit.rules.has_hop_limit = true;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_begin();
    silence_passes(1, AWS_NEAR_ANSWER_S * 1000);
    signer_kit_lacks("hop limit");
}
END_TEST

START_TEST(nobody_waits_for_an_instance_that_says_nothing)
{
    uint64_t begun_ms = clock_ms();

    signer_kit.rules.is_silent = true;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_begin();
    ck_assert(!signer_kit.told.is_told);
    silence_passes(1, AWS_NEAR_ANSWER_S * 1000);
    ck_assert_uint_le(clock_ms() - begun_ms, AWS_NEAR_ANSWER_S * 1000);
    ck_assert_ptr_null(signer_kit.told.pass);
}
END_TEST

START_TEST(where_nobody_is_the_words_ask_whether_this_is_an_instance)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u", kit_closed_port());
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
    signer_kit.settings.wish.region = "eu-west-1";
    signer_kit_await();
    signer_kit_lacks("is this an EC2 instance");
}
END_TEST

START_TEST(who_has_keys_but_no_region_is_told_so)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u", kit_closed_port());
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    signer_kit_await();
    signer_kit_lacks("no region is set");
}
END_TEST

/* ---- the other sources ---- */

START_TEST(the_environments_keys_need_nobody)
{
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "us-east-2", 1);
    signer_kit_await();
    signer_kit_has("AKIAENV");
    ck_assert_str_eq(aws_signer_region(signer_kit.signer), "us-east-2");
    ck_assert_uint_eq(kit_server_requests(signer_kit.aws.server), 0);
}
END_TEST

START_TEST(a_profiles_file_is_read_again_later)
{
    tree_write(".aws/credentials",
               "[default]\naws_access_key_id=AKIAONE\naws_secret_access_key=s\n");
    tree_write(".aws/config", "[default]\nregion=eu-north-1\n");
    signer_kit_await();
    signer_kit_has("AKIAONE");
    tree_write(".aws/credentials",
               "[default]\naws_access_key_id=AKIATWO\naws_secret_access_key=s\n");
    clock_advance_ms(15 * MINUTE_MS);
    signer_kit_await();
    signer_kit_has("AKIATWO");
}
END_TEST

static void in_a_container(const char *token_file)
{
    signer_kit.rules.authorization = "first";
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit.settings.wish.region = "eu-west-1";
    tree_write("token", "first\n");
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", kit_aws_url(&signer_kit.aws, "/container"), 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file, 1);
}

START_TEST(a_containers_token_file_is_read_each_time)
{
    in_a_container(tree_path("token"));
    signer_kit_await();
    signer_kit_has("AKIA0001");
    tree_write("token", "second");
    signer_kit.rules.authorization = "second";
    signer_kit.rules.now_s += 3600;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    clock_advance_ms(46 * MINUTE_MS);
    signer_kit_await();
    signer_kit_has("AKIA0002");
}
END_TEST

START_TEST(a_container_with_a_wrong_token_is_told_the_agents_words)
{
    in_a_container(tree_path("token"));
    signer_kit.rules.authorization = "other";
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_lacks("container credentials: status 400: wrong token");
}
END_TEST

START_TEST(a_token_file_that_vanishes_is_named_and_read_when_it_is_back)
{
    in_a_container(tree_path("token"));
    tree_remove("token");
    signer_kit_await();
    signer_kit_lacks("token file");
    ck_assert_ptr_nonnull(strstr(signer_kit.told.why, "no such file"));
    tree_write("token", "first");
    signer_kit_begin();
    clock_advance_ms(1000);
    signer_kit_turn(&signer_kit.told.is_told, "keys");
    signer_kit_has("AKIA0001");
}
END_TEST

START_TEST(old_keys_go_on_while_new_ones_are_not_to_be_had)
{
    struct aws_pass *pass;

    in_a_container(tree_path("token"));
    signer_kit_await();
    tree_remove("token");
    clock_advance_ms(70 * MINUTE_MS); /* past their end */
    signer_kit_await();
    signer_kit_has("AKIA0001");
    pass = aws_signer_pass(signer_kit.signer);
    ck_assert_ptr_nonnull(pass);
    aws_pass_unref(&pass);
}
END_TEST

static char endpoint[64]; /* of STS */

static void with_a_web_identity(void)
{
    signer_kit.rules.web_token = "jwt";
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    tree_write("jwt", "jwt");
    signer_kit.settings.wish.region = "eu-west-1";
    snprintf(endpoint, sizeof endpoint, "%s", kit_aws_url(&signer_kit.aws, ""));
    signer_kit.settings.wish.sts_endpoint = endpoint;
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", tree_path("jwt"), 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod", 1);
}

START_TEST(a_web_identity_is_given_keys_by_sts_without_a_signature)
{
    with_a_web_identity();
    signer_kit_await();
    signer_kit_has("AKIA0001");
    ck_assert_ptr_null(
        kit_request_header(kit_server_request(signer_kit.aws.server, 0), "Authorization"));
    ck_assert_str_eq(
        kit_server_request(signer_kit.aws.server, 0)->body.data,
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A"
        "%3A1%3Arole%2Fpod&RoleSessionName=tailrace&WebIdentityToken=jwt");
}
END_TEST

START_TEST(sts_is_asked_through_a_proxy_and_who_is_near_is_not)
{
    char closed[64];

    with_a_web_identity();
    setenv("http_proxy", kit_aws_url(&signer_kit.aws, ""), 1);
    signer_kit.settings.wish.sts_endpoint = "http://sts.invalid";
    signer_kit_await();
    signer_kit_has("AKIA0001");
    aws_signer_free(&signer_kit.signer);
    snprintf(closed, sizeof closed, "http://127.0.0.1:%u", kit_closed_port());
    setenv("http_proxy", closed, 1);
    unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
    signer_kit_await(); /* the instance's metadata */
    signer_kit_has("AKIA0002");
}
END_TEST

START_TEST(whom_sts_is_signed_by_the_environment_says)
{
    struct kit_certs *certs = kit_certs_new("127.0.0.1");
    struct kit_server *server = kit_server_start_tls(certs->server, certs->server_key);

    with_a_web_identity();
    snprintf(endpoint, sizeof endpoint, "https://127.0.0.1:%u", kit_server_port(server));
    kit_server_answers(server, 500);
    unsetenv("AWS_CA_BUNDLE");
    signer_kit_await();
    signer_kit_lacks("; AWS_CA_BUNDLE names its authority");
    aws_signer_free(&signer_kit.signer);
    setenv("AWS_CA_BUNDLE", certs->authority, 1);
    signer_kit_await();
    signer_kit_lacks("status 500");
    unsetenv("AWS_CA_BUNDLE");
    kit_server_stop(&server);
    kit_certs_free(&certs);
}
END_TEST

START_TEST(a_web_identity_that_nobody_trusts_is_told_of)
{
    with_a_web_identity();
    tree_write("jwt", "forged");
    signer_kit_await();
    signer_kit_lacks("InvalidIdentityToken");
}
END_TEST

START_TEST(a_web_identity_that_the_role_does_not_trust_is_told_whose_policy_it_is)
{
    with_a_web_identity();
    signer_kit.rules.has_no_trust = true;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_lacks(
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity; the role's "
        "trust policy has to name the issuer of the token");
}
END_TEST

START_TEST(keys_in_an_answer_of_sts_that_is_an_error_are_none)
{
    with_a_web_identity();
    signer_kit.rules.keys_status = 500;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_lacks("status 500");
}
END_TEST

START_TEST(a_role_is_assumed_with_the_pods_keys_and_the_external_id)
{
    with_a_web_identity();
    signer_kit.settings.wish.role_arn = "arn:aws:iam::2:role/logs";
    signer_kit.settings.wish.external_id = "x7";
    signer_kit.rules.external_id = "x7";
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_has("AKIA0002");
    ck_assert_ptr_nonnull(
        strstr(kit_request_header(kit_server_request(signer_kit.aws.server, 1), "Authorization"),
               "Credential=AKIA0001/20261121/eu-west-1/sts/aws4_request"));
    ck_assert_str_eq(
        kit_request_header(kit_server_request(signer_kit.aws.server, 1), "X-Amz-Security-Token"),
        "session");
}
END_TEST

START_TEST(without_the_external_id_the_role_is_denied)
{
    with_a_web_identity();
    signer_kit.settings.wish.role_arn = "arn:aws:iam::2:role/logs";
    signer_kit.rules.external_id = "x7";
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_lacks(
        "STS: sts:AssumeRole on arn:aws:iam::2:role/logs is denied; this would allow it: "
        "{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":"
        "\"arn:aws:iam::2:role/logs\"}; and the role's trust policy has to name who asks");
}
END_TEST

START_TEST(sts_is_asked_again_with_the_right_time_where_our_clock_is_off)
{
    with_a_web_identity();
    signer_kit.settings.wish.role_arn = "arn:aws:iam::2:role/logs";
    signer_kit.rules.now_s = NOW - 1200;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_has("AKIA0002");
    ck_assert_int_eq(aws_pass_skew_s(signer_kit.told.pass), -1200);
}
END_TEST

/* ---- a process ---- */

static void profile_with_process(const char *script)
{
    tree_write("keys", script);
    ck_assert_int_eq(chmod(tree_path("keys"), 0755), 0);
    {
        char config[512];

        snprintf(config, sizeof config,
                 "[default]\nregion=eu-west-1\ncredential_process=\"%s\" 'a b' $HOME && exit\n",
                 tree_path("keys"));
        tree_write(".aws/config", config);
    }
}

/* Its end is looked for by a timer. */
static void process_awaited(void)
{
    struct patience patience;

    signer_kit_begin();
    patience_begin(&patience, signer_kit.loop, "a process");
    while (!signer_kit.told.is_told) {
        loop_turn(signer_kit.loop, false);
        clock_advance_ms(1);
    }
    patience_end(&patience);
}

START_TEST(a_process_prints_keys_and_is_run_without_a_shell)
{
    profile_with_process("#!/bin/sh\n"
                         "printf '{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\"}'"
                         " \"$#.$1.$2\" | tr -d '$ '\n");
    clock_real();
    signer_kit_await();
    signer_kit_has("4.ab.HOME");
}
END_TEST

START_TEST(a_process_that_fails_is_told_of)
{
    profile_with_process("#!/bin/sh\nexit 3\n");
    clock_real();
    signer_kit_await();
    signer_kit_lacks("ended with status 3");
}
END_TEST

START_TEST(a_process_that_is_not_there_is_told_of)
{
    profile_with_process("");
    tree_remove("keys");
    clock_real();
    signer_kit_await();
    signer_kit_lacks("/keys: no such file or directory");
}
END_TEST

START_TEST(a_process_that_does_not_end_is_killed)
{
    profile_with_process("#!/bin/sh\nsleep 1000 & wait\n");
    process_awaited();
    signer_kit_lacks("did not end within 30 seconds");
}
END_TEST

Suite *suite_aws_signer(void)
{
    Suite *suite = suite_create("aws_signer");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, signer_kit_open, signer_kit_close);
    tcase_add_test(tests, an_instance_gives_region_and_keys_to_who_has_a_token);
    tcase_add_test(tests, keys_are_renewed_ahead_of_their_end);
    tcase_add_test(tests, an_instance_that_refuses_is_told_of_in_words);
    tcase_add_test(tests, the_first_version_is_asked_only_where_it_is_allowed);
    tcase_add_test(tests, a_hop_limit_of_one_is_named_as_the_likely_cause);
    tcase_add_test(tests, nobody_waits_for_an_instance_that_says_nothing);
    tcase_add_test(tests, where_nobody_is_the_words_ask_whether_this_is_an_instance);
    tcase_add_test(tests, who_has_keys_but_no_region_is_told_so);
    tcase_add_test(tests, the_environments_keys_need_nobody);
    tcase_add_test(tests, a_profiles_file_is_read_again_later);
    tcase_add_test(tests, a_containers_token_file_is_read_each_time);
    tcase_add_test(tests, a_container_with_a_wrong_token_is_told_the_agents_words);
    tcase_add_test(tests, a_token_file_that_vanishes_is_named_and_read_when_it_is_back);
    tcase_add_test(tests, old_keys_go_on_while_new_ones_are_not_to_be_had);
    tcase_add_test(tests, a_web_identity_is_given_keys_by_sts_without_a_signature);
    tcase_add_test(tests, sts_is_asked_through_a_proxy_and_who_is_near_is_not);
    tcase_add_test(tests, whom_sts_is_signed_by_the_environment_says);
    tcase_add_test(tests, a_web_identity_that_nobody_trusts_is_told_of);
    tcase_add_test(tests, a_web_identity_that_the_role_does_not_trust_is_told_whose_policy_it_is);
    tcase_add_test(tests, keys_in_an_answer_of_sts_that_is_an_error_are_none);
    tcase_add_test(tests, a_role_is_assumed_with_the_pods_keys_and_the_external_id);
    tcase_add_test(tests, without_the_external_id_the_role_is_denied);
    tcase_add_test(tests, sts_is_asked_again_with_the_right_time_where_our_clock_is_off);
    tcase_add_test(tests, a_process_prints_keys_and_is_run_without_a_shell);
    tcase_add_test(tests, a_process_that_fails_is_told_of);
    tcase_add_test(tests, a_process_that_is_not_there_is_told_of);
    tcase_add_test(tests, a_process_that_does_not_end_is_killed);
    suite_add_tcase(suite, tests);
    return suite;
}
