#include "kit/filter.h"

#include <check.h>
#include <stdio.h>

extern const struct filter_plugin filter_record_modifier;

static struct kit_filter f;

static void tear_down(void)
{
    kit_filter_close(&f);
}

#define OPEN(...) kit_filter_open(&f, &filter_record_modifier, KIT_KEYS(__VA_ARGS__))

static void expect(const char *json, const char *expected)
{
    kit_filter_expect(&f, json, expected);
}

START_TEST(records_are_appended_in_order)
{
    OPEN("Record", "host web-1", "Record", "team a b  c", "Record", "where \"the far east\"");
    expect("{\"a\":1}", "{\"a\":1,\"host\":\"web-1\",\"team\":\"a b  c\","
                        "\"where\":\"the far east\"}");
}
END_TEST

START_TEST(what_is_appended_counts)
{
    OPEN("Record", "a new");
    expect("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":\"new\"}");
}
END_TEST

START_TEST(a_record_without_a_value_is_warned_of)
{
    OPEN("Record", "host", "Record", "x 1", "Record", "");
    ck_assert_uint_eq(f.report.warning_count, 2);
    ck_assert_ptr_nonnull(strstr(buffer_text(&f.report.text), "filter.conf:2"));
    expect("{\"a\":1}", "{\"a\":1,\"x\":\"1\"}");
}
END_TEST

START_TEST(a_quote_that_is_not_closed_is_part_of_the_value)
{
    OPEN("Record", "a \"b c");
    expect("{}", "{\"a\":\"\\\"b c\"}");
}
END_TEST

START_TEST(a_key_in_quotes_may_have_blanks)
{
    OPEN("Record", "\"my host\" web-1", "Record", "\"a b\" \"c d\"", "Record", "\"open x");
    ck_assert_uint_eq(f.report.warning_count, 1);
    expect("{}", "{\"my host\":\"web-1\",\"a b\":\"c d\"}");
}
END_TEST

START_TEST(removed_keys_go_whatever_their_case)
{
    OPEN("Remove_key", "Stream", "Remove_key", "_*");
    expect("{\"stream\":1,\"STREAM\":2,\"streams\":3,\"_\":4,\"_p\":5,\"a_\":6}",
           "{\"streams\":3,\"a_\":6}");
    expect("{\"x\":1}", "{\"x\":1}");
}
END_TEST

START_TEST(only_the_top_level_is_looked_at)
{
    OPEN("Remove_key", "kubernetes.labels", "Remove_key", "labels");
    expect("{\"kubernetes\":{\"labels\":{}}}", "{\"kubernetes\":{\"labels\":{}}}");
}
END_TEST

START_TEST(a_key_with_an_escape_is_removed)
{
    OPEN("Remove_key", "a\"b");
    expect("{\"a\\\"b\":1,\"c\":2}", "{\"c\":2}");
}
END_TEST

START_TEST(only_allowed_keys_stay)
{
    OPEN("Allowlist_key", "log", "Whitelist_key", "kube*");
    expect("{\"time\":1,\"LOG\":2,\"kubernetes\":{},\"x\":3}", "{\"LOG\":2,\"kubernetes\":{}}");
}
END_TEST

START_TEST(additions_need_no_permission)
{
    OPEN("Allowlist_key", "log", "Record", "x 1");
    expect("{\"log\":1,\"y\":2}", "{\"log\":1,\"x\":\"1\"}");
}
END_TEST

START_TEST(a_record_that_loses_all_keys_goes)
{
    OPEN("Remove_key", "*");
    expect("{\"a\":1}", NULL);
}
END_TEST

START_TEST(each_record_gets_its_own_uuid)
{
    char first[256];

    OPEN("Uuid_key", "id");
    for (int i = 0; i < 200; i++) {
        const char *out = kit_filter_apply(&f, "{\"a\":1}");

        ck_assert_uint_eq(strlen(out), strlen("{\"a\":1,\"id\":\"\"}") + 36);
        ck_assert_int_eq(out[13 + 8], '-');
        ck_assert_int_eq(out[13 + 14], '4');
        ck_assert_ptr_nonnull(strchr("89ab", out[13 + 19]));
        ck_assert(i == 0 || strcmp(first, out) != 0);
        snprintf(first, sizeof first, "%s", out);
    }
}
END_TEST

START_TEST(removing_and_allowing_do_not_mix)
{
    kit_filter_refuses(&filter_record_modifier,
                       KIT_KEYS("Remove_key", "a", "Record", "x 1", "Allowlist_key", "b"),
                       "filter.conf:4");
}
END_TEST

Suite *suite_plugins_filter_record_modifier(void)
{
    Suite *suite = suite_create("plugins/filter_record_modifier");
    TCase *tcase = tcase_create("record_modifier");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, records_are_appended_in_order);
    tcase_add_test(tcase, what_is_appended_counts);
    tcase_add_test(tcase, a_record_without_a_value_is_warned_of);
    tcase_add_test(tcase, a_quote_that_is_not_closed_is_part_of_the_value);
    tcase_add_test(tcase, a_key_in_quotes_may_have_blanks);
    tcase_add_test(tcase, removed_keys_go_whatever_their_case);
    tcase_add_test(tcase, only_the_top_level_is_looked_at);
    tcase_add_test(tcase, a_key_with_an_escape_is_removed);
    tcase_add_test(tcase, only_allowed_keys_stay);
    tcase_add_test(tcase, additions_need_no_permission);
    tcase_add_test(tcase, a_record_that_loses_all_keys_goes);
    tcase_add_test(tcase, each_record_gets_its_own_uuid);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("refuses");
    tcase_add_test(tcase, removing_and_allowing_do_not_mix);
    suite_add_tcase(suite, tcase);
    return suite;
}
