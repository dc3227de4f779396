#include "line_kit.h"

/* The lines of containers whose pods say how they belong together. */

#define T0 "2026-11-21T05:46:26.992437098Z"
#define T1 "2026-11-21T05:46:27.1Z"
#define OUT(tag, text) T0 " stdout " tag " " text "\n"
#define ERR(tag, text) T1 " stderr " tag " " text "\n"
#define RECORD_OUT(tag, text) \
    "{\"time\":\"" T0 "\",\"stream\":\"stdout\",\"_p\":\"" tag "\",\"log\":\"" text "\"}\n"
#define RECORD_ERR(tag, text) \
    "{\"time\":\"" T1 "\",\"stream\":\"stderr\",\"_p\":\"" tag "\",\"log\":\"" text "\"}\n"

static struct line_kit k;
static struct joiner_rules *base;

/* NULL: no definition. */
static const struct multiline *named(const char *name)
{
    return name != NULL ? multiline_book_find(k.multilines, name) : NULL;
}

static void join_by(const char *of_stdout, const char *of_stderr)
{
    struct joiner_inner inner = {named(of_stdout), named(of_stderr)};

    base = k.rules;
    k.rules = joiner_rules_new_inner(base, &inner);
    ck_assert_ptr_nonnull(k.rules);
}

static void set_up(void)
{
    lines_open(&k);
    lines_join(&k, "docker, cri");
}

static void tear_down(void)
{
    joiner_free(&k.joiner);
    joiner_rules_free(&base);
    lines_close(&k);
}

static void take(const char *lines)
{
    struct slice rest = slice_of(lines), line;

    while (slice_next(&rest, '\n', &line) && rest.data != NULL)
        lines_take_line(&k, line);
}

START_TEST(a_stack_trace_is_one_record)
{
    join_by("java", "java");
    take(OUT("F", "fine") OUT("F", "java.lang.Exception: no") OUT("F", "    at a(A.java)")
             OUT("F", "    at b(B.java)") OUT("F", "fine again"));
    lines_expect(&k, RECORD_OUT("F", "fine")
                         RECORD_OUT("F", "java.lang.Exception: no\\n    at a(A.java)\\n"
                                         "    at b(B.java)") RECORD_OUT("F", "fine again"));
    ck_assert_uint_eq(k.end, k.at);
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(the_lines_of_the_other_stream_come_between)
{
    join_by("java", "java");
    take(OUT("F", "NoException: a") ERR("F", "warning") OUT("F", "  at a(A.java)"));
    lines_expect(&k, RECORD_ERR("F", "warning"));
    ck_assert_uint_eq(k.end, 0);
    lines_finish(&k);
    lines_expect(&k, RECORD_OUT("F", "NoException: a\\n  at a(A.java)"));
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

START_TEST(each_stream_has_its_own_definition_or_none)
{
    join_by("python", NULL);
    take(ERR("F", "Traceback (most recent call last):") ERR("F", "  File x"));
    lines_expect(&k,
                 RECORD_ERR("F", "Traceback (most recent call last):") RECORD_ERR("F", "  File x"));
    take(OUT("F", "Traceback (most recent call last):") OUT("F", "  File x") OUT("F", "    raise")
             OUT("F", "ValueError: y"));
    lines_expect(&k, RECORD_OUT("F", "Traceback (most recent call last):\\n  File x\\n    raise\\n"
                                     "ValueError: y"));
}
END_TEST

START_TEST(pieces_of_a_line_are_put_together_first)
{
    join_by("java", "java");
    take(OUT("P", "NoException: ") OUT("P", "one ") OUT("F", "line") OUT("P", "  at a(")
             OUT("F", "A.java)") OUT("P", "not a ") OUT("F", "trace"));
    lines_expect(&k, RECORD_OUT("P", "NoException: one line\\n  at a(A.java)")
                         RECORD_OUT("P", "not a trace"));
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

START_TEST(a_piece_without_its_end_goes_on_after_the_flush_time)
{
    join_by("java", NULL);
    take(OUT("P", "lost") ERR("P", "this "));
    lines_pass_ms(&k, 4000);
    lines_expect(&k, RECORD_OUT("P", "lost") RECORD_ERR("P", "this "));
    take(ERR("F", "too"));
    lines_expect(&k, RECORD_ERR("F", "too"));
}
END_TEST

START_TEST(a_record_that_is_over_with_a_piece_waits_for_its_end)
{
    join_by("python", NULL);
    take(OUT("F", "Traceback (most recent call last):") OUT("P", "ValueError: ") OUT("P", "y"));
    lines_expect(&k, "");
    take(OUT("F", "z") OUT("F", "fine"));
    lines_expect(&k, RECORD_OUT("F", "Traceback (most recent call last):\\nValueError: yz")
                         RECORD_OUT("F", "fine"));
}
END_TEST

START_TEST(what_is_full_goes_on_in_the_next_record)
{
    struct joiner_inner inner = {named("java"), NULL};

    k.limit_bytes = 42;
    joiner_rules_free(&k.rules);
    lines_join(&k, "cri");
    base = k.rules;
    k.rules = joiner_rules_new_inner(base, &inner);
    take(OUT("F", "NoException: a") OUT("F", "  at aaaaaaaaaaa") OUT("F", "  at bbbbbbbbbbb")
             OUT("F", "  at c") OUT("F", "x"));
    lines_expect(&k,
                 "{\"time\":\"" T0 "\",\"stream\":\"stdout\",\"_p\":\"F\",\"log\":\"NoException: "
                 "a\\n  at aaaaaaaaaaa\"} {\"multiline_truncated\":true}\n" RECORD_OUT(
                     "F", "  at bbbbbbbbbbb\\n  at c") RECORD_OUT("F", "x"));
    ck_assert_uint_eq(k.truncated, 1);
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

START_TEST(lines_of_docker_are_joined_with_their_line_feeds)
{
    join_by("java", "java");
    take("{\"log\":\"NoException: a\\n\",\"stream\":\"stdout\",\"time\":\"" T0 "\"}\n"
         "{\"log\":\"  at \",\"stream\":\"stdout\",\"time\":\"" T0 "\"}\n"
         "{\"log\":\"a(A)\\n\",\"stream\":\"stdout\",\"time\":\"" T1 "\"}\n"
         "{\"log\":\"fine\\n\",\"stream\":\"stdout\",\"time\":\"" T1 "\"}\n");
    lines_expect(&k,
                 "{\"log\":\"NoException: a\\n  at a(A)\\n\",\"stream\":\"stdout\",\"time\":\"" T0
                 "\"}\n{\"log\":\"fine\\n\",\"stream\":\"stdout\",\"time\":\"" T1 "\"}\n");
}
END_TEST

START_TEST(a_line_of_no_runtime_is_a_record_by_itself)
{
    join_by("java", "java");
    take(OUT("F", "NoException: a") "whatever\n" OUT("F", "  at a"));
    lines_expect(
        &k, RECORD_OUT("F", "NoException: a") "{\"log\":\"whatever\"}\n" RECORD_OUT("F", "  at a"));
    take("soon stdout F NoException: b\n" OUT("F", "x"));
    ck_assert_uint_eq(k.end, k.at);
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(both_ways_give_the_same)
{
    join_by("go", "go");
    k.is_short_way_off = true;
    take(OUT("F", "one") ERR("F", "two") OUT("F", "panic: three") OUT("F", ""));
    lines_finish(&k);
    lines_expect(&k,
                 RECORD_OUT("F", "one") RECORD_ERR("F", "two") RECORD_OUT("F", "panic: three\\n"));
}
END_TEST

START_TEST(a_plain_line_stays_plain_unless_it_begins_a_record)
{
    struct plain_record plain;

    join_by("java", NULL);
    ck_assert(joiner_fill_plain(k.rules, SLICE(T0 " stdout F fine"), &plain) ==
              joiner_fill_plain(base, SLICE(T0 " stdout F fine"), &plain));
    ck_assert(!joiner_fill_plain(k.rules, SLICE(T0 " stdout F NoException: a"), &plain));
}
END_TEST

START_TEST(plain_lines_of_cri_stay_plain)
{
    struct plain_record plain;

    joiner_rules_free(&k.rules);
    lines_join(&k, "cri");
    join_by("java", NULL);
    ck_assert(joiner_fill_plain(k.rules, SLICE(T0 " stdout F fine"), &plain));
    ck_assert(joiner_fill_plain(k.rules, SLICE(T0 " stderr F NoException: a"), &plain));
    ck_assert(!joiner_fill_plain(k.rules, SLICE(T0 " stdout F NoException: a"), &plain));
    ck_assert(!joiner_fill_plain(k.rules, SLICE(T0 " stdout P fine"), &plain));
}
END_TEST

START_TEST(other_rules_than_a_runtimes_have_no_lines_of_a_pod)
{
    struct joiner_inner inner = {named("java"), NULL};
    struct joiner_context context = lines_context(&k);
    struct joiner_rules *others;

    joiner_rules_free(&k.rules);
    lines_join(&k, "cri, java");
    ck_assert_ptr_null(joiner_rules_new_inner(k.rules, &inner));
    others = joiner_rules_new_docker(NULL, 1000, &context);
    ck_assert_ptr_null(joiner_rules_new_inner(others, &inner));
    joiner_rules_free(&others);
}
END_TEST

Suite *suite_line_join_runtime(void);

Suite *suite_line_join_runtime(void)
{
    Suite *suite = suite_create("line/join_runtime");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_stack_trace_is_one_record);
    tcase_add_test(tcase, the_lines_of_the_other_stream_come_between);
    tcase_add_test(tcase, each_stream_has_its_own_definition_or_none);
    tcase_add_test(tcase, pieces_of_a_line_are_put_together_first);
    tcase_add_test(tcase, a_piece_without_its_end_goes_on_after_the_flush_time);
    tcase_add_test(tcase, a_record_that_is_over_with_a_piece_waits_for_its_end);
    tcase_add_test(tcase, what_is_full_goes_on_in_the_next_record);
    tcase_add_test(tcase, lines_of_docker_are_joined_with_their_line_feeds);
    tcase_add_test(tcase, a_line_of_no_runtime_is_a_record_by_itself);
    tcase_add_test(tcase, both_ways_give_the_same);
    tcase_add_test(tcase, a_plain_line_stays_plain_unless_it_begins_a_record);
    tcase_add_test(tcase, plain_lines_of_cri_stay_plain);
    tcase_add_test(tcase, other_rules_than_a_runtimes_have_no_lines_of_a_pod);
    suite_add_tcase(suite, tcase);
    return suite;
}
