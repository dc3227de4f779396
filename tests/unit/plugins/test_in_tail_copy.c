#include "base/memory.h"
#include "kit/stuck.h"
#include "plugins/in_tail/exit.h"
#include "plugins/in_tail/file.h"
#include "plugins/in_tail/follow.h"
#include "unit/plugins/long_kit.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

/* A log was truncated, and its copy compressed before anybody looked: a worker looks into that, and
 * meanwhile the loop goes on. */

#define POLL_MS 2000
#define PACKED "app.log.1.gz"
#define MANY 12
#define FEW_LINES 100

static struct long_kit kit;

static void set_up(void)
{
    long_set_up(&kit);
}

static void tear_down(void)
{
    long_tear_down(&kit);
}

/* All lines are read and acknowledged, and more came, which nobody has seen. */
static void read_and_write_more(void)
{
    tree_write("app.log", kit.text);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES);
    snprintf(kit.text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
}

/* What is in `kit.text`. */
static void copy_packed_and_truncate(void)
{
    tree_write_gzip(PACKED, kit.text);
    tree_truncate("app.log", 0);
    tree_append("app.log", "the first line after that\n");
}

static struct tail_file *sought_file(void)
{
    LIST_FOR (it, &kit.tail.self->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->ending.copies != NULL)
            return f;
    }
    return NULL;
}

/* No worker is at it before they are freed. */
static void look_and_expect_a_search(void)
{
    kit.tail.kit.is_holding = true;
    workers_stick(kit.tail.kit.loop);
    long_pass_ms(&kit, POLL_MS);
    ck_assert_ptr_nonnull(sought_file());
}

START_TEST(the_loop_goes_on_while_it_is_sought)
{
    const char *records;

    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    long_pass_ms(&kit, 1000);
    ck_assert_ptr_nonnull(sought_file());
    workers_free(kit.tail.kit.loop);
    ck_assert_ptr_null(sought_file());
    records = long_read_all(&kit);
    ck_assert_ptr_nonnull(strstr(records, "what came later"));
    ck_assert_ptr_nonnull(strstr(records, "the first line after that"));
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(what_is_sought_and_what_came_since_is_unread)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    in_tail.refresh(kit.tail.self);
    ck_assert_uint_ge(kit.tail.kit.input.metrics.unread_bytes,
                      strlen("the first line after that\n"));
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    in_tail.refresh(kit.tail.self);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.unread_bytes, 0);
}
END_TEST

/* Three lines of those that were read; and a line was seen that is in no copy. */
START_TEST(one_that_has_a_beginning_is_taken_where_none_has_all)
{
    read_and_write_more();
    kit.text[(size_t)(LINES - 3) * LINE_BYTES] = '\0';
    tree_append("app.log", "never ended");
    (void)long_read_all(&kit);
    copy_packed_and_truncate();
    look_and_expect_a_search();
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.truncated_dropped_bytes, strlen("never ended"));
}
END_TEST

/* What begins alike, and goes on otherwise: it is not the copy, but was written while nobody looked. */
START_TEST(one_that_is_another_is_left_for_the_one_that_is_it)
{
    const char *records;

    read_and_write_more();
    tree_write_gzip("app.log.2.gz", kit.text);
    kit.text[(size_t)LINES * LINE_BYTES - 5] = '!';
    copy_packed_and_truncate();
    look_and_expect_a_search();
    workers_free(kit.tail.kit.loop);
    records = long_read_all(&kit);
    ck_assert_ptr_nonnull(strstr(records, "what came later"));
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1 + LINES + 1 + 1);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(nobody_exits_meanwhile)
{
    kit.exit_on_eof = "on";
    tree_write("app.log", kit.text);
    long_start(&kit);
    kit.tail.kit.is_holding = true;
    tail_kit_settle(&kit.tail);
    ck_assert_uint_eq(kit.tail.kit.exit_count, 1);
    kit.tail.self->exit.was_wanted = false;
    copy_packed_and_truncate();
    look_and_expect_a_search();
    tail_exit_look(kit.tail.self, true);
    ck_assert_uint_eq(kit.tail.kit.exit_count, 1);
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.exit_count, 2);
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
    long_pass_ms(&kit, POLL_MS);
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 3);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
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
    kit.tail.kit.is_holding = true;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){1, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    tail_file_touch(CONTAINER_OF(kit.tail.self->followed.files.next, struct tail_file, link));
    for (unsigned i = 0; i < 5; i++)
        loop_turn(kit.tail.kit.loop, false);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1);
}
END_TEST

/* ---- all workers are stuck in what a disk does not finish ---- */

/* The log is not waited for any longer; what the copy has is found by its row. */
START_TEST(a_disk_that_does_not_answer_keeps_the_log_waiting_for_so_long_only)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    long_pass_ms(&kit, 29000);
    ck_assert_ptr_nonnull(sought_file());
    long_pass_ms(&kit, 1001);
    ck_assert_ptr_null(sought_file());
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    ck_assert_uint_ge(kit.tail.kit.input.metrics.records, LINES + 1);
    tail_kit_stop(&kit.tail);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
}
END_TEST

START_TEST(a_tail_that_stops_waits_for_no_worker)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    tail_kit_stop(&kit.tail);
    ck_assert_uint_gt(job_count(kit.tail.kit.loop), STUCK_JOBS);
    workers_free(kit.tail.kit.loop);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
}
END_TEST

/* Grace lasts on, and what was armed before it is over: nothing is begun then, and the next one finds the
 * copy. */
START_TEST(what_is_found_while_the_tail_stops_is_left_to_the_next_one)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    long_pass_ms(&kit, 27000);
    in_tail.stop(kit.tail.self);
    clock_advance_ms(4000);
    workers_free(kit.tail.kit.loop);
    ck_assert_ptr_nonnull(sought_file());
    in_tail.fini(kit.tail.self);
    plugin_gone(&kit.tail.plugin, kit.tail.self);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(who_takes_over_seeks_it_again)
{
    read_and_write_more();
    copy_packed_and_truncate();
    look_and_expect_a_search();
    kit.tail.kit.input.is_replaced = true;
    tail_kit_stop(&kit.tail);
    kit.tail.kit.input.is_replaced = false;
    kit.tail.kit.input.since_ns = clock_wall_ns();
    long_start(&kit);
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

/* It was copied, truncated and renamed while nobody looked. */
START_TEST(what_is_renamed_while_one_takes_over_is_read_once)
{
    read_and_write_more();
    kit.tail.kit.input.is_replaced = true;
    tail_kit_stop(&kit.tail);
    kit.tail.kit.input.is_replaced = false;
    tree_write("app.log.2", kit.text);
    tree_truncate("app.log", 0);
    tree_append("app.log", "the first line after that\n");
    tree_rename("app.log", "app.log.1");
    tree_write("app.log", "the next file\n");
    kit.tail.kit.input.since_ns = clock_wall_ns();
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 3);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

/* ---- many at once ---- */

static const char *name_of(unsigned i, const char *end)
{
    static char name[32];

    snprintf(name, sizeof name, "pod-%02u.log%s", i, end);
    return name;
}

/* Each log begins otherwise; all are read and acknowledged, and a line more is in each copy, and in each log. */
static void read_and_truncate_many(void)
{
    kit.text[(size_t)FEW_LINES * LINE_BYTES] = '\0';
    for (unsigned i = 0; i < MANY; i++) {
        kit.text[0] = (char)('a' + i);
        tree_write(name_of(i, ""), kit.text);
    }
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, MANY * FEW_LINES);
    snprintf(kit.text + (size_t)FEW_LINES * LINE_BYTES, 64, "what came later\n");
    for (unsigned i = 0; i < MANY; i++) {
        kit.text[0] = (char)('a' + i);
        tree_write_gzip(name_of(i, ".1.gz"), kit.text);
        tree_truncate(name_of(i, ""), 0);
        tree_append(name_of(i, ""), "the first line after that\n");
    }
}

static unsigned sought_count(void)
{
    unsigned count = 0;

    LIST_FOR (it, &kit.tail.self->followed.files)
        count += CONTAINER_OF(it, struct tail_file, link)->ending.copies != NULL;
    return count;
}

START_TEST(of_many_logs_the_copy_of_one_is_sought_at_a_time)
{
    read_and_truncate_many();
    look_and_expect_a_search();
    ck_assert_uint_eq(sought_count(), MANY);
    ck_assert_uint_eq(job_count(kit.tail.kit.loop), STUCK_JOBS + 1);
    workers_free(kit.tail.kit.loop);
    ck_assert_uint_eq(sought_count(), 0);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, MANY * (FEW_LINES + 2));
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(a_tail_that_stops_leaves_those_that_wait_for_their_turn)
{
    read_and_truncate_many();
    look_and_expect_a_search();
    tail_kit_stop(&kit.tail);
    workers_free(kit.tail.kit.loop);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, MANY * (FEW_LINES + 2));
}
END_TEST

/* It is not the disk that keeps it: each takes less than that is waited for, and all together more. */
START_TEST(one_that_waits_for_its_turn_is_patient_as_long_as_others_go_on)
{
    read_and_truncate_many();
    kit.tail.kit.is_holding = true;
    long_pass_ms(&kit, POLL_MS);
    for (unsigned left = sought_count(), count; left > 0; left = count) {
        loop_turn(kit.tail.kit.loop, true);
        count = sought_count();
        if (count < left)
            clock_advance_ms(20000);
    }
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, MANY * (FEW_LINES + 2));
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
    tcase_add_test(tcase, what_is_found_while_the_tail_stops_is_left_to_the_next_one);
    tcase_add_test(tcase, who_takes_over_seeks_it_again);
    tcase_add_test(tcase, what_is_renamed_while_one_takes_over_is_read_once);
    tcase_add_test(tcase, of_many_logs_the_copy_of_one_is_sought_at_a_time);
    tcase_add_test(tcase, a_tail_that_stops_leaves_those_that_wait_for_their_turn);
    tcase_add_test(tcase, one_that_waits_for_its_turn_is_patient_as_long_as_others_go_on);
    suite_add_tcase(suite, tcase);
    return suite;
}
