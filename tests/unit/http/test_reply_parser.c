#include "base/memory.h"
#include "http/reply_parser.h"

#include <check.h>

/* What the parser tells of the bytes, as a text: lines in <>, the head's end as |, the body as it is,
 * and behind it "." for an end, "!" for a refusal, nothing where more is needed. */

static struct buffer told;
static struct reply_parser parser;
static bool is_to_head;

static void forget(void)
{
    buffer_fini(&told);
    reply_parser_fini(&parser);
}

static void tear_down(void)
{
    forget();
    is_to_head = false;
}

/* False: nothing more comes of these bytes. */
static bool tell(struct slice *bytes)
{
    struct slice piece;

    switch (reply_parser_next(&parser, bytes, &piece)) {
    case REPLY_MORE:
        ck_assert_uint_eq(bytes->len, 0);
        return false;
    case REPLY_LINE:
        buffer_append_format(&told, "<%.*s>", SLICE_ARG(piece));
        return true;
    case REPLY_HEAD:
        buffer_append_text(&told, "|");
        return true;
    case REPLY_BODY:
        ck_assert_uint_gt(piece.len, 0);
        buffer_append(&told, piece);
        return true;
    case REPLY_END:
        buffer_append_text(&told, ".");
        return false;
    default:
        buffer_append_text(&told, "!");
        ck_assert_ptr_nonnull(parser.why);
        return false;
    }
}

/* In pieces of so many bytes; what stands behind the end is left over. */
static const char *read_by(struct slice bytes, size_t step)
{
    forget();
    reply_parser_init(&parser, is_to_head);
    while (bytes.len > 0) {
        struct slice piece = slice_make(bytes.data, bytes.len < step ? bytes.len : step);
        size_t before = piece.len;

        while (tell(&piece))
            continue;
        if (parser.state == REPLY_AT_END || parser.state == REPLY_REFUSED)
            break;
        bytes = slice_skip(bytes, before);
    }
    return buffer_text(&told);
}

/* The same comes out however the bytes are parted. */
static void expect_of(struct slice bytes, const char *wanted)
{
    for (size_t step = 1; step <= bytes.len; step++)
        ck_assert_str_eq(read_by(bytes, step), wanted);
}

static void expect(const char *bytes, const char *wanted)
{
    expect_of(slice_of(bytes), wanted);
}

/* ---- whole answers ---- */

START_TEST(an_answer_with_a_length)
{
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
           "<HTTP/1.1 200 OK><Content-Length: 5>|hello.");
    ck_assert_int_eq(parser.status, 200);
    ck_assert(parser.is_kept);
}
END_TEST

START_TEST(what_stands_behind_the_end_is_left)
{
    struct slice bytes = SLICE("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500");

    reply_parser_init(&parser, false);
    while (tell(&bytes))
        continue;
    ck_assert_str_eq(buffer_text(&told), "<HTTP/1.1 200><Content-Length: 2>|ok.");
    ck_assert(slice_is(bytes, "HTTP/1.1 500"));
    ck_assert(!tell(&bytes));
    ck_assert(slice_is(bytes, "HTTP/1.1 500"));
}
END_TEST

START_TEST(an_answer_without_a_body)
{
    expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
           "<HTTP/1.1 200 OK><Content-Length: 0>|.");
    expect("HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n",
           "<HTTP/1.1 204 No><Content-Length: 9>|.");
    expect("HTTP/1.1 304 No\r\n\r\n", "<HTTP/1.1 304 No>|.");
    is_to_head = true;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
           "<HTTP/1.1 200 OK><Content-Length: 9>|.");
    ck_assert(parser.is_kept);
}
END_TEST

START_TEST(a_body_that_ends_with_the_connection)
{
    expect("HTTP/1.1 200 OK\r\n\r\nall of it", "<HTTP/1.1 200 OK>|all of it");
    ck_assert(reply_parser_close(&parser));
    ck_assert(!parser.is_kept);
}
END_TEST

START_TEST(what_is_no_answer_yet_is_passed_over)
{
    expect("HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n"
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.",
           "<HTTP/1.1 200 OK><Content-Length: 1>|..");
}
END_TEST

START_TEST(an_answer_that_is_cut_short_is_not_whole)
{
    static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        read_by(slice_make(whole, len), sizeof whole);
        ck_assert(!reply_parser_close(&parser));
    }
    read_by(slice_make(whole, sizeof whole - 1), sizeof whole);
    ck_assert(reply_parser_close(&parser));
}
END_TEST

/* ---- chunks ---- */

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_TOLD "<HTTP/1.1 200 OK><Transfer-Encoding: chunked>|"

START_TEST(chunks_are_put_together)
{
    expect(CHUNKED "5\r\nhello\r\n00B\r\n, old world\r\n0\r\n\r\n",
           CHUNKED_TOLD "hello, old world.");
    ck_assert(parser.is_kept);
    expect(CHUNKED "5;a=b; c=\"d\"\r\nhello\r\n0 ;x\r\nTrailer: x\r\nContent-Length: 7\r\n\r\n",
           CHUNKED_TOLD "hello.");
}
END_TEST

START_TEST(chunks_that_are_cut_short_are_not_whole)
{
    static const char whole[] = CHUNKED "5\r\nhello\r\n0\r\nX: y\r\n\r\n";

    for (size_t len = sizeof CHUNKED - 1; len < sizeof whole - 1; len++) {
        read_by(slice_make(whole, len), sizeof whole);
        ck_assert(!reply_parser_close(&parser));
    }
}
END_TEST

START_TEST(chunks_that_two_would_read_differently_are_refused)
{
    static const char *const broken[] = {
        "\r\n",
        "x\r\n",
        "-5\r\n",
        "+5\r\n",
        "0x5\r\n",
        " 5\r\n",
        "5 5\r\n",
        "5\n",
        "5\r\rn\r\n",
        ";a\r\n",
        "8000000000000000\r\n",
        "00000000000000005\r\n",
        "fffffffffffffffff\r\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        char *bytes = mem_format(CHUNKED "%s", broken[i]);

        expect(bytes, CHUNKED_TOLD "!");
        mem_free(bytes);
    }
    expect(CHUNKED "2\r\nabc\r\n", CHUNKED_TOLD "ab!");
    expect(CHUNKED "2\r\nab\n", CHUNKED_TOLD "ab!");
    expect(CHUNKED "2\r\nab\r\r\n", CHUNKED_TOLD "ab!");
    expect(CHUNKED "0\r\nX: y\n\n", CHUNKED_TOLD "!");
}
END_TEST

/* A line of so many bytes with its end, as of a chunk's size. */
static void expect_size_line(size_t bytes, bool is_taken)
{
    char *line = mem_format(CHUNKED "1;%0*d\r\n", (int)(bytes - 4), 0);

    read_by(slice_of(line), 1000);
    ck_assert_int_eq(parser.state, is_taken ? REPLY_IN_CHUNK : REPLY_REFUSED);
    mem_free(line);
}

START_TEST(the_line_of_a_chunk_has_a_limit)
{
    expect_size_line(CHUNK_LINE_BYTES_MAX, true);
    expect_size_line(CHUNK_LINE_BYTES_MAX + 1, false);
}
END_TEST

/* ---- heads ---- */

START_TEST(a_line_may_end_in_a_line_feed_alone)
{
    expect("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "<HTTP/1.1 200 OK><Content-Length: 2>|ok.");
}
END_TEST

START_TEST(what_is_no_status_line_is_refused_at_once)
{
    static const char *const lines[] = {
        "220 mail.example ESMTP\r\n",
        "SSH-2.0-x",
        "http/1.1 200 OK\r\n",
        "HTTP/2 200\r\n",
        "HTTP/1.1  200\r\n",
        "HTTP/1.1 2x0\r\n",
        "HTTP/1.1 20\r\n",
        "HTTP/1.1 2000\r\n",
        "HTTP/1.1 099 x\r\n",
        "HTTP/1.1 101 Switch\r\n",
        "HTTP/1.12 200 OK\r\n",
        "\r\nHTTP/1.1 200 OK\r\n",
        " HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 a\rb\r\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        expect(lines[i], "!");
        ck_assert_str_eq(parser.why, "the answer is not HTTP");
    }
}
END_TEST

START_TEST(bytes_that_no_head_has_are_refused)
{
    expect_of(SLICE("HTTP/1.1 200 \0\r\n"), "!");
    expect_of(SLICE("HTTP/1.1 200 OK\r\nA: \0\r\n"), "<HTTP/1.1 200 OK>!");
    expect("HTTP/1.1 200 OK\r\nA: b\rContent-Length: 5\r\n\r\n", "<HTTP/1.1 200 OK>!");
}
END_TEST

START_TEST(a_second_status_in_one_head_is_refused)
{
    expect("HTTP/1.1 200 OK\r\nHTTP/1.1 100 x\r\nContent-Length: 0\r\n\r\n", "<HTTP/1.1 200 OK>!");
    expect("HTTP/1.1 200 OK\r\nA: b\r\nHTTP/x: y\r\n\r\n", "<HTTP/1.1 200 OK><A: b>!");
    expect("HTTP/1.1 100 OK\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "!");
    ck_assert_str_eq(parser.why, "the answer is not HTTP");
}
END_TEST

START_TEST(a_line_that_goes_on_is_passed_over_but_not_where_it_matters)
{
    expect("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\td\r\nContent-Length: 0\r\n\r\n",
           "<HTTP/1.1 200 OK><A: b><Content-Length: 0>|.");
    expect("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n",
           "<HTTP/1.1 200 OK><Content-Length: 1>!");
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n , x\r\n\r\n",
           "<HTTP/1.1 200 OK><Transfer-Encoding: chunked>!");
    expect("HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\n", "<HTTP/1.1 200 OK>!");
    expect("HTTP/1.1 100 x\r\n Content-Length: 2\r\n\r\n", "!");
}
END_TEST

/* So many bytes, its empty line included, in fields of one letter. */
static void expect_head(size_t bytes, enum reply_state state)
{
    struct buffer head = {0};

    buffer_append_text(&head, "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 204 x\r\n");
    while (head.len + 6 + 2 <= bytes - 6)
        buffer_append_text(&head, "a: b\r\n");
    buffer_append_format(&head, "%0*d\r\n\r\n", (int)(bytes - head.len - 4), 0);
    ck_assert_uint_eq(head.len, bytes);
    read_by(buffer_view(&head), 4096);
    ck_assert_int_eq(parser.state, state);
    buffer_fini(&head);
}

START_TEST(a_head_has_a_limit_with_all_that_came_before_it)
{
    expect_head(REPLY_HEAD_BYTES_MAX, REPLY_AT_END);
    expect_head(REPLY_HEAD_BYTES_MAX + 1, REPLY_REFUSED);
}
END_TEST

START_TEST(a_line_without_end_is_not_kept_without_end)
{
    struct slice piece =
        SLICE("HTTP/1.1 200 a very long reason, and more of it, and more, and more");

    reply_parser_init(&parser, false);
    for (size_t i = 0; i < REPLY_HEAD_BYTES_MAX / 8 && parser.state != REPLY_REFUSED; i++) {
        struct slice bytes = i == 0 ? piece : SLICE("more of it, and more");

        while (tell(&bytes))
            continue;
    }
    ck_assert_int_eq(parser.state, REPLY_REFUSED);
    ck_assert_uint_le(parser.line.len, REPLY_HEAD_BYTES_MAX);
}
END_TEST

/* ---- how long ---- */

/* What becomes of a head with these fields: how it goes on. */
static enum reply_state state_after(const char *fields)
{
    char *bytes = mem_format("HTTP/1.1 200 OK\r\n%s\r\n", fields);

    read_by(slice_of(bytes), 7);
    mem_free(bytes);
    return parser.state;
}

START_TEST(lengths_that_are_none_are_refused)
{
    static const char *const lengths[] = {
        "",
        " ",
        "-1",
        "+1",
        "1x",
        "x",
        "1 2",
        "0x10",
        "1.0",
        "1,2",
        "1,",
        ",1",
        "1,x",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999999",
    };

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char *field = mem_format("Content-Length: %s\r\n", lengths[i]);

        ck_assert_msg(state_after(field) == REPLY_REFUSED, "'%s'", lengths[i]);
        mem_free(field);
    }
    ck_assert_int_eq(state_after("Content-Length : 5\r\n"), REPLY_REFUSED);
    ck_assert_int_eq(state_after("Content-Length\r\n"), REPLY_REFUSED);
}
END_TEST

START_TEST(a_length_may_be_said_twice_but_not_otherwise)
{
    ck_assert_int_eq(state_after("Content-Length: 5\r\ncontent-length: 05 \r\n"), REPLY_IN_LENGTH);
    ck_assert_uint_eq(parser.left, 5);
    ck_assert_int_eq(state_after("Content-Length: 5, 5\r\n"), REPLY_IN_LENGTH);
    ck_assert_int_eq(state_after("Content-Length: 5\r\nContent-Length: 6\r\n"), REPLY_REFUSED);
}
END_TEST

START_TEST(the_longest_length_is_a_length)
{
    ck_assert_int_eq(state_after("Content-Length: 922337203685477580\r\n"), REPLY_IN_LENGTH);
    ck_assert_uint_eq(parser.left, UINT64_C(922337203685477580));
}
END_TEST

START_TEST(with_chunks_a_length_does_not_count_and_the_connection_is_not_kept)
{
    ck_assert_int_eq(state_after("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                     REPLY_AT_SIZE);
    ck_assert(!parser.is_kept);
    ck_assert_int_eq(state_after("Transfer-Encoding: Chunked\r\n"), REPLY_AT_SIZE);
    ck_assert(parser.is_kept);
}
END_TEST

START_TEST(codings_of_the_transfer_that_nobody_asked_for_are_refused)
{
    ck_assert_int_eq(state_after("Transfer-Encoding: gzip, chunked\r\n"), REPLY_REFUSED);
    ck_assert_int_eq(state_after("Transfer-Encoding: chunked, chunked\r\n"), REPLY_REFUSED);
    ck_assert_int_eq(state_after("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                     REPLY_REFUSED);
    ck_assert_int_eq(state_after("Transfer-Encoding: xchunked\r\n"), REPLY_REFUSED);
    ck_assert_int_eq(state_after("Transfer-Encoding : chunked\r\n"), REPLY_REFUSED);
    ck_assert_int_eq(state_after("Transfer-Encoding: identity\r\nContent-Length: 3\r\n"),
                     REPLY_IN_LENGTH);
}
END_TEST

/* ---- the connection ---- */

static bool is_kept_after(const char *version, const char *fields)
{
    char *bytes = mem_format("HTTP/%s 200 OK\r\nContent-Length: 0\r\n%s\r\n", version, fields);

    read_by(slice_of(bytes), 11);
    mem_free(bytes);
    ck_assert_int_eq(parser.state, REPLY_AT_END);
    return parser.is_kept;
}

START_TEST(a_connection_is_kept_unless_it_is_said_otherwise)
{
    ck_assert(is_kept_after("1.1", ""));
    ck_assert(!is_kept_after("1.1", "Connection: close\r\n"));
    ck_assert(!is_kept_after("1.1", "connection: x, Close\r\n"));
    ck_assert(!is_kept_after("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    ck_assert(!is_kept_after("1.0", ""));
    ck_assert(is_kept_after("1.0", "Connection: Keep-Alive\r\n"));
}
END_TEST

START_TEST(chunks_of_an_older_server_end_the_connection)
{
    read_by(SLICE("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "0\r\n\r\n"),
            1000);
    ck_assert_int_eq(parser.state, REPLY_AT_END);
    ck_assert(!parser.is_kept);
}
END_TEST

/* ---- how it is coded ---- */

static enum reply_coding coding_of(const char *coding)
{
    char *field = mem_format("Content-Encoding: %s\r\n", coding);

    state_after(field);
    mem_free(field);
    return parser.framing.coding;
}

START_TEST(codings_of_the_content_are_told_apart)
{
    ck_assert_int_eq(coding_of("gzip"), REPLY_GZIP);
    ck_assert_int_eq(coding_of("X-GZIP"), REPLY_GZIP);
    ck_assert_int_eq(coding_of("identity"), REPLY_PLAIN);
    ck_assert_int_eq(coding_of(""), REPLY_PLAIN);
    ck_assert_int_eq(coding_of("br"), REPLY_CODED_OTHERWISE);
    ck_assert_int_eq(coding_of("gzip, gzip"), REPLY_CODED_OTHERWISE);
}
END_TEST

Suite *suite_http_reply_parser(void);

Suite *suite_http_reply_parser(void)
{
    Suite *suite = suite_create("http/reply_parser");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, an_answer_with_a_length);
    tcase_add_test(tcase, what_stands_behind_the_end_is_left);
    tcase_add_test(tcase, an_answer_without_a_body);
    tcase_add_test(tcase, a_body_that_ends_with_the_connection);
    tcase_add_test(tcase, what_is_no_answer_yet_is_passed_over);
    tcase_add_test(tcase, an_answer_that_is_cut_short_is_not_whole);
    tcase_add_test(tcase, chunks_are_put_together);
    tcase_add_test(tcase, chunks_that_are_cut_short_are_not_whole);
    tcase_add_test(tcase, chunks_that_two_would_read_differently_are_refused);
    tcase_add_test(tcase, the_line_of_a_chunk_has_a_limit);
    tcase_add_test(tcase, a_line_may_end_in_a_line_feed_alone);
    tcase_add_test(tcase, what_is_no_status_line_is_refused_at_once);
    tcase_add_test(tcase, bytes_that_no_head_has_are_refused);
    tcase_add_test(tcase, a_second_status_in_one_head_is_refused);
    tcase_add_test(tcase, a_line_that_goes_on_is_passed_over_but_not_where_it_matters);
    tcase_add_test(tcase, a_head_has_a_limit_with_all_that_came_before_it);
    tcase_add_test(tcase, a_line_without_end_is_not_kept_without_end);
    tcase_add_test(tcase, lengths_that_are_none_are_refused);
    tcase_add_test(tcase, a_length_may_be_said_twice_but_not_otherwise);
    tcase_add_test(tcase, the_longest_length_is_a_length);
    tcase_add_test(tcase, with_chunks_a_length_does_not_count_and_the_connection_is_not_kept);
    tcase_add_test(tcase, codings_of_the_transfer_that_nobody_asked_for_are_refused);
    tcase_add_test(tcase, a_connection_is_kept_unless_it_is_said_otherwise);
    tcase_add_test(tcase, chunks_of_an_older_server_end_the_connection);
    tcase_add_test(tcase, codings_of_the_content_are_told_apart);
    suite_add_tcase(suite, tcase);
    return suite;
}
