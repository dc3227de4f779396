#include "base/buffer.h"
#include "base/utf8.h"
#include "record/json_marks.h"

#include <check.h>

#define WAYS (JSON_MARKS_AVX512 + 1)

static struct json_marks *marks;
static struct buffer padded;

static void start(void)
{
    marks = json_marks_new();
}

static void finish(void)
{
    json_marks_free(&marks);
    buffer_fini(&padded);
}

/* The text with bytes after it that would be marks. */
static struct slice with_pad(struct slice text)
{
    buffer_clear(&padded);
    buffer_append(&padded, text);
    for (int i = 0; i < JSON_MARKS_PAD; i++)
        buffer_append_byte(&padded, "\"\\\n\xff"[i % 4]);
    return slice_make(padded.data, text.len);
}

/* Byte for byte, what the header says. */
static bool is_mark(struct slice text, size_t at, bool is_escaped)
{
    unsigned char byte = (unsigned char)text.data[at];

    return byte < 0x20 || (!is_escaped && (byte == '"' || byte == '\\'));
}

static void expect_marks(struct slice plain, enum json_marks_way way)
{
    struct slice text = with_pad(plain);
    bool is_escaped = false;
    const uint32_t *next;

    marks->way = way;
    next = json_marks_start(marks, text);
    for (size_t i = 0; i < text.len; i++) {
        if (next >= marks->low)
            next = json_marks_more(marks, next);
        if (is_mark(text, i, is_escaped)) {
            ck_assert_msg(*next == i, "way %d: %zu is no mark of %.*s", way, i, SLICE_ARG(text));
            next++;
        }
        is_escaped = !is_escaped && text.data[i] == '\\';
    }
    if (next >= marks->low)
        next = json_marks_more(marks, next);
    ck_assert_ptr_eq(next, marks->end);
    for (int i = 0; i < JSON_MARKS_AHEAD; i++)
        ck_assert_uint_eq(next[i], 0);
}

START_TEST(quotes_escapes_and_control_characters_have_marks)
{
    if (!json_marks_has((unsigned)_i))
        return;
    expect_marks(SLICE("{\"path\":\"C:\\\\tmp\",\"n\":12}"), (unsigned)_i);
    expect_marks(SLICE("{\n\t\"a\\\"b\" : \"\x1f\\u0000\"}\r\n"), (unsigned)_i);
    expect_marks(SLICE("{}"), (unsigned)_i);
    expect_marks(SLICE("\""), (unsigned)_i);
}
END_TEST

/* Rows of backslashes of any length, before a quote, across the edges of blocks. */
START_TEST(what_an_escape_hides_has_no_mark)
{
    char text[300];

    if (!json_marks_has((unsigned)_i))
        return;
    for (size_t begin = 50; begin < 70; begin++) {
        for (size_t count = 0; count < 140; count++) {
            memset(text, 'x', sizeof text);
            memset(text + begin, '\\', count);
            memset(text + begin + count, '"', 2);
            expect_marks(slice_make(text, sizeof text), (unsigned)_i);
        }
    }
}
END_TEST

static char random_byte(uint32_t *random)
{
    static const char odd[] = "\"\"\"\"\\\\\\\n\t\x01{}[]:,  \x7f\xc3\xa9\xff";

    *random = *random * 1664525 + 1013904223;
    return *random >> 28 < 9 ? 'a' : odd[(*random >> 16) % (sizeof odd - 1)];
}

START_TEST(every_way_finds_the_same_marks)
{
    uint32_t random = 7;
    char text[400];

    if (!json_marks_has((unsigned)_i))
        return;
    for (size_t len = 1; len <= sizeof text; len++) {
        for (size_t i = 0; i < len; i++)
            text[i] = random_byte(&random);
        expect_marks(slice_make(text, len), (unsigned)_i);
    }
}
END_TEST

START_TEST(windows_follow_each_other)
{
    struct buffer text = {0};

    if (!json_marks_has((unsigned)_i))
        return;
    for (int i = 0; i < 3000; i++)
        buffer_append_text(&text, i % 7 == 0 ? "\\n" : i % 300 == 1 ? "and more words" : "\"");
    expect_marks(buffer_view(&text), (unsigned)_i);
    buffer_fini(&text);
}
END_TEST

/* ---- UTF-8 ---- */

static const char *const sequences[] = {
    "\xc3\xa9",
    "\xc2\x80",
    "\xdf\xbf",
    "\xe2\x82\xac",
    "\xe0\xa0\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xf0\x9f\x98\x80",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",
    "\xc3\xa9\xe2\x82\xac\xd0\xb7",
    /* none */
    "\x80",
    "\xbf\xbf",
    "\xc0\x80",
    "\xc1\xbf",
    "\xc3",
    "\xc3\xc3\xa9",
    "\xc3\xa9\xa9",
    "\xe0\x9f\xbf",
    "\xe2\x82",
    "\xe2",
    "\xe2\x82\xac\x80",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xf0\x8f\xbf\xbf",
    "\xf0\x9f\x98",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xf8\x88\x80\x80",
    "\xff",
    "\xfe",
};

static void expect_utf8_as_elsewhere(struct slice text, enum json_marks_way way)
{
    marks->way = way;
    (void)json_marks_start(marks, with_pad(text));
    ck_assert_msg(marks->is_utf8 == utf8_is_valid(text), "way %d: %.*s", way, SLICE_ARG(text));
}

/* A character between others, at each place of a block and across its edges. */
START_TEST(utf8_is_checked_wherever_a_character_stands)
{
    char text[200];

    if (!json_marks_has((unsigned)_i))
        return;
    for (size_t s = 0; s < ARRAY_LEN(sequences); s++) {
        for (size_t at = 1; at < 135; at++) {
            memset(text, at % 2 ? 'x' : '\\', sizeof text);
            memcpy(text + at, sequences[s], strlen(sequences[s]));
            text[sizeof text - 1] = '}';
            expect_utf8_as_elsewhere(slice_make(text, sizeof text), (unsigned)_i);
        }
    }
}
END_TEST

START_TEST(characters_of_any_length_may_follow_each_other)
{
    struct buffer text = {0};
    uint32_t random = 3;

    if (!json_marks_has((unsigned)_i))
        return;
    for (int round = 0; round < 300; round++) {
        buffer_clear(&text);
        for (int i = 0; i < 60; i++) {
            random = random * 1664525 + 1013904223;
            /* Seldom one that is none. */
            buffer_append_text(
                &text,
                sequences[random % 300 == 0 ? 12 + (random >> 16) % 20 : (random >> 16) % 12]);
        }
        buffer_append_byte(&text, '}');
        expect_utf8_as_elsewhere(buffer_view(&text), (unsigned)_i);
    }
    buffer_fini(&text);
}
END_TEST

Suite *suite_record_json_marks(void)
{
    Suite *suite = suite_create("record/json_marks");
    TCase *ways = tcase_create("ways");

    tcase_add_checked_fixture(ways, start, finish);
    tcase_add_loop_test(ways, quotes_escapes_and_control_characters_have_marks, 0, WAYS);
    tcase_add_loop_test(ways, what_an_escape_hides_has_no_mark, 0, WAYS);
    tcase_add_loop_test(ways, every_way_finds_the_same_marks, 0, WAYS);
    tcase_add_loop_test(ways, windows_follow_each_other, 0, WAYS);
    tcase_add_loop_test(ways, utf8_is_checked_wherever_a_character_stands, 0, WAYS);
    tcase_add_loop_test(ways, characters_of_any_length_may_follow_each_other, 0, WAYS);
    suite_add_tcase(suite, ways);
    return suite;
}
