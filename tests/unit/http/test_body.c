#include "base/gzip.h"
#include "base/memory.h"
#include "http/http.h"

#include <check.h>

/* Bodies that are compressed, whole or as they are written. */

static struct http_request request;

static void set_up(void)
{
    http_request_init(&request, "POST", "/");
}

static void tear_down(void)
{
    http_request_fini(&request);
}

/* So many bytes of which each says where it stands. */
static void put(size_t bytes, size_t from)
{
    for (size_t i = 0; i < bytes; i++)
        buffer_append_byte(&request.body, (char)('a' + (from + i) % 23));
}

/* The body is gzip of as many bytes, in their order. */
static void expect_packed(size_t bytes)
{
    struct slice packed = buffer_view(&request.body);
    struct gunzip *gunzip = gunzip_new();
    struct buffer whole = {0};
    size_t len;

    ck_assert_uint_eq(request.plain_bytes, bytes);
    ck_assert_int_eq(
        gunzip_step(gunzip, &packed, buffer_reserve(&whole, bytes + 1), bytes + 1, &len), 0);
    ck_assert_uint_eq(packed.len, 0);
    ck_assert_uint_eq(len, bytes);
    ck_assert(gunzip_is_whole(gunzip));
    for (size_t i = 0; i < len; i++)
        ck_assert_int_eq(whole.data[i], (char)('a' + i % 23));
    gunzip_free(&gunzip);
    buffer_fini(&whole);
}

START_TEST(a_body_is_packed_whole)
{
    put(200000, 0);
    http_request_pack(&request);
    ck_assert_uint_lt(request.body.len, 4000);
    expect_packed(200000);
}
END_TEST

START_TEST(what_is_packed_as_it_is_written_is_one_text)
{
    for (size_t i = 0; i < 5; i++) {
        put(HTTP_PACK_STEP_BYTES + i, i * HTTP_PACK_STEP_BYTES + i * (i - 1) / 2);
        http_request_pack_some(&request);
        ck_assert_uint_eq(request.body.len, 0);
        ck_assert_uint_lt(request.body.capacity, 3 * HTTP_PACK_STEP_BYTES);
    }
    put(7, 5 * HTTP_PACK_STEP_BYTES + 10);
    http_request_pack(&request);
    expect_packed(5 * HTTP_PACK_STEP_BYTES + 17);
}
END_TEST

START_TEST(an_empty_body_is_packed_too)
{
    http_request_pack(&request);
    ck_assert_uint_gt(request.body.len, 0);
    expect_packed(0);
}
END_TEST

/* The tear-down frees all of it, as the sanitizer sees. */
START_TEST(a_request_may_go_before_it_is_packed_whole)
{
    put(100, 0);
    http_request_pack_some(&request);
    put(100, 100);
}
END_TEST

Suite *suite_http_body(void);

Suite *suite_http_body(void)
{
    Suite *suite = suite_create("http/body");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_body_is_packed_whole);
    tcase_add_test(tcase, what_is_packed_as_it_is_written_is_one_text);
    tcase_add_test(tcase, an_empty_body_is_packed_too);
    tcase_add_test(tcase, a_request_may_go_before_it_is_packed_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
