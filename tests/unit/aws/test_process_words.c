#include "aws/process.h"

#include <check.h>

/* The words, joined with '|'; "-" where there are none to be had. */
static const char *words_of(const char *command)
{
    static struct buffer out;
    struct arena arena = {0};
    char **words = aws_process_words(command, &arena);

    buffer_clear(&out);
    if (words == NULL)
        buffer_append_byte(&out, '-');
    for (; words != NULL && *words != NULL; words++) {
        buffer_append_text(&out, out.len > 0 ? "|" : "");
        buffer_append_text(&out, *words);
    }
    arena_fini(&arena);
    return buffer_text(&out);
}

START_TEST(words_are_cut_at_blanks_and_kept_by_quotes)
{
    ck_assert_str_eq(words_of(" /bin/keys  --a\tb "), "/bin/keys|--a|b");
    ck_assert_str_eq(words_of("\"/opt/my keys\" 'a \"b' c\"d e\"f"), "/opt/my keys|a \"b|cd ef");
    ck_assert_str_eq(words_of("k \"a\\\"b\\\\c\\d\" 'e\\f'"), "k|a\"b\\c\\d|e\\f");
}
END_TEST

START_TEST(nothing_means_anything_else)
{
    ck_assert_str_eq(words_of("k $HOME `x` $(y) ; z > w & \\n"), "k|$HOME|`x`|$(y)|;|z|>|w|&|\\n");
}
END_TEST

START_TEST(what_is_no_command_is_refused)
{
    struct buffer many = {0};

    ck_assert_str_eq(words_of(""), "-");
    ck_assert_str_eq(words_of("  "), "-");
    ck_assert_str_eq(words_of("a 'b"), "-");
    ck_assert_str_eq(words_of("a \"b\\\""), "-");
    for (int i = 0; i <= AWS_PROCESS_WORDS_MAX; i++)
        buffer_append_text(&many, "a ");
    ck_assert_str_eq(words_of(buffer_text(&many)), "-");
    buffer_fini(&many);
}
END_TEST

Suite *suite_aws_process_words(void)
{
    Suite *suite = suite_create("aws_process_words");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, words_are_cut_at_blanks_and_kept_by_quotes);
    tcase_add_test(tests, nothing_means_anything_else);
    tcase_add_test(tests, what_is_no_command_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
