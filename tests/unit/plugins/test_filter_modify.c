#include "kit/filter.h"

#include <check.h>

extern const struct filter_plugin filter_modify;

static struct kit_filter f;

static void tear_down(void)
{
    kit_filter_close(&f);
}

#define OPEN(...) kit_filter_open(&f, &filter_modify, KIT_KEYS(__VA_ARGS__))

static void expect(const char *json, const char *expected)
{
    kit_filter_expect(&f, json, expected);
}

static void expect_same(const char *json)
{
    expect(json, json);
}

/* ---- rules ---- */

START_TEST(set_replaces_and_moves_to_the_end)
{
    OPEN("Set", "a new");
    expect("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":\"new\"}");
    expect("{\"b\":2}", "{\"b\":2,\"a\":\"new\"}");
}
END_TEST

START_TEST(add_leaves_what_is_there)
{
    OPEN("Add", "a \"two words\"", "Add", "e \"\"");
    expect("{\"a\":1}", "{\"a\":1,\"e\":\"\"}");
    expect("{\"b\":2}", "{\"b\":2,\"a\":\"two words\",\"e\":\"\"}");
}
END_TEST

/* Elsewhere every value is compiled as an expression, and this one is none. */
START_TEST(a_value_may_be_anything)
{
    OPEN("Add", "note (a[b");
    expect("{}", "{\"note\":\"(a[b\"}");
}
END_TEST

START_TEST(remove_takes_one_key)
{
    OPEN("Remove", "a");
    expect("{\"a\":1,\"ab\":2}", "{\"ab\":2}");
    expect_same("{\"b\":{\"a\":1}}");
    expect("{\"a\":1}", "{}");
}
END_TEST

START_TEST(remove_wildcard_takes_keys_by_their_beginning)
{
    OPEN("Remove_wildcard", "Mem.", "Remove_wildcard", "Swap*");
    expect("{\"Mem.a\":1,\"Me\":2,\"Swap\":3,\"Swapped\":4,\"sMem.\":5}", "{\"Me\":2,\"sMem.\":5}");
}
END_TEST

START_TEST(remove_regex_searches_in_keys)
{
    OPEN("Remove_regex", "^_|tmp$");
    expect("{\"_p\":1,\"a_\":2,\"x.tmp\":3}", "{\"a_\":2}");
}
END_TEST

START_TEST(keys_are_moved_in_their_order)
{
    OPEN("Move_To_Start", "b*", "Move_to_end", "a");
    expect("{\"a1\":1,\"b1\":2,\"c\":3,\"b2\":4,\"a2\":5}",
           "{\"b1\":2,\"b2\":4,\"c\":3,\"a1\":1,\"a2\":5}");
    expect_same("{\"c\":1}");
}
END_TEST

START_TEST(rename_keeps_the_place)
{
    OPEN("Rename", "log message");
    expect("{\"a\":1,\"log\":\"x\",\"b\":2}", "{\"a\":1,\"message\":\"x\",\"b\":2}");
    expect_same("{\"log\":1,\"message\":2}");
    expect_same("{\"a\":1}");
}
END_TEST

START_TEST(hard_rename_replaces)
{
    OPEN("Hard_rename", "log message");
    expect("{\"message\":1,\"log\":2,\"b\":3}", "{\"message\":2,\"b\":3}");
    expect("{\"log\":2}", "{\"message\":2}");
    expect_same("{\"message\":1}");
}
END_TEST

START_TEST(a_key_renamed_to_itself_stays)
{
    OPEN("Hard_rename", "a a", "Hard_copy", "a a");
    expect_same("{\"a\":1}");
}
END_TEST

START_TEST(copy_stands_behind_its_original)
{
    OPEN("Copy", "a b");
    expect("{\"a\":[1],\"c\":2}", "{\"a\":[1],\"b\":[1],\"c\":2}");
    expect_same("{\"a\":1,\"b\":2}");
    expect_same("{\"c\":1}");
}
END_TEST

START_TEST(hard_copy_replaces)
{
    OPEN("Hard_copy", "a b");
    expect("{\"b\":0,\"a\":1,\"c\":2}", "{\"a\":1,\"b\":1,\"c\":2}");
    expect("{\"a\":1}", "{\"a\":1,\"b\":1}");
    expect_same("{\"b\":1}");
}
END_TEST

START_TEST(rules_run_in_the_order_of_the_file)
{
    OPEN("Add", "a 1", "Rename", "a b", "Add", "a 2", "Remove", "c");
    expect("{\"c\":0}", "{\"b\":\"1\",\"a\":\"2\"}");
}
END_TEST

START_TEST(a_doubled_key_counts_as_its_last)
{
    OPEN("Copy", "a b");
    kit_record_fill_fields(&f.record, "{\"c\":0}");
    record_add(&f.record, SLICE("a"), value_int(1));
    record_add(&f.record, SLICE("a"), value_int(2));
    ck_assert_str_eq(kit_filter_run(&f), "{\"c\":0,\"a\":2,\"b\":2}");
}
END_TEST

/* ---- conditions ---- */

/* With this condition the record gets a mark, or does not. */
static bool marks(const char *condition, const char *json)
{
    struct kit_filter filter;
    bool is_marked;

    kit_filter_open(&filter, &filter_modify, KIT_KEYS("Condition", condition, "Add", "mark 1"));
    is_marked = strstr(kit_filter_apply(&filter, json), "\"mark\"") != NULL;
    kit_record_fill_fields(&filter.record, json);
    ck_assert_int_eq(strstr(kit_filter_run(&filter), "\"mark\"") != NULL, is_marked);
    kit_filter_close(&filter);
    return is_marked;
}

START_TEST(conditions_on_a_key)
{
    ck_assert(marks("Key_exists a", "{\"a\":null}"));
    ck_assert(!marks("Key_exists a", "{\"b\":{\"a\":1}}"));
    ck_assert(marks("key_exists $b['a']", "{\"b\":{\"a\":1}}"));
    ck_assert(marks("Key_does_not_exist a", "{\"b\":1}"));
    ck_assert(!marks("Key_does_not_exist a", "{\"a\":1}"));
}
END_TEST

START_TEST(conditions_on_keys_that_match)
{
    ck_assert(marks("A_key_matches ^k8s", "{\"x\":1,\"k8s.pod\":2}"));
    ck_assert(!marks("A_key_matches ^k8s", "{\"x\":1}"));
    ck_assert(marks("No_key_matches ^k8s", "{\"x\":1}"));
    ck_assert(!marks("No_key_matches ^k8s", "{\"k8s.pod\":2}"));
}
END_TEST

START_TEST(conditions_on_a_value)
{
    ck_assert(marks("Key_value_equals a yes", "{\"a\":\"yes\"}"));
    ck_assert(!marks("Key_value_equals a yes", "{\"a\":\"yes!\"}"));
    ck_assert(!marks("Key_value_equals a 1", "{\"a\":1}"));
    ck_assert(!marks("Key_value_equals a true", "{\"a\":true}"));
    ck_assert(marks("Key_value_equals a \"two words\"", "{\"a\":\"two words\"}"));
    ck_assert(marks("Key_value_matches a ^y", "{\"a\":\"yes\"}"));
    ck_assert(!marks("Key_value_matches a ^y", "{\"a\":\"no\"}"));
    ck_assert(marks("Key_value_matches a ^tr", "{\"a\":true}"));
    ck_assert(marks("Key_value_matches a ^fa", "{\"a\":false}"));
    ck_assert(!marks("Key_value_matches a 5", "{\"a\":5}"));
}
END_TEST

START_TEST(negative_conditions_want_the_key)
{
    ck_assert(marks("Key_value_does_not_equal a yes", "{\"a\":\"no\"}"));
    ck_assert(marks("Key_value_does_not_equal a 1", "{\"a\":1}"));
    ck_assert(!marks("Key_value_does_not_equal a yes", "{\"a\":\"yes\"}"));
    ck_assert(!marks("Key_value_does_not_equal a yes", "{\"b\":\"no\"}"));
    ck_assert(marks("Key_value_does_not_match a ^y", "{\"a\":\"no\"}"));
    ck_assert(!marks("Key_value_does_not_match a ^y", "{\"a\":\"yes\"}"));
    ck_assert(!marks("Key_value_does_not_match a ^y", "{\"b\":\"no\"}"));
}
END_TEST

START_TEST(conditions_on_values_of_keys_that_match)
{
    ck_assert(marks("Matching_keys_have_matching_values ^a ^1", "{\"a1\":\"1\",\"a2\":\"12\"}"));
    ck_assert(!marks("Matching_keys_have_matching_values ^a ^1", "{\"a1\":\"1\",\"a2\":\"2\"}"));
    ck_assert(marks("Matching_keys_have_matching_values ^a ^1", "{\"b\":\"2\"}"));
    ck_assert(marks("Matching_keys_do_not_have_matching_values ^a ^1", "{\"a1\":\"2\"}"));
    ck_assert(!marks("Matching_keys_do_not_have_matching_values ^a ^1", "{\"a1\":\"1\"}"));
    ck_assert(!marks("Matching_keys_do_not_have_matching_values ^a ^1", "{\"b\":\"1\"}"));
}
END_TEST

START_TEST(all_conditions_must_hold_before_the_first_rule)
{
    OPEN("Condition", "Key_exists a", "Add", "b 1", "Condition", "Key_does_not_exist b", "Add",
         "c 1");
    expect("{\"a\":0}", "{\"a\":0,\"b\":\"1\",\"c\":\"1\"}");
    expect_same("{\"a\":0,\"b\":0}");
    expect_same("{\"x\":0}");
}
END_TEST

START_TEST(booleans_of_msgpack_are_words_too)
{
    OPEN("Condition", "Key_value_matches a ^true$", "Remove", "a");
    kit_record_fill(&f.record, "{\"b\":1}");
    record_add(&f.record, SLICE("a"), value_msgpack(SLICE("\xc3")));
    ck_assert_str_eq(kit_filter_run(&f), "{\"b\":1}");
    kit_record_fill(&f.record, "{\"b\":1}");
    record_add(&f.record, SLICE("a"), value_msgpack(SLICE("\xc2")));
    ck_assert_str_eq(kit_filter_run(&f), "{\"b\":1,\"a\":false}");
    kit_record_fill(&f.record, "{\"b\":1}");
    record_add(&f.record, SLICE("a"), value_bool(true));
    ck_assert_str_eq(kit_filter_run(&f), "{\"b\":1}");
}
END_TEST

START_TEST(without_rules_nothing_changes_and_it_is_said)
{
    OPEN("Condition", "Key_exists a");
    ck_assert_uint_eq(f.report.warning_count, 1);
    expect_same("{\"a\":0}");
}
END_TEST

/* ---- what is refused ---- */

START_TEST(mistakes_are_told_with_their_place)
{
    static const char *const lines[][3] = {
        {"Set", "key", "a key and a value"},
        {"Add", "key two words", "double quotes"},
        {"Add", "key \"open", "double quotes"},
        {"Remove", "a b", "a key"},
        {"Remove_regex", "(a", "filter.conf:2"},
        {"Rename", "a", "new name"},
        {"Copy", "a b c", "the copy"},
        {"Condition", "Key_exist a", "did you mean Key_exists"},
        {"Condition", "", "no condition"},
        {"Condition", "Key_exists", "a condition and a key"},
        {"Condition", "Key_exists a b", "a condition and a key"},
        {"Condition", "Key_value_matches a", "a value"},
        {"Condition", "Key_value_matches a (b", "filter.conf:2"},
        {"Condition", "A_key_matches (b", "filter.conf:2"},
        {"Condition", "Key_exists $a['b", "filter.conf:2"},
        {"Removes", "a", "did you mean"},
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        kit_filter_refuses(&filter_modify, KIT_KEYS(lines[i][0], lines[i][1]), lines[i][2]);
}
END_TEST

Suite *suite_plugins_filter_modify(void)
{
    Suite *suite = suite_create("plugins/filter_modify");
    TCase *tcase = tcase_create("rules");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, set_replaces_and_moves_to_the_end);
    tcase_add_test(tcase, add_leaves_what_is_there);
    tcase_add_test(tcase, a_value_may_be_anything);
    tcase_add_test(tcase, remove_takes_one_key);
    tcase_add_test(tcase, remove_wildcard_takes_keys_by_their_beginning);
    tcase_add_test(tcase, remove_regex_searches_in_keys);
    tcase_add_test(tcase, keys_are_moved_in_their_order);
    tcase_add_test(tcase, rename_keeps_the_place);
    tcase_add_test(tcase, hard_rename_replaces);
    tcase_add_test(tcase, a_key_renamed_to_itself_stays);
    tcase_add_test(tcase, copy_stands_behind_its_original);
    tcase_add_test(tcase, hard_copy_replaces);
    tcase_add_test(tcase, rules_run_in_the_order_of_the_file);
    tcase_add_test(tcase, a_doubled_key_counts_as_its_last);
    tcase_add_test(tcase, all_conditions_must_hold_before_the_first_rule);
    tcase_add_test(tcase, booleans_of_msgpack_are_words_too);
    tcase_add_test(tcase, without_rules_nothing_changes_and_it_is_said);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("conditions");
    tcase_add_test(tcase, conditions_on_a_key);
    tcase_add_test(tcase, conditions_on_keys_that_match);
    tcase_add_test(tcase, conditions_on_a_value);
    tcase_add_test(tcase, negative_conditions_want_the_key);
    tcase_add_test(tcase, conditions_on_values_of_keys_that_match);
    tcase_add_test(tcase, mistakes_are_told_with_their_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
