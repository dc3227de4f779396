#include "plugin/option.h"

#include "kit/stops.h"

#include <check.h>
#include <errno.h>

struct thing {
    bool is_on;
    int64_t count;
    double ratio;
    uint64_t body_bytes;
    uint64_t record_bytes;
    uint64_t wait_ms;
    char *url;
    char *password;
    char *unit;
    int mode;
    struct text_list paths;
    struct text_list headers;
    struct pair_list rules;
    struct pair_list parsers;
};

static const struct option options[] = {
    OPTION_BOOL(struct thing, is_on, "is_on", "true", 0, "Whether."),
    OPTION_INT(struct thing, count, "count", "3", 0, "How many."),
    OPTION_DOUBLE(struct thing, ratio, "ratio", "0.5", 0, "How much."),
    OPTION_SIZE(struct thing, body_bytes, "max_body", "5M", 0, "Largest body."),
    OPTION_SIZE(struct thing, record_bytes, "max_record", "2M", OPTION_BINARY_SIZE, "Largest."),
    OPTION_TIME(struct thing, wait_ms, "wait", "1.5s", 0, "How long."),
    OPTION_TEXT(struct thing, url, "url", NULL, OPTION_REQUIRED | OPTION_NOT_EMPTY, "Where to."),
    OPTION_TEXT(struct thing, password, "password", "s3cret", OPTION_SECRET | OPTION_NOT_EMPTY,
                "The password."),
    OPTION_TEXT(struct thing, unit, "unit", "ms", 0, "Stands behind it."),
    OPTION_CHOICE(struct thing, mode, "mode", "normal", 0, "off|normal|full", "How safe."),
    OPTION_LIST(struct thing, paths, "path", "/a,/b", 0, "Which files."),
    OPTION_WORDS(struct thing, headers, "header", NULL, OPTION_REPEAT, "One more header."),
    OPTION_PAIR(struct thing, rules, "add", NULL, 0, "Adds a | key."),
    OPTION_PAIR(struct thing, rules, "remove", NULL, 0, "Removes a \"key\"."),
    OPTION_PREFIX(struct thing, parsers, "parser_", NULL, 0, "One more parser."),
    OPTION_TEXT(struct thing, password, "parser_secret", NULL, OPTION_SECRET, "A name."),
    OPTION_IGNORED("coro_stack_size", "There are no coroutines."),
    OPTION_IGNORED("net.*", "There is no network."),
    OPTION_END,
};

struct common {
    char *alias;
};

static const struct option common_options[] = {
    OPTION_TEXT(struct common, alias, "alias", NULL, OPTION_NOT_EMPTY, "Its name in metrics."),
    OPTION_END,
};

static struct thing thing;
static struct common common;
static struct report report;

static int bind(const struct property *properties, size_t count)
{
    struct option_target targets[] = {{options, &thing}, {common_options, &common}};
    struct property_list list = {
        .items = properties, .count = count, .owner = "output thing", .place = {"a.conf", 7}};

    return options_bind(targets, ARRAY_LEN(targets), &list, &report);
}

#define BIND(...)                                \
    bind((const struct property[]){__VA_ARGS__}, \
         sizeof((const struct property[]){__VA_ARGS__}) / sizeof(struct property))

static struct property given(const char *key, const char *value)
{
    return (struct property){.key = key, .value = value, .place = {"a.conf", 9}};
}

static struct property item(const char *key, const char *value)
{
    return (struct property){.key = key, .value = value, .is_list_item = true};
}

/* The report keeps messages apart with NULs; this finds a text in any of them. */
static bool report_says(const char *text)
{
    return memmem(report.text.data, report.text.len, text, strlen(text)) != NULL;
}

static void set_up(void)
{
    report_init(&report);
    thing = (struct thing){0};
    common = (struct common){0};
}

static void tear_down(void)
{
    options_fini(options, &thing);
    options_fini(common_options, &common);
    report_fini(&report);
}

START_TEST(what_is_not_given_has_its_default)
{
    ck_assert_int_eq(BIND(given("url", "http://x")), 0);
    ck_assert(thing.is_on);
    ck_assert_int_eq(thing.count, 3);
    ck_assert_double_eq(thing.ratio, 0.5);
    ck_assert_uint_eq(thing.body_bytes, 5000000);
    ck_assert_uint_eq(thing.record_bytes, 2097152);
    ck_assert_uint_eq(thing.wait_ms, 1500);
    ck_assert_str_eq(thing.password, "s3cret");
    ck_assert_int_eq(thing.mode, 1);
    ck_assert_uint_eq(thing.paths.count, 2);
    ck_assert_uint_eq(thing.headers.count, 0);
    ck_assert_ptr_null(common.alias);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(what_is_given_is_converted)
{
    ck_assert_int_eq(BIND(given("URL", "http://x"), given("Is_On", "off"), given("count", "-4"),
                          given("ratio", "2"), given("max_body", "1K"), given("max_record", "1K"),
                          given("wait", "1m"), given("mode", "FULL"), given("path", "/c"),
                          given("Alias", "es-main")),
                     0);
    ck_assert_str_eq(thing.url, "http://x");
    ck_assert(!thing.is_on);
    ck_assert_int_eq(thing.count, -4);
    ck_assert_double_eq(thing.ratio, 2);
    ck_assert_uint_eq(thing.body_bytes, 1000);
    ck_assert_uint_eq(thing.record_bytes, 1024);
    ck_assert_uint_eq(thing.wait_ms, 60000);
    ck_assert_int_eq(thing.mode, 2);
    ck_assert_uint_eq(thing.paths.count, 1);
    ck_assert_str_eq(thing.paths.items[0], "/c");
    ck_assert_str_eq(common.alias, "es-main");
}
END_TEST

START_TEST(an_unknown_key_is_told_with_its_place_and_the_nearest_name)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("max_bodi", "1")), -EINVAL);
    ck_assert(report_says("a.conf:9: output thing: unknown configuration property 'max_bodi'; "
                          "did you mean 'max_body'?"));
}
END_TEST

START_TEST(an_unknown_key_with_nothing_near_is_told_alone)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("zzzzzzzzzzzz", "1")), -EINVAL);
    ck_assert(report_says("unknown configuration property 'zzzzzzzzzzzz'"));
    ck_assert(!report_says("did you mean"));
}
END_TEST

START_TEST(a_lenient_section_only_warns_of_unknown_keys)
{
    struct option_target target = {common_options, &common};
    struct property p = given("flsh", "5");
    struct property_list list = {&p, 1, "service", {"a.conf", 1}, true};

    ck_assert_int_eq(options_bind(&target, 1, &list, &report), 0);
    ck_assert_uint_eq(report.warning_count, 1);
    ck_assert(report_says("unknown configuration property 'flsh'"));
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    ck_assert_int_eq(BIND(given("count", "many"), given("what", "1"), given("mode", "loud")),
                     -ENODATA);
    ck_assert_uint_eq(report.error_count, 4);
    ck_assert(report_says("'count' cannot be 'many'"));
    ck_assert(report_says("off|normal|full"));
    ck_assert(report_says("a.conf:7: output thing: 'url' must be set"));
}
END_TEST

START_TEST(of_a_key_given_twice_the_last_counts_with_a_warning)
{
    ck_assert_int_eq(
        BIND(given("url", "u"), given("url", "v"), given("path", "/c"), given("path", "/d")), 0);
    ck_assert_str_eq(thing.url, "v");
    ck_assert_uint_eq(thing.paths.count, 1);
    ck_assert_str_eq(thing.paths.items[0], "/d");
    ck_assert_uint_eq(report.warning_count, 2);
}
END_TEST

START_TEST(a_yaml_list_adds_up_in_a_list)
{
    ck_assert_int_eq(BIND(given("url", "u"), item("path", "/c"), item("path", "/d")), 0);
    ck_assert_uint_eq(thing.paths.count, 2);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(repeated_words_each_have_an_entry)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("header", "A a, b"), given("header", "B c")), 0);
    ck_assert_uint_eq(thing.headers.count, 2);
    ck_assert_str_eq(thing.headers.items[0], "A a, b");
    ck_assert_uint_eq(thing.headers.places[1].line, 9);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(rules_that_share_a_field_stay_in_order)
{
    ck_assert_int_eq(
        BIND(given("url", "u"), given("add", "a 1"), given("REMOVE", "b"), given("add", "c 3")), 0);
    ck_assert_uint_eq(thing.rules.count, 3);
    ck_assert_str_eq(thing.rules.items[0].key, "add");
    ck_assert_str_eq(thing.rules.items[1].key, "remove");
    ck_assert_str_eq(thing.rules.items[2].value, "c 3");
}
END_TEST

START_TEST(a_prefix_takes_what_has_no_name_of_its_own)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("parser_1", "a"), given("parser_secret", "b"),
                          given("parser_2", "c")),
                     0);
    ck_assert_uint_eq(thing.parsers.count, 2);
    ck_assert_str_eq(thing.parsers.items[1].key, "parser_2");
    ck_assert_str_eq(thing.password, "b");
}
END_TEST

START_TEST(an_ignored_option_is_accepted)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("Coro_Stack_Size", "24K")), 0);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

START_TEST(an_ignored_option_with_a_star_takes_what_begins_so)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("Net.Keepalive", "on"), given("net.", "")), 0);
    ck_assert_uint_eq(report.warning_count, 0);
    ck_assert_int_lt(BIND(given("url", "u"), given("net", "on")), 0);
    ck_assert(report_says("unknown configuration property 'net'"));
}
END_TEST

START_TEST(a_lenient_reading_is_a_warning)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("is_on", "1"), given("max_body", "5MB # big")),
                     0);
    ck_assert_uint_eq(report.warning_count, 2);
    ck_assert_uint_eq(thing.body_bytes, 5000000);
}
END_TEST

START_TEST(what_a_variable_left_empty_has_its_default)
{
    ck_assert_int_eq(BIND(given("url", "u"), given("is_on", ""), given("count", ""),
                          given("max_body", ""), given("wait", ""), given("mode", ""),
                          given("password", ""), given("alias", ""), given("unit", "")),
                     0);
    ck_assert_uint_eq(report.warning_count, 7);
    ck_assert(report_says("a.conf:9: output thing: 'is_on' is empty; the default counts"));
    ck_assert(thing.is_on);
    ck_assert_int_eq(thing.count, 3);
    ck_assert_int_eq(thing.mode, 1);
    ck_assert_str_eq(thing.password, "s3cret");
    ck_assert_ptr_null(common.alias);
    ck_assert_str_eq(thing.unit, "");
}
END_TEST

START_TEST(what_must_be_set_is_not_when_it_is_left_empty)
{
    ck_assert_int_eq(BIND(given("url", "")), -ENODATA);
    ck_assert(report_says("output thing: 'url' must be set"));
}
END_TEST

START_TEST(a_secret_is_never_shown)
{
    struct buffer out = {0};

    ck_assert_int_eq(
        BIND(given("url", "u"), given("password", "hunter2"), given("password", "hunter3")), 0);
    ck_assert(!report_says("hunter"));
    options_print(options, &out);
    options_markdown(options, &out);
    options_json(options, &out);
    ck_assert_ptr_null(strstr(buffer_text(&out), "s3cret"));
    buffer_fini(&out);
}
END_TEST

START_TEST(help_has_a_line_for_each_option)
{
    struct buffer out = {0};

    options_print(common_options, &out);
    ck_assert_str_eq(buffer_text(&out), "alias                                    Its name in "
                                        "metrics. > default: none, type: string\n");
    buffer_clear(&out);
    options_print(options, &out);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "Where to. > default: required, type: string"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "One of: off|normal|full."));
    buffer_fini(&out);
}
END_TEST

START_TEST(markdown_has_a_row_for_each_option)
{
    struct buffer out = {0};
    const char *text;

    options_markdown(options, &out);
    text = buffer_text(&out);
    ck_assert_ptr_nonnull(strstr(text, "| `max_body` | size | `5M` | Largest body. |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| `url` | string | required | Where to. |\n"));
    ck_assert_ptr_nonnull(strstr(text, "Adds a \\| key."));
    ck_assert_ptr_nonnull(strstr(text, "One more header. May be given several times. |\n"));
    buffer_fini(&out);
}
END_TEST

START_TEST(json_escapes_its_texts)
{
    struct buffer out = {0};
    const char *text;

    options_json(options, &out);
    text = buffer_text(&out);
    ck_assert_ptr_nonnull(strstr(text, "\"description\":\"Removes a \\\"key\\\".\""));
    ck_assert_ptr_nonnull(strstr(text, "{\"name\":\"count\",\"description\":\"How many.\","
                                       "\"default\":\"3\",\"type\":\"integer\"}"));
    buffer_fini(&out);
}
END_TEST

START_TEST(a_right_table_passes_its_check)
{
    options_check(options);
    options_check(common_options);
    ck_assert_str_eq(option_find(options, "parser_9")->name, "parser_");
    ck_assert_ptr_null(option_find(options, "alias"));
}
END_TEST

START_TEST(a_default_that_does_not_convert_stops_the_process)
{
    static const struct option wrong[] = {
        OPTION_INT(struct thing, count, "count", "many", 0, "How many."),
        OPTION_END,
    };

    options_check(wrong);
}
END_TEST

START_TEST(a_name_twice_stops_the_process)
{
    static const struct option wrong[] = {
        OPTION_INT(struct thing, count, "count", NULL, 0, "How many."),
        OPTION_INT(struct thing, count, "Count", NULL, 0, "How many."),
        OPTION_END,
    };

    options_check(wrong);
}
END_TEST

START_TEST(a_key_is_found_where_its_last_value_stands)
{
    const struct property items[] = {
        {.key = "Retry", .value = "1", .place = {"a.conf", 2}},
        {.key = "retry", .value = "x", .place = {"a.conf", 4}},
    };
    struct place section = {"a.conf", 1};

    ck_assert_uint_eq(property_place(items, 2, "RETRY", section).line, 4);
    ck_assert_uint_eq(property_place(items, 2, "other", section).line, 1);
    ck_assert_uint_eq(property_place(NULL, 0, "retry", section).line, 1);
}
END_TEST

Suite *suite_plugin_option(void);
Suite *suite_plugin_option(void)
{
    Suite *suite = suite_create("plugin/option");
    TCase *binding = tcase_create("binding");
    TCase *tables = tcase_create("tables");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(binding, set_up, tear_down);
    tcase_add_test(binding, what_is_not_given_has_its_default);
    tcase_add_test(binding, what_is_given_is_converted);
    tcase_add_test(binding, an_unknown_key_is_told_with_its_place_and_the_nearest_name);
    tcase_add_test(binding, an_unknown_key_with_nothing_near_is_told_alone);
    tcase_add_test(binding, a_lenient_section_only_warns_of_unknown_keys);
    tcase_add_test(binding, all_mistakes_are_told_at_once);
    tcase_add_test(binding, of_a_key_given_twice_the_last_counts_with_a_warning);
    tcase_add_test(binding, a_yaml_list_adds_up_in_a_list);
    tcase_add_test(binding, repeated_words_each_have_an_entry);
    tcase_add_test(binding, rules_that_share_a_field_stay_in_order);
    tcase_add_test(binding, a_prefix_takes_what_has_no_name_of_its_own);
    tcase_add_test(binding, an_ignored_option_is_accepted);
    tcase_add_test(binding, an_ignored_option_with_a_star_takes_what_begins_so);
    tcase_add_test(binding, a_lenient_reading_is_a_warning);
    tcase_add_test(binding, what_a_variable_left_empty_has_its_default);
    tcase_add_test(binding, what_must_be_set_is_not_when_it_is_left_empty);
    tcase_add_test(binding, a_secret_is_never_shown);
    tcase_add_test(tables, help_has_a_line_for_each_option);
    tcase_add_test(tables, markdown_has_a_row_for_each_option);
    tcase_add_test(tables, json_escapes_its_texts);
    tcase_add_test(tables, a_right_table_passes_its_check);
    stops_add(stops, a_default_that_does_not_convert_stops_the_process);
    stops_add(stops, a_name_twice_stops_the_process);
    tcase_add_test(binding, a_key_is_found_where_its_last_value_stands);
    suite_add_tcase(suite, binding);
    suite_add_tcase(suite, tables);
    suite_add_tcase(suite, stops);
    return suite;
}
