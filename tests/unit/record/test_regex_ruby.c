#include "record/regex_ruby.h"

#include <check.h>
#include <errno.h>

static const struct {
    const char *ruby;
    const char *pcre2;
} same[] = {
    /* what needs no translation */
    {"^a.*b$", "^a.*b$"},
    {"(?:a|b)+?c*+", "(?:a|b)+?c*+"},
    {"(?=a)(?!b)(?<=c)(?<!d)(?>e)", "(?=a)(?!b)(?<=c)(?<!d)(?>e)"},
    {"\\A\\d\\D\\w\\W\\s\\S\\b\\B\\R\\X\\Z\\z\\G\\K",
     "\\A\\d\\D\\w\\W\\s\\S\\b\\B\\R\\X\\Z\\z\\G\\K"},
    {"\\<\\>\\-\\_\\/\\.\\[\\{\\\"", "\\<\\>\\-\\_\\/\\.\\[\\{\\\""},
    {"a]b}c", "a]b}c"},
    {"caf\xc3\xa9", "caf\xc3\xa9"},
    {"", ""},
    /* slashes and options */
    {"/abc/", "abc"},
    {"/abc/i", "(?i)abc"},
    {"/a.c/m", "(?s)a.c"},
    {"/a.c/imxo", "(?isx)a.c"},
    {"/abc/o", "abc"},
    {"/abc/q", "/abc/q"},
    {"/var/log/", "var/log"},
    {"/var/log", "/var/log"},
    {"//", ""},
    {"/", "/"},
    {"/abc", "/abc"},
    {"abc/", "abc/"},
    {"/a\\/b/", "a\\/b"},
    /* options inside */
    {"(?m)a", "(?s:a)"},
    {"(?m:a)b", "(?s:a)b"},
    {"(?mi-x:a)", "(?si-x:a)"},
    {"(?i-m:a)", "(?i-s:a)"},
    {"a(?i)b|c", "a(?i:b|c)"},
    {"(a(?i)b|c)d", "(a(?i:b|c))d"},
    {"(?i)a(?m)b", "(?i:a(?s:b))"},
    {"(?x) a # ( comment\n b", "(?x: a \n b)"},
    {"(?x: a # )\n)b #c", "(?x: a \n)b #c"},
    {"(?x)[ #]", "(?x:[ #])"},
    {"(?a)\\w", "(?:\\w)"},
    {"a(?# any (thing\\) )b", "a(?#)b"},
    /* escapes */
    {"\\h\\H", "[0-9a-fA-F][^0-9a-fA-F]"},
    {"\\v\\t\\n\\r\\f\\a\\e", "\\x0b\\t\\n\\r\\f\\a\\e"},
    {"\\Q\\E\\N\\i\\y\\U\\L\\V", "QENiyULV"},
    {"\\x41\\x{e9}\\u00e9\\101\\0", "\\x{41}\\x{e9}\\x{e9}\\x{41}\\x{0}"},
    {"\\xC3\\xA9\\xE2\\x82\\xAC", "\\x{e9}\\x{20ac}"},
    {"\\cA\\C-a\\c?", "\\x{1}\\x{1}\\x{7f}"},
    {"\\12\\8", "\\x{a}\\g{8}"},
    {"\\80", "80"},
    {"\\\xc3\xa9", "\xc3\xa9"},
    /* groups */
    {"(a)(b)", "(a)(b)"},
    {"(a)(?<x>b)(c)", "(?:a)(b)(?:c)"},
    {"(?'x'a)(?P<y>b)", "(a)(b)"},
    {"(?<x>a)\\k<x>", "(a)\\g{1}"},
    {"(?<x>a)\\k'x'", "(a)\\g{1}"},
    {"(?<x>a)|(?<x>b)\\k<x>", "(a)|(b)(?:\\g{2}|\\g{1})"},
    {"(a)\\1\\k<1>(b)\\k<-1>", "(a)\\g{1}\\g{1}(b)\\g{2}"},
    {"\\g<x>(?<x>a){0}", "(?1)(a){0}"},
    {"(a)\\g<1>\\g<0>\\g<-1>", "(a)(?1)(?0)(?1)"},
    {"\\g<+1>(a)", "(?1)(a)"},
    {"(?<x>a)?(?(<x>)b|c)", "(a)?(?(1)b|c)"},
    {"(a)?(?(1)b|c)", "(a)?(?(1)b|c)"},
    /* quantifiers */
    {"a{2,3}b{2}c{2,}d{,2}", "a{2,3}b{2}c{2,}d{0,2}"},
    {"a{2,3}?", "a{2,3}?"},
    {"a{2}?", "(?:a{2})?"},
    {"a{2,3}+", "(?:a{2,3})+"},
    {"a**", "(?:a*)*"},
    {"a+*?", "(?:a+)*?"},
    {"a*+", "a*+"},
    {"(ab)*{2}", "(?:(ab)*){2}"},
    {"[ab]+*", "(?:[ab]+)*"},
    {"x\\d+*", "x(?:\\d+)*"},
    {"a***", "(?:(?:a*)*)*"},
    {"a{,}b{x}c{", "a\\{,}b\\{x}c\\{"},
    /* classes */
    {"[abc]", "[abc]"},
    {"[^abc]", "[^abc]"},
    {"[]a]", "[\\]a]"},
    {"[^]a]", "[^\\]a]"},
    {"[a-z0-9_\\-.]", "[a-z0-9_\\-.]"},
    {"[a-]", "[a\\-]"},
    {"[-a]", "[\\-a]"},
    {"[a-c-e]", "[a-c\\-e]"},
    {"[\\w-.]", "[\\w\\-.]"},
    {"[\\d\\s\\h]", "[\\d\\s0-9a-fA-F]"},
    {"[a\\H]", "(?:[a]|[^0-9a-fA-F])"},
    {"[\\b\\v\\n\\101\\x{e9}]", "[\\x08\\x0b\\n\\x{41}\\x{e9}]"},
    {"[\\R\\X\\Z]", "[RXZ]"},
    {"[a[bc]d]", "[abcd]"},
    {"[a[^bc]]", "(?:[a]|[^bc])"},
    {"[^a[bc]]", "[^abc]"},
    {"[^a[^bc]]", "(?:(?!(?:[a]|[^bc]))(?s:.))"},
    {"[a-z&&[^aeiou]]", "(?:(?=[a-z])(?:[^aeiou]))"},
    {"[a-z&&b-d]", "(?:(?=[a-z])[b-d])"},
    {"[a&&]", "(?:(?=[a])(?!))"},
    {"[a&b]", "[a&b]"},
    {"[[:alpha:]_]", "[a-zA-Z\\p{L}\\p{M}_]"},
    {"[[:^alpha:]]", "(?:[^a-zA-Z\\p{L}\\p{M}])"},
    {"[^[:digit:]]", "[^0-9\\p{Nd}]"},
    {"[[:digit:]-z]", "[0-9\\p{Nd}\\-z]"},
    {"[:a:]", "[\\:a:]"},
    {"[[:alpha]", NULL},
    {"\\p{Alpha}\\p{^Digit}\\P{L}", "[a-zA-Z\\p{L}\\p{M}][^0-9\\p{Nd}][^\\p{L}]"},
    {"\\p{Uppercase_Letter}\\p{Greek}", "[\\p{Lu}][\\p{Greek}]"},
    {"[\\p{Lu}\\P{Lu}]", "(?:[\\p{Lu}]|[^\\p{Lu}])"},
};

START_TEST(ruby_is_written_as_pcre2)
{
    struct regex_ruby r;
    int rc = regex_ruby_translate(same[_i].ruby, &r);

    if (same[_i].pcre2 == NULL) {
        ck_assert_int_eq(rc, -EINVAL);
    } else {
        ck_assert_msg(rc == 0, "'%s': %s", same[_i].ruby, r.error);
        ck_assert_msg(strcmp(buffer_text(&r.text), same[_i].pcre2) == 0, "'%s': %s", same[_i].ruby,
                      buffer_text(&r.text));
    }
    regex_ruby_fini(&r);
}
END_TEST

static const struct {
    const char *ruby;
    const char *error;
    size_t at;
} wrong[] = {
    {"a\\", "the pattern ends in a backslash", 1},
    {"(a", "a group is not closed", 2},
    {"/(a/i", "a group is not closed", 3},
    {"a)b", "unmatched close parenthesis", 1},
    {"a(?~b)", "the absent operator", 1},
    {"(?u)a", "(?u) is not supported", 2},
    {"(?z)a", "undefined group option", 2},
    {"(?", "undefined group option", 2},
    {"(?|a)", "undefined group option", 2},
    {"(*FAIL)", "nothing before *", 0},
    {"(?#a", "a comment does not end", 4},
    {"(?<a", "a group's name does not end", 0},
    {"(?<>a)", "a group's name is empty", 0},
    {"(?<1>a)", "begins with a digit", 0},
    {"(?<x>a)\\1", "by number where groups have names", 7},
    {"(?<x>a)\\g<1>", "by number where groups have names", 7},
    {"\\k<x>", "a reference to no group", 0},
    {"(?<x>a)\\k<x+0>", "a reference to no group", 7},
    {"(a)\\k<0>", "a reference to no group", 3},
    {"\\g<x>", "a call of no group", 0},
    {"(?<x>a)(?<x>b)\\g<x>", "several groups have", 14},
    {"(?(<x>)a)", "a condition asks for no group", 0},
    {"(?(1", "a condition does not end", 0},
    {"[a", "a class is not closed", 0},
    {"a[b[c]", "a class is not closed", 1},
    {"[]", "an empty class", 1},
    {"[[:nope:]]", "no POSIX bracket of this name", 1},
    {"\\p{L", "a property's name does not end", 0},
    {"\\p{}", "a property's name is empty", 4},
    {"\\x{}", "does not hold a hexadecimal number", 3},
    {"\\x{110000}", "is too large", 9},
    {"\\xff", "not UTF-8", 4},
    {"\\777", "too large", 4},
    {"\\u12", "four hexadecimal digits", 4},
    {"\\c", "control escape", 2},
    {"\\Ca", "\\C without its -", 2},
    {"\\M-a", "\\M- is not supported", 2},
    {"caf\xe9", "the pattern is not UTF-8", 0},
};

START_TEST(what_cannot_be_translated_is_told_with_its_place)
{
    struct regex_ruby r;

    ck_assert_msg(regex_ruby_translate(wrong[_i].ruby, &r) == -EINVAL, "'%s'", wrong[_i].ruby);
    ck_assert_msg(strstr(r.error, wrong[_i].error) != NULL, "'%s': %s", wrong[_i].ruby, r.error);
    ck_assert_msg(r.error_at == wrong[_i].at, "'%s': %zu", wrong[_i].ruby, r.error_at);
    regex_ruby_fini(&r);
}
END_TEST

START_TEST(names_are_listed_by_their_first_place)
{
    static const char *const names[] = {"b", "b", "a", "a", "c"};
    static const unsigned captures[] = {1, 3, 2, 5, 4};
    struct regex_ruby r;

    ck_assert_int_eq(regex_ruby_translate("(?<b>1)(?<a>2)(x)(?<b>3)(?<c>4)|(?<a>5)", &r), 0);
    ck_assert_uint_eq(r.name_count, 5);
    for (unsigned i = 0; i < r.name_count; i++) {
        ck_assert_msg(slice_is(r.names[i].name, names[i]), "%u", i);
        ck_assert_uint_eq(r.names[i].capture, captures[i]);
    }
    regex_ruby_fini(&r);
}
END_TEST

START_TEST(names_may_hold_what_pcre2_forbids)
{
    struct regex_ruby r;

    ck_assert_int_eq(regex_ruby_translate("(?<kubernetes.pod-name>a)", &r), 0);
    ck_assert(slice_is(r.names[0].name, "kubernetes.pod-name"));
    regex_ruby_fini(&r);
    ck_assert_int_eq(regex_ruby_translate("(?<a_name_of_more_than_thirty_two_characters_>a)", &r),
                     0);
    regex_ruby_fini(&r);
}
END_TEST

static int translate_repeated(const char *open, size_t count, const char *close)
{
    struct buffer pattern = {0};
    struct regex_ruby r;
    int rc;

    for (size_t i = 0; i < count; i++)
        buffer_append_text(&pattern, open);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&pattern, close);
    rc = regex_ruby_translate(buffer_text(&pattern), &r);
    regex_ruby_fini(&r);
    buffer_fini(&pattern);
    return rc;
}

START_TEST(everything_has_a_limit)
{
    ck_assert_int_eq(translate_repeated("(", REGEX_NEST_MAX, ")"), 0);
    ck_assert_int_eq(translate_repeated("(", REGEX_NEST_MAX + 1, ")"), -EINVAL);
    ck_assert_int_eq(translate_repeated("[a", REGEX_NEST_MAX, "]"), 0);
    ck_assert_int_eq(translate_repeated("[a", REGEX_NEST_MAX + 1, "]"), -EINVAL);
    ck_assert_int_eq(translate_repeated("(?<n>a)", REGEX_NAMES_MAX, ""), 0);
    ck_assert_int_eq(translate_repeated("(?<n>a)", REGEX_NAMES_MAX + 1, ""), -EINVAL);
    ck_assert_int_eq(translate_repeated("a", REGEX_PATTERN_BYTES_MAX, ""), 0);
    ck_assert_int_eq(translate_repeated("a", REGEX_PATTERN_BYTES_MAX + 1, ""), -EINVAL);
}
END_TEST

START_TEST(literal_characters_above_ascii_are_noticed)
{
    static const struct {
        const char *ruby;
        bool is_ascii;
    } patterns[] = {
        {"abc[x]\\w", true},   {"caf\xc3\xa9", false}, {"[\xc3\xa9]", false}, {"\\x{e9}", false},
        {"\\xC3\\xA9", false}, {"[[:alpha:]]", true},  {"\\u0041", true},
    };
    struct regex_ruby r;

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        ck_assert_int_eq(regex_ruby_translate(patterns[i].ruby, &r), 0);
        ck_assert_msg(r.is_ascii == patterns[i].is_ascii, "%s", patterns[i].ruby);
        regex_ruby_fini(&r);
    }
}
END_TEST

START_TEST(a_place_in_the_text_is_one_in_the_pattern)
{
    ck_assert_uint_eq(regex_ruby_origin("/\\h\\hx*/", 0), 1);
    ck_assert_uint_eq(regex_ruby_origin("/\\h\\hx*/", 11), 3);
    ck_assert_uint_eq(regex_ruby_origin("/\\h\\hx*/", 22), 5);
    ck_assert_uint_eq(regex_ruby_origin("/\\h\\hx*/", 1000), 6);
}
END_TEST

Suite *suite_record_regex_ruby(void);

Suite *suite_record_regex_ruby(void)
{
    Suite *suite = suite_create("record/regex_ruby");
    TCase *tcase = tcase_create("regex_ruby");

    tcase_add_loop_test(tcase, ruby_is_written_as_pcre2, 0, ARRAY_LEN(same));
    tcase_add_loop_test(tcase, what_cannot_be_translated_is_told_with_its_place, 0,
                        ARRAY_LEN(wrong));
    tcase_add_test(tcase, names_are_listed_by_their_first_place);
    tcase_add_test(tcase, names_may_hold_what_pcre2_forbids);
    tcase_add_test(tcase, everything_has_a_limit);
    tcase_add_test(tcase, literal_characters_above_ascii_are_noticed);
    tcase_add_test(tcase, a_place_in_the_text_is_one_in_the_pattern);
    suite_add_tcase(suite, tcase);
    return suite;
}
