#include "plugins/filter_kubernetes/wishes.h"

#include "unit/plugins/pods_kit.h"

#include <check.h>
#include <stdio.h>

/* How pods want their files to be read. */

static struct parser_book *parsers;
static struct multiline_book *multilines;
static struct wishes wishes;
static struct filter_wishes got;
static struct report report;
static uint64_t warned;
static char shown[256];

static void book_fill(void)
{
    struct parser_settings parser = parser_settings_default();
    struct multiline_rule_settings rule = {"start_state", "/^>/", "more", {0}};
    struct multiline_settings ours = {
        .name = "ours", .type = "regex", .rules = &rule, .rule_count = 1};
    struct multiline_settings framed = {.name = "framed",
                                        .type = "equal",
                                        .match_string = "x",
                                        .key_content = "log",
                                        .parser = "p"};

    parser.name = "p";
    parser.format = "json";
    ck_assert_int_eq(parser_book_add(parsers, &parser, (struct place){0}, &report), 0);
    ck_assert_int_eq(multiline_book_add(multilines, &ours, (struct place){0}, &report), 0);
    ck_assert_int_eq(multiline_book_add(multilines, &framed, (struct place){0}, &report), 0);
}

static void set_up(void)
{
    kit_pods_begin();
    ck_assert_int_eq(log_open("/dev/null"), 0);
    report_init(&report);
    parsers = parser_book_new();
    multilines = multiline_book_new(parsers);
    book_fill();
    wishes = (struct wishes){.honours_multiline = true, .honours_rate = true};
    wishes_init(&wishes, multilines, "filter:kubernetes:kubernetes.0");
    warned = log_count(LOG_WARN);
}

static void tear_down(void)
{
    multiline_book_free(&multilines);
    parser_book_free(&parsers);
    report_fini(&report);
    log_close();
    kit_pods_end();
}

static const char *name_of(const struct multiline *m)
{
    return m != NULL ? multiline_name(m) : "-";
}

/* "STDOUT/STDERR BYTES LINES" for the container "main". */
static const char *of(const char *annotations)
{
    struct pod pod = {.namespace_name = SLICE("shop"),
                      .name = SLICE("web-0"),
                      .uid = SLICE("u1"),
                      .annotations = slice_of(annotations)};
    struct identity id;

    identity_init(&id);
    id.query.container = SLICE("main");
    got = (struct filter_wishes){0};
    wishes_read(&wishes, &id, &pod, &got);
    snprintf(shown, sizeof shown, "%s/%s %llu %llu", name_of(got.of_stdout), name_of(got.of_stderr),
             (unsigned long long)got.bytes_per_s, (unsigned long long)got.lines_per_s);
    return shown;
}

/* One more warning since the last call, which says this. */
static void expect_said(const char *what)
{
    ck_assert_uint_eq(log_count(LOG_WARN), warned + 1);
    ck_assert_msg(strstr(log_recent(0), what) != NULL, "%s", log_recent(0));
    warned++;
}

static void expect_nothing_said(void)
{
    ck_assert_uint_eq(log_count(LOG_WARN), warned);
}

START_TEST(a_pod_names_a_preset_or_a_parser_of_the_configuration)
{
    ck_assert_str_eq(of(""), "-/- 0 0");
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"java\"}"), "java/java 0 0");
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\" Python \"}"), "python/python 0 0");
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"ours\"}"), "ours/ours 0 0");
    expect_nothing_said();
}
END_TEST

START_TEST(streams_and_containers_have_their_own)
{
    ck_assert_str_eq(of("{\"tailrace.io/multiline_stderr\":\"go\"}"), "-/go 0 0");
    ck_assert_str_eq(
        of("{\"tailrace.io/multiline-main\":\"go\",\"tailrace.io/multiline\":\"java\"}"),
        "go/go 0 0");
    ck_assert_str_eq(of("{\"tailrace.io/multiline_stdout-side\":\"go\"}"), "-/- 0 0");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit-main\":\"5 lines\"}"), "-/- 0 5");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit-side\":\"5 lines\"}"), "-/- 0 0");
    expect_nothing_said();
}
END_TEST

START_TEST(what_the_runtime_cut_is_together_already)
{
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"cri\"}"), "-/- 0 0");
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"docker\"}"), "-/- 0 0");
    expect_nothing_said();
}
END_TEST

START_TEST(a_rate_is_lines_or_bytes)
{
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit\":\"500 lines\"}"), "-/- 0 500");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit\":\"2k lines/s\"}"), "-/- 0 2000");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit\":\"1line\"}"), "-/- 0 1");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit\":\"64K\"}"), "-/- 64000 0");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit\":\"1MiB/s\"}"), "-/- 1048576 0");
    expect_nothing_said();
}
END_TEST

START_TEST(what_is_no_rate_is_said_and_not_heeded)
{
    static const char *const wrong[] = {"fast",     "0",     "0 lines", "-5",
                                        "5 apples", "lines", "10/h",    "99999999999999999999"};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char annotations[128];

        snprintf(annotations, sizeof annotations, "{\"tailrace.io/rate-limit\":\"%s\"}", wrong[i]);
        ck_assert_msg(strcmp(of(annotations), "-/- 0 0") == 0, "%s: %s", wrong[i], shown);
        expect_said("pod shop/web-0: tailrace.io/rate-limit is \"");
    }
}
END_TEST

START_TEST(what_has_a_nul_in_it_names_nothing)
{
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"java\\u0000/../x\"}"), "-/- 0 0");
    expect_said("is no multiline parser here");
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit\":\"1\\u00009999\"}"), "-/- 0 0");
    expect_said("is no rate like");
}
END_TEST

START_TEST(a_rate_for_one_stream_is_said_and_not_heeded)
{
    ck_assert_str_eq(of("{\"tailrace.io/rate-limit_stderr\":\"5 lines\"}"), "-/- 0 0");
    expect_said("both are in one file");
}
END_TEST

START_TEST(a_name_that_is_none_is_said_once_for_each_pod)
{
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"jaba\"}"), "-/- 0 0");
    expect_said("pod shop/web-0: tailrace.io/multiline names \"jaba\"");
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"jaba\"}"), "-/- 0 0");
    expect_nothing_said();
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"framed\"}"), "-/- 0 0");
    expect_said("has a parser of its own");
}
END_TEST

START_TEST(only_so_much_of_what_was_said_is_remembered)
{
    char annotations[128];

    for (unsigned i = 0; i < WISHES_SAID_MAX + 1; i++) {
        snprintf(annotations, sizeof annotations, "{\"tailrace.io/multiline\":\"no%u\"}", i);
        (void)of(annotations);
        expect_said("pod shop/web-0");
    }
    (void)of(annotations);
    expect_nothing_said();
    (void)of("{\"tailrace.io/multiline\":\"no0\"}");
    expect_said("\"no0\"");
}
END_TEST

START_TEST(what_the_configuration_does_not_allow_is_not_looked_at)
{
    wishes.honours_multiline = false;
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"x\",\"tailrace.io/rate-limit\":\"7\"}"),
                     "-/- 7 0");
    wishes.honours_rate = false;
    ck_assert(!wishes_are_heard(&wishes));
    ck_assert_str_eq(of("{\"tailrace.io/multiline\":\"x\",\"tailrace.io/rate-limit\":\"y\"}"),
                     "-/- 0 0");
    expect_nothing_said();
}
END_TEST

Suite *suite_plugins_kubernetes_pod_wishes(void);

Suite *suite_plugins_kubernetes_pod_wishes(void)
{
    Suite *suite = suite_create("plugins/kubernetes_pod_wishes");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_pod_names_a_preset_or_a_parser_of_the_configuration);
    tcase_add_test(tcase, streams_and_containers_have_their_own);
    tcase_add_test(tcase, what_the_runtime_cut_is_together_already);
    tcase_add_test(tcase, a_rate_is_lines_or_bytes);
    tcase_add_test(tcase, what_is_no_rate_is_said_and_not_heeded);
    tcase_add_test(tcase, what_has_a_nul_in_it_names_nothing);
    tcase_add_test(tcase, a_rate_for_one_stream_is_said_and_not_heeded);
    tcase_add_test(tcase, a_name_that_is_none_is_said_once_for_each_pod);
    tcase_add_test(tcase, only_so_much_of_what_was_said_is_remembered);
    tcase_add_test(tcase, what_the_configuration_does_not_allow_is_not_looked_at);
    suite_add_tcase(suite, tcase);
    return suite;
}
