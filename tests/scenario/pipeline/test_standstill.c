#include "scenario/pipeline/lanes_kit.h"

/*
 * Outputs that stand still, each judged by itself: what is one, what is none, and what is said of it.
 */

#define WATCHED(more) "[SERVICE]\n Flush 1\n Grace 5\n hc_standstill 30\n" more
#define ALONE WATCHED("") TAIL ES("PORT")
#define BESIDE WATCHED("") TAIL ES("PORT") ES("PORT2")

/* More than are asked for in 40 s, and few enough to come to their end. */
#define WORDS_COUNT 60
#define WORDS_MAX 1000

static struct kit *k;
static struct buffer sentence;

static void set_up(void)
{
    k = kit_make();
}

static void tear_down(void)
{
    buffer_fini(&sentence);
    kit_end(&k);
}

/* NULL: nothing stands still. */
static const char *still_of(struct kit *kit)
{
    buffer_clear(&sentence);
    return pipeline_standstill(kit->pipeline, &sentence) ? buffer_text(&sentence) : NULL;
}

static void expect_none(struct kit *kit)
{
    ck_assert_msg(still_of(kit) == NULL, "%s", buffer_text(&sentence));
}

static void expect_still(const char *part)
{
    const char *words = still_of(k);

    ck_assert_msg(words != NULL && strstr(words, part) != NULL, "%s\nlacks %s",
                  words != NULL ? words : "nothing stands still", part);
}

static void say(struct backend *b, struct kit_answer answer, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        backend_says(b, answer);
}

/* A line every few seconds. */
#define LINE_SECONDS 3

static void append_for(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        if (i % LINE_SECONDS == 0)
            kit_append(k, "app.log", "a\n");
        kit_pass_ms(k, 1000);
    }
}

static void expect_none_for(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i += LINE_SECONDS) {
        append_for(LINE_SECONDS);
        expect_none(k);
    }
}

/* What is said is over when it is taken. */
static void expect_heals(struct backend *b, unsigned count)
{
    for (unsigned i = 0; i < 1000 && backend_taken_count(b) < count; i++)
        kit_pass_ms(k, 1000);
    ck_assert_uint_ge(backend_taken_count(b), count);
    kit_pass_ms(k, 4000);
    expect_none(k);
}

/* ---- one output ---- */

START_TEST(what_does_not_leave_for_no_reason_is_a_standstill)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    kit_run(k, ALONE);
    k->may_hang = true;
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 25000);
    expect_none(k);
    kit_pass_ms(k, 15000);
    expect_still("output es.0 has stood still for ");
    expect_still(
        ", while 1 records wait; its back-end has said nothing since, and a start anew may help");
    ck_assert(pipeline_wants_restart(k->pipeline));
    k->may_hang = false;
    kit_server_release(k->es->server);
    kit_pass_ms(k, 5000);
    expect_none(k);
    ck_assert(!pipeline_wants_restart(k->pipeline));
}
END_TEST

START_TEST(a_line_without_an_end_is_no_standstill)
{
    kit_run(k, ALONE);
    kit_append(k, "app.log", "one\ntwo");
    kit_pass_ms(k, 200000);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 3);
    expect_none(k);
}
END_TEST

START_TEST(a_dead_back_end_is_no_standstill)
{
    kit_run(k, ALONE);
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 200000);
    expect_none(k);
}
END_TEST

START_TEST(where_those_who_are_away_count_it_is_one)
{
    kit_run(k, WATCHED(" hc_unreachable on\n") TAIL ES("PORT"));
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 40000);
    expect_still("output es.0 has stood still for 3");
    expect_still("connection refused");
}
END_TEST

START_TEST(what_is_given_up_at_the_limit_of_retries_is_progress)
{
    kit_run(k, WATCHED(" hc_unreachable on\n") TAIL ES("PORT") " Retry_Limit 1\n");
    say(k->es, (struct kit_answer){.status = 503}, WORDS_MAX);
    expect_none_for(100);
    ck_assert_uint_gt(kit_counts(k, 0)->given_up_records, 1);
    ck_assert_uint_lt(k->es->come, WORDS_MAX);
}
END_TEST

/* Each answers, and takes nothing. The two last have no end, and are larger than what is read of them. */
static const struct kit_answer empty_words[] = {
    {.status = 429},
    {.body =
         "{\"errors\":true,\"items\":[{\"create\":{\"status\":429,\"error\":{\"type\":\"es_rejected"
         "_execution_exception\",\"reason\":\"so\"}}}]}"},
    {.body = "<html>sign in</html>"},
    {.body = "{\"errors\":true,\"items\":[{\"create\":{\"status\":403,\"error\":{\"type\":"
             "\"cluster_block"
             "_exception\",\"reason\":\"so\"}}}]}"},
    {.move = KIT_HALF, .body = "{\"errors\":false}"},
    {.body = "\"so\"", .body_bytes = 200000},
};

START_TEST(a_back_end_that_answers_and_takes_nothing_is_a_standstill)
{
    kit_run(k, ALONE);
    say(k->es, empty_words[_i], WORDS_COUNT);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 25000);
    expect_none(k);
    kit_pass_ms(k, 15000);
    expect_still("output es.0 has stood still for 3");
    expect_still("; its back-end's last word: ");
    ck_assert(!pipeline_wants_restart(k->pipeline));
    ck_assert_uint_lt(k->es->come, WORDS_COUNT);
    expect_heals(k->es, 1);
}
END_TEST

/* Nobody there, or nobody who lets us in: a start anew would not help. */
static const int closed_doors[] = {500, 503, 401, 403, 404};

START_TEST(a_back_end_that_lets_nobody_in_is_no_standstill)
{
    kit_run(k, ALONE);
    say(k->es, (struct kit_answer){.status = closed_doors[_i]}, WORDS_MAX);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 100000);
    ck_assert_uint_lt(k->es->come, WORDS_MAX);
    expect_none(k);
}
END_TEST

START_TEST(answers_that_change_are_no_progress)
{
    kit_run(k, ALONE);
    for (unsigned i = 0; i < WORDS_COUNT; i++)
        backend_answers(k->es, i % 2 == 0 ? 503 : 429);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 40000);
    expect_still("output es.0 has stood still for 3");
    expect_heals(k->es, 1);
}
END_TEST

START_TEST(one_that_comes_back_busy_has_the_whole_time)
{
    kit_run(k, ALONE);
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 100000);
    backend_up(k->es);
    say(k->es, (struct kit_answer){.status = 429}, WORDS_COUNT);
    kit_pass_ms(k, 25000);
    expect_none(k);
    kit_pass_ms(k, 20000);
    expect_still("429");
}
END_TEST

#define POD_LOG(number) \
    "web-" number       \
    "_shop_main-111111111111111111111111111111111111111111111111111111111111111" number ".log"
#define OF_PODS                                                                  \
    "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n Read_from_Head on\n" \
    "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.${DIR}\n"       \
    " Kube_Node_Name n1\n Kube_URL http://127.0.0.1:${PORT2}\n Metadata_Wait 100s\n"

/* No output has a part in it. */
START_TEST(reading_that_does_not_go_on_is_told_as_that)
{
    backend_down(k->other);
    kit_run(k, WATCHED("") OF_PODS ES("PORT"));
    kit_append(k, POD_LOG("0"), "one\n");
    kit_pass_ms(k, 25000);
    expect_none(k);
    kit_pass_ms(k, 15000);
    expect_still("reading has stood still for 3");
    expect_still(", while 4 bytes wait in files and no output has anything to do");
    ck_assert(pipeline_wants_restart(k->pipeline));
    pipeline_refresh(k->pipeline);
    ck_assert_uint_ge(pipeline_metrics(k->pipeline)->reading_standstill_s, 30);
    ck_assert_uint_eq(kit_counts(k, 0)->standstill_s, 0);
    expect_heals(k->es, 1);
}
END_TEST

START_TEST(reading_is_judged_though_no_output_is)
{
    backend_down(k->other);
    kit_run(k, WATCHED("") OF_PODS ES("PORT") " hc_standstill 0\n");
    kit_append(k, POD_LOG("0"), "one\n");
    kit_pass_ms(k, 120000);
    ck_assert_uint_eq(backend_taken_count(k->es), 1);
    kit_pass_ms(k, 40000);
    expect_none(k);
    kit_append(k, POD_LOG("1"), "two\n");
    kit_pass_ms(k, 40000);
    expect_still("reading has stood still for 4");
}
END_TEST

START_TEST(who_stops_is_not_judged)
{
    kit_run(k, ALONE);
    say(k->es, (struct kit_answer){.status = 429}, WORDS_MAX);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 40000);
    expect_still("429");
    kit_stop_begin(k);
    expect_none(k);
    kit_stop_end(k);
}
END_TEST

START_TEST(who_takes_over_has_the_whole_time)
{
    kit_run(k, ALONE);
    say(k->es, (struct kit_answer){.status = 429}, WORDS_MAX);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 40000);
    expect_still("429");
    kit_replace(k);
    kit_pass_ms(k, 25000);
    expect_none(k);
    kit_pass_ms(k, 15000);
    expect_still("429");
}
END_TEST

/* ---- one of two ---- */

START_TEST(one_that_takes_nothing_beside_one_that_does_is_a_standstill)
{
    kit_run(k, BESIDE);
    say(k->other, (struct kit_answer){.status = 429}, WORDS_MAX);
    expect_none_for(25);
    append_for(15);
    expect_still("output es.1 has stood still for 3");
    ck_assert_ptr_null(strstr(still_of(k), "es.0"));
    expect_still(" records wait; its back-end's last word: ");
    expect_still("429");
    ck_assert_uint_ge(backend_taken_count(k->es), 40 / LINE_SECONDS);
    pipeline_refresh(k->pipeline);
    ck_assert_uint_eq(kit_counts(k, 0)->standstill_s, 0);
    ck_assert_uint_ge(kit_counts(k, 1)->standstill_s, 30);
    expect_heals(k->other, 40 / LINE_SECONDS);
    pipeline_refresh(k->pipeline);
    ck_assert_uint_eq(kit_counts(k, 1)->standstill_s, 0);
}
END_TEST

START_TEST(two_that_take_nothing_are_both_named)
{
    kit_run(k, BESIDE);
    say(k->es, (struct kit_answer){.body = "<html>sign in</html>"}, WORDS_MAX);
    say(k->other, (struct kit_answer){.status = 429}, WORDS_MAX);
    append_for(45);
    expect_still("output es.0 has stood still for ");
    expect_still("; and output es.1 has stood still for ");
}
END_TEST

START_TEST(a_dead_one_beside_one_that_delivers_is_none)
{
    kit_run(k, BESIDE);
    backend_down(k->other);
    expect_none_for(100);
    ck_assert_uint_ge(backend_taken_count(k->es), 99 / LINE_SECONDS);
}
END_TEST

START_TEST(one_that_gets_nothing_beside_one_that_delivers_is_none)
{
    kit_run(k, WATCHED("") TAIL ES("PORT") "[OUTPUT]\n Name es\n Match none.*\n Port ${PORT2}\n");
    expect_none_for(100);
    kit_pass_ms(k, 100000);
    expect_none(k);
}
END_TEST

START_TEST(an_output_may_stand_still_as_long_as_it_says)
{
    kit_run(k, BESIDE " hc_standstill 0\n");
    say(k->other, (struct kit_answer){.status = 429}, WORDS_MAX);
    expect_none_for(60);
    ck_assert_uint_lt(k->other->come, WORDS_MAX);
}
END_TEST

START_TEST(an_output_may_be_watched_alone)
{
    kit_run(k, SERVICE " hc_standstill 0\n" TAIL ES("PORT") ES("PORT2") " hc_standstill 10\n");
    say(k->es, (struct kit_answer){.status = 429}, WORDS_MAX);
    say(k->other, (struct kit_answer){.status = 429}, WORDS_MAX);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 15000);
    expect_still("output es.1 has stood still for 1");
    kit_pass_ms(k, 100000);
    expect_still("output es.1 has stood still for 11");
    ck_assert_ptr_null(strstr(still_of(k), "es.0"));
}
END_TEST

/* ---- falling behind ---- */

#define SMALL SERVICE LANES_SMALL " hc_standstill 10\n"

START_TEST(one_that_falls_behind_stands_still_all_the_while)
{
    bool was_still = false;

    stage.k = kit_start(SMALL TAIL ES("PORT") ES("PORT2"));
    say(stage.k->other, (struct kit_answer){.status = 429}, WORDS_MAX);
    for (unsigned i = 0; i < 30; i++) {
        bool is_still = still_of(stage.k) != NULL;

        ck_assert(is_still || !was_still);
        was_still = is_still;
        lanes_write("app.log", i < 12 ? 5 : LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
    }
    ck_assert(was_still);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    ck_assert_uint_eq(lanes_counts(0)->standstill_s, 0);
    ck_assert_uint_lt(stage.k->other->come, WORDS_MAX);
}
END_TEST

START_TEST(one_that_reads_again_beside_a_dead_one_is_none)
{
    lanes_open_third();
    kit_run(stage.k, SMALL TAIL ES("PORT") ES("PORT2") ES("PORT3"));
    backend_down(stage.k->other);
    backend_down(stage.third);
    lanes_write_much("app.log");
    expect_none(stage.k);
    backend_up(stage.k->other);
    for (unsigned i = 0; i < 40; i++) {
        lanes_write("app.log", 1);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        expect_none(stage.k);
    }
    lanes_expect_all(stage.k->other);
    ck_assert_uint_eq(lanes_counts(2)->is_behind, 1);
}
END_TEST

static void lanes_done(void)
{
    buffer_fini(&sentence);
    lanes_tear_down();
}

static TCase *case_alone(void)
{
    TCase *alone = tcase_create("alone");

    tcase_add_checked_fixture(alone, set_up, tear_down);
    tcase_add_test(alone, what_does_not_leave_for_no_reason_is_a_standstill);
    tcase_add_test(alone, a_line_without_an_end_is_no_standstill);
    tcase_add_test(alone, a_dead_back_end_is_no_standstill);
    tcase_add_test(alone, where_those_who_are_away_count_it_is_one);
    tcase_add_test(alone, what_is_given_up_at_the_limit_of_retries_is_progress);
    tcase_add_loop_test(alone, a_back_end_that_answers_and_takes_nothing_is_a_standstill, 0,
                        (int)ARRAY_LEN(empty_words));
    tcase_add_loop_test(alone, a_back_end_that_lets_nobody_in_is_no_standstill, 0,
                        (int)ARRAY_LEN(closed_doors));
    tcase_add_test(alone, answers_that_change_are_no_progress);
    tcase_add_test(alone, one_that_comes_back_busy_has_the_whole_time);
    tcase_add_test(alone, reading_that_does_not_go_on_is_told_as_that);
    tcase_add_test(alone, reading_is_judged_though_no_output_is);
    tcase_add_test(alone, who_stops_is_not_judged);
    tcase_add_test(alone, who_takes_over_has_the_whole_time);
    return alone;
}

static TCase *case_beside(void)
{
    TCase *beside = tcase_create("beside");

    tcase_add_checked_fixture(beside, set_up, tear_down);
    tcase_add_test(beside, one_that_takes_nothing_beside_one_that_does_is_a_standstill);
    tcase_add_test(beside, two_that_take_nothing_are_both_named);
    tcase_add_test(beside, a_dead_one_beside_one_that_delivers_is_none);
    tcase_add_test(beside, one_that_gets_nothing_beside_one_that_delivers_is_none);
    tcase_add_test(beside, an_output_may_stand_still_as_long_as_it_says);
    tcase_add_test(beside, an_output_may_be_watched_alone);
    return beside;
}

Suite *suite_pipeline_standstill(void);
Suite *suite_pipeline_standstill(void)
{
    Suite *suite = suite_create("pipeline/standstill");
    TCase *behind = tcase_create("behind");

    suite_add_tcase(suite, case_alone());
    suite_add_tcase(suite, case_beside());
    tcase_add_checked_fixture(behind, lanes_set_up, lanes_done);
    tcase_add_test(behind, one_that_falls_behind_stands_still_all_the_while);
    tcase_add_test(behind, one_that_reads_again_beside_a_dead_one_is_none);
    suite_add_tcase(suite, behind);
    return suite;
}
