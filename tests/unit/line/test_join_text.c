#include "line_kit.h"

#include "record/json_write.h"

#include <stdio.h>

/* Traces as the languages print them, each expected to be one record; other lines are their own. */

static struct line_kit k;

static void set_up(void)
{
    lines_open(&k);
}

static void tear_down(void)
{
    lines_close(&k);
}

/* Each text goes in as its lines, and is expected to come out as one record, which ends with a line
 * feed because raw lines did. */
static void expect_records(const char *names, const char *const *texts, size_t count)
{
    struct buffer expected = {0};

    lines_join(&k, names);
    for (size_t i = 0; i < count; i++) {
        struct buffer text = {0};

        lines_take(&k, texts[i]);
        buffer_append_text(&text, texts[i]);
        buffer_append_byte(&text, '\n');
        buffer_append_text(&expected, "{\"log\":");
        json_write_text(&expected, buffer_view(&text));
        buffer_append_text(&expected, "}\n");
        buffer_fini(&text);
    }
    lines_finish(&k);
    lines_expect(&k, buffer_text(&expected));
    buffer_fini(&expected);
}

#define EXPECT_RECORDS(names, ...)                        \
    do {                                                  \
        static const char *const texts[] = {__VA_ARGS__}; \
        expect_records(names, texts, ARRAY_LEN(texts));   \
    } while (0)

/* ---- Java ---- */

START_TEST(java_traces_are_one_record_each)
{
    EXPECT_RECORDS("java", "INFO starting",
                   "Exception in thread \"main\" java.lang.IllegalStateException: no\n"
                   "\tat com.example.Main.run(Main.java:31)\n"
                   "\tat com.example.Main.main(Main.java:12)",
                   "INFO going on",
                   "java.lang.NullPointerException\n"
                   "    at com.example.A.b(A.java:1)\n"
                   "Caused by: java.io.IOException: disk\n"
                   "    at com.example.C.d(C.java:2)\n"
                   "    ... 12 more\n"
                   "    Suppressed: java.lang.Error: too\n"
                   "        at com.example.E.f(E.java:3)\n"
                   "        ... 7 common frames omitted",
                   "java.lang.RuntimeException: first\n"
                   "\tat a.b(C.java:1)",
                   "java.lang.RuntimeException: second\n"
                   "\tat a.b(C.java:1)",
                   "last line");
}
END_TEST

START_TEST(java_exceptions_may_be_nested)
{
    EXPECT_RECORDS("java",
                   "javax.servlet.ServletException: x; nested exception is:\n"
                   "\tat a.b(C.java:1)",
                   "org.example.OuterException: outer\n"
                   "\tnested exception is:\n"
                   "java.io.IOException: inner\n"
                   "\n"
                   "\tat a.b(C.java:1)");
}
END_TEST

START_TEST(other_languages_of_the_java_parser_are_one_record_each)
{
    EXPECT_RECORDS("java",
                   "Unhandled System.InvalidOperationException: one ---> System.Exception: two\n"
                   "   at A.B() in a.cs:line 1\n"
                   "   --- End of inner exception stack trace ---\n"
                   "--- End of stack trace from previous location where exception was thrown ---\n"
                   "   at A.C() in a.cs:line 2",
                   "TypeError: x is not a function\n"
                   "    at Object.<anonymous> (/app/a.js:1:1)\n"
                   "    eval at b (/app/b.js:2:2)",
                   "done");
}
END_TEST

/* ---- Go ---- */

START_TEST(go_panics_are_one_record_each)
{
    EXPECT_RECORDS("go", "starting",
                   "panic: runtime error: index out of range [5] with length 3\n"
                   "\n"
                   "goroutine 1 [running]:\n"
                   "main.f(...)\n"
                   "\t/tmp/a.go:8\n"
                   "main.main()\n"
                   "\t/tmp/a.go:4 +0x1d",
                   "exit status 2",
                   "panic: boom\n"
                   "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n"
                   "\n"
                   "goroutine 34 [chan receive, 2 minutes]:\n"
                   "main.g(0xc000, 0x1)\n"
                   "\t/tmp/a.go:3 +0x5\n"
                   "created by main.main\n"
                   "\t/tmp/a.go:9 +0x5\n"
                   "\n"
                   "goroutine 1 [select]:\n"
                   "main.main()\n"
                   "\t/tmp/a.go:4 +0x1d",
                   "2026/01/01 00:00:00 http: panic serving 127.0.0.1:1: oops\n"
                   "goroutine 19 [running]:\n"
                   "net/http.(*conn).serve.func1(0xc0000b4000)\n"
                   "\t/usr/lib/go/src/net/http/server.go:1801 +0x13a");
}
END_TEST

/* ---- Python and Ruby ---- */

START_TEST(python_traces_go_on_at_once)
{
    EXPECT_RECORDS("python", "INFO:root:start",
                   "Traceback (most recent call last):\n"
                   "  File \"/app/a.py\", line 3, in <module>\n"
                   "    f()\n"
                   "  File \"/app/a.py\", line 2, in f\n"
                   "    raise ValueError(\"no\")\n"
                   "ValueError: no",
                   "next");
}
END_TEST

START_TEST(the_last_line_of_a_python_trace_ends_it)
{
    lines_join(&k, "python");
    lines_take(&k, "Traceback (most recent call last):\n  File \"a\"\n    x\nmy.Error: no");
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(k.record_count, 1);
}
END_TEST

START_TEST(ruby_traces_are_one_record_each)
{
    EXPECT_RECORDS("ruby", "I, [2026] INFO -- : hi",
                   "a.rb:3:in `/': divided by 0 (ZeroDivisionError)\n"
                   "\tfrom a.rb:3:in `f'\n"
                   "\tfrom a.rb:7:in `<main>'",
                   "bye");
}
END_TEST

START_TEST(several_languages_live_in_one_file)
{
    EXPECT_RECORDS("go, java, python", "panic: boom\n\ngoroutine 1 [running]:\nmain.f()\n\t/a.go:8",
                   "a.b.CException: x\n\tat a.b(C.java:1)",
                   "Traceback (most recent call last):\n  File \"a\"\n    x\nmy.Error: no",
                   "panic: again\n\ngoroutine 1 [running]:", "plain");
}
END_TEST

START_TEST(a_trace_over_the_limit_goes_on_in_the_next_record)
{
    k.limit_bytes = 31;
    lines_join(&k, "java");
    lines_take(&k, "a.BException: x\n\tat a.b(C.java:1)\n\tat a.c(C.java:2)\nplain");
    lines_expect(&k, "{\"log\":\"a.BException: x\\n\"} {\"multiline_truncated\":true}\n"
                     "{\"log\":\"\\tat a.b(C.java:1)\\n\"} {\"multiline_truncated\":true}\n"
                     "{\"log\":\"\\tat a.c(C.java:2)\\n\"}\n"
                     "{\"log\":\"plain\\n\"}\n");
    ck_assert_uint_eq(k.truncated, 2);
}
END_TEST

/* ---- definitions of one's own ---- */

#define RULES(list) .rules = (list), .rule_count = ARRAY_LEN(list)

static void define(const struct multiline_settings *settings)
{
    int rc = multiline_book_add(k.multilines, settings, (struct place){0}, &k.report);

    ck_assert_msg(rc == 0, "%s", buffer_text(&k.report.text));
}

static const struct multiline_rule_settings dated[] = {
    {"start_state", "/^\\d+-/", "cont", {0}},
    {"cont", "/^\\s/", "cont", {0}},
};

START_TEST(a_line_that_fits_nowhere_ends_what_waits)
{
    define(&(struct multiline_settings){.name = "dated", .type = "regex", RULES(dated)});
    EXPECT_RECORDS("DATED", "1-a\n  b\n\tc", "2-d", "e", "3-f\n g", "", "h");
}
END_TEST

START_TEST(a_state_may_lead_to_several)
{
    static const struct multiline_rule_settings rules[] = {
        {"start_state", "^begin", "two, three", {0}},
        {"two", "^2", "three", {0}},
        {"three", "^3", "start_state", {0}},
    };

    define(&(struct multiline_settings){.name = "steps", .type = "regex", RULES(rules)});
    EXPECT_RECORDS("steps", "begin\n2\n3", "3", "begin\n3", "2", "begin\n2", "2");
}
END_TEST

START_TEST(a_content_key_names_the_field_of_raw_lines)
{
    define(&(struct multiline_settings){
        .name = "d", .type = "regex", .key_content = "message", RULES(dated)});
    lines_join(&k, "d");
    lines_take(&k, "1-a\n b\nc");
    lines_expect(&k, "{\"message\":\"1-a\\n b\"}\n{\"message\":\"c\"}\n");
}
END_TEST

START_TEST(a_line_that_ends_with_a_mark_goes_on)
{
    define(&(struct multiline_settings){
        .name = "shell", .type = "endswith", .match_string = "\\", .negate = true});
    EXPECT_RECORDS("shell", "one \\\ntwo \\\nthree", "four", "five \\\n");
}
END_TEST

START_TEST(a_parser_takes_lines_apart_first)
{
    lines_parser_add(&k, "app", "^(?<time>\\S+) (?<who>\\S+) (?<text>.*)$");
    define(&(struct multiline_settings){.name = "app-ml",
                                        .type = "regex",
                                        .parser = "app",
                                        .key_content = "text",
                                        .key_group = "who",
                                        RULES(dated)});
    lines_join(&k, "app-ml");
    lines_take(&k, "t1 a 1-x\nt2 b 1-y\nt3 a  more\nt4 b  less\nt5 a other\nunparsed");
    lines_expect(&k, "{\"time\":\"t1\",\"who\":\"a\",\"text\":\"1-x\\n more\"}\n"
                     "{\"time\":\"t5\",\"who\":\"a\",\"text\":\"other\"}\n"
                     "{\"time\":\"t2\",\"who\":\"b\",\"text\":\"1-y\\n less\"}\n"
                     "{\"text\":\"unparsed\"}\n");
}
END_TEST

START_TEST(the_pattern_may_be_another_field_than_the_content)
{
    lines_parser_add(&k, "tagged", "^(?<tag>\\S+) (?<text>.*)$");
    define(&(struct multiline_settings){.name = "parts",
                                        .type = "equal",
                                        .match_string = "last",
                                        .parser = "tagged",
                                        .key_content = "text",
                                        .key_pattern = "tag"});
    lines_join(&k, "parts");
    lines_take(&k, "more a\nmore b\nlast c\nlast d");
    lines_expect(&k, "{\"tag\":\"more\",\"text\":\"abc\"}\n{\"tag\":\"last\",\"text\":\"d\"}\n");
}
END_TEST

START_TEST(a_line_without_the_content_is_not_taken)
{
    lines_parser_add(&k, "other", "^(?<other>.*)$");
    define(&(struct multiline_settings){
        .name = "p", .type = "regex", .parser = "other", .key_content = "text", RULES(dated)});
    lines_join(&k, "p");
    lines_take(&k, "1-a");
    lines_expect(&k, "{\"text\":\"1-a\"}\n");
}
END_TEST

START_TEST(the_flush_time_is_the_definitions)
{
    define(&(struct multiline_settings){
        .name = "slow", .type = "regex", .flush_ms = 9000, RULES(dated)});
    lines_join(&k, "slow");
    lines_take(&k, "1-a");
    ck_assert_uint_eq(joiner_due_ms(k.joiner), 9000);
}
END_TEST

START_TEST(streams_without_end_are_bounded)
{
    char line[64];

    lines_parser_add(&k, "who", "^(?<who>\\S+) (?<text>.*)$");
    define(&(struct multiline_settings){.name = "w",
                                        .type = "regex",
                                        .parser = "who",
                                        .key_content = "text",
                                        .key_group = "who",
                                        RULES(dated)});
    lines_join(&k, "w");
    for (unsigned i = 0; i < JOINER_GROUPS_MAX + 3; i++)
        lines_take_line(&k, slice_make(line, (size_t)snprintf(line, sizeof line, "w%u 1-x", i)));
    lines_expect(&k, "{\"who\":\"w0\",\"text\":\"1-x\"}\n{\"who\":\"w1\",\"text\":\"1-x\"}\n"
                     "{\"who\":\"w2\",\"text\":\"1-x\"}\n");
}
END_TEST

START_TEST(every_unknown_name_is_told)
{
    static const char *const names[] = {"dokcer", "java", "klingon"};
    struct joiner_context context = lines_context(&k);

    ck_assert_ptr_null(joiner_rules_new_multiline(names, ARRAY_LEN(names), &context));
    lines_expect_report(&k, "there is no multiline parser 'dokcer'; did you mean 'docker'?");
    lines_expect_report(&k, "there is no multiline parser 'klingon'; is the file");
    ck_assert_ptr_null(joiner_rules_new_multiline(names, 0, &context));
    lines_expect_report(&k, "names no parser");
}
END_TEST

static void add_languages(Suite *suite)
{
    TCase *tc = tcase_create("languages");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, java_traces_are_one_record_each);
    tcase_add_test(tc, java_exceptions_may_be_nested);
    tcase_add_test(tc, other_languages_of_the_java_parser_are_one_record_each);
    tcase_add_test(tc, go_panics_are_one_record_each);
    tcase_add_test(tc, python_traces_go_on_at_once);
    tcase_add_test(tc, the_last_line_of_a_python_trace_ends_it);
    tcase_add_test(tc, ruby_traces_are_one_record_each);
    tcase_add_test(tc, several_languages_live_in_one_file);
    tcase_add_test(tc, a_trace_over_the_limit_goes_on_in_the_next_record);
    suite_add_tcase(suite, tc);
}

Suite *suite_line_join_text(void);
Suite *suite_line_join_text(void)
{
    Suite *suite = suite_create("line/join_text");
    TCase *tc = tcase_create("definitions");

    add_languages(suite);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_line_that_fits_nowhere_ends_what_waits);
    tcase_add_test(tc, a_state_may_lead_to_several);
    tcase_add_test(tc, a_content_key_names_the_field_of_raw_lines);
    tcase_add_test(tc, a_line_that_ends_with_a_mark_goes_on);
    tcase_add_test(tc, a_parser_takes_lines_apart_first);
    tcase_add_test(tc, the_pattern_may_be_another_field_than_the_content);
    tcase_add_test(tc, a_line_without_the_content_is_not_taken);
    tcase_add_test(tc, the_flush_time_is_the_definitions);
    tcase_add_test(tc, streams_without_end_are_bounded);
    tcase_add_test(tc, every_unknown_name_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
