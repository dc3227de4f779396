#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Outputs that fall behind: the others go on as if nothing were, and every output gets every line
 * once, in the end.
 */

#define SMALL " records_limit 1M\n"
#define LINE_BYTES 4000
#define LINES_MAX 8192
#define STEP_LINES 75

/* Flush, and as long as others are waited for. */
#define LATENCY_MS 1300

#define TO_BOTH SERVICE SMALL TAIL ES("PORT") ES("PORT2")

static struct kit *k;
static struct backend *third; /* where there is one */
static unsigned lines;        /* that were written so far */

static void set_up(void)
{
    lines = 0;
}

static void tear_down(void)
{
    if (k != NULL)
        kit_end(&k);
    if (third != NULL) {
        backend_close(third);
        MEM_FREE(&third);
    }
}

static void third_open(void)
{
    char port[8];

    k = kit_make();
    third = mem_zalloc(1, sizeof *third);
    backend_open(third, k);
    snprintf(port, sizeof port, "%u", third->port);
    setenv("PORT3", port, true);
}

static void append_lines(struct buffer *text, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        buffer_append_format(text, "%06u-%0*d\n", i, LINE_BYTES - 8, 0);
}

static void write_lines(const char *name, unsigned count)
{
    struct buffer text = {0};

    append_lines(&text, lines, count);
    lines += count;
    kit_append(k, name, buffer_text(&text));
    buffer_fini(&text);
}

/* What gzip makes of a file with all lines that were written so far. */
static void compress_lines(const char *from, const char *to)
{
    struct buffer text = {0};

    append_lines(&text, 0, lines);
    tree_write_gzip(to, buffer_text(&text));
    tree_remove(from);
    buffer_fini(&text);
}

/* Every line that was written, and no other, and none twice. */
static void expect_all(struct backend *b)
{
    bool *has = mem_zalloc(LINES_MAX, sizeof *has);
    unsigned count = 0;

    for (const char *at = backend_taken(b); *at != '\0'; at = strchr(at, ' ') + 1, count++) {
        unsigned long line = strtoul(at, NULL, 10);

        ck_assert_uint_lt(line, lines);
        ck_assert_msg(!has[line], "line %lu came twice", line);
        has[line] = true;
    }
    ck_assert_uint_eq(count, lines);
    mem_free(has);
}

/* Half a dozen times the memory, in steps, each of which is there in time. */
static void write_much(const char *name)
{
    for (unsigned i = 0; i < 20; i++) {
        write_lines(name, STEP_LINES);
        kit_pass_ms(k, LATENCY_MS);
        ck_assert_uint_eq(backend_taken_count(k->es), lines);
    }
}

static const struct output_metrics *counts(size_t output)
{
    pipeline_refresh(k->pipeline);
    return kit_counts(k, output);
}

static uint64_t position(const char *name)
{
    kit_pass_ms(k, 6000);
    return kit_bookmark(k, name);
}

static void expect_together(void)
{
    kit_pass_ms(k, 10000);
    for (size_t i = 0; i < pipeline_output_count(k->pipeline); i++) {
        ck_assert_uint_eq(counts(i)->is_behind, 0);
        ck_assert_uint_eq(counts(i)->behind_bytes, 0);
        ck_assert_uint_eq(counts(i)->in_flight_records, 0);
        ck_assert_uint_eq(counts(i)->read_records, counts(i)->proc_records);
    }
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(pipeline_memory(k->pipeline)->used_bytes, 0);
}

/* ---- one that is dead ---- */

START_TEST(the_others_go_on_while_one_is_dead)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    ck_assert_uint_eq(counts(1)->is_behind, 1);
    ck_assert_uint_eq(counts(1)->behind_bytes, (uint64_t)lines * LINE_BYTES);
    ck_assert_uint_eq(counts(0)->is_behind, 0);
    ck_assert_uint_eq(position("app.log"), 0);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, (uint64_t)lines * LINE_BYTES);
    ck_assert_uint_eq(kit_input(k)->records, lines);
    ck_assert_uint_eq(backend_taken_count(k->other), 0);
    ck_assert_uint_lt(pipeline_memory(k->pipeline)->peak_bytes, 2500000);
}
END_TEST

START_TEST(it_gets_every_line_once_when_it_is_back)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    backend_up(k->other);
    kit_pass_ms(k, 20000);
    expect_all(k->es);
    expect_all(k->other);
    expect_together();
    ck_assert_uint_eq(position("app.log"), (uint64_t)lines * LINE_BYTES);
    ck_assert_uint_eq(kit_input(k)->records, lines);
    write_lines("app.log", 10);
    kit_pass_ms(k, 1100);
    expect_all(k->es);
    expect_all(k->other);
    ck_assert_uint_eq(counts(1)->is_behind, 0);
}
END_TEST

START_TEST(it_catches_up_while_lines_keep_coming)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    backend_up(k->other);
    write_much("app.log");
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(it_may_fall_behind_again_and_again)
{
    k = kit_start(TO_BOTH);
    for (unsigned i = 0; i < 3; i++) {
        backend_down(k->other);
        for (unsigned step = 0; step < 8; step++) {
            write_lines("app.log", STEP_LINES);
            kit_pass_ms(k, LATENCY_MS);
            ck_assert_uint_eq(backend_taken_count(k->es), lines);
        }
        ck_assert_uint_eq(counts(1)->is_behind, 1);
        backend_up(k->other);
        kit_pass_ms(k, i == 1 ? 1500 : 9000);
    }
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(quiet_files_and_new_ones_go_on_too)
{
    k = kit_start(TO_BOTH);
    write_lines("quiet.log", 3);
    kit_pass_ms(k, 2000);
    backend_down(k->other);
    write_much("app.log");
    write_lines("quiet.log", 2);
    write_lines("new.log", 5);
    kit_pass_ms(k, LATENCY_MS);
    ck_assert_uint_eq(backend_taken_count(k->es), lines);
    ck_assert_uint_eq(position("quiet.log"), 3 * LINE_BYTES);
    ck_assert_uint_eq(position("new.log"), 0);
    backend_up(k->other);
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(rotated_and_deleted_files_are_read_for_it_all_the_same)
{
    k = kit_start(SERVICE SMALL TAIL " Rotate_Wait 1\n" ES("PORT") ES("PORT2"));
    backend_down(k->other);
    for (unsigned i = 0; i < 10; i++) {
        char *to = mem_format("app.log.%u", i);

        write_lines("app.log", STEP_LINES);
        kit_pass_ms(k, LATENCY_MS);
        tree_rename("app.log", to);
        kit_pass_ms(k, 3000);
        if (i % 2)
            tree_remove(to);
        kit_pass_ms(k, 3000);
        ck_assert_uint_eq(backend_taken_count(k->es), lines);
        mem_free(to);
    }
    backend_up(k->other);
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
}
END_TEST

START_TEST(a_copy_of_a_truncated_file_is_read_for_it)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    kit_pass_ms(k, 2000);
    write_lines("app.log", STEP_LINES);
    kit_pass_ms(k, LATENCY_MS);
    ck_assert_uint_eq(backend_taken_count(k->es), lines);
    backend_up(k->other);
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(what_was_truncated_before_it_was_read_again_is_counted)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    tree_truncate("app.log", 0);
    kit_pass_ms(k, 2000);
    ck_assert_uint_gt(kit_input(k)->lost_bytes, (uint64_t)lines * LINE_BYTES / 2);
    ck_assert_uint_lt(kit_input(k)->lost_bytes, (uint64_t)lines * LINE_BYTES);
    backend_up(k->other);
    expect_together();
    expect_all(k->es);
    ck_assert_uint_eq(backend_taken_count(k->other) + kit_input(k)->lost_bytes / LINE_BYTES, lines);
}
END_TEST

/* ---- a restart ---- */

START_TEST(a_restart_reads_again_for_it_alone)
{
    uint64_t before;

    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    kit_pass_ms(k, 5000);
    before = k->es->come;
    kit_stop(k);
    ck_assert_uint_eq(kit_bookmark(k, "app.log"), 0);
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(k->es->come, before);
    ck_assert_uint_eq(counts(1)->is_behind, 1);
    write_much("app.log");
    backend_up(k->other);
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

/* What tells that is taken of where the others are, not of where the row is, before anything is read.
 * Found by the simulation, SIM_COPIES seed 2667. */
START_TEST(a_file_rewritten_before_its_first_read_is_read_from_its_beginning)
{
    char first[8];

    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    kit_pass_ms(k, 5000);
    kit_stop(k);
    config_free(&k->config);
    ck_assert_int_eq(kit_try_run(k, TO_BOTH), 0);
    tree_truncate("app.log", 0);
    snprintf(first, sizeof first, "%06u\n", lines++); /* the others do not lie where old ones lay */
    tree_append("app.log", first);
    write_lines("app.log", 22 * STEP_LINES);
    kit_pass_ms(k, 60000);
    expect_all(k->es);
}
END_TEST

START_TEST(kills_in_the_middle_lose_nothing)
{
    k = kit_start(TO_BOTH);
    for (unsigned i = 0; i < 12; i++) {
        if (i == 2 || i == 8)
            backend_down(k->other);
        if (i == 6 || i == 10)
            backend_up(k->other);
        for (unsigned step = 0; step < 4; step++) {
            write_lines(i % 3 ? "app.log" : "web.log", STEP_LINES);
            kit_pass_ms(k, 300 + 97 * i);
        }
        kit_kill(k);
        kit_run_again(k);
    }
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(a_rotated_file_is_read_again_for_it_alone_after_a_restart)
{
    uint64_t before;

    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    tree_rename("app.log", "app.log.1");
    write_lines("app.log", 1);
    kit_pass_ms(k, 10000);
    kit_stop(k);
    before = k->es->come;
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(k->es->come, before);
    backend_up(k->other);
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(a_compressed_file_is_read_again_for_it_alone_after_a_restart)
{
    uint64_t before;

    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    kit_pass_ms(k, 10000);
    kit_stop(k);
    before = k->es->come;
    compress_lines("app.log", "app.log.1.gz");
    write_lines("app.log", 1);
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(backend_taken_count(k->es), lines);
    ck_assert_uint_eq(k->es->come, before + 1);
    backend_up(k->other);
    expect_together();
    expect_all(k->other);
    expect_all(k->es);
}
END_TEST

START_TEST(an_output_that_is_gone_holds_nothing_back_after_a_restart)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    write_much("app.log");
    kit_stop(k);
    config_free(&k->config);
    kit_run(k, SERVICE SMALL TAIL ES("PORT"));
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(counts(0)->read_records, 0);
    ck_assert_uint_eq(position("app.log"), 0);
    write_lines("app.log", 1);
    ck_assert_uint_eq(position("app.log"), (uint64_t)lines * LINE_BYTES);
    expect_all(k->es);
}
END_TEST

/* ---- three outputs ---- */

#define TO_THREE SERVICE SMALL TAIL ES("PORT") ES("PORT2") ES("PORT3")

START_TEST(of_three_outputs_two_may_be_dead)
{
    third_open();
    kit_run(k, TO_THREE);
    backend_down(k->other);
    backend_down(third);
    write_much("app.log");
    ck_assert_uint_eq(counts(1)->is_behind, 1);
    ck_assert_uint_eq(counts(2)->is_behind, 1);
    backend_up(third);
    kit_pass_ms(k, 20000);
    expect_all(third);
    ck_assert_uint_eq(counts(1)->is_behind, 1);
    ck_assert_uint_eq(counts(2)->is_behind, 0);
    backend_up(k->other);
    expect_together();
    expect_all(k->es);
    expect_all(k->other);
}
END_TEST

START_TEST(of_three_outputs_one_may_follow_another)
{
    third_open();
    kit_run(k, TO_THREE);
    backend_down(k->other);
    write_much("app.log");
    backend_down(third);
    backend_up(k->other);
    write_much("app.log");
    backend_up(third);
    expect_together();
    expect_all(k->es);
    expect_all(k->other);
    expect_all(third);
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
    k = kit_start(SERVICE " records_limit 2M\n" ONE("a") ONE("b") OUT("a", "PORT")
                      OUT("b", "PORT2"));
    backend_down(k->other);
    for (unsigned i = 0; i < 10; i++) {
        unsigned before = backend_taken_count(k->es);

        write_lines("b.log", STEP_LINES);
        write_lines("a.log", STEP_LINES);
        kit_pass_ms(k, LATENCY_MS);
        ck_assert_uint_eq(backend_taken_count(k->es), before + STEP_LINES);
    }
    backend_up(k->other);
    expect_together();
    ck_assert_uint_eq(backend_taken_count(k->other), lines / 2);
}
END_TEST

START_TEST(an_input_with_its_own_limit_goes_on_too)
{
    k = kit_start(SERVICE TAIL " Mem_Buf_Limit 1M\n" ES("PORT") ES("PORT2"));
    backend_down(k->other);
    write_much("app.log");
    backend_up(k->other);
    expect_together();
    expect_all(k->es);
    expect_all(k->other);
}
END_TEST

START_TEST(what_nobody_can_read_again_does_not_keep_files_from_going_on)
{
    k = kit_start(SERVICE SMALL TAIL "[INPUT]\n Name dummy\n Tag app\n Dummy {\"log\":\"x\"}\n"
                                     " Rate 1\n Samples 5\n" ES("PORT") ES("PORT2"));
    backend_down(k->other);
    for (unsigned i = 0; i < 20; i++) {
        write_lines("app.log", STEP_LINES);
        kit_pass_ms(k, LATENCY_MS);
        ck_assert_uint_ge(backend_taken_count(k->es), lines);
    }
    ck_assert_uint_eq(counts(1)->is_behind, 1);
    backend_up(k->other);
    expect_together();
    ck_assert_uint_eq(counts(1)->proc_records, lines + 5);
}
END_TEST

/* ---- how fast ---- */

#define RATE_LINES 100
#define RATE " rate_limit 400000\n"

START_TEST(what_is_read_again_respects_the_rate_limit)
{
    unsigned before;

    k = kit_start(SERVICE SMALL TAIL RATE ES("PORT") ES("PORT2"));
    backend_down(k->other);
    write_lines("app.log", 20 * RATE_LINES);
    kit_pass_ms(k, 22000);
    expect_all(k->es);
    ck_assert_uint_eq(counts(1)->is_behind, 1);
    backend_up(k->other);
    kit_pass_ms(k, 5000); /* what its share of the memory had */
    for (unsigned i = 0; i < 4; i++) {
        before = backend_taken_count(k->other);
        kit_pass_ms(k, 3000);
        ck_assert_uint_le(backend_taken_count(k->other), before + 4 * RATE_LINES);
    }
    ck_assert_uint_lt(backend_taken_count(k->other), lines);
    kit_pass_ms(k, 20000);
    expect_all(k->other);
    expect_together();
}
END_TEST

/* ---- lines that belong together ---- */

START_TEST(groups_of_lines_are_whole_for_it_too)
{
    struct buffer text = {0};
    const char *taken;

    k = kit_start(SERVICE SMALL TAIL " multiline.parser java\n" ES("PORT") ES("PORT2"));
    backend_down(k->other);
    for (unsigned i = 0; i < 10; i++) {
        buffer_clear(&text);
        for (unsigned n = 0; n < STEP_LINES / 2; n++, lines++)
            buffer_append_format(&text, "%06u Exception: %0*d\n\tat a.b(C.java:1)\n\tat d.e()\n",
                                 lines, 2 * LINE_BYTES, 0);
        kit_append(k, "app.log", buffer_text(&text));
        kit_pass_ms(k, LATENCY_MS);
        /* the last group may still wait for its end */
        ck_assert_uint_ge(backend_taken_count(k->es) / 2 + 1, lines);
    }
    buffer_fini(&text);
    backend_up(k->other);
    expect_together();
    taken = backend_taken(k->es);
    ck_assert_uint_eq(strlen(taken), strlen(backend_taken(k->other)));
    ck_assert_uint_eq(counts(0)->proc_records, lines);
    ck_assert_uint_eq(counts(1)->proc_records, lines);
}
END_TEST

Suite *suite_pipeline_lanes(void);

Suite *suite_pipeline_lanes(void)
{
    Suite *suite = suite_create("pipeline/lanes");
    TCase *dead = tcase_create("dead");
    TCase *restart = tcase_create("restart");
    TCase *more = tcase_create("more");

    tcase_add_checked_fixture(dead, set_up, tear_down);
    tcase_add_test(dead, the_others_go_on_while_one_is_dead);
    tcase_add_test(dead, it_gets_every_line_once_when_it_is_back);
    tcase_add_test(dead, it_catches_up_while_lines_keep_coming);
    tcase_add_test(dead, it_may_fall_behind_again_and_again);
    tcase_add_test(dead, quiet_files_and_new_ones_go_on_too);
    tcase_add_test(dead, rotated_and_deleted_files_are_read_for_it_all_the_same);
    tcase_add_test(dead, a_copy_of_a_truncated_file_is_read_for_it);
    tcase_add_test(dead, what_was_truncated_before_it_was_read_again_is_counted);
    suite_add_tcase(suite, dead);

    tcase_add_checked_fixture(restart, set_up, tear_down);
    tcase_add_test(restart, a_restart_reads_again_for_it_alone);
    tcase_add_test(restart, a_file_rewritten_before_its_first_read_is_read_from_its_beginning);
    tcase_add_test(restart, kills_in_the_middle_lose_nothing);
    tcase_add_test(restart, a_rotated_file_is_read_again_for_it_alone_after_a_restart);
    tcase_add_test(restart, a_compressed_file_is_read_again_for_it_alone_after_a_restart);
    tcase_add_test(restart, an_output_that_is_gone_holds_nothing_back_after_a_restart);
    suite_add_tcase(suite, restart);

    tcase_add_checked_fixture(more, set_up, tear_down);
    tcase_add_test(more, of_three_outputs_two_may_be_dead);
    tcase_add_test(more, of_three_outputs_one_may_follow_another);
    tcase_add_test(more, a_file_for_a_dead_output_alone_does_not_hold_up_others);
    tcase_add_test(more, an_input_with_its_own_limit_goes_on_too);
    tcase_add_test(more, what_nobody_can_read_again_does_not_keep_files_from_going_on);
    tcase_add_test(more, what_is_read_again_respects_the_rate_limit);
    tcase_add_test(more, groups_of_lines_are_whole_for_it_too);
    suite_add_tcase(suite, more);
    return suite;
}
