#include "kit/fake_journal.h"
#include "kit/tree.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <sys/stat.h>

#define JOURNAL(more)                                  \
    SERVICE "[INPUT]\n Name systemd\n Tag host\n" more \
            "[FILTER]\n Name modify\n Match *\n Rename MESSAGE log\n" ES("PORT")
#define KEPT " DB ${DIR}/state/positions.db\n"

static struct kit *k;

static void set_up(void)
{
    fake_journal_open();
    k = kit_make();
}

static void tear_down(void)
{
    kit_end(&k);
    fake_journal_close();
}

static void write_fields(const char *first, const char *second, const char *third)
{
    fake_journal_write((const char *const[]){first, second, third, NULL});
}

static void write_message(const char *message)
{
    char field[64];

    snprintf(field, sizeof field, "MESSAGE=%s", message);
    write_fields(field, "_SYSTEMD_UNIT=a.service", NULL);
}

/* ---- what a record is ---- */

START_TEST(entries_are_records_in_order)
{
    write_message("one");
    kit_run(k, JOURNAL(KEPT));
    write_message("two");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    write_message("three");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "three");
}
END_TEST

/* And nothing of it stays on the loop, which ends with the test. */
START_TEST(a_journal_that_cannot_be_opened_is_said_and_refused)
{
    ck_assert_int_lt(kit_try_run(k, JOURNAL(" Path /dev/null/none\n")), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&k->report.text), "/none cannot be opened: Not a"));
}
END_TEST

/* All of it is new, so that it is read from its beginning. */
START_TEST(a_journal_that_comes_later_is_read_when_it_comes)
{
    write_message("one");
    kit_run(k, JOURNAL(" Path ${DIR}/late\n Read_From_Tail on\n"));
    kit_pass_ms(k, 25000);
    ck_assert_uint_eq(fake_journal_opened(), 0);
    ck_assert_int_eq(mkdir(tree_path("late"), 0700), 0);
    kit_pass_ms(k, 12000);
    backend_expect(k->es, "one");
    ck_assert_uint_eq(fake_journal_opened(), 1);
    write_message("two");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
}
END_TEST

START_TEST(a_field_that_comes_twice_is_an_array)
{
    write_fields("MESSAGE=one", "X=a", "X=b");
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    ck_assert_ptr_nonnull(
        strstr(kit_server_request(k->es->server, 0)->body.data, "\"X\":[\"a\",\"b\"]"));
}
END_TEST

START_TEST(a_star_in_the_tag_is_the_unit)
{
    write_fields("MESSAGE=one", "_SYSTEMD_UNIT=kubelet.service", NULL);
    write_fields("MESSAGE=two", "X=1", NULL);
    kit_run(k, SERVICE "[INPUT]\n Name systemd\n Tag host.*\n"
                       "[FILTER]\n Name modify\n Match *\n Rename MESSAGE log\n"
                       "[OUTPUT]\n Name es\n Match host.kubelet.service\n Port ${PORT}\n"
                       "[OUTPUT]\n Name es\n Match host.unknown\n Port ${PORT2}\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    backend_expect(k->other, "two");
}
END_TEST

START_TEST(filters_choose_by_one_or_by_all)
{
    write_fields("MESSAGE=one", "X=1", "Y=2");
    write_fields("MESSAGE=two", "X=1", NULL);
    write_fields("MESSAGE=three", "Z=1", NULL);
    kit_run(k, JOURNAL(" Systemd_Filter X=1\n Systemd_Filter Y=2\n"));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_kill(k);
    kit_run(k, JOURNAL(" Systemd_Filter X=1\n Systemd_Filter Y=2\n Systemd_Filter_Type and\n"));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
}
END_TEST

/* ---- where it is read from ---- */

START_TEST(a_restart_goes_on_behind_what_was_acknowledged)
{
    write_message("one");
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one");
    kit_kill(k);
    write_message("two");
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
}
END_TEST

START_TEST(what_was_not_acknowledged_is_read_again)
{
    backend_answers(k->es, 503, 503, 503, 503);
    write_message("one");
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 3000);
    kit_kill(k);
    kit_run_again(k);
    kit_pass_ms(k, 8000);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

START_TEST(from_the_tail_only_what_comes_is_read)
{
    write_message("old");
    kit_run(k, JOURNAL(" Read_From_Tail on\n"));
    kit_pass_ms(k, 1000);
    write_message("new");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "new");
}
END_TEST

START_TEST(where_the_journal_was_emptied_the_rest_is_read)
{
    write_message("one");
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one");
    kit_kill(k);
    write_message("two");
    write_message("three");
    fake_journal_vacuum(2);
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "three");
}
END_TEST

START_TEST(entries_of_two_numberings_are_kept_apart)
{
    write_message("one");
    fake_journal_renumber("bbbb");
    write_message("two");
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one", "two");
    kit_kill(k);
    fake_journal_renumber("cccc");
    write_message("three");
    kit_run_again(k);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "three");
}
END_TEST

/* ---- trouble ---- */

START_TEST(a_damaged_entry_is_counted_and_left_out)
{
    write_message("one");
    write_message("bad");
    write_message("three");
    fake_journal_damage(1, false);
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "three");
    ck_assert_uint_eq(kit_input(k)->read_errors, 1);
}
END_TEST

START_TEST(a_damaged_file_is_gone_past)
{
    write_message("one");
    write_message("bad");
    write_message("three");
    fake_journal_damage(1, true);
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 5000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "one "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "three "));
    ck_assert_uint_le(fake_journal_opened(), 4);
}
END_TEST

/* Else a bad block would keep all other inputs from starting. */
START_TEST(a_journal_that_is_damaged_at_the_cursor_is_gone_past_after_a_restart)
{
    write_message("one");
    write_message("two");
    kit_run(k, JOURNAL(KEPT));
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one", "two");
    kit_kill(k);
    fake_journal_damage(1, true);
    write_message("three");
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "three");
    ck_assert_uint_eq(kit_input(k)->read_errors, 1);
}
END_TEST

START_TEST(a_journal_waits_while_there_is_no_memory)
{
    char text[2000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text, "MESSAGE=", 8);
    for (unsigned i = 0; i < 3000; i++)
        write_fields(text, NULL, NULL);
    backend_down(k->es);
    kit_run(k, JOURNAL(KEPT " Mem_Buf_Limit 1M\n"));
    kit_pass_ms(k, 5000);
    ck_assert_uint_lt(kit_input(k)->records, 3000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(backend_taken_count(k->es), 3000);
}
END_TEST

Suite *suite_pipeline_journal(void);
Suite *suite_pipeline_journal(void)
{
    Suite *suite = suite_create("pipeline/journal");
    TCase *journal = tcase_create("journal");

    tcase_add_checked_fixture(journal, set_up, tear_down);
    tcase_add_test(journal, entries_are_records_in_order);
    tcase_add_test(journal, a_journal_that_cannot_be_opened_is_said_and_refused);
    tcase_add_test(journal, a_journal_that_comes_later_is_read_when_it_comes);
    tcase_add_test(journal, a_field_that_comes_twice_is_an_array);
    tcase_add_test(journal, a_star_in_the_tag_is_the_unit);
    tcase_add_test(journal, filters_choose_by_one_or_by_all);
    tcase_add_test(journal, a_restart_goes_on_behind_what_was_acknowledged);
    tcase_add_test(journal, what_was_not_acknowledged_is_read_again);
    tcase_add_test(journal, from_the_tail_only_what_comes_is_read);
    tcase_add_test(journal, where_the_journal_was_emptied_the_rest_is_read);
    tcase_add_test(journal, entries_of_two_numberings_are_kept_apart);
    tcase_add_test(journal, a_damaged_entry_is_counted_and_left_out);
    tcase_add_test(journal, a_damaged_file_is_gone_past);
    tcase_add_test(journal, a_journal_that_is_damaged_at_the_cursor_is_gone_past_after_a_restart);
    tcase_add_test(journal, a_journal_waits_while_there_is_no_memory);
    suite_add_tcase(suite, journal);
    return suite;
}
