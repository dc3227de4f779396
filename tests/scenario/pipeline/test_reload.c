#include "base/memory.h"
#include "scenario/pipeline/reload.h"

#include <stdio.h>

/* The configuration is read again while the agent runs. */

/* ---- it goes well ---- */

START_TEST(what_was_read_is_delivered_and_the_next_goes_on_from_there)
{
    run_agent(WITH_DB);
    kit_append(it.k, "app.log", "one\n");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "two\n");
    expect_taken("one two ");
    ck_assert_uint_eq(agent_reload_count(it.agent), 1);
    kit_expect_counts(it.k, 0, (struct output_metrics){.read_records = 1, .proc_records = 1});
}
END_TEST

START_TEST(the_next_does_what_its_configuration_says)
{
    run_agent(WITH_DB);
    kit_append(it.k, "app.log", "one\n");
    reload_configure(RELOADS TAIL ES("PORT2"));
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "two\n");
    expect_taken("one ");
    ck_assert_str_eq(backend_taken(it.k->other), "two ");
}
END_TEST

/* With Read_from_Head off a tail that begins would not look at what is there. */
START_TEST(without_db_nothing_is_lost_or_doubled_either)
{
    tree_write("app.log", "long ago\n");
    run_agent(WITHOUT_DB);
    kit_append(it.k, "app.log", "one\n");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "two\n");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "three\n");
    expect_taken("one two three ");
}
END_TEST

START_TEST(what_cannot_be_delivered_is_read_again_by_the_next)
{
    run_agent(WITHOUT_DB);
    backend_answers(it.k->es, 503, 503, 503);
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "two\n");
    expect_taken("one two ");
}
END_TEST

/* The former counted it, the next reads it again. */
START_TEST(what_is_read_again_is_not_counted_again)
{
    run_agent(COUNTING);
    backend_answers(it.k->es, 503, 503, 503);
    kit_append(it.k, "app.log", "one\ntwo\nthr");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "ee\n");
    expect_taken("one two three ");
    ck_assert_uint_eq(counted_lines(), 3);
}
END_TEST

START_TEST(a_request_that_hangs_is_let_go_after_grace)
{
    run_agent(WITH_DB);
    backend_says(it.k->es, (struct kit_answer){.move = KIT_SILENT});
    it.k->may_hang = true;
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    backend_expect(it.k->es, "one");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    it.k->may_hang = false;
    expect_taken("one ");
}
END_TEST

START_TEST(a_mistake_keeps_the_former_and_is_told_with_file_and_line)
{
    run_agent(WITH_DB);
    reload_configure(WITH_DB " Colour red\n");
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_REFUSED);
    ck_assert_int_eq(it.outcome, RELOAD_REFUSED);
    ck_assert_ptr_nonnull(strstr(it.mistakes, "kit.conf:18: es: unknown configuration property"));
    kit_append(it.k, "app.log", "one\n");
    expect_taken("one ");
    ck_assert_uint_eq(agent_reload_count(it.agent), 0);
}
END_TEST

START_TEST(a_file_that_is_gone_keeps_the_former)
{
    run_agent(WITH_DB);
    tree_remove("kit.conf");
    ck_assert_int_eq(reload(), RELOAD_REFUSED);
    kit_append(it.k, "app.log", "one\n");
    expect_taken("one ");
}
END_TEST

#define OTHER_INPUT "[INPUT]\n Name tail\n Path ${DIR}/*.txt\n DB ${DIR}/no/such/folder/db\n"

START_TEST(where_the_next_cannot_start_the_former_comes_back)
{
    run_agent(WITHOUT_DB);
    backend_answers(it.k->es, 503, 503, 503);
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    tree_remove("app.log");
    kit_quiet(it.k);
    reload_configure(WITHOUT_DB OTHER_INPUT);
    ck_assert_int_eq(reload(), RELOAD_REFUSED);
    ck_assert_ptr_nonnull(strstr(it.mistakes, "no/such/folder/db"));
    kit_append(it.k, "app.log", "two\n");
    expect_taken("one two ");
    reload_configure(WITHOUT_DB);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "three\n");
    expect_taken("one two three ");
}
END_TEST

#define TRUSTING "[OUTPUT]\n Name es\n Match none\n Port 1\n tls on\n tls.ca_path ${DIR}/trusted\n"

START_TEST(where_neither_can_start_the_agent_ends_in_words)
{
    tree_folder("trusted");
    run_agent(WITHOUT_DB TRUSTING);
    reload_configure(WITHOUT_DB OTHER_INPUT);
    tree_remove("trusted");
    ck_assert_int_eq(reload(), RELOAD_REFUSED);
    ck_assert_ptr_nonnull(strstr(it.mistakes, "trusted"));
    ck_assert_ptr_nonnull(strstr(it.mistakes, "does not start any more either; stopping"));
    ck_assert(it.k->is_stopped && agent_has_failed(it.agent));
}
END_TEST

START_TEST(a_reload_must_be_enabled)
{
    run_agent(TAIL_TO_ES);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_DISABLED);
    ck_assert_uint_eq(it.outcomes, 0);
}
END_TEST

/* ---- several things at once ---- */

static void hold_a_request(void)
{
    backend_says(it.k->es, (struct kit_answer){.move = KIT_SILENT});
    it.k->may_hang = true;
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    backend_expect(it.k->es, "one");
}

START_TEST(there_is_one_reload_at_a_time)
{
    run_agent(WITH_DB);
    hold_a_request();
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_BUSY);
    kit_pass_ms(it.k, GRACE_MS + SOON_MS);
    it.k->may_hang = false;
    expect_taken("one ");
    ck_assert_uint_eq(it.outcomes, 1);
}
END_TEST

START_TEST(stopping_during_a_reload_starts_nothing_any_more)
{
    run_agent(WITH_DB);
    hold_a_request();
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    agent_stop(it.agent);
    kit_pass_ms(it.k, GRACE_MS - SOON_MS);
    ck_assert(!it.k->is_stopped);
    kit_pass_ms(it.k, 2 * SOON_MS);
    ck_assert(it.k->is_stopped);
    ck_assert_int_eq(it.outcome, RELOAD_REFUSED);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_BUSY);
    it.k->may_hang = false;
    kit_expect_bookmark(it.k, "app.log", 0);
}
END_TEST

START_TEST(stopping_twice_during_a_reload_does_not_wait)
{
    run_agent(WITH_DB);
    hold_a_request();
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    agent_stop(it.agent);
    agent_stop(it.agent);
    it.k->may_hang = false;
    kit_pass_ms(it.k, SOON_MS);
    ck_assert(it.k->is_stopped);
}
END_TEST

/* ---- a storm ---- */

#define STORM_RELOADS 100

/* Half of them are mistakes; answers are of every kind; logs are rotated and deleted. */
START_TEST(a_storm_of_reloads_loses_and_doubles_nothing)
{
    unsigned count = 0;

    run_agent(_i ? WITH_DB : WITHOUT_DB);
    for (unsigned i = 0; i < STORM_RELOADS; i++) {
        char *line = mem_format("line-%03u\n", count++);

        backend_answers(it.k->es, i % 3 == 0 ? 503 : 200, i % 7 == 0 ? 429 : 200);
        kit_append(it.k, "app.log", line);
        kit_pass_ms(it.k, i % 5 * 300);
        if (i % 10 == 3) {
            tree_rename("app.log", "app.log.1");
            tree_write("app.log", "");
        } else if (i % 10 == 7) {
            tree_remove("app.log");
            tree_write("app.log", "");
        }
        kit_quiet(it.k);
        reload_configure(i % 2 ? WITH_DB " Colour red\n" : _i ? WITH_DB : WITHOUT_DB);
        ck_assert_int_eq(reload(), i % 2 ? RELOAD_REFUSED : RELOAD_DONE);
        mem_free(line);
    }
    kit_pass_ms(it.k, 20000);
    for (unsigned i = 0; i < count; i++) {
        char *line = mem_format("line-%03u ", i);

        ck_assert_msg(strstr(backend_taken(it.k->es), line) != NULL, "lacks %s", line);
        mem_free(line);
    }
    ck_assert_uint_eq(backend_taken_count(it.k->es), count);
}
END_TEST

Suite *suite_pipeline_reload(void);
Suite *suite_pipeline_reload(void)
{
    Suite *suite = suite_create("pipeline/reload");
    TCase *reload_case = tcase_create("reload");

    tcase_add_checked_fixture(reload_case, reload_set_up, reload_tear_down);
    tcase_add_test(reload_case, what_was_read_is_delivered_and_the_next_goes_on_from_there);
    tcase_add_test(reload_case, the_next_does_what_its_configuration_says);
    tcase_add_test(reload_case, without_db_nothing_is_lost_or_doubled_either);
    tcase_add_test(reload_case, what_cannot_be_delivered_is_read_again_by_the_next);
    tcase_add_test(reload_case, what_is_read_again_is_not_counted_again);
    tcase_add_test(reload_case, a_request_that_hangs_is_let_go_after_grace);
    tcase_add_test(reload_case, a_mistake_keeps_the_former_and_is_told_with_file_and_line);
    tcase_add_test(reload_case, a_file_that_is_gone_keeps_the_former);
    tcase_add_test(reload_case, where_the_next_cannot_start_the_former_comes_back);
    tcase_add_test(reload_case, where_neither_can_start_the_agent_ends_in_words);
    tcase_add_test(reload_case, a_reload_must_be_enabled);
    tcase_add_test(reload_case, there_is_one_reload_at_a_time);
    tcase_add_test(reload_case, stopping_during_a_reload_starts_nothing_any_more);
    tcase_add_test(reload_case, stopping_twice_during_a_reload_does_not_wait);
    tcase_add_loop_test(reload_case, a_storm_of_reloads_loses_and_doubles_nothing, 0, 2);
    suite_add_tcase(suite, reload_case);
    return suite;
}
