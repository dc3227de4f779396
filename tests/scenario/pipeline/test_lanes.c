#include "scenario/pipeline/lanes_kit.h"

/*
 * Outputs that fall behind: the others go on as if nothing were, and every output gets every line
 * once, in the end.
 */

/* ---- one that is dead ---- */

START_TEST(the_others_go_on_while_one_is_dead)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    ck_assert_uint_eq(lanes_counts(1)->behind_bytes, (uint64_t)stage.lines * LANES_LINE_BYTES);
    ck_assert_uint_eq(lanes_counts(0)->is_behind, 0);
    ck_assert_uint_eq(lanes_position("app.log"), 0);
    ck_assert_uint_eq(kit_input(stage.k)->unread_bytes, (uint64_t)stage.lines * LANES_LINE_BYTES);
    ck_assert_uint_eq(kit_input(stage.k)->records, stage.lines);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 0);
    ck_assert_uint_lt(pipeline_memory(stage.k->pipeline)->peak_bytes, 2500000);
}
END_TEST

START_TEST(it_gets_every_line_once_when_it_is_back)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 20000);
    lanes_expect_all(stage.k->es);
    lanes_expect_all(stage.k->other);
    lanes_expect_together();
    ck_assert_uint_eq(lanes_position("app.log"), (uint64_t)stage.lines * LANES_LINE_BYTES);
    ck_assert_uint_eq(kit_input(stage.k)->records, stage.lines);
    lanes_write("app.log", 10);
    kit_pass_ms(stage.k, 1100);
    lanes_expect_all(stage.k->es);
    lanes_expect_all(stage.k->other);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 0);
}
END_TEST

START_TEST(it_catches_up_while_lines_keep_coming)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    backend_up(stage.k->other);
    lanes_write_much("app.log");
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

START_TEST(it_may_fall_behind_again_and_again)
{
    stage.k = kit_start(LANES_BOTH);
    for (unsigned i = 0; i < 3; i++) {
        backend_down(stage.k->other);
        for (unsigned step = 0; step < 8; step++) {
            lanes_write("app.log", LANES_STEP_LINES);
            kit_pass_ms(stage.k, LANES_LATENCY_MS);
            ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines);
        }
        ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
        backend_up(stage.k->other);
        kit_pass_ms(stage.k, i == 1 ? 1500 : 9000);
    }
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

/* Else it would be let go of and read for alone again and again, as long as the dead one is dead. */
START_TEST(the_last_that_delivers_does_not_fall_behind_for_being_slow)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    stage.k->may_hang = true;
    backend_says(stage.k->es, (struct kit_answer){.move = KIT_HOLD});
    for (unsigned i = 0; i < 10; i++) {
        lanes_write("app.log", LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        ck_assert_uint_eq(lanes_counts(0)->is_behind, 0);
    }
    ck_assert_uint_gt(lanes_counts(0)->in_flight_records, 0);
    kit_server_release(stage.k->es->server);
    stage.k->may_hang = false;
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(lanes_counts(0)->is_behind, 0);
    backend_up(stage.k->other);
    lanes_expect_together();
}
END_TEST

START_TEST(quiet_files_and_new_ones_go_on_too)
{
    stage.k = kit_start(LANES_BOTH);
    lanes_write("quiet.log", 3);
    kit_pass_ms(stage.k, 2000);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    lanes_write("quiet.log", 2);
    lanes_write("new.log", 5);
    kit_pass_ms(stage.k, LANES_LATENCY_MS);
    ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines);
    ck_assert_uint_eq(lanes_position("quiet.log"), 3 * LANES_LINE_BYTES);
    ck_assert_uint_eq(lanes_position("new.log"), 0);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

START_TEST(rotated_and_deleted_files_are_read_for_it_all_the_same)
{
    stage.k = kit_start(SERVICE LANES_SMALL TAIL " Rotate_Wait 1\n" ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    for (unsigned i = 0; i < 10; i++) {
        char *to = mem_format("app.log.%u", i);

        lanes_write("app.log", LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        tree_rename("app.log", to);
        kit_pass_ms(stage.k, 3000);
        if (i % 2)
            tree_remove(to);
        kit_pass_ms(stage.k, 3000);
        ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines);
        mem_free(to);
    }
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(kit_input(stage.k)->lost_bytes, 0);
}
END_TEST

START_TEST(a_copy_of_a_truncated_file_is_read_for_it)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    kit_pass_ms(stage.k, 2000);
    lanes_write("app.log", LANES_STEP_LINES);
    kit_pass_ms(stage.k, LANES_LATENCY_MS);
    ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

#define SELDOM_LOOKED_AT " inotify_watcher off\n watcher_interval 10\n"

/* Its reader comes to the log before the others have seen that it was truncated, and there are bytes
 * where it stands. */
START_TEST(what_a_truncated_file_was_filled_with_is_not_taken_for_what_it_held)
{
    stage.k = kit_start(SERVICE LANES_SMALL TAIL SELDOM_LOOKED_AT ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    lanes_write("app.log", 20 * LANES_STEP_LINES);
    kit_pass_ms(stage.k, 28000);
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    lanes_write("app.log", 15 * LANES_STEP_LINES);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 20000);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(kit_input(stage.k)->lost_bytes, 0);
}
END_TEST

START_TEST(what_was_truncated_before_it_was_read_again_is_counted)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    tree_truncate("app.log", 0);
    kit_pass_ms(stage.k, 2000);
    ck_assert_uint_gt(kit_input(stage.k)->lost_bytes, (uint64_t)stage.lines * LANES_LINE_BYTES / 2);
    ck_assert_uint_lt(kit_input(stage.k)->lost_bytes, (uint64_t)stage.lines * LANES_LINE_BYTES);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(backend_taken_count(stage.k->other) +
                          kit_input(stage.k)->lost_bytes / LANES_LINE_BYTES,
                      stage.lines);
}
END_TEST

/* ---- three outputs ---- */

#define TO_THREE SERVICE LANES_SMALL TAIL ES("PORT") ES("PORT2") ES("PORT3")

START_TEST(of_three_outputs_two_may_be_dead)
{
    lanes_open_third();
    kit_run(stage.k, TO_THREE);
    backend_down(stage.k->other);
    backend_down(stage.third);
    lanes_write_much("app.log");
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    ck_assert_uint_eq(lanes_counts(2)->is_behind, 1);
    backend_up(stage.third);
    kit_pass_ms(stage.k, 20000);
    lanes_expect_all(stage.third);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    ck_assert_uint_eq(lanes_counts(2)->is_behind, 0);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->es);
    lanes_expect_all(stage.k->other);
}
END_TEST

START_TEST(of_three_outputs_one_may_follow_another)
{
    lanes_open_third();
    kit_run(stage.k, TO_THREE);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    backend_down(stage.third);
    backend_up(stage.k->other);
    lanes_write_much("app.log");
    backend_up(stage.third);
    lanes_expect_together();
    lanes_expect_all(stage.k->es);
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.third);
}
END_TEST

/* ---- other routes ---- */

#define ONE(tag)                                                                        \
    "[INPUT]\n Name tail\n Tag " tag "\n Path ${DIR}/" tag ".log\n Read_from_Head on\n" \
    " DB ${DIR}/state/" tag ".db\n"
#define OUT(match, port) "[OUTPUT]\n Name es\n Match " match "\n Port ${" port "}\n Workers 1\n"

/* Each has files of its own; the dead one's stay within its share. */
START_TEST(a_file_for_a_dead_output_alone_does_not_hold_up_others)
{
    stage.k = kit_start(SERVICE " records_limit 2M\n" ONE("a") ONE("b") OUT("a", "PORT")
                            OUT("b", "PORT2"));
    backend_down(stage.k->other);
    for (unsigned i = 0; i < 10; i++) {
        unsigned before = backend_taken_count(stage.k->es);

        lanes_write("b.log", LANES_STEP_LINES);
        lanes_write("a.log", LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        ck_assert_uint_eq(backend_taken_count(stage.k->es), before + LANES_STEP_LINES);
    }
    backend_up(stage.k->other);
    lanes_expect_together();
    ck_assert_uint_eq(backend_taken_count(stage.k->other), stage.lines / 2);
}
END_TEST

START_TEST(an_input_with_its_own_limit_goes_on_too)
{
    stage.k = kit_start(SERVICE TAIL " Mem_Buf_Limit 1M\n" ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->es);
    lanes_expect_all(stage.k->other);
}
END_TEST

START_TEST(what_nobody_can_read_again_does_not_keep_files_from_going_on)
{
    stage.k = kit_start(SERVICE LANES_SMALL TAIL
                        "[INPUT]\n Name dummy\n Tag app\n Dummy {\"log\":\"x\"}\n"
                        " Rate 1\n Samples 5\n" ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    for (unsigned i = 0; i < 20; i++) {
        lanes_write("app.log", LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        ck_assert_uint_ge(backend_taken_count(stage.k->es), stage.lines);
    }
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    backend_up(stage.k->other);
    lanes_expect_together();
    ck_assert_uint_eq(lanes_counts(1)->proc_records, stage.lines + 5);
}
END_TEST

/* ---- how fast ---- */

#define RATE_LINES 100
#define RATE " rate_limit 400000\n"

START_TEST(what_is_read_again_respects_the_rate_limit)
{
    unsigned before;

    stage.k = kit_start(SERVICE LANES_SMALL TAIL RATE ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    lanes_write("app.log", 20 * RATE_LINES);
    kit_pass_ms(stage.k, 22000);
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 5000); /* what its share of the memory had */
    for (unsigned i = 0; i < 4; i++) {
        before = backend_taken_count(stage.k->other);
        kit_pass_ms(stage.k, 3000);
        ck_assert_uint_le(backend_taken_count(stage.k->other), before + 4 * RATE_LINES);
    }
    ck_assert_uint_lt(backend_taken_count(stage.k->other), stage.lines);
    kit_pass_ms(stage.k, 20000);
    lanes_expect_all(stage.k->other);
    lanes_expect_together();
}
END_TEST

#define LONG_LINES 200
#define LONG_LINE_BYTES 6000

/* So little is asked for at once under such a rate that no line ends in it. */
START_TEST(a_line_that_is_longer_than_a_read_is_read_again_too)
{
    struct buffer text = {0};

    stage.k = kit_start(SERVICE LANES_SMALL TAIL " rate_limit 16000\n" ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    for (; stage.lines < LONG_LINES; stage.lines++)
        buffer_append_format(&text, "%06u-%0*d\n", stage.lines, LONG_LINE_BYTES, 0);
    kit_append(stage.k, "app.log", buffer_text(&text));
    buffer_fini(&text);
    kit_pass_ms(stage.k, 120000);
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 240000);
    lanes_expect_all(stage.k->other);
}
END_TEST

/* ---- lines that belong together ---- */

START_TEST(groups_of_lines_are_whole_for_it_too)
{
    struct buffer text = {0};
    const char *taken;

    stage.k = kit_start(SERVICE LANES_SMALL TAIL " multiline.parser java\n" ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    for (unsigned i = 0; i < 10; i++) {
        buffer_clear(&text);
        for (unsigned n = 0; n < LANES_STEP_LINES / 2; n++, stage.lines++)
            buffer_append_format(&text, "%06u Exception: %0*d\n\tat a.b(C.java:1)\n\tat d.e()\n",
                                 stage.lines, 2 * LANES_LINE_BYTES, 0);
        kit_append(stage.k, "app.log", buffer_text(&text));
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        /* the last group may still wait for its end */
        ck_assert_uint_ge(backend_taken_count(stage.k->es) / 2 + 1, stage.lines);
    }
    buffer_fini(&text);
    backend_up(stage.k->other);
    lanes_expect_together();
    taken = backend_taken(stage.k->es);
    ck_assert_uint_eq(strlen(taken), strlen(backend_taken(stage.k->other)));
    ck_assert_uint_eq(lanes_counts(0)->proc_records, stage.lines);
    ck_assert_uint_eq(lanes_counts(1)->proc_records, stage.lines);
}
END_TEST

#define TRACE "%06u Exception: %0*d\n\tat a.b(C.java:1)\n\tat d.e()\n"

static size_t write_traces(const char *before, unsigned count)
{
    struct buffer text = {0};
    size_t bytes;

    buffer_append_text(&text, before);
    for (unsigned n = 0; n < count; n++, stage.lines++)
        buffer_append_format(&text, TRACE, stage.lines, 2 * LANES_LINE_BYTES, 0);
    bytes = text.len;
    kit_append(stage.k, "app.log", buffer_text(&text));
    buffer_fini(&text);
    return bytes;
}

/* What its own reader has before them has no next line that would end it. */
START_TEST(lines_that_rotation_parted_do_not_wait_for_those_before_them)
{
    size_t bytes;

    stage.k = kit_start(SERVICE LANES_SMALL TAIL
                        " multiline.parser java\n Rotate_Wait 60\n" ES("PORT") ES("PORT2"));
    backend_down(stage.k->other);
    for (unsigned i = 0; i < 10; i++) {
        (void)write_traces("", LANES_STEP_LINES / 2);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
    }
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    (void)write_traces("", 2);
    tree_rename("app.log", "app.log.1");
    bytes = write_traces("\tat f.g()\n", 3);
    kit_pass_ms(stage.k, 10000);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 20000);
    ck_assert_uint_eq(lanes_position("app.log"), bytes);
    ck_assert_uint_eq(lanes_counts(1)->behind_bytes, 0);
}
END_TEST

Suite *suite_pipeline_lanes(void);

Suite *suite_pipeline_lanes(void)
{
    Suite *suite = suite_create("pipeline/lanes");
    TCase *dead = tcase_create("dead");
    TCase *more = tcase_create("more");

    tcase_add_checked_fixture(dead, lanes_set_up, lanes_tear_down);
    tcase_add_test(dead, the_others_go_on_while_one_is_dead);
    tcase_add_test(dead, it_gets_every_line_once_when_it_is_back);
    tcase_add_test(dead, it_catches_up_while_lines_keep_coming);
    tcase_add_test(dead, it_may_fall_behind_again_and_again);
    tcase_add_test(dead, the_last_that_delivers_does_not_fall_behind_for_being_slow);
    tcase_add_test(dead, quiet_files_and_new_ones_go_on_too);
    tcase_add_test(dead, rotated_and_deleted_files_are_read_for_it_all_the_same);
    tcase_add_test(dead, a_copy_of_a_truncated_file_is_read_for_it);
    tcase_add_test(dead, what_a_truncated_file_was_filled_with_is_not_taken_for_what_it_held);
    tcase_add_test(dead, what_was_truncated_before_it_was_read_again_is_counted);
    suite_add_tcase(suite, dead);

    tcase_add_checked_fixture(more, lanes_set_up, lanes_tear_down);
    tcase_add_test(more, of_three_outputs_two_may_be_dead);
    tcase_add_test(more, of_three_outputs_one_may_follow_another);
    tcase_add_test(more, a_file_for_a_dead_output_alone_does_not_hold_up_others);
    tcase_add_test(more, an_input_with_its_own_limit_goes_on_too);
    tcase_add_test(more, what_nobody_can_read_again_does_not_keep_files_from_going_on);
    tcase_add_test(more, what_is_read_again_respects_the_rate_limit);
    tcase_add_test(more, a_line_that_is_longer_than_a_read_is_read_again_too);
    tcase_add_test(more, groups_of_lines_are_whole_for_it_too);
    tcase_add_test(more, lines_that_rotation_parted_do_not_wait_for_those_before_them);
    suite_add_tcase(suite, more);
    return suite;
}
