#include "base/clock.h"
#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What happens to files, through the whole path: rotation, truncation, restarts, lines of any length,
 * and files that cannot be read. */

static struct kit *k;

static void set_up(void)
{
    k = kit_start(TAIL_TO_ES);
}

static void tear_down(void)
{
    kit_end(&k);
}

/* Ends this run and begins the next; meanwhile the test does what it wants with the files. */
static void restart(void)
{
    kit_run_again(k);
}

#define TAIL_ROTATED                                                                       \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/app.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n"

static void only_app_log(void)
{
    kit_end(&k);
    k = kit_start(SERVICE TAIL_ROTATED ES("PORT"));
}

/* How often the file was opened since the last call. */
static unsigned count_opened(int watch)
{
    struct inotify_event event;
    unsigned count = 0;

    while (read(watch, &event, sizeof event) == (ssize_t)sizeof event)
        count++;
    return count;
}

static int watch_opened(const char *name)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    ck_assert_int_ge(inotify_add_watch(watch, tree_path(name), IN_OPEN), 0);
    return watch;
}

/* Lines that come by its other name are told of by that name alone. */
START_TEST(a_file_with_two_names_is_read_by_either_and_opened_once)
{
    int watch;

    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    ck_assert_int_eq(link(tree_path("app.log"), tree_path("same.log")), 0);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 1000);
    watch = watch_opened("app.log");
    kit_append(k, "same.log", "three\n");
    kit_append(k, "app.log", "four\n");
    kit_append(k, "same.log", "five\n");
    ck_assert_uint_le(count_opened(watch), 3); /* by ourselves; equal ones may count as one */
    kit_pass_ms(k, 1000);
    ck_assert_str_eq(backend_taken(k->es), "one two three four five ");
    close(watch);
}
END_TEST

START_TEST(of_two_names_the_other_stays_when_the_first_goes)
{
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    ck_assert_int_eq(link(tree_path("app.log"), tree_path("same.log")), 0);
    kit_append(k, "same.log", "two\n");
    tree_remove("app.log");
    kit_quiet(k);
    kit_append(k, "same.log", "three\n");
    kit_pass_ms(k, 1000);
    tree_remove("same.log");
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "one two three ");
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

/* ---- rotation ---- */

START_TEST(a_rotated_file_is_read_to_its_end_and_the_new_one_from_its_beginning)
{
    only_app_log();
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    tree_rename("app.log", "app.log.1");
    tree_append("app.log.1", "two\n");
    kit_append(k, "app.log", "three\n");
    kit_append(k, "app.log.1", "four\n");
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(backend_taken_count(k->es), 4);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "one "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "two "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "three "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "four "));
    kit_expect_bookmark(k, "app.log", 6);
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
    ck_assert_uint_eq(kit_input(k)->files_rotated, 1);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
}
END_TEST

START_TEST(a_rotated_file_is_kept_until_the_back_end_has_it)
{
    only_app_log();
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 60000);
    ck_assert_uint_eq(kit_input(k)->files_closed, 0);
    ck_assert_uint_gt(kit_input(k)->held_bytes, 0);
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

START_TEST(a_deleted_file_is_read_to_its_end)
{
    backend_down(k->es);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    tree_remove("app.log");
    kit_pass_ms(k, 30000);
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "one two ");
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->files_closed, 1);
}
END_TEST

START_TEST(a_file_that_is_made_anew_is_another_one)
{
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    tree_remove("app.log");
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 10000);
    /* The same text at the same offset of another file: two documents. */
    ck_assert_str_eq(backend_taken(k->es), "one one ");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(an_unfinished_line_of_a_rotated_file_is_a_line)
{
    only_app_log();
    kit_append(k, "app.log", "one\nend without a feed");
    kit_pass_ms(k, 1000);
    ck_assert_str_eq(backend_taken(k->es), "one ");
    tree_rename("app.log", "app.log.1");
    kit_append(k, "app.log", "");
    kit_pass_ms(k, 10000);
    ck_assert_str_eq(backend_taken(k->es), "one end without a feed ");
}
END_TEST

/* ---- truncation ---- */

START_TEST(a_truncated_file_is_read_from_its_beginning)
{
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    tree_copy("app.log", "state/app.log.1");
    tree_truncate("app.log", 0);
    kit_append(k, "app.log", "three\n");
    kit_pass_ms(k, 2000);
    ck_assert_str_eq(backend_taken(k->es), "one two three ");
    kit_expect_bookmark(k, "app.log", 6);
}
END_TEST

START_TEST(equal_lines_after_a_truncation_are_other_documents)
{
    for (unsigned i = 0; i < 3; i++) {
        kit_append(k, "app.log", "same\n");
        kit_pass_ms(k, 2000);
        tree_truncate("app.log", 0);
        kit_append(k, "app.log", "");
        kit_pass_ms(k, 2000);
    }
    ck_assert_str_eq(backend_taken(k->es), "same same same ");
}
END_TEST

START_TEST(what_was_under_way_when_a_file_was_truncated_is_delivered)
{
    backend_answers(k->es, 503);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    tree_truncate("app.log", 0);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

/* ---- restarts ---- */

START_TEST(what_came_while_nobody_looked_is_read_from_the_bookmark)
{
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_append("app.log", "two\n");
    restart();
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    backend_expect(k->es, "two");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(a_rotation_while_nobody_looked_loses_nothing)
{
    kit_end(&k);
    k = kit_start(SERVICE TAIL_ROTATED ES("PORT"));
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_append("app.log", "two\n");
    tree_rename("app.log", "app.log.1");
    tree_append("app.log", "three\n");
    restart();
    kit_pass_ms(k, 5000);
    ck_assert_str_eq(backend_taken(k->es), "one two three ");
    kit_expect_bookmark(k, "app.log", 6);
}
END_TEST

START_TEST(a_truncation_while_nobody_looked_begins_anew)
{
    kit_append(k, "app.log", "a-line-that-is-longer-than-what-comes\n");
    kit_pass_ms(k, 1000);
    kit_stop(k);
    tree_truncate("app.log", 0);
    tree_append("app.log", "two\n");
    restart();
    kit_pass_ms(k, 1000);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(many_restarts_send_every_line_once)
{
    for (unsigned i = 0; i < 10; i++) {
        char *line = mem_format("line-%u\n", i);

        kit_append(k, "app.log", line);
        mem_free(line);
        if (i % 2 == 0)
            kit_pass_ms(k, 1000);
        kit_stop(k);
        restart();
    }
    kit_pass_ms(k, 1000);
    ck_assert_uint_eq(backend_taken_count(k->es), 10);
    ck_assert_uint_eq(k->es->come, 10);
}
END_TEST

/* ---- links ---- */

START_TEST(a_link_that_is_swapped_leads_to_the_next_file)
{
    kit_end(&k);
    k = kit_make();
    tree_write("pod/0.log", "one\n");
    tree_link("pod/0.log", "app.log");
    kit_run(k, SERVICE TAIL_ROTATED ES("PORT"));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    tree_write("pod/1.log", "two\n");
    tree_append("pod/0.log", "last\n");
    tree_link("pod/1.log", "app.log");
    kit_pass_ms(k, 5000);
    kit_append(k, "pod/1.log", "three\n");
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(backend_taken_count(k->es), 4);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "last "));
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "three "));
    kit_expect_bookmark(k, "app.log", 10);
}
END_TEST

/* ---- lines ---- */

START_TEST(a_line_of_ten_megabytes_arrives_whole)
{
    size_t len = 10 << 20;
    char *line = mem_alloc(len + 2);
    const struct kit_request *request;

    kit_end(&k);
    k = kit_start(SERVICE TAIL " Buffer_Max_Size 16M\n" ES("PORT"));
    memset(line, 'x', len);
    line[len] = '\n';
    line[len + 1] = '\0';
    kit_append(k, "app.log", line);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    kit_expect_bookmark(k, "app.log", len + 5);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
    request = kit_server_request(k->es->server, 0);
    line[len] = '\0';
    ck_assert_ptr_nonnull(strstr(request->body.data, line));
    ck_assert_uint_eq(pipeline_memory(k->pipeline)->used_bytes, 0);
    mem_free(line);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut_and_the_next_one_is_whole)
{
    char *line = mem_format("%0100000d\n", 0);

    kit_append(k, "app.log", line);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 2000);
    kit_expect_bookmark(k, "app.log", 100005);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "two "));
    ck_assert_uint_eq(kit_input(k)->long_line_truncated, 1);
    mem_free(line);
}
END_TEST

START_TEST(lines_that_are_cut_by_the_moment_of_reading_are_whole)
{
    static const char text[] = "one\ntwo\nthree\n";

    for (size_t i = 0; i < sizeof text - 1; i++) {
        char piece[2] = {text[i], '\0'};

        kit_append(k, "app.log", piece);
        kit_pass_ms(k, 200);
    }
    kit_pass_ms(k, 2000);
    ck_assert_str_eq(backend_taken(k->es), "one two three ");
}
END_TEST

/* ---- files that cannot be read ---- */

START_TEST(an_unreadable_file_is_read_when_it_can_be)
{
    if (geteuid() == 0) {
        fprintf(stderr, "left out: root may read every file\n");
        return;
    }
    tree_write("app.log", "one\n");
    ck_assert_int_eq(chmod(tree_path("app.log"), 0), 0);
    kit_pass_ms(k, 5000);
    ck_assert_uint_gt(kit_input(k)->read_errors, 0);
    kit_append(k, "web.log", "two\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    ck_assert_int_eq(chmod(tree_path("app.log"), 0644), 0);
    kit_pass_ms(k, 70000);
    backend_expect(k->es, "one");
}
END_TEST

/* No descriptor is left: known files and connections go on, the new file waits for one. */
START_TEST(a_file_waits_for_a_free_descriptor)
{
    struct rlimit before, none;
    int lowest;

    kit_append(k, "web.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_quiet(k);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    lowest = dup(STDIN_FILENO);
    close(lowest);
    none = before;
    none.rlim_cur = (rlim_t)lowest;
    tree_write("state/new.log", "two\n");
    tree_rename("state/new.log", "app.log");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    clock_advance_ms(200);
    for (unsigned i = 0; i < 20; i++)
        loop_turn(k->loop, false);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_uint_gt(kit_input(k)->read_errors, 0);
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "two");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

/* More files than descriptors: those that fit are followed, and the connection to the back-end and
 * the database have theirs. What waits is shown as unread, and comes when there is room. */
START_TEST(files_leave_descriptors_to_connections)
{
    struct rlimit before, few;
    char name[16];
    unsigned delivered;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 200;
    kit_end(&k);
    k = kit_make();
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        tree_write(name, "line\n");
    }
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    kit_run(k, TAIL_TO_ES);
    kit_pass_ms(k, 2000);
    delivered = backend_taken_count(k->es);
    ck_assert_uint_gt(delivered, 100);
    ck_assert_uint_lt(delivered, 150);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, (300 - delivered) * strlen("line\n"));
    kit_end(&k);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    k = kit_start(TAIL_TO_ES);
}
END_TEST

Suite *suite_pipeline_files(void);

Suite *suite_pipeline_files(void)
{
    Suite *suite = suite_create("pipeline/files");
    TCase *files = tcase_create("files");

    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, a_file_with_two_names_is_read_by_either_and_opened_once);
    tcase_add_test(files, of_two_names_the_other_stays_when_the_first_goes);
    tcase_add_test(files, a_rotated_file_is_read_to_its_end_and_the_new_one_from_its_beginning);
    tcase_add_test(files, a_rotated_file_is_kept_until_the_back_end_has_it);
    tcase_add_test(files, a_deleted_file_is_read_to_its_end);
    tcase_add_test(files, a_file_that_is_made_anew_is_another_one);
    tcase_add_test(files, an_unfinished_line_of_a_rotated_file_is_a_line);
    tcase_add_test(files, a_truncated_file_is_read_from_its_beginning);
    tcase_add_test(files, equal_lines_after_a_truncation_are_other_documents);
    tcase_add_test(files, what_was_under_way_when_a_file_was_truncated_is_delivered);
    tcase_add_test(files, what_came_while_nobody_looked_is_read_from_the_bookmark);
    tcase_add_test(files, a_rotation_while_nobody_looked_loses_nothing);
    tcase_add_test(files, a_truncation_while_nobody_looked_begins_anew);
    tcase_add_test(files, many_restarts_send_every_line_once);
    tcase_add_test(files, a_link_that_is_swapped_leads_to_the_next_file);
    tcase_add_test(files, a_line_of_ten_megabytes_arrives_whole);
    tcase_add_test(files, a_line_that_is_too_long_is_cut_and_the_next_one_is_whole);
    tcase_add_test(files, lines_that_are_cut_by_the_moment_of_reading_are_whole);
    tcase_add_test(files, an_unreadable_file_is_read_when_it_can_be);
    tcase_add_test(files, a_file_waits_for_a_free_descriptor);
    tcase_add_test(files, files_leave_descriptors_to_connections);
    suite_add_tcase(suite, files);
    return suite;
}
