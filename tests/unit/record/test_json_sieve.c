#include "record/json_sieve.h"

#include "base/memory.h"

#include <check.h>

static const char *const keys[] = {"items", "status", "error", NULL};

static struct buffer out;

static void tear_down(void)
{
    buffer_fini(&out);
}

/* In pieces of so many bytes. */
static const char *sieve_in(const char *text, size_t piece_bytes)
{
    struct slice rest = slice_of(text);
    struct json_sieve sieve;

    json_sieve_init(&sieve, keys);
    buffer_clear(&out);
    while (rest.len > 0) {
        size_t len = rest.len < piece_bytes ? rest.len : piece_bytes;

        json_sieve_feed(&sieve, slice_make(rest.data, len), &out);
        rest = slice_skip(rest, len);
    }
    return buffer_text(&out);
}

/* However it is cut, the same comes out. */
static void expect(const char *text, const char *expected)
{
    ck_assert_str_eq(sieve_in(text, SIZE_MAX), expected);
    for (size_t piece_bytes = 1; piece_bytes < 8; piece_bytes++)
        ck_assert_str_eq(sieve_in(text, piece_bytes), expected);
}

START_TEST(members_that_were_not_asked_for_are_left_out)
{
    expect("{\"took\":3,\"items\":[{\"create\":1,\"status\":201}],\"x\":null}",
           "{\"items\":[{\"status\":201}]}");
    expect("{\"took\":3}", "{}");
    expect("{\"status\":1,\"a\":2,\"status\":3,\"b\":4}", "{\"status\":1,\"status\":3}");
    expect("{\"statu\":1,\"statuses\":2,\"\":3,\"a key of more than twenty-four bytes\":4}", "{}");
}
END_TEST

START_TEST(values_that_are_left_out_may_be_anything)
{
    expect("{\"a\":{\"b\":[{}, \"]}\", {\"status\":1}]},\"status\":2}", "{\"status\":2}");
    expect("{\"a\":\"\\\"\\\\\",\"status\":2}", "{\"status\":2}");
    expect("{\"a\":[], \"b\":{}, \"c\":-1.5e+3 ,\"d\":true,\"status\":2}", "{\"status\":2}");
}
END_TEST

START_TEST(elements_of_arrays_are_all_let_through)
{
    expect("[1,{\"a\":1},[],\"x\",null]", "[1,{},[],\"x\",null]");
}
END_TEST

START_TEST(blanks_are_left_out_but_in_strings)
{
    expect(" { \"items\" :\n[ 1 ,\t2 ] ,\r\n\"error\" : \" a  b \" } \n",
           "{\"items\":[1,2],\"error\":\" a  b \"}");
    expect("12 ", "12");
}
END_TEST

START_TEST(of_a_long_string_the_beginning_is_let_through)
{
    char *text =
        mem_format("{\"error\":\"%0*d\",\"status\":1}", JSON_SIEVE_TEXT_BYTES_MAX + 500, 7);
    char *expected = mem_format("{\"error\":\"%0*d\",\"status\":1}", JSON_SIEVE_TEXT_BYTES_MAX, 0);

    expect(text, expected);
    mem_free(text);
    mem_free(expected);
}
END_TEST

/* Neither an escape nor a character is cut in two; bytes that are no text have an end as well. */
START_TEST(characters_are_whole)
{
    static const char *const ends[][2] = {
        {"\\u20ac!", "\\u20ac"},
        {"\xe2\x82\xac!", "\xe2\x82\xac"},
        {"\\\"!", "\\\""},
        {"\xf0\x9f\x98\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
         "\xf0\x9f\x98\x80\x80\x80\x80\x80\x80"},
    };

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *text = mem_format("\"%0*d%s\"", JSON_SIEVE_TEXT_BYTES_MAX - 1, 0, ends[i][0]);
        char *expected = mem_format("\"%0*d%s\"", JSON_SIEVE_TEXT_BYTES_MAX - 1, 0, ends[i][1]);

        expect(text, expected);
        mem_free(text);
        mem_free(expected);
    }
}
END_TEST

START_TEST(what_is_no_json_does_not_become_some)
{
    expect("<html>", "!");
    expect("{\"status\":1}}", "{\"status\":1}!");
    expect("{\"status\":1,}", "{\"status\":1!");
    expect("{\"status\":1,\"a\"}", "{\"status\":1!");
    expect("{\"a\" \"status\":1}", "{!");
    expect("{\"status\" 1}", "{\"status\"!");
    expect("[1,]", "[1,!");
    expect("[1}", "[1!");
    expect("{]", "{!");
    expect("]", "!");
    expect("{\"status\":}", "{\"status\":!");
    expect("1 2", "1!");
    expect("{\"status\":1 \"error\":2}", "{\"status\":1!");
}
END_TEST

START_TEST(an_end_that_lacks_is_not_made_up)
{
    expect("{\"status\":1,\"a", "{\"status\":1");
    expect("{\"a\":{\"status\":1}", "{");
    expect("{\"error\":\"x", "{\"error\":\"x");
}
END_TEST

START_TEST(depth_has_a_limit_but_in_what_is_left_out)
{
    char deep[2 * JSON_SIEVE_DEPTH_MAX + 3] = {0};
    char *text;

    memset(deep, '[', JSON_SIEVE_DEPTH_MAX);
    memset(deep + JSON_SIEVE_DEPTH_MAX, ']', JSON_SIEVE_DEPTH_MAX);
    expect(deep, deep);
    text = mem_format("{\"a\":[%s],\"status\":[]}", deep);
    expect(text, "{\"status\":[]}");
    mem_free(text);
    text = mem_format("[%s]", deep);
    deep[JSON_SIEVE_DEPTH_MAX] = '!';
    deep[JSON_SIEVE_DEPTH_MAX + 1] = '\0';
    expect(text, deep);
    mem_free(text);
}
END_TEST

Suite *suite_record_json_sieve(void)
{
    Suite *suite = suite_create("record/json_sieve");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, NULL, tear_down);
    tcase_add_test(all, members_that_were_not_asked_for_are_left_out);
    tcase_add_test(all, values_that_are_left_out_may_be_anything);
    tcase_add_test(all, elements_of_arrays_are_all_let_through);
    tcase_add_test(all, blanks_are_left_out_but_in_strings);
    tcase_add_test(all, of_a_long_string_the_beginning_is_let_through);
    tcase_add_test(all, characters_are_whole);
    tcase_add_test(all, what_is_no_json_does_not_become_some);
    tcase_add_test(all, an_end_that_lacks_is_not_made_up);
    tcase_add_test(all, depth_has_a_limit_but_in_what_is_left_out);
    suite_add_tcase(suite, all);
    return suite;
}
