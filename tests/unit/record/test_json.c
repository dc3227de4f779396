#include "record/json.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* A text that goes into documents as it is. */
static void expect_whole(const char *text)
{
    struct json_object object;

    ck_assert_msg(json_check_object(&scanner, slice_of(text), &object) == 0, "refused: %s", text);
    ck_assert_msg(!object.needs_repair, "needs repair: %s", text);
}

static void expect_refusal_of(struct slice text)
{
    struct json_object object;

    ck_assert_msg(json_check_object(&scanner, text, &object) < 0, "accepted: %.*s",
                  SLICE_ARG(text));
}

static void expect_refusal(const char *text)
{
    expect_refusal_of(slice_of(text));
}

static void expect_repair_of(struct slice text, const char *repaired)
{
    struct json_object object;

    ck_assert_int_eq(json_check_object(&scanner, text, &object), 0);
    ck_assert_msg(object.needs_repair, "needs no repair: %.*s", SLICE_ARG(text));
    ck_assert_int_eq(json_take_object(&scanner, text, &arena, &object), 0);
    ck_assert_str_eq(arena_copy(&arena, object.text).data, repaired);
}

static void expect_repair(const char *text, const char *repaired)
{
    expect_repair_of(slice_of(text), repaired);
}

/* An object with this one value. */
static struct slice around(const char *value)
{
    return arena_format(&arena, "{\"a\":%s}", value);
}

/* ---- what is JSON ---- */

START_TEST(objects_are_accepted)
{
    static const char *const texts[] = {
        "{}",
        "{ }",
        " \t{\"a\":1}\r\n",
        "{\"a\":{}, \"b\":[], \"c\":[{}]}",
        "{\"a\" : [1 , 2 ,3 ] , \"b\":null}",
        "{\"\":\"\"}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
        "{\"a\":\"\x7f\"}",
        "{\"ключ\":\"значение \xf0\x9f\x98\x80\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_whole(texts[i]);
}
END_TEST

START_TEST(what_is_no_object_is_refused)
{
    static const char *const texts[] = {
        "",
        " ",
        "null",
        "1",
        "\"a\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} {}",
        "{}x",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{,}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\"1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":[1}",
        "{\"a\":[}",
        "{\"a\":{]}",
        "x{}",
        "\xef\xbb\xbf{}",
        "{\"a\":1]",
        "//x\n{}",
        "{/*x*/}",
        "{\"a\":undefined}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_refusal(texts[i]);
    expect_refusal_of((struct slice){0});
}
END_TEST

START_TEST(every_cut_of_an_object_is_refused)
{
    struct slice whole = SLICE("{\"a\":[1,-2.5e+3,\"x\\u00e9\\n\xc3\xa9\"],\"b\":{\"c\":true},"
                               "\"d\":false,\"e\":null}");

    for (size_t len = 0; len < whole.len; len++)
        expect_refusal_of(slice_make(whole.data, len));
}
END_TEST

START_TEST(numbers_are_as_the_grammar_has_them)
{
    static const char *const good[] = {"0",
                                       "-0",
                                       "12",
                                       "-12",
                                       "0.5",
                                       "1.25e10",
                                       "1E-5",
                                       "1e+5",
                                       "0e0",
                                       "-0.0",
                                       "123456789012345678"};
    static const char *const bad[] = {"-",   "+1",       "01",  "-01",   "00",    "1.",
                                      ".5",  "1.e5",     "1e",  "1e+",   "0x10",  "1_0",
                                      "NaN", "Infinity", "--1", "1.2.3", "1e5.5", "-a"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        expect_whole(around(good[i]).data);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_refusal_of(around(bad[i]));
}
END_TEST

START_TEST(words_are_whole_and_small)
{
    static const char *const bad[] = {"tru", "trueish", "True", "nul", "nulll", "fals", "FALSE"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_refusal_of(around(bad[i]));
}
END_TEST

START_TEST(escapes_are_those_of_the_grammar)
{
    static const char *const bad[] = {"\"\\\"",  "\"\\x41\"", "\"\\u12\"",     "\"\\u12g4\"",
                                      "\"\\'\"", "\"\\a\"",   "\"\\U000041\"", "\"\\"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_refusal_of(around(bad[i]));
}
END_TEST

START_TEST(control_characters_in_strings_are_refused)
{
    char text[] = "{\"a\":\"0123456789abcde?0123456789abcde\"}";

    for (int byte = 0; byte < 0x20; byte++) {
        text[21] = (char)byte;
        expect_refusal_of(slice_make(text, sizeof text - 1));
    }
    text[21] = ' ';
    expect_whole(text);
}
END_TEST

START_TEST(a_nul_between_tokens_is_refused)
{
    expect_refusal_of(SLICE("{\"a\":1}\0"));
    expect_refusal_of(SLICE("{\0\"a\":1}"));
    expect_refusal_of(SLICE("{\"a\":\0 1}"));
    expect_refusal_of(SLICE("{\"a\":1\0}"));
}
END_TEST

/* `depth` objects and arrays in turn around a number. */
static struct slice nested(unsigned depth)
{
    struct buffer text = {0};
    struct slice copy;

    for (unsigned i = 0; i < depth; i++)
        buffer_append_text(&text, i % 2 == 0 ? "{\"a\":" : "[");
    buffer_append_byte(&text, '1');
    for (unsigned i = depth; i-- > 0;)
        buffer_append_byte(&text, i % 2 == 0 ? '}' : ']');
    copy = arena_copy(&arena, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

START_TEST(depth_has_a_limit)
{
    expect_whole(nested(JSON_DEPTH_MAX).data);
    expect_refusal_of(nested(JSON_DEPTH_MAX + 1));
    expect_refusal_of(nested(10 * JSON_DEPTH_MAX));
}
END_TEST

static struct slice of_members(unsigned count)
{
    struct buffer text = {0};
    struct slice copy;

    for (unsigned i = 0; i < count; i++)
        buffer_append_format(&text, "%c\"k%u\":%u", i == 0 ? '{' : ',', i, i);
    buffer_append_byte(&text, '}');
    copy = arena_copy(&arena, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

/* Each becomes a field, so a line of some megabytes could ask for a gigabyte. */
START_TEST(members_have_a_limit)
{
    struct json_object object;

    ck_assert_int_eq(json_check_object(&scanner, of_members(JSON_MEMBERS_MAX), &object), 0);
    ck_assert_uint_eq(object.member_count, JSON_MEMBERS_MAX);
    ck_assert_int_eq(json_check_object(&scanner, of_members(JSON_MEMBERS_MAX + 1), &object),
                     -E2BIG);
}
END_TEST

/* A string in an object, with its last byte on the last one of a page. */
static struct slice up_to_a_page(size_t pages)
{
    size_t len = pages * 4096;
    char *text = NULL;

    ck_assert_int_eq(posix_memalign((void **)&text, 4096, len), 0);
    memset(text, 'x', len);
    memcpy(text, "{\"k\":\"", 6);
    memcpy(text + len - 2, "\"}", 2);
    return slice_make(text, len);
}

START_TEST(what_a_long_text_needed_is_not_kept)
{
    struct slice text = up_to_a_page(256);
    struct json_object object;

    ck_assert_int_eq(json_check_object(&scanner, text, &object), 0);
    ck_assert_ptr_eq(object.text.data, text.data);
    ck_assert_uint_eq(scanner.copy.capacity, 0);
    ck_assert_int_eq(json_check_object(&scanner, slice_make(text.data, text.len - 1), &object),
                     -EINVAL);
    ck_assert_uint_eq(scanner.copy.capacity, 0);
    free((char *)text.data);
}
END_TEST

START_TEST(the_room_of_many_members_is_not_kept_for_the_next_text)
{
    struct json_object object;

    ck_assert_int_eq(json_check_object(&scanner, of_members(JSON_MEMBERS_MAX), &object), 0);
    expect_whole("{\"a\":1}");
    ck_assert_uint_lt(scanner.member_capacity, 4096);
}
END_TEST

/* ---- what a check says ---- */

START_TEST(members_are_where_they_stand)
{
    struct json_object object;
    const char *text;

    ck_assert_int_eq(
        json_check_object(&scanner, SLICE("  {\"one\": 1 ,\"two\":{\"x\":[2]}}  "), &object), 0);
    ck_assert_uint_eq(object.member_count, 2);
    text = object.text.data;
    ck_assert(slice_is(object.text, "{\"one\": 1 ,\"two\":{\"x\":[2]}}"));
    ck_assert_uint_eq(object.members[0].key_len, 3);
    ck_assert(memcmp(text + object.members[0].key_at, "one", 3) == 0);
    ck_assert(memcmp(text + object.members[0].value_at, "1", object.members[0].value_len) == 0);
    ck_assert(
        memcmp(text + object.members[1].value_at, "{\"x\":[2]}", object.members[1].value_len) == 0);
}
END_TEST

START_TEST(initials_tell_which_keys_cannot_be_there)
{
    struct json_object object;

    ck_assert_int_eq(json_check_object(&scanner, SLICE("{\"a\":{\"z\":1},\"\":2}"), &object), 0);
    ck_assert(object.initials & json_initial(SLICE("abc")));
    ck_assert(object.initials & json_initial(SLICE("")));
    ck_assert(!(object.initials & json_initial(SLICE("z"))));
}
END_TEST

START_TEST(a_check_forgets_the_one_before)
{
    struct json_object object;

    expect_repair("{\"a\":1,\"a\":2}", "{\"a\":2}");
    ck_assert_int_lt(json_check_object(&scanner, SLICE("{\"a\":1,\"b\":{\"a\":"), &object), 0);
    expect_whole("{\"a\":1,\"b\":2}");
}
END_TEST

START_TEST(values_of_any_kind_can_be_checked)
{
    bool needs_repair = true;

    ck_assert_int_eq(json_check_value(&scanner, SLICE(" [1] "), &needs_repair), 0);
    ck_assert(!needs_repair);
    ck_assert_int_eq(json_check_value(&scanner, SLICE("[1e999]"), &needs_repair), 0);
    ck_assert(needs_repair);
    ck_assert_int_eq(json_check_value(&scanner, SLICE("null"), NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, SLICE(""), NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, SLICE("  "), NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, (struct slice){0}, NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, SLICE("1 2"), NULL), 0);
}
END_TEST

/* ---- the table in json.h ---- */

START_TEST(of_a_doubled_key_the_last_stays)
{
    expect_repair("{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}");
    expect_repair("{\"x\":{\"a\":1,\"a\":2}}", "{\"x\":{\"a\":2}}");
    expect_repair("{\"x\":[{\"a\":1,\"a\":2}]}", "{\"x\":[{\"a\":2}]}");
    expect_repair("{\"\":1,\"\":2}", "{\"\":2}");
    expect_whole("{\"a\":{\"a\":1},\"b\":{\"a\":2},\"A\":1}");
}
END_TEST

/* key0 to key99, and `extra` as one more member. */
static struct slice many_keys(unsigned count, const char *extra)
{
    struct buffer text = {0};
    struct slice copy;

    buffer_append_byte(&text, '{');
    for (unsigned i = 0; i < count; i++)
        buffer_append_format(&text, "\"key%u\":%u,", i, i);
    buffer_append_text(&text, extra);
    buffer_append_byte(&text, '}');
    copy = arena_copy(&arena, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

START_TEST(a_doubled_key_is_found_among_many)
{
    static const unsigned counts[] = {2, 63, 64, 65, 66, 200, 5000};
    struct json_object object;
    struct slice value;

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        expect_whole(many_keys(counts[i], "\"last\":1").data);
        ck_assert_int_eq(
            json_take_object(&scanner, many_keys(counts[i], "\"key1\":true"), &arena, &object), 0);
        ck_assert_uint_eq(object.member_count, counts[i]);
        ck_assert(json_find(object.text, SLICE("key1"), &value));
        ck_assert(slice_is(value, "true"));
    }
}
END_TEST

START_TEST(a_doubled_key_is_found_in_a_large_object_inside)
{
    struct slice inner = many_keys(100, "\"key99\":0");
    struct json_object object;

    ck_assert_int_eq(json_check_object(&scanner, around(inner.data), &object), 0);
    ck_assert(object.needs_repair);
    expect_whole(around(many_keys(100, "\"x\":0").data).data);
}
END_TEST

START_TEST(keys_are_written_with_as_few_escapes_as_possible)
{
    expect_repair("{\"\\u0061\":1}", "{\"a\":1}");
    expect_repair("{\"a\":1,\"\\u0061\":2}", "{\"a\":2}");
    expect_repair("{\"a\\/b\":1}", "{\"a/b\":1}");
    expect_repair("{\"\\u00e9\":1}", "{\"\xc3\xa9\":1}");
    expect_repair("{\"a\\\"\\\\\\n\\u0007\":1}", "{\"a\\\"\\\\\\n\\u0007\":1}");
    expect_repair("{\"\\ud83d\\ude00\":1}", "{\"\xf0\x9f\x98\x80\":1}");
}
END_TEST

START_TEST(keys_that_are_the_same_once_decoded_are_doubled)
{
    expect_repair("{\"\\n\":1,\"\\u000a\":2}", "{\"\\n\":2}");
    expect_repair("{\"\\ud800\":1,\"\\udc00\":2}", "{\""
                                                   "\xef\xbf\xbd"
                                                   "\":2}");
    expect_repair("{\"\xff\":1,\"\xfe\":2}", "{\""
                                             "\xef\xbf\xbd"
                                             "\":2}");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_replaced)
{
    expect_repair("{\"a\":\"x\xffy\"}", "{\"a\":\"x"
                                        "\xef\xbf\xbd"
                                        "y\"}");
    expect_repair("{\"a\":\"\xc3\"}", "{\"a\":\""
                                      "\xef\xbf\xbd"
                                      "\"}");
    expect_repair("{\"a\":\"\xe2\x82\"}", "{\"a\":\""
                                          "\xef\xbf\xbd\xef\xbf\xbd"
                                          "\"}");
    expect_repair("{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\""
                                              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                              "\"}");
    expect_repair("{\"a\xff\":1}", "{\"a"
                                   "\xef\xbf\xbd"
                                   "\":1}");
    expect_repair("{\"a\":[\"\xff\\\"\"]}", "{\"a\":[\""
                                            "\xef\xbf\xbd"
                                            "\\\"\"]}");
}
END_TEST

START_TEST(odd_escapes_in_values_stay)
{
    expect_whole("{\"a\":\"\\ud800\",\"b\":\"\\u0000\",\"c\":\"\\udc00\\ud800\"}");
    expect_repair("{\"a\":\"\\ud800\\u0000\xff\"}", "{\"a\":\"\\ud800\\u0000"
                                                    "\xef\xbf\xbd"
                                                    "\"}");
}
END_TEST

START_TEST(integers_of_64_bits_stay)
{
    static const char *const numbers[] = {"9223372036854775807",
                                          "-9223372036854775808",
                                          "18446744073709551615",
                                          "1e308",
                                          "-1.7976931348623157e308",
                                          "5e-324",
                                          "1e-999",
                                          "0.12345678901234567890123456789"};

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        expect_whole(around(numbers[i]).data);
}
END_TEST

START_TEST(numbers_that_do_not_fit_become_strings)
{
    static const char *const numbers[] = {"18446744073709551616",
                                          "-9223372036854775809",
                                          "123456789012345678901234567890",
                                          "1e309",
                                          "-1e999",
                                          "1.8e308"};

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        expect_repair_of(around(numbers[i]),
                         arena_format(&arena, "{\"a\":\"%s\"}", numbers[i]).data);
}
END_TEST

START_TEST(line_breaks_between_tokens_go)
{
    expect_repair("{\n\"a\":1}", "{\"a\":1}");
    expect_repair("{\"a\":\r\n[ 1,\n 2 ] ,\t\"b\" : {\n} }", "{\"a\":[1,2],\"b\":{}}");
    expect_whole("{\"a\" : \"\\n\"}\n");
}
END_TEST

START_TEST(what_needs_no_repair_is_not_copied)
{
    struct slice text = SLICE(" {\"a\": 1}");
    struct json_object object;

    ck_assert_int_eq(json_take_object(&scanner, text, &arena, &object), 0);
    ck_assert_ptr_eq(object.text.data, text.data + 1);
    ck_assert_int_lt(json_take_object(&scanner, SLICE("{"), &arena, &object), 0);
}
END_TEST

static void add_table(Suite *suite)
{
    TCase *table = tcase_create("table");

    tcase_add_checked_fixture(table, start, finish);
    tcase_add_test(table, of_a_doubled_key_the_last_stays);
    tcase_add_test(table, a_doubled_key_is_found_among_many);
    tcase_add_test(table, a_doubled_key_is_found_in_a_large_object_inside);
    tcase_add_test(table, keys_are_written_with_as_few_escapes_as_possible);
    tcase_add_test(table, keys_that_are_the_same_once_decoded_are_doubled);
    tcase_add_test(table, bytes_that_are_not_utf8_are_replaced);
    tcase_add_test(table, odd_escapes_in_values_stay);
    tcase_add_test(table, integers_of_64_bits_stay);
    tcase_add_test(table, numbers_that_do_not_fit_become_strings);
    tcase_add_test(table, line_breaks_between_tokens_go);
    tcase_add_test(table, what_needs_no_repair_is_not_copied);
    suite_add_tcase(suite, table);
}

Suite *suite_record_json(void)
{
    Suite *suite = suite_create("record/json");
    TCase *check = tcase_create("check");

    tcase_add_checked_fixture(check, start, finish);
    tcase_add_test(check, objects_are_accepted);
    tcase_add_test(check, what_is_no_object_is_refused);
    tcase_add_test(check, every_cut_of_an_object_is_refused);
    tcase_add_test(check, numbers_are_as_the_grammar_has_them);
    tcase_add_test(check, words_are_whole_and_small);
    tcase_add_test(check, escapes_are_those_of_the_grammar);
    tcase_add_test(check, control_characters_in_strings_are_refused);
    tcase_add_test(check, a_nul_between_tokens_is_refused);
    tcase_add_test(check, depth_has_a_limit);
    tcase_add_test(check, members_have_a_limit);
    tcase_add_test(check, what_a_long_text_needed_is_not_kept);
    tcase_add_test(check, the_room_of_many_members_is_not_kept_for_the_next_text);
    tcase_add_test(check, members_are_where_they_stand);
    tcase_add_test(check, initials_tell_which_keys_cannot_be_there);
    tcase_add_test(check, a_check_forgets_the_one_before);
    tcase_add_test(check, values_of_any_kind_can_be_checked);
    suite_add_tcase(suite, check);
    add_table(suite);
    return suite;
}
