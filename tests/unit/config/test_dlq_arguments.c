#include "config/dlq_arguments.h"

#include <check.h>
#include <string.h>

static struct dlq_arguments a;
static struct report report;
static struct buffer text;

static void set_up(void)
{
    memset(&a, 0, sizeof a);
    report_init(&report);
}

static void tear_down(void)
{
    report_fini(&report);
    buffer_fini(&text);
}

#define PARSE(...) dlq_arguments_parse(&a, (char *const[]){__VA_ARGS__, NULL}, &report)

static void expect_error(const char *words)
{
    ck_assert_msg(memmem(report.text.data, report.text.len, words, strlen(words)) != NULL,
                  "%s is not said", words);
}

START_TEST(each_command_is_taken)
{
    ck_assert_int_eq(PARSE("list"), 0);
    ck_assert_int_eq(a.task, DLQ_LIST);
    ck_assert_int_eq(PARSE("show", "-d", "/x"), 0);
    ck_assert_int_eq(a.task, DLQ_SHOW);
    ck_assert_str_eq(a.directory, "/x");
    ck_assert_int_eq(PARSE("replay", "--config=a.conf", "--to", "es.1", "--output", "es.0"), 0);
    ck_assert_int_eq(a.task, DLQ_REPLAY);
    ck_assert_str_eq(a.config_path, "a.conf");
    ck_assert_str_eq(a.to, "es.1");
    ck_assert_str_eq(a.output, "es.0");
}
END_TEST

START_TEST(help_is_the_answer_to_nothing_and_to_the_question)
{
    ck_assert_int_eq(dlq_arguments_parse(&a, (char *const[]){NULL}, &report), 0);
    ck_assert_int_eq(a.task, DLQ_HELP);
    ck_assert_int_eq(PARSE("drop", "--help"), 0);
    ck_assert_int_eq(a.task, DLQ_HELP);
    dlq_help("tailrace", &text);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "Usage: tailrace dlq list|show|replay|drop"));
}
END_TEST

START_TEST(letters_are_chosen_by_id_and_output)
{
    ck_assert_int_eq(PARSE("show", "3:17", "4:1"), 0);
    ck_assert(dlq_is_chosen(&a, (struct dlq_id){3, 17}, SLICE("es.0")));
    ck_assert(dlq_is_chosen(&a, (struct dlq_id){4, 1}, SLICE("es.0")));
    ck_assert(!dlq_is_chosen(&a, (struct dlq_id){3, 1}, SLICE("es.0")));
    a.output = "es.1";
    ck_assert(!dlq_is_chosen(&a, (struct dlq_id){3, 17}, SLICE("es.0")));
    a.id_count = 0;
    ck_assert(dlq_is_chosen(&a, (struct dlq_id){9, 9}, SLICE("es.1")));
}
END_TEST

START_TEST(nothing_is_dropped_by_a_slip)
{
    ck_assert_int_lt(PARSE("drop"), 0);
    expect_error("say which: an ID, --output NAME or --all");
    ck_assert_int_eq(PARSE("drop", "--all"), 0);
    ck_assert_int_lt(PARSE("drop", "--all", "3:1"), 0);
    expect_error("do not go together");
}
END_TEST

START_TEST(mistakes_are_named)
{
    static char *const wrong[][4] = {
        {"lst", NULL},
        {"list", "3", NULL},
        {"list", "3:", NULL},
        {"list", "x:1", NULL},
        {"list", "0:1", NULL},
        {"list", "1:0", NULL},
        {"list", "1:99999999999", NULL},
        {"list", "--what", NULL},
        {"list", "-d", NULL},
        {"replay", NULL},
        {"list", "--to", "x", NULL},
    };
    static const char *const words[] = {
        "did you mean: list", "'3' is no ID",
        "'3:' is no ID",      "'x:1' is no ID",
        "'0:1' is no ID",     "'1:0' is no ID",
        "is no ID",           "no option '--what'",
        "-d needs a value",   "-c names the configuration",
        "--to is for replay",
    };

    memset(&a, 0, sizeof a);
    ck_assert_int_lt(dlq_arguments_parse(&a, wrong[_i], &report), 0);
    expect_error(words[_i]);
}
END_TEST

Suite *suite_config_dlq_arguments(void);

Suite *suite_config_dlq_arguments(void)
{
    Suite *suite = suite_create("config/dlq_arguments");
    TCase *tc = tcase_create("arguments");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, each_command_is_taken);
    tcase_add_test(tc, help_is_the_answer_to_nothing_and_to_the_question);
    tcase_add_test(tc, letters_are_chosen_by_id_and_output);
    tcase_add_test(tc, nothing_is_dropped_by_a_slip);
    tcase_add_loop_test(tc, mistakes_are_named, 0, 11);
    suite_add_tcase(suite, tc);
    return suite;
}
