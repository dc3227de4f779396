#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <signal.h>
#include <sys/resource.h>

/* Trouble with the file of the positions: what is read is delivered all the same. */

static struct kit *k;
static struct rlimit size_before;

static void set_up(void)
{
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &size_before), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &size_before), 0);
    if (k != NULL)
        kit_end(&k);
}

/* Lines of a log have room in it, pages of a database have not, wherever they are written: a journal
 * that is used again from its beginning does not grow. */
#define ROOM_BYTES 64

static void disk_is_full(void)
{
    struct rlimit limit = {.rlim_cur = ROOM_BYTES, .rlim_max = size_before.rlim_max};

    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void disk_has_room_again(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &size_before), 0);
}

START_TEST(a_full_disk_does_not_keep_records_from_being_delivered)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 10000);
    disk_is_full();
    kit_append(k, "app.log", "two\n");
    kit_append(k, "web.log", "three\n");
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(backend_taken_count(k->es), 3);
    pipeline_refresh(k->pipeline);
    ck_assert_uint_gt(kit_input(k)->position_failures, 0);
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_bookmark(k, "web.log", 6);
}
END_TEST

/* The positions are kept in memory, and are on disk once there is room. */
START_TEST(positions_are_saved_when_the_disk_has_room_again)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 10000);
    disk_is_full();
    kit_append(k, "app.log", "two\n");
    kit_append(k, "web.log", "three\n");
    kit_pass_ms(k, 10000);
    disk_has_room_again();
    kit_pass_ms(k, 60000);
    kit_kill(k);
    kit_run_again(k);
    kit_append(k, "app.log", "four\n");
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(backend_taken_count(k->es), 4);
    ck_assert_uint_eq(k->es->come, 3);
}
END_TEST

/* What was not saved is read again, under the same ids. */
START_TEST(a_kill_while_the_disk_is_full_loses_nothing_and_doubles_nothing)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 10000);
    disk_is_full();
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 10000);
    disk_has_room_again();
    kit_kill(k);
    kit_run_again(k);
    kit_pass_ms(k, 2000);
    kit_append(k, "app.log", "three\n");
    kit_pass_ms(k, 2000);
    ck_assert_str_eq(backend_taken(k->es), "one two three ");
}
END_TEST

/* inotify tells of a file before there is a line in it, and after a crash there is one: its documents
 * have the same ids. */
START_TEST(a_file_that_was_empty_at_first_has_the_same_ids_when_nothing_was_saved)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "");
    kit_pass_ms(k, 1000);
    kit_append(k, "app.log", "one");
    kit_pass_ms(k, 1000);
    kit_append(k, "app.log", " line\n");
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_remove("state/positions.db");
    kit_run_again(k);
    kit_pass_ms(k, 2000);
    ck_assert_str_eq(backend_taken(k->es), "one line ");
    ck_assert_uint_eq(k->es->come, 2);
}
END_TEST

/* The last line has no end, and never will. */
START_TEST(a_compressed_generation_is_read_to_its_last_byte)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "a-line-that-is-long-enough-to-know-the-file-by\n");
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_remove("app.log");
    tree_write_gzip("app.log.1.gz", "a-line-that-is-long-enough-to-know-the-file-by\ntorn");
    tree_write("app.log", "next\n");
    kit_run_again(k);
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(backend_taken_count(k->es), 3);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "torn "));
}
END_TEST

START_TEST(stopping_while_the_disk_is_full_is_clean)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 10000);
    disk_is_full();
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    ck_assert_uint_le(kit_stop(k), 100);
}
END_TEST

START_TEST(a_damaged_file_is_set_aside_and_begun_anew)
{
    char *garbage = mem_format("%08192d", 7);

    k = kit_make();
    tree_write("state/positions.db", garbage);
    tree_write("app.log", "one\n");
    kit_run(k, TAIL_TO_ES);
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 4);
    kit_stop(k);
    kit_run_again(k);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "two");
    mem_free(garbage);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told_at_the_start)
{
    k = kit_make();
    ck_assert_int_lt(kit_try_run(k, SERVICE "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/*.log\n"
                                            " DB ${DIR}/no/such/folder/positions.db\n" ES("PORT")),
                     0);
    ck_assert_uint_ge(k->report.error_count, 1);
    ck_assert_ptr_nonnull(memmem(k->report.text.data, k->report.text.len, "no/such/folder",
                                 strlen("no/such/folder")));
}
END_TEST

Suite *suite_pipeline_positions(void);

Suite *suite_pipeline_positions(void)
{
    Suite *suite = suite_create("pipeline/positions");
    TCase *positions = tcase_create("positions");

    tcase_add_checked_fixture(positions, set_up, tear_down);
    tcase_add_test(positions, a_full_disk_does_not_keep_records_from_being_delivered);
    tcase_add_test(positions, positions_are_saved_when_the_disk_has_room_again);
    tcase_add_test(positions, a_kill_while_the_disk_is_full_loses_nothing_and_doubles_nothing);
    tcase_add_test(positions,
                   a_file_that_was_empty_at_first_has_the_same_ids_when_nothing_was_saved);
    tcase_add_test(positions, a_compressed_generation_is_read_to_its_last_byte);
    tcase_add_test(positions, stopping_while_the_disk_is_full_is_clean);
    tcase_add_test(positions, a_damaged_file_is_set_aside_and_begun_anew);
    tcase_add_test(positions, a_file_that_cannot_be_made_is_told_at_the_start);
    suite_add_tcase(suite, positions);
    return suite;
}
