#include "record/cri.h"

#include "kit/parser.h"

#include <check.h>
#include <stdio.h>

static const char *const lines[] = {
    "2026-11-21T08:18:54.123456789Z stdout F hello world",
    "2026-11-21T08:18:54.123456789+01:00 stderr P part of",
    "2026-11-21T08:18:54Z stdout F ",
    "2026-11-21T08:18:54Z stdout F",
    "2026-11-21T08:18:54Z stdout  no tag",
    "2026-11-21T08:18:54Z stdout   three blanks",
    "2026-11-21T08:18:54Z stdout",
    "2026-11-21T08:18:54Z stdout ",
    "2026-11-21T08:18:54Z stdoutF x",
    "2026-11-21T08:18:54Z stdlog F x",
    "2026-11-21T08:18:54Z  stdout F x",
    " stdout F x",
    "t stdout F x",
    "t stderr F:odd x y  z ",
    "t stdout stdout F x",
    "a b stdout F x",
    "a stdout X stdout F y",
    "",
    " ",
    "plain text",
    "{\"log\":\"stdout F x\"}",
    "t stdout F \xff\xfe not UTF-8 \xc3\xa9",
    "\xff stdout F x",
    "t stdout F tab\tand\rcarriage",
    "one\nt stdout F second line",
    "t stdout F first\nsecond",
    "t\nu stdout F x",
    "t stdout F\nP x",
};

START_TEST(a_line_is_taken_apart)
{
    struct cri_line line;

    ck_assert(cri_split(SLICE("2026-11-21T08:18:54.1Z stderr P  two blanks "), &line));
    ck_assert(slice_is(line.time, "2026-11-21T08:18:54.1Z"));
    ck_assert(slice_is(line.stream, "stderr"));
    ck_assert(slice_is(line.tag, "P"));
    ck_assert(slice_is(line.text, " two blanks "));
}
END_TEST

START_TEST(the_text_and_the_tag_may_be_empty)
{
    struct cri_line line;

    ck_assert(cri_split(SLICE("t stdout F "), &line));
    ck_assert(slice_is(line.text, ""));
    ck_assert(cri_split(SLICE("t stdout  x"), &line));
    ck_assert(slice_is(line.tag, ""));
    ck_assert(slice_is(line.text, "x"));
}
END_TEST

START_TEST(every_cut_before_the_tags_end_is_refused)
{
    struct slice whole = SLICE("2026-11-21T08:18:54Z stdout F hello");
    struct cri_line line;

    for (size_t len = 0; len < whole.len; len++)
        ck_assert(cri_split(slice_make(whole.data, len), &line) == (len >= 30));
    ck_assert(!cri_split((struct slice){0}, &line));
}
END_TEST

/* A group that does nothing keeps the expression from being recognised. */
static struct parser *cri_parser(const char *regex, const char *suffix)
{
    char text[256];

    snprintf(text, sizeof text, "%s%s", regex, suffix);
    return kit_parser(&(struct parser_settings){.name = "cri",
                                                .format = "regex",
                                                .regex = text,
                                                .skip_empty_values = true,
                                                .time_keep = true,
                                                .time.format = "%Y-%m-%dT%H:%M:%S.%L%z"});
}

static void expect_same(const char *regex)
{
    struct parser *quick = cri_parser(regex, ""), *slow = cri_parser(regex, "(?:)");

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct kit_parsed got = kit_parser_apply(quick, lines[i]);
        char json[512];
        int64_t time_ns = got.time_ns;
        int rc = got.rc;

        snprintf(json, sizeof json, "%s", got.json);
        got = kit_parser_apply(slow, lines[i]);
        ck_assert_int_eq(rc, got.rc);
        ck_assert_int_eq(time_ns, got.time_ns);
        ck_assert_str_eq(json, got.json);
    }
    parser_free(&quick);
    parser_free(&slow);
}

START_TEST(the_splitter_gives_what_the_stock_expression_gives)
{
    expect_same(CRI_REGEX_STOCK);
}
END_TEST

START_TEST(the_splitter_gives_what_the_multiline_expression_gives)
{
    expect_same(CRI_REGEX_MULTILINE);
}
END_TEST

/* As they stand in public configurations. */
static const char *const twins[] = {
    "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.*)$",
    "^(?<time>[^ ]+) (?<stream>stdout|stderr) [^ ]* (?<log>.*)$",
    "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[FP]) (?<message>.*)$",
    "^(?<time>.+?) (?<stream>stderr|stdout) (?<logtag>P|F) (?<log>.*)$",
    "^(?<a>.+?) (?<b2>stdout|stderr) (?<_c>.*?) (?<d>.*)",
};

START_TEST(what_says_the_same_in_other_words_is_recognised)
{
    ck_assert(cri_twin_of(twins[_i]).is_one);
    expect_same(twins[_i]);
}
END_TEST

START_TEST(slashes_around_an_expression_do_not_hide_it)
{
    ck_assert(cri_twin_of("/" CRI_REGEX_STOCK "/").is_one);
    ck_assert(!cri_twin_of("/" CRI_REGEX_STOCK "/x").is_one);
    ck_assert(!cri_twin_of("/").is_one);
}
END_TEST

START_TEST(what_may_say_something_else_is_not_taken_for_a_twin)
{
    static const char *const others[] = {
        "",
        "^(?<time>.+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.*)$",
        "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]+) (?<log>.*)$",
        "^(?<time>[^ ]+) (?<stream>stdout|stderr)( (?<logtag>.))? (?<log>.*)$",
        "^(?<time>[^ ]+) (?<stream>[a-z]+) (?<logtag>[^ ]*) (?<log>.*)$",
        "^(?<time>[^ ]+) (?<stream>stdout|stderr) F|P (?<log>.*)$",
        "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.+)$",
        "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.*)$ ",
        "^(?<1>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.*)$",
        "(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.*)$",
    };

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_msg(!cri_twin_of(others[i]).is_one, "%s", others[i]);
}
END_TEST

START_TEST(groups_of_one_name_are_left_to_the_expression)
{
    expect_same("^(?<x>[^ ]+) (?<x>stdout|stderr) (?<x>[^ ]*) (?<log>.*)$");
}
END_TEST

Suite *suite_record_cri(void)
{
    Suite *suite = suite_create("record/cri");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, a_line_is_taken_apart);
    tcase_add_test(tcase, the_text_and_the_tag_may_be_empty);
    tcase_add_test(tcase, every_cut_before_the_tags_end_is_refused);
    tcase_add_test(tcase, the_splitter_gives_what_the_stock_expression_gives);
    tcase_add_test(tcase, the_splitter_gives_what_the_multiline_expression_gives);
    tcase_add_loop_test(tcase, what_says_the_same_in_other_words_is_recognised, 0,
                        ARRAY_LEN(twins));
    tcase_add_test(tcase, slashes_around_an_expression_do_not_hide_it);
    tcase_add_test(tcase, what_may_say_something_else_is_not_taken_for_a_twin);
    tcase_add_test(tcase, groups_of_one_name_are_left_to_the_expression);
    suite_add_tcase(suite, tcase);
    return suite;
}
