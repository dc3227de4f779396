#include "filter/match.h"

#include "base/buffer.h"

#include <check.h>

static const struct {
    const char *pattern;
    const char *tag;
    bool matches;
} wildcards[] = {
    {"*", "anything", true},
    {"*", "", true},
    {"", "", true},
    {"", "a", false},
    {"kube.*", "kube.var.log.containers.x", true},
    {"kube.*", "kube.", true},
    {"kube.*", "kube", false},
    {"kube.*", "Kube.x", false},
    {"*.log", "a.b.log", true},
    {"*.log", "a.b.logs", false},
    {"*.log", ".log", true},
    {"*.log", "log", false},
    {"a*c", "ac", true},
    {"a*c", "abc", true},
    {"a*c", "abcb", false},
    {"a*b*c", "aXbYc", true},
    {"a*b*c", "abc", true},
    {"a*b*c", "acb", false},
    {"a*a", "a", false},
    {"a*a", "aa", true},
    {"ab*ba", "aba", false},
    {"*ab*ab*", "xabyabz", true},
    {"*ab*ab*", "xaby", false},
    {"**", "any.thing", true},
    {"kube.**", "kube.a.b", true},
    {"*ab", "aab", true},
    {"*aab", "aaab", true},
    {"exact", "exact", true},
    {"exact", "exactly", false},
    {"a.b", "a.b", true},
    {"a.b", "axb", false},
    {"a?c", "abc", false},
    {"[ab]*", "a", false},
    {"host.*.nginx.*", "host.h1.nginx.access", true},
    {"host.*.nginx.*", "host.h1.apache.access", false},
    {"*caf\xc3\xa9*", "un caf\xc3\xa9 noir", true},
};

START_TEST(stars_stand_for_any_bytes)
{
    ck_assert_msg(wildcard_matches(slice_of(wildcards[_i].pattern), slice_of(wildcards[_i].tag)) ==
                      wildcards[_i].matches,
                  "'%s' on '%s'", wildcards[_i].pattern, wildcards[_i].tag);
}
END_TEST

START_TEST(many_stars_cost_no_more_than_the_tag_is_long)
{
    static char pattern[4001], tag[100001];

    for (size_t i = 0; i < sizeof pattern - 1; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    memset(tag, 'a', sizeof tag - 1);
    tag[sizeof tag - 2] = 'b';
    ck_assert(!wildcard_matches(slice_of(pattern), slice_of(tag)));
    tag[sizeof tag - 2] = 'a';
    ck_assert(wildcard_matches(slice_of(pattern), slice_of(tag)));
}
END_TEST

static const struct {
    const char *regex;
    const char *tag;
    bool matches;
} expressions[] = {
    {"kube", "kube.var", true},
    {"var", "kube.var", false},
    {".*var", "kube.var", true},
    {"^kube\\.", "kube.var", true},
    {"x*", "kube", false},
    {"k*", "kube", true},
    {"(?:)|kube", "kube", false},
    {"/KUBE/i", "kube.var", true},
    {"a|kube", "kube", true},
    {"[^.]+\\.var$", "kube.var", true},
    {"[^.]+\\.va$", "kube.var", false},
    {"kube", "", false},
};

START_TEST(expressions_match_from_the_start_and_take_something)
{
    struct report report;
    struct tag_match *match;

    report_init(&report);
    match = tag_match_new(NULL, expressions[_i].regex, &report, (struct place){0});
    ck_assert_ptr_nonnull(match);
    ck_assert_msg(tag_match_accepts(match, slice_of(expressions[_i].tag)) ==
                      expressions[_i].matches,
                  "'%s' on '%s'", expressions[_i].regex, expressions[_i].tag);
    tag_match_free(&match);
    ck_assert_ptr_null(match);
    tag_match_free(&match);
    report_fini(&report);
}
END_TEST

START_TEST(a_tag_is_taken_when_either_matches)
{
    struct report report;
    struct tag_match *match;

    report_init(&report);
    match = tag_match_new("app.*", "^kube", &report, (struct place){0});
    ck_assert(tag_match_accepts(match, SLICE("app.x")));
    ck_assert(tag_match_accepts(match, SLICE("kube.x")));
    ck_assert(!tag_match_accepts(match, SLICE("host.x")));
    tag_match_free(&match);
    report_fini(&report);
}
END_TEST

START_TEST(without_both_nothing_is_taken)
{
    struct tag_match *match = tag_match_new(NULL, NULL, NULL, (struct place){0});

    ck_assert(!tag_match_accepts(match, SLICE("x")));
    ck_assert(!tag_match_accepts(match, SLICE("")));
    tag_match_free(&match);
}
END_TEST

START_TEST(a_broken_expression_is_told)
{
    struct report report;

    report_init(&report);
    ck_assert_ptr_null(tag_match_new("*", "(", &report, (struct place){"a.conf", 9}));
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "a.conf:9: "));
    report_fini(&report);
}
END_TEST

Suite *suite_filter_match(void);

Suite *suite_filter_match(void)
{
    Suite *suite = suite_create("filter/match");
    TCase *tcase = tcase_create("match");

    tcase_add_loop_test(tcase, stars_stand_for_any_bytes, 0, ARRAY_LEN(wildcards));
    tcase_add_test(tcase, many_stars_cost_no_more_than_the_tag_is_long);
    tcase_add_loop_test(tcase, expressions_match_from_the_start_and_take_something, 0,
                        ARRAY_LEN(expressions));
    tcase_add_test(tcase, a_tag_is_taken_when_either_matches);
    tcase_add_test(tcase, without_both_nothing_is_taken);
    tcase_add_test(tcase, a_broken_expression_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
