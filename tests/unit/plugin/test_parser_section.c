#include "plugin/parser_section.h"

#include "kit/parser.h"
#include "kit/property.h"

#include <check.h>

static struct parser_book *book;
static struct report report;

static void start(void)
{
    book = parser_book_new();
    report_init(&report);
}

static void finish(void)
{
    parser_book_free(&book);
    report_fini(&report);
}

#define ADD(...) add(kit_properties(__VA_ARGS__, NULL))

static int add(struct property_list section)
{
    return parser_section_add(book, &section, &report);
}

static void expect_parse(const char *name, const char *text, const char *json)
{
    ck_assert_ptr_nonnull(parser_book_find(book, name));
    ck_assert_str_eq(kit_parser_apply(parser_book_find(book, name), text).json, json);
}

START_TEST(a_section_becomes_a_parser)
{
    ck_assert_int_eq(ADD("Name", "a", "Format", "json"), 0);
    expect_parse("a", "{\"x\":1}", "{\"x\":1}");
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(every_key_has_its_meaning)
{
    struct kit_parsed got;

    ck_assert_int_eq(ADD("Name", "a", "Format", "regex", "Regex",
                         "^(?<at>\\S+) (?<n>\\S+) (?<e>x*)$", "Time_Key", "at", "Time_Format",
                         "%Y-%m-%d", "Time_Offset", "-0100", "Time_Keep", "On", "Types",
                         "n:integer", "Skip_Empty_Values", "Off"),
                     0);
    got = kit_parser_apply(parser_book_find(book, "a"), "1970-01-01 12 ");
    ck_assert_str_eq(got.json, "{\"at\":\"1970-01-01\",\"n\":12,\"e\":\"\"}");
    ck_assert_int_eq(got.time_ns, INT64_C(3600000000000));
    ck_assert_int_eq(ADD("Name", "b", "Format", "logfmt", "Logfmt_No_Bare_Keys", "true"), 0);
    ck_assert_int_lt(kit_parser_apply(parser_book_find(book, "b"), "bare").rc, 0);
    ck_assert_int_eq(ADD("Name", "c", "Format", "ltsv", "Time_Strict", "off", "Time_Format", "%s"),
                     0);
    expect_parse("c", "time:x", "{\"time\":\"x\"}");
}
END_TEST

START_TEST(decoders_keep_the_order_of_the_file)
{
    ck_assert_int_eq(ADD("Name", "a", "Format", "json", "Decode_Field_As",
                         "escaped_utf8 log do_next", "Decode_Field", "json log"),
                     0);
    expect_parse("a", "{\"log\":\"{\\\\\\\"b\\\\\\\":2}\"}", "{\"log\":\"{\\\"b\\\":2}\",\"b\":2}");
}
END_TEST

START_TEST(of_two_parsers_with_a_name_the_later_wins)
{
    ck_assert_int_eq(ADD("Name", "a", "Format", "json"), 0);
    ck_assert_int_eq(ADD("Name", "a", "Format", "logfmt"), 0);
    ck_assert_uint_eq(report.warning_count, 1);
    expect_parse("a", "x=1", "{\"x\":\"1\"}");
}
END_TEST

START_TEST(case_counts_in_a_parsers_name)
{
    ck_assert_int_eq(ADD("Name", "Docker", "Format", "json"), 0);
    ck_assert_ptr_null(parser_book_find(book, "docker"));
    ck_assert_str_eq(parser_book_nearest(book, "docker"), "Docker");
    ck_assert_str_eq(parser_book_nearest(book, "Dokcer"), "Docker");
    ck_assert_ptr_null(parser_book_nearest(book, "something else"));
}
END_TEST

START_TEST(a_section_with_a_mistake_adds_nothing)
{
    ck_assert_int_lt(ADD("Name", "a"), 0);
    ck_assert_int_lt(ADD("Name", "a", "Format", "regex", "Regex", "("), 0);
    ck_assert_int_lt(ADD("Name", "a", "Format", "json", "Time_Keep", "perhaps"), 0);
    ck_assert_ptr_null(parser_book_find(book, "a"));
    ck_assert_uint_eq(report.error_count, 3);
}
END_TEST

/* Lines of the section: its keys stand from line 2 on. */
static void expect_told(const char *words)
{
    ck_assert_msg(memmem(report.text.data, report.text.len, words, strlen(words)) != NULL, "%s",
                  words);
}

START_TEST(each_mistake_names_the_line_of_its_key)
{
    ck_assert_int_lt(ADD("Name", "a", "Format", "regex", "Types", "n:number", "Time_Offset", "5",
                         "Time_Zone", "Nowhere", "Time_Format", "%Q", "Regex", "("),
                     0);
    expect_told("test.conf:8: regular expression '('");
    expect_told("test.conf:7: Time_Format '%Q'");
    expect_told("test.conf:5: Time_Offset '5'");
    expect_told("test.conf:6: Time_Zone 'Nowhere' is not in");
    expect_told("test.conf:6: Time_Zone goes with neither");
    ck_assert_int_lt(ADD("Name", "b", "Format", "logfmt", "Types", "n:number", "Time_Zone", "UTC"),
                     0);
    expect_told("test.conf:4: Types: n:number");
    expect_told("test.conf:5: parser \"b\": Time_Zone needs a Time_Format");
    ck_assert_int_lt(ADD("Name", "c", "Format", "jsno"), 0);
    expect_told("test.conf:3: parser \"c\": there is no Format \"jsno\"");
    ck_assert_int_lt(ADD("Name", "d", "Format", "regex"), 0);
    expect_told("test.conf:1: parser \"d\" has no Regex");
}
END_TEST

START_TEST(a_value_that_does_not_convert_hides_no_other_mistake)
{
    ck_assert_int_lt(ADD("Name", "a", "Time_Keep", "perhaps", "Format", "regex", "Regex", "("), 0);
    ck_assert_uint_eq(report.error_count, 2);
    ck_assert_ptr_null(parser_book_find(book, "a"));
}
END_TEST

START_TEST(a_key_that_no_parser_has_is_warned_of)
{
    ck_assert_int_eq(ADD("Name", "a", "Format", "json", "Colour", "red"), 0);
    ck_assert_uint_eq(report.warning_count, 1);
}
END_TEST

START_TEST(the_table_is_right)
{
    options_check(parser_options);
}
END_TEST

Suite *suite_plugin_parser_section(void)
{
    Suite *suite = suite_create("plugin/parser_section");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, start, finish);
    tcase_add_test(tcase, a_section_becomes_a_parser);
    tcase_add_test(tcase, every_key_has_its_meaning);
    tcase_add_test(tcase, decoders_keep_the_order_of_the_file);
    tcase_add_test(tcase, of_two_parsers_with_a_name_the_later_wins);
    tcase_add_test(tcase, case_counts_in_a_parsers_name);
    tcase_add_test(tcase, a_section_with_a_mistake_adds_nothing);
    tcase_add_test(tcase, each_mistake_names_the_line_of_its_key);
    tcase_add_test(tcase, a_value_that_does_not_convert_hides_no_other_mistake);
    tcase_add_test(tcase, a_key_that_no_parser_has_is_warned_of);
    tcase_add_test(tcase, the_table_is_right);
    suite_add_tcase(suite, tcase);
    return suite;
}
