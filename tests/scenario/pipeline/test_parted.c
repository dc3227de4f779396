#include "base/memory.h"
#include "scenario/pipeline/parted.h"

#include <stdio.h>
#include <unistd.h>

/* Lines that a container runtime wrote in pieces, and rotation came between: one record, whatever
 * happens to the agent meanwhile. */

#define TAIL_DOCKER                                                                        \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/app.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n Docker_Mode on\n Parser docker\n"

static struct kit *k;

static void set_up(void)
{
    k = kit_start(SERVICE TAIL_CRI ES("PORT"));
}

static void tear_down(void)
{
    kit_end(&k);
}

static size_t length(const char *text)
{
    return strlen(text);
}

START_TEST(a_line_that_rotation_parted_is_one_record)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 500);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two") F("after"));
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two after ");
    kit_expect_bookmark(k, "app.log", length(F("two") F("after")));
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

START_TEST(the_file_before_is_kept_until_the_record_is_acknowledged)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "before");
    backend_down(k->es);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 30000);
    ck_assert_uint_eq(kit_input(k)->files_closed, 0);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, length(P("one,")) + length(F("two")));
    kit_expect_bookmark(k, "app.log", 0);
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two ");
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

START_TEST(a_crash_before_the_ack_reads_both_again)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 2000);
    backend_down(k->es);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 5000);
    kit_kill(k);
    backend_up(k->es);
    kit_run_again(k);
    kit_append(k, "app.log", F("after"));
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two after ");
}
END_TEST

/* What was delivered and not yet noted comes again, as the same document. */
START_TEST(a_crash_after_the_ack_doubles_nothing)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two"));
    while (backend_taken_count(k->es) < 2)
        kit_pass_ms(k, 10);
    kit_kill(k);
    kit_run_again(k);
    kit_append(k, "app.log", F("after"));
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two after ");
}
END_TEST

/* The record is acknowledged, and lines that lie before its first piece are not: they will be read
 * again, up to that piece, so that what follows it must be, too. Found by the simulation,
 * SIM_PIECES seed 495. */
START_TEST(the_next_file_is_not_passed_before_what_comes_again_with_the_one_before)
{
    parted_hold(k);
    kit_append(k, "app.log", F("first"));
    kit_pass_ms(k, 2000);
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1500);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 2);
    kit_expect_bookmark(k, "app.log", 0);
    parted_let_go();
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 3);
    kit_expect_bookmark(k, "app.log", length(F("two")));
}
END_TEST

/* They are not read again, whatever is: the log went on in its copy, which ends before them. SIM_COPIES
 * seed 1372. */
START_TEST(pieces_that_the_copy_lacks_hold_nothing_back)
{
    kit_append(k, "app.log", F("before-a-log-that-is-copied"));
    kit_pass_ms(k, 2000);
    tree_copy("app.log", "app.log.1");
    kit_append(k, "app.log", F("after") P("one,"));
    kit_pass_ms(k, 1500);
    tree_truncate("app.log", 0);
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 20000);
    ck_assert_str_eq(backend_taken(k->es), "before-a-log-that-is-copied after two one, ");
    kit_expect_bookmark(k, "app.log", length(F("two")));
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* Nobody knows what was written between copying and truncating, and what was is gone. SIM_COPIES seeds
 * 116, 3605, 4417. */
START_TEST(a_log_that_is_copied_and_truncated_joins_nothing)
{
    kit_append(k, "app.log", F("before-a-log-that-is-copied") P("one,"));
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_copy("app.log", "app.log.2");
    tree_append("app.log", F("lost"));
    tree_truncate("app.log", 0);
    tree_append("app.log", F("in-a-copy-that-nobody-has-seen") P("two,"));
    tree_rename("app.log.2", "app.log.3");
    tree_copy("app.log", "app.log.2");
    tree_truncate("app.log", 0);
    tree_append("app.log", F("three"));
    kit_run_again(k);
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before-a-log-that-is-copied "
                                           "in-a-copy-that-nobody-has-seen three one, two, ");
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* The piece has its record under the same id whenever it is read. SIM_COPIES seed 4794. */
START_TEST(a_crash_after_a_log_was_truncated_joins_nothing_either)
{
    kit_append(k, "app.log", F("before-a-log-that-is-copied") P("one,"));
    kit_pass_ms(k, 1000);
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    kit_append(k, "app.log", F("two-after-it-was-truncated"));
    backend_down(k->es);
    kit_pass_ms(k, 500);
    kit_kill(k);
    backend_up(k->es);
    kit_run_again(k);
    kit_pass_ms(k, 20000);
    ck_assert_str_eq(backend_taken(k->es),
                     "before-a-log-that-is-copied two-after-it-was-truncated one, ");
}
END_TEST

/* It was empty when it was saved, and is the file that it was: what lies beside it is its copy.
 * SIM_COPIES seed 2190. */
START_TEST(a_copy_beside_a_file_that_was_empty_joins_nothing)
{
    kit_append(k, "app.log", "");
    kit_pass_ms(k, 3000);
    kit_stop(k);
    tree_append("app.log", F("before-a-log-that-is-copied") P("one,"));
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    kit_run_again(k);
    kit_append(k, "app.log", F("two-after-it-was-truncated"));
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es),
                     "before-a-log-that-is-copied two-after-it-was-truncated one, ");
}
END_TEST

/* It may have the rest: what follows it belongs to another line. SIM_TROUBLE seed 301. */
START_TEST(a_generation_that_cannot_be_read_parts_those_around_it)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_rename("app.log", "app.log.2");
    ck_assert_int_eq(symlink("/proc/self/mem", tree_path("app.log.1")), 0);
    tree_append("app.log", F("two"));
    kit_run_again(k);
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before two one, ");
}
END_TEST

/* It was opened last, and is not the last: what comes next does not follow it. SIM_TROUBLE seed
 * 2954. */
START_TEST(a_generation_that_was_opened_late_has_no_next_one)
{
    uint64_t opened;

    kit_append(k, "app.log", F("before"));
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_append("app.log", P("one,"));
    tree_rename("app.log", "kept");
    ck_assert_int_eq(symlink("/proc/self/mem", tree_path("app.log.1")), 0);
    tree_append("app.log", F("two"));
    kit_run_again(k);
    kit_pass_ms(k, 2000);
    opened = kit_input(k)->files_opened;
    tree_remove("app.log.1");
    tree_rename("kept", "app.log.1");
    for (unsigned i = 0; i < 600 && kit_input(k)->files_opened == opened; i++)
        kit_pass_ms(k, 100);
    ck_assert_uint_eq(kit_input(k)->files_opened, opened + 1);
    tree_rename("app.log.1", "app.log.2");
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("three"));
    kit_pass_ms(k, 20000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), " one, "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), " three "));
    ck_assert_uint_eq(backend_taken_count(k->es), 4);
}
END_TEST

/* Up to the quote behind it. */
static const char *id_in(const char *actions)
{
    const char *id = strstr(actions, "\"_id\":\"");

    ck_assert_ptr_nonnull(id);
    return id;
}

/* Nobody wrote for longer than pieces wait. What went on by itself must not keep the rest out, when
 * both are read again as one. SIM_PIECES seed 1. */
START_TEST(a_crash_after_a_pause_between_pieces_loses_none)
{
    const char *actions;

    kit_append(k, "app.log", P("one,"));
    while (backend_taken_count(k->es) < 1)
        kit_pass_ms(k, 10);
    kit_kill(k);
    tree_append("app.log", F("two"));
    kit_run_again(k);
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "one, one,two ");
    actions = buffer_text(&k->es->actions);
    ck_assert(strncmp(id_in(actions), id_in(strstr(actions, "one,two")), 24) != 0);
}
END_TEST

START_TEST(a_rotation_while_nobody_looked_parts_nothing)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_append("app.log", P("two,"));
    tree_rename("app.log", "app.log.1");
    tree_append("app.log", F("three") F("after"));
    kit_run_again(k);
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two,three after ");
}
END_TEST

START_TEST(a_compressed_generation_has_its_pieces_too)
{
    kit_append(k, "app.log", F("a line that is long enough to tell the file by") P("one,"));
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_remove("app.log");
    tree_write_gzip("app.log.1.gz", F("a line that is long enough to tell the file by") P("one,"));
    tree_append("app.log", F("two"));
    kit_run_again(k);
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(backend_taken_count(k->es), 11);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "one,two "));
}
END_TEST

START_TEST(a_piece_without_an_end_is_delivered_by_itself)
{
    kit_append(k, "app.log", P("one,"));
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", TIME "stderr F other\n");
    kit_pass_ms(k, 20000);
    ck_assert_str_eq(backend_taken(k->es), "other one, ");
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
    kit_expect_bookmark(k, "app.log", length(TIME "stderr F other\n"));
}
END_TEST

START_TEST(a_deleted_file_hands_its_pieces_on)
{
    kit_append(k, "app.log", P("one,"));
    kit_pass_ms(k, 100);
    tree_remove("app.log");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 20000);
    ck_assert_str_eq(backend_taken(k->es), "one,two ");
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

/* Every rotation parts a line, while nobody takes anything. */
START_TEST(many_rotations_part_nothing)
{
    char name[16], text[200], expected[40] = "first,end-1 ";

    backend_down(k->es);
    kit_append(k, "app.log", P("first,"));
    for (unsigned i = 1; i <= 12; i++) {
        kit_pass_ms(k, 300);
        snprintf(name, sizeof name, "app.log.%02u", 99 - i);
        tree_rename("app.log", name);
        snprintf(text, sizeof text, F("end-%u") F("whole-%u") P("begin-%u,"), i, i, i);
        kit_append(k, "app.log", text);
    }
    backend_up(k->es);
    kit_append(k, "app.log", F("last"));
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(backend_taken_count(k->es), 25);
    for (unsigned i = 1; i <= 12; i++) {
        ck_assert_ptr_nonnull(strstr(backend_taken(k->es), expected));
        snprintf(expected, sizeof expected, "begin-%u,end-%u ", i, i + 1);
    }
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "begin-12,last "));
    ck_assert_uint_eq(kit_input(k)->files_closed, 12);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* The beginning and the end are in the first and the third: what is in the middle stays with one. */
START_TEST(a_line_over_three_generations_is_two_records)
{
    kit_append(k, "app.log", P("one,"));
    kit_pass_ms(k, 100);
    tree_rename("app.log", "app.log.2");
    kit_append(k, "app.log", P("two,"));
    kit_pass_ms(k, 100);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("three"));
    kit_pass_ms(k, 20000);
    ck_assert_str_eq(backend_taken(k->es), "one,two, three ");
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* The file between has nothing that waits but the piece of the one before. Found by the simulation,
 * SIM_COPIES seed 1811. */
START_TEST(a_file_that_only_passed_a_piece_on_is_done_with)
{
    kit_append(k, "app.log", F("before") P("one,") P_ERR("uno,"));
    kit_pass_ms(k, 500);
    tree_rename("app.log", "app.log.2");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 500);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F_ERR("dos") F("after"));
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two uno, dos after ");
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->files_closed, 2);
}
END_TEST

START_TEST(the_next_generation_waits_until_the_one_before_was_read)
{
    struct buffer text = {0};

    kit_end(&k);
    k = kit_start(SERVICE " records_limit 100K\n" TAIL_CRI ES("PORT"));
    backend_down(k->es);
    while (text.len < 290 * 1024)
        buffer_append_text(&text, F("...................................................."));
    buffer_append_text(&text, P("one,"));
    kit_append(k, "app.log", buffer_text(&text));
    kit_pass_ms(k, 2000);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 20000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), " one,two "));
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    buffer_fini(&text);
}
END_TEST

START_TEST(a_part_of_docker_goes_on_in_the_next_file)
{
    kit_end(&k);
    k = kit_start(SERVICE "[PARSER]\n Name docker\n Format json\n" TAIL_DOCKER ES("PORT"));
    kit_append(k, "app.log", "{\"log\":\"one,\",\"stream\":\"stdout\"}\n");
    kit_pass_ms(k, 500);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", "{\"log\":\"two\\n\",\"stream\":\"stdout\"}\n");
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "one,two\\n ");
}
END_TEST

/* ---- for an output that fell behind ---- */

#define STEPS 10
#define STEP_LINES 75

/* Whole lines, so many that the other output falls behind, and the first piece of one more. */
static void write_step(unsigned step)
{
    struct buffer text = {0};

    for (unsigned i = 0; i < STEP_LINES; i++)
        buffer_append_format(&text, F("%u-%u-%03900d"), step, i, 0);
    buffer_append_format(&text, P("begin-%u,"), step);
    kit_append(k, "app.log", buffer_text(&text));
    buffer_fini(&text);
}

static void expect_taken(struct backend *b, const char *format, unsigned step)
{
    char *text = mem_format(format, step, step);

    ck_assert_msg(strstr(backend_taken(b), text) != NULL, "%s is missing", text);
    mem_free(text);
}

/* It gets both halves, if not in one record; and the others get one record. */
START_TEST(an_output_that_is_behind_loses_no_piece)
{
    char name[16], text[100];

    kit_end(&k);
    k = kit_start(SERVICE " records_limit 1M\n" TAIL_CRI ES("PORT") ES("PORT2"));
    backend_down(k->other);
    for (unsigned i = 0; i < STEPS; i++) {
        write_step(i);
        kit_pass_ms(k, 300 + 170 * i);
        snprintf(name, sizeof name, "app.log.%02u", 99 - i);
        tree_rename("app.log", name);
        snprintf(text, sizeof text, F("end-%u"), i);
        kit_append(k, "app.log", text);
        kit_pass_ms(k, i % 2 ? 1500 : 5000);
    }
    backend_up(k->other);
    kit_pass_ms(k, 60000);
    for (unsigned i = 0; i < STEPS; i++) {
        expect_taken(k->es, "begin-%u,end-%u ", i);
        expect_taken(k->other, "begin-%u,", i);
        expect_taken(k->other, "end-%u ", i);
    }
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->files_closed, STEPS);
}
END_TEST

/* The file that is rotated has nothing more for it than the piece. */
START_TEST(an_output_that_falls_behind_loses_no_piece)
{
    kit_end(&k);
    k = kit_start(SERVICE " records_limit 1M\n" TAIL_CRI ES("PORT") ES("PORT2"));
    kit_append(k, "app.log", F("before") P("begin-0,"));
    kit_pass_ms(k, 2000);
    backend_down(k->other);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("end-0"));
    for (unsigned i = 1; i <= STEPS; i++) {
        write_step(i);
        kit_pass_ms(k, 1500);
    }
    expect_taken(k->es, "begin-%u,end-%u ", 0);
    backend_up(k->other);
    kit_pass_ms(k, 60000);
    expect_taken(k->other, "begin-%u,", 0);
    expect_taken(k->other, "end-%u ", 0);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

Suite *suite_pipeline_parted(void);
Suite *suite_pipeline_parted(void)
{
    Suite *suite = suite_create("pipeline/parted");
    TCase *t = tcase_create("parted");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_line_that_rotation_parted_is_one_record);
    tcase_add_test(t, the_file_before_is_kept_until_the_record_is_acknowledged);
    tcase_add_test(t, a_crash_before_the_ack_reads_both_again);
    tcase_add_test(t, a_crash_after_the_ack_doubles_nothing);
    tcase_add_test(t, the_next_file_is_not_passed_before_what_comes_again_with_the_one_before);
    tcase_add_test(t, pieces_that_the_copy_lacks_hold_nothing_back);
    tcase_add_test(t, a_log_that_is_copied_and_truncated_joins_nothing);
    tcase_add_test(t, a_crash_after_a_log_was_truncated_joins_nothing_either);
    tcase_add_test(t, a_copy_beside_a_file_that_was_empty_joins_nothing);
    tcase_add_test(t, a_generation_that_cannot_be_read_parts_those_around_it);
    tcase_add_test(t, a_generation_that_was_opened_late_has_no_next_one);
    tcase_add_test(t, a_crash_after_a_pause_between_pieces_loses_none);
    tcase_add_test(t, a_rotation_while_nobody_looked_parts_nothing);
    tcase_add_test(t, a_compressed_generation_has_its_pieces_too);
    tcase_add_test(t, a_piece_without_an_end_is_delivered_by_itself);
    tcase_add_test(t, a_deleted_file_hands_its_pieces_on);
    tcase_add_test(t, many_rotations_part_nothing);
    tcase_add_test(t, a_line_over_three_generations_is_two_records);
    tcase_add_test(t, a_file_that_only_passed_a_piece_on_is_done_with);
    tcase_add_test(t, the_next_generation_waits_until_the_one_before_was_read);
    tcase_add_test(t, a_part_of_docker_goes_on_in_the_next_file);
    tcase_add_test(t, an_output_that_is_behind_loses_no_piece);
    tcase_add_test(t, an_output_that_falls_behind_loses_no_piece);
    suite_add_tcase(suite, t);
    return suite;
}
