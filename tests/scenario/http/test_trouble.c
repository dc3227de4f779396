#include "scenario/http/caller.h"
#include "scenario/http/peer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/curl_internal.h"
#include "http/direct.h"

#include <check.h>
#include <uv.h>

static struct caller c;

static void set_up(void)
{
    caller_open(&c);
    caller_connect(&c);
}

static void set_up_apart(void)
{
    caller_open(&c);
}

static void tear_down(void)
{
    caller_close(&c);
}

static void expect_trouble(const struct outcome *outcome, int error, const char *why)
{
    ck_assert_str_eq(outcome->why, why);
    ck_assert_int_eq(outcome->error, error);
}

/* ---- nobody there ---- */

static void expect_no_connections(void)
{
    if (c.client->curl != NULL)
        ck_assert(list_is_empty(&c.client->curl->connections));
    else
        ck_assert_uint_eq(c.client->direct->kept_count, 0);
}

START_TEST(a_closed_port_refuses)
{
    c.settings.port = kit_closed_port();
    caller_connect(&c);
    expect_trouble(caller_post(&c, "one\n"), UV_ECONNREFUSED, "connection refused");
    ck_assert(!c.outcome.was_sent);
    ck_assert_uint_eq(http_client_connections(c.client), 0);
    expect_no_connections();
}
END_TEST

START_TEST(a_name_that_nobody_knows_fails_in_words)
{
    const struct outcome *outcome;

    c.settings.host = "no-such-host.invalid";
    caller_connect(&c);
    outcome = caller_post(&c, "one\n");
    ck_assert_int_lt(outcome->error, 0);
    ck_assert_ptr_nonnull(strstr(outcome->why, "cannot resolve 'no-such-host.invalid': "));
}
END_TEST

START_TEST(a_name_that_cannot_be_asked_for_fails_in_words)
{
    const struct outcome *outcome;

    c.settings.host = "a-label-of-more-than-sixty-three-bytes-is-refused-before-it-is-asked-for.x";
    caller_connect(&c);
    outcome = caller_post(&c, "one\n");
    ck_assert_int_lt(outcome->error, 0);
    ck_assert_ptr_nonnull(strstr(outcome->why, "cannot resolve 'a-label-of-"));
}
END_TEST

/* As if the name service had said so just now. */
static void answer_with(const char *addresses)
{
    buffer_append_text(&c.client->names.addresses, addresses);
    c.client->names.answered_ms = clock_ms();
}

START_TEST(the_address_that_was_found_is_the_one_that_is_used)
{
    c.settings.host = "no-such-host.invalid";
    caller_connect(&c);
    answer_with("127.0.0.1");
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
}
END_TEST

START_TEST(after_a_connection_failed_the_name_is_asked_for_again)
{
    c.settings.host = "localhost";
    c.settings.prefer_ipv4 = true;
    caller_connect(&c);
    answer_with("127.0.0.77"); /* where the back-end was before */
    expect_trouble(caller_post(&c, "one\n"), UV_ECONNREFUSED, "connection refused");
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
}
END_TEST

/* ---- connections that break ---- */

START_TEST(a_server_that_closes_without_an_answer)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_CLOSE});
    expect_trouble(caller_post(&c, "one\n"), UV_EOF, "the connection was closed without an answer");
    ck_assert_int_eq(c.outcome.status, 0);
    ck_assert(c.outcome.was_sent && !c.outcome.was_resent);
}
END_TEST

START_TEST(a_server_that_resets_instead_of_an_answer)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_RESET});
    expect_trouble(caller_post(&c, "one\n"), UV_ECONNRESET, "connection reset by peer");
}
END_TEST

START_TEST(half_a_success_is_trouble)
{
    kit_server_script(c.server,
                      (struct kit_answer){.move = KIT_HALF, .body = "{\"errors\":false}"});
    expect_trouble(caller_post(&c, "one\n"), UV_EOF, "the answer ended early");
}
END_TEST

START_TEST(half_a_refusal_is_a_refusal)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_HALF, .status = 400});
    caller_post(&c, "one\n");
    ck_assert_int_eq(c.outcome.error, 0);
    ck_assert_int_eq(c.outcome.status, 400);
}
END_TEST

START_TEST(an_answer_that_is_no_http)
{
    kit_server_script(c.server,
                      (struct kit_answer){.move = KIT_NOISE, .body = "220 mail.example ESMTP\r\n"});
    expect_trouble(caller_post(&c, "one\n"), UV_EPROTO, "the answer is not HTTP");
}
END_TEST

START_TEST(an_early_refusal_is_heard_although_the_upload_fails)
{
    for (unsigned i = 0; i < 50; i++) {
        kit_server_script(c.server, (struct kit_answer){.move = KIT_EARLY, .status = 413});
        caller_post_large(&c, 3 << 20);
        ck_assert_str_eq(c.outcome.why, "");
        ck_assert_int_eq(c.outcome.status, 413);
    }
}
END_TEST

START_TEST(an_answer_past_the_limit_is_not_kept)
{
    c.settings.reply_bytes_max = 1000;
    caller_connect(&c);
    kit_server_script(c.server, (struct kit_answer){.body = "x", .body_bytes = 1000});
    kit_server_script(c.server, (struct kit_answer){.body = "x", .body_bytes = 1001});
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    expect_trouble(caller_post(&c, "two\n"), UV_E2BIG, "the answer is larger than 1000 bytes");
    ck_assert_uint_le(c.outcome.body.len, 1000);
}
END_TEST

START_TEST(of_a_refusal_past_the_limit_the_beginning_is_kept)
{
    c.settings.reply_bytes_max = 1000;
    caller_connect(&c);
    kit_server_script(
        c.server,
        (struct kit_answer){.move = KIT_GZIP, .status = 503, .body = "x", .body_bytes = 5 << 20});
    expect_trouble(caller_post(&c, "one\n"), 0, "");
    ck_assert_int_eq(c.outcome.status, 503);
    ck_assert_uint_eq(c.outcome.body.len, 1000);
}
END_TEST

START_TEST(a_refusal_without_end_is_a_refusal)
{
    caller_connect(&c);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_GZIP,
                                                    .status = 503,
                                                    .body = "x",
                                                    .body_bytes = HTTP_REPLY_BYTES_MAX + 1});
    expect_trouble(caller_post(&c, "one\n"), 0, "");
    ck_assert_int_eq(c.outcome.status, 503);
    ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
}
END_TEST

/* A request that wants two members, and keeps 4,000 bytes. */
static const struct outcome *post_choosy(const char *body, size_t body_bytes)
{
    static const char *const keys[] = {"a", "b", NULL};
    struct http_request request;

    if (c.client == NULL)
        caller_connect(&c);
    kit_server_script(
        c.server, (struct kit_answer){.move = KIT_GZIP, .body = body, .body_bytes = body_bytes});
    http_request_init(&request, "POST", "/");
    request.reply_bytes_max = 4000;
    request.reply_keys = keys;
    outcome_fini(&c.outcome);
    caller_send(&c, &request, &c.outcome);
    caller_await(&c, &c.outcome);
    return &c.outcome;
}

START_TEST(of_a_long_answer_the_members_that_are_wanted_are_kept)
{
    char *answer = mem_format("{\"a\":1,%20000s\"c\":\"%020000d\",\"b\":[2]}", " ", 0);

    expect_trouble(post_choosy(answer, 0), 0, "");
    ck_assert(slice_is(buffer_view(&c.outcome.body), "{\"a\":1,\"b\":[2]}"));
    mem_free(answer);
}
END_TEST

START_TEST(a_short_answer_is_kept_as_it_is)
{
    expect_trouble(post_choosy("{\"a\":1, \"c\":3}", 0), 0, "");
    ck_assert(slice_is(buffer_view(&c.outcome.body), "{\"a\":1, \"c\":3}"));
}
END_TEST

START_TEST(an_answer_that_is_long_for_what_is_wanted_alone_is_not_kept)
{
    expect_trouble(post_choosy("1", 1 << 20), UV_E2BIG, "the answer is larger than 4000 bytes");
    expect_trouble(post_choosy("{", HTTP_REPLY_BYTES_MAX + 1), UV_E2BIG,
                   "the answer is larger than 67108864 bytes");
}
END_TEST

START_TEST(a_packed_answer_is_measured_unpacked)
{
    c.settings.reply_bytes_max = 100000;
    caller_connect(&c);
    kit_server_script(c.server,
                      (struct kit_answer){.move = KIT_GZIP, .body = "x", .body_bytes = 5 << 20});
    ck_assert_int_eq(caller_post(&c, "one\n")->error, UV_E2BIG);
}
END_TEST

START_TEST(after_trouble_the_next_call_goes_well)
{
    static const enum kit_move moves[] = {KIT_CLOSE, KIT_RESET, KIT_HALF, KIT_NOISE};

    for (unsigned i = 0; i < ARRAY_LEN(moves); i++) {
        kit_server_script(c.server, (struct kit_answer){.move = moves[i]});
        ck_assert_int_lt(caller_post(&c, "one\n")->error, 0);
        ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
        /* A fresh connection next, so that the request is not sent again. */
        http_client_free(&c.client);
        caller_connect(&c);
    }
}
END_TEST

START_TEST(when_curl_is_lost_all_it_had_fails_and_it_begins_anew)
{
    struct outcome second = {0};

    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    log_level_set(LOG_OFF);
    caller_start(&c, "one\n");
    caller_start_into(&c, "two\n", &second);
    kit_server_await(c.server, c.loop, 2);
    sockets_renew(c.client, CURLM_INTERNAL_ERROR);
    ck_assert_int_eq(c.outcome.error, UV_EIO);
    ck_assert_int_eq(second.error, UV_EIO);
    ck_assert_int_eq(caller_post(&c, "three\n")->status, 200);
    outcome_fini(&second);
}
END_TEST

/* ---- connections that died while idle ---- */

START_TEST(a_connection_that_was_closed_meanwhile_is_not_used)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_LAST});
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
    ck_assert_uint_eq(kit_server_requests(c.server), 2);
    ck_assert_str_eq(kit_server_request(c.server, 1)->body.data, "two\n");
}
END_TEST

START_TEST(a_connection_that_closes_as_it_is_used_again_costs_nothing)
{
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_CLOSE});
    ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
    ck_assert_uint_eq(kit_server_requests(c.server), 3);
    ck_assert_str_eq(kit_server_request(c.server, 2)->body.data, "two\n");
    ck_assert_uint_eq(kit_server_request(c.server, 2)->connection, 1);
    ck_assert(c.outcome.was_resent);
}
END_TEST

START_TEST(a_large_request_is_sent_again_from_its_beginning)
{
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_CLOSE});
    ck_assert_int_eq(caller_post_large(&c, 5 << 20)->status, 200);
    ck_assert_uint_eq(kit_server_request(c.server, 2)->body.len, 5 << 20);
    ck_assert(c.outcome.was_resent);
}
END_TEST

/* More than the kernel takes for a peer that reads nothing: its own 4 MiB, and 32 of the peer's, which
 * a connection has that much went over before. */
#define NEVER_WHOLE_BYTES ((size_t)48 << 20)

/* Nobody can have done what nobody had the whole of. */
START_TEST(what_was_not_sent_whole_was_not_sent_twice)
{
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    ck_assert_int_eq(caller_post_large(&c, NEVER_WHOLE_BYTES)->status, 200);
    ck_assert(!c.outcome.was_resent);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    ck_assert_int_lt(caller_post_large(&c, NEVER_WHOLE_BYTES)->error, 0);
    ck_assert(!c.outcome.was_sent && !c.outcome.was_resent);
}
END_TEST

START_TEST(a_connection_that_is_reset_while_used_again_costs_nothing)
{
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    caller_post_large(&c, 5 << 20);
    ck_assert_str_eq(c.outcome.why, "");
    ck_assert_int_eq(c.outcome.status, 200);
    ck_assert_uint_eq(kit_server_request(c.server, 2)->body.len, 5 << 20);
}
END_TEST

START_TEST(a_call_is_repeated_once_and_never_on_a_new_connection)
{
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    caller_post_large(&c, 5 << 20);
    ck_assert_int_lt(c.outcome.error, 0);
    ck_assert_uint_eq(kit_server_requests(c.server), 3);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SLAM});
    caller_post_large(&c, 5 << 20);
    ck_assert_int_lt(c.outcome.error, 0);
    ck_assert_uint_eq(kit_server_requests(c.server), 4);
}
END_TEST

/* ---- time limits: these wait in truth, for a tenth of a second ---- */

#define SHORT_MS 100
#define AMPLE_MS 2000 /* runs out as well, but not for an answer that comes at once */
#define NEVER_MS 60000

/* curl says nothing of closing them. What stayed of one was in the way of whoever got its number. */
START_TEST(of_connections_that_were_never_made_nothing_stays)
{
    struct full_port full;

    full_port_open(&full, "127.0.0.1", 0);
    c.settings.port = full.port;
    caller_connect(&c);
    caller_limits(&c, SHORT_MS, NEVER_MS, NEVER_MS);
    for (int i = 0; i < 2; i++) {
        expect_trouble(caller_post(&c, "one\n"), UV_ETIMEDOUT,
                       "timed out after 0 seconds (connect timeout)");
        expect_no_connections();
    }
    full_port_close(&full);
}
END_TEST

START_TEST(a_silent_server_runs_into_the_io_limit)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    caller_limits(&c, NEVER_MS, SHORT_MS, NEVER_MS);
    expect_trouble(caller_post(&c, "one\n"), UV_ETIMEDOUT,
                   "timed out after 0 seconds (IO timeout)");
}
END_TEST

START_TEST(a_server_that_does_not_read_runs_into_the_io_limit)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_DEAF});
    caller_limits(&c, NEVER_MS, SHORT_MS, NEVER_MS);
    expect_trouble(caller_post_large(&c, 20 << 20), UV_ETIMEDOUT,
                   "timed out after 0 seconds (IO timeout)");
    ck_assert(!c.outcome.was_sent);
}
END_TEST

START_TEST(a_slow_answer_runs_into_the_response_limit)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    caller_limits(&c, NEVER_MS, NEVER_MS, SHORT_MS);
    expect_trouble(caller_post(&c, "one\n"), UV_ETIMEDOUT, "response timeout reached (0 seconds)");
}
END_TEST

START_TEST(a_call_that_waits_for_a_slot_has_its_whole_time_ahead)
{
    struct outcome second = {0};

    c.settings.connections_max = 1;
    caller_connect(&c);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    caller_limits(&c, NEVER_MS, NEVER_MS, AMPLE_MS);
    caller_start(&c, "one\n");
    caller_start_into(&c, "two\n", &second);
    caller_await(&c, &c.outcome);
    caller_await(&c, &second);
    ck_assert_int_eq(c.outcome.error, UV_ETIMEDOUT);
    ck_assert_int_eq(second.status, 200);
    outcome_fini(&second);
}
END_TEST

static void add_cases(Suite *suite, bool is_by_curl)
{
    TCase *nobody = caller_case(suite, "nobody there", is_by_curl);
    TCase *broken = caller_case(suite, "broken", is_by_curl);
    TCase *limits = caller_case(suite, "limits", is_by_curl);

    tcase_add_checked_fixture(nobody, set_up_apart, tear_down);
    tcase_add_test(nobody, a_closed_port_refuses);
    tcase_add_test(nobody, a_name_that_nobody_knows_fails_in_words);
    tcase_add_test(nobody, a_name_that_cannot_be_asked_for_fails_in_words);
    tcase_add_test(nobody, the_address_that_was_found_is_the_one_that_is_used);
    tcase_add_test(nobody, after_a_connection_failed_the_name_is_asked_for_again);
    tcase_add_test(nobody, an_answer_past_the_limit_is_not_kept);
    tcase_add_test(nobody, of_a_refusal_past_the_limit_the_beginning_is_kept);
    tcase_add_test(nobody, a_refusal_without_end_is_a_refusal);
    tcase_add_test(nobody, of_a_long_answer_the_members_that_are_wanted_are_kept);
    tcase_add_test(nobody, a_short_answer_is_kept_as_it_is);
    tcase_add_test(nobody, an_answer_that_is_long_for_what_is_wanted_alone_is_not_kept);
    tcase_add_test(nobody, a_packed_answer_is_measured_unpacked);
    tcase_add_test(nobody, a_call_that_waits_for_a_slot_has_its_whole_time_ahead);

    tcase_add_checked_fixture(broken, set_up, tear_down);
    tcase_add_test(broken, a_server_that_closes_without_an_answer);
    tcase_add_test(broken, a_server_that_resets_instead_of_an_answer);
    tcase_add_test(broken, half_a_success_is_trouble);
    tcase_add_test(broken, half_a_refusal_is_a_refusal);
    tcase_add_test(broken, an_answer_that_is_no_http);
    tcase_add_test(broken, an_early_refusal_is_heard_although_the_upload_fails);
    tcase_add_test(broken, after_trouble_the_next_call_goes_well);
    if (is_by_curl)
        tcase_add_test(broken, when_curl_is_lost_all_it_had_fails_and_it_begins_anew);
    else /* curl repeats a request by itself at times, and does not say how much of it was sent */
        tcase_add_test(broken, what_was_not_sent_whole_was_not_sent_twice);
    tcase_add_test(broken, a_connection_that_was_closed_meanwhile_is_not_used);
    tcase_add_test(broken, a_connection_that_closes_as_it_is_used_again_costs_nothing);
    tcase_add_test(broken, a_large_request_is_sent_again_from_its_beginning);
    tcase_add_test(broken, a_connection_that_is_reset_while_used_again_costs_nothing);
    tcase_add_test(broken, a_call_is_repeated_once_and_never_on_a_new_connection);

    tcase_add_checked_fixture(limits, set_up, tear_down);
    tcase_add_test(limits, a_silent_server_runs_into_the_io_limit);
    tcase_add_test(nobody, of_connections_that_were_never_made_nothing_stays);
    tcase_add_test(limits, a_server_that_does_not_read_runs_into_the_io_limit);
    tcase_add_test(limits, a_slow_answer_runs_into_the_response_limit);
}

Suite *suite_http_trouble(void)
{
    Suite *suite = suite_create("http/trouble");

    add_cases(suite, false);
    add_cases(suite, true);
    return suite;
}
