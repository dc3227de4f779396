#include "aws/uri.h"

#include <check.h>

typedef void uri_fn(struct buffer *out, struct slice text);

static const char *made(uri_fn *make, struct slice text)
{
    static struct buffer out;

    buffer_clear(&out);
    make(&out, text);
    return buffer_text(&out);
}

static void path_of(struct buffer *out, struct slice text)
{
    uri_canonical_path(out, text, false);
}

START_TEST(paths_lose_dots_and_doubled_slashes)
{
    static const char *const paths[][2] = {
        {"", "/"},
        {"/", "/"},
        {"//", "/"},
        {"/./", "/"},
        {"/..", "/"},
        {"/../../a", "/a"},
        {"/a/..", "/"},
        {"/a/../", "/"},
        {"/a/./b/", "/a/b/"},
        {"/a//b", "/a/b"},
        {"/a/b/../c", "/a/c"},
        {"/a%2Fb", "/a%252Fb"},
    };

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        ck_assert_str_eq(made(path_of, slice_of(paths[i][0])), paths[i][1]);
}
END_TEST

START_TEST(a_query_is_sorted_and_encoded_anew)
{
    static const char *const queries[][2] = {
        {"", ""},
        {"b&a", "a=&b="},
        {"a=2&a=1&a", "a=&a=1&a=2"},
        {"Param-3=1&Param=2", "Param=2&Param-3=1"},
        {"k=a=b", "k=a%3Db"},
        {"k=%c3%a9&K=~", "K=~&k=%C3%A9"},
        {"k=100%&j=%zz", "j=%25zz&k=100%25"},
        {"a=x+y", "a=x%2By"},
        {"=", "="},
    };

    for (size_t i = 0; i < ARRAY_LEN(queries); i++)
        ck_assert_str_eq(made(uri_canonical_query, slice_of(queries[i][0])), queries[i][1]);
}
END_TEST

START_TEST(the_wire_has_one_form_of_many)
{
    ck_assert_str_eq(made(uri_wire, SLICE("/a,b/_bulk?filter_path=errors,items.*.status&a")),
                     "/a%2Cb/_bulk?a=&filter_path=errors%2Citems.%2A.status");
    ck_assert_str_eq(made(uri_wire, SLICE("/a%2cb/_bulk?&&")), "/a%2Cb/_bulk");
    ck_assert_str_eq(made(uri_wire, SLICE("?x")), "/?x=");
    ck_assert_str_eq(made(uri_wire, SLICE("")), "/");
}
END_TEST

START_TEST(the_wires_form_stays_itself)
{
    const char *once = "/a%2Cb/c%20d?a=1&b=%2A";

    ck_assert_str_eq(made(uri_wire, slice_of(once)), once);
}
END_TEST

Suite *suite_aws_uri(void)
{
    Suite *suite = suite_create("aws_uri");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, paths_lose_dots_and_doubled_slashes);
    tcase_add_test(tests, a_query_is_sorted_and_encoded_anew);
    tcase_add_test(tests, the_wire_has_one_form_of_many);
    tcase_add_test(tests, the_wires_form_stays_itself);
    suite_add_tcase(suite, tests);
    return suite;
}
