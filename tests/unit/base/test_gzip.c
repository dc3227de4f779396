#include "base/gzip.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct buffer packed, plain;

static void set_up(void)
{
    buffer_init(&packed, 0);
    buffer_init(&plain, 0);
}

static void tear_down(void)
{
    buffer_fini(&packed);
    buffer_fini(&plain);
}

/* Unpacks all of it, `step` bytes in and `room` bytes out at a time. */
static int unpack(struct gunzip *gunzip, struct slice bytes, size_t step, size_t room)
{
    while (bytes.len > 0) {
        struct slice part = slice_make(bytes.data, bytes.len < step ? bytes.len : step);
        size_t written;

        bytes = slice_skip(bytes, part.len);
        do {
            int rc = gunzip_step(gunzip, &part, buffer_reserve(&plain, room), room, &written);

            buffer_commit(&plain, written);
            if (rc < 0)
                return rc;
        } while (part.len > 0 || written == room);
    }
    return 0;
}

static void expect_round_trip(struct slice text, size_t step, size_t room)
{
    struct gunzip *gunzip = gunzip_new();

    buffer_clear(&plain);
    buffer_clear(&packed);
    ck_assert_int_eq(gzip_compress(text, &packed), 0);
    ck_assert_int_eq(unpack(gunzip, buffer_view(&packed), step, room), 0);
    ck_assert(gunzip_is_whole(gunzip));
    ck_assert(slice_equal(buffer_view(&plain), text));
    gunzip_free(&gunzip);
}

static struct buffer random_bytes(size_t count)
{
    struct buffer bytes = {0};

    srandom(7);
    for (size_t i = 0; i < count; i++)
        buffer_append_byte(&bytes, (char)random());
    return bytes;
}

START_TEST(what_was_packed_comes_back)
{
    struct buffer text = {0};

    for (unsigned i = 0; i < 20000; i++)
        buffer_append_format(&text, "{\"log\":\"request %u took %u ms\"}\n", i, i * 7919 % 1000);
    expect_round_trip(buffer_view(&text), 4096, 65536);
    ck_assert_uint_lt(packed.len, text.len / 4);
    buffer_fini(&text);
}
END_TEST

static void expect_pieces_come_back(struct slice text, size_t piece_bytes)
{
    struct gzip_packer *packer;
    struct gunzip *gunzip = gunzip_new();

    buffer_clear(&plain);
    buffer_clear(&packed);
    buffer_append_text(&packed, "before");
    packer = gzip_packer_new(&packed);
    for (struct slice rest = text; rest.len > 0;) {
        struct slice piece = slice_make(rest.data, rest.len < piece_bytes ? rest.len : piece_bytes);

        gzip_packer_add(packer, piece);
        rest = slice_skip(rest, piece.len);
    }
    gzip_packer_end(&packer);
    ck_assert_ptr_null(packer);
    ck_assert_int_eq(unpack(gunzip, slice_skip(buffer_view(&packed), 6), 4096, 65536), 0);
    ck_assert(gunzip_is_whole(gunzip));
    ck_assert(slice_equal(buffer_view(&plain), text));
    gunzip_free(&gunzip);
}

START_TEST(a_text_that_comes_in_pieces_is_one_member)
{
    struct buffer noise = random_bytes(300001);
    struct buffer text = {0};

    for (unsigned i = 0; i < 20000; i++)
        buffer_append_format(&text, "{\"log\":\"request %u took %u ms\"}\n", i, i * 7919 % 1000);
    expect_pieces_come_back(buffer_view(&text), 7);
    expect_pieces_come_back(buffer_view(&text), 65536);
    ck_assert_uint_lt(packed.len, text.len / 4);
    expect_pieces_come_back(buffer_view(&noise), 1000);
    expect_pieces_come_back(buffer_view(&noise), 300001);
    expect_pieces_come_back(SLICE(""), 1);
    buffer_fini(&noise);
    buffer_fini(&text);
}
END_TEST

START_TEST(nothing_is_packed_too)
{
    expect_round_trip(SLICE(""), 4096, 4096);
    ck_assert_uint_gt(packed.len, 0);
}
END_TEST

START_TEST(bytes_that_do_not_compress_fit)
{
    struct buffer noise = random_bytes(3000001);

    expect_round_trip(buffer_view(&noise), 65536, 65536);
    ck_assert_uint_lt(packed.len, noise.len + noise.len / 1024 + 1024);
    buffer_fini(&noise);
}
END_TEST

START_TEST(it_goes_behind_what_the_buffer_holds)
{
    buffer_append_text(&packed, "before");
    ck_assert_int_eq(gzip_compress(SLICE("text"), &packed), 0);
    ck_assert(slice_begins(buffer_view(&packed), SLICE("before\x1f\x8b")));
}
END_TEST

START_TEST(more_than_the_limit_is_refused)
{
    ck_assert_int_eq(gzip_compress(slice_make("", GZIP_PLAIN_BYTES_MAX + 1), &packed), -E2BIG);
    ck_assert_uint_eq(packed.len, 0);
}
END_TEST

START_TEST(a_byte_at_a_time_is_enough)
{
    expect_round_trip(SLICE("one\ntwo\nthree\n"), 1, 1);
}
END_TEST

START_TEST(members_in_a_row_are_one_text)
{
    struct gunzip *gunzip = gunzip_new();

    ck_assert_int_eq(gzip_compress(SLICE("one\n"), &packed), 0);
    ck_assert_int_eq(gzip_compress(SLICE(""), &packed), 0);
    ck_assert_int_eq(gzip_compress(SLICE("two\n"), &packed), 0);
    ck_assert_int_eq(unpack(gunzip, buffer_view(&packed), packed.len, 3), 0);
    ck_assert_str_eq(buffer_text(&plain), "one\ntwo\n");
    ck_assert(gunzip_is_whole(gunzip));
    gunzip_free(&gunzip);
}
END_TEST

START_TEST(zeros_between_and_behind_members_are_padding)
{
    struct gunzip *gunzip = gunzip_new();

    ck_assert_int_eq(gzip_compress(SLICE("one\n"), &packed), 0);
    buffer_append(&packed, SLICE("\0\0\0\0"));
    ck_assert_int_eq(gzip_compress(SLICE("two\n"), &packed), 0);
    buffer_append(&packed, SLICE("\0\0\0\0"));
    ck_assert_int_eq(unpack(gunzip, buffer_view(&packed), packed.len, 4096), 0);
    ck_assert_str_eq(buffer_text(&plain), "one\ntwo\n");
    ck_assert(gunzip_is_whole(gunzip));
    gunzip_free(&gunzip);
}
END_TEST

START_TEST(a_file_cut_short_gives_what_it_has_and_is_not_whole)
{
    struct gunzip *gunzip = gunzip_new();

    ck_assert_int_eq(gzip_compress(SLICE("one\ntwo\nthree\n"), &packed), 0);
    packed.len -= 8; /* the trailer */
    ck_assert_int_eq(unpack(gunzip, buffer_view(&packed), packed.len, 4096), 0);
    ck_assert_str_eq(buffer_text(&plain), "one\ntwo\nthree\n");
    ck_assert(!gunzip_is_whole(gunzip));
    gunzip_free(&gunzip);
}
END_TEST

START_TEST(damage_is_told_and_stays_told)
{
    struct gunzip *gunzip = gunzip_new();
    struct slice more = SLICE("x");
    size_t written;
    char byte;

    ck_assert_int_eq(gzip_compress(SLICE("one\ntwo\nthree\n"), &packed), 0);
    packed.data[packed.len - 6] ^= 1; /* the checksum */
    ck_assert_int_eq(unpack(gunzip, buffer_view(&packed), packed.len, 4096), -EBADMSG);
    ck_assert_int_eq(gunzip_step(gunzip, &more, &byte, 1, &written), -EBADMSG);
    ck_assert_uint_eq(written, 0);
    gunzip_free(&gunzip);
}
END_TEST

START_TEST(what_is_no_gzip_is_told_at_once)
{
    struct gunzip *gunzip = gunzip_new();

    ck_assert_int_eq(unpack(gunzip, SLICE("2026-11-21 plain text\n"), 64, 64), -EBADMSG);
    ck_assert_uint_eq(plain.len, 0);
    gunzip_free(&gunzip);
}
END_TEST

Suite *suite_base_gzip(void)
{
    Suite *suite = suite_create("base/gzip");
    TCase *pack = tcase_create("pack");
    TCase *unpacking = tcase_create("unpack");

    tcase_add_checked_fixture(pack, set_up, tear_down);
    tcase_add_test(pack, what_was_packed_comes_back);
    tcase_add_test(pack, a_text_that_comes_in_pieces_is_one_member);
    tcase_add_test(pack, nothing_is_packed_too);
    tcase_add_test(pack, bytes_that_do_not_compress_fit);
    tcase_add_test(pack, it_goes_behind_what_the_buffer_holds);
    tcase_add_test(pack, more_than_the_limit_is_refused);
    suite_add_tcase(suite, pack);

    tcase_add_checked_fixture(unpacking, set_up, tear_down);
    tcase_add_test(unpacking, a_byte_at_a_time_is_enough);
    tcase_add_test(unpacking, members_in_a_row_are_one_text);
    tcase_add_test(unpacking, zeros_between_and_behind_members_are_padding);
    tcase_add_test(unpacking, a_file_cut_short_gives_what_it_has_and_is_not_whole);
    tcase_add_test(unpacking, damage_is_told_and_stays_told);
    tcase_add_test(unpacking, what_is_no_gzip_is_told_at_once);
    suite_add_tcase(suite, unpacking);
    return suite;
}
