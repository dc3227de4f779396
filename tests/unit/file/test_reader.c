#include "file/reader.h"

#include "base/buffer.h"
#include "kit/stops.h"
#include "kit/tree.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_BYTES 100000

static char text[TEXT_BYTES + 1];
static struct file_reader reader;
static char buf[TEXT_BYTES + 1];

static void set_up(void)
{
    tree_plant();
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = i % 64 == 63 ? '\n' : (char)('a' + (i * 7 + i / 64) % 26);
    text[TEXT_BYTES] = '\0';
}

static void begin(const char *name)
{
    int fd = tree_open(name);

    file_reader_init(&reader, fd, file_is_gzip(fd, name) == 1);
}

static void tear_down(void)
{
    file_reader_fini(&reader);
    close(reader.fd);
    tree_fell();
}

/* Reads to the end, `step` bytes at a time, and expects the text from `from` on. */
static void expect_rest(size_t from, size_t step)
{
    size_t at = from;
    int64_t got;

    while ((got = file_reader_read(&reader, buf, step)) > 0) {
        ck_assert_mem_eq(buf, text + at, (size_t)got);
        at += (size_t)got;
        ck_assert_uint_eq(reader.offset, at);
    }
    ck_assert_int_eq(got, 0);
    ck_assert_uint_eq(at, strlen(text));
}

static uint64_t size_of(const char *name)
{
    struct stat facts;

    ck_assert_int_eq(stat(tree_path(name), &facts), 0);
    return file_reader_size(&reader, (uint64_t)facts.st_size);
}

START_TEST(a_plain_file_is_read_and_read_on_when_it_grows)
{
    tree_write("a.log", text);
    begin("a.log");
    expect_rest(0, 1000);
    ck_assert_uint_eq(size_of("a.log"), TEXT_BYTES);
    tree_append("a.log", "more");
    ck_assert_int_eq(file_reader_read(&reader, buf, 100), 4);
    ck_assert_mem_eq(buf, "more", 4);
    ck_assert_int_eq(file_reader_seek(&reader, 99999), 0);
    ck_assert_int_eq(file_reader_read(&reader, buf, 100), 5);
}
END_TEST

START_TEST(a_gzip_file_gives_the_text_in_steps_of_any_size)
{
    static const size_t steps[] = {1, 7, 4096, 65536, TEXT_BYTES};

    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    ck_assert(reader.is_gzip);
    expect_rest(0, steps[_i]);
    ck_assert_uint_eq(size_of("a.log.gz"), TEXT_BYTES);
    ck_assert_int_eq(file_reader_read(&reader, buf, 10), 0);
}
END_TEST

/* Text that gzip makes little of: its pieces end anywhere. A reader who gets less takes it for the
 * end, and a rotated file was left there. */
START_TEST(only_at_its_end_a_gzip_file_gives_less_than_was_asked_for)
{
    uint32_t random = 1;

    for (size_t i = 0; i < TEXT_BYTES; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = (char)(' ' + (random >> 24) % 94);
    }
    tree_write_gzip("a.log.gz", text);
    for (size_t from = 0; from < TEXT_BYTES; from += 777) {
        size_t want = TEXT_BYTES - from < 40000 ? TEXT_BYTES - from : 40000;

        begin("a.log.gz");
        ck_assert_int_eq(file_reader_seek(&reader, from), 0);
        ck_assert_int_eq(file_reader_read(&reader, buf, 40000), (int64_t)want);
        ck_assert_mem_eq(buf, text + from, want);
        file_reader_fini(&reader);
        close(reader.fd);
    }
    begin("a.log.gz");
}
END_TEST

START_TEST(before_its_end_a_gzip_file_has_more)
{
    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    ck_assert_uint_eq(size_of("a.log.gz"), 1);
    ck_assert_int_eq(file_reader_read(&reader, buf, 10), 10);
    ck_assert_uint_eq(size_of("a.log.gz"), 11);
}
END_TEST

START_TEST(an_empty_file_named_gz_is_gzip_to_come)
{
    tree_write("a.log.gz", "");
    begin("a.log.gz");
    ck_assert(reader.is_gzip);
    ck_assert_uint_eq(size_of("a.log.gz"), 0);
    expect_rest(TEXT_BYTES, 10);
    tree_write_gzip("a.log.gz", text);
    ck_assert_uint_eq(size_of("a.log.gz"), 1);
    expect_rest(0, 4096);
}
END_TEST

START_TEST(going_back_over_what_was_read_last_is_free)
{
    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    ck_assert_int_eq(file_reader_read(&reader, buf, 5000), 5000);
    ck_assert_int_eq(file_reader_seek(&reader, 4900), 0);
    ck_assert_uint_eq(size_of("a.log.gz"), 5001);
    ck_assert_int_eq(file_reader_read(&reader, buf, 40), 40);
    ck_assert_mem_eq(buf, text + 4900, 40);
    ck_assert_int_eq(file_reader_seek(&reader, 4930), 0);
    expect_rest(4930, 5000);
    ck_assert_int_eq(file_reader_seek(&reader, TEXT_BYTES - 10), 0);
    ck_assert_uint_eq(size_of("a.log.gz"), TEXT_BYTES);
    expect_rest(TEXT_BYTES - 10, 5000);
}
END_TEST

START_TEST(a_gzip_file_is_sought_both_ways)
{
    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    ck_assert_int_eq(file_reader_seek(&reader, 70001), 0);
    expect_rest(70001, 900);
    ck_assert_int_eq(file_reader_seek(&reader, 3), 0);
    expect_rest(3, 60000);
}
END_TEST

START_TEST(past_the_end_of_a_gzip_file_there_is_nothing)
{
    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    ck_assert_int_eq(file_reader_seek(&reader, TEXT_BYTES), 0);
    ck_assert_int_eq(file_reader_seek(&reader, TEXT_BYTES + 1), -ERANGE);
}
END_TEST

static struct file_print print_before(uint64_t offset)
{
    return file_print_of(slice_make(text + offset - FILE_TAIL_BYTES_MAX, FILE_TAIL_BYTES_MAX));
}

START_TEST(a_file_is_sought_where_it_was_left_if_it_is_the_one)
{
    const char *const names[] = {"a.log", "a.log.gz"};
    struct file_print print = print_before(5000);

    tree_write(names[0], text);
    tree_write_gzip(names[1], text);
    begin(names[_i]);
    ck_assert_int_eq(file_reader_seek_known(&reader, 5000, print), 0);
    expect_rest(5000, 3000);
    ck_assert_int_eq(file_reader_seek_known(&reader, 5001, print), -ERANGE);
    ck_assert_int_eq(file_reader_seek_known(&reader, TEXT_BYTES + 1, print), -ERANGE);
    ck_assert_int_eq(file_reader_seek_known(&reader, 7, (struct file_print){0}), 0);
    expect_rest(7, 3000);
}
END_TEST

START_TEST(members_one_after_the_other_are_one_text)
{
    char cut = text[40000];

    text[40000] = '\0';
    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    expect_rest(0, 4096);
    text[40000] = cut;
    tree_append_gzip("a.log.gz", text + 40000);
    ck_assert_uint_eq(size_of("a.log.gz"), 40001);
    expect_rest(40000, 4096);
}
END_TEST

START_TEST(a_gzip_file_cut_short_waits_for_its_rest)
{
    struct stat facts;
    char packed[TEXT_BYTES];
    FILE *file;
    size_t len;

    tree_write_gzip("whole.gz", text);
    ck_assert_int_eq(stat(tree_path("whole.gz"), &facts), 0);
    len = (size_t)facts.st_size;
    file = fopen(tree_path("whole.gz"), "r");
    ck_assert_uint_eq(fread(packed, 1, len, file), len);
    fclose(file);

    tree_write_bytes("a.log.gz", packed, len / 2);
    begin("a.log.gz");
    while (file_reader_read(&reader, buf, 1000) > 0)
        continue;
    ck_assert_uint_eq(size_of("a.log.gz"), reader.offset);
    tree_write_bytes("a.log.gz", packed, len);
    expect_rest((size_t)reader.offset, 1000);
}
END_TEST

START_TEST(a_gzip_file_that_shrank_says_so)
{
    tree_write_gzip("a.log.gz", text);
    begin("a.log.gz");
    ck_assert_int_eq(file_reader_read(&reader, buf, 1000), 1000);
    tree_write_gzip("a.log.gz", "few");
    ck_assert_uint_eq(size_of("a.log.gz"), 0);
}
END_TEST

START_TEST(damage_is_told_after_what_stands_before_it)
{
    uint64_t size;

    tree_write_gzip("a.log.gz", text);
    tree_append("a.log.gz", "this is no gzip");
    begin("a.log.gz");
    size = 0;
    for (int64_t got = 1; got > 0; size += got > 0 ? (uint64_t)got : 0)
        got = file_reader_read(&reader, buf, 4096);
    ck_assert_uint_eq(size, TEXT_BYTES);
    ck_assert_int_eq(file_reader_read(&reader, buf, 4096), -EBADMSG);
    ck_assert_uint_eq(size_of("a.log.gz"), TEXT_BYTES);
    ck_assert_int_eq(file_reader_seek(&reader, TEXT_BYTES + 1), -EBADMSG);
}
END_TEST

#define MEBIBYTE ((size_t)1 << 20)

/* How many bytes come before the damage. */
static uint64_t bytes_before_damage(void)
{
    int64_t got;

    while ((got = file_reader_read(&reader, buf, 4096)) > 0)
        ck_assert_mem_eq(buf, text + reader.offset - (size_t)got, (size_t)got);
    ck_assert_int_eq(got, -EBADMSG);
    return reader.offset;
}

START_TEST(a_hole_behind_what_was_packed_is_damage)
{
    tree_write_gzip("a.log.gz", _i == 0 ? "" : text);
    tree_truncate("a.log.gz", 1L << 40);
    begin("a.log.gz");
    ck_assert_uint_eq(bytes_before_damage(), _i == 0 ? 0 : TEXT_BYTES);
    ck_assert_uint_eq(size_of("a.log.gz"), _i == 0 ? 0 : TEXT_BYTES);
    ck_assert_int_eq(file_reader_seek(&reader, TEXT_BYTES + 1), -EBADMSG);
}
END_TEST

START_TEST(so_is_a_hole_with_a_byte_here_and_there)
{
    text[100] = '\0';
    tree_write_gzip_thin("a.log.gz", text, 1, (long)MEBIBYTE - 40000);
    begin("a.log.gz");
    ck_assert_uint_le(bytes_before_damage(), 2);
}
END_TEST

/* Stored blocks without content behind a member's head, which may be cut: so many bytes. */
static void write_empty_blocks(const char *name, size_t len)
{
    static const char head[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03", block[] = "\0\0\0\xff\xff";
    struct buffer bytes = {0};

    buffer_append(&bytes, slice_make(head, 10));
    while (bytes.len < len)
        buffer_append(&bytes, slice_make(block, 5));
    tree_write_bytes(name, bytes.data, bytes.len);
    buffer_fini(&bytes);
}

START_TEST(a_mebibyte_of_empty_blocks_is_damage)
{
    write_empty_blocks("a.log.gz", MEBIBYTE / 2);
    begin("a.log.gz");
    ck_assert_int_eq(file_reader_read(&reader, buf, 10), 0);
    write_empty_blocks("a.log.gz", 2 * MEBIBYTE);
    ck_assert_int_eq(file_reader_read(&reader, buf, 10), -EBADMSG);
    ck_assert_uint_le(file_reader_packed(&reader), MEBIBYTE + 20000);
}
END_TEST

START_TEST(padding_of_a_mebibyte_is_none)
{
    char head[1024];

    text[900] = '\0';
    tree_write_gzip("a.log.gz", text);
    tree_truncate("a.log.gz", (long)MEBIBYTE);
    begin("a.log.gz");
    ck_assert_int_eq(file_head_read(reader.fd, true, head, sizeof head), 900);
    expect_rest(0, 4096);
    tree_append_gzip("a.log.gz", "");
    ck_assert_int_eq(file_head_read(reader.fd, true, head, sizeof head), 900);
    expect_rest(900, 4096);
}
END_TEST

/* As of a program that packs each line for itself; some pad that to a block. */
START_TEST(short_lines_packed_each_alone_are_read_whole)
{
    const size_t lens[] = {2, 20};
    const long strides[] = {23, 512};

    tree_write_gzip_thin("a.log.gz", text, lens[_i], strides[_i]);
    begin("a.log.gz");
    expect_rest(0, 4096);
    ck_assert_uint_gt(file_reader_packed(&reader), MEBIBYTE);
}
END_TEST

START_TEST(a_slice_of_a_seek_counts_what_is_packed)
{
    uint64_t before = 0;
    int rc = 1;

    tree_write_gzip_thin("a.log.gz", text, 100, 3000);
    begin("a.log.gz");
    for (unsigned slices = 0; rc > 0; slices++, before = file_reader_packed(&reader)) {
        rc = file_reader_seek_some(&reader, TEXT_BYTES, 300000);
        ck_assert_uint_le(file_reader_packed(&reader) - before, 500000);
        ck_assert_uint_lt(slices, 20);
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_gt(file_reader_packed(&reader), 2 * MEBIBYTE);
}
END_TEST

START_TEST(a_head_is_not_sought_for_long)
{
    char head[1024];

    write_empty_blocks("a.log.gz", 70000);
    begin("a.log.gz");
    ck_assert_int_eq(file_head_read(reader.fd, true, head, sizeof head), -EBADMSG);
    write_empty_blocks("a.log.gz", 40000);
    ck_assert_int_eq(file_head_read(reader.fd, true, head, sizeof head), 0);
    tree_write_gzip("a.log.gz", "");
    tree_truncate("a.log.gz", 1L << 40);
    ck_assert_int_eq(file_head_read(reader.fd, true, head, sizeof head), -EBADMSG);
}
END_TEST

/* Whether there are more is not known: they are no whole content. */
START_TEST(a_part_of_a_head_is_none)
{
    char head[1024];

    text[100] = '\0';
    tree_write_gzip_thin("a.log.gz", text, 10, 20000);
    begin("a.log.gz");
    ck_assert_int_eq(file_head_read(reader.fd, true, head, sizeof head), -EBADMSG);
}
END_TEST

START_TEST(a_plain_file_named_gz_is_plain)
{
    tree_write("a.log.gz", text);
    begin("a.log.gz");
    ck_assert(!reader.is_gzip);
    expect_rest(0, 4096);
}
END_TEST

START_TEST(the_head_is_the_same_plain_and_compressed)
{
    char plain[1024], packed[1024];
    int fd;

    tree_write("a.log", text);
    tree_write_gzip("a.log.gz", text);
    begin("a.log");
    fd = tree_open("a.log.gz");
    ck_assert_int_eq(file_head_read(reader.fd, false, plain, sizeof plain), sizeof plain);
    ck_assert_int_eq(file_head_read(fd, true, packed, sizeof packed), sizeof packed);
    ck_assert_mem_eq(plain, packed, sizeof plain);
    close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    begin("");
    ck_assert_int_eq(file_reader_read(&reader, buf, 10), -EISDIR);
    ck_assert_int_eq(file_is_gzip(reader.fd, "x.gz"), -EISDIR);
    reader.is_gzip = true;
    ck_assert_int_eq(file_reader_read(&reader, buf, 10), -EISDIR);
    ck_assert_int_eq(file_head_read(reader.fd, true, buf, 10), -EISDIR);
}
END_TEST

Suite *suite_file_reader(void);

Suite *suite_file_reader(void)
{
    Suite *suite = suite_create("file/reader");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, a_plain_file_is_read_and_read_on_when_it_grows);
    tcase_add_loop_test(use, a_gzip_file_gives_the_text_in_steps_of_any_size, 0, 5);
    tcase_add_test(use, only_at_its_end_a_gzip_file_gives_less_than_was_asked_for);
    tcase_add_test(use, before_its_end_a_gzip_file_has_more);
    tcase_add_test(use, an_empty_file_named_gz_is_gzip_to_come);
    tcase_add_test(use, going_back_over_what_was_read_last_is_free);
    tcase_add_test(use, a_gzip_file_is_sought_both_ways);
    tcase_add_loop_test(use, a_file_is_sought_where_it_was_left_if_it_is_the_one, 0, 2);
    tcase_add_test(use, past_the_end_of_a_gzip_file_there_is_nothing);
    tcase_add_test(use, members_one_after_the_other_are_one_text);
    tcase_add_test(use, a_gzip_file_cut_short_waits_for_its_rest);
    tcase_add_test(use, a_gzip_file_that_shrank_says_so);
    tcase_add_test(use, damage_is_told_after_what_stands_before_it);
    tcase_add_test(use, a_plain_file_named_gz_is_plain);
    tcase_add_test(use, the_head_is_the_same_plain_and_compressed);
    tcase_add_test(use, what_cannot_be_read_says_why);
    tcase_add_loop_test(use, a_hole_behind_what_was_packed_is_damage, 0, 2);
    tcase_add_test(use, so_is_a_hole_with_a_byte_here_and_there);
    tcase_add_test(use, a_mebibyte_of_empty_blocks_is_damage);
    tcase_add_test(use, padding_of_a_mebibyte_is_none);
    tcase_add_loop_test(use, short_lines_packed_each_alone_are_read_whole, 0, 2);
    tcase_add_test(use, a_slice_of_a_seek_counts_what_is_packed);
    tcase_add_test(use, a_head_is_not_sought_for_long);
    tcase_add_test(use, a_part_of_a_head_is_none);
    suite_add_tcase(suite, use);
    return suite;
}
