#include "record/regex.h"

#include "base/memory.h"

#include <check.h>

static struct report report;

static void begin(void)
{
    report_init(&report);
}

static void end(void)
{
    report_fini(&report);
}

static struct regex *compile(const char *pattern)
{
    struct regex *re = regex_compile(pattern, &report, (struct place){0});

    ck_assert_msg(re != NULL, "'%s': %s", pattern, buffer_text(&report.text));
    return re;
}

/* What matched, between < and >; NULL: no match. */
static const struct {
    const char *pattern;
    const char *subject;
    const char *matched;
} matches[] = {
    {"b", "abc", "b"},
    {"^b", "abc", NULL},
    {"^b", "a\nb", "b"},
    {"a$", "a\nb", "a"},
    {"b$", "a\nb", "b"},
    {"\\Ab", "a\nb", NULL},
    {"b\\z", "b\n", NULL},
    {"b\\Z", "b\n", "b"},
    {"^$", "a\n", NULL},
    {"^$", "a\n\nb", ""},
    {"^x*\\z", "a\n", NULL},
    {"a.b", "a\nb", NULL},
    {"/a.b/m", "a\nb", "a\nb"},
    {"(?m)a.b", "a\nb", "a\nb"},
    {"a.b", "a\rb", "a\rb"},
    {"/ABC/i", "xabcx", "abc"},
    {"/ a b # c/x", "ab", "ab"},
    {"a(?i)b|c", "C", NULL},
    {"a(?i)b|c", "aC", "aC"},
    {"\\h+", "xyzBEEF", "BEEF"},
    {"[[:alpha:]]+", "12\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
    {"\\w+",
     "\xc3\xa9"
     "abc",
     "abc"},
    {"[a-z&&[^aeiou]]+", "aeibcd", "bcd"},
    {"[^a[^bc]]+", "abcd", "bc"},
    {"(?<!foo)bar", "foobar", NULL},
    {"(?<=foo)bar", "foobar", "bar"},
    {"foo\\Kbar", "foobar", "bar"},
    {"(?>a*)a", "aaa", NULL},
    {"a++a", "aaa", NULL},
    {"(?<p>\\((?:[^()]|\\g<p>)*\\))", "f(a(b)c)d", "(a(b)c)"},
    {"(?<q>['\"]).*?\\k<q>", "x 'a\"b' y", "'a\"b'"},
    {"a{,2}b", "aaab", "aab"},
    {"\\xC3\\xA9", "caf\xc3\xa9", "\xc3\xa9"},
    {"/var/log", "x /var/log", "/var/log"},
    {"", "abc", ""},
    {"", "", ""},
    {"x*", "", ""},
    {".", "", NULL},
};

START_TEST(expressions_match_as_in_ruby)
{
    struct regex *re = compile(matches[_i].pattern);
    struct regex_match m;
    int rc = regex_match(re, slice_of(matches[_i].subject), &m);

    ck_assert_msg(rc == (matches[_i].matched ? 0 : REGEX_NO_MATCH), "'%s' on '%s': %d",
                  matches[_i].pattern, matches[_i].subject, rc);
    ck_assert(regex_matches(re, slice_of(matches[_i].subject)) == (rc == 0));
    if (rc == 0)
        ck_assert_msg(slice_is(regex_capture(&m, 0), matches[_i].matched), "'%s' on '%s': '%.*s'",
                      matches[_i].pattern, matches[_i].subject, SLICE_ARG(regex_capture(&m, 0)));
    regex_free(&re);
    ck_assert_ptr_null(re);
}
END_TEST

START_TEST(named_groups_come_in_the_order_of_their_names)
{
    static const char *const names[] = {"time", "stream", "stream", "message"};
    static const char *const texts[] = {"T", NULL, "err", "hi"};
    struct regex *re =
        compile("^(?<time>\\S+) (?:(?<stream>out)|(?<stream>err)) (x)?(?<message>.*)$");
    struct regex_match m;

    ck_assert_int_eq(regex_match(re, SLICE("T err hi"), &m), 0);
    ck_assert_uint_eq(regex_name_count(re), ARRAY_LEN(names));
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        ck_assert_str_eq(regex_name(re, i), names[i]);
        ck_assert((regex_named(re, &m, i).data == NULL) == (texts[i] == NULL));
        ck_assert(slice_equal(regex_named(re, &m, i), slice_of(texts[i])));
    }
    regex_free(&re);
}
END_TEST

START_TEST(plain_groups_are_numbered_where_none_is_named)
{
    struct regex *re = compile("(a)|(b)(c)?");
    struct regex_match m;

    ck_assert_int_eq(regex_match(re, SLICE("xb"), &m), 0);
    ck_assert_ptr_null(regex_capture(&m, 1).data);
    ck_assert(slice_is(regex_capture(&m, 2), "b"));
    ck_assert_ptr_null(regex_capture(&m, 3).data);
    ck_assert_ptr_null(regex_capture(&m, 99).data);
    ck_assert_uint_eq(regex_name_count(re), 0);
    regex_free(&re);
}
END_TEST

START_TEST(an_empty_capture_is_not_a_missing_one)
{
    struct regex *re = compile("(?<a>x*)(?<b>y)?");
    struct regex_match m;

    ck_assert_int_eq(regex_match(re, SLICE(""), &m), 0);
    ck_assert_ptr_nonnull(regex_named(re, &m, 0).data);
    ck_assert_uint_eq(regex_named(re, &m, 0).len, 0);
    ck_assert_ptr_null(regex_named(re, &m, 1).data);
    ck_assert_int_eq(regex_match(re, (struct slice){0}, &m), 0);
    ck_assert_ptr_nonnull(regex_capture(&m, 0).data);
    regex_free(&re);
}
END_TEST

START_TEST(a_match_stays_when_another_expression_matches)
{
    struct regex *a = compile("(?<n>\\d+)"), *b = compile("(?<w>[a-z]+)");
    struct regex_match ma, mb;

    ck_assert_int_eq(regex_match(a, SLICE("xy 12"), &ma), 0);
    ck_assert_int_eq(regex_match(b, SLICE("xy 12"), &mb), 0);
    ck_assert(slice_is(regex_named(a, &ma, 0), "12"));
    ck_assert(slice_is(regex_named(b, &mb, 0), "xy"));
    regex_free(&a);
    regex_free(&b);
}
END_TEST

static const struct {
    const char *pattern;
    struct slice subject;
    struct slice matched;
} odd_bytes[] = {
    {"^(.*)$",
     {"abc\xff"
      "def",
      7},
     {"abc\xff"
      "def",
      7}},
    {"f.d",
     {"a\xff"
      "f\xfe"
      "d",
      5},
     {"f\xfe"
      "d",
      3}},
    {"[^a]+", {"a\xc3\x28z", 4}, {"\xc3\x28z", 3}},
    {"caf\xc3\xa9", {"\xff caf\xc3\xa9", 7}, {"caf\xc3\xa9", 5}},
    {"b.c", {"b\0c", 3}, {"b\0c", 3}},
    {"^x", {"\xff\nx", 3}, {"x", 1}},
};

START_TEST(subjects_may_hold_any_bytes)
{
    struct regex *re = compile(odd_bytes[_i].pattern);
    struct regex_match m;

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(regex_match(re, odd_bytes[_i].subject, &m), 0);
        ck_assert(slice_equal(regex_capture(&m, 0), odd_bytes[_i].matched));
        ck_assert_int_eq(regex_match(re, SLICE("~"), &m) == 0,
                         strcmp(odd_bytes[_i].pattern, "^(.*)$") == 0 ||
                             strcmp(odd_bytes[_i].pattern, "[^a]+") == 0);
    }
    regex_free(&re);
}
END_TEST

START_TEST(a_subject_that_takes_too_long_is_given_up)
{
    static const char *const patterns[] = {"(a+)+$", "^(\\w+\\s?)*$", "(?:a|aa)+$",
                                           "(x+x+)+y|(a*)*c"};
    char subject[64];
    struct regex_match m;

    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = '!';
    for (size_t i = 0; i < 3; i++) {
        struct regex *re = compile(patterns[i]);

        ck_assert_msg(regex_match(re, slice_make(subject, sizeof subject), &m) == REGEX_LIMIT, "%s",
                      patterns[i]);
        ck_assert(!regex_matches(re, slice_make(subject, sizeof subject)));
        ck_assert_int_eq(regex_match(re, SLICE("aaa"), &m), 0);
        regex_free(&re);
    }
}
END_TEST

START_TEST(recursion_without_end_is_given_up)
{
    struct regex *re = compile("(?<x>a|b\\g<x>*c)+d");
    char *subject = mem_zalloc(1, 1 << 20);
    struct regex_match m;
    int rc;

    memset(subject, 'b', 1 << 20);
    rc = regex_match(re, slice_make(subject, 1 << 20), &m);
    ck_assert(rc == REGEX_LIMIT || rc == REGEX_NO_MATCH);
    MEM_FREE(&subject);
    regex_free(&re);
}
END_TEST

START_TEST(an_anchored_expression_matches_at_the_start_only)
{
    struct regex *re = regex_compile_anchored("b|ab", &report, (struct place){0});
    struct regex_match m;

    ck_assert_int_eq(regex_match(re, SLICE("abc"), &m), 0);
    ck_assert(slice_is(regex_capture(&m, 0), "ab"));
    ck_assert_int_eq(regex_match(re, SLICE("cab"), &m), REGEX_NO_MATCH);
    ck_assert_int_eq(regex_match(re,
                                 SLICE("\xff"
                                       "ab"),
                                 &m),
                     REGEX_NO_MATCH);
    regex_free(&re);
}
END_TEST

static const struct {
    const char *pattern;
    const char *says;
} wrong[] = {
    {"(a", "'(a': a group is not closed at offset 2"},
    {"/\\h\\h*(?<=a+)/", "at offset 6"},
    {"a\\h{3,2}", "out of order in {} quantifier at offset 3"},
    {"[z-a]", "range out of order"},
    {"\\p{Nonsense}", "unknown property"},
    {"*a", "at offset 0"},
};

START_TEST(mistakes_are_told_with_their_place_in_the_pattern)
{
    struct place place = {"parsers.conf", 12};

    ck_assert_ptr_null(regex_compile(wrong[_i].pattern, &report, place));
    ck_assert_uint_eq(report.error_count, 1);
    ck_assert_msg(strstr(buffer_text(&report.text), wrong[_i].says) != NULL, "%s",
                  buffer_text(&report.text));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "parsers.conf:12: "));
}
END_TEST

START_TEST(groups_beyond_the_limit_are_refused)
{
    struct buffer pattern = {0};
    struct regex *re;

    for (int i = 0; i < REGEX_CAPTURES_MAX - 1; i++)
        buffer_append_text(&pattern, "(a)");
    re = compile(buffer_text(&pattern));
    regex_free(&re);
    buffer_append_text(&pattern, "(a)");
    ck_assert_ptr_null(regex_compile(buffer_text(&pattern), &report, (struct place){0}));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "more than 63 groups"));
    buffer_fini(&pattern);
}
END_TEST

/* The patterns that everybody uses, on a line each. */
static const struct {
    const char *pattern;
    const char *line;
    const char *name;
    const char *text;
} wild[] = {
    {"^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<message>.*)$",
     "2024-01-01T00:00:00Z stderr F a b", "message", "a b"},
    {"^\\<(?<pri>[0-9]{1,5})\\>1 (?<time>[^ ]+) (?<host>[^ ]+) (?<ident>[^ ]+) (?<pid>[-0-9]+) "
     "(?<msgid>[^ ]+) (?<extradata>(\\[(.*?)\\]|-)) (?<message>.+)$",
     "<34>1 2003-10-11T22:14:15.003Z host su - ID47 [ex@1 iut=\"3\"] msg", "extradata",
     "[ex@1 iut=\"3\"]"},
    {"^\\<(?<pri>[0-9]+)\\>(?<time>[^ ]* {1,2}[^ ]* [^ ]*) (?<ident>[a-zA-Z0-9_\\/\\.\\-]*)"
     "(?:\\[(?<pid>[0-9]+)\\])?(?:[^\\:]*\\:)? *(?<message>.*)$",
     "<13>Feb  5 17:32:18 sshd[123]: hello", "pid", "123"},
    {"(?<pod_name>[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)_"
     "(?<namespace_name>[^_]+)_(?<container_name>.+)-(?<docker_id>[a-z0-9]{64})\\.log$",
     "app-7d9_default_main-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
     "container_name", "main"},
    {"/^(?<severity>[IWEF])(?<time>\\d{4} [^\\s]+)\\s+(?<pid>\\d+)\\s+(?<source>[^\\]]+)\\] /m",
     "I0711 12:34:56.789    1 main.go:42] up", "source", "main.go:42"},
};

static unsigned name_index(const struct regex *re, const char *name)
{
    unsigned i = 0;

    while (i < regex_name_count(re) && strcmp(regex_name(re, i), name) != 0)
        i++;
    ck_assert_uint_lt(i, regex_name_count(re));
    return i;
}

START_TEST(patterns_in_the_wild_find_their_fields)
{
    struct regex *re = compile(wild[_i].pattern);
    struct regex_match m;

    ck_assert_int_eq(regex_match(re, slice_of(wild[_i].line), &m), 0);
    ck_assert(slice_is(regex_named(re, &m, name_index(re, wild[_i].name)), wild[_i].text));
    regex_free(&re);
}
END_TEST

Suite *suite_record_regex(void);

Suite *suite_record_regex(void)
{
    Suite *suite = suite_create("record/regex");
    TCase *tcase = tcase_create("regex");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_loop_test(tcase, expressions_match_as_in_ruby, 0, ARRAY_LEN(matches));
    tcase_add_test(tcase, named_groups_come_in_the_order_of_their_names);
    tcase_add_test(tcase, plain_groups_are_numbered_where_none_is_named);
    tcase_add_test(tcase, an_empty_capture_is_not_a_missing_one);
    tcase_add_test(tcase, a_match_stays_when_another_expression_matches);
    tcase_add_loop_test(tcase, subjects_may_hold_any_bytes, 0, ARRAY_LEN(odd_bytes));
    tcase_add_test(tcase, a_subject_that_takes_too_long_is_given_up);
    tcase_add_test(tcase, recursion_without_end_is_given_up);
    tcase_add_test(tcase, an_anchored_expression_matches_at_the_start_only);
    tcase_add_loop_test(tcase, mistakes_are_told_with_their_place_in_the_pattern, 0,
                        ARRAY_LEN(wrong));
    tcase_add_test(tcase, groups_beyond_the_limit_are_refused);
    tcase_add_loop_test(tcase, patterns_in_the_wild_find_their_fields, 0, ARRAY_LEN(wild));
    suite_add_tcase(suite, tcase);
    return suite;
}
