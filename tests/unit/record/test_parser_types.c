#include "kit/parser.h"

#include <check.h>
#include <stdio.h>

/* What a text becomes as a field of this type. */
static void expect(const char *type, const char *text, const char *json)
{
    char types[64], line[512], want[512];
    struct parser_settings s = parser_settings_default();

    snprintf(types, sizeof types, "k:%s", type);
    snprintf(line, sizeof line, "k:%s", text);
    snprintf(want, sizeof want, "{\"k\":%s}", json);
    s.name = "p";
    s.format = "ltsv";
    s.types = types;
    ck_assert_str_eq(kit_parser_once(&s, line).json, want);
}

START_TEST(integers_are_read)
{
    expect("integer", "0", "0");
    expect("integer", "200", "200");
    expect("integer", "-17", "-17");
    expect("integer", "+5", "5");
    expect("integer", " 12", "12");
    expect("integer", "0012", "12");
    expect("INTEGER", "1", "1");
}
END_TEST

/* As in Fluent Bit: what is declared an integer is one in every document. */
START_TEST(what_begins_with_no_integer_is_zero)
{
    expect("integer", "-", "0");
    expect("integer", "", "0");
    expect("integer", "text", "0");
    expect("integer", "12ms", "12");
    expect("integer", "1.9", "1");
}
END_TEST

START_TEST(integers_that_are_too_large_are_the_largest)
{
    expect("integer", "9223372036854775807", "9223372036854775807");
    expect("integer", "9223372036854775808", "9223372036854775807");
    expect("integer", "-9223372036854775808", "-9223372036854775808");
    expect("integer", "-9223372036854775809", "-9223372036854775808");
    expect("integer", "99999999999999999999999", "9223372036854775807");
}
END_TEST

START_TEST(hexadecimal_numbers_are_read)
{
    expect("hex", "ff", "255");
    expect("hex", "0xFF", "255");
    expect("hex", "ffffffffffffffff", "18446744073709551615");
    expect("hex", "1ffffffffffffffff", "18446744073709551615");
    expect("hex", "xyz", "0");
}
END_TEST

START_TEST(floats_are_read)
{
    expect("float", "0.25", "0.25");
    expect("float", "-1e3", "-1000.0");
    expect("float", "-", "0.0");
    expect("float", "12ms", "12.0");
}
END_TEST

START_TEST(what_json_has_no_number_for_stays_a_string)
{
    expect("float", "nan", "\"nan\"");
    expect("float", "inf", "\"inf\"");
    expect("float", "1e999", "\"1e999\"");
}
END_TEST

START_TEST(booleans_are_read_by_their_beginning)
{
    expect("bool", "true", "true");
    expect("bool", "FALSE", "false");
    expect("bool", "truely", "true");
    expect("bool", "yes", "\"yes\"");
    expect("bool", "", "\"\"");
}
END_TEST

START_TEST(strings_stay)
{
    expect("string", "12", "\"12\"");
}
END_TEST

START_TEST(a_float_of_any_length_is_read_or_stays)
{
    char digits[80];

    memset(digits, '1', sizeof digits);
    digits[sizeof digits - 1] = '\0';
    expect("integer", digits, "9223372036854775807");
    digits[62] = '\0';
    expect("float", digits, "1.1111111111111111e+61");
}
END_TEST

START_TEST(types_may_stand_apart)
{
    struct parser_settings s = parser_settings_default();

    s.name = "p";
    s.format = "logfmt";
    s.types = "  a:integer \t b:float  ";
    ck_assert_str_eq(kit_parser_once(&s, "a=1 b=2 c=3").json, "{\"a\":1,\"b\":2.0,\"c\":\"3\"}");
}
END_TEST

/* As in Fluent Bit; the report says so (test_parser.c). */
START_TEST(types_between_commas_are_strings)
{
    struct parser_settings s = parser_settings_default();
    struct report report;
    struct parser *parser;

    s.name = "p";
    s.format = "logfmt";
    s.types = "a:integer,b:float";
    report_init(&report);
    parser = parser_new(&s, (struct place){0}, &report);
    ck_assert_str_eq(kit_parser_apply(parser, "a=1 b=2").json, "{\"a\":\"1\",\"b\":\"2\"}");
    ck_assert_uint_eq(report.warning_count, 1);
    parser_free(&parser);
    report_fini(&report);
}
END_TEST

/* Types are of all fields; that one is the time as well changes nothing. */
START_TEST(a_time_that_is_kept_has_its_type)
{
    struct parser_settings s = parser_settings_default();

    s.name = "p";
    s.format = "ltsv";
    s.types = "time:integer";
    s.time.format = "%s";
    s.time_keep = true;
    ck_assert_str_eq(kit_parser_once(&s, "time:12\ta:b").json, "{\"time\":12,\"a\":\"b\"}");
    s.format = "regex";
    s.regex = "^(?<time>\\d+) (?<a>.*)$";
    ck_assert_str_eq(kit_parser_once(&s, "12 b").json, "{\"time\":12,\"a\":\"b\"}");
}
END_TEST

START_TEST(a_group_of_nothing_that_is_kept_has_its_type)
{
    struct parser_settings s = parser_settings_default();

    s.name = "p";
    s.format = "regex";
    s.regex = "^(?<a>\\d*),(?<b>x)?(?<c>.*)$";
    s.types = "a:integer b:float";
    s.skip_empty_values = false;
    ck_assert_str_eq(kit_parser_once(&s, ",").json, "{\"a\":0,\"b\":0.0,\"c\":\"\"}");
    s.time.format = "%s";
    s.time_key = "c";
    ck_assert_str_eq(kit_parser_once(&s, "1,").json, "{\"a\":1,\"b\":0.0}");
}
END_TEST

Suite *suite_record_parser_types(void)
{
    Suite *suite = suite_create("record/parser_types");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, integers_are_read);
    tcase_add_test(tcase, what_begins_with_no_integer_is_zero);
    tcase_add_test(tcase, integers_that_are_too_large_are_the_largest);
    tcase_add_test(tcase, hexadecimal_numbers_are_read);
    tcase_add_test(tcase, floats_are_read);
    tcase_add_test(tcase, what_json_has_no_number_for_stays_a_string);
    tcase_add_test(tcase, booleans_are_read_by_their_beginning);
    tcase_add_test(tcase, strings_stay);
    tcase_add_test(tcase, a_float_of_any_length_is_read_or_stays);
    tcase_add_test(tcase, types_may_stand_apart);
    tcase_add_test(tcase, types_between_commas_are_strings);
    tcase_add_test(tcase, a_time_that_is_kept_has_its_type);
    tcase_add_test(tcase, a_group_of_nothing_that_is_kept_has_its_type);
    suite_add_tcase(suite, tcase);
    return suite;
}
