#include "scenario/http/caller.h"

#include "kit/stops.h"

#include <check.h>

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

START_TEST(a_call_is_cancelled_before_it_was_sent)
{
    struct http_call *call = caller_start(&c, "one\n");

    http_call_cancel(&call);
    ck_assert_ptr_null(call);
    ck_assert_uint_eq(http_client_calls(c.client), 0);
    loop_run(c.loop);
    ck_assert_uint_eq(c.outcome.count, 0);
}
END_TEST

START_TEST(a_call_is_cancelled_while_its_answer_is_awaited)
{
    struct http_call *call;

    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    call = caller_start(&c, "one\n");
    kit_server_await(c.server, c.loop, 1);
    http_call_cancel(&call);
    loop_run(c.loop);
    ck_assert_uint_eq(c.outcome.count, 0);
    ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
}
END_TEST

START_TEST(a_call_is_cancelled_while_its_address_is_asked_for)
{
    struct http_call *call;

    c.settings.host = "localhost";
    caller_connect(&c);
    call = caller_start(&c, "one\n");
    http_call_cancel(&call);
    http_client_free(&c.client);
    loop_run(c.loop);
    ck_assert_uint_eq(c.outcome.count, 0);
    ck_assert_uint_eq(kit_server_connections(c.server), 0);
}
END_TEST

START_TEST(a_call_is_cancelled_while_it_waits_for_a_slot)
{
    struct outcome second = {0};
    struct http_call *call;

    c.settings.connections_max = 1;
    caller_connect(&c);
    caller_start(&c, "one\n");
    call = caller_start_into(&c, "two\n", &second);
    http_call_cancel(&call);
    caller_await(&c, &c.outcome);
    loop_run(c.loop);
    ck_assert_uint_eq(second.count, 0);
    ck_assert_uint_eq(kit_server_requests(c.server), 1);
}
END_TEST

START_TEST(a_cancelled_call_frees_its_slot)
{
    struct outcome second = {0};
    struct http_call *call;

    c.settings.connections_max = 1;
    caller_connect(&c);
    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    call = caller_start(&c, "one\n");
    caller_start_into(&c, "two\n", &second);
    kit_server_await(c.server, c.loop, 1);
    http_call_cancel(&call);
    caller_await(&c, &second);
    ck_assert_int_eq(second.status, 200);
    outcome_fini(&second);
}
END_TEST

struct pair {
    struct http_call *other;
    unsigned count;
};

static void on_done_cancel_other(void *owner, struct http_call *call, int error, const char *why)
{
    struct pair *pair = owner;

    (void)call;
    (void)error;
    (void)why;
    pair->count++;
    http_call_cancel(&pair->other);
}

START_TEST(an_owner_may_cancel_another_call_while_it_is_told)
{
    struct pair pair = {0};
    struct http_request request;

    kit_server_script(c.server, (struct kit_answer){.move = KIT_SILENT});
    pair.other = caller_start(&c, "one\n");
    kit_server_await(c.server, c.loop, 1);
    http_request_init(&request, "GET", "/");
    http_call_start(c.client, &request, on_done_cancel_other, &pair);
    while (pair.count == 0)
        loop_turn(c.loop, true);
    loop_run(c.loop);
    ck_assert_uint_eq(c.outcome.count, 0);
    ck_assert_uint_eq(http_client_calls(c.client), 0);
}
END_TEST

static void on_done_start_next(void *owner, struct http_call *call, int error, const char *why)
{
    struct http_request request;

    (void)call;
    (void)error;
    (void)why;
    http_request_init(&request, "GET", "/next");
    caller_send(&c, &request, owner);
}

START_TEST(an_owner_may_start_a_call_while_it_is_told)
{
    struct http_request request;
    struct outcome next = {0};

    http_request_init(&request, "GET", "/");
    http_call_start(c.client, &request, on_done_start_next, &next);
    caller_await(&c, &next);
    ck_assert_int_eq(next.status, 200);
    ck_assert_str_eq(kit_server_request(c.server, 1)->path, "/next");
    outcome_fini(&next);
}
END_TEST

START_TEST(a_client_with_a_call_is_not_freed)
{
    caller_start(&c, "one\n");
    http_client_free(&c.client);
}
END_TEST

static void add_cases(Suite *suite, bool is_by_curl)
{
    TCase *tuned = caller_case(suite, "settings", is_by_curl);
    TCase *cancelling = caller_case(suite, "cancelling", is_by_curl);

    tcase_add_checked_fixture(tuned, set_up_apart, tear_down);
    tcase_add_test(tuned, a_call_is_cancelled_while_its_address_is_asked_for);
    tcase_add_test(tuned, a_call_is_cancelled_while_it_waits_for_a_slot);
    tcase_add_test(tuned, a_cancelled_call_frees_its_slot);

    tcase_add_checked_fixture(cancelling, set_up, tear_down);
    tcase_add_test(cancelling, a_call_is_cancelled_before_it_was_sent);
    tcase_add_test(cancelling, a_call_is_cancelled_while_its_answer_is_awaited);
    tcase_add_test(cancelling, an_owner_may_cancel_another_call_while_it_is_told);
    tcase_add_test(cancelling, an_owner_may_start_a_call_while_it_is_told);
}

Suite *suite_http_cancel(void)
{
    Suite *suite = suite_create("http/cancel");
    TCase *stops = stops_create();

    add_cases(suite, false);
    add_cases(suite, true);
    tcase_add_checked_fixture(stops, set_up, tear_down);
    stops_add(stops, a_client_with_a_call_is_not_freed);
    suite_add_tcase(suite, stops);
    return suite;
}
