#include "line_kit.h"

static struct line_kit k;

static void set_up(void)
{
    static const char *const others[] = {"user", "code"};
    struct joiner_firstline settings = {
        .first_line = "head", .others = others, .other_count = 2, .flush_ms = 1000};
    struct joiner_context context;

    lines_open(&k);
    lines_parser_add(&k, "head", "^(?<day>\\d+) (?<text>.*)");
    lines_parser_add(&k, "user", "^user=(?<user>.*)");
    lines_parser_add(&k, "code", "^code=(?<code>.*)");
    context = lines_context(&k);
    k.rules = joiner_rules_new_firstline(&settings, &context);
    ck_assert_ptr_nonnull(k.rules);
}

static void tear_down(void)
{
    lines_close(&k);
}

START_TEST(lines_are_added_to_the_last_text_of_the_first)
{
    lines_take(&k, "1 a\n  b\nc\n2 d");
    lines_expect(&k, "{\"day\":\"1\",\"text\":\"a\\n  b\\nc\"}\n");
    lines_finish(&k);
    lines_expect(&k, "{\"day\":\"2\",\"text\":\"d\"}\n");
    ck_assert_uint_eq(k.offset, 10);
}
END_TEST

START_TEST(other_parsers_add_fields)
{
    lines_take(&k, "1 a\nuser=jo\nb\ncode=7");
    lines_finish(&k);
    lines_expect(&k, "{\"day\":\"1\",\"text\":\"a\\nb\",\"user\":\"jo\",\"code\":\"7\"}\n");
}
END_TEST

START_TEST(a_line_before_the_first_is_one_by_itself)
{
    lines_take(&k, "stray\n\n1 a");
    lines_expect(&k, "{\"log\":\"stray\"}\n{\"log\":\"\"}\n");
    ck_assert_int_eq(k.time_ns, LINE_KIT_WALL_NS);
    ck_assert_uint_eq(joiner_oldest(k.joiner), 7);
}
END_TEST

START_TEST(what_waits_goes_on_after_the_flush_time)
{
    lines_take(&k, "1 a\nb");
    lines_pass_ms(&k, 999);
    lines_expect(&k, "");
    lines_pass_ms(&k, 1);
    lines_expect(&k, "{\"day\":\"1\",\"text\":\"a\\nb\"}\n");
}
END_TEST

START_TEST(a_record_is_bounded_in_its_text_and_in_its_fields)
{
    struct joiner_firstline settings = {.first_line = "head", .others = NULL};
    struct joiner_context context;

    k.limit_bytes = 8;
    context = lines_context(&k);
    joiner_rules_free(&k.rules);
    k.rules = joiner_rules_new_firstline(&settings, &context);
    lines_take(&k, "1 abc\ndef\nxyz\nand");
    lines_expect(&k, "{\"day\":\"1\",\"text\":\"abc\\ndef\"} {\"multiline_truncated\":true}\n"
                     "{\"log\":\"xyz\"}\n{\"log\":\"and\"}\n");
    ck_assert_uint_eq(k.truncated, 1);
}
END_TEST

START_TEST(fields_without_end_are_bounded)
{
    lines_take(&k, "1 a");
    for (size_t i = 0; i < 60000 && k.joiner != NULL; i++)
        lines_take(&k, "code=1");
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(k.truncated, 1);
}
END_TEST

START_TEST(every_parser_must_be_there)
{
    static const char *const others[] = {"usr", "code"};
    struct joiner_firstline settings = {.first_line = "haed", .others = others, .other_count = 2};
    struct joiner_context context = lines_context(&k);

    ck_assert_ptr_null(joiner_rules_new_firstline(&settings, &context));
    lines_expect_report(&k, "there is no parser 'haed'; did you mean 'head'?");
    lines_expect_report(&k, "there is no parser 'usr'; did you mean 'user'?");
    settings = (struct joiner_firstline){0};
    ck_assert_ptr_null(joiner_rules_new_firstline(&settings, &context));
    lines_expect_report(&k, "needs a Parser_Firstline");
}
END_TEST

Suite *suite_line_join_firstline(void);
Suite *suite_line_join_firstline(void)
{
    Suite *suite = suite_create("line/join_firstline");
    TCase *tc = tcase_create("firstline");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, lines_are_added_to_the_last_text_of_the_first);
    tcase_add_test(tc, other_parsers_add_fields);
    tcase_add_test(tc, a_line_before_the_first_is_one_by_itself);
    tcase_add_test(tc, what_waits_goes_on_after_the_flush_time);
    tcase_add_test(tc, a_record_is_bounded_in_its_text_and_in_its_fields);
    tcase_add_test(tc, fields_without_end_are_bounded);
    tcase_add_test(tc, every_parser_must_be_there);
    suite_add_tcase(suite, tc);
    return suite;
}
