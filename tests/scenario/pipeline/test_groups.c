#include "base/memory.h"
#include "scenario/pipeline/kit.h"

/*
 * Killed in the middle of lines that belong together: the position is where they begin, so that they
 * are read again and become the record that they would have become.
 */

#define BEFORE "first\n"
#define OUT ES("PORT") ES("PORT2")

static struct kit *k;

static void tear_down(void)
{
    kit_end(&k);
}

/* `begun` comes and is acknowledged as far as it goes, then the agent is killed, then `rest` comes. */
static void killed_between(const char *config, const char *begun, const char *rest)
{
    k = kit_start(config);
    kit_append(k, "app.log", begun);
    kit_pass_ms(k, 1500);
    kit_kill(k);
    kit_run_again(k);
    kit_pass_ms(k, 500);
    kit_append(k, "app.log", rest);
    kit_pass_ms(k, 10000);
}

static void expect_record(const char *text)
{
    ck_assert_msg(strstr(backend_taken(k->es), text) != NULL, "%s", backend_taken(k->es));
    ck_assert_str_eq(backend_taken(k->es), backend_taken(k->other));
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}

#define JAVA SERVICE TAIL " multiline.parser java\n" OUT

START_TEST(a_stack_trace_is_whole_after_a_kill)
{
    killed_between(JAVA, BEFORE "E Exception: x\n\tat a(b)\n", "\tat c(d)\nlast\n");
    expect_record("E Exception: x\\n\\tat a(b)\\n\\tat c(d)");
    expect_record("last");
}
END_TEST

START_TEST(the_position_is_where_a_stack_trace_begins)
{
    k = kit_start(JAVA);
    kit_append(k, "app.log", BEFORE "E Exception: x\n\tat a(b)\n");
    kit_pass_ms(k, 1500);
    ck_assert_uint_le(kit_bookmark(k, "app.log"), strlen(BEFORE));
}
END_TEST

#define CRI SERVICE TAIL " multiline.parser cri\n" OUT
#define AT "2026-11-21T05:00:00.000000000Z "

START_TEST(the_pieces_of_a_line_are_whole_after_a_kill)
{
    killed_between(CRI,
                   AT "stdout F first\n" AT "stdout P one-"
                      "\n" AT "stdout P two-\n",
                   AT "stdout F three\n" AT "stdout F last\n");
    ck_assert_str_eq(backend_taken(k->es), "first one-two-three last ");
    expect_record("one-two-three");
}
END_TEST

START_TEST(pieces_of_two_streams_are_whole_after_a_kill)
{
    killed_between(CRI, AT "stdout P one-\n" AT "stderr P a-\n" AT "stderr F b\n",
                   AT "stderr P c-\n" AT "stdout F two\n" AT "stderr F d\n");
    ck_assert_uint_eq(backend_taken_count(k->es), 3);
    expect_record("one-two");
    expect_record("a-b");
    expect_record("c-d");
}
END_TEST

#define DOCKER SERVICE TAIL " Parser docker\n Docker_Mode on\n" OUT
#define JSON_LINE(text) \
    "{\"log\":\"" text "\",\"stream\":\"stdout\",\"time\":\"2026-11-21T05:00:00Z\"}\n"

START_TEST(a_line_that_docker_split_is_whole_after_a_kill)
{
    killed_between("[PARSER]\n Name docker\n Format json\n" DOCKER,
                   JSON_LINE("first\\n") JSON_LINE("one-") JSON_LINE("two-"),
                   JSON_LINE("three\\n") JSON_LINE("last\\n"));
    expect_record("one-two-three");
    expect_record("last");
}
END_TEST

/* The end of a line that is not written yet is read again when it is. */
START_TEST(half_a_line_is_whole_after_a_kill)
{
    killed_between(SERVICE TAIL OUT, "first\nsec", "ond\n");
    ck_assert_str_eq(backend_taken(k->es), "first second ");
    expect_record("second");
}
END_TEST

/* The same while one output is away: it gets the same records. */
START_TEST(groups_are_whole_for_an_output_that_was_away_through_a_kill)
{
    k = kit_start(CRI);
    backend_down(k->other);
    kit_append(k, "app.log", AT "stdout F first\n" AT "stdout P one-\n");
    kit_pass_ms(k, 1500);
    kit_kill(k);
    kit_run_again(k);
    kit_append(k, "app.log", AT "stdout P two-\n" AT "stdout F three\n" AT "stdout F last\n");
    kit_pass_ms(k, 2000);
    backend_up(k->other);
    kit_pass_ms(k, 5000);
    ck_assert_str_eq(backend_taken(k->es), "first one-two-three last ");
    ck_assert_uint_eq(backend_taken_count(k->other), 3);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->other), "one-two-three"));
}
END_TEST

Suite *suite_pipeline_groups(void);

Suite *suite_pipeline_groups(void)
{
    Suite *suite = suite_create("pipeline/groups");
    TCase *groups = tcase_create("groups");

    tcase_add_checked_fixture(groups, NULL, tear_down);
    tcase_add_test(groups, a_stack_trace_is_whole_after_a_kill);
    tcase_add_test(groups, the_position_is_where_a_stack_trace_begins);
    tcase_add_test(groups, the_pieces_of_a_line_are_whole_after_a_kill);
    tcase_add_test(groups, pieces_of_two_streams_are_whole_after_a_kill);
    tcase_add_test(groups, a_line_that_docker_split_is_whole_after_a_kill);
    tcase_add_test(groups, half_a_line_is_whole_after_a_kill);
    tcase_add_test(groups, groups_are_whole_for_an_output_that_was_away_through_a_kill);
    suite_add_tcase(suite, groups);
    return suite;
}
