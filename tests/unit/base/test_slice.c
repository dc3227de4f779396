#include "base/slice.h"

#include <check.h>

START_TEST(slices_of_the_same_bytes_are_equal)
{
    ck_assert(slice_equal(SLICE("one"), slice_of("one")));
    ck_assert(!slice_equal(SLICE("one"), SLICE("on")));
    ck_assert(!slice_equal(SLICE("one"), SLICE("two")));
    ck_assert(slice_equal((struct slice){0}, SLICE("")));
}
END_TEST

START_TEST(a_missing_text_is_an_empty_slice)
{
    ck_assert_uint_eq(slice_of(NULL).len, 0);
    ck_assert(slice_is(slice_of(NULL), ""));
}
END_TEST

START_TEST(bytes_after_a_nul_count_too)
{
    ck_assert(!slice_equal(slice_make("a\0b", 3), slice_make("a\0c", 3)));
    ck_assert_uint_eq(SLICE("a\0b").len, 3);
}
END_TEST

START_TEST(case_is_ignored_only_where_asked_for)
{
    ck_assert(slice_is_nocase(SLICE("TaiL"), "tail"));
    ck_assert(!slice_is(SLICE("TaiL"), "tail"));
    ck_assert(!slice_is_nocase(SLICE("tails"), "tail"));
    ck_assert(slice_is_nocase((struct slice){0}, ""));
}
END_TEST

START_TEST(prefixes_and_suffixes_are_found)
{
    ck_assert(slice_begins(SLICE("kube.var"), SLICE("kube.")));
    ck_assert(!slice_begins(SLICE("kube"), SLICE("kube.")));
    ck_assert(slice_begins(SLICE("any"), (struct slice){0}));
    ck_assert(slice_ends(SLICE("app.log"), SLICE(".log")));
    ck_assert(!slice_ends(SLICE("log"), SLICE(".log")));
    ck_assert(slice_ends((struct slice){0}, (struct slice){0}));
}
END_TEST

START_TEST(skipping_past_the_end_leaves_nothing)
{
    ck_assert(slice_is(slice_skip(SLICE("abc"), 1), "bc"));
    ck_assert_uint_eq(slice_skip(SLICE("abc"), 4).len, 0);
}
END_TEST

START_TEST(trimming_takes_blanks_off_both_ends)
{
    ck_assert(slice_is(slice_trim(SLICE(" \t a b\r\n")), "a b"));
    ck_assert(slice_is(slice_trim(SLICE(" \n ")), ""));
}
END_TEST

START_TEST(a_byte_that_is_not_there_is_at_the_end)
{
    ck_assert_uint_eq(slice_find(SLICE("a,b"), ','), 1);
    ck_assert_uint_eq(slice_find(SLICE("ab"), ','), 2);
    ck_assert_uint_eq(slice_find((struct slice){0}, ','), 0);
}
END_TEST

START_TEST(cutting_keeps_empty_parts)
{
    struct slice rest = SLICE(",a,"), part;

    ck_assert(slice_next(&rest, ',', &part));
    ck_assert(slice_is(part, ""));
    ck_assert(slice_next(&rest, ',', &part));
    ck_assert(slice_is(part, "a"));
    ck_assert(slice_next(&rest, ',', &part));
    ck_assert(slice_is(part, ""));
    ck_assert(!slice_next(&rest, ',', &part));
}
END_TEST

START_TEST(the_hash_is_the_published_fnv_1a)
{
    ck_assert_uint_eq(slice_hash(SLICE("")), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(slice_hash(SLICE("a")), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(slice_hash(SLICE("foobar")), UINT64_C(0x85944171f73967e8));
}
END_TEST

Suite *suite_base_slice(void);

Suite *suite_base_slice(void)
{
    Suite *suite = suite_create("base/slice");
    TCase *compare = tcase_create("compare"), *cut = tcase_create("cut");

    tcase_add_test(compare, slices_of_the_same_bytes_are_equal);
    tcase_add_test(compare, a_missing_text_is_an_empty_slice);
    tcase_add_test(compare, bytes_after_a_nul_count_too);
    tcase_add_test(compare, case_is_ignored_only_where_asked_for);
    tcase_add_test(compare, prefixes_and_suffixes_are_found);
    tcase_add_test(compare, the_hash_is_the_published_fnv_1a);
    suite_add_tcase(suite, compare);
    tcase_add_test(cut, skipping_past_the_end_leaves_nothing);
    tcase_add_test(cut, trimming_takes_blanks_off_both_ends);
    tcase_add_test(cut, a_byte_that_is_not_there_is_at_the_end);
    tcase_add_test(cut, cutting_keeps_empty_parts);
    suite_add_tcase(suite, cut);
    return suite;
}
