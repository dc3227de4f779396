#include "line/feeds.h"

#include <check.h>
#include <stdlib.h>

#define WAYS (JSON_MARKS_AVX512 + 1)
#define TEXT_BYTES_MAX 4096

/* Exactly as long as the text, so that a sanitizer sees what is read behind it. */
static char *text;

static void finish(void)
{
    free(text);
    text = NULL;
}

static struct slice text_of(size_t len, char byte)
{
    free(text);
    text = malloc(len + 1);
    memset(text, byte, len + 1);
    return slice_make(text, len);
}

static void expect_feeds(struct slice bytes, size_t from, enum json_marks_way way)
{
    struct line_feeds feeds;

    line_feeds_init(&feeds, bytes, from);
    feeds.way = way;
    for (size_t at = from; at < bytes.len; at++)
        if (bytes.data[at] == '\n')
            ck_assert_uint_eq(line_feeds_next(&feeds), at);
    ck_assert_uint_eq(line_feeds_next(&feeds), bytes.len);
    ck_assert_uint_eq(line_feeds_next(&feeds), bytes.len);
}

START_TEST(a_feed_is_found_wherever_it_stands)
{
    for (size_t len = 1; len < 200; len++) {
        struct slice bytes = text_of(len, 'x');

        for (size_t at = 0; at < len; at++) {
            text[at] = '\n';
            expect_feeds(bytes, 0, (unsigned)_i);
            expect_feeds(bytes, at, (unsigned)_i);
            expect_feeds(bytes, at + 1, (unsigned)_i);
            text[at] = 'x';
        }
    }
}
END_TEST

START_TEST(a_text_without_any_ends_where_it_ends)
{
    expect_feeds((struct slice){0}, 0, (unsigned)_i);
    for (size_t len = 0; len < 200; len++)
        expect_feeds(text_of(len, '\0'), 0, (unsigned)_i);
    expect_feeds(text_of(TEXT_BYTES_MAX, '\xff'), 0, (unsigned)_i);
}
END_TEST

/* The list of places is full in the middle of a block, and again and again. */
START_TEST(a_text_of_nothing_but_feeds_has_them_all)
{
    for (size_t len = 0; len < 600; len++)
        expect_feeds(text_of(len, '\n'), 0, (unsigned)_i);
    expect_feeds(text_of(TEXT_BYTES_MAX, '\n'), 77, (unsigned)_i);
}
END_TEST

START_TEST(lines_of_any_lengths_are_found)
{
    uint32_t random = 1 + (uint32_t)_i;

    for (unsigned round = 0; round < 300; round++) {
        struct slice bytes = text_of(round * 13, '\v');

        for (size_t at = 0; at < bytes.len; at++) {
            random = random * 1664525 + 1013904223;
            if (random >> 24 < round)
                text[at] = '\n';
        }
        expect_feeds(bytes, 0, (unsigned)_i);
    }
}
END_TEST

Suite *suite_line_feeds(void);

Suite *suite_line_feeds(void)
{
    Suite *suite = suite_create("line/feeds");

    /* One case for each way, left out where the processor has it not. */
    for (unsigned way = 0; way < WAYS && json_marks_has(way); way++) {
        TCase *tcase = tcase_create("feeds");

        tcase_add_checked_fixture(tcase, NULL, finish);
        tcase_add_loop_test(tcase, a_feed_is_found_wherever_it_stands, (int)way, (int)way + 1);
        tcase_add_loop_test(tcase, a_text_without_any_ends_where_it_ends, (int)way, (int)way + 1);
        tcase_add_loop_test(tcase, a_text_of_nothing_but_feeds_has_them_all, (int)way,
                            (int)way + 1);
        tcase_add_loop_test(tcase, lines_of_any_lengths_are_found, (int)way, (int)way + 1);
        suite_add_tcase(suite, tcase);
    }
    return suite;
}
