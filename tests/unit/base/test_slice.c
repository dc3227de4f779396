#include "base/slice.h"

#include <check.h>
#include <stdio.h>

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

/* Prints of files and ids of streams are on disk: they must not change. */
START_TEST(the_hash_of_some_bytes_stays_what_it_was)
{
    ck_assert_uint_eq(slice_hash(SLICE("")), UINT64_C(0x4b24d35cba4a63b0));
    ck_assert_uint_eq(slice_hash(SLICE("a")), UINT64_C(0x3a8d21b8f89dc44d));
    ck_assert_uint_eq(slice_hash(SLICE("sixteen bytes ..")), UINT64_C(0x5764725e807de32c));
    ck_assert_uint_eq(slice_hash(SLICE("a few bytes more than sixteen")),
                      UINT64_C(0xa8f259db65d500d6));
}
END_TEST

static uint64_t hash_of(const char *bytes, size_t len)
{
    return slice_hash(slice_make(bytes, len));
}

START_TEST(the_hash_changes_with_each_bit_and_each_byte_more)
{
    char bytes[80] = {0};

    for (size_t len = 0; len < sizeof bytes; len++) {
        uint64_t before = hash_of(bytes, len);

        ck_assert_uint_ne(before, hash_of(bytes, len + 1));
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] ^= (char)(1 << bit % 8);
            ck_assert_uint_ne(before, hash_of(bytes, len));
            bytes[bit / 8] ^= (char)(1 << bit % 8);
        }
    }
}
END_TEST

/* Tables take the low bits. */
START_TEST(the_low_bits_of_the_hash_are_spread)
{
    unsigned counts[256] = {0};
    char name[16];

    for (int i = 0; i < 256 * 100; i++) {
        int len = snprintf(name, sizeof name, "pod-%d", i);

        counts[hash_of(name, (size_t)len) % 256]++;
    }
    for (int i = 0; i < 256; i++)
        ck_assert(counts[i] > 50 && counts[i] < 150);
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
    tcase_add_test(compare, the_hash_of_some_bytes_stays_what_it_was);
    tcase_add_test(compare, the_hash_changes_with_each_bit_and_each_byte_more);
    tcase_add_test(compare, the_low_bits_of_the_hash_are_spread);
    suite_add_tcase(suite, compare);
    tcase_add_test(cut, skipping_past_the_end_leaves_nothing);
    tcase_add_test(cut, trimming_takes_blanks_off_both_ends);
    tcase_add_test(cut, a_byte_that_is_not_there_is_at_the_end);
    tcase_add_test(cut, cutting_keeps_empty_parts);
    suite_add_tcase(suite, cut);
    return suite;
}
