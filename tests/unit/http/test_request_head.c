#include "http/request_head.h"

#include <check.h>

static struct http_request request;
static struct buffer head;

static void begin(const char *method, const char *path)
{
    http_request_fini(&request);
    http_request_init(&request, method, path);
}

static void set_up(void)
{
    begin("POST", "/_bulk");
}

static void tear_down(void)
{
    http_request_fini(&request);
    buffer_fini(&head);
}

static void expect_at(const char *host, uint16_t port, const char *wanted)
{
    buffer_clear(&head);
    request_head(&request, host, port, &head);
    ck_assert_str_eq(buffer_text(&head), wanted);
}

static void expect(const char *wanted)
{
    expect_at("es", 9200, wanted);
}

START_TEST(what_every_request_says_is_added)
{
    buffer_append_text(&request.body, "12345678");
    expect("POST /_bulk HTTP/1.1\r\nHost: es:9200\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"
           "Content-Length: 8\r\n\r\n");
}
END_TEST

START_TEST(a_usual_port_is_not_said_and_an_address_stands_in_brackets)
{
    begin("GET", "/");
    expect_at("es", 80,
              "GET / HTTP/1.1\r\nHost: es\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n");
    expect_at("2001:db8::1", 9200,
              "GET / HTTP/1.1\r\nHost: [2001:db8::1]:9200\r\nAccept: */*\r\n"
              "Accept-Encoding: gzip\r\n\r\n");
}
END_TEST

START_TEST(what_the_request_says_of_its_own_comes_instead)
{
    begin("GET", "/");
    http_request_header(&request, "host", SLICE("other"));
    http_request_header(&request, "Accept", SLICE("text/plain"));
    http_request_header(&request, "ACCEPT-ENCODING", SLICE("identity"));
    http_request_header(&request, "X-Empty", SLICE(""));
    expect("GET / HTTP/1.1\r\nhost: other\r\nAccept: text/plain\r\nACCEPT-ENCODING: identity\r\n"
           "X-Empty:\r\n\r\n");
}
END_TEST

START_TEST(nobody_else_says_how_long_the_body_is)
{
    http_request_header(&request, "Content-Length", SLICE("5"));
    http_request_header(&request, "transfer-encoding", SLICE("chunked"));
    http_request_header(&request, "Expect", SLICE("100-continue"));
    expect("POST /_bulk HTTP/1.1\r\nHost: es:9200\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"
           "Content-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_name_that_is_none_is_left_out)
{
    begin("GET", "/");
    http_request_header(&request, "", SLICE("x"));
    expect("GET / HTTP/1.1\r\nHost: es:9200\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n");
}
END_TEST

/* The request line of a GET with this path. */
static struct slice line_of(const char *path)
{
    struct slice rest, line;

    begin("GET", path);
    buffer_clear(&head);
    request_head(&request, "es", 80, &head);
    rest = buffer_view(&head);
    ck_assert(slice_next(&rest, '\r', &line));
    return line;
}

/* Nothing of a token is left where the head was before it grew. */
START_TEST(a_head_has_all_its_room_at_once)
{
    char token[2001] = "";

    memset(token, 't', sizeof token - 1);
    begin("POST", "/\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
    http_request_header(&request, "X-Amz-Security-Token", slice_of(token));
    for (int i = 0; i < 100; i++)
        http_request_header(&request, "A", slice_of("b"));
    request_head(&request, "a.host.of.aws", 65535, &head);
    ck_assert_uint_eq(head.capacity, 2 * request.head.len + 3 * request.path.len +
                                         strlen("a.host.of.aws") + REQUEST_HEAD_ROOM);
}
END_TEST

START_TEST(a_path_cannot_end_its_line)
{
    ck_assert(slice_is(line_of("/a?b=c%20&d=\xc3\xa4"), "GET /a?b=c%20&d=\xc3\xa4 HTTP/1.1"));
    ck_assert(slice_is(line_of("/a b\r\nX: y\x7f"), "GET /a%20b%0D%0AX:%20y%7F HTTP/1.1"));
    ck_assert(slice_is(line_of("/a#b"), "GET /a HTTP/1.1"));
    ck_assert(slice_is(line_of(""), "GET / HTTP/1.1"));
    ck_assert(slice_is(line_of("?a"), "GET /?a HTTP/1.1"));
}
END_TEST

Suite *suite_http_request_head(void);

Suite *suite_http_request_head(void)
{
    Suite *suite = suite_create("http/request_head");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_every_request_says_is_added);
    tcase_add_test(tcase, a_usual_port_is_not_said_and_an_address_stands_in_brackets);
    tcase_add_test(tcase, what_the_request_says_of_its_own_comes_instead);
    tcase_add_test(tcase, nobody_else_says_how_long_the_body_is);
    tcase_add_test(tcase, a_name_that_is_none_is_left_out);
    tcase_add_test(tcase, a_path_cannot_end_its_line);
    tcase_add_test(tcase, a_head_has_all_its_room_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
