#include "scenario/http/caller.h"

#include <check.h>
#include <uv.h>

/* Answers whose body is handed on as it comes. */

static struct caller c;

/* What came of the body. */
static struct {
    struct buffer bytes;
    unsigned heads, pieces;
    size_t enough_bytes; /* break off there; 0: never */
} came;

static void set_up(void)
{
    caller_open(&c);
    c.settings.reply_bytes_max = 1000;
    caller_connect(&c);
}

static void tear_down(void)
{
    caller_close(&c);
    buffer_fini(&came.bytes);
    memset(&came, 0, sizeof came);
}

static bool on_body(void *owner, struct http_call *call, struct slice bytes)
{
    ck_assert_ptr_eq(owner, &c.outcome);
    ck_assert_int_ge(http_call_reply(call)->status, 200);
    if (bytes.len == 0)
        came.heads++;
    else
        came.pieces++;
    buffer_append(&came.bytes, bytes);
    return came.enough_bytes == 0 || came.bytes.len < came.enough_bytes;
}

static const struct outcome *get(void)
{
    struct http_request request;
    struct http_call *call;

    outcome_fini(&c.outcome);
    http_request_init(&request, "GET", "/api/v1/pods?watch=1");
    call = caller_send(&c, &request, &c.outcome);
    http_call_stream(call, on_body);
    caller_await(&c, &c.outcome);
    return &c.outcome;
}

START_TEST(a_body_comes_piece_by_piece_and_is_not_kept)
{
    kit_server_script(c.server, (struct kit_answer){.body = "0123456789", .body_bytes = 1 << 20});
    ck_assert_int_eq(get()->status, 200);
    ck_assert_int_eq(c.outcome.error, 0);
    ck_assert_uint_eq(c.outcome.body.len, 0);
    ck_assert_uint_eq(came.bytes.len, 1 << 20);
    ck_assert_uint_eq(came.heads, 1);
    ck_assert_uint_gt(came.pieces, 1);
}
END_TEST

START_TEST(chunks_and_packed_bodies_are_unpacked_on_the_way)
{
    kit_server_script(
        c.server,
        (struct kit_answer){.move = KIT_CHUNKED, .body = "0123456789", .body_bytes = 12345});
    kit_server_script(c.server, (struct kit_answer){.move = KIT_GZIP, .body = "{\"took\":3}"});
    get();
    ck_assert_uint_eq(came.bytes.len, 12345);
    get();
    ck_assert(slice_ends(buffer_view(&came.bytes), SLICE("{\"took\":3}")));
    ck_assert_uint_eq(came.heads, 2);
}
END_TEST

START_TEST(the_head_is_told_before_there_is_a_body)
{
    kit_server_script(c.server, (struct kit_answer){.body = ""});
    ck_assert_int_eq(get()->status, 200);
    ck_assert_uint_eq(came.heads, 1);
    ck_assert_uint_eq(came.pieces, 0);
}
END_TEST

START_TEST(what_is_no_success_is_kept_as_usual)
{
    kit_server_script(c.server, (struct kit_answer){.status = 410, .body = "{\"code\":410}"});
    ck_assert_int_eq(get()->status, 410);
    ck_assert(slice_is(buffer_view(&c.outcome.body), "{\"code\":410}"));
    ck_assert_uint_eq(came.heads + came.pieces, 0);
}
END_TEST

START_TEST(a_body_that_ends_early_is_trouble_after_its_pieces)
{
    kit_server_script(
        c.server, (struct kit_answer){.move = KIT_HALF, .body = "0123456789", .body_bytes = 2000});
    get();
    ck_assert_int_eq(c.outcome.error, UV_EOF);
    ck_assert_uint_eq(came.bytes.len, 1000);
}
END_TEST

START_TEST(an_owner_that_has_enough_breaks_it_off)
{
    came.enough_bytes = 5000;
    kit_server_script(c.server, (struct kit_answer){.body = "x", .body_bytes = 8 << 20});
    get();
    ck_assert_int_eq(c.outcome.error, UV_ECANCELED);
    ck_assert_str_eq(c.outcome.why, "broken off");
    ck_assert_uint_lt(came.bytes.len, 1 << 20);
    came.bytes.len = 0;
    ck_assert_int_eq(get()->status, 200);
}
END_TEST

START_TEST(a_head_alone_may_be_enough)
{
    came.enough_bytes = 1;
    kit_server_script(c.server, (struct kit_answer){.body = "{}"});
    get();
    ck_assert_int_eq(c.outcome.error, UV_ECANCELED);
    ck_assert_uint_eq(came.heads, 1);
}
END_TEST

static void add_cases(Suite *suite, bool is_by_curl)
{
    TCase *tcase = caller_case(suite, "http_stream", is_by_curl);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_body_comes_piece_by_piece_and_is_not_kept);
    tcase_add_test(tcase, chunks_and_packed_bodies_are_unpacked_on_the_way);
    tcase_add_test(tcase, the_head_is_told_before_there_is_a_body);
    tcase_add_test(tcase, what_is_no_success_is_kept_as_usual);
    tcase_add_test(tcase, a_body_that_ends_early_is_trouble_after_its_pieces);
    tcase_add_test(tcase, an_owner_that_has_enough_breaks_it_off);
    tcase_add_test(tcase, a_head_alone_may_be_enough);
}

Suite *suite_http_stream(void)
{
    Suite *suite = suite_create("http_stream");

    add_cases(suite, false);
    add_cases(suite, true);
    return suite;
}
