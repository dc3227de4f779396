#include "base/memory.h"
#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/stuck.h"
#include "kit/tree.h"
#include "plugins/in_tail/tail.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

/* A log was truncated, and its copy compressed before anybody looked: a worker looks into that, and
 * meanwhile the loop goes on. */

#define POLL_MS 2000
#define LINE_BYTES 64
#define LINES 32768
#define PACKED "app.log.1.gz"

extern const struct input_plugin in_tail;

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;
static char db[512], pattern[512];
static char *text; /* LINES lines, and room for more */

static const char *exit_on_eof;

static void start(void)
{
    const char *const options[] = {"exit_on_eof",
                                   exit_on_eof,
                                   "path",
                                   pattern,
                                   "read_from_head",
                                   "on",
                                   "inotify_watcher",
                                   "off",
                                   "watcher_interval",
                                   "2s",
                                   "db",
                                   db,
                                   NULL};

    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options, options);
    ck_assert_int_eq(plugin.status, 0);
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
}

static void stop(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    plugin_gone(&plugin, self);
    self = NULL;
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    exit_on_eof = "off";
    tree_plant();
    tree_folder("state");
    snprintf(db, sizeof db, "%s", tree_path("state/positions.db"));
    snprintf(pattern, sizeof pattern, "%s", tree_path("*.log"));
    text = mem_zalloc(LINES + 16, LINE_BYTES);
    for (unsigned i = 0; i < LINES; i++)
        snprintf(text + (size_t)i * LINE_BYTES, LINE_BYTES + 1, "%063u\n", i);
}

static void tear_down(void)
{
    stop();
    input_kit_fini(&kit);
    tree_fell();
    mem_free(text);
    clock_real();
    log_level_set(LOG_INFO);
}

/* Until nothing is under way: rows are on the disk, and what is there was read. */
static void settle(void)
{
    for (unsigned i = 0; i < 100 || job_count(kit.loop) > 0; i++) {
        clock_advance_ms(POSITIONS_GAP_MS);
        loop_turn(kit.loop, job_count(kit.loop) > 0);
    }
}

/* What is there is read, then acknowledged; lent as by input_kit_records. */
static const char *read_all(void)
{
    const char *records;

    kit.is_holding = true;
    settle();
    records = input_kit_records(&kit);
    input_kit_settle(&kit);
    settle();
    return records;
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    for (unsigned i = 0; i < 3; i++)
        loop_turn(kit.loop, false);
}

/* All lines are read and acknowledged, and more came, which nobody has seen. */
static void read_and_write_more(void)
{
    tree_write("app.log", text);
    start();
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES);
    snprintf(text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
}

/* What is in `text`. */
static void copy_packed_and_truncate(void)
{
    tree_write_gzip(PACKED, text);
    tree_truncate("app.log", 0);
    tree_append("app.log", "the first line after that\n");
}

static struct tail_file *sought_file(void)
{
    LIST_FOR (it, &self->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->ending.copies != NULL)
            return f;
    }
    return NULL;
}

/* No worker is at it before they are freed. */
static void look_and_expect_a_search(void)
{
    kit.is_holding = true;
    workers_stick(kit.loop);
    pass_ms(POLL_MS);
    ck_assert_ptr_nonnull(sought_file());
}

START_TEST(the_loop_goes_on_while_it_is_sought)
{
    const char *records;

    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    pass_ms(1000);
    ck_assert_ptr_nonnull(sought_file());
    workers_free(kit.loop);
    ck_assert_ptr_null(sought_file());
    records = read_all();
    ck_assert_ptr_nonnull(strstr(records, "what came later"));
    ck_assert_ptr_nonnull(strstr(records, "the first line after that"));
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(what_is_sought_and_what_came_since_is_unread)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    in_tail.refresh(self);
    ck_assert_uint_ge(kit.input.metrics.unread_bytes, strlen("the first line after that\n"));
    workers_free(kit.loop);
    (void)read_all();
    in_tail.refresh(self);
    ck_assert_uint_eq(kit.input.metrics.unread_bytes, 0);
}
END_TEST

/* Three lines of those that were read; and a line was seen that is in no copy. */
START_TEST(one_that_has_a_beginning_is_taken_where_none_has_all)
{
    read_and_write_more();
    text[(size_t)(LINES - 3) * LINE_BYTES] = '\0';
    tree_append("app.log", "never ended");
    (void)read_all();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    workers_free(kit.loop);
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 1);
    ck_assert_uint_eq(kit.input.metrics.truncated_dropped_bytes, strlen("never ended"));
}
END_TEST

/* What begins alike, and goes on otherwise: it is not the copy, but was written while nobody looked. */
START_TEST(one_that_is_another_is_left_for_the_one_that_is_it)
{
    const char *records;

    read_and_write_more();
    tree_write_gzip("app.log.2.gz", text);
    text[(size_t)LINES * LINE_BYTES - 5] = '!';
    copy_packed_and_truncate();
    look_and_expect_a_search();
    workers_free(kit.loop);
    records = read_all();
    ck_assert_ptr_nonnull(strstr(records, "what came later"));
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 1 + LINES + 1 + 1);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(nobody_exits_meanwhile)
{
    exit_on_eof = "on";
    tree_write("app.log", text);
    start();
    kit.is_holding = true;
    settle();
    ck_assert_uint_eq(kit.exit_count, 1);
    self->exit.was_wanted = false;
    copy_packed_and_truncate();
    look_and_expect_a_search();
    tail_exit_look(self, true);
    ck_assert_uint_eq(kit.exit_count, 1);
    workers_free(kit.loop);
    (void)read_all();
    ck_assert_uint_eq(kit.exit_count, 2);
}
END_TEST

/* The name is another file's before the search is over. */
START_TEST(what_was_written_is_read_though_it_is_renamed_meanwhile)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    tree_rename("app.log", "app.log.0");
    tree_rename(PACKED, "app.log.2.gz");
    tree_write("app.log", "the next file\n");
    pass_ms(POLL_MS);
    workers_free(kit.loop);
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 3);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}
END_TEST

/* Its descriptor is the only way to it. Found by the simulation, SIM_COPIES and SIM_TROUBLE seeds 43216 and
 * 43713. */
START_TEST(what_came_since_is_read_though_it_is_deleted_and_no_other_descriptor_is_to_be_had)
{
    struct rlimit before, none;

    read_and_write_more();
    tree_truncate("app.log", 0);
    tree_append("app.log", "the first line after that\n");
    tree_remove("app.log");
    kit.is_holding = true;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){1, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    tail_file_touch(CONTAINER_OF(self->followed.files.next, struct tail_file, link));
    for (unsigned i = 0; i < 5; i++)
        loop_turn(kit.loop, false);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 1);
}
END_TEST

/* ---- all workers are stuck in what a disk does not finish ---- */

/* The log is not waited for any longer; what the copy has is found by its row. */
START_TEST(a_disk_that_does_not_answer_keeps_the_log_waiting_for_so_long_only)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    pass_ms(29000);
    ck_assert_ptr_nonnull(sought_file());
    pass_ms(1001);
    ck_assert_ptr_null(sought_file());
    workers_free(kit.loop);
    (void)read_all();
    ck_assert_uint_ge(kit.input.metrics.records, LINES + 1);
    stop();
    start();
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 2);
}
END_TEST

START_TEST(a_tail_that_stops_waits_for_no_worker)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    stop();
    ck_assert_uint_gt(job_count(kit.loop), STUCK_JOBS);
    workers_free(kit.loop);
    start();
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 2);
}
END_TEST

START_TEST(who_takes_over_seeks_it_again)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    kit.input.is_replaced = true;
    stop();
    kit.input.is_replaced = false;
    kit.input.since_ns = clock_wall_ns();
    start();
    workers_free(kit.loop);
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}
END_TEST

Suite *suite_plugins_in_tail_copy(void);

Suite *suite_plugins_in_tail_copy(void)
{
    Suite *suite = suite_create("plugins/in_tail_copy");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_loop_goes_on_while_it_is_sought);
    tcase_add_test(tcase, what_is_sought_and_what_came_since_is_unread);
    tcase_add_test(tcase, one_that_has_a_beginning_is_taken_where_none_has_all);
    tcase_add_test(tcase, one_that_is_another_is_left_for_the_one_that_is_it);
    tcase_add_test(tcase, nobody_exits_meanwhile);
    tcase_add_test(tcase, what_was_written_is_read_though_it_is_renamed_meanwhile);
    tcase_add_test(
        tcase, what_came_since_is_read_though_it_is_deleted_and_no_other_descriptor_is_to_be_had);
    tcase_add_test(tcase, a_disk_that_does_not_answer_keeps_the_log_waiting_for_so_long_only);
    tcase_add_test(tcase, a_tail_that_stops_waits_for_no_worker);
    tcase_add_test(tcase, who_takes_over_seeks_it_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
