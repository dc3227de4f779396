#include "scenario/aws/signer_kit.h"

#include "base/log.h"

#include <check.h>

/* Keys that several signers have in common. */

static struct aws_signer *second;

static void tear_down(void)
{
    aws_signer_free(&second);
    signer_kit_close();
}

static void second_made(const char *service)
{
    struct aws_signer_settings settings = signer_kit.settings;

    settings.service = service;
    settings.host = "other.example";
    second = aws_signer_new(signer_kit.loop, &settings);
}

static void both_have(const char *id)
{
    struct aws_pass *mine = aws_signer_pass(signer_kit.signer), *theirs = aws_signer_pass(second);

    ck_assert_ptr_nonnull(mine);
    ck_assert_ptr_nonnull(theirs);
    ck_assert_ptr_eq(aws_pass_keys(mine), aws_pass_keys(theirs));
    ck_assert(slice_is(aws_pass_keys(mine)->id, id));
    aws_pass_unref(&mine);
    aws_pass_unref(&theirs);
}

static unsigned requests(void)
{
    return kit_server_requests(signer_kit.aws.server);
}

START_TEST(who_logs_in_alike_asks_once)
{
    uint64_t said = log_count(LOG_INFO);

    second_made("logs");
    signer_kit_await();
    both_have("AKIA0001");
    ck_assert_uint_eq(requests(), 4); /* token, region, role, keys */
    ck_assert_uint_eq(log_count(LOG_INFO) - said, 1);
    ck_assert_str_eq(aws_signer_origin(second), "the instance's metadata");
}
END_TEST

START_TEST(who_comes_a_moment_later_has_keys_at_once)
{
    signer_kit_await();
    clock_advance_ms(AWS_SHARE_MS);
    second_made("logs");
    both_have("AKIA0001");
    ck_assert_uint_eq(requests(), 4);
}
END_TEST

/* As when a configuration is read again, and a file of keys is another by then. */
START_TEST(who_comes_later_has_keys_at_once_and_new_ones_are_fetched)
{
    signer_kit_await();
    clock_advance_ms(AWS_SHARE_MS + 1);
    second_made("logs");
    both_have("AKIA0001");
    kit_server_await(signer_kit.aws.server, signer_kit.loop, 8);
    signer_kit_await();
    both_have("AKIA0002");
}
END_TEST

START_TEST(who_logs_in_otherwise_asks_by_himself)
{
    signer_kit_await();
    signer_kit.settings.wish.region = "us-east-1";
    second_made("logs");
    ck_assert_ptr_null(aws_signer_pass(second));
    kit_server_await(signer_kit.aws.server, signer_kit.loop, 7);
}
END_TEST

START_TEST(keys_that_one_found_expired_are_renewed_for_both)
{
    struct http_reply reply = {.status = 400, .date_s = NOW};

    buffer_append_text(&reply.body, "{\"__type\":\"ExpiredTokenException\"}");
    second_made("logs");
    signer_kit_await();
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    ck_assert_ptr_null(aws_signer_pass(second));
    signer_kit_await();
    both_have("AKIA0002");
    ck_assert_uint_eq(requests(), 8);
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(a_clock_that_one_found_off_is_corrected_for_both_and_said_once)
{
    struct http_reply reply = {.status = 403, .date_s = NOW + 1200};
    uint64_t warnings = log_count(LOG_WARN);
    struct aws_pass *old, *pass;

    buffer_append_text(&reply.body, "{\"message\":\"Signature expired: x\"}");
    second_made("logs");
    signer_kit_await();
    old = aws_signer_pass(second);
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    pass = aws_signer_pass(second);
    ck_assert_int_eq(aws_pass_skew_s(pass), 1200);
    ck_assert(aws_signer_heard(second, old, &reply));
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
    aws_pass_unref(&old);
    aws_pass_unref(&pass);
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(a_fetch_that_is_under_way_then_does_not_undo_it)
{
    struct http_reply reply = {.status = 403, .date_s = NOW + 1200};
    struct aws_pass *pass;
    int64_t skew_s;

    buffer_append_text(&reply.body, "{\"message\":\"Signature expired: x\"}");
    signer_kit_await();
    clock_advance_ms(AWS_SHARE_MS + 1);
    second_made("logs");
    ck_assert(aws_signer_heard(signer_kit.signer, signer_kit.told.pass, &reply));
    pass = aws_signer_pass(second);
    skew_s = aws_pass_skew_s(pass);
    ck_assert_int_ge(skew_s, 1000);
    aws_pass_unref(&pass);
    kit_server_await(signer_kit.aws.server, signer_kit.loop, 8);
    signer_kit_await();
    both_have("AKIA0002");
    pass = aws_signer_pass(second);
    ck_assert_int_eq(aws_pass_skew_s(pass), skew_s);
    aws_pass_unref(&pass);
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(keys_stay_fresh_for_who_is_left)
{
    second_made("logs");
    signer_kit_await();
    aws_signer_free(&second);
    clock_advance_ms(46 * MINUTE_MS);
    signer_kit_await();
    signer_kit_has("AKIA0002");
    aws_signer_free(&signer_kit.signer);
    signer_kit_begin();
    ck_assert_ptr_null(aws_signer_pass(signer_kit.signer)); /* nobody had kept them */
    aws_signer_forget(&signer_kit.told.waiter);
}
END_TEST

static void on_told(struct aws_waiter *waiter, struct aws_pass *pass, const char *why)
{
    (void)waiter;
    ck_assert_ptr_nonnull(pass);
    ck_assert_ptr_null(why);
    aws_pass_unref(&pass);
    aws_signer_free(&second);
}

START_TEST(who_is_told_may_go)
{
    struct aws_waiter waiter = {.told = on_told};

    second_made("logs");
    aws_signer_wait(second, &waiter);
    signer_kit_await();
    signer_kit_turn(&(bool){true}, "nothing");
    ck_assert_ptr_null(second);
    signer_kit_has("AKIA0001");
}
END_TEST

Suite *suite_aws_keyring(void);
Suite *suite_aws_keyring(void)
{
    Suite *suite = suite_create("aws_keyring");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, signer_kit_open, tear_down);
    tcase_add_test(tests, who_logs_in_alike_asks_once);
    tcase_add_test(tests, who_comes_a_moment_later_has_keys_at_once);
    tcase_add_test(tests, who_comes_later_has_keys_at_once_and_new_ones_are_fetched);
    tcase_add_test(tests, who_logs_in_otherwise_asks_by_himself);
    tcase_add_test(tests, keys_that_one_found_expired_are_renewed_for_both);
    tcase_add_test(tests, a_clock_that_one_found_off_is_corrected_for_both_and_said_once);
    tcase_add_test(tests, a_fetch_that_is_under_way_then_does_not_undo_it);
    tcase_add_test(tests, keys_stay_fresh_for_who_is_left);
    tcase_add_test(tests, who_is_told_may_go);
    suite_add_tcase(suite, tests);
    return suite;
}
