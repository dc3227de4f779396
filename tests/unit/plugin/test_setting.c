#include "plugin/setting.h"

#include <check.h>
#include <errno.h>

static const char *note;

static bool bool_of(const char *text)
{
    bool value = false;

    ck_assert_int_eq(setting_bool(text, &value, &note), 0);
    return value;
}

static int64_t int_of(const char *text)
{
    int64_t value = 0;

    ck_assert_int_eq(setting_int(text, &value, &note), 0);
    return value;
}

static double double_of(const char *text)
{
    double value = 0;

    ck_assert_int_eq(setting_double(text, &value, &note), 0);
    return value;
}

static uint64_t size_of(const char *text)
{
    uint64_t value = 7;

    ck_assert_int_eq(setting_size(text, &value, &note), 0);
    return value;
}

static uint64_t time_of(const char *text)
{
    uint64_t value = 7;

    ck_assert_int_eq(setting_time(text, &value, &note), 0);
    return value;
}

/* And the default stays. */
static void expect_no_size(const char *text)
{
    uint64_t value = 7;

    note = NULL;
    ck_assert_int_eq(setting_size(text, &value, &note), -EINVAL);
    ck_assert_uint_eq(value, 7);
    ck_assert_ptr_nonnull(note);
}

static void expect_no_time(const char *text)
{
    uint64_t value;

    note = NULL;
    ck_assert_int_eq(setting_time(text, &value, &note), -EINVAL);
    ck_assert_ptr_nonnull(note);
}

static void expect_no_int(const char *text)
{
    int64_t value;

    note = NULL;
    ck_assert_int_eq(setting_int(text, &value, &note), -EINVAL);
    ck_assert_ptr_nonnull(note);
}

START_TEST(a_boolean_is_a_word_in_any_case)
{
    static const char *const yes[] = {"on", "On", "TRUE", "yes", " true "};
    static const char *const no[] = {"off", "Off", "False", "NO"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        ck_assert(bool_of(yes[i]));
        ck_assert_ptr_null(note);
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        ck_assert(!bool_of(no[i]));
}
END_TEST

START_TEST(one_and_zero_are_booleans_with_a_note)
{
    ck_assert(bool_of("1"));
    ck_assert_ptr_nonnull(note);
    ck_assert(!bool_of("0"));
    ck_assert_ptr_nonnull(note);
}
END_TEST

START_TEST(other_words_are_no_booleans)
{
    static const char *const wrong[] = {"", "maybe", "onn", "10", "t", "#on"};
    bool value;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        ck_assert_int_eq(setting_bool(wrong[i], &value, &note), -EINVAL);
    ck_assert_ptr_nonnull(note);
}
END_TEST

START_TEST(a_comment_behind_a_scalar_is_left_out_with_a_note)
{
    ck_assert(bool_of("On # we want it"));
    ck_assert_ptr_nonnull(note);
    ck_assert_int_eq(int_of("5 # seconds"), 5);
    ck_assert_ptr_nonnull(note);
    ck_assert_uint_eq(size_of("5MB\t# note"), 5000000);
    ck_assert_ptr_nonnull(note);
    ck_assert_uint_eq(time_of("5 #s"), 5000);
    ck_assert_ptr_nonnull(note);
}
END_TEST

START_TEST(an_integer_is_the_number_at_the_beginning)
{
    ck_assert_int_eq(int_of("2020"), 2020);
    ck_assert_int_eq(int_of("-3"), -3);
    ck_assert_ptr_null(note);
    ck_assert_int_eq(int_of("8x"), 8);
    ck_assert_ptr_nonnull(note);
}
END_TEST

START_TEST(what_begins_with_no_number_is_no_integer)
{
    expect_no_int("");
    expect_no_int("many");
    expect_no_int("# 5");
    expect_no_int("99999999999999999999");
}
END_TEST

START_TEST(a_double_has_a_fraction)
{
    double value;

    ck_assert_double_eq(double_of("0.2"), 0.2);
    ck_assert_double_eq(double_of("5  # comment"), 5);
    ck_assert_int_eq(setting_double("fast", &value, &note), -EINVAL);
    ck_assert_int_eq(setting_double("inf", &value, &note), -EINVAL);
}
END_TEST

START_TEST(sizes_count_in_thousands)
{
    ck_assert_uint_eq(size_of("32768"), 32768);
    ck_assert_uint_eq(size_of("1k"), 1000);
    ck_assert_uint_eq(size_of("5M"), 5000000);
    ck_assert_uint_eq(size_of("5MB"), 5000000);
    ck_assert_uint_eq(size_of("2Gb"), 2000000000);
    ck_assert_uint_eq(size_of("1.5 K"), 1500);
    ck_assert_ptr_null(note);
}
END_TEST

START_TEST(a_size_that_is_off_is_zero)
{
    ck_assert_uint_eq(size_of("False"), 0);
    ck_assert_uint_eq(size_of("off"), 0);
    ck_assert_uint_eq(size_of("0"), 0);
}
END_TEST

START_TEST(binary_units_count_in_1024)
{
    uint64_t value;

    ck_assert_uint_eq(size_of("2MiB"), 2 * 1024 * 1024);
    ck_assert_int_eq(setting_size_binary("2MB", &value, &note), 0);
    ck_assert_uint_eq(value, 2 * 1024 * 1024);
    ck_assert_int_eq(setting_size_binary("3k", &value, &note), 0);
    ck_assert_uint_eq(value, 3 * 1024);
}
END_TEST

START_TEST(other_units_are_no_sizes)
{
    expect_no_size("");
    expect_no_size("5T");
    expect_no_size("5MBit");
    expect_no_size("-1");
    expect_no_size("M");
    expect_no_size("99999999999G");
}
END_TEST

START_TEST(a_time_has_a_unit_or_is_in_seconds)
{
    ck_assert_uint_eq(time_of("5"), 5000);
    ck_assert_uint_eq(time_of("0.25s"), 250);
    ck_assert_uint_eq(time_of("2m"), 120000);
    ck_assert_uint_eq(time_of("1H"), 3600000);
    ck_assert_uint_eq(time_of("1 d"), 86400000);
    ck_assert_ptr_null(note);
}
END_TEST

START_TEST(an_unknown_time_unit_means_seconds_with_a_note)
{
    ck_assert_uint_eq(time_of("30sec"), 30000);
    ck_assert_ptr_nonnull(note);
}
END_TEST

START_TEST(a_time_is_a_number_and_not_negative)
{
    expect_no_time("soon");
    expect_no_time("");
    expect_no_time("-1s");
    expect_no_time("1e300d");
}
END_TEST

START_TEST(commas_split_and_blanks_are_trimmed)
{
    struct text_list list = {0};
    struct place place = {"a.conf", 3};

    ck_assert_int_eq(text_list_split(&list, " /a/*.log , /b c,, /d", place), 0);
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.items[0], "/a/*.log");
    ck_assert_str_eq(list.items[1], "/b c");
    ck_assert_str_eq(list.items[2], "/d");
    ck_assert_uint_eq(list.places[2].line, 3);
    text_list_fini(&list);
}
END_TEST

START_TEST(words_keep_the_rest_as_it_is)
{
    struct text_list words = {0};

    ck_assert_int_eq(setting_words("  key\t the rest, \"as it is\" ", 1, &words), 0);
    ck_assert_uint_eq(words.count, 2);
    ck_assert_str_eq(words.items[0], "key");
    ck_assert_str_eq(words.items[1], "the rest, \"as it is\"");
    text_list_fini(&words);
}
END_TEST

START_TEST(words_in_quotes_may_hold_blanks_and_quotes)
{
    struct text_list words = {0};

    ck_assert_int_eq(setting_words("\"a b\" \"say \\\"hi\\\" \\d\" \"\" d", 4, &words), 0);
    ck_assert_uint_eq(words.count, 4);
    ck_assert_str_eq(words.items[0], "a b");
    ck_assert_str_eq(words.items[1], "say \"hi\" \\d");
    ck_assert_str_eq(words.items[2], "");
    ck_assert_str_eq(words.items[3], "d");
    text_list_fini(&words);
}
END_TEST

START_TEST(an_open_quote_is_no_word)
{
    struct text_list words = {0};

    ck_assert_int_eq(setting_words("a \"b c", 3, &words), -EINVAL);
    text_list_fini(&words);
}
END_TEST

START_TEST(a_full_list_takes_no_more)
{
    struct text_list list = {0};
    struct pair_list pairs = {0};
    struct place nowhere = {0};

    for (int i = 0; i < LIST_ENTRIES_MAX; i++) {
        ck_assert_int_eq(text_list_add(&list, SLICE("x"), nowhere), 0);
        ck_assert_int_eq(pair_list_add(&pairs, "k", "v", nowhere), 0);
    }
    ck_assert_int_eq(text_list_add(&list, SLICE("x"), nowhere), -E2BIG);
    ck_assert_int_eq(text_list_split(&list, "y", nowhere), -E2BIG);
    ck_assert_int_eq(pair_list_add(&pairs, "k", "v", nowhere), -E2BIG);
    text_list_fini(&list);
    pair_list_fini(&pairs);
}
END_TEST

Suite *suite_plugin_setting(void);
Suite *suite_plugin_setting(void)
{
    Suite *suite = suite_create("plugin/value");
    TCase *scalars = tcase_create("scalars");
    TCase *lists = tcase_create("lists");

    tcase_add_test(scalars, a_boolean_is_a_word_in_any_case);
    tcase_add_test(scalars, one_and_zero_are_booleans_with_a_note);
    tcase_add_test(scalars, other_words_are_no_booleans);
    tcase_add_test(scalars, a_comment_behind_a_scalar_is_left_out_with_a_note);
    tcase_add_test(scalars, an_integer_is_the_number_at_the_beginning);
    tcase_add_test(scalars, what_begins_with_no_number_is_no_integer);
    tcase_add_test(scalars, a_double_has_a_fraction);
    tcase_add_test(scalars, sizes_count_in_thousands);
    tcase_add_test(scalars, a_size_that_is_off_is_zero);
    tcase_add_test(scalars, binary_units_count_in_1024);
    tcase_add_test(scalars, other_units_are_no_sizes);
    tcase_add_test(scalars, a_time_has_a_unit_or_is_in_seconds);
    tcase_add_test(scalars, an_unknown_time_unit_means_seconds_with_a_note);
    tcase_add_test(scalars, a_time_is_a_number_and_not_negative);
    tcase_add_test(lists, commas_split_and_blanks_are_trimmed);
    tcase_add_test(lists, words_keep_the_rest_as_it_is);
    tcase_add_test(lists, words_in_quotes_may_hold_blanks_and_quotes);
    tcase_add_test(lists, an_open_quote_is_no_word);
    tcase_add_test(lists, a_full_list_takes_no_more);
    suite_add_tcase(suite, scalars);
    suite_add_tcase(suite, lists);
    return suite;
}
