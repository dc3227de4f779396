#include "base/memory.h"
#include "scenario/pipeline/kit.h"

/* Stopping, being killed, and starting again. */

#define GRACE_MS 5000

/* A little more than the pipeline needs to notice that all is done. */
#define SOON_MS 50

static struct kit *k;

static void set_up(void)
{
    k = kit_start(TAIL_TO_ES);
}

static void tear_down(void)
{
    kit_end(&k);
}

/* ---- stopping ---- */

START_TEST(what_was_read_is_delivered_before_the_end)
{
    kit_append(k, "app.log", "one\ntwo\n");
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(what_is_refused_while_stopping_stays_before_the_bookmark)
{
    backend_answers(k->es, 503);
    kit_append(k, "app.log", "one\n");
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    kit_expect_bookmark(k, "app.log", 0);
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

START_TEST(what_waits_is_tried_once_more_at_once)
{
    backend_answers(k->es, 503, 200);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_quiet(k);
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(a_queue_is_delivered_before_the_end)
{
    backend_answers(k->es, 503, 503, 503);
    for (unsigned i = 0; i < 3; i++) {
        kit_append(k, "app.log", "x\n");
        kit_pass_ms(k, 1000);
    }
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    kit_expect_bookmark(k, "app.log", 6);
}
END_TEST

START_TEST(parts_that_were_taken_before_the_end_are_not_lost_or_doubled)
{
    backend_items(k->es, 201, 429, 201);
    backend_items(k->es, 429);
    kit_append(k, "app.log", "one\ntwo\nthree\n");
    kit_pass_ms(k, 1000);
    kit_quiet(k);
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    kit_expect_bookmark(k, "app.log", 0);
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 14);
    ck_assert_str_eq(backend_taken(k->es), "one three two ");
}
END_TEST

START_TEST(an_answer_that_comes_within_grace_counts)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    k->may_hang = true;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_stop_begin(k);
    kit_pass_ms(k, GRACE_MS - 100);
    ck_assert(!k->is_stopped);
    k->may_hang = false;
    kit_server_release(k->es->server);
    ck_assert_uint_le(kit_stop_end(k), GRACE_MS);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(what_is_under_way_after_grace_is_let_go)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_SILENT});
    k->may_hang = true;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_append(k, "app.log", "two\n");
    kit_stop_begin(k);
    kit_pass_ms(k, GRACE_MS - 100);
    ck_assert(!k->is_stopped);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .in_flight_records = 2});
    ck_assert_uint_le(kit_stop_end(k), GRACE_MS + SOON_MS);
    k->may_hang = false;
    kit_expect_bookmark(k, "app.log", 0);
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_str_eq(backend_taken(k->es), "one two ");
}
END_TEST

START_TEST(who_asks_twice_does_not_wait_for_grace)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_SILENT});
    k->may_hang = true;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_stop_begin(k);
    kit_pass_ms(k, 500);
    pipeline_hurry(k->pipeline);
    ck_assert_uint_le(kit_stop_end(k), 500 + SOON_MS);
    kit_expect_bookmark(k, "app.log", 0);
}
END_TEST

START_TEST(letting_go_while_a_request_is_made_is_clean)
{
    kit_append(k, "app.log", "one\ntwo\n");
    kit_stop_begin(k);
    pipeline_hurry(k->pipeline);
    ck_assert_uint_le(kit_stop_end(k), SOON_MS);
    kit_expect_bookmark(k, "app.log", 0);
    backend_expect_silence(k->es);
}
END_TEST

START_TEST(stopping_at_once_is_clean)
{
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    kit_run_again(k);
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    backend_expect_silence(k->es);
}
END_TEST

/* An output that writes by itself has no request that could be let go of. */
START_TEST(what_an_output_writes_itself_is_written_before_the_end)
{
    kit_end(&k);
    k = kit_start(SERVICE TAIL "[OUTPUT]\n Name file\n Match *\n Path ${DIR}/state\n File out\n"
                               " Format plain\n");
    kit_append(k, "app.log", "one\ntwo\n");
    ck_assert_uint_le(kit_stop(k), SOON_MS);
    ck_assert_str_eq(tree_read("state/out", NULL), "{\"log\":\"one\"}\n{\"log\":\"two\"}\n");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

/* ---- being killed ---- */

START_TEST(a_kill_before_anything_was_sent_loses_nothing)
{
    kit_append(k, "app.log", "one\n");
    kit_kill(k);
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

/* Positions of a file that is long enough to be known again wait for the next pace. */
START_TEST(a_kill_before_the_bookmark_was_saved_sends_again_under_the_same_ids)
{
    char *line = mem_format("%02000d\n", 0);

    kit_append(k, "app.log", line);
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(backend_next(k->es), 1);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    kit_quiet(k);
    kit_kill(k);
    kit_run_again(k);
    kit_append(k, "app.log", "three\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two", "three");
    ck_assert_uint_eq(backend_taken_count(k->es), 3);
    kit_expect_bookmark(k, "app.log", 2011);
    mem_free(line);
}
END_TEST

START_TEST(a_kill_after_the_bookmark_was_saved_sends_nothing_again)
{
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 10000);
    backend_expect(k->es, "one", "two");
    kit_kill(k);
    kit_append(k, "app.log", "three\n");
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "three");
    kit_expect_bookmark(k, "app.log", 14);
}
END_TEST

START_TEST(a_kill_with_a_request_under_way_loses_nothing)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_SILENT});
    k->may_hang = true;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_kill(k);
    k->may_hang = false;
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

/* Lines keep coming, answers are of every kind, the log is rotated; and at any one moment the process
 * is killed. Once with lines so short that the files are hard to tell apart. */
#define STEPS 16
#define STEP_MS 400

static char *story_line(unsigned step, bool is_long)
{
    return mem_format("line-%02u%.*s", step, is_long ? 100 : 0,
                      "...................................................................."
                      "....................................................................");
}

static void story_step(unsigned step, bool is_long)
{
    char *line = story_line(step, is_long);

    tree_append("app.log", line);
    kit_append(k, "app.log", "\n");
    mem_free(line);
    if (step == 6) {
        tree_rename("app.log", "app.log.1");
        tree_write("app.log", "");
    }
    kit_pass_ms(k, STEP_MS);
}

START_TEST(a_kill_at_any_moment_loses_nothing_and_doubles_nothing)
{
    unsigned kill_at = (unsigned)_i % STEPS;
    bool is_long = _i >= STEPS;

    backend_answers(k->es, 200, 503);
    backend_says(k->es, (struct kit_answer){.move = KIT_HALF, .body = "{\"errors\":false}"});
    for (unsigned step = 0; step < STEPS; step++) {
        story_step(step, is_long);
        if (step == kill_at) {
            kit_kill(k);
            kit_run_again(k);
        }
    }
    kit_pass_ms(k, 20000);
    for (unsigned step = 0; step < STEPS; step++) {
        char *line = story_line(step, false);

        ck_assert_msg(strstr(backend_taken(k->es), line) != NULL, "lacks %s", line);
        mem_free(line);
    }
    ck_assert_uint_eq(backend_taken_count(k->es), STEPS);
}
END_TEST

Suite *suite_pipeline_stop(void);

Suite *suite_pipeline_stop(void)
{
    Suite *suite = suite_create("pipeline/stop");
    TCase *stop = tcase_create("stop");
    TCase *kill = tcase_create("kill");

    tcase_add_checked_fixture(stop, set_up, tear_down);
    tcase_add_test(stop, what_was_read_is_delivered_before_the_end);
    tcase_add_test(stop, what_is_refused_while_stopping_stays_before_the_bookmark);
    tcase_add_test(stop, what_waits_is_tried_once_more_at_once);
    tcase_add_test(stop, a_queue_is_delivered_before_the_end);
    tcase_add_test(stop, parts_that_were_taken_before_the_end_are_not_lost_or_doubled);
    tcase_add_test(stop, an_answer_that_comes_within_grace_counts);
    tcase_add_test(stop, what_is_under_way_after_grace_is_let_go);
    tcase_add_test(stop, who_asks_twice_does_not_wait_for_grace);
    tcase_add_test(stop, letting_go_while_a_request_is_made_is_clean);
    tcase_add_test(stop, stopping_at_once_is_clean);
    tcase_add_test(stop, what_an_output_writes_itself_is_written_before_the_end);
    suite_add_tcase(suite, stop);

    tcase_add_checked_fixture(kill, set_up, tear_down);
    tcase_add_test(kill, a_kill_before_anything_was_sent_loses_nothing);
    tcase_add_test(kill, a_kill_before_the_bookmark_was_saved_sends_again_under_the_same_ids);
    tcase_add_test(kill, a_kill_after_the_bookmark_was_saved_sends_nothing_again);
    tcase_add_test(kill, a_kill_with_a_request_under_way_loses_nothing);
    tcase_add_loop_test(kill, a_kill_at_any_moment_loses_nothing_and_doubles_nothing, 0, 2 * STEPS);
    suite_add_tcase(suite, kill);
    return suite;
}
