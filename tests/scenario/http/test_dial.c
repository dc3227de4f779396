#include "base/clock.h"
#include "http/client_internal.h"
#include "http/dial.h"
#include "scenario/http/caller.h"
#include "scenario/http/peer.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

/* Hosts of several addresses, and those that nobody can even try. */

static struct caller c;
static struct peer peer;

static void set_up(void)
{
    clock_fake(1000000, 0);
    caller_open(&c);
    peer_open(&peer, c.loop, "127.0.0.1", 0);
    c.settings.port = peer.port;
    c.settings.host = "several.invalid";
}

static void tear_down(void)
{
    peer_close(&peer);
    caller_close(&c);
    clock_real();
}

/* As if the name service had said so just now. */
static void start_to(const char *addresses)
{
    caller_connect(&c);
    buffer_append_text(&c.client->names.addresses, addresses);
    c.client->names.answered_ms = clock_ms();
    caller_start(&c, "one\n");
    ck_assert_uint_eq(c.outcome.count, 0);
}

static void answer(void)
{
    peer_accept(&peer);
    peer_hear_request(&peer);
    peer_say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    caller_await(&c, &c.outcome);
    ck_assert_str_eq(c.outcome.why, "");
    ck_assert_int_eq(c.outcome.status, 200);
    ck_assert_uint_eq(http_client_connections(c.client), 1);
}

static void expect_trouble(int error)
{
    caller_await(&c, &c.outcome);
    ck_assert_int_eq(c.outcome.error, error);
    ck_assert_str_eq(c.outcome.why, uv_strerror(error));
    ck_assert(!peer_has_caller(&peer));
}

START_TEST(where_one_refuses_the_next_is_tried_at_once)
{
    start_to("127.0.0.77,127.0.0.78,127.0.0.1");
    answer();
}
END_TEST

START_TEST(where_all_refuse_that_is_told)
{
    start_to("127.0.0.77,127.0.0.78");
    expect_trouble(UV_ECONNREFUSED);
}
END_TEST

START_TEST(where_one_is_silent_the_next_is_tried_after_a_while)
{
    struct full_port silent;

    full_port_open(&silent, "127.0.0.77", peer.port);
    start_to("127.0.0.77,127.0.0.1");
    clock_advance_ms(DIAL_NEXT_MS - 1);
    for (int i = 0; i < 10; i++)
        ck_assert(!peer_has_caller(&peer));
    clock_advance_ms(1);
    answer();
    full_port_close(&silent);
}
END_TEST

START_TEST(a_silent_one_and_those_that_refuse_are_waited_for_until_the_limit)
{
    struct full_port silent;

    full_port_open(&silent, "127.0.0.77", peer.port);
    start_to("127.0.0.77,127.0.0.78");
    clock_advance_ms(DIAL_NEXT_MS);
    for (int i = 0; i < 10; i++)
        loop_turn(c.loop, false);
    ck_assert_uint_eq(c.outcome.count, 0);
    clock_advance_ms(HTTP_CONNECT_TIMEOUT_S * 1000);
    caller_await(&c, &c.outcome);
    ck_assert_str_eq(c.outcome.why, "timed out after 10 seconds (connect timeout)");
    full_port_close(&silent);
}
END_TEST

START_TEST(what_is_cancelled_is_not_dialled_for_any_more)
{
    struct full_port silent;
    struct http_call *call;

    full_port_open(&silent, "127.0.0.77", 0);
    c.settings.host = "127.0.0.77";
    c.settings.port = silent.port;
    caller_connect(&c);
    call = caller_start(&c, "one\n");
    loop_turn(c.loop, false);
    http_call_cancel(&call);
    loop_run(c.loop); /* returns, as nothing is waited for */
    ck_assert_uint_eq(c.outcome.count, 0);
    full_port_close(&silent);
}
END_TEST

START_TEST(from_an_address_of_the_other_kind_nothing_is_tried)
{
    c.settings.source_address = "::1";
    start_to("127.0.0.1,127.0.0.77");
    expect_trouble(UV_EAFNOSUPPORT);
}
END_TEST

START_TEST(from_an_address_that_is_not_ours_nothing_is_tried)
{
    c.settings.source_address = "192.0.2.1";
    start_to("127.0.0.1");
    expect_trouble(UV_EADDRNOTAVAIL);
}
END_TEST

START_TEST(without_descriptors_that_is_told_from_the_loop)
{
    struct rlimit before, none;
    int next = fcntl(peer.listener, F_DUPFD, 0);

    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    start_to("127.0.0.1");
    caller_await(&c, &c.outcome);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    expect_trouble(UV_EMFILE);
}
END_TEST

Suite *suite_http_dial(void);

Suite *suite_http_dial(void)
{
    Suite *suite = suite_create("http/dial");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, where_one_refuses_the_next_is_tried_at_once);
    tcase_add_test(tcase, where_all_refuse_that_is_told);
    tcase_add_test(tcase, where_one_is_silent_the_next_is_tried_after_a_while);
    tcase_add_test(tcase, a_silent_one_and_those_that_refuse_are_waited_for_until_the_limit);
    tcase_add_test(tcase, what_is_cancelled_is_not_dialled_for_any_more);
    tcase_add_test(tcase, from_an_address_of_the_other_kind_nothing_is_tried);
    tcase_add_test(tcase, from_an_address_that_is_not_ours_nothing_is_tried);
    tcase_add_test(tcase, without_descriptors_that_is_told_from_the_loop);
    suite_add_tcase(suite, tcase);
    return suite;
}
