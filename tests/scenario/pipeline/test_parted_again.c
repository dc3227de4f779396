#include "scenario/pipeline/parted.h"

#include <string.h>

/* Lines that rotation parted, when some of their files are read again and others are not: what is read
 * again makes the same records. */

static struct kit *k;

static void set_up(void)
{
    k = kit_start(SERVICE TAIL_CRI ES("PORT"));
}

static void tear_down(void)
{
    kit_end(&k);
}

/* The record is acknowledged, and will be read again with what waits before it: with all of its pieces.
 * Found by the simulation, seed 9805. */
START_TEST(the_file_before_is_kept_while_a_line_waits_before_the_record)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", P_ERR("error,") F("two"));
    kit_pass_ms(k, 2500);
    backend_expect(k->es, "before");
    backend_expect(k->es, "one,two");
    kit_kill(k);
    kit_run_again(k);
    kit_append(k, "app.log", F_ERR("end"));
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "before one,two error,end ");
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* What waits goes on in the third: both are done with then. SIM_COPIES seed 127. */
START_TEST(so_is_the_one_before_that_until_the_last_has_what_waited)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    tree_rename("app.log", "app.log.2");
    kit_append(k, "app.log", F_ERR("whole") P_ERR("error,") F("two"));
    kit_pass_ms(k, 1500);
    ck_assert_uint_eq(kit_input(k)->files_closed, 0);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F_ERR("end"));
    kit_pass_ms(k, 20000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "one,two "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "error,end "));
    ck_assert_uint_eq(backend_taken_count(k->es), 4);
    ck_assert_uint_eq(kit_input(k)->files_closed, 2);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* The record with the pieces is acknowledged, and a line of another stream that stands among them is not:
 * they will be read again with it. Found by the simulation, seed 115604. */
START_TEST(the_next_file_is_not_passed_before_what_stands_among_the_pieces)
{
    parted_hold(k);
    kit_append(k, "app.log", F("first"));
    kit_pass_ms(k, 2000);
    kit_append(k, "app.log", P("one,") F_ERR("before"));
    kit_pass_ms(k, 1500);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 2);
    kit_expect_bookmark(k, "app.log", 0);
    parted_let_go();
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 3);
    kit_expect_bookmark(k, "app.log", strlen(F("two")));
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

/* The two are read again without the third, which was acknowledged: the pieces of their line are one record
 * still. Found by the simulation, SIM_PIECES seed 5159. */
START_TEST(two_are_read_again_together_though_the_third_is_not)
{
    parted_hold(k);
    kit_append(k, "app.log", F("first"));
    kit_pass_ms(k, 2000);
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1500);
    tree_rename("app.log", "app.log.3");
    kit_append(k, "app.log", F("two"));
    kit_pass_ms(k, 4000);
    tree_rename("app.log", "app.log.2");
    kit_append(k, "app.log", F("three"));
    kit_pass_ms(k, 4000);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", F("four"));
    kit_pass_ms(k, 10000);
    kit_kill(k);
    parted_let_go();
    kit_run_again(k);
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 2);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

static void write_much(void)
{
    struct buffer text = {0};

    for (unsigned i = 0; i < 100; i++)
        buffer_append_format(&text, F("before-%0900u"), i);
    kit_append(k, "app.log", buffer_text(&text));
    buffer_fini(&text);
}

/* An output reads the first apart, so that its piece stays its own. The second, which goes to all, is read and
 * closed before that goes on; the third has none of it, though the output has caught up by then. Found by the simulation, SIM_PIECES seed 75031. */
START_TEST(a_piece_that_stayed_behind_goes_on_in_no_later_file)
{
    kit_end(&k);
    k = kit_start(SERVICE " records_limit 1M\n" TAIL_CRI ES("PORT") ES("PORT2"));
    parted_hold(k);
    for (unsigned i = 0; i < 8; i++) {
        write_much();
        kit_pass_ms(k, 2000);
    }
    kit_kill(k);
    tree_append("app.log", P("one,"));
    tree_rename("app.log", "app.log.2");
    tree_write("app.log.1", F("two"));
    kit_run_again(k);
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
    parted_let_go();
    kit_pass_ms(k, 1900);
    kit_append(k, "app.log", F("three"));
    kit_pass_ms(k, 20000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->other), " two three "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->other), " one, "));
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* It may have had the rest of the line; the log that is there later does not. Found by the simulation,
 * SIM_COPIES and SIM_TROUBLE seed 555. */
START_TEST(a_line_does_not_go_on_behind_a_generation_that_nobody_could_open)
{
    kit_append(k, "app.log", F("before") P("one,"));
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_rename("app.log", "app.log.2");
    tree_write("app.log.1", F("two") P("three,"));
    tree_write("app.log", F("four"));
    tree_forbid("app.log.1");
    tree_forbid("app.log");
    kit_run_again(k);
    tree_remove("app.log.1");
    tree_remove("app.log");
    kit_pass_ms(k, 1500);
    tree_write("app.log.tmp", F("five"));
    tree_permit("app.log.tmp");
    tree_rename("app.log.tmp", "app.log");
    kit_pass_ms(k, 20000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "five "));
    ck_assert_ptr_null(strstr(backend_taken(k->es), "one,five"));
}
END_TEST

Suite *suite_pipeline_parted_again(void);
Suite *suite_pipeline_parted_again(void)
{
    Suite *suite = suite_create("pipeline/parted_again");
    TCase *t = tcase_create("parted_again");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_file_before_is_kept_while_a_line_waits_before_the_record);
    tcase_add_test(t, so_is_the_one_before_that_until_the_last_has_what_waited);
    tcase_add_test(t, the_next_file_is_not_passed_before_what_stands_among_the_pieces);
    tcase_add_test(t, two_are_read_again_together_though_the_third_is_not);
    tcase_add_test(t, a_line_does_not_go_on_behind_a_generation_that_nobody_could_open);
    tcase_add_test(t, a_piece_that_stayed_behind_goes_on_in_no_later_file);
    suite_add_tcase(suite, t);
    return suite;
}
