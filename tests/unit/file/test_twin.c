#include "file/twin.h"

#include "kit/tree.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

/* What is read on where a deleted file was left, and what is not. */

static struct file_twin twin;
static char text[300001];

static void set_up(void)
{
    tree_plant();
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 100 == 99 ? '\n' : (char)('a' + i / 100 % 26);
}

static void tear_down(void)
{
    file_twin_fini(&twin);
    tree_fell();
}

static void begin(const char *name, uint64_t next, uint64_t read)
{
    int fd = tree_open(name);

    file_twin_init(&twin, tree_open("a"), fd, file_is_gzip(fd, name) > 0);
    twin.next = next;
    twin.read = read;
}

static int look(uint64_t bytes_max)
{
    int rc;

    do
        rc = file_twin_look(&twin, bytes_max);
    while (rc > 0);
    return rc;
}

/* What stands there from `offset` on, as the reader gives it. */
static void expect_read_on(uint64_t offset)
{
    struct file_reader reader = file_twin_take(&twin);
    char *bytes = malloc(sizeof text);
    size_t len = 0;
    int64_t got;

    ck_assert_int_eq(file_reader_seek(&reader, offset), 0);
    while ((got = file_reader_read(&reader, bytes + len, sizeof text - len)) > 0)
        len += (size_t)got;
    ck_assert_int_eq(got, 0);
    ck_assert_uint_eq(len, strlen(text) - offset);
    ck_assert_int_eq(memcmp(bytes, text + offset, len), 0);
    free(bytes);
    file_reader_fini(&reader);
    close(reader.fd);
}

START_TEST(what_gzip_made_of_it_is_read_on_where_it_was_left)
{
    tree_write("a", text);
    tree_write_gzip("a.gz", text);
    begin("a.gz", 100000, 100050);
    ck_assert_int_eq(look(1), 0);
    ck_assert_uint_eq(twin.same, 300000);
    ck_assert_uint_eq(twin.reader.offset, 100050);
    expect_read_on(100000);
}
END_TEST

START_TEST(a_copy_that_is_not_compressed_is_a_twin_too)
{
    tree_write("a", text);
    tree_write("a.1", text);
    begin("a.1", 0, 0);
    ck_assert_int_eq(look(1 << 20), 0);
    expect_read_on(0);
}
END_TEST

START_TEST(two_members_of_gzip_are_one_twin)
{
    char first = text[150000];

    tree_write("a", text);
    text[150000] = '\0';
    tree_write_gzip("a.gz", text);
    text[150000] = first;
    tree_append_gzip("a.gz", text + 150000);
    begin("a.gz", 300000, 300000);
    ck_assert_int_eq(look(1 << 16), 0);
    expect_read_on(300000);
}
END_TEST

static void expect_none(void)
{
    begin("a.gz", 100, 100);
    ck_assert_int_eq(look(1 << 16), UV_ERANGE);
}

START_TEST(one_byte_that_differs_makes_it_another_file)
{
    tree_write("a", text);
    text[299998] = '!';
    tree_write_gzip("a.gz", text);
    expect_none();
    ck_assert(!twin.is_same);
}
END_TEST

START_TEST(a_file_with_fewer_bytes_is_no_twin)
{
    tree_write("a", text);
    text[299900] = '\0';
    tree_write_gzip("a.gz", text);
    expect_none();
}
END_TEST

START_TEST(a_file_with_more_bytes_is_no_twin)
{
    tree_write_gzip("a.gz", text);
    text[299900] = '\0';
    tree_write("a", text);
    expect_none();
}
END_TEST

/* What was read was truncated since. */
START_TEST(a_twin_of_less_than_was_read_is_none)
{
    tree_write("a", "one\n");
    tree_write_gzip("a.gz", "one\n");
    begin("a.gz", 4, 8);
    ck_assert_int_eq(look(1 << 16), UV_ERANGE);
}
END_TEST

START_TEST(damaged_gzip_is_no_twin)
{
    size_t len;
    char *bytes;

    tree_write("a", text);
    tree_write_gzip("a.gz", text);
    tree_read("a.gz", &len);
    bytes = malloc(len);
    memcpy(bytes, tree_read("a.gz", &len), len);
    bytes[len - 20] ^= 0x55;
    tree_write_bytes("a.gz", bytes, len);
    free(bytes);
    begin("a.gz", 0, 0);
    ck_assert_int_lt(look(1 << 16), 0);
}
END_TEST

/* One that was cut ends in the middle: for all one knows more of it comes. */
START_TEST(gzip_that_is_not_whole_is_no_twin)
{
    size_t len;

    tree_write("a", text);
    tree_write_gzip("a.gz", text);
    tree_read("a.gz", &len);
    tree_truncate("a.gz", (long)len - 100);
    begin("a.gz", 0, 0);
    ck_assert_int_eq(look(1 << 16), UV_ERANGE);
}
END_TEST

START_TEST(a_slice_looks_at_little_more_than_it_may)
{
    uint64_t before = 0;

    tree_write("a", text);
    tree_write_gzip("a.gz", text);
    begin("a.gz", 100000, 110000);
    while (!twin.is_same) {
        ck_assert_int_eq(file_twin_look(&twin, 1), 1);
        ck_assert_uint_le(twin.same - before, FILE_TWIN_BUFFER_BYTES);
        before = twin.same;
    }
    ck_assert_int_eq(file_twin_look(&twin, 10000), 1);
    ck_assert_uint_le(twin.reader.offset, 20000);
    ck_assert_int_eq(look(10000), 0);
    expect_read_on(100000);
}
END_TEST

START_TEST(a_slice_counts_what_is_packed)
{
    tree_write("a", text);
    tree_write_gzip_thin("a.gz", text, 100, 1600);
    begin("a.gz", 100000, 110000);
    ck_assert_int_eq(file_twin_look(&twin, 300000), 1);
    ck_assert_uint_le(twin.same, FILE_TWIN_BUFFER_BYTES);
    ck_assert_int_eq(look(300000), 0);
    expect_read_on(100000);
}
END_TEST

Suite *suite_file_twin(void);
Suite *suite_file_twin(void)
{
    Suite *suite = suite_create("file/twin");
    TCase *t = tcase_create("twin");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_gzip_made_of_it_is_read_on_where_it_was_left);
    tcase_add_test(t, a_copy_that_is_not_compressed_is_a_twin_too);
    tcase_add_test(t, two_members_of_gzip_are_one_twin);
    tcase_add_test(t, one_byte_that_differs_makes_it_another_file);
    tcase_add_test(t, a_file_with_fewer_bytes_is_no_twin);
    tcase_add_test(t, a_file_with_more_bytes_is_no_twin);
    tcase_add_test(t, a_twin_of_less_than_was_read_is_none);
    tcase_add_test(t, damaged_gzip_is_no_twin);
    tcase_add_test(t, gzip_that_is_not_whole_is_no_twin);
    tcase_add_test(t, a_slice_looks_at_little_more_than_it_may);
    tcase_add_test(t, a_slice_counts_what_is_packed);
    suite_add_tcase(suite, t);
    return suite;
}
