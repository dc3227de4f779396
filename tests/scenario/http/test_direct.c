#include "base/clock.h"
#include "base/memory.h"
#include "http/direct.h"
#include "kit/patience.h"
#include "scenario/http/caller.h"
#include "scenario/http/peer.h"

#include <poll.h>
#include <uv.h>

/* Both ends of a connection in step: what is said when, and what the client makes of it. */

#define OK "HTTP/1.1 200 OK\r\n"
#define OK_SHORT OK "Content-Length: 2\r\n\r\n{}"

static struct caller c;
static struct peer peer;

static void set_up_apart(void)
{
    caller_open(&c);
    peer_open(&peer, c.loop, "127.0.0.1", 0);
    c.settings.port = peer.port;
}

static void set_up(void)
{
    set_up_apart();
    caller_connect(&c);
}

static void tear_down(void)
{
    peer_close(&peer);
    caller_close(&c);
    clock_real();
}

/* Our request is there, on a new connection; or on the one before. */
static void ask_anew(const char *body)
{
    caller_start(&c, body);
    peer_accept(&peer);
    peer_hear_request(&peer);
}

static void ask(const char *body)
{
    caller_start(&c, body);
    buffer_clear(&peer.heard);
    peer_hear_request(&peer);
}

static void expect_answer(int status, const char *body)
{
    caller_await(&c, &c.outcome);
    ck_assert_str_eq(c.outcome.why, "");
    ck_assert_int_eq(c.outcome.error, 0);
    ck_assert_int_eq(c.outcome.status, status);
    ck_assert_str_eq(buffer_text(&c.outcome.body), body);
}

static void expect_trouble(int error, const char *why)
{
    caller_await(&c, &c.outcome);
    ck_assert_str_eq(c.outcome.why, why);
    ck_assert_int_eq(c.outcome.error, error);
}

static void expect_kept(unsigned count)
{
    if (c.client->direct != NULL)
        ck_assert_uint_eq(c.client->direct->kept_count, count);
}

/* ---- answers ---- */

START_TEST(an_answer_may_come_byte_by_byte)
{
    static const char answer[] =
        "HTTP/1.1 100 Continue\r\n\r\n" OK "Transfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x\r\nde\r\n0\r\nX: y\r\n\r\n";

    ask_anew("one\n");
    for (size_t i = 0; i < sizeof answer - 1; i++) {
        ck_assert_uint_eq(c.outcome.count, 0);
        peer_say_bytes(&peer, slice_make(answer + i, 1));
        loop_turn(c.loop, true);
    }
    expect_answer(200, "abcde");
    ask("two\n");
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
}
END_TEST

START_TEST(an_answer_may_end_with_the_connection)
{
    ask_anew("one\n");
    peer_say(&peer, "HTTP/1.0 200 OK\r\n\r\nall of it");
    peer_leave(&peer);
    expect_answer(200, "all of it");
    expect_kept(0);
}
END_TEST

START_TEST(to_head_nobody_answers_with_a_body)
{
    struct http_request request;

    for (int i = 0; i < 2; i++) {
        outcome_fini(&c.outcome);
        http_request_init(&request, "HEAD", "/");
        caller_send(&c, &request, &c.outcome);
        if (i == 0)
            peer_accept(&peer);
        buffer_clear(&peer.heard);
        peer_hear_request(&peer);
        peer_say(&peer, OK "Content-Length: 500\r\n\r\n");
        expect_answer(200, "");
    }
}
END_TEST

START_TEST(what_closes_says_so_and_is_not_used_again)
{
    ask_anew("one\n");
    peer_say(&peer, OK "Connection: close\r\nContent-Length: 2\r\n\r\n{}");
    expect_answer(200, "{}");
    peer_hear_end(&peer);
    ask_anew("two\n");
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
    ck_assert_uint_eq(http_client_connections(c.client), 2);
}
END_TEST

START_TEST(a_refusal_that_is_never_whole_is_one_at_the_time_limit)
{
    struct http_call *call;

    clock_fake(1000000, 0);
    call = caller_start(&c, "one\n");
    peer_accept(&peer);
    peer_hear_request(&peer);
    peer_say(&peer, "HTTP/1.1 413 Too Large\r\nContent-Length: 100\r\n\r\n");
    while (http_call_reply(call)->status == 0)
        loop_turn(c.loop, true);
    clock_advance_ms(HTTP_IO_TIMEOUT_S * 1000);
    expect_answer(413, "");
}
END_TEST

/* ---- answers that are cut short, or none ---- */

static void expect_cut(const char *what, const char *why)
{
    ask_anew("one\n");
    peer_say(&peer, what);
    peer_leave(&peer);
    expect_trouble(UV_EOF, why);
    expect_kept(0);
}

START_TEST(half_a_head)
{
    expect_cut("HTTP/1.1 2", "the answer ended early");
    expect_cut(OK "Content-Le", "the answer ended early");
    expect_cut("HTTP/1.1 100 Continue\r\n\r\n", "the answer ended early");
}
END_TEST

START_TEST(half_a_body)
{
    expect_cut(OK "Content-Length: 3\r\n\r\n{}", "the answer ended early");
    expect_cut(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nab", "the answer ended early");
    expect_cut(OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "the answer ended early");
    expect_cut(OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "the answer ended early");
}
END_TEST

START_TEST(a_reset_in_the_middle_of_a_body)
{
    ask_anew("one\n");
    peer_say(&peer, OK "Content-Length: 3\r\n\r\n{");
    loop_turn(c.loop, true);
    peer_reset(&peer);
    expect_trouble(UV_ECONNRESET, "connection reset by peer");
}
END_TEST

START_TEST(an_answer_with_two_lengths_is_none)
{
    ask_anew("one\n");
    peer_say(&peer, OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ");
    expect_trouble(UV_EPROTO, "the answer does not say how long it is");
    ask_anew("two\n");
    peer_say(&peer, OK "Transfer-Encoding: chunked\r\n\r\nx\r\n");
    expect_trouble(UV_EPROTO, "the chunks of the answer are broken");
}
END_TEST

START_TEST(a_success_that_says_another_status_is_none)
{
    ask_anew("one\n");
    peer_say(&peer, OK "HTTP/1.1 100 x\r\nContent-Length: 0\r\n\r\n");
    expect_trouble(UV_EPROTO, "the answer is not HTTP");
    ck_assert_int_eq(c.outcome.status, 200);
}
END_TEST

START_TEST(a_refusal_counts_however_it_goes_on)
{
    static const char *const rests[] = {
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        "Transfer-Encoding: chunked\r\n\r\nx\r\n",
        "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        "A: \r b\r\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
        ask_anew("one\n");
        peer_say(&peer, "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n");
        peer_say(&peer, rests[i]);
        expect_answer(429, "");
        ck_assert_uint_eq(c.outcome.retry_after_ms, 7000);
        expect_kept(0);
    }
}
END_TEST

START_TEST(a_success_coded_in_a_way_that_nobody_asked_for_is_trouble)
{
    ask_anew("one\n");
    peer_say(&peer, OK "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}");
    expect_trouble(UV_EPROTO, "the answer is coded in a way that nobody asked for");
    ask_anew("two\n");
    peer_say(&peer, OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
    expect_trouble(UV_EPROTO, "the answer is not the gzip that it says it is");
}
END_TEST

START_TEST(half_a_gzip_in_a_whole_body_is_cut_short)
{
    struct buffer packed = {0};

    ck_assert_int_eq(gzip_compress(SLICE("{\"took\":3}"), &packed), 0);
    ask_anew("one\n");
    peer_say(&peer, OK "Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n");
    peer_say_bytes(&peer, slice_make(packed.data, 12));
    expect_trouble(UV_EOF, "the answer ended early");
    buffer_fini(&packed);
}
END_TEST

/* ---- a connection that is used again ---- */

/* One request and its answer; the connection is kept. */
static void begin_well(void)
{
    ask_anew("one\n");
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
    expect_kept(1);
}

/* The next request comes on a new connection, and gets its own answer. */
static void expect_anew(void)
{
    ask_anew("two\n");
    peer_say(&peer, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n");
    expect_answer(201, "");
}

/* What was said has come to the idle connection. */
static void await_at_idle(void)
{
    struct tcp *idle = CONTAINER_OF(c.client->direct->kept.next, struct tcp, link);
    struct pollfd one = {.fd = idle->fd, .events = POLLIN};

    ck_assert_int_eq(poll(&one, 1, PATIENCE_S * 1000), 1);
}

START_TEST(bytes_on_an_idle_connection_are_nobodys_answer)
{
    begin_well();
    peer_say(&peer, OK_SHORT);
    await_at_idle();
    expect_anew();
}
END_TEST

START_TEST(an_idle_connection_that_was_closed_is_not_used_again)
{
    begin_well();
    peer_leave(&peer);
    await_at_idle();
    expect_anew();
}
END_TEST

START_TEST(bytes_behind_an_answer_are_nobodys_answer)
{
    ask_anew("one\n");
    peer_say(&peer, OK_SHORT OK_SHORT);
    expect_answer(200, "{}");
    expect_anew();
}
END_TEST

START_TEST(what_was_idle_for_too_long_is_not_used_again)
{
    clock_fake(1000000, 0);
    begin_well();
    clock_advance_ms(HTTP_KEEPALIVE_IDLE_S * 1000);
    ask("two\n");
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
    clock_advance_ms(HTTP_KEEPALIVE_IDLE_S * 1000 + 1);
    expect_anew();
}
END_TEST

START_TEST(a_connection_has_an_end_however_much_it_is_used)
{
    clock_fake(1000000, 0);
    begin_well();
    for (int passed_s = 25; passed_s <= CONNECTION_LIFE_S; passed_s += 25) {
        clock_advance_ms(25 * 1000);
        ask("again\n");
        peer_say(&peer, OK_SHORT);
        expect_answer(200, "{}");
    }
    clock_advance_ms(1);
    expect_anew();
}
END_TEST

START_TEST(what_was_closed_before_a_byte_is_asked_again_on_a_new_connection)
{
    begin_well();
    ask("two\n");
    peer_leave(&peer);
    peer_accept(&peer);
    peer_hear_request(&peer);
    ck_assert(slice_ends(buffer_view(&peer.heard), SLICE("\r\n\r\ntwo\n")));
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
    ck_assert_uint_eq(http_client_connections(c.client), 2);
}
END_TEST

START_TEST(what_was_closed_after_a_byte_is_not_asked_again)
{
    begin_well();
    ask("two\n");
    peer_say(&peer, "H");
    loop_turn(c.loop, true);
    peer_leave(&peer);
    expect_trouble(UV_EOF, "the answer ended early");
    ck_assert(!peer_has_caller(&peer));
}
END_TEST

static bool was_resent;

static void on_done(void *owner, struct http_call *call, int error, const char *why)
{
    (void)why;
    ck_assert_int_eq(error, 0);
    was_resent = http_call_was_resent(call);
    *(unsigned *)owner += 1;
}

START_TEST(who_asked_hears_that_it_was_asked_twice)
{
    struct http_request request;
    unsigned count = 0;

    begin_well();
    http_request_init(&request, "POST", "/");
    http_call_start(c.client, &request, on_done, &count);
    buffer_clear(&peer.heard);
    peer_hear_request(&peer);
    peer_reset(&peer);
    peer_accept(&peer);
    peer_hear_request(&peer);
    peer_say(&peer, OK_SHORT);
    while (count == 0)
        loop_turn(c.loop, true);
    ck_assert(was_resent);
}
END_TEST

START_TEST(no_more_than_so_many_are_kept)
{
    struct outcome outcomes[KEPT_MAX + 3] = {0};

    c.settings.port = kit_server_port(c.server);
    caller_connect(&c);
    for (unsigned i = 0; i < ARRAY_LEN(outcomes); i++) {
        kit_server_script(c.server, (struct kit_answer){.move = KIT_HOLD});
        caller_start_into(&c, "one\n", &outcomes[i]);
    }
    kit_server_await(c.server, c.loop, ARRAY_LEN(outcomes));
    for (unsigned i = 0; i < ARRAY_LEN(outcomes); i++)
        kit_server_release(c.server);
    for (unsigned i = 0; i < ARRAY_LEN(outcomes); i++) {
        caller_await(&c, &outcomes[i]);
        outcome_fini(&outcomes[i]);
    }
    expect_kept(KEPT_MAX);
}
END_TEST

/* ---- while the request goes out ---- */

#define LARGE_BYTES ((size_t)8 << 20)

/* A request of which the kernel takes only a part, begun. */
static void ask_much(void)
{
    struct http_request request;

    outcome_fini(&c.outcome);
    http_request_init(&request, "POST", "/_bulk");
    memset(buffer_reserve(&request.body, LARGE_BYTES), 'x', LARGE_BYTES);
    buffer_commit(&request.body, LARGE_BYTES);
    caller_send(&c, &request, &c.outcome);
    peer_accept(&peer);
    peer_hear(&peer, 1);
}

START_TEST(a_refusal_before_the_request_is_whole_ends_it_and_the_connection)
{
    ask_much();
    peer_say(&peer, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}");
    expect_answer(413, "{}");
    expect_kept(0);
    ck_assert_uint_lt(peer.heard.len, LARGE_BYTES);
}
END_TEST

START_TEST(a_success_before_the_request_is_whole_waits_for_the_rest)
{
    ask_much();
    peer_say(&peer, OK_SHORT);
    for (int i = 0; i < 100; i++)
        loop_turn(c.loop, false);
    ck_assert_uint_eq(c.outcome.count, 0);
    peer_hear_request(&peer);
    expect_answer(200, "{}");
    ask("two\n");
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
}
END_TEST

START_TEST(a_success_of_which_the_request_was_never_whole_is_trouble)
{
    ask_much();
    peer_say(&peer, OK_SHORT);
    loop_turn(c.loop, true);
    peer_reset(&peer);
    caller_await(&c, &c.outcome);
    ck_assert_int_lt(c.outcome.error, 0);
}
END_TEST

START_TEST(what_is_said_right_before_a_reset_is_heard)
{
    ask_much();
    peer_say(&peer, "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}");
    peer_reset(&peer);
    expect_answer(401, "{}");
}
END_TEST

/* Where a byte of a body stands says what it is. */
static char byte_at(size_t at)
{
    return (char)('a' + at % 23);
}

static bool is_as_it_was(struct slice body)
{
    for (size_t i = 0; i < body.len; i++)
        if (body.data[i] != byte_at(i))
            return false;
    return true;
}

START_TEST(a_body_that_goes_out_bit_by_bit_arrives_as_it_was)
{
    struct http_request request;
    size_t whole;

    http_request_init(&request, "POST", "/");
    while (request.body.len < LARGE_BYTES)
        buffer_append_byte(&request.body, byte_at(request.body.len));
    whole = request.body.len;
    caller_send(&c, &request, &c.outcome);
    peer_accept(&peer);
    peer_hear_request(&peer);
    ck_assert(is_as_it_was(slice_skip(buffer_view(&peer.heard), peer.heard.len - whole)));
    peer_say(&peer, OK_SHORT);
    expect_answer(200, "{}");
}
END_TEST

START_TEST(a_call_is_cancelled_while_its_request_goes_out)
{
    struct http_call *call;
    struct http_request request;

    http_request_init(&request, "POST", "/");
    memset(buffer_reserve(&request.body, LARGE_BYTES), 'x', LARGE_BYTES);
    buffer_commit(&request.body, LARGE_BYTES);
    call = caller_send(&c, &request, &c.outcome);
    peer_accept(&peer);
    peer_hear(&peer, 1);
    http_call_cancel(&call);
    peer_hear_end(&peer);
    ck_assert_uint_lt(peer.heard.len, LARGE_BYTES);
    ck_assert_uint_eq(c.outcome.count, 0);
    expect_kept(0);
}
END_TEST

static void add_cases(Suite *suite, bool is_by_curl)
{
    TCase *answers = caller_case(suite, "answers", is_by_curl);
    TCase *sending = caller_case(suite, "sending", is_by_curl);

    tcase_add_checked_fixture(answers, set_up, tear_down);
    tcase_add_test(answers, an_answer_may_come_byte_by_byte);
    tcase_add_test(answers, an_answer_may_end_with_the_connection);
    tcase_add_test(answers, to_head_nobody_answers_with_a_body);
    tcase_add_test(answers, what_closes_says_so_and_is_not_used_again);
    tcase_add_test(answers, a_refusal_that_is_never_whole_is_one_at_the_time_limit);
    tcase_add_test(answers, a_reset_in_the_middle_of_a_body);
    tcase_add_test(answers, bytes_behind_an_answer_are_nobodys_answer);
    tcase_add_test(answers, what_was_closed_before_a_byte_is_asked_again_on_a_new_connection);

    tcase_add_checked_fixture(sending, set_up, tear_down);
    tcase_add_test(sending, a_refusal_before_the_request_is_whole_ends_it_and_the_connection);
    tcase_add_test(sending, a_success_before_the_request_is_whole_waits_for_the_rest);
    tcase_add_test(sending, a_success_of_which_the_request_was_never_whole_is_trouble);
    tcase_add_test(sending, a_body_that_goes_out_bit_by_bit_arrives_as_it_was);
    tcase_add_test(sending, a_call_is_cancelled_while_its_request_goes_out);
}

/* Where curl has other words, or reads more into an answer. */
static void add_own_cases(Suite *suite)
{
    TCase *own = caller_case(suite, "our own", false);
    TCase *apart = caller_case(suite, "settings", false);

    tcase_add_checked_fixture(own, set_up, tear_down);
    tcase_add_test(own, half_a_head);
    tcase_add_test(own, half_a_body);
    tcase_add_test(own, an_answer_with_two_lengths_is_none);
    tcase_add_test(own, a_success_that_says_another_status_is_none);
    tcase_add_test(own, a_refusal_counts_however_it_goes_on);
    tcase_add_test(own, a_success_coded_in_a_way_that_nobody_asked_for_is_trouble);
    tcase_add_test(own, half_a_gzip_in_a_whole_body_is_cut_short);
    tcase_add_test(own, bytes_on_an_idle_connection_are_nobodys_answer);
    tcase_add_test(own, an_idle_connection_that_was_closed_is_not_used_again);
    tcase_add_test(own, what_was_idle_for_too_long_is_not_used_again);
    tcase_add_test(own, a_connection_has_an_end_however_much_it_is_used);
    tcase_add_test(own, what_was_closed_after_a_byte_is_not_asked_again);
    tcase_add_test(own, who_asked_hears_that_it_was_asked_twice);
    tcase_add_test(own, what_is_said_right_before_a_reset_is_heard);

    tcase_add_checked_fixture(apart, set_up_apart, tear_down);
    tcase_add_test(apart, no_more_than_so_many_are_kept);
}

Suite *suite_http_direct(void);

Suite *suite_http_direct(void)
{
    Suite *suite = suite_create("http/direct");

    add_cases(suite, false);
    add_cases(suite, true);
    add_own_cases(suite);
    return suite;
}
