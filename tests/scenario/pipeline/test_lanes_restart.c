#include "scenario/pipeline/lanes_kit.h"

#include <stdio.h>

/* Outputs that are behind while the agent stops, is killed, and starts again. */

START_TEST(a_restart_reads_again_for_it_alone)
{
    uint64_t before;

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    kit_pass_ms(stage.k, 5000);
    before = stage.k->es->come;
    kit_stop(stage.k);
    ck_assert_uint_eq(kit_bookmark(stage.k, "app.log"), 0);
    kit_run_again(stage.k);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(stage.k->es->come, before);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    lanes_write_much("app.log");
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

/* It did not fall behind: there is room enough for what it has not taken. */
START_TEST(what_one_has_taken_is_not_sent_to_it_again_after_a_restart)
{
    unsigned before;

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write("app.log", 3);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 0);
    ck_assert_uint_eq(backend_taken_count(stage.k->es), 3);
    before = stage.k->es->come;
    kit_stop(stage.k);
    ck_assert_uint_eq(kit_bookmark(stage.k, "app.log"), 0);
    kit_run_again(stage.k);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(backend_taken_count(stage.k->es), 3);
    ck_assert_uint_eq(stage.k->es->come, before);
    lanes_write("app.log", 2);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 60000);
    lanes_expect_together();
    ck_assert_uint_eq(backend_taken_count(stage.k->es), 5);
    ck_assert_uint_eq(stage.k->es->come, before + 1);
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

START_TEST(an_output_by_another_name_gets_what_the_former_had_not_taken)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write("app.log", 3);
    kit_pass_ms(stage.k, 5000);
    kit_stop(stage.k);
    config_free(&stage.k->config);
    backend_up(stage.k->other);
    kit_run(stage.k, SERVICE LANES_SMALL TAIL ES("PORT") ES("PORT2") " Alias another\n");
    lanes_write("app.log", 1);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

/* What tells that is taken of where the others are, not of where the row is, before anything is read.
 * Found by the simulation, SIM_COPIES seed 2667. */
START_TEST(a_file_rewritten_before_its_first_read_is_read_from_its_beginning)
{
    char first[8];

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    kit_pass_ms(stage.k, 5000);
    kit_stop(stage.k);
    config_free(&stage.k->config);
    ck_assert_int_eq(kit_try_run(stage.k, LANES_BOTH), 0);
    tree_truncate("app.log", 0);
    snprintf(first, sizeof first, "%06u\n",
             stage.lines++); /* the others do not lie where old ones lay */
    tree_append("app.log", first);
    lanes_write("app.log", 22 * LANES_STEP_LINES);
    kit_pass_ms(stage.k, 60000);
    lanes_expect_all(stage.k->es);
}
END_TEST

START_TEST(kills_in_the_middle_lose_nothing)
{
    stage.k = kit_start(LANES_BOTH);
    for (unsigned i = 0; i < 12; i++) {
        if (i == 2 || i == 8)
            backend_down(stage.k->other);
        if (i == 6 || i == 10)
            backend_up(stage.k->other);
        for (unsigned step = 0; step < 4; step++) {
            lanes_write(i % 3 ? "app.log" : "web.log", LANES_STEP_LINES);
            kit_pass_ms(stage.k, 300 + 97 * i);
        }
        kit_kill(stage.k);
        kit_run_again(stage.k);
    }
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

/* Whatever its row says: what the others had behind the end of the copy is nowhere. SIM_COPIES seed
 * 1973. */
START_TEST(a_copy_that_ends_before_what_was_read_is_at_its_end_after_a_restart)
{
    uint64_t before;

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    kit_pass_ms(stage.k, 5000);
    tree_copy("app.log", "copy");
    lanes_compress("copy", "app.log.1.gz");
    lanes_write("app.log", 10);
    kit_pass_ms(stage.k, 5000);
    tree_truncate("app.log", 0);
    lanes_write("app.log", 1);
    kit_pass_ms(stage.k, 5000);
    before = stage.k->es->come;
    kit_stop(stage.k);
    kit_run_again(stage.k);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(stage.k->es->come, before);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->es);
}
END_TEST

/* It was truncated while nobody looked: the copy has what the one that is behind owes, and ends before the
 * place where the others stood. SIM_COPIES and SIM_TROUBLE seed 709. */
START_TEST(such_a_copy_that_was_made_before_a_restart_is_at_its_end_for_the_others)
{
    uint64_t before;

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    kit_pass_ms(stage.k, 5000);
    tree_copy("app.log", "copy");
    lanes_compress("copy", "app.log.1.gz");
    lanes_write("app.log", 10);
    kit_pass_ms(stage.k, 5000);
    kit_stop(stage.k);
    tree_truncate("app.log", 0);
    before = stage.k->es->come;
    kit_run_again(stage.k);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(stage.k->es->come, before);
    lanes_write("app.log", 1);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->es);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), stage.lines - 10);
}
END_TEST

START_TEST(a_rotated_file_is_read_again_for_it_alone_after_a_restart)
{
    uint64_t before;

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    tree_rename("app.log", "app.log.1");
    lanes_write("app.log", 1);
    kit_pass_ms(stage.k, 10000);
    kit_stop(stage.k);
    before = stage.k->es->come;
    kit_run_again(stage.k);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(stage.k->es->come, before);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

START_TEST(a_compressed_file_is_read_again_for_it_alone_after_a_restart)
{
    uint64_t before;

    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    kit_pass_ms(stage.k, 10000);
    kit_stop(stage.k);
    before = stage.k->es->come;
    lanes_compress("app.log", "app.log.1.gz");
    lanes_write("app.log", 1);
    kit_run_again(stage.k);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines);
    ck_assert_uint_eq(stage.k->es->come, before + 1);
    backend_up(stage.k->other);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

START_TEST(an_output_that_is_gone_holds_nothing_back_after_a_restart)
{
    stage.k = kit_start(LANES_BOTH);
    backend_down(stage.k->other);
    lanes_write_much("app.log");
    kit_stop(stage.k);
    config_free(&stage.k->config);
    kit_run(stage.k, SERVICE LANES_SMALL TAIL ES("PORT"));
    kit_pass_ms(stage.k, 3000);
    ck_assert_uint_eq(lanes_counts(0)->read_records, 0);
    ck_assert_uint_eq(lanes_position("app.log"), 0);
    lanes_write("app.log", 1);
    ck_assert_uint_eq(lanes_position("app.log"), (uint64_t)stage.lines * LANES_LINE_BYTES);
    lanes_expect_all(stage.k->es);
}
END_TEST

Suite *suite_pipeline_lanes_restart(void);

Suite *suite_pipeline_lanes_restart(void)
{
    Suite *suite = suite_create("pipeline/lanes_restart");
    TCase *restart = tcase_create("restart");

    tcase_add_checked_fixture(restart, lanes_set_up, lanes_tear_down);
    tcase_add_test(restart, a_restart_reads_again_for_it_alone);
    tcase_add_test(restart, what_one_has_taken_is_not_sent_to_it_again_after_a_restart);
    tcase_add_test(restart, an_output_by_another_name_gets_what_the_former_had_not_taken);
    tcase_add_test(restart, a_file_rewritten_before_its_first_read_is_read_from_its_beginning);
    tcase_add_test(restart, a_copy_that_ends_before_what_was_read_is_at_its_end_after_a_restart);
    tcase_add_test(restart, kills_in_the_middle_lose_nothing);
    tcase_add_test(restart,
                   such_a_copy_that_was_made_before_a_restart_is_at_its_end_for_the_others);
    tcase_add_test(restart, a_rotated_file_is_read_again_for_it_alone_after_a_restart);
    tcase_add_test(restart, a_compressed_file_is_read_again_for_it_alone_after_a_restart);
    tcase_add_test(restart, an_output_that_is_gone_holds_nothing_back_after_a_restart);
    suite_add_tcase(suite, restart);

    return suite;
}
