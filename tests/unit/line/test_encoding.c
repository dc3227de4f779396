#include "line/encoding.h"

#include <check.h>

static struct report report;

static void set_up(void)
{
    report_init(&report);
}

static void tear_down(void)
{
    report_fini(&report);
}

#define BYTES(literal) slice_make(literal, sizeof(literal) - 1)

static void expect_text(struct slice got, struct slice expected)
{
    ck_assert_uint_eq(got.len, expected.len);
    ck_assert(slice_equal(got, expected));
}

static void expect_generic(const char *name, struct slice line, const char *text)
{
    struct encoding *e = encoding_new_generic(name, (struct place){0}, &report);

    ck_assert_msg(e != NULL, "%s: %.*s", name, (int)report.text.len, report.text.data);
    ck_assert_int_eq(encoding_form(e, line), ENCODING_BYTES);
    expect_text(encoding_decode(e, ENCODING_BYTES, line), slice_of(text));
    encoding_free(&e);
    ck_assert_ptr_null(e);
}

static void expect_unicode(const char *name, struct slice file, struct slice text)
{
    struct encoding *e = encoding_new_unicode(name, (struct place){0}, &report);
    enum encoding_form form;

    ck_assert_ptr_nonnull(e);
    form = encoding_form(e, file);
    file.len = encoding_feed(form, file);
    expect_text(encoding_decode(e, form, file), text);
    encoding_free(&e);
}

/* ---- generic.encoding ---- */

START_TEST(each_encoding_is_read)
{
    expect_generic("ShiftJIS", BYTES("a\x93\xfa\x96\x7b\xb1"), "a\u65e5\u672c\uff71");
    expect_generic("sjis", BYTES("\x87\x40"), "\u2460");
    expect_generic("GBK", BYTES("\xc4\xe3\xba\xc3"), "\u4f60\u597d");
    expect_generic("GB18030", BYTES("\x81\x30\x81\x30\xc4\xe3"), "\xc2\x80\u4f60");
    expect_generic("Big5", BYTES("\xa7\x41\xa6\x6e"), "\u4f60\u597d");
    expect_generic("UHC", BYTES("\xb0\xa1"), "\uac00");
    expect_generic("Win866", BYTES("\x8f\xe0"), "\u041f\u0440");
    expect_generic("Win874", BYTES("\xa1"), "\u0e01");
    expect_generic("Win1250", BYTES("\x9a"), "\u0161");
    expect_generic("WIN1251", BYTES("\xcf\xf0"), "\u041f\u0440");
    expect_generic("Win1252", BYTES("\x80\xe9"), "\u20ac\u00e9");
    expect_generic("Win1253", BYTES("\xe1"), "\u03b1");
    expect_generic("Win1254", BYTES("\xfe"), "\u015f");
    expect_generic("Win1255", BYTES("\xe0"), "\u05d0");
    expect_generic("Win1256", BYTES("\xc7"), "\u0627");
}
END_TEST

START_TEST(text_of_ascii_is_lent_as_it_is)
{
    struct encoding *e = encoding_new_generic("Win1252", (struct place){0}, &report);
    struct slice line = SLICE("plain text");

    ck_assert_ptr_eq(encoding_decode(e, ENCODING_BYTES, line).data, line.data);
    expect_text(encoding_decode(e, ENCODING_BYTES, SLICE("")), SLICE(""));
    encoding_free(&e);
}
END_TEST

START_TEST(bytes_that_are_nothing_are_replaced_one_by_one)
{
    expect_generic("GBK", BYTES("a\xff\xffz\xc4"), "a\ufffd\ufffdz\ufffd");
    expect_generic("Win1252", BYTES("\x81\xe9"), "\ufffd\u00e9");
    expect_generic("ShiftJIS", BYTES("\x93"), "\ufffd");
}
END_TEST

START_TEST(a_character_that_is_kept_back_is_not_lost)
{
    expect_generic("Win1255", BYTES("\xe9\xc4"), "\ufb1d");
    expect_generic("Win1255", BYTES("\xe9"), "\u05d9");
}
END_TEST

START_TEST(a_line_does_not_depend_on_the_one_before)
{
    struct encoding *e = encoding_new_generic("GBK", (struct place){0}, &report);

    (void)encoding_decode(e, ENCODING_BYTES, BYTES("\xc4"));
    expect_text(encoding_decode(e, ENCODING_BYTES, BYTES("\xc4\xe3")), slice_of("\u4f60"));
    encoding_free(&e);
}
END_TEST

START_TEST(an_unknown_name_is_told_with_the_nearest)
{
    ck_assert_ptr_null(encoding_new_generic("Win1552", (struct place){0}, &report));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "did you mean 'Win1252'"));
    report_fini(&report);
    report_init(&report);
    ck_assert_ptr_null(encoding_new_unicode("UTF-16L", (struct place){0}, &report));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "did you mean 'UTF-16LE'"));
    ck_assert_uint_eq(report.error_count, 1);
}
END_TEST

/* ---- unicode.encoding ---- */

START_TEST(utf16_is_read_in_both_orders)
{
    expect_unicode("UTF-16LE", BYTES("a\0\xe5\x65=\xd8\x00\xde\n\0b\0"),
                   slice_of("a\u65e5\U0001f600"));
    expect_unicode("utf-16be", BYTES("\0a\x65\xe5\xd8=\xde\x00\0\n\0b"),
                   slice_of("a\u65e5\U0001f600"));
}
END_TEST

START_TEST(auto_goes_by_the_mark)
{
    expect_unicode("auto",
                   BYTES("\xff\xfe"
                         "a\0\n\0"),
                   SLICE("a"));
    expect_unicode("auto",
                   BYTES("\xfe\xff"
                         "\0a\0\n"),
                   SLICE("a"));
    expect_unicode("auto",
                   BYTES("\xef\xbb\xbf"
                         "a\n"),
                   SLICE("a"));
    expect_unicode("auto", BYTES("a\n"), SLICE("a"));
    expect_unicode("auto", BYTES(""), SLICE(""));
}
END_TEST

START_TEST(a_line_feed_is_not_half_of_a_character)
{
    expect_unicode("UTF-16LE", BYTES("\x41\x0a\x0a\x41\n\0"), slice_of("\u0a41\u410a"));
    expect_unicode("UTF-16BE", BYTES("\x41\x0a\x0a\x41\0\n"), slice_of("\u410a\u0a41"));
    ck_assert_uint_eq(encoding_feed(ENCODING_UTF16LE, BYTES("a\0\n")), 3);
    ck_assert_uint_eq(encoding_feed(ENCODING_UTF16BE, BYTES("\0a\0")), 3);
    ck_assert_uint_eq(encoding_feed(ENCODING_UTF16BE, BYTES("")), 0);
    ck_assert_uint_eq(encoding_feed(ENCODING_BYTES, BYTES("ab\n")), 2);
    ck_assert_uint_eq(encoding_feed_bytes(ENCODING_UTF16LE), 2);
    ck_assert_uint_eq(encoding_feed_bytes(ENCODING_BYTES), 1);
}
END_TEST

START_TEST(surrogates_without_a_partner_are_replaced)
{
    expect_unicode("UTF-16LE",
                   BYTES("=\xd8"
                         "a\0"),
                   slice_of("\ufffd"
                            "a"));
    expect_unicode("UTF-16LE",
                   BYTES("\x00\xde"
                         "a\0"),
                   slice_of("\ufffd"
                            "a"));
    expect_unicode("UTF-16LE", BYTES("=\xd8"), slice_of("\ufffd"));
    expect_unicode("UTF-16LE", BYTES("a\0b"), slice_of("a\ufffd"));
}
END_TEST

Suite *suite_line_encoding(void);
Suite *suite_line_encoding(void)
{
    Suite *suite = suite_create("line/encoding");
    TCase *tc = tcase_create("encoding");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, each_encoding_is_read);
    tcase_add_test(tc, text_of_ascii_is_lent_as_it_is);
    tcase_add_test(tc, bytes_that_are_nothing_are_replaced_one_by_one);
    tcase_add_test(tc, a_character_that_is_kept_back_is_not_lost);
    tcase_add_test(tc, a_line_does_not_depend_on_the_one_before);
    tcase_add_test(tc, an_unknown_name_is_told_with_the_nearest);
    tcase_add_test(tc, utf16_is_read_in_both_orders);
    tcase_add_test(tc, auto_goes_by_the_mark);
    tcase_add_test(tc, a_line_feed_is_not_half_of_a_character);
    tcase_add_test(tc, surrogates_without_a_partner_are_replaced);
    suite_add_tcase(suite, tc);
    return suite;
}
