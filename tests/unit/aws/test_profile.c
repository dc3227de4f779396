#include "aws/profile.h"

#include <check.h>

static struct aws_files files;

static void got(const char *profile, const char *key, const char *value)
{
    struct slice found = aws_profile_get(&files, slice_of(profile), key);

    ck_assert_msg(slice_is(found, value), "[%s] %s is \"%.*s\"", profile, key, SLICE_ARG(found));
}

static void credentials_are(const char *text)
{
    files.credentials = slice_of(text);
}

static void config_is(const char *text)
{
    files.config = slice_of(text);
}

START_TEST(a_profile_has_other_names_in_both_files)
{
    credentials_are("[a]\nk = 1\n[profile b]\nk = 2\n");
    config_is("[profile a]\nj = 3\n[b]\nk = 4\n[default]\nk = 5\n");
    got("a", "k", "1");
    got("a", "j", "3");
    got("b", "k", "");
    got("default", "k", "5");
    ck_assert(aws_profile_exists(&files, SLICE("a")));
    ck_assert(!aws_profile_exists(&files, SLICE("b")));
}
END_TEST

START_TEST(the_credentials_file_goes_first)
{
    credentials_are("[a]\nk=1\n");
    config_is("[profile a]\nk=2\n");
    got("a", "k", "1");
}
END_TEST

START_TEST(blanks_comments_and_case_do_not_count)
{
    credentials_are("# first\r\n; second\r\n[ a ]  # the one\r\nKey =  v=1 # words\r\nj=x#y\r\n");
    got("a", "key", "v=1");
    got("a", "j", "x#y");
}
END_TEST

START_TEST(what_is_indented_belongs_to_the_line_above)
{
    config_is("[profile a]\ns3 =\n  region = x\n\tregion = y\nregion = z\n");
    got("a", "region", "z");
    got("a", "s3", "");
}
END_TEST

START_TEST(the_last_of_two_counts_also_over_two_sections)
{
    credentials_are("[a]\nk=1\nk=2\n[b]\nk=9\n[a]\nj=3\n");
    got("a", "k", "2");
    got("a", "j", "3");
}
END_TEST

START_TEST(names_may_have_blanks_and_quotes)
{
    config_is("[profile  'my own' ]\nk=1\n[profile\tother]\nk=2\n[profiles]\nk=3");
    got("my own", "k", "1");
    got("other", "k", "2");
    got("s", "k", "");
}
END_TEST

START_TEST(nonsense_has_no_profiles)
{
    credentials_are("[\nk=1\n[]\n=\n]\n[a\nk=2\n");
    got("a", "k", "");
    got("", "", "");
}
END_TEST

static void set_up(void)
{
    files = (struct aws_files){0};
}

Suite *suite_aws_profile(void)
{
    Suite *suite = suite_create("aws_profile");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, a_profile_has_other_names_in_both_files);
    tcase_add_test(tests, the_credentials_file_goes_first);
    tcase_add_test(tests, blanks_comments_and_case_do_not_count);
    tcase_add_test(tests, what_is_indented_belongs_to_the_line_above);
    tcase_add_test(tests, the_last_of_two_counts_also_over_two_sections);
    tcase_add_test(tests, names_may_have_blanks_and_quotes);
    tcase_add_test(tests, nonsense_has_no_profiles);
    suite_add_tcase(suite, tests);
    return suite;
}
