#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <sys/resource.h>

/* Files that were deleted or truncated before all of them was delivered: what is missing in the end
 * is what the counters say, to the byte and to the line. */

#define LINE_BYTES 100

/* Memory for one read of the first file; the rest of it and the others stay in the files. */
#define HOLD(limit)                                                                            \
    "[SERVICE]\n Flush 1\n Grace 5\n scheduler.base 1\n scheduler.cap 1\n records_limit 10K\n" \
    " held_limit " limit "\n"
#define TAIL_SOON TAIL " Refresh_Interval 1\n Rotate_Wait 1\n"

static struct kit *k;
static unsigned written;

static void set_up(void)
{
    k = kit_make();
    written = 0;
}

static void tear_down(void)
{
    kit_end(&k);
}

static void append_lines(const char *name, unsigned count)
{
    static const char padding[LINE_BYTES] =
        "................................................................................";
    char *text = mem_alloc((size_t)count * LINE_BYTES + 1);

    for (unsigned i = 0; i < count; i++)
        snprintf(text + (size_t)i * LINE_BYTES, LINE_BYTES + 1, "%s-%06u%-*.*s\n", name, i,
                 (int)(LINE_BYTES - 8 - strlen(name)), (int)(LINE_BYTES - 8 - strlen(name)),
                 padding);
    tree_append(name, text);
    mem_free(text);
    written += count;
}

/* Everything that is delivered, and everything that is counted as lost, is what was written. */
static void expect_books(void)
{
    const struct input_metrics *m = kit_input(k);

    ck_assert_uint_eq(backend_taken_count(k->es) + m->held_dropped_lines, written);
    ck_assert_uint_eq(m->held_dropped_bytes, m->held_dropped_lines * LINE_BYTES);
    ck_assert_uint_eq(m->lost_bytes, m->held_dropped_bytes + m->truncated_dropped_bytes);
    ck_assert_uint_eq(m->unread_bytes, 0);
}

/* Three files of 300 kB, deleted one after the other while nobody takes anything. */
static void write_and_delete_three(void)
{
    static const char *const names[] = {"a.log", "b.log", "c.log"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        append_lines(names[i], 3000);
        kit_pass_ms(k, 2000);
        tree_remove(names[i]);
        kit_pass_ms(k, 3000);
    }
}

START_TEST(deleted_files_within_the_limit_are_delivered_whole)
{
    kit_run(k, HOLD("2M") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    write_and_delete_three();
    ck_assert_uint_ge(kit_input(k)->held_bytes, 900000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    expect_books();
}
END_TEST

START_TEST(over_the_limit_the_oldest_goes_and_is_counted_to_the_line)
{
    kit_run(k, HOLD("700K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    write_and_delete_three();
    ck_assert_uint_gt(kit_input(k)->held_dropped_lines, 0);
    ck_assert_uint_lt(kit_input(k)->held_dropped_lines, 3000);
    ck_assert_uint_le(kit_input(k)->held_bytes, 700000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_gt(backend_taken_count(k->es), 6000);
    expect_books();
}
END_TEST

START_TEST(over_the_limit_by_far_all_but_what_fits_goes)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    write_and_delete_three();
    ck_assert_uint_eq(kit_input(k)->held_bytes, 0);
    ck_assert_uint_gt(kit_input(k)->held_dropped_lines, 6000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_gt(backend_taken_count(k->es), 0);
    expect_books();
}
END_TEST

START_TEST(an_unfinished_last_line_is_counted_with_the_others)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    append_lines("a.log", 3000);
    tree_append("a.log", "no feed");
    kit_pass_ms(k, 2000);
    tree_remove("a.log");
    kit_pass_ms(k, 3000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(backend_taken_count(k->es) + kit_input(k)->held_dropped_lines, 3001);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes % LINE_BYTES, 7);
}
END_TEST

/* It lies on the disk whether we have it open or not. */
START_TEST(a_file_that_was_only_renamed_is_held_for_nothing)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    append_lines("a.log", 3000);
    kit_pass_ms(k, 2000);
    tree_rename("a.log", "a.log.1");
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
    tree_remove("a.log.1");
    kit_pass_ms(k, 2000);
    ck_assert_uint_gt(kit_input(k)->held_dropped_bytes, 0);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    expect_books();
}
END_TEST

START_TEST(stopping_while_the_rest_is_counted_is_no_trouble)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    k->may_hang = true;
    backend_down(k->es);
    append_lines("a.log", 3000);
    kit_pass_ms(k, 2000);
    tree_remove("a.log");
    clock_advance_ms(1000);
    while (job_count(k->loop) == 0)
        clock_advance_ms(100), loop_turn(k->loop, false);
    kit_stop(k);
}
END_TEST

/* ---- and lies there compressed ---- */

/* As gzip does it: the other file is whole before this one goes. */
static void squeeze(const char *name)
{
    char *packed = mem_format("%s.gz", name);
    size_t len;

    tree_write_gzip(packed, tree_read(name, &len));
    ck_assert_uint_lt(len, TREE_READ_MAX);
    tree_remove(name);
    mem_free(packed);
}

/* Four generations of 50 kB, each of which is renamed and then compressed, while nobody takes anything. */
static void write_and_squeeze_four(void)
{
    static const char *const old[] = {"a.log.20261121-01", "a.log.20261121-02", "a.log.20261121-03",
                                      "a.log.20261121-04"};

    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        append_lines("a.log", 500);
        kit_pass_ms(k, 2000);
        tree_rename("a.log", old[i]);
        kit_pass_ms(k, 2000);
        if (i > 0)
            squeeze(old[i - 1]);
        kit_pass_ms(k, 2000);
    }
}

START_TEST(over_the_limit_what_was_compressed_is_read_on_there)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    write_and_squeeze_four();
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
    backend_up(k->es);
    kit_pass_ms(k, 120000);
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    ck_assert_uint_eq(kit_input(k)->held_dropped_lines, 0);
    expect_books();
}
END_TEST

/* ---- and there is no descriptor to look for that ---- */

static struct rlimit files_before;

static void descriptors_end(void)
{
    struct rlimit none;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files_before), 0);
    none = (struct rlimit){1, files_before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void descriptors_return(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files_before), 0);
}

/* Another file fills the memory, so that nothing of this one is read. */
static void write_and_squeeze_without_descriptors(uint64_t ms)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    append_lines("b.log", 500);
    kit_pass_ms(k, 2000);
    append_lines("a.log", 500);
    kit_pass_ms(k, 2000);
    tree_rename("a.log", "a.log.20261121-01");
    kit_pass_ms(k, 2000);
    squeeze("a.log.20261121-01");
    descriptors_end();
    for (uint64_t at = 0; at < ms; at += 100)
        clock_advance_ms(100), loop_turn(k->loop, false);
    descriptors_return();
}

START_TEST(a_compressed_file_that_cannot_be_looked_at_now_is_looked_at_later)
{
    write_and_squeeze_without_descriptors(30000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
    backend_up(k->es);
    kit_pass_ms(k, 120000);
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    expect_books();
}
END_TEST

/* A disk is not kept full for ever. */
START_TEST(one_that_cannot_be_looked_at_for_a_minute_is_let_go_of)
{
    write_and_squeeze_without_descriptors(70000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 500 * LINE_BYTES);
    backend_up(k->es);
    kit_pass_ms(k, 120000);
    ck_assert_uint_eq(backend_taken_count(k->es), written - 500);
}
END_TEST

/* The compressed one is held then, with all its bytes. */
START_TEST(what_was_compressed_and_is_deleted_too_is_counted_to_the_line)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    write_and_squeeze_four();
    kit_pass_ms(k, 5000);
    tree_remove("a.log.20261121-01.gz");
    tree_remove("a.log.20261121-02.gz");
    kit_pass_ms(k, 5000);
    ck_assert_uint_gt(kit_input(k)->held_dropped_lines, 0);
    ck_assert_uint_le(kit_input(k)->held_dropped_lines, 1000);
    backend_up(k->es);
    kit_pass_ms(k, 120000);
    ck_assert_uint_ge(backend_taken_count(k->es), 1000);
    expect_books();
}
END_TEST

START_TEST(a_compressed_file_that_only_begins_alike_is_not_read_for_it)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    append_lines("a.log", 500);
    kit_pass_ms(k, 2000);
    tree_rename("a.log", "a.log.1");
    kit_pass_ms(k, 2000);
    tree_append("a.log.1", "behind what was compressed\n");
    tree_copy("a.log.1", "copy");
    tree_truncate("copy", 49000);
    tree_write_gzip("a.log.1.gz", tree_read("copy", NULL));
    tree_remove("a.log.1");
    kit_pass_ms(k, 5000);
    ck_assert_uint_gt(kit_input(k)->held_dropped_lines, 0);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(backend_taken_count(k->es) + kit_input(k)->held_dropped_lines, written + 1);
}
END_TEST

/* The same ids: nothing is delivered twice, nor read again. */
START_TEST(what_goes_on_in_a_compressed_file_goes_on_there_after_a_restart)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    write_and_squeeze_four();
    append_lines("a.log", 100);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
    kit_stop(k);
    backend_up(k->es);
    kit_run_again(k);
    kit_pass_ms(k, 120000);
    ck_assert_uint_eq(backend_taken_count(k->es), written);
    ck_assert_uint_eq(kit_input(k)->held_dropped_bytes, 0);
}
END_TEST

START_TEST(stopping_while_a_compressed_file_is_looked_at_is_no_trouble)
{
    kit_run(k, HOLD("1K") TAIL_SOON ES("PORT"));
    k->may_hang = true;
    backend_down(k->es);
    append_lines("a.log", 500);
    kit_pass_ms(k, 2000);
    tree_rename("a.log", "a.log.1");
    kit_pass_ms(k, 2000);
    squeeze("a.log.1");
    clock_advance_ms(1000);
    while (job_count(k->loop) == 0)
        clock_advance_ms(100), loop_turn(k->loop, false);
    kit_stop(k);
}
END_TEST

/* ---- truncation ---- */

START_TEST(bytes_that_were_truncated_unread_are_counted)
{
    kit_run(k, HOLD("1M") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    append_lines("a.log", 3000);
    kit_pass_ms(k, 2000);
    tree_truncate("a.log", 0);
    append_lines("a.log", 10);
    kit_pass_ms(k, 2000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(
        backend_taken_count(k->es) + kit_input(k)->truncated_dropped_bytes / LINE_BYTES, written);
    ck_assert_uint_eq(kit_input(k)->truncated_dropped_lines, 0);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, kit_input(k)->truncated_dropped_bytes);
}
END_TEST

/* Nothing is read then, but how long the file was is seen. */
START_TEST(what_came_while_memory_was_full_and_was_truncated_is_counted_too)
{
    kit_run(k, HOLD("1M") TAIL_SOON ES("PORT"));
    backend_down(k->es);
    append_lines("a.log", 3000);
    kit_pass_ms(k, 2000);
    append_lines("a.log", 1000);
    kit_pass_ms(k, 100);
    tree_truncate("a.log", 0);
    kit_pass_ms(k, 100);
    append_lines("a.log", 10);
    kit_pass_ms(k, 2000);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(
        backend_taken_count(k->es) + kit_input(k)->truncated_dropped_bytes / LINE_BYTES, written);
}
END_TEST

START_TEST(an_unfinished_line_that_was_truncated_is_a_line)
{
    kit_run(k, HOLD("1M") TAIL_SOON ES("PORT"));
    tree_append("a.log", "one\nthe beginning");
    kit_pass_ms(k, 2000);
    tree_truncate("a.log", 0);
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(kit_input(k)->truncated_dropped_lines, 1);
    ck_assert_uint_eq(kit_input(k)->truncated_dropped_bytes, 13);
}
END_TEST

/* What it holds now is longer than what it held: nothing of that was unread. */
START_TEST(a_file_that_was_rewritten_longer_lost_nothing)
{
    kit_run(k, HOLD("1M") TAIL_SOON ES("PORT"));
    append_lines("a.log", 10);
    kit_pass_ms(k, 2000);
    tree_write("a.log", "another\n");
    append_lines("a.log", 30);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(backend_taken_count(k->es), written + 1);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
}
END_TEST

Suite *suite_pipeline_held(void);
Suite *suite_pipeline_held(void)
{
    Suite *suite = suite_create("pipeline/held");
    TCase *t = tcase_create("held");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, deleted_files_within_the_limit_are_delivered_whole);
    tcase_add_test(t, over_the_limit_the_oldest_goes_and_is_counted_to_the_line);
    tcase_add_test(t, over_the_limit_by_far_all_but_what_fits_goes);
    tcase_add_test(t, an_unfinished_last_line_is_counted_with_the_others);
    tcase_add_test(t, a_file_that_was_only_renamed_is_held_for_nothing);
    tcase_add_test(t, stopping_while_the_rest_is_counted_is_no_trouble);
    tcase_add_test(t, over_the_limit_what_was_compressed_is_read_on_there);
    tcase_add_test(t, a_compressed_file_that_cannot_be_looked_at_now_is_looked_at_later);
    tcase_add_test(t, one_that_cannot_be_looked_at_for_a_minute_is_let_go_of);
    tcase_add_test(t, what_was_compressed_and_is_deleted_too_is_counted_to_the_line);
    tcase_add_test(t, a_compressed_file_that_only_begins_alike_is_not_read_for_it);
    tcase_add_test(t, what_goes_on_in_a_compressed_file_goes_on_there_after_a_restart);
    tcase_add_test(t, stopping_while_a_compressed_file_is_looked_at_is_no_trouble);
    tcase_add_test(t, bytes_that_were_truncated_unread_are_counted);
    tcase_add_test(t, what_came_while_memory_was_full_and_was_truncated_is_counted_too);
    tcase_add_test(t, an_unfinished_line_that_was_truncated_is_a_line);
    tcase_add_test(t, a_file_that_was_rewritten_longer_lost_nothing);
    suite_add_tcase(suite, t);
    return suite;
}
