#include "record/json_compact.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void expect(const char *text, const char *compact)
{
    char copy[256];
    size_t len;

    snprintf(copy, sizeof copy, "%s", text);
    len = json_compact(copy, strlen(copy));
    copy[len] = '\0';
    ck_assert_str_eq(copy, compact);
}

START_TEST(blanks_between_tokens_go)
{
    expect(" { \"a\" :\t1 ,\r\n\"b\" : [ 1 , { } , \"x\" ] } ", "{\"a\":1,\"b\":[1,{},\"x\"]}");
    expect("{\"a b\":\" c \"}", "{\"a b\":\" c \"}");
    expect("{\"a\":\"\\\" , \"}", "{\"a\":\"\\\" , \"}");
    expect("", "");
}
END_TEST

START_TEST(only_what_must_be_is_escaped)
{
    expect("\"\\/\\u003cb\\u003E\\u0026\"", "\"/<b>&\"");
    expect("\"\\u00E9\\u20ac\\uD83D\\uDE00\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    expect("\"\\u0022\\u005c\\u000A\\u0009\"", "\"\\\"\\\\\\n\\t\"");
    expect("\"\\u0000\\u001F\\u007f\"", "\"\\u0000\\u001f\x7f\"");
    expect("\"\\\\u0041\\n\\\\\"", "\"\\\\u0041\\n\\\\\"");
}
END_TEST

START_TEST(half_a_pair_stays)
{
    expect("\"\\ud83d\"", "\"\\ud83d\"");
    expect("\"\\uDE00x\\ud83d\\u0041\"", "\"\\uDE00x\\ud83dA\"");
    expect("\"\\ud83d\\\\\"", "\"\\ud83d\\\\\"");
}
END_TEST

START_TEST(numbers_stay)
{
    expect("[1.10, 1E3 ,-0.0, 12345678901234567890]", "[1.10,1E3,-0.0,12345678901234567890]");
}
END_TEST

Suite *suite_record_json_compact(void)
{
    Suite *suite = suite_create("record/json_compact");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, blanks_between_tokens_go);
    tcase_add_test(tcase, only_what_must_be_is_escaped);
    tcase_add_test(tcase, half_a_pair_stays);
    tcase_add_test(tcase, numbers_stay);
    suite_add_tcase(suite, tcase);
    return suite;
}
