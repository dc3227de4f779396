#include "base/clock.h"
#include "base/memory.h"
#include "scenario/pipeline/counted.h"
#include "scenario/pipeline/parted.h"
#include "service/agent.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* The configuration is read again while the agent runs. */

#define RELOADS \
    "[SERVICE]\n Flush 1\n Grace 5\n scheduler.base 1\n scheduler.cap 1\n Hot_Reload on\n"
#define WITH_DB RELOADS TAIL ES("PORT")
#define WITHOUT_DB RELOADS "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/*.log\n" ES("PORT")
#define COUNTING RELOADS TAIL COUNTED TO_APP("PORT")

#define GRACE_MS 5000

/* A little more than it takes to notice that all is done. */
#define SOON_MS 50

static struct {
    struct kit *k;
    struct agent *agent;
    enum reload_state outcome;
    unsigned outcomes;
    char mistakes[2000];
} it;

static int on_read(void *owner, struct report *report, struct config **config_out)
{
    (void)owner;
    return config_load(tree_path("kit.conf"), report, config_out);
}

static int on_check(void *owner, struct pipeline *next, struct report *report)
{
    (void)owner;
    (void)next;
    (void)report;
    return 0;
}

static void on_changed(void *owner)
{
    (void)owner;
    it.k->pipeline = agent_pipeline(it.agent);
}

static void on_reloaded(void *owner, enum reload_state state, struct report *report)
{
    (void)owner;
    it.outcome = state;
    it.outcomes++;
    it.mistakes[0] = '\0';
    for (size_t i = 0; i < report->text.len && i + 1 < sizeof it.mistakes; i++) {
        it.mistakes[i] = report->text.data[i] != '\0' ? report->text.data[i] : '\n';
        it.mistakes[i + 1] = '\0';
    }
}

static void on_stopped(void *owner)
{
    (void)owner;
    it.k->is_stopped = true;
}

static const struct agent_ops ops = {
    .read = on_read,
    .check = on_check,
    .changed = on_changed,
    .reloaded = on_reloaded,
    .stopped = on_stopped,
};

static void configure(const char *config)
{
    tree_write("kit.conf", config);
}

static void run_agent(const char *config)
{
    struct kit *k = it.k;

    configure(config);
    ck_assert_int_eq(config_load(tree_path("kit.conf"), &k->report, &k->config), 0);
    it.agent = agent_new(k->loop, &ops, NULL);
    ck_assert_int_eq(agent_make(it.agent, k->config, &k->report), 0);
    k->pipeline = agent_pipeline(it.agent);
    ck_assert_int_eq(agent_start(it.agent, &k->report), 0);
    kit_quiet(k);
}

static void stop_agent(void)
{
    if (it.agent == NULL)
        return;
    if (!it.k->is_stopped)
        agent_stop(it.agent);
    for (unsigned i = 0; !it.k->is_stopped; i++) {
        ck_assert_uint_lt(i, 10000);
        kit_pass_ms(it.k, 10);
    }
    it.k->pipeline = NULL;
    agent_free(&it.agent);
    kit_quiet(it.k);
}

static void set_up(void)
{
    memset(&it, 0, sizeof it);
    it.k = kit_make();
}

static void tear_down(void)
{
    stop_agent();
    kit_end(&it.k);
}

/* Begins one, and lets it come to its end. */
static enum reload_state reload(void)
{
    unsigned before = it.outcomes;
    enum reload_state begun = agent_reload(it.agent);

    for (unsigned i = 0; begun == RELOAD_WAITING && it.outcomes == before; i++) {
        ck_assert_uint_lt(i, 10000);
        kit_pass_ms(it.k, 10);
    }
    kit_quiet(it.k);
    return begun == RELOAD_WAITING ? it.outcome : begun;
}

static void expect_taken(const char *documents)
{
    kit_pass_ms(it.k, 5000);
    ck_assert_str_eq(backend_taken(it.k->es), documents);
}

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
    configure(RELOADS TAIL ES("PORT2"));
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

START_TEST(a_mistake_keeps_the_former_and_is_told_with_file_and_line)
{
    run_agent(WITH_DB);
    configure(WITH_DB " Colour red\n");
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
    configure(WITHOUT_DB OTHER_INPUT);
    ck_assert_int_eq(reload(), RELOAD_REFUSED);
    ck_assert_ptr_nonnull(strstr(it.mistakes, "no/such/folder/db"));
    kit_append(it.k, "app.log", "two\n");
    expect_taken("one two ");
    configure(WITHOUT_DB);
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
    configure(WITHOUT_DB OTHER_INPUT);
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
        configure(i % 2 ? WITH_DB " Colour red\n" : _i ? WITH_DB : WITHOUT_DB);
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

    tcase_add_checked_fixture(reload_case, set_up, tear_down);
    tcase_add_test(reload_case, what_was_read_is_delivered_and_the_next_goes_on_from_there);
    tcase_add_test(reload_case, the_next_does_what_its_configuration_says);
    tcase_add_test(reload_case, without_db_nothing_is_lost_or_doubled_either);
    tcase_add_test(reload_case, what_cannot_be_delivered_is_read_again_by_the_next);
    tcase_add_test(reload_case, what_is_read_again_is_not_counted_again);
    tcase_add_test(reload_case, a_request_that_hangs_is_let_go_after_grace);
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
