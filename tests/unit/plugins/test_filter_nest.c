#include "kit/filter.h"

#include <check.h>

extern const struct filter_plugin filter_nest;

static struct kit_filter f;

static void tear_down(void)
{
    kit_filter_close(&f);
}

#define OPEN(...) kit_filter_open(&f, &filter_nest, KIT_KEYS(__VA_ARGS__))

static void expect(const char *json, const char *expected)
{
    kit_filter_expect(&f, json, expected);
}

static void expect_same(const char *json)
{
    expect(json, json);
}

/* ---- nest ---- */

START_TEST(keys_that_fit_go_under_a_new_key_at_the_end)
{
    OPEN("Operation", "nest", "Wildcard", "mem.*", "Wildcard", "swap", "Nest_under", "memory");
    expect("{\"mem.used\":1,\"a\":2,\"swap\":3,\"swapped\":4,\"mem\":5}",
           "{\"a\":2,\"swapped\":4,\"mem\":5,\"memory\":{\"mem.used\":1,\"swap\":3}}");
}
END_TEST

START_TEST(nothing_to_nest_leaves_the_record)
{
    OPEN("Operation", "nest", "Wildcard", "x*", "Nest_under", "m");
    expect_same("{\"a\":1,\"b\":{\"x\":2}}");
    expect_same("{}");
}
END_TEST

START_TEST(nested_keys_lose_a_prefix)
{
    OPEN("Operation", "nest", "Wildcard", "*", "Nest_under", "m", "Remove_prefix", "p_");
    expect("{\"p_a\":1,\"b\":2,\"p_\":3}", "{\"m\":{\"a\":1,\"b\":2,\"\":3}}");
}
END_TEST

START_TEST(nested_keys_get_a_prefix)
{
    OPEN("Operation", "nest", "Wildcard", "a", "Nest_under", "m", "Add_prefix", "p_");
    expect("{\"a\":{\"b\":[1]},\"c\":2}", "{\"c\":2,\"m\":{\"p_a\":{\"b\":[1]}}}");
}
END_TEST

START_TEST(keys_that_become_one_are_the_last)
{
    OPEN("Operation", "nest", "Wildcard", "*", "Nest_under", "m", "Remove_prefix", "p_");
    expect("{\"a\":1,\"p_a\":2}", "{\"m\":{\"a\":2}}");
}
END_TEST

START_TEST(the_new_map_replaces_a_key_of_its_name)
{
    OPEN("Operation", "nest", "Wildcard", "a", "Nest_under", "m");
    expect("{\"m\":0,\"a\":1,\"b\":2}", "{\"b\":2,\"m\":{\"a\":1}}");
}
END_TEST

/* ---- lift ---- */

START_TEST(what_a_map_holds_is_appended)
{
    OPEN("Operation", "lift", "Nested_under", "m");
    expect("{\"a\":1,\"m\":{\"x\":{\"y\":2},\"z\":\"\\u0001\"},\"b\":3}",
           "{\"a\":1,\"b\":3,\"x\":{\"y\":2},\"z\":\"\\u0001\"}");
}
END_TEST

START_TEST(what_is_no_map_stays)
{
    OPEN("Operation", "lift", "Nested_under", "m");
    expect_same("{\"m\":\"text\",\"a\":1}");
    expect_same("{\"m\":[{\"x\":1}]}");
    expect_same("{\"a\":{\"m\":{\"x\":1}}}");
}
END_TEST

START_TEST(an_empty_map_goes)
{
    OPEN("Operation", "lift", "Nested_under", "m");
    expect("{\"m\":{},\"a\":1}", "{\"a\":1}");
}
END_TEST

START_TEST(lifted_keys_get_or_lose_a_prefix)
{
    struct kit_filter adds;

    kit_filter_open(&adds, &filter_nest,
                    KIT_KEYS("Operation", "Lift", "Nested_under", "m", "Add_prefix", "m."));
    kit_filter_expect(&adds, "{\"m\":{\"a\":1,\"\":2}}", "{\"m.a\":1,\"m.\":2}");
    kit_filter_close(&adds);
    OPEN("Operation", "lift", "Nested_under", "m", "Remove_prefix", "p_");
    expect("{\"m\":{\"p_a\":1,\"b\":2}}", "{\"a\":1,\"b\":2}");
}
END_TEST

START_TEST(a_lifted_key_replaces_one_of_its_name)
{
    OPEN("Operation", "lift", "Nested_under", "m");
    expect("{\"a\":1,\"m\":{\"a\":2}}", "{\"a\":2}");
}
END_TEST

START_TEST(maps_of_all_kinds_are_lifted)
{
    OPEN("Operation", "lift", "Nested_under", "m");
    kit_record_fill(&f.record, "{\"a\":1}");
    record_add(&f.record, SLICE("m"),
               value_msgpack(kit_msgpack("{\"x\":[1],\"y\":2.5}", &f.record.arena)));
    ck_assert_str_eq(kit_filter_run(&f), "{\"a\":1,\"x\":[1],\"y\":2.5}");
}
END_TEST

START_TEST(what_was_nested_can_be_lifted)
{
    struct kit_filter lift;

    OPEN("Operation", "nest", "Wildcard", "b*", "Nest_under", "m", "Add_prefix", "_");
    kit_filter_open(&lift, &filter_nest,
                    KIT_KEYS("Operation", "lift", "Nested_under", "m", "Remove_prefix", "_"));
    kit_record_fill(&lift.record, "{\"b1\":1,\"a\":2,\"b2\":3}");
    f.plugin->apply(f.self, &lift.record, NULL);
    ck_assert_str_eq(kit_filter_run(&lift), "{\"a\":2,\"b1\":1,\"b2\":3}");
    kit_filter_close(&lift);
}
END_TEST

START_TEST(either_name_of_the_map_will_do)
{
    OPEN("Operation", "lift", "Nest_under", "m");
    expect("{\"m\":{\"a\":1}}", "{\"a\":1}");
}
END_TEST

START_TEST(nesting_without_a_wildcard_is_warned_of)
{
    OPEN("Operation", "nest", "Nest_under", "m");
    ck_assert_uint_eq(f.report.warning_count, 1);
    expect_same("{\"a\":1}");
}
END_TEST

/* ---- what is refused ---- */

START_TEST(mistakes_are_told_with_their_place)
{
    kit_filter_refuses(&filter_nest, KIT_KEYS("Nest_under", "m"), "Operation");
    kit_filter_refuses(&filter_nest, KIT_KEYS("Operation", "raise", "Nest_under", "m"), "raise");
    kit_filter_refuses(&filter_nest, KIT_KEYS("Operation", "lift"), "Nested_under");
    kit_filter_refuses(&filter_nest, KIT_KEYS("Operation", "nest", "Wildcard", "a"), "Nest_under");
    kit_filter_refuses(
        &filter_nest,
        KIT_KEYS("Operation", "lift", "Nested_under", "m", "Add_prefix", "a", "Remove_prefix", "b"),
        "Add_prefix and Remove_prefix");
}
END_TEST

Suite *suite_plugins_filter_nest(void)
{
    Suite *suite = suite_create("plugins/filter_nest");
    TCase *tcase = tcase_create("nest");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, keys_that_fit_go_under_a_new_key_at_the_end);
    tcase_add_test(tcase, nothing_to_nest_leaves_the_record);
    tcase_add_test(tcase, nested_keys_lose_a_prefix);
    tcase_add_test(tcase, nested_keys_get_a_prefix);
    tcase_add_test(tcase, keys_that_become_one_are_the_last);
    tcase_add_test(tcase, the_new_map_replaces_a_key_of_its_name);
    tcase_add_test(tcase, what_a_map_holds_is_appended);
    tcase_add_test(tcase, what_is_no_map_stays);
    tcase_add_test(tcase, an_empty_map_goes);
    tcase_add_test(tcase, lifted_keys_get_or_lose_a_prefix);
    tcase_add_test(tcase, a_lifted_key_replaces_one_of_its_name);
    tcase_add_test(tcase, maps_of_all_kinds_are_lifted);
    tcase_add_test(tcase, what_was_nested_can_be_lifted);
    tcase_add_test(tcase, either_name_of_the_map_will_do);
    tcase_add_test(tcase, nesting_without_a_wildcard_is_warned_of);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("refuses");
    tcase_add_test(tcase, mistakes_are_told_with_their_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
