#include "base/clock.h"
#include "scenario/pipeline/reload.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What becomes of files and their copies while the configuration is read again. */

START_TEST(a_deleted_file_is_read_to_its_end_by_the_next)
{
    run_agent(WITH_DB);
    backend_answers(it.k->es, 503, 503, 503);
    kit_append(it.k, "app.log", "one\ntwo\n");
    kit_pass_ms(it.k, 1000);
    tree_remove("app.log");
    kit_quiet(it.k);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    expect_taken("one two ");
}
END_TEST

/* The rows that the former had are of no use to the next. */
START_TEST(a_db_that_was_deleted_meanwhile_is_made_anew)
{
    run_agent(WITH_DB);
    kit_append(it.k, "app.log", "one\n");
    kit_append(it.k, "other.log", "two\n");
    expect_taken("one two ");
    tree_remove("state/positions.db");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "three\n");
    expect_taken("one two three ");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "other.log", "four\n");
    expect_taken("one two three four ");
}
END_TEST

START_TEST(a_rotated_file_is_read_to_its_end_by_the_next)
{
    run_agent(WITHOUT_DB);
    backend_answers(it.k->es, 503, 503, 503);
    kit_append(it.k, "app.log", "one\ntwo\n");
    kit_pass_ms(it.k, 1000);
    tree_rename("app.log", "app.log.1");
    tree_write("app.log", "three\n");
    kit_quiet(it.k);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    expect_taken("one two three ");
}
END_TEST

/* With Read_from_Head off, too. The first was taken by the answer that was held. */
START_TEST(a_file_that_came_while_nobody_looked_is_new)
{
    run_agent(WITHOUT_DB);
    backend_says(it.k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    it.k->may_hang = true;
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    tree_write("new.log", "two\n");
    it.k->may_hang = false;
    kit_server_release(it.k->es->server);
    expect_taken("two ");
    ck_assert_uint_eq(it.k->es->come, 2);
}
END_TEST

/* Nor is it known when anything will have the log's name again. Found by the simulation, SIM_PIECES seed
 * 5971. */
START_TEST(what_was_rotated_twice_while_nobody_looked_is_read_though_no_log_is_there)
{
    run_agent(WITHOUT_DB);
    backend_says(it.k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    it.k->may_hang = true;
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    tree_rename("app.log", "app.log.2");
    tree_write("app.log", "two\n");
    tree_rename("app.log", "app.log.1");
    it.k->may_hang = false;
    kit_server_release(it.k->es->server);
    expect_taken("two ");
}
END_TEST

/* There is more in it by then than there was. */
START_TEST(a_file_truncated_while_nobody_looked_is_read_from_its_beginning)
{
    run_agent(WITH_DB);
    kit_append(it.k, "app.log", "one\n");
    kit_pass_ms(it.k, 1000);
    backend_says(it.k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    it.k->may_hang = true;
    kit_append(it.k, "app.log", "two\n");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    tree_write("app.log", "three\nfour\nfive\n");
    it.k->may_hang = false;
    kit_server_release(it.k->es->server);
    expect_taken("one three four five ");
}
END_TEST

/* The one before saw it, and the copy was made before it came. What the file holds by now does not
 * count. Found by the simulation, SIM_COPIES seeds 21 and 29. */
START_TEST(what_a_truncation_took_while_nobody_looked_is_counted_beside_a_copy)
{
    run_agent(WITH_DB);
    kit_append(it.k, "app.log", "one-of-a-log-that-is-copied-away\n");
    kit_pass_ms(it.k, 1000);
    tree_copy("app.log", "app.log.1");
    backend_says(it.k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    it.k->may_hang = true;
    kit_append(it.k, "app.log", "two\nnobody ended it");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    tree_write("app.log", "three-longer-than-what-was-there\nfour-which-comes-after-it\n");
    it.k->may_hang = false;
    kit_server_release(it.k->es->server);
    expect_taken("one-of-a-log-that-is-copied-away three-longer-than-what-was-there "
                 "four-which-comes-after-it ");
    ck_assert_uint_eq(kit_input(it.k)->truncated_dropped_bytes, strlen("nobody ended it"));
}
END_TEST

static void write_time(const char *name, int64_t ns)
{
    struct timespec both[2] = {{.tv_sec = ns / NS_PER_S}, {.tv_sec = ns / NS_PER_S}};

    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path(name), both, 0), 0);
}

/* It had no room to read, and its log was empty whenever it looked. Found by the simulation, SIM_COPIES
 * seed 2005. */
START_TEST(a_copy_that_the_former_did_not_come_to_find_is_read_by_the_next)
{
    int64_t made_ns;

    run_agent(WITH_DB);
    kit_append(it.k, "app.log", "");
    kit_append(it.k, "other.log", "zero\n");
    kit_pass_ms(it.k, 2000);
    made_ns = clock_wall_ns();
    backend_says(it.k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    it.k->may_hang = true;
    kit_append(it.k, "other.log", "one\n");
    kit_pass_ms(it.k, 2000);
    ck_assert_int_eq(agent_reload(it.agent), RELOAD_WAITING);
    tree_append("app.log", "two-of-a-log-that-is-copied-away\n");
    tree_copy("app.log", "app.log.1");
    write_time("app.log.1", made_ns);
    tree_truncate("app.log", 0);
    it.k->may_hang = false;
    kit_server_release(it.k->es->server);
    expect_taken("zero two-of-a-log-that-is-copied-away ");
}
END_TEST

START_TEST(an_unfinished_line_is_whole_afterwards)
{
    run_agent(WITHOUT_DB);
    kit_append(it.k, "app.log", "on");
    kit_pass_ms(it.k, 1000);
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", "e\n");
    expect_taken("one ");
}
END_TEST

/* ---- it does not ---- */

/* It was opened later than the log, and came before it. Found by the simulation, SIM_COPIES and SIM_TROUBLE
 * seed 42256. */
START_TEST(what_the_next_opens_at_last_does_not_go_on_in_a_line_of_the_log)
{
    run_agent(RELOADS TAIL_CRI ES("PORT"));
    kit_append(it.k, "app.log", F("first"));
    kit_pass_ms(it.k, 3000);
    tree_rename("app.log", "app.log.2");
    tree_write("app.log", F("old"));
    tree_forbid("app.log");
    kit_pass_ms(it.k, 3000);
    tree_rename("app.log", "app.log.1");
    kit_append(it.k, "app.log", F("new") P("one,"));
    kit_pass_ms(it.k, 3000);
    tree_permit("app.log.1");
    ck_assert_int_eq(reload(), RELOAD_DONE);
    kit_append(it.k, "app.log", F("two"));
    expect_taken("first new old one,two ");
}
END_TEST

Suite *suite_pipeline_reload_files(void);
Suite *suite_pipeline_reload_files(void)
{
    Suite *suite = suite_create("pipeline/reload_files");
    TCase *reload_case = tcase_create("files");

    tcase_add_checked_fixture(reload_case, reload_set_up, reload_tear_down);
    tcase_add_test(reload_case, a_deleted_file_is_read_to_its_end_by_the_next);
    tcase_add_test(reload_case, a_db_that_was_deleted_meanwhile_is_made_anew);
    tcase_add_test(reload_case, a_rotated_file_is_read_to_its_end_by_the_next);
    tcase_add_test(reload_case, a_file_that_came_while_nobody_looked_is_new);
    tcase_add_test(reload_case,
                   what_was_rotated_twice_while_nobody_looked_is_read_though_no_log_is_there);
    tcase_add_test(reload_case, a_file_truncated_while_nobody_looked_is_read_from_its_beginning);
    tcase_add_test(reload_case,
                   what_a_truncation_took_while_nobody_looked_is_counted_beside_a_copy);
    tcase_add_test(reload_case, a_copy_that_the_former_did_not_come_to_find_is_read_by_the_next);
    tcase_add_test(reload_case, an_unfinished_line_is_whole_afterwards);
    tcase_add_test(reload_case, what_the_next_opens_at_last_does_not_go_on_in_a_line_of_the_log);
    suite_add_tcase(suite, reload_case);
    return suite;
}
