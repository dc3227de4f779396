#include "base/gzip.h"
#include "base/memory.h"
#include "http/client_internal.h"

#include <check.h>

/* Bodies with texts in them that are somewhere else. */

static struct http_request request;

static void set_up(void)
{
    http_request_init(&request, "POST", "/");
}

static void tear_down(void)
{
    http_request_fini(&request);
}

static void put(const char *own, const char *inserted)
{
    buffer_append_text(&request.body, own);
    http_request_insert(&request, slice_of(inserted));
}

/* The whole, read in pieces of so many bytes. */
static const char *read_by(size_t room)
{
    static char whole[256];
    struct body_cursor cursor = {0};
    size_t len = 0, bytes;

    while ((bytes = body_read(&request, &cursor, whole + len, room)) > 0)
        len += bytes;
    whole[len] = '\0';
    ck_assert_uint_eq(len, http_request_bytes(&request));
    return whole;
}

/* The whole, as pieces of which so many are asked for and so many bytes are taken. */
static const char *pieces_by(unsigned most, size_t step)
{
    static char whole[256];
    struct body_cursor cursor = {0};
    struct iovec pieces[4];
    size_t len = 0;
    unsigned count;

    while ((count = body_pieces(&request, &cursor, pieces, most)) > 0) {
        size_t taken = 0;

        ck_assert_uint_le(count, most);
        for (unsigned i = 0; i < count && taken < step; i++) {
            size_t bytes = pieces[i].iov_len < step - taken ? pieces[i].iov_len : step - taken;

            ck_assert_uint_gt(bytes, 0);
            memcpy(whole + len, pieces[i].iov_base, bytes);
            taken += bytes;
            len += bytes;
        }
        body_skip(&request, &cursor, taken);
    }
    whole[len] = '\0';
    return whole;
}

static void expect(const char *whole)
{
    for (size_t room = 1; room < 40; room++) {
        ck_assert_str_eq(read_by(room), whole);
        for (unsigned most = 1; most <= 4; most++)
            ck_assert_str_eq(pieces_by(most, room), whole);
    }
    http_request_flatten(&request);
    ck_assert_uint_eq(request.inserts.count, 0);
    ck_assert_str_eq(buffer_text(&request.body), whole);
}

START_TEST(what_is_inserted_stands_where_it_was)
{
    put("{\"a\":1,", "\"pod\":\"x\"");
    put("}\n{\"a\":2,", "\"pod\":\"y\"");
    put("}\n", "");
    expect("{\"a\":1,\"pod\":\"x\"}\n{\"a\":2,\"pod\":\"y\"}\n");
}
END_TEST

START_TEST(several_may_stand_at_one_place_and_at_both_ends)
{
    put("", "one");
    put("", "two");
    put("-", "three");
    put("", "four");
    expect("onetwo-threefour");
}
END_TEST

START_TEST(a_body_without_any_is_its_bytes)
{
    put("all", "");
    expect("all");
}
END_TEST

START_TEST(an_empty_one_is_empty)
{
    expect("");
}
END_TEST

/* What gzip makes of the body, unpacked. */
static struct buffer unpacked(size_t bytes)
{
    struct slice packed = buffer_view(&request.body);
    struct gunzip *gunzip = gunzip_new();
    struct buffer whole = {0};
    size_t len;

    ck_assert_int_eq(gunzip_step(gunzip, &packed, buffer_reserve(&whole, bytes + 1), bytes, &len),
                     0);
    buffer_commit(&whole, len);
    ck_assert_uint_eq(packed.len, 0);
    ck_assert(gunzip_is_whole(gunzip));
    gunzip_free(&gunzip);
    return whole;
}

START_TEST(a_packed_body_has_what_is_inserted)
{
    char *pod = mem_alloc(100000);
    struct buffer whole;

    memset(pod, 'p', 99999);
    pod[99999] = '\0';
    for (unsigned i = 0; i < 3; i++)
        put("{", pod);
    put("}", "");
    http_request_pack(&request);
    ck_assert_uint_eq(request.inserts.count, 0);
    ck_assert_uint_eq(http_request_bytes(&request), request.body.len);
    ck_assert_uint_lt(request.body.len, 2000);
    whole = unpacked(3 * 100000 + 1);
    for (size_t i = 0; i < 3; i++)
        ck_assert(slice_begins(slice_skip(buffer_view(&whole), i * 100000), SLICE("{ppp")));
    ck_assert_uint_eq(whole.len, 3 * 100000 + 1);
    ck_assert_int_eq(whole.data[whole.len - 1], '}');
    buffer_fini(&whole);
    mem_free(pod);
}
END_TEST

START_TEST(an_empty_body_is_packed_too)
{
    struct buffer whole;

    http_request_pack(&request);
    ck_assert_uint_gt(request.body.len, 0);
    whole = unpacked(1);
    ck_assert_uint_eq(whole.len, 0);
    buffer_fini(&whole);
}
END_TEST

Suite *suite_http_body(void);

Suite *suite_http_body(void)
{
    Suite *suite = suite_create("http/body");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_inserted_stands_where_it_was);
    tcase_add_test(tcase, several_may_stand_at_one_place_and_at_both_ends);
    tcase_add_test(tcase, a_body_without_any_is_its_bytes);
    tcase_add_test(tcase, an_empty_one_is_empty);
    tcase_add_test(tcase, a_packed_body_has_what_is_inserted);
    tcase_add_test(tcase, an_empty_body_is_packed_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
