#include "line_kit.h"

#include <stdio.h>

/* A line of Docker's json-file driver; `log` as it stands in the JSON text. */
#define T0 "2026-11-21T05:30:58.805080346Z"
#define T1 "2026-11-21T05:30:59.1Z"
#define DOCKER(log, stream, time) \
    "{\"log\":\"" log "\",\"stream\":\"" stream "\",\"time\":\"" time "\"}"

static struct line_kit k;

static void set_up(void)
{
    lines_open(&k);
    lines_join(&k, "docker, cri");
}

static void tear_down(void)
{
    lines_close(&k);
}

/* ---- multiline.parser docker ---- */

START_TEST(a_whole_line_stays_as_it_is_written)
{
    const char *line = "{\"log\":\"a \\\"b\\\"\\u0009\\n\",\"stream\":\"stdout\","
                       "\"attrs\":{\"tag\":\"jj\"},\"time\":\"" T0 "\"}";

    lines_take(&k, line);
    ck_assert_uint_eq(k.out.len, strlen(line) + 1);
    ck_assert_mem_eq(k.out.data, line, strlen(line));
    ck_assert_int_eq(k.time_ns, INT64_C(1795239058805080346));
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(parts_become_the_line_that_was_cut)
{
    lines_take(&k, DOCKER("one \\u00e9", "stdout", T0) "\n" DOCKER("x", "stderr", T0) "\n" DOCKER(
                       " two", "stdout", T1) "\n" DOCKER("\\n", "stdout", T1));
    lines_expect(&k, DOCKER("one \xc3\xa9 two\\n", "stdout", T0) "\n");
    ck_assert_int_eq(k.time_ns, INT64_C(1795239058805080346));
    lines_take(&k, DOCKER("y\\n", "stderr", T1));
    lines_expect(&k, DOCKER("xy\\n", "stderr", T0) "\n");
}
END_TEST

START_TEST(fields_keep_their_places_when_lines_are_joined)
{
    lines_take(&k,
               "{\"stream\":\"stdout\",\"attrs\":{\"tag\":1},\"log\":\"a\",\"time\":\"" T0 "\"}\n"
               "{\"log\":\"b\\n\",\"stream\":\"stdout\",\"time\":\"" T1 "\"}");
    lines_expect(&k, "{\"stream\":\"stdout\",\"attrs\":{\"tag\":1},\"log\":\"ab\\n\",\"time\":\"" T0
                     "\"}\n");
}
END_TEST

START_TEST(what_looks_like_a_line_feed_is_told_from_one)
{
    static const struct {
        const char *log;
        bool is_whole;
    } table[] = {
        {"\\n", true},      {"a\\n", true},        {"a\\\\n", false},    {"\\\\n", false},
        {"\\\\\\n", true},  {"a\\\\\\\\n", false}, {"n", false},         {"", false},
        {"\\u000a", true},  {"x\\u000A", true},    {"\\\\u000a", false}, {"u000a", false},
        {"\\u000d", false}, {"a\\n ", false},
    };
    char line[128];

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        snprintf(line, sizeof line, DOCKER("%s", "stdout", T0), table[i].log);
        lines_take(&k, line);
        ck_assert_msg((k.joiner == NULL) == table[i].is_whole, "%s", table[i].log);
        joiner_free(&k.joiner);
    }
}
END_TEST

START_TEST(what_is_no_docker_line_stays_text)
{
    static const char *const texts[] = {
        "{",
        "{}",
        "{\"log\":1,\"stream\":\"stdout\"}",
        "{\"log\":null}",
        "{\"msg\":\"x\\n\"}",
        "[\"log\"]",
        "{\"log\":\"x\\n\"} trailing",
        "{\"log\":\"cut off",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        lines_take(&k, texts[i]);
        ck_assert_str_eq(buffer_text(&k.content), texts[i]);
        ck_assert_uint_eq(k.record.root.count, 1);
        ck_assert_int_eq(k.time_ns, LINE_KIT_WALL_NS);
    }
}
END_TEST

START_TEST(a_line_without_a_time_or_a_stream_is_joined_all_the_same)
{
    lines_take(&k, "{\"log\":\"a\"}\n{\"log\":\"b\\n\"}");
    lines_expect(&k, "{\"log\":\"ab\\n\"}\n");
    ck_assert_int_eq(k.time_ns, LINE_KIT_WALL_NS);
}
END_TEST

START_TEST(a_time_that_is_none_keeps_a_line_apart)
{
    lines_take(&k, DOCKER("a", "stdout", T0) "\n" DOCKER("b", "stdout", "yesterday") "\n" DOCKER(
                       "c\\n", "stdout", T0));
    lines_expect(&k, DOCKER("a", "stdout", T0) "\n" DOCKER("b", "stdout", "yesterday") "\n" DOCKER(
                         "c\\n", "stdout", T0) "\n");
}
END_TEST

START_TEST(a_line_that_needs_repair_is_joined_too)
{
    lines_take(&k, "{\"log\":\"first\",\"log\":\"a\xff\",\"stream\":\"stdout\"}\n"
                   "{\"log\":\"b\\n\",\"log\":\"\xff"
                   "c\\n\",\"stream\":\"stdout\"}");
    lines_expect(&k, "{\"log\":\"a\xef\xbf\xbd\xef\xbf\xbd"
                     "c\\n\",\"stream\":\"stdout\"}\n");
}
END_TEST

START_TEST(a_line_over_the_limit_goes_on_in_the_next_record)
{
    joiner_rules_free(&k.rules);
    k.limit_bytes = 8;
    lines_join(&k, "docker");
    lines_take(&k, DOCKER("12345", "stdout", T0) "\n" DOCKER("6789", "stdout", T0) "\n" DOCKER(
                       "end\\n", "stdout", T1));
    lines_expect(&k,
                 DOCKER("12345", "stdout", T0) " {\"multiline_truncated\":true}\n" DOCKER(
                     "6789", "stdout",
                     T0) " {\"multiline_truncated\":true}\n" DOCKER("end\\n", "stdout", T1) "\n");
    ck_assert_uint_eq(k.truncated, 2);
}
END_TEST

/* ---- Docker_Mode ---- */

static void set_up_mode(void)
{
    struct joiner_context context;

    lines_open(&k);
    lines_parser_add(&k, "first",
                     "(?<log>(?<=\"log\":\")\\d+ .*?)\".*(?<stream>(?<=\"stream\":\").*?)\"");
    context = lines_context(&k);
    k.rules = joiner_rules_new_docker(NULL, 4000, &context);
    ck_assert_ptr_nonnull(k.rules);
}

static void know_first_lines(void)
{
    struct joiner_context context = lines_context(&k);

    joiner_rules_free(&k.rules);
    k.rules = joiner_rules_new_docker("first", 4000, &context);
    ck_assert_ptr_nonnull(k.rules);
}

START_TEST(the_mode_gives_lines_on_as_they_are)
{
    lines_take(&k, DOCKER("a\\n", "stdout", T0) "\nno docker line\n{\"log\":1}");
    lines_expect(&k, "line: " DOCKER("a\\n", "stdout", T0) "\nline: no docker line\n"
                                                           "line: {\"log\":1}\n");
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(the_mode_splices_texts_without_decoding_them)
{
    lines_take(&k, "{\"a\":[\"log\"],\"log\": \"x\\u00e9\\\"\",\"time\":\"" T0
                   "\"}\n" DOCKER("\\ud83d", "stdout", T1) "\n" DOCKER("\\ude00\\n", "stdout", T1));
    lines_expect(&k,
                 "line: {\"a\":[\"log\"],\"log\": \"x\\u00e9\\\"\\ud83d\\ude00\\n\",\"time\":\"" T0
                 "\"}\n");
    ck_assert_uint_eq(k.offset, 0);
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

START_TEST(the_mode_lets_a_part_go_on_when_something_else_comes)
{
    lines_take(&k, DOCKER("a", "stdout", T0) "\nsomething else");
    lines_expect(&k, "line: " DOCKER("a", "stdout", T0) "\nline: something else\n");
    lines_take(&k, DOCKER("b", "stdout", T0));
    ck_assert_uint_eq(joiner_due_ms(k.joiner), 4000);
    lines_pass_ms(&k, 4000);
    lines_expect(&k, "line: " DOCKER("b", "stdout", T0) "\n");
    ck_assert_int_eq(k.time_ns, LINE_KIT_WALL_NS);
}
END_TEST

START_TEST(the_mode_joins_whole_lines_where_a_parser_knows_the_first)
{
    know_first_lines();
    lines_take(&k, DOCKER("1 a\\n", "stdout", T0) "\n" DOCKER(" b\\n", "stdout", T0) "\n" DOCKER(
                       " c", "stdout", T0) "\n" DOCKER("2 d\\n", "stdout", T0));
    lines_expect(&k, "");
    lines_take(&k, DOCKER("3 e\\n", "stdout", T1));
    lines_expect(&k, "line: " DOCKER("1 a\\n b\\n c2 d\\n", "stdout", T0) "\n");
    lines_finish(&k);
    lines_expect(&k, "line: " DOCKER("3 e\\n", "stdout", T1) "\n");
}
END_TEST

START_TEST(the_mode_is_bounded)
{
    joiner_rules_free(&k.rules);
    k.limit_bytes = 8;
    know_first_lines();
    lines_take(&k, DOCKER("1 23", "stdout", T0) "\n" DOCKER("45678", "stdout", T0));
    lines_expect(&k, "line: " DOCKER("1 23", "stdout", T0) "\n");
    ck_assert_uint_eq(k.truncated, 1);
}
END_TEST

START_TEST(the_modes_parser_must_be_there)
{
    struct joiner_context context = lines_context(&k);

    ck_assert_ptr_null(joiner_rules_new_docker("frist", 4000, &context));
    lines_expect_report(&k, "there is no parser 'frist'; did you mean 'first'?");
}
END_TEST

Suite *suite_line_join_docker(void);
Suite *suite_line_join_docker(void)
{
    Suite *suite = suite_create("line/join_docker");
    TCase *tc = tcase_create("docker");
    TCase *mode = tcase_create("docker_mode");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_whole_line_stays_as_it_is_written);
    tcase_add_test(tc, parts_become_the_line_that_was_cut);
    tcase_add_test(tc, fields_keep_their_places_when_lines_are_joined);
    tcase_add_test(tc, what_looks_like_a_line_feed_is_told_from_one);
    tcase_add_test(tc, what_is_no_docker_line_stays_text);
    tcase_add_test(tc, a_line_without_a_time_or_a_stream_is_joined_all_the_same);
    tcase_add_test(tc, a_time_that_is_none_keeps_a_line_apart);
    tcase_add_test(tc, a_line_that_needs_repair_is_joined_too);
    tcase_add_test(tc, a_line_over_the_limit_goes_on_in_the_next_record);
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(mode, set_up_mode, tear_down);
    tcase_add_test(mode, the_mode_gives_lines_on_as_they_are);
    tcase_add_test(mode, the_mode_splices_texts_without_decoding_them);
    tcase_add_test(mode, the_mode_lets_a_part_go_on_when_something_else_comes);
    tcase_add_test(mode, the_mode_joins_whole_lines_where_a_parser_knows_the_first);
    tcase_add_test(mode, the_mode_is_bounded);
    tcase_add_test(mode, the_modes_parser_must_be_there);
    suite_add_tcase(suite, mode);
    return suite;
}
