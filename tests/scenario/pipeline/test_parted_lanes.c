#include "scenario/pipeline/lanes_kit.h"
#include "scenario/pipeline/parted.h"

#include <stdio.h>
#include <string.h>

/* Lines that rotation parted, in a log that only outputs which fall behind get. */

#define STEPS 12
#define STEP_LINES 75

#define TAIL_ALL                                                                           \
    "[INPUT]\n Name tail\n Tag app.*\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 60\n multiline.parser cri\n"
#define TAIL_BRIEF                                                                         \
    "[INPUT]\n Name tail\n Tag app.*\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n multiline.parser cri\n"
#define ES_BUSY "[OUTPUT]\n Name es\n Match *busy.log\n Port ${PORT3}\n Workers 1\n"

static void write_busy(void)
{
    struct buffer text = {0};

    for (unsigned i = 0; i < STEP_LINES; i++, stage.lines++)
        buffer_append_format(&text, F("%u-%03900d"), stage.lines, 0);
    kit_append(stage.k, "busy.log", buffer_text(&text));
    buffer_fini(&text);
}

static void write_busy_until_behind(size_t output)
{
    for (unsigned i = 0; i < STEPS && lanes_counts(output)->is_behind == 0; i++) {
        write_busy();
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
    }
    ck_assert_uint_eq(lanes_counts(output)->is_behind, 1);
}

/* The first output reads the one before with the others again, and the next one by itself still: when
 * that asks for the pieces, nobody else reads the one before, so that they go on as they are. Found by
 * the simulation, SIM_PIECES seed 4807. */
START_TEST(pieces_wait_with_nobody_where_the_next_file_is_read_apart)
{
    lanes_open_third();
    kit_run(stage.k, SERVICE LANES_SMALL TAIL_ALL ES("PORT") ES("PORT2") ES_BUSY);
    kit_append(stage.k, "quiet.log", F("before"));
    kit_pass_ms(stage.k, 2000);
    backend_down(stage.k->other);
    write_busy_until_behind(1);
    backend_down(stage.k->es);
    kit_append(stage.k, "quiet.log", F("between"));
    kit_pass_ms(stage.k, 2000);
    tree_rename("quiet.log", "quiet.log.1");
    kit_append(stage.k, "quiet.log", "");
    write_busy_until_behind(0);
    for (unsigned i = 0; i < STEPS; i++) {
        write_busy();
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
    }
    backend_up(stage.k->es);
    for (unsigned i = 0; i < 40; i++) {
        kit_append(stage.k, "quiet.log.1", P("one,"));
        kit_pass_ms(stage.k, 20);
    }
    kit_append(stage.k, "quiet.log", F("two"));
    kit_pass_ms(stage.k, 60000);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 120000);
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->es), "one,"));
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->es), "two "));
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->other), "one,"));
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->other), "two "));
    ck_assert_uint_eq(kit_input(stage.k)->unread_bytes, 0);
}
END_TEST

/* The record with the pieces was taken by one output before it fell behind, so that nobody reads the first
 * file with others any more. What it lent is not read once more when it is given back, and does not begin
 * a line there that goes on in a later file. Found by the simulation, SIM_PIECES seed 76757. */
START_TEST(pieces_that_are_given_back_are_not_begun_again)
{
    lanes_open_third();
    kit_run(stage.k, SERVICE LANES_SMALL TAIL_BRIEF ES("PORT") ES("PORT2") ES_BUSY);
    kit_append(stage.k, "quiet.log", F("before"));
    kit_pass_ms(stage.k, 2000);
    backend_down(stage.k->other);
    write_busy_until_behind(1);
    kit_append(stage.k, "quiet.log", F("between") P("one,"));
    kit_pass_ms(stage.k, 1000);
    tree_rename("quiet.log", "quiet.log.2");
    kit_append(stage.k, "quiet.log", F("two"));
    kit_pass_ms(stage.k, 4000);
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->es), "one,two "));
    backend_down(stage.k->es);
    kit_append(stage.k, "quiet.log", F("three"));
    kit_pass_ms(stage.k, 1000);
    write_busy_until_behind(0);
    tree_rename("quiet.log", "quiet.log.1");
    kit_pass_ms(stage.k, 10000);
    ck_assert_uint_eq(kit_input(stage.k)->files_closed, 0);
    backend_up(stage.k->es);
    backend_up(stage.k->other);
    for (unsigned i = 0; i < 600 && kit_input(stage.k)->files_closed == 0; i++)
        kit_pass_ms(stage.k, 100);
    kit_append(stage.k, "quiet.log", F("four"));
    kit_pass_ms(stage.k, 60000);
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->es), " four "));
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->other), " four "));
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->other), "one, "));
    ck_assert_uint_eq(kit_input(stage.k)->unread_bytes, 0);
}
END_TEST

Suite *suite_pipeline_parted_lanes(void);
Suite *suite_pipeline_parted_lanes(void)
{
    Suite *suite = suite_create("pipeline/parted_lanes");
    TCase *t = tcase_create("parted_lanes");

    tcase_add_checked_fixture(t, lanes_set_up, lanes_tear_down);
    tcase_add_test(t, pieces_wait_with_nobody_where_the_next_file_is_read_apart);
    tcase_add_test(t, pieces_that_are_given_back_are_not_begun_again);
    suite_add_tcase(suite, t);
    return suite;
}
