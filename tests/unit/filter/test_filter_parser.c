#include "kit/property.h"
#include "kit/record.h"
#include "plugin/plugin.h"

#include <check.h>

extern const struct filter_plugin filter_parser;

static struct parser_book *book;
static struct report report;
static struct record record;
static struct json_scanner scanner;
static void *self;

static void parser_add(const char *name, const char *format, const char *regex, const char *time)
{
    struct parser_settings settings = parser_settings_default();

    settings.name = name;
    settings.format = format;
    settings.regex = regex;
    settings.time.format = time;
    ck_assert_int_eq(parser_book_add(book, &settings, (struct place){0}, &report), 0);
}

static void start(void)
{
    book = parser_book_new();
    report_init(&report);
    record_init(&record);
    json_scanner_init(&scanner);
    parser_add("json", "json", NULL, "%s");
    parser_add("pair", "regex", "^(?<key>\\w+)=(?<value>\\w*)$", NULL);
    parser_add("log", "regex", "^(?<log>\\w+) ", NULL);
}

static void finish(void)
{
    if (self != NULL) {
        filter_parser.fini(self);
        options_fini(filter_parser.options, self);
    }
    MEM_FREE(&self);
    json_scanner_fini(&scanner);
    record_fini(&record);
    report_fini(&report);
    parser_book_free(&book);
}

#define FILTER(...) filter(kit_properties(__VA_ARGS__, NULL))

static int filter(struct property_list properties)
{
    struct option_target target = {filter_parser.options, NULL};
    struct plugin_setup setup = {.name = "parser.0",
                                 .component = "filter:parser:parser.0",
                                 .report = &report,
                                 .parsers = book};

    self = mem_zalloc(1, filter_parser.self_bytes);
    target.self = self;
    if (options_bind(&target, 1, &properties, &report) < 0)
        return -1;
    return filter_parser.init(self, &setup);
}

static const char *apply(void)
{
    struct filter_run run = {.tag = SLICE("tag"), .json = &scanner};

    ck_assert_int_eq(filter_parser.apply(self, &record, &run), FILTER_KEEP);
    return kit_record_text(&record);
}

/* The record has a field for each member. */
static void expect(const char *before, const char *after)
{
    kit_record_fill_fields(&record, before);
    ck_assert_str_eq(apply(), after);
}

/* Its members are spliced in, as the docker parser leaves them. */
static void expect_spliced(const char *before, const char *after)
{
    kit_record_fill(&record, before);
    ck_assert_str_eq(apply(), after);
}

START_TEST(what_was_found_takes_the_place_of_the_record)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json"), 0);
    expect("{\"time\":\"t\",\"log\":\"{\\\"a\\\":1,\\\"b\\\":2}\"}", "{\"a\":1,\"b\":2}");
    expect_spliced("{\"log\":\"{\\\"a\\\":1}\\n\",\"x\":1}", "{\"a\":1}");
}
END_TEST

START_TEST(the_other_fields_stay_behind_what_was_found)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json", "Reserve_Data", "On"), 0);
    expect("{\"time\":\"t\",\"log\":\"{\\\"a\\\":1,\\\"b\\\":2}\",\"_p\":\"F\"}",
           "{\"a\":1,\"b\":2,\"time\":\"t\",\"_p\":\"F\"}");
    expect("{\"log\":\"{\\\"a\\\":1}\"}", "{\"a\":1}");
    expect_spliced("{\"time\":\"t\",\"log\":\"{\\\"a\\\":1}\\n\",\"x\":1}",
                   "{\"a\":1,\"time\":\"t\",\"x\":1}");
}
END_TEST

START_TEST(the_key_stays_where_asked_for)
{
    ck_assert_int_eq(
        FILTER("Key_Name", "log", "Parser", "pair", "Reserve_Data", "On", "Preserve_Key", "On"), 0);
    expect("{\"x\":1,\"log\":\"a=b\",\"y\":2}",
           "{\"key\":\"a\",\"value\":\"b\",\"x\":1,\"log\":\"a=b\",\"y\":2}");
}
END_TEST

START_TEST(the_key_alone_stays_where_asked_for)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "pair", "Preserve_Key", "On"), 0);
    expect("{\"x\":1,\"log\":\"a=b\",\"y\":2}", "{\"key\":\"a\",\"value\":\"b\",\"log\":\"a=b\"}");
}
END_TEST

START_TEST(what_was_found_may_have_the_keys_own_name)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "log", "Reserve_Data", "On"), 0);
    expect("{\"x\":1,\"log\":\"one two\"}", "{\"log\":\"one\",\"x\":1}");
}
END_TEST

/* Documents have each name once: an application's own time is worth more than the runtime's. */
START_TEST(what_was_found_wins_over_another_field_of_its_name)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json", "Reserve_Data", "On"), 0);
    expect("{\"stream\":\"stdout\",\"log\":\"{\\\"stream\\\":7,\\\"b\\\":2}\",\"_p\":\"F\"}",
           "{\"stream\":7,\"b\":2,\"_p\":\"F\"}");
    expect_spliced("{\"b\":1,\"log\":\"{\\\"a\\\":1,\\\"b\\\":2}\",\"x\":1}",
                   "{\"a\":1,\"b\":2,\"x\":1}");
}
END_TEST

START_TEST(a_text_that_no_parser_takes_stays)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json", "Parser", "pair"), 0);
    expect("{\"x\":1,\"log\":\"plain text\"}", "{\"x\":1,\"log\":\"plain text\"}");
    expect_spliced("{\"x\":1,\"log\":\"plain text\"}", "{\"x\":1,\"log\":\"plain text\"}");
}
END_TEST

START_TEST(the_first_parser_that_succeeds_is_used)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json", "Parser", "pair"), 0);
    expect("{\"log\":\"a=b\"}", "{\"key\":\"a\",\"value\":\"b\"}");
    expect("{\"log\":\"{\\\"a\\\":1}\"}", "{\"a\":1}");
}
END_TEST

START_TEST(records_without_the_key_or_with_another_value_stay)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json"), 0);
    expect("{\"message\":\"{}\"}", "{\"message\":\"{}\"}");
    expect("{\"log\":12}", "{\"log\":12}");
    expect_spliced("{\"log\":{\"a\":1}}", "{\"log\":{\"a\":1}}");
    expect_spliced("{\"message\":1}", "{\"message\":1}");
    expect("{}", "{}");
}
END_TEST

START_TEST(no_record_is_left_empty)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json"), 0);
    expect("{\"log\":\"{}\"}", "{\"log\":\"{}\"}");
    expect("{\"x\":1,\"log\":\" {} \"}", "{\"x\":1,\"log\":\" {} \"}");
}
END_TEST

START_TEST(no_record_is_left_empty_that_keeps_the_rest)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json", "Reserve_Data", "On"), 0);
    expect("{\"log\":\"{}\"}", "{\"log\":\"{}\"}");
    expect("{\"x\":1,\"log\":\"{}\"}", "{\"x\":1}");
}
END_TEST

START_TEST(a_time_that_was_found_is_the_records)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "json"), 0);
    expect("{\"log\":\"{\\\"time\\\":\\\"5\\\",\\\"a\\\":1}\"}", "{\"a\":1}");
    ck_assert_int_eq(record.time_ns, INT64_C(5000000000));
    record.time_ns = 7;
    kit_record_fill_fields(&record, "{\"log\":\"{\\\"a\\\":1}\"}");
    record.time_ns = 7;
    apply();
    ck_assert_int_eq(record.time_ns, 7);
}
END_TEST

START_TEST(an_accessor_reaches_inside_and_removes_nothing)
{
    ck_assert_int_eq(FILTER("Key_Name", "$outer['log']", "Parser", "pair", "Reserve_Data", "On"),
                     0);
    expect_spliced("{\"outer\":{\"log\":\"a=b\"}}",
                   "{\"key\":\"a\",\"value\":\"b\",\"outer\":{\"log\":\"a=b\"}}");
    expect_spliced("{\"outer\":{\"x\":1}}", "{\"outer\":{\"x\":1}}");
    expect_spliced("{\"outer\":1}", "{\"outer\":1}");
}
END_TEST

START_TEST(an_accessor_of_one_name_removes_nothing)
{
    ck_assert_int_eq(FILTER("Key_Name", "$log", "Parser", "pair", "Reserve_Data", "On"), 0);
    expect("{\"log\":\"a=b\"}", "{\"key\":\"a\",\"value\":\"b\",\"log\":\"a=b\"}");
}
END_TEST

START_TEST(a_parser_that_is_not_there_is_an_error)
{
    ck_assert_int_lt(FILTER("Key_Name", "log", "Parser", "jsno"), 0);
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_ptr_nonnull(
        strstr(report.text.data, "there is no parser \"jsno\"; did you mean \"json\"?"));
}
END_TEST

START_TEST(one_parser_of_several_may_be_missing)
{
    ck_assert_int_eq(FILTER("Key_Name", "log", "Parser", "missing", "Parser", "json"), 0);
    ck_assert_uint_eq(report.error_count, 0);
    ck_assert_uint_eq(report.warning_count, 1);
    expect("{\"log\":\"{\\\"a\\\":1}\"}", "{\"a\":1}");
}
END_TEST

START_TEST(a_filter_needs_a_key_and_a_parser)
{
    ck_assert_int_lt(FILTER("Parser", "json"), 0);
    finish();
    start();
    ck_assert_int_lt(FILTER("Key_Name", "log"), 0);
}
END_TEST

START_TEST(the_table_is_right)
{
    options_check(filter_parser.options);
}
END_TEST

Suite *suite_filter_parser(void)
{
    Suite *suite = suite_create("filter/parser");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, start, finish);
    tcase_add_test(tcase, what_was_found_takes_the_place_of_the_record);
    tcase_add_test(tcase, the_other_fields_stay_behind_what_was_found);
    tcase_add_test(tcase, the_key_stays_where_asked_for);
    tcase_add_test(tcase, the_key_alone_stays_where_asked_for);
    tcase_add_test(tcase, what_was_found_may_have_the_keys_own_name);
    tcase_add_test(tcase, what_was_found_wins_over_another_field_of_its_name);
    tcase_add_test(tcase, a_text_that_no_parser_takes_stays);
    tcase_add_test(tcase, the_first_parser_that_succeeds_is_used);
    tcase_add_test(tcase, records_without_the_key_or_with_another_value_stay);
    tcase_add_test(tcase, no_record_is_left_empty);
    tcase_add_test(tcase, no_record_is_left_empty_that_keeps_the_rest);
    tcase_add_test(tcase, a_time_that_was_found_is_the_records);
    tcase_add_test(tcase, an_accessor_reaches_inside_and_removes_nothing);
    tcase_add_test(tcase, an_accessor_of_one_name_removes_nothing);
    tcase_add_test(tcase, a_parser_that_is_not_there_is_an_error);
    tcase_add_test(tcase, one_parser_of_several_may_be_missing);
    tcase_add_test(tcase, a_filter_needs_a_key_and_a_parser);
    tcase_add_test(tcase, the_table_is_right);
    suite_add_tcase(suite, tcase);
    return suite;
}
