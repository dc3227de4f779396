#include "record/parser.h"

#include "kit/parser.h"

#include <check.h>

#define NS(seconds) ((int64_t)(seconds)*1000000000)

/* The settings of a format, and what else is said in the braces. */
#define SETTINGS(...)           \
    (&(struct parser_settings){ \
        .name = "p", .time_strict = true, .skip_empty_values = true, __VA_ARGS__})

static void expect_parse(const struct parser_settings *settings, const char *text, const char *json)
{
    struct kit_parsed got = kit_parser_once(settings, text);

    ck_assert_msg(got.rc >= 0, "does not parse: %s", text);
    ck_assert_str_eq(got.json, json);
}

static void expect_refusal(const struct parser_settings *settings, const char *text)
{
    ck_assert_msg(kit_parser_once(settings, text).rc < 0, "parses: %s", text);
}

static void expect_time(const struct parser_settings *settings, const char *text, int64_t time_ns)
{
    struct kit_parsed got = kit_parser_once(settings, text);

    ck_assert_int_eq(got.rc, PARSER_TIME);
    ck_assert_int_eq(got.time_ns, time_ns);
}

static void expect_report(const struct parser_settings *settings, const char *part)
{
    const char *report = kit_parser_report(settings);

    ck_assert_msg(strstr(report, part) != NULL, "\"%s\" is not in: %s", part, report);
}

/* ---- json ---- */

START_TEST(an_object_becomes_its_members_as_written)
{
    expect_parse(SETTINGS(.format = "json"), " {\"a\": 1.50, \"b\":[1, 2],\"c\":{\"d\":null}}\n",
                 "{\"a\":1.50,\"b\":[1, 2],\"c\":{\"d\":null}}");
    expect_parse(SETTINGS(.format = "JSON"), "{\"a\":\"\\u00e9\"}", "{\"a\":\"\\u00e9\"}");
}
END_TEST

START_TEST(what_is_not_one_object_does_not_parse)
{
    static const char *const texts[] = {
        "",       " ",          "[1]",         "1",     "\"{}\"", "{",
        "{\"a\"", "{\"a\":1}}", "{\"a\":1} x", "{a:1}", "text",   "{\"a\":1}{\"b\":2}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_refusal(SETTINGS(.format = "json"), texts[i]);
}
END_TEST

START_TEST(an_object_that_needs_repair_is_repaired)
{
    expect_parse(SETTINGS(.format = "json"), "{\"a\":1,\"b\":2,\"\\u0061\":3,\n\"n\":1e999}",
                 "{\"b\":2,\"a\":3,\"n\":\"1e999\"}");
}
END_TEST

START_TEST(an_empty_object_parses_and_gives_no_fields)
{
    expect_parse(SETTINGS(.format = "json"), "{}", "{}");
    expect_parse(SETTINGS(.format = "json"), " { } ", "{}");
}
END_TEST

START_TEST(the_time_of_an_object_leaves_it)
{
    const struct parser_settings *s =
        SETTINGS(.format = "json", .time.format = "%Y-%m-%dT%H:%M:%S");

    expect_time(s, "{\"time\":\"1970-01-01T00:00:02\"}", NS(2));
    expect_parse(s, "{\"time\":\"1970-01-01T00:00:02\"}", "{}");
    expect_parse(s, "{\"time\":\"1970-01-01T00:00:02\",\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}");
    expect_parse(s, "{\"a\":1, \"time\":\"1970-01-01T00:00:02\", \"b\":2}", "{\"a\":1,\"b\":2}");
    expect_parse(s, "{\"a\":1 , \"time\":\"1970-01-01T00:00:02\" }", "{\"a\":1}");
    expect_parse(s, "{\"time\":1,\"time\":\"1970-01-01T00:00:02\"}", "{}");
}
END_TEST

START_TEST(members_after_the_time_can_still_be_found)
{
    struct parser *parser = kit_parser(SETTINGS(.format = "json", .time.format = "%s"));
    struct json_scanner scanner;
    struct parser_run run = {.json = &scanner};
    struct record record;
    struct value value;

    json_scanner_init(&scanner);
    record_init(&record);
    ck_assert_int_eq(
        parser_apply(parser, SLICE("{\"a\":1,\"time\":\"5\",\"key\":\"value\"}"), &run, &record),
        PARSER_TIME);
    ck_assert_int_eq(record.time_ns, NS(5));
    ck_assert(record_find(&record, SLICE("key"), &value));
    ck_assert(slice_is(value.text, "\"value\""));
    ck_assert(record_find(&record, SLICE("a"), &value));
    ck_assert(!record_find(&record, SLICE("time"), &value));
    record_fini(&record);
    json_scanner_fini(&scanner);
    parser_free(&parser);
}
END_TEST

START_TEST(the_time_of_an_object_stays_where_asked_for)
{
    const struct parser_settings *s =
        SETTINGS(.format = "json", .time.format = "%s", .time_keep = true, .time_key = "at");

    expect_time(s, "{\"at\":\"7\",\"time\":\"9\"}", NS(7));
    expect_parse(s, "{\"at\":\"7\",\"time\":\"9\"}", "{\"at\":\"7\",\"time\":\"9\"}");
}
END_TEST

START_TEST(the_time_of_an_object_may_be_a_number)
{
    expect_time(SETTINGS(.format = "json", .time.format = "%s.%L"), "{\"time\":1.25}",
                NS(1) + 250000000);
}
END_TEST

START_TEST(the_time_of_an_object_may_have_escapes)
{
    expect_time(SETTINGS(.format = "json", .time.format = "%Y/%m/%d"),
                "{\"time\":\"1970\\/01\\/02\"}", NS(86400));
}
END_TEST

START_TEST(an_object_whose_time_is_none_keeps_it)
{
    static const char *const texts[] = {"{\"time\":\"now\",\"a\":1}", "{\"time\":true}",
                                        "{\"time\":{\"time\":\"1\"}}", "{\"time\":null}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct kit_parsed got =
            kit_parser_once(SETTINGS(.format = "json", .time.format = "%s"), texts[i]);

        ck_assert_int_eq(got.rc, PARSER_NO_TIME);
        ck_assert_str_eq(got.json, texts[i]);
    }
}
END_TEST

START_TEST(times_that_are_none_are_counted)
{
    struct kit_parsed got =
        kit_parser_once(SETTINGS(.format = "json", .time.format = "%s"), "{\"time\":\"now\"}");

    ck_assert_uint_eq(got.run.time_misses, 1);
    got = kit_parser_once(SETTINGS(.format = "json", .time.format = "%s"), "{\"time\":\"1\"}");
    ck_assert_uint_eq(got.run.time_misses, 0);
}
END_TEST

/* The time that container runtimes write is read by a reader of its own. */
START_TEST(a_zone_in_the_text_is_honoured_only_where_the_format_has_one)
{
    const struct parser_settings *zoned =
        SETTINGS(.format = "json", .time.format = "%Y-%m-%dT%H:%M:%S.%L%z");
    const struct parser_settings *local =
        SETTINGS(.format = "json", .time.format = "%Y-%m-%dT%H:%M:%S.%L");
    const struct parser_settings *moved =
        SETTINGS(.format = "json", .time.format = "%Y-%m-%dT%H:%M:%S.%L", .time.offset = "+0100");

    expect_time(zoned, "{\"time\":\"1970-01-01T01:00:02.5+01:00\"}", NS(2) + 500000000);
    expect_time(zoned, "{\"time\":\"1970-01-01T00:00:02.5Z\"}", NS(2) + 500000000);
    expect_time(zoned, "{\"time\":\"1970-01-01T01:00:02.5+0100\"}", NS(2) + 500000000);
    expect_time(local, "{\"time\":\"1970-01-01T01:00:02.5+01:00\"}", NS(3602) + 500000000);
    expect_time(local, "{\"time\":\"1970-01-01T01:00:02.5Z\"}", NS(3602) + 500000000);
    expect_time(moved, "{\"time\":\"1970-01-01T01:00:02.5Z\"}", NS(2) + 500000000);
}
END_TEST

/* ---- ltsv ---- */

static const char *pairs(unsigned count, char equals, char between)
{
    static char text[(JSON_MEMBERS_MAX + 1) * 4 + 1];
    char *p = text;

    for (unsigned i = 0; i < count; i++) {
        *p++ = 'a';
        *p++ = equals;
        *p++ = '1';
        *p++ = between;
    }
    *p = '\0';
    return text;
}

START_TEST(a_line_of_too_many_pairs_stays_text)
{
    expect_refusal(SETTINGS(.format = "ltsv"), pairs(JSON_MEMBERS_MAX + 1, ':', '\t'));
    expect_refusal(SETTINGS(.format = "logfmt"), pairs(JSON_MEMBERS_MAX + 1, '=', ' '));
}
END_TEST

START_TEST(labels_become_fields)
{
    expect_parse(SETTINGS(.format = "ltsv"), "host:a.b\tpath:/x:y\tempty:\tua:a b\r\n",
                 "{\"host\":\"a.b\",\"path\":\"/x:y\",\"empty\":\"\",\"ua\":\"a b\"}");
    expect_parse(SETTINGS(.format = "ltsv"), "\ta:1\t\tb:2\t", "{\"a\":\"1\",\"b\":\"2\"}");
}
END_TEST

START_TEST(a_part_without_a_label_refuses_the_text)
{
    static const char *const texts[] = {"", "\t", "\n", "a", "a:1\tb", ":1", "a b:1", "a:1\tx y:2"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_refusal(SETTINGS(.format = "ltsv"), texts[i]);
}
END_TEST

START_TEST(labels_have_types_and_a_time)
{
    const struct parser_settings *s =
        SETTINGS(.format = "ltsv", .types = "size:integer took:float", .time.format = "%s");

    expect_parse(s, "time:3\tsize:12\ttook:0.5", "{\"size\":12,\"took\":0.5}");
    expect_time(s, "time:3\tsize:12", NS(3));
}
END_TEST

START_TEST(a_strict_time_that_is_none_refuses_the_text)
{
    expect_refusal(SETTINGS(.format = "ltsv", .time.format = "%s"), "a:1\ttime:now");
    expect_refusal(SETTINGS(.format = "logfmt", .time.format = "%s"), "a=1 time=now");
    expect_parse(&(struct parser_settings){.name = "p", .format = "ltsv", .time.format = "%s"},
                 "a:1\ttime:now", "{\"a\":\"1\",\"time\":\"now\"}");
}
END_TEST

/* Time_Strict off: what was read counts, once it is a day. */
START_TEST(a_loose_time_ends_where_its_text_goes_another_way)
{
    const struct parser_settings *s = &(struct parser_settings){
        .name = "p", .format = "logfmt", .time.format = "%Y-%m-%dT%H:%M:%S.%L%z"};

    expect_parse(s, "time=1970-01-02T00:00:01.25 a=1", "{\"a\":\"1\"}");
    expect_time(s, "time=1970-01-02T00:00:01.25 a=1", NS(86401) + NS(1) / 4);
    expect_time(s, "time=1970-01-02T00:00:01Z a=1", NS(86401));
    expect_time(s, "time=1970-01-02 a=1", NS(86400));
    expect_parse(s, "time=1970-01 a=1", "{\"time\":\"1970-01\",\"a\":\"1\"}");
    expect_parse(s, "time=1970-01-45 a=1", "{\"time\":\"1970-01-45\",\"a\":\"1\"}");
    expect_parse(s, "time=now a=1", "{\"time\":\"now\",\"a\":\"1\"}");
}
END_TEST

/* A text that is refused after its time was read leaves the record's time alone (kit_parser_apply
 * looks). */
START_TEST(a_refused_text_leaves_the_record_as_it_was)
{
    expect_refusal(SETTINGS(.format = "ltsv", .time.format = "%s"), "a:1\ttime:5\tb");
}
END_TEST

/* ---- logfmt ---- */

START_TEST(pairs_become_fields)
{
    expect_parse(SETTINGS(.format = "logfmt"), "level=info msg=\"a b\" n=12 path=/x?y&z",
                 "{\"level\":\"info\",\"msg\":\"a b\",\"n\":\"12\",\"path\":\"/x?y&z\"}");
    expect_parse(SETTINGS(.format = "logfmt"), "  a=1\tb=2 \n", "{\"a\":\"1\",\"b\":\"2\"}");
}
END_TEST

START_TEST(a_key_without_a_value_is_true)
{
    expect_parse(SETTINGS(.format = "logfmt"), "debug a= b=\"\" c",
                 "{\"debug\":true,\"a\":true,\"b\":\"\",\"c\":true}");
}
END_TEST

START_TEST(bare_keys_can_be_refused)
{
    const struct parser_settings *s = SETTINGS(.format = "logfmt", .logfmt_no_bare_keys = true);

    expect_refusal(s, "a=1 debug");
    expect_refusal(s, "some text");
    expect_parse(s, "a=1 b=", "{\"a\":\"1\",\"b\":true}");
}
END_TEST

START_TEST(quoted_values_are_decoded)
{
    expect_parse(SETTINGS(.format = "logfmt"), "m=\"say \\\"hi\\\"\\n\\u00e9\" n=\"=\"",
                 "{\"m\":\"say \\\"hi\\\"\\n\xc3\xa9\",\"n\":\"=\"}");
}
END_TEST

START_TEST(a_quote_that_is_not_closed_goes_to_the_end)
{
    expect_parse(SETTINGS(.format = "logfmt"), "a=1 m=\"say it", "{\"a\":\"1\",\"m\":\"say it\"}");
    expect_parse(SETTINGS(.format = "logfmt"), "m=\"say\\", "{\"m\":\"say\\\\\"}");
    expect_parse(SETTINGS(.format = "logfmt"), "m=\"", "{\"m\":\"\"}");
}
END_TEST

START_TEST(what_is_no_pair_is_passed_over)
{
    expect_parse(SETTINGS(.format = "logfmt"), "=x a=1=2 \"q\" b=2",
                 "{\"x\":true,\"a\":\"1\",\"2\":true,\"q\":true,\"b\":\"2\"}");
    expect_refusal(SETTINGS(.format = "logfmt"), "");
    expect_refusal(SETTINGS(.format = "logfmt"), " = \" ");
}
END_TEST

/* ---- regex ---- */

START_TEST(named_groups_become_fields)
{
    expect_parse(SETTINGS(.format = "regex", .regex = "^(?<b>\\w+) (?<a>\\w+)$"), "one two",
                 "{\"b\":\"one\",\"a\":\"two\"}");
    expect_refusal(SETTINGS(.format = "regex", .regex = "^(?<b>\\w+) (?<a>\\w+)$"), "one");
}
END_TEST

START_TEST(empty_groups_are_left_out_unless_asked_for)
{
    const char *regex = "^(?<a>x*)(?<b>y)?(?<c>.*)$";

    expect_parse(SETTINGS(.format = "regex", .regex = regex), "z", "{\"c\":\"z\"}");
    expect_parse(SETTINGS(.format = "regex", .regex = regex), "", "{}");
    expect_parse(&(struct parser_settings){.name = "p", .format = "regex", .regex = regex}, "z",
                 "{\"a\":\"\",\"b\":\"\",\"c\":\"z\"}");
}
END_TEST

START_TEST(groups_have_types_and_a_time)
{
    const struct parser_settings *s =
        SETTINGS(.format = "regex", .regex = "^(?<time>\\S+) (?<code>\\S+) (?<rest>.*)$",
                 .types = "code:integer", .time.format = "%s");

    expect_time(s, "4 200 ok", NS(4));
    expect_parse(s, "4 200 ok", "{\"code\":200,\"rest\":\"ok\"}");
}
END_TEST

START_TEST(a_group_whose_time_is_none_is_dropped)
{
    struct kit_parsed got =
        kit_parser_once(SETTINGS(.format = "regex", .regex = "^(?<time>\\S+) (?<rest>.*)$",
                                 .time.format = "%s", .time_keep = true),
                        "now ok");

    ck_assert_int_eq(got.rc, PARSER_NO_TIME);
    ck_assert_str_eq(got.json, "{\"rest\":\"ok\"}");
    ck_assert_uint_eq(got.run.time_misses, 1);
}
END_TEST

START_TEST(an_expression_that_gives_up_is_counted)
{
    char text[64];
    struct parser *parser =
        kit_parser(SETTINGS(.format = "regex", .regex = "^(?<a>(x+x+)+)(x+x+)+[yz]$"));
    struct kit_parsed got;

    memset(text, 'x', sizeof text);
    got = kit_parser_apply_bytes(parser, slice_make(text, sizeof text));
    ck_assert_int_eq(got.rc, REGEX_LIMIT);
    ck_assert_uint_eq(got.run.limit_hits, 1);
    parser_free(&parser);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(mistakes_are_told)
{
    expect_report(&(struct parser_settings){.format = "json"}, "no Name");
    expect_report(SETTINGS(.format = NULL), "no Format");
    expect_report(SETTINGS(.format = "jsn"), "there is no Format \"jsn\"; did you mean \"json\"?");
    expect_report(SETTINGS(.format = "something"), "regex, json, ltsv or logfmt");
    expect_report(SETTINGS(.format = "regex"), "no Regex");
    expect_report(SETTINGS(.format = "regex", .regex = "(?<a>"), "");
    expect_report(SETTINGS(.format = "regex", .regex = "a"), "never succeeds");
    expect_report(SETTINGS(.format = "json", .time.format = "%Q"), "%Q");
    expect_report(SETTINGS(.format = "json", .time.zone = "UTC"), "needs a Time_Format");
    expect_report(SETTINGS(.format = "json", .types = "a:integer"), "changes nothing");
    expect_report(SETTINGS(.format = "ltsv", .types = "a:intger"), "did you mean \"integer\"?");
    expect_report(SETTINGS(.format = "ltsv", .types = "a:integer,b:float"), "not commas");
}
END_TEST

START_TEST(a_parser_with_a_mistake_is_not_made)
{
    struct report report;
    struct parser_settings s = {.name = "p", .format = "regex", .regex = "("};

    report_init(&report);
    ck_assert_ptr_null(parser_new(&s, (struct place){0}, &report));
    ck_assert_uint_gt(report.error_count, 0);
    report_fini(&report);
}
END_TEST

START_TEST(every_mistake_of_a_parser_is_told_at_once)
{
    struct decoder_setting decoder = {.text = "jsn log"};
    const char *report = kit_parser_report(
        SETTINGS(.format = "x", .time.format = "%Q", .decoders = &decoder, .decoder_count = 1));

    ck_assert_ptr_nonnull(strstr(report, "Format \"x\""));
    ck_assert_ptr_nonnull(strstr(report, "%Q"));
    ck_assert_ptr_nonnull(strstr(report, "jsn"));
}
END_TEST

START_TEST(the_default_is_strict_and_skips_what_is_empty)
{
    struct parser_settings s = parser_settings_default();

    ck_assert(s.time_strict && s.skip_empty_values && !s.time_keep && !s.logfmt_no_bare_keys);
}
END_TEST

Suite *suite_record_parser(void)
{
    Suite *suite = suite_create("record/parser");
    TCase *json = tcase_create("json"), *pairs = tcase_create("pairs");
    TCase *regex = tcase_create("regex"), *mistakes = tcase_create("mistakes");

    tcase_add_test(json, an_object_becomes_its_members_as_written);
    tcase_add_test(json, what_is_not_one_object_does_not_parse);
    tcase_add_test(json, an_object_that_needs_repair_is_repaired);
    tcase_add_test(json, an_empty_object_parses_and_gives_no_fields);
    tcase_add_test(json, the_time_of_an_object_leaves_it);
    tcase_add_test(json, members_after_the_time_can_still_be_found);
    tcase_add_test(json, the_time_of_an_object_stays_where_asked_for);
    tcase_add_test(json, a_line_of_too_many_pairs_stays_text);
    tcase_add_test(json, the_time_of_an_object_may_be_a_number);
    tcase_add_test(json, the_time_of_an_object_may_have_escapes);
    tcase_add_test(json, an_object_whose_time_is_none_keeps_it);
    tcase_add_test(json, times_that_are_none_are_counted);
    tcase_add_test(json, a_zone_in_the_text_is_honoured_only_where_the_format_has_one);
    suite_add_tcase(suite, json);
    tcase_add_test(pairs, labels_become_fields);
    tcase_add_test(pairs, a_part_without_a_label_refuses_the_text);
    tcase_add_test(pairs, labels_have_types_and_a_time);
    tcase_add_test(pairs, a_strict_time_that_is_none_refuses_the_text);
    tcase_add_test(pairs, a_loose_time_ends_where_its_text_goes_another_way);
    tcase_add_test(pairs, a_refused_text_leaves_the_record_as_it_was);
    tcase_add_test(pairs, pairs_become_fields);
    tcase_add_test(pairs, a_key_without_a_value_is_true);
    tcase_add_test(pairs, bare_keys_can_be_refused);
    tcase_add_test(pairs, quoted_values_are_decoded);
    tcase_add_test(pairs, a_quote_that_is_not_closed_goes_to_the_end);
    tcase_add_test(pairs, what_is_no_pair_is_passed_over);
    suite_add_tcase(suite, pairs);
    tcase_add_test(regex, named_groups_become_fields);
    tcase_add_test(regex, empty_groups_are_left_out_unless_asked_for);
    tcase_add_test(regex, groups_have_types_and_a_time);
    tcase_add_test(regex, a_group_whose_time_is_none_is_dropped);
    tcase_add_test(regex, an_expression_that_gives_up_is_counted);
    suite_add_tcase(suite, regex);
    tcase_add_test(mistakes, mistakes_are_told);
    tcase_add_test(mistakes, a_parser_with_a_mistake_is_not_made);
    tcase_add_test(mistakes, every_mistake_of_a_parser_is_told_at_once);
    tcase_add_test(mistakes, the_default_is_strict_and_skips_what_is_empty);
    suite_add_tcase(suite, mistakes);
    return suite;
}
