#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Logs that are copied and truncated, in more ways than one look in between shows: every line once. */

#define LOGS                                                                               \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/app.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n Refresh_Interval 1\n"
#define LOGS_ALL                                                                         \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n Refresh_Interval 1\n"
#define LINE_BYTES 44

static struct kit *k;
static unsigned written;

static void set_up(void)
{
    written = 0;
    k = kit_start(SERVICE LOGS ES("PORT"));
    kit_append(k, "app.log", "");
    kit_pass_ms(k, 2000);
}

static void tear_down(void)
{
    kit_end(&k);
}

static void write_lines(unsigned count)
{
    char line[LINE_BYTES];

    for (unsigned i = 0; i < count; i++) {
        snprintf(line, sizeof line, "line-%05u-of-a-log-that-is-copied\n", written++);
        tree_append("app.log", line);
    }
}

static void copy_and_truncate(const char *to)
{
    tree_copy("app.log", to);
    tree_truncate("app.log", 0);
}

static void expect_all(void)
{
    char line[LINE_BYTES];

    kit_pass_ms(k, 20000);
    for (unsigned i = 0; i < written; i++) {
        snprintf(line, sizeof line, "line-%05u-of-a-log-that-is-copied ", i);
        ck_assert_msg(strstr(backend_taken(k->es), line) != NULL, "line %u is missing", i);
    }
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
}

/* What is known after a restart is no less than what was known before. */
static void expect_all_after_a_restart(void)
{
    kit_pass_ms(k, 5000);
    kit_stop(k);
    kit_run_again(k);
    expect_all();
}

START_TEST(several_rounds_between_two_looks_are_all_read)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    write_lines(5);
    copy_and_truncate("app.log.3");
    write_lines(3);
    copy_and_truncate("app.log.2");
    write_lines(4);
    copy_and_truncate("app.log.1");
    write_lines(2);
    expect_all_after_a_restart();
}
END_TEST

START_TEST(a_log_that_is_empty_at_each_look_is_not_missed)
{
    write_lines(3);
    copy_and_truncate("app.log.2");
    write_lines(4);
    copy_and_truncate("app.log.1");
    expect_all_after_a_restart();
}
END_TEST

/* A file of another log is held, so that files are asked for what rows may not say yet. What the log got
 * since is not what it was known by. Found by the simulation, SIM_COPIES seed 212. */
START_TEST(what_an_empty_log_got_since_is_newer_than_its_copy)
{
    kit_end(&k);
    k = kit_start(SERVICE LOGS_ALL ES("PORT"));
    kit_append(k, "app.log", "");
    kit_append(k, "other.log", "a-file-that-is-held-until-it-is-acknowledged\n");
    kit_pass_ms(k, 3000);
    tree_append("other.log", "and-a-line-of-it-that-is-not\n");
    backend_down(k->es);
    kit_pass_ms(k, 3000);
    tree_rename("other.log", "other.log.1");
    kit_pass_ms(k, 3000);
    write_lines(4);
    copy_and_truncate("app.log.1");
    write_lines(3);
    kit_pass_ms(k, 3000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(backend_taken_count(k->es), written + 2);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

/* What came then is in no copy, and was read: the copy is not read for its sake. */
START_TEST(a_copy_that_lacks_what_came_before_the_truncation_is_not_read_again)
{
    write_lines(5);
    tree_copy("app.log", "app.log.1");
    write_lines(4);
    kit_pass_ms(k, 2000);
    tree_truncate("app.log", 0);
    write_lines(2);
    expect_all_after_a_restart();
}
END_TEST

START_TEST(such_a_copy_is_known_though_nobody_saw_the_truncation)
{
    write_lines(60);
    tree_copy("app.log", "app.log.1");
    write_lines(4);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_truncate("app.log", 0);
    write_lines(2);
    kit_run_again(k);
    expect_all_after_a_restart();
}
END_TEST

static void compress(const char *from)
{
    char *text = mem_text(tree_read(from, NULL)), *to = mem_format("%s.gz", from);

    tree_write_gzip(to, text);
    tree_remove(from);
    mem_free(to);
    mem_free(text);
}

/* Its first bytes are not all of it, and its size does not show. Found by the simulation, SIM_COPIES
 * seeds 331 and 597. */
START_TEST(so_is_a_compressed_one)
{
    write_lines(60);
    tree_copy("app.log", "app.log.1");
    write_lines(4);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_truncate("app.log", 0);
    compress("app.log.1");
    write_lines(2);
    kit_run_again(k);
    expect_all_after_a_restart();
}
END_TEST

/* There is an older one that is known, so that it would be taken for unread. SIM_COPIES seed 1563. */
START_TEST(a_copy_that_is_compressed_at_once_and_lacks_what_came_later_is_not_read_again)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    copy_and_truncate("app.log.2");
    write_lines(60);
    kit_pass_ms(k, 2000);
    tree_copy("app.log", "app.log.1");
    write_lines(4);
    kit_pass_ms(k, 2000);
    compress("app.log.1");
    tree_truncate("app.log", 0);
    write_lines(2);
    expect_all_after_a_restart();
}
END_TEST

START_TEST(a_copy_that_is_made_while_the_agent_starts_is_not_read)
{
    write_lines(5);
    copy_and_truncate("app.log.2");
    write_lines(5);
    kit_pass_ms(k, 5000);
    kit_stop(k);
    tree_copy("app.log", "app.log.1");
    kit_run_again(k);
    kit_pass_ms(k, 2000);
    tree_truncate("app.log", 0);
    write_lines(2);
    expect_all_after_a_restart();
}
END_TEST

START_TEST(a_copy_that_is_compressed_at_once_is_read_to_its_end)
{
    char *text;

    write_lines(5);
    kit_pass_ms(k, 2000);
    write_lines(3);
    text = mem_text(tree_read("app.log", NULL));
    tree_write_gzip("app.log.1.gz", text);
    mem_free(text);
    tree_truncate("app.log", 0);
    write_lines(2);
    expect_all_after_a_restart();
}
END_TEST

/* The bytes that were seen, and are neither in a record nor in the copy. */
START_TEST(what_was_seen_and_is_in_no_copy_is_counted)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    tree_copy("app.log", "app.log.1");
    tree_append("app.log", "a line that nobody ended");
    kit_pass_ms(k, 2000);
    tree_truncate("app.log", 0);
    write_lines(2);
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    ck_assert_uint_eq(kit_input(k)->truncated_dropped_bytes, strlen("a line that nobody ended"));
    ck_assert_uint_eq(kit_input(k)->lost_bytes, strlen("a line that nobody ended"));
}
END_TEST

/* Nobody else looked in between. Found by the simulation, SIM_COPIES seed 2646. */
START_TEST(so_is_what_a_look_for_the_metrics_saw)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    tree_append("app.log", "a line that came late\n");
    ck_assert_uint_eq(kit_input(k)->unread_bytes, strlen("a line that came late\n"));
    tree_truncate("app.log", 0);
    write_lines(2);
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    ck_assert_uint_eq(kit_input(k)->truncated_dropped_bytes, strlen("a line that came late\n"));
}
END_TEST

/* Memory is full of what a dead back-end does not take. Of the empty log is known then what
 * it holds when it is looked at, and nothing is read: what was copied before that is looked for first.
 * Found by the simulation, SIM_COPIES seed 6066. */
START_TEST(a_copy_that_was_made_while_memory_was_short_is_read)
{
    struct buffer text = {0};

    kit_end(&k);
    k = kit_start(SERVICE " records_limit 1M\n" LOGS_ALL ES("PORT"));
    kit_append(k, "app.log", "");
    backend_down(k->es);
    while (text.len < 2 << 20)
        buffer_append_format(&text, "%0*d\n", 4000, 0);
    kit_append(k, "busy.log", buffer_text(&text));
    kit_pass_ms(k, 10000);
    write_lines(3);
    copy_and_truncate("app.log.1");
    write_lines(2);
    kit_pass_ms(k, 10000);
    kit_kill(k);
    write_lines(2);
    kit_run_again(k);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    for (unsigned i = 0; i < written; i++) {
        char line[LINE_BYTES];

        snprintf(line, sizeof line, "line-%05u-of-a-log-that-is-copied ", i);
        ck_assert_msg(strstr(backend_taken(k->es), line) != NULL, "line %u is missing", i);
    }
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    buffer_fini(&text);
}
END_TEST

#define PIECE "2026-11-21T05:00:00.000000001Z stdout P one-"
#define LAST_PIECE "2026-11-21T05:00:01.000000001Z stdout F two"

/* Given away at the truncation, the piece would come once more with those that the copy has. Found by the
 * simulation, SIM_COPIES and SIM_TROUBLE seed 706686. */
START_TEST(a_piece_that_waits_comes_with_the_copy_that_cannot_be_read_yet)
{
    kit_end(&k);
    k = kit_start(SERVICE LOGS " multiline.parser cri\n" ES("PORT"));
    kit_append(k, "app.log", PIECE "\n");
    kit_pass_ms(k, 100);
    tree_append("app.log", LAST_PIECE "\n");
    copy_and_truncate("app.log.1");
    tree_forbid("app.log.1");
    kit_pass_ms(k, 1100);
    tree_permit("app.log.1");
    kit_pass_ms(k, 70000);
    ck_assert_str_eq(backend_taken(k->es), "one-two ");
}
END_TEST

Suite *suite_pipeline_copies(void);
Suite *suite_pipeline_copies(void)
{
    Suite *suite = suite_create("pipeline/copies");
    TCase *t = tcase_create("copies");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, several_rounds_between_two_looks_are_all_read);
    tcase_add_test(t, a_log_that_is_empty_at_each_look_is_not_missed);
    tcase_add_test(t, what_an_empty_log_got_since_is_newer_than_its_copy);
    tcase_add_test(t, a_copy_that_lacks_what_came_before_the_truncation_is_not_read_again);
    tcase_add_test(t, such_a_copy_is_known_though_nobody_saw_the_truncation);
    tcase_add_test(t, so_is_a_compressed_one);
    tcase_add_test(t,
                   a_copy_that_is_compressed_at_once_and_lacks_what_came_later_is_not_read_again);
    tcase_add_test(t, a_copy_that_is_made_while_the_agent_starts_is_not_read);
    tcase_add_test(t, a_copy_that_is_compressed_at_once_is_read_to_its_end);
    tcase_add_test(t, what_was_seen_and_is_in_no_copy_is_counted);
    tcase_add_test(t, so_is_what_a_look_for_the_metrics_saw);
    tcase_add_test(t, a_copy_that_was_made_while_memory_was_short_is_read);
    tcase_add_test(t, a_piece_that_waits_comes_with_the_copy_that_cannot_be_read_yet);
    suite_add_tcase(suite, t);
    return suite;
}
