#include "plugin/multiline_section.h"

#include "kit/property.h"

#include <check.h>

static struct parser_book *parsers;
static struct multiline_book *book;
static struct report report;

static void start(void)
{
    parsers = parser_book_new();
    book = multiline_book_new(parsers);
    report_init(&report);
}

static void finish(void)
{
    multiline_book_free(&book);
    parser_book_free(&parsers);
    report_fini(&report);
}

#define RULE(state, regex, next) \
    {                            \
        state, regex, next       \
    }
#define NO_RULES NULL, 0

/* Adds a section; the rules are triples of texts. */
static int add(struct property_list properties, const char *const (*rules)[3], size_t rule_count)
{
    struct property texts[8][3];
    struct property_list lists[8];
    struct multiline_section section = {&properties, lists, rule_count};

    ck_assert_uint_le(rule_count, ARRAY_LEN(lists));
    for (size_t i = 0; i < rule_count; i++) {
        texts[i][0] = (struct property){.key = "state", .value = rules[i][0]};
        texts[i][1] = (struct property){.key = "regex", .value = rules[i][1]};
        texts[i][2] = (struct property){.key = "next_state", .value = rules[i][2]};
        lists[i] = (struct property_list){.items = texts[i], .count = 3, .owner = "rule"};
    }
    return multiline_section_add(book, &section, &report);
}

#define ADD(rules, ...) add(kit_properties(__VA_ARGS__, NULL), rules, ARRAY_LEN(rules))
#define ADD_BARE(...) add(kit_properties(__VA_ARGS__, NULL), NO_RULES)

static const char *const two_rules[][3] = {
    RULE("start_state", "/^\\d/", "cont"),
    RULE("cont", "/^\\s/i", "cont"),
};

static void expect_report(const char *part)
{
    struct slice all = buffer_view(&report.text);

    ck_assert_msg(memmem(all.data, all.len, part, strlen(part)) != NULL, "not told: %s", part);
}

START_TEST(a_section_with_rules_becomes_a_definition)
{
    const struct multiline *m;
    multiline_state state = 0;

    ck_assert_int_eq(ADD(two_rules, "Name", "Mine", "Type", "regex", "Flush_Timeout", "1000"), 0);
    m = multiline_book_find(book, "mine");
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(multiline_flush_ms(m), 1000);
    ck_assert_int_eq(multiline_next(m, SLICE("1 begins"), &state), MULTILINE_BEGINS);
    ck_assert_int_eq(multiline_next(m, SLICE(" goes on"), &state), MULTILINE_GOES_ON);
    ck_assert_int_eq(multiline_next(m, SLICE("other"), &state), MULTILINE_NOT_MINE);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(every_key_has_its_meaning)
{
    struct parser_settings json = parser_settings_default();
    const struct multiline *m;
    multiline_state state = 0;

    json.name = "j";
    json.format = "json";
    ck_assert_int_eq(parser_book_add(parsers, &json, (struct place){0}, &report), 0);
    ck_assert_int_eq(ADD_BARE("name", "e", "type", "eq", "match_string", "no", "negate", "true",
                              "key_content", "c", "key_pattern", "p", "key_group", "g", "parser",
                              "j"),
                     0);
    m = multiline_book_find(book, "E");
    ck_assert(slice_is(multiline_keys(m)->content, "c"));
    ck_assert(slice_is(multiline_keys(m)->pattern, "p"));
    ck_assert(slice_is(multiline_keys(m)->group, "g"));
    ck_assert_ptr_eq(multiline_parser(m), parser_book_find(parsers, "j"));
    ck_assert_uint_eq(multiline_flush_ms(m), 4000);
    ck_assert_int_eq(multiline_next(m, SLICE("no"), &state), MULTILINE_BEGINS);
    ck_assert_int_eq(multiline_next(m, SLICE("yes"), &state), MULTILINE_ENDS);
}
END_TEST

START_TEST(a_match_string_may_name_a_line_feed)
{
    multiline_state state = 0;

    ck_assert_int_eq(ADD_BARE("name", "e", "type", "endswith", "match_string", "\\n"), 0);
    ck_assert_int_eq(multiline_next(multiline_book_find(book, "e"), SLICE("x\n"), &state),
                     MULTILINE_WHOLE);
}
END_TEST

START_TEST(a_flush_time_that_is_too_short_is_made_longer)
{
    ck_assert_int_eq(ADD(two_rules, "name", "a", "type", "regex", "flush_timeout", "5"), 0);
    ck_assert_uint_eq(multiline_flush_ms(multiline_book_find(book, "a")), 500);
    expect_report("at least 500");
}
END_TEST

START_TEST(a_key_that_nobody_knows_is_only_warned_of)
{
    ck_assert_int_eq(ADD(two_rules, "name", "a", "type", "regex", "colour", "red"), 0);
    ck_assert_uint_eq(report.warning_count, 1);
}
END_TEST

START_TEST(of_two_definitions_with_a_name_the_later_wins)
{
    ck_assert_int_eq(ADD(two_rules, "name", "Java", "type", "regex"), 0);
    ck_assert_uint_eq(report.warning_count, 1);
    ck_assert_str_eq(multiline_name(multiline_book_find(book, "java")), "Java");
}
END_TEST

START_TEST(every_mistake_of_a_section_is_told)
{
    static const char *const wrong[][3] = {
        RULE("cont", "/(/", "cont"),
        RULE("start_state", "/a/", ","),
    };

    ck_assert_int_lt(
        ADD(wrong, "name", "a", "type", "regex", "parser", "nowhere", "flush_timeout", "soon"), 0);
    expect_report("soon");
    expect_report("nowhere");
    expect_report("start_state");
    expect_report("lacks a state");
    expect_report("regular expression");
    ck_assert_ptr_null(multiline_book_find(book, "a"));
}
END_TEST

START_TEST(what_lacks_is_told)
{
    ck_assert_int_lt(ADD_BARE("type", "regex"), 0);
    expect_report("name");
    ck_assert_int_lt(ADD_BARE("name", "a", "type", "regex"), 0);
    expect_report("needs a rule");
    ck_assert_int_lt(ADD_BARE("name", "a", "type", "endswith"), 0);
    expect_report("needs a match_string");
    ck_assert_int_lt(ADD_BARE("name", "a", "type", "regexp"), 0);
    expect_report("'regexp' is none of");
    ck_assert_int_lt(ADD(two_rules, "name", "a", "type", "equal", "match_string", "x"), 0);
    expect_report("only the type regex has rules");
}
END_TEST

START_TEST(a_state_that_leads_nowhere_is_warned_of)
{
    static const char *const rules[][3] = {RULE("start_state", "/a/", "contt")};

    ck_assert_int_eq(ADD(rules, "name", "a", "type", "regex"), 0);
    expect_report("no rule has the state 'contt'");
}
END_TEST

START_TEST(the_parser_that_is_spelt_most_alike_is_named)
{
    struct parser_settings json = parser_settings_default();

    json.name = "docker_json";
    json.format = "json";
    ck_assert_int_eq(parser_book_add(parsers, &json, (struct place){0}, &report), 0);
    ck_assert_int_lt(ADD(two_rules, "name", "a", "type", "regex", "parser", "docker-json"), 0);
    expect_report("did you mean 'docker_json'");
}
END_TEST

START_TEST(each_mistake_names_the_line_of_its_key)
{
    ck_assert_int_lt(
        ADD_BARE("name", "a", "type", "regexx", "parser", "nowhere", "flush_timeout", "soon"), 0);
    expect_report("test.conf:3: multiline parser \"a\": type 'regexx'");
    expect_report("test.conf:4: multiline parser \"a\": there is no parser 'nowhere'");
    expect_report("test.conf:5: flush_timeout 'soon'");
    ck_assert_int_eq(ADD(two_rules, "name", "b", "type", "regex", "flush_timeout", "5"), 0);
    expect_report("test.conf:4: multiline parser \"b\": flush_timeout is in milliseconds");
}
END_TEST

Suite *suite_plugin_multiline_section(void);
Suite *suite_plugin_multiline_section(void)
{
    Suite *suite = suite_create("plugin/multiline_section");
    TCase *tc = tcase_create("section");

    tcase_add_checked_fixture(tc, start, finish);
    tcase_add_test(tc, a_section_with_rules_becomes_a_definition);
    tcase_add_test(tc, every_key_has_its_meaning);
    tcase_add_test(tc, a_match_string_may_name_a_line_feed);
    tcase_add_test(tc, a_flush_time_that_is_too_short_is_made_longer);
    tcase_add_test(tc, a_key_that_nobody_knows_is_only_warned_of);
    tcase_add_test(tc, of_two_definitions_with_a_name_the_later_wins);
    tcase_add_test(tc, every_mistake_of_a_section_is_told);
    tcase_add_test(tc, what_lacks_is_told);
    tcase_add_test(tc, a_state_that_leads_nowhere_is_warned_of);
    tcase_add_test(tc, the_parser_that_is_spelt_most_alike_is_named);
    tcase_add_test(tc, each_mistake_names_the_line_of_its_key);
    suite_add_tcase(suite, tc);
    return suite;
}
