#include "file/rest.h"

#include "kit/tree.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static struct file_rest rest;

static void set_up(void)
{
    tree_plant();
}

static void tear_down(void)
{
    file_rest_fini(&rest);
    tree_fell();
}

static void begin(const char *name, uint64_t from)
{
    file_rest_init(&rest, tree_open(name), strstr(name, ".gz") != NULL, from);
}

/* In slices as small as they can be. */
static void expect(uint64_t bytes, uint64_t lines)
{
    int rc;

    do
        rc = file_rest_count(&rest, 1);
    while (rc > 0);
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(rest.bytes, bytes);
    ck_assert_uint_eq(rest.lines, lines);
}

START_TEST(lines_are_counted_from_where_it_begins)
{
    tree_write("a", "one\ntwo\nthree\n");
    begin("a", 4);
    expect(10, 2);
}
END_TEST

START_TEST(what_stands_behind_the_last_line_feed_is_a_line)
{
    tree_write("a", "one\ntwo");
    begin("a", 0);
    expect(7, 2);
}
END_TEST

START_TEST(empty_lines_are_lines_and_no_bytes_are_none)
{
    tree_write("a", "\n\n");
    begin("a", 0);
    expect(2, 2);
    file_rest_fini(&rest);
    begin("a", 2);
    expect(0, 0);
}
END_TEST

START_TEST(the_end_of_a_line_that_was_delivered_is_none)
{
    tree_write("a", "its end\ntwo\n");
    begin("a", 0);
    rest.is_inside_begun = true;
    expect(12, 1);
}
END_TEST

START_TEST(gzip_counts_as_its_content)
{
    tree_write_gzip("a.gz", "one\ntwo\nthree\n");
    begin("a.gz", 4);
    expect(10, 2);
}
END_TEST

START_TEST(utf_16_ends_its_lines_with_two_bytes)
{
    tree_write_bytes("a", "o\0\x0a\x0a\n\0t\0", 8);
    begin("a", 0);
    rest.form = ENCODING_UTF16LE;
    expect(8, 2);
}
END_TEST

/* More than one buffer, and lines across its end. */
START_TEST(slices_neither_split_lines_nor_double_them)
{
    size_t len = 3 * FILE_REST_BUFFER_BYTES;
    char *text = malloc(len);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    for (size_t at = 999; at < len; at += 1000)
        text[at] = '\n';
    tree_write_bytes("a", text, len);
    free(text);
    begin("a", 0);
    expect(len, len / 1000 + 1);
}
END_TEST

START_TEST(a_descriptor_that_is_none_is_said)
{
    file_rest_init(&rest, -1, false, 0);
    ck_assert_int_eq(file_rest_count(&rest, 1), UV_EBADF);
    ck_assert_uint_eq(rest.bytes, 0);
}
END_TEST

START_TEST(a_slice_counts_what_is_packed)
{
    char *text = calloc(1, 400001);

    for (size_t i = 0; i < 400000; i++)
        text[i] = i % 100 == 99 ? '\n' : 'x';
    tree_write_gzip_thin("a.gz", text, 100, 1600);
    begin("a.gz", 100000);
    ck_assert_int_eq(file_rest_count(&rest, 300000), 1);
    ck_assert_uint_eq(rest.bytes, 0);
    ck_assert_uint_lt(rest.reader.offset, 50000);
    while (rest.bytes == 0)
        ck_assert_int_eq(file_rest_count(&rest, 300000), 1);
    ck_assert_uint_eq(rest.bytes, FILE_REST_BUFFER_BYTES);
    expect(300000, 3000);
    free(text);
}
END_TEST

Suite *suite_file_rest(void);
Suite *suite_file_rest(void)
{
    Suite *s = suite_create("file/rest");
    TCase *t = tcase_create("rest");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, lines_are_counted_from_where_it_begins);
    tcase_add_test(t, what_stands_behind_the_last_line_feed_is_a_line);
    tcase_add_test(t, empty_lines_are_lines_and_no_bytes_are_none);
    tcase_add_test(t, the_end_of_a_line_that_was_delivered_is_none);
    tcase_add_test(t, gzip_counts_as_its_content);
    tcase_add_test(t, utf_16_ends_its_lines_with_two_bytes);
    tcase_add_test(t, slices_neither_split_lines_nor_double_them);
    tcase_add_test(t, a_descriptor_that_is_none_is_said);
    tcase_add_test(t, a_slice_counts_what_is_packed);
    suite_add_tcase(s, t);
    return s;
}
