#include "base/memory.h"
#include "record/json_escape.h"

#include <check.h>

static struct json_scanner scanner;
static struct arena arena;

static void start(void)
{
    json_scanner_init(&scanner);
}

static void finish(void)
{
    json_scanner_fini(&scanner);
    arena_fini(&arena);
}

/* ---- walking ---- */

START_TEST(members_are_walked_in_order)
{
    struct slice rest = SLICE("{ \"a\" : 1 , \"b\\\"\" : \"x,y}\" ,\"c\":[1,{\"d\":2}]}"), key,
                 value;

    ck_assert(json_next(&rest, &key, &value));
    ck_assert(slice_is(key, "a") && slice_is(value, "1"));
    ck_assert(json_next(&rest, &key, &value));
    ck_assert(slice_is(key, "b\\\"") && slice_is(value, "\"x,y}\""));
    ck_assert(json_next(&rest, &key, &value));
    ck_assert(slice_is(key, "c") && slice_is(value, "[1,{\"d\":2}]"));
    ck_assert(!json_next(&rest, &key, &value));
    ck_assert(!json_next(&rest, &key, &value));
}
END_TEST

START_TEST(elements_are_walked_in_order)
{
    struct slice rest = SLICE("[ [1] ,{\"a\":1},\"x\" , true ]"), key, value;
    static const char *const values[] = {"[1]", "{\"a\":1}", "\"x\"", "true"};

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        ck_assert(json_next(&rest, &key, &value));
        ck_assert(slice_is(value, values[i]));
        ck_assert_uint_eq(key.len, 0);
    }
    ck_assert(!json_next(&rest, &key, &value));
}
END_TEST

START_TEST(empty_containers_have_nothing_to_walk)
{
    static const char *const texts[] = {"{}", "[]", "{ }", "[ \t]"};
    struct slice key, value;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct slice rest = slice_of(texts[i]);

        ck_assert(!json_next(&rest, &key, &value));
    }
}
END_TEST

START_TEST(a_key_is_found_however_it_is_written)
{
    struct slice value;

    ck_assert(json_find(SLICE("{\"a\":1,\"\\u0062\":2,\"a\":3}"), SLICE("a"), &value));
    ck_assert(slice_is(value, "3"));
    ck_assert(json_find(SLICE("{\"a\":1,\"\\u0062\":2}"), SLICE("b"), &value));
    ck_assert(slice_is(value, "2"));
    ck_assert(!json_find(SLICE("{\"a\":{\"c\":1}}"), SLICE("c"), &value));
    ck_assert(!json_find(SLICE("{}"), SLICE(""), &value));
}
END_TEST

/* ---- strings ---- */

static void expect_decoded(const char *written, struct slice text)
{
    ck_assert(slice_equal(json_unescape(slice_of(written), &arena), text));
}

START_TEST(strings_are_decoded)
{
    expect_decoded("\"\"", SLICE(""));
    expect_decoded("\"plain\"", SLICE("plain"));
    expect_decoded("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", SLICE("\"\\/\b\f\n\r\t"));
    expect_decoded("\"a\\u00e9b\\u20ac\\ud83d\\ude00\"", SLICE("a\xc3\xa9"
                                                               "b\xe2\x82\xac\xf0\x9f\x98\x80"));
    expect_decoded("\"\\u0000\"", SLICE("\0"));
    expect_decoded("\"\\ud800x\\udc00\\ud800\\u0041\"",
                   SLICE("\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"
                         "A"));
}
END_TEST

static void expect_escaped(struct slice text, const char *written)
{
    struct buffer out = {0};

    json_escape(&out, text);
    ck_assert_str_eq(buffer_text(&out), written);
    buffer_fini(&out);
}

START_TEST(texts_are_escaped)
{
    expect_escaped(SLICE(""), "");
    expect_escaped(SLICE("a/b \"c\" \\ \n\r\t\b\f"), "a/b \\\"c\\\" \\\\ \\n\\r\\t\\b\\f");
    expect_escaped(SLICE("\0\x1f\x7f"), "\\u0000\\u001f\x7f");
    expect_escaped(SLICE("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80");
    expect_escaped(SLICE("a\xff\xc3"), "a"
                                       "\xef\xbf\xbd\xef\xbf\xbd");
    expect_escaped((struct slice){0}, "");
}
END_TEST

START_TEST(every_byte_survives_being_escaped_and_decoded)
{
    char bytes[128];
    struct buffer out = {0};

    for (int i = 0; i < 128; i++)
        bytes[i] = (char)i;
    buffer_append_byte(&out, '"');
    json_escape(&out, slice_make(bytes, sizeof bytes));
    buffer_append_byte(&out, '"');
    ck_assert_int_eq(json_check_value(&scanner, buffer_view(&out), NULL), 0);
    expect_decoded(buffer_text(&out), slice_make(bytes, sizeof bytes));
    buffer_fini(&out);
}
END_TEST

/* One byte after the other, as json_escape must write them. */
static void escape_slowly(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (byte == '"' || byte == '\\')
            buffer_append_format(out, "\\%c", byte);
        else if (byte == '\n')
            buffer_append_text(out, "\\n");
        else if (byte < 0x20)
            buffer_append_format(out, "\\u%04x", byte);
        else
            buffer_append_byte(out, (char)byte);
    }
}

/* Of every length around blocks and pieces, with quotes anywhere, at the end of what may be read; and
 * every third without anything but quotes, every third with few. */
START_TEST(texts_of_any_length_are_escaped_as_byte_by_byte)
{
    static const char *const all[] = {"\"\\\n\x01\"abcdefghijk", "\"\\\"\\\"abcdefghijk",
                                      "a\x7f !\"bcdefghijk"};
    uint32_t dice = 12345;

    if (!json_marks_has((unsigned)_i))
        return;
    for (size_t len = 0; len < 5000; len += len < 100 ? 1 : 97) {
        char *text = mem_alloc(len + 1);
        const char *some = all[len % ARRAY_LEN(all)];
        struct buffer fast = {0}, slow = {0};

        for (size_t i = 0; i < len; i++) {
            dice = dice * 1664525 + 1013904223;
            text[i] = some[(dice >> 20) % (dice >> 31 ? 4 : strlen(some))];
        }
        json_escape_by(&fast, slice_make(text, len), (unsigned)_i);
        escape_slowly(&slow, slice_make(text, len));
        ck_assert(slice_equal(buffer_view(&fast), buffer_view(&slow)));
        buffer_fini(&fast);
        buffer_fini(&slow);
        mem_free(text);
    }
}
END_TEST

Suite *suite_record_json_text(void)
{
    Suite *suite = suite_create("record/json_text");
    TCase *text = tcase_create("all");

    tcase_add_checked_fixture(text, start, finish);
    tcase_add_test(text, members_are_walked_in_order);
    tcase_add_test(text, elements_are_walked_in_order);
    tcase_add_test(text, empty_containers_have_nothing_to_walk);
    tcase_add_test(text, a_key_is_found_however_it_is_written);
    tcase_add_test(text, strings_are_decoded);
    tcase_add_test(text, texts_are_escaped);
    tcase_add_loop_test(text, texts_of_any_length_are_escaped_as_byte_by_byte, 0,
                        JSON_MARKS_AVX512 + 1);
    tcase_add_test(text, every_byte_survives_being_escaped_and_decoded);
    suite_add_tcase(suite, text);
    return suite;
}
