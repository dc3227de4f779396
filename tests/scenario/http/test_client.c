#include "base/memory.h"
#include "scenario/http/caller.h"

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

/* ---- requests ---- */

START_TEST(a_request_arrives_as_it_was_built)
{
    struct http_request request;
    struct outcome outcome = {0};
    const struct kit_request *came;

    http_request_init(&request, "POST", "/_bulk?pipeline=a%20b&filter_path=errors,items.*");
    http_request_header(&request, "Content-Type", SLICE("application/x-ndjson"));
    http_request_header(&request, "X-Empty", SLICE(" "));
    buffer_append_text(&request.body, "one\ntwo\n");
    caller_send(&c, &request, &outcome);
    ck_assert_uint_eq(outcome.count, 0);
    ck_assert_uint_eq(request.body.len, 0);
    caller_await(&c, &outcome);

    ck_assert_int_eq(outcome.error, 0);
    ck_assert_int_eq(outcome.status, 200);
    came = kit_server_request(c.server, 0);
    ck_assert_str_eq(came->method, "POST");
    ck_assert_str_eq(came->path, "/_bulk?pipeline=a%20b&filter_path=errors,items.*");
    ck_assert_str_eq(came->body.data, "one\ntwo\n");
    ck_assert_str_eq(kit_request_header(came, "Content-Type"), "application/x-ndjson");
    ck_assert_str_eq(kit_request_header(came, "X-Empty"), "");
    ck_assert_str_eq(kit_request_header(came, "Accept-Encoding"), "gzip");
    outcome_fini(&outcome);
}
END_TEST

START_TEST(no_header_is_added_that_matters)
{
    caller_post_large(&c, 3 << 20);
    ck_assert_ptr_null(kit_request_header(kit_server_request(c.server, 0), "Expect"));
    ck_assert_ptr_null(kit_request_header(kit_server_request(c.server, 0), "Content-Type"));
    ck_assert_ptr_null(kit_request_header(kit_server_request(c.server, 0), "Transfer-Encoding"));
}
END_TEST

START_TEST(a_line_end_in_a_header_makes_no_second_header)
{
    struct http_request request;
    struct outcome outcome = {0};

    http_request_init(&request, "POST", "/");
    http_request_header(&request, "X-Name", SLICE("a\r\nX-Other: b"));
    caller_send(&c, &request, &outcome);
    caller_await(&c, &outcome);
    ck_assert_str_eq(kit_request_header(kit_server_request(c.server, 0), "X-Name"),
                     "a  X-Other: b");
    ck_assert_ptr_null(kit_request_header(kit_server_request(c.server, 0), "X-Other"));
    outcome_fini(&outcome);
}
END_TEST

START_TEST(every_method_goes_as_it_is)
{
    static const struct {
        const char *method;
        const char *body;
    } requests[] = {{"POST", "a"},  {"GET", ""},  {"PUT", ""},  {"HEAD", ""},
                    {"DELETE", ""}, {"PUT", "b"}, {"POST", ""}, {"GET", "c"}};

    for (unsigned i = 0; i < ARRAY_LEN(requests); i++) {
        struct http_request request;
        struct outcome outcome = {0};
        const struct kit_request *came;

        /* A server's answer to HEAD has no body. */
        kit_server_script(c.server, (struct kit_answer){.body = ""});
        http_request_init(&request, requests[i].method, "/");
        buffer_append_text(&request.body, requests[i].body);
        caller_send(&c, &request, &outcome);
        caller_await(&c, &outcome);
        ck_assert_int_eq(outcome.status, 200);
        came = kit_server_request(c.server, i);
        ck_assert_str_eq(came->method, requests[i].method);
        ck_assert_str_eq(came->body.data, requests[i].body);
        outcome_fini(&outcome);
    }
    ck_assert_uint_eq(http_client_connections(c.client), 1);
}
END_TEST

START_TEST(a_put_without_a_body_says_so)
{
    struct http_request request;
    struct outcome outcome = {0};

    http_request_init(&request, "PUT", "/latest/api/token");
    caller_send(&c, &request, &outcome);
    caller_await(&c, &outcome);
    ck_assert_str_eq(kit_request_header(kit_server_request(c.server, 0), "Content-Length"), "0");
    outcome_fini(&outcome);
}
END_TEST

START_TEST(a_large_body_arrives_whole)
{
    const struct kit_request *came;

    ck_assert_int_eq(caller_post_large(&c, 20 << 20)->status, 200);
    came = kit_server_request(c.server, 0);
    ck_assert_uint_eq(came->body.len, 20 << 20);
    ck_assert_uint_eq(strspn(came->body.data, "x"), 20 << 20);
}
END_TEST

START_TEST(a_body_of_megabytes_arrives_as_it_was)
{
    struct http_request request;
    struct outcome outcome = {0};
    char *text = mem_alloc(100000);

    memset(text, 'x', 100000);
    http_request_init(&request, "POST", "/");
    for (int i = 0; i < 50; i++) {
        buffer_append_text(&request.body, "one\n");
        buffer_append(&request.body, slice_make(text, 100000));
    }
    caller_send(&c, &request, &outcome);
    caller_await(&c, &outcome);
    ck_assert_int_eq(outcome.status, 200);
    ck_assert_uint_eq(kit_server_request(c.server, 0)->body.len, 50 * 100004);
    for (int i = 0; i < 50; i++) {
        const char *at = kit_server_request(c.server, 0)->body.data + i * 100004;

        ck_assert(memcmp(at, "one\nx", 5) == 0 && at[100003] == 'x');
    }
    outcome_fini(&outcome);
    mem_free(text);
}
END_TEST

/* ---- replies ---- */

START_TEST(an_answer_is_told_with_what_it_says)
{
    const struct outcome *outcome;

    kit_server_script(c.server,
                      (struct kit_answer){.status = 429,
                                          .headers = "Retry-After: 7\r\n"
                                                     "X-elastic-product: Elasticsearch\r\n"
                                                     "Content-Type: application/json\r\n",
                                          .body = "{\"errors\":true}"});
    outcome = caller_post(&c, "one\n");
    ck_assert_int_eq(outcome->error, 0);
    ck_assert_int_eq(outcome->status, 429);
    ck_assert_uint_eq(outcome->retry_after_ms, 7000);
    ck_assert(outcome->is_elasticsearch);
    ck_assert_str_eq(outcome->content_type, "application/json");
    ck_assert(slice_is(buffer_view(&outcome->body), "{\"errors\":true}"));
}
END_TEST

START_TEST(nothing_of_an_answer_stays_for_the_next)
{
    const struct outcome *outcome;

    kit_server_script(c.server,
                      (struct kit_answer){.status = 503, .headers = "Retry-After: 7\r\n"});
    caller_post(&c, "one\n");
    outcome = caller_post(&c, "two\n");
    ck_assert_int_eq(outcome->status, 200);
    ck_assert_uint_eq(outcome->retry_after_ms, 0);
    ck_assert(slice_is(buffer_view(&outcome->body), "{}"));
}
END_TEST

START_TEST(an_answer_in_chunks_is_put_together)
{
    kit_server_script(
        c.server,
        (struct kit_answer){.move = KIT_CHUNKED, .body = "0123456789", .body_bytes = 12345});
    ck_assert_uint_eq(caller_post(&c, "one\n")->body.len, 12345);
}
END_TEST

START_TEST(an_answer_in_gzip_is_unpacked)
{
    kit_server_script(c.server, (struct kit_answer){.move = KIT_GZIP, .body = "{\"took\":3}"});
    ck_assert(slice_is(buffer_view(&caller_post(&c, "one\n")->body), "{\"took\":3}"));
}
END_TEST

START_TEST(an_answer_may_be_as_large_as_the_limit)
{
    kit_server_script(c.server, (struct kit_answer){.body = "x", .body_bytes = 20 << 20});
    ck_assert_uint_eq(caller_post(&c, "one\n")->body.len, 20 << 20);
}
END_TEST

START_TEST(a_redirect_is_an_answer_and_is_not_followed)
{
    kit_server_script(c.server,
                      (struct kit_answer){.status = 302, .headers = "Location: /elsewhere\r\n"});
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 302);
    ck_assert_uint_eq(kit_server_requests(c.server), 1);
}
END_TEST

/* ---- connections ---- */

START_TEST(a_connection_is_used_again)
{
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    ck_assert_uint_eq(http_client_connections(c.client), 1);
    ck_assert_uint_eq(kit_server_connections(c.server), 1);
}
END_TEST

START_TEST(an_idle_client_wakes_nobody)
{
    caller_post(&c, "one\n");
    loop_turn(c.loop, false);
    /* Returns at once, having nothing to wait for; with anything active it would not. */
    loop_run(c.loop);
    ck_assert_uint_eq(http_client_calls(c.client), 0);
}
END_TEST

START_TEST(without_keepalive_each_request_has_its_connection)
{
    c.settings.keepalive = false;
    caller_connect(&c);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    ck_assert_uint_eq(kit_server_connections(c.server), 3);
    ck_assert_uint_eq(http_client_connections(c.client), 3);
}
END_TEST

START_TEST(a_connection_is_retired_after_its_measure_of_requests)
{
    c.settings.keepalive_max_recycle = 3;
    caller_connect(&c);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    ck_assert_uint_eq(kit_server_connections(c.server), 3);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(kit_server_request(c.server, i)->connection, i / 3);
}
END_TEST

START_TEST(calls_at_once_have_a_connection_each)
{
    struct outcome outcomes[3] = {0};

    for (unsigned i = 0; i < 3; i++) {
        kit_server_script(c.server, (struct kit_answer){.move = KIT_HOLD});
        caller_start_into(&c, "one\n", &outcomes[i]);
    }
    ck_assert_uint_eq(http_client_calls(c.client), 3);
    kit_server_await(c.server, c.loop, 3);
    ck_assert_uint_eq(kit_server_connections(c.server), 3);
    for (unsigned i = 0; i < 3; i++)
        kit_server_release(c.server);
    for (unsigned i = 0; i < 3; i++) {
        caller_await(&c, &outcomes[i]);
        ck_assert_int_eq(outcomes[i].status, 200);
        outcome_fini(&outcomes[i]);
    }
    ck_assert_uint_eq(http_client_calls(c.client), 0);
}
END_TEST

START_TEST(past_the_limit_of_connections_calls_wait_in_order)
{
    struct outcome outcomes[4] = {0};
    static const char *const bodies[] = {"0", "1", "2", "3"};

    c.settings.connections_max = 1;
    caller_connect(&c);
    for (unsigned i = 0; i < 4; i++)
        caller_start_into(&c, bodies[i], &outcomes[i]);
    ck_assert_uint_eq(http_client_calls(c.client), 4);
    for (unsigned i = 0; i < 4; i++)
        caller_await(&c, &outcomes[i]);
    ck_assert_uint_eq(kit_server_connections(c.server), 1);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_str_eq(kit_server_request(c.server, i)->body.data, bodies[i]);
        outcome_fini(&outcomes[i]);
    }
}
END_TEST

START_TEST(a_source_address_is_connected_from)
{
    c.settings.source_address = "127.0.0.2";
    caller_connect(&c);
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
}
END_TEST

START_TEST(a_name_is_resolved)
{
    c.settings.host = "localhost";
    c.settings.prefer_ipv4 = true;
    caller_connect(&c);
    ck_assert_int_eq(caller_post(&c, "one\n")->status, 200);
    ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
    ck_assert_uint_eq(kit_server_connections(c.server), 1);
    ck_assert_int_eq(
        strncmp(kit_request_header(kit_server_request(c.server, 0), "Host"), "localhost:", 10), 0);
}
END_TEST

static void add_cases(Suite *suite, bool is_by_curl)
{
    TCase *requests = caller_case(suite, "requests", is_by_curl);
    TCase *replies = caller_case(suite, "replies", is_by_curl);
    TCase *connections = caller_case(suite, "connections", is_by_curl);
    TCase *tuned = caller_case(suite, "settings", is_by_curl);

    tcase_add_checked_fixture(requests, set_up, tear_down);
    tcase_add_test(requests, a_request_arrives_as_it_was_built);
    tcase_add_test(requests, no_header_is_added_that_matters);
    tcase_add_test(requests, a_line_end_in_a_header_makes_no_second_header);
    tcase_add_test(requests, every_method_goes_as_it_is);
    tcase_add_test(requests, a_put_without_a_body_says_so);
    tcase_add_test(requests, a_large_body_arrives_whole);
    tcase_add_test(requests, a_body_of_megabytes_arrives_as_it_was);

    tcase_add_checked_fixture(replies, set_up, tear_down);
    tcase_add_test(replies, an_answer_is_told_with_what_it_says);
    tcase_add_test(replies, nothing_of_an_answer_stays_for_the_next);
    tcase_add_test(replies, an_answer_in_chunks_is_put_together);
    tcase_add_test(replies, an_answer_in_gzip_is_unpacked);
    tcase_add_test(replies, an_answer_may_be_as_large_as_the_limit);
    tcase_add_test(replies, a_redirect_is_an_answer_and_is_not_followed);

    tcase_add_checked_fixture(connections, set_up, tear_down);
    tcase_add_test(connections, a_connection_is_used_again);
    tcase_add_test(connections, an_idle_client_wakes_nobody);
    tcase_add_test(connections, calls_at_once_have_a_connection_each);

    tcase_add_checked_fixture(tuned, set_up_apart, tear_down);
    tcase_add_test(tuned, without_keepalive_each_request_has_its_connection);
    tcase_add_test(tuned, a_connection_is_retired_after_its_measure_of_requests);
    tcase_add_test(tuned, past_the_limit_of_connections_calls_wait_in_order);
    tcase_add_test(tuned, a_source_address_is_connected_from);
    tcase_add_test(tuned, a_name_is_resolved);
}

Suite *suite_http_client(void)
{
    Suite *suite = suite_create("http/client");

    add_cases(suite, false);
    add_cases(suite, true);
    return suite;
}
