#include "kit/filter.h"

#include <check.h>

extern const struct filter_plugin filter_grep;

static struct kit_filter f;

static void tear_down(void)
{
    kit_filter_close(&f);
}

#define OPEN(...) kit_filter_open(&f, &filter_grep, KIT_KEYS(__VA_ARGS__))

static void expect_kept(const char *json)
{
    kit_filter_expect(&f, json, json);
}

static void expect_dropped(const char *json)
{
    kit_filter_expect(&f, json, NULL);
}

START_TEST(regex_keeps_what_matches)
{
    OPEN("Regex", "log err");
    expect_kept("{\"log\":\"an error\"}");
    expect_dropped("{\"log\":\"fine\"}");
    expect_dropped("{\"other\":\"err\"}");
}
END_TEST

START_TEST(exclude_drops_what_matches)
{
    OPEN("Exclude", "$log err");
    expect_dropped("{\"log\":\"an error\"}");
    expect_kept("{\"log\":\"fine\"}");
    expect_kept("{\"other\":\"err\"}");
}
END_TEST

START_TEST(only_text_is_tested)
{
    OPEN("Regex", "n 5");
    expect_dropped("{\"n\":5}");
    expect_dropped("{\"n\":[\"5\"]}");
    expect_dropped("{\"n\":null}");
    expect_kept("{\"n\":\"5\"}");
}
END_TEST

START_TEST(the_pattern_is_the_rest_of_the_line)
{
    OPEN("Regex", "log   /two  words/i");
    expect_kept("{\"log\":\"has TWO  Words\"}");
    expect_dropped("{\"log\":\"two words\"}");
}
END_TEST

START_TEST(text_is_tested_decoded)
{
    OPEN("Regex", "log ^b\\tc$");
    expect_kept("{\"log\":\"a\\nb\\tc\"}");
}
END_TEST

START_TEST(keys_inside_maps_are_found)
{
    OPEN("Exclude", "$kubernetes['labels']['app'] ^noisy");
    expect_dropped("{\"kubernetes\":{\"labels\":{\"app\":\"noisy-one\"}}}");
    expect_kept("{\"kubernetes\":{\"labels\":{}}}");
    expect_kept("{\"kubernetes\":{\"labels\":{\"app\":7}}}");
}
END_TEST

START_TEST(in_legacy_the_first_regex_decides)
{
    OPEN("Regex", "a 1", "Regex", "b 2");
    expect_kept("{\"a\":\"1\",\"b\":\"x\"}");
    expect_dropped("{\"a\":\"x\",\"b\":\"2\"}");
}
END_TEST

START_TEST(in_legacy_an_exclude_that_misses_asks_the_next)
{
    OPEN("Exclude", "a 1", "Regex", "b 2", "Exclude", "c 3");
    expect_dropped("{\"a\":\"1\",\"b\":\"2\"}");
    expect_dropped("{\"a\":\"0\",\"b\":\"0\"}");
    expect_kept("{\"a\":\"0\",\"b\":\"2\",\"c\":\"3\"}");
    expect_dropped("{}");
}
END_TEST

START_TEST(and_wants_every_regex)
{
    OPEN("Logical_Op", "AND", "Regex", "a 1", "Regex", "b 2");
    expect_kept("{\"a\":\"1\",\"b\":\"2\"}");
    expect_dropped("{\"a\":\"1\"}");
    expect_dropped("{\"b\":\"2\"}");
}
END_TEST

START_TEST(or_wants_any_regex)
{
    OPEN("Logical_Op", "or", "Regex", "a 1", "Regex", "b 2");
    expect_kept("{\"a\":\"1\"}");
    expect_kept("{\"b\":\"2\"}");
    expect_dropped("{\"c\":\"3\"}");
}
END_TEST

START_TEST(and_drops_where_every_exclude_matches)
{
    OPEN("Logical_Op", "and", "Exclude", "a 1", "Exclude", "b 2");
    expect_dropped("{\"a\":\"1\",\"b\":\"2\"}");
    expect_kept("{\"a\":\"1\"}");
}
END_TEST

START_TEST(or_drops_where_any_exclude_matches)
{
    OPEN("Logical_Op", "or", "Exclude", "a 1", "Exclude", "b 2");
    expect_dropped("{\"a\":\"1\"}");
    expect_dropped("{\"b\":\"2\"}");
    expect_kept("{\"c\":\"3\"}");
}
END_TEST

START_TEST(without_rules_everything_is_kept_with_a_warning)
{
    OPEN("Logical_Op", "and");
    ck_assert_uint_eq(f.report.warning_count, 1);
    expect_kept("{\"a\":\"1\"}");
}
END_TEST

/* A pattern that goes back and forth over the text is no reason to stand still. */
START_TEST(a_pattern_that_takes_too_long_is_no_match)
{
    log_level_set(LOG_OFF);
    OPEN("Exclude", "log ^(a+)+$");
    expect_kept("{\"log\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}");
    log_level_set(LOG_INFO);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(mistakes_are_told_with_their_place)
{
    kit_filter_refuses(&filter_grep, KIT_KEYS("Regex", "log"), "takes a key");
    kit_filter_refuses(&filter_grep, KIT_KEYS("Exclude", ""), "takes a key");
    kit_filter_refuses(&filter_grep, KIT_KEYS("Regex", "log (a"), "filter.conf:2");
    kit_filter_refuses(&filter_grep, KIT_KEYS("Regex", "log a", "Exclude", "$a['b x"),
                       "filter.conf:3");
    kit_filter_refuses(&filter_grep, KIT_KEYS("Logical_Op", "xor", "Regex", "log a"), "xor");
    kit_filter_refuses(&filter_grep,
                       KIT_KEYS("Logical_Op", "and", "Regex", "a 1", "Exclude", "b 2"),
                       "filter.conf:4");
}
END_TEST

START_TEST(every_mistake_is_told)
{
    ck_assert(!kit_filter_try(&f, &filter_grep,
                              KIT_KEYS("Regex", "log (a", "Exclude", "log", "Regex", "log [b")));
    ck_assert_uint_eq(f.report.error_count, 3);
}
END_TEST

Suite *suite_plugins_filter_grep(void)
{
    Suite *suite = suite_create("plugins/filter_grep");
    TCase *tcase = tcase_create("grep");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, regex_keeps_what_matches);
    tcase_add_test(tcase, exclude_drops_what_matches);
    tcase_add_test(tcase, only_text_is_tested);
    tcase_add_test(tcase, the_pattern_is_the_rest_of_the_line);
    tcase_add_test(tcase, text_is_tested_decoded);
    tcase_add_test(tcase, keys_inside_maps_are_found);
    tcase_add_test(tcase, in_legacy_the_first_regex_decides);
    tcase_add_test(tcase, in_legacy_an_exclude_that_misses_asks_the_next);
    tcase_add_test(tcase, and_wants_every_regex);
    tcase_add_test(tcase, or_wants_any_regex);
    tcase_add_test(tcase, and_drops_where_every_exclude_matches);
    tcase_add_test(tcase, or_drops_where_any_exclude_matches);
    tcase_add_test(tcase, without_rules_everything_is_kept_with_a_warning);
    tcase_add_test(tcase, a_pattern_that_takes_too_long_is_no_match);
    tcase_add_test(tcase, every_mistake_is_told);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("grep refuses");
    tcase_add_test(tcase, mistakes_are_told_with_their_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
