#include "file/watch.h"

#include "base/buffer.h"
#include "base/log.h"
#include "kit/stops.h"
#include "kit/tree.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct loop *loop;
static struct watch *watch;
static struct buffer heard;
static unsigned overflow_count;
static struct watch_dir *freed_when_heard;

static const char *const words[] = {
    [WATCH_MODIFIED] = "modified", [WATCH_ATTRIB] = "attrib",         [WATCH_CREATED] = "created",
    [WATCH_MOVED_TO] = "moved_to", [WATCH_MOVED_FROM] = "moved_from", [WATCH_DELETED] = "deleted",
    [WATCH_DIR_GONE] = "gone",
};

static void on_event(void *owner, const struct watch_event *event)
{
    buffer_append_format(&heard, "%s:%s %s%s;", (const char *)owner, words[event->what],
                         event->name.data, event->is_dir ? "/" : "");
    if (freed_when_heard != NULL)
        watch_dir_free(&freed_when_heard);
}

static void on_overflow(void *owner)
{
    (void)owner;
    overflow_count++;
}

static const struct watch_ops ops = {.event = on_event, .overflow = on_overflow};

static void set_up(void)
{
    tree_plant();
    log_level_set(LOG_OFF);
    loop = loop_new();
    watch = watch_join(loop, &ops, NULL);
    watch_pause_set(watch, 0);
    overflow_count = 0;
}

static void tear_down(void)
{
    watch_leave(&watch);
    loop_free(&loop);
    buffer_fini(&heard);
    tree_fell();
}

static struct watch_dir *add(const char *name, const char *owner)
{
    struct watch_dir *dir = NULL;

    ck_assert_int_eq(watch_dir_add(watch, tree_path(name), (void *)(uintptr_t)owner, &dir), 0);
    return dir;
}

/* What was heard since the last time. */
static void expect(const char *text)
{
    loop_turn(loop, false);
    ck_assert_str_eq(buffer_text(&heard), text);
    buffer_clear(&heard);
}

START_TEST(names_come_and_go)
{
    struct watch_dir *dir = add("", "d");

    tree_write("a.log", "one\n");
    expect("d:created a.log;d:modified a.log;");
    tree_append("a.log", "two\n");
    expect("d:modified a.log;");
    tree_rename("a.log", "a.log.1");
    expect("d:moved_from a.log;d:moved_to a.log.1;");
    tree_remove("a.log.1");
    expect("d:deleted a.log.1;");
    tree_folder("sub");
    expect("d:created sub/;");
    ck_assert(!watch_dir_is_polled(dir));
    watch_dir_free(&dir);
    ck_assert_ptr_null(dir);
}
END_TEST

START_TEST(rights_that_change_are_told)
{
    struct watch_dir *dir = add("", "d");

    tree_write("a.log", "");
    expect("d:created a.log;");
    ck_assert_int_eq(chmod(tree_path("a.log"), 0600), 0);
    expect("d:attrib a.log;");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(a_file_written_to_under_its_new_name_is_heard_under_that)
{
    struct watch_dir *dir;
    FILE *writer;

    tree_write("a.log", "");
    writer = fopen(tree_path("a.log"), "a");
    dir = add("", "d");
    tree_rename("a.log", "a.log.1");
    expect("d:moved_from a.log;d:moved_to a.log.1;");
    fputs("late\n", writer);
    fclose(writer);
    expect("d:modified a.log.1;");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(many_writes_to_one_file_are_one_event)
{
    struct watch_dir *dir = add("", "d");

    tree_write("a.log", "");
    expect("d:created a.log;");
    for (int i = 0; i < 100; i++) {
        int fd = open(tree_path("a.log"), O_WRONLY | O_APPEND | O_CLOEXEC);

        ck_assert_int_eq(write(fd, "x", 1), 1);
        close(fd);
    }
    expect("d:modified a.log;");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(after_a_round_the_watcher_looks_away)
{
    struct watch_dir *dir = add("", "d");

    watch_pause_set(watch, 20);
    tree_write("a.log", "");
    expect("d:created a.log;");
    tree_append("a.log", "one\n");
    expect("");
    while (heard.len == 0)
        loop_turn(loop, true);
    expect("d:modified a.log;");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(two_paths_to_one_folder_hear_both)
{
    struct watch_dir *one, *two;

    tree_folder("real");
    tree_link("real", "link");
    one = add("real", "1");
    two = add("link", "2");
    tree_write("real/a.log", "");
    expect("1:created a.log;2:created a.log;");

    watch_dir_free(&one);
    tree_remove("real/a.log");
    expect("2:deleted a.log;");
    watch_dir_free(&two);
}
END_TEST

START_TEST(two_users_share_one_watcher)
{
    struct watch *other = watch_join(loop, &ops, NULL);
    struct watch_dir *one = add("", "1"), *two = NULL;

    ck_assert_int_eq(watch_dir_add(other, tree_path(""), (void *)(uintptr_t) "2", &two), 0);
    tree_write("a.log", "");
    expect("1:created a.log;2:created a.log;");
    watch_dir_free(&two);
    watch_leave(&other);
    ck_assert_ptr_null(other);
    tree_remove("a.log");
    expect("1:deleted a.log;");
    watch_dir_free(&one);
}
END_TEST

START_TEST(a_directory_freed_by_the_one_before_it_hears_nothing_more)
{
    struct watch_dir *one = add("", "1");

    freed_when_heard = add("", "2");
    tree_write("a.log", "x");
    expect("1:created a.log;1:modified a.log;");
    watch_dir_free(&one);
}
END_TEST

START_TEST(a_directory_may_free_itself_while_it_hears)
{
    freed_when_heard = add("", "1");
    tree_write("a.log", "x");
    expect("1:created a.log;");
}
END_TEST

START_TEST(a_directory_that_goes_says_so_once)
{
    struct watch_dir *deleted, *moved;

    tree_folder("a");
    tree_folder("b");
    deleted = add("a", "a");
    moved = add("b", "b");
    tree_remove("a");
    expect("a:gone ;");
    tree_rename("b", "c");
    expect("b:gone ;");
    tree_write("c/x.log", "");
    expect("");
    ck_assert(watch_dir_is_polled(deleted));
    watch_dir_free(&deleted);
    watch_dir_free(&moved);
}
END_TEST

START_TEST(a_directory_made_anew_is_watched_again)
{
    struct watch_dir *dir;

    tree_folder("a");
    dir = add("a", "a");
    tree_remove("a");
    expect("a:gone ;");
    tree_folder("a");
    watch_dir_retry(dir);
    ck_assert(!watch_dir_is_polled(dir));
    tree_write("a/x.log", "");
    expect("a:created x.log;");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(what_is_no_directory_is_refused)
{
    struct watch_dir *dir = NULL;

    tree_write("a.log", "");
    ck_assert_int_eq(watch_dir_add(watch, tree_path("a.log"), NULL, &dir), -ENOTDIR);
    ck_assert_int_eq(watch_dir_add(watch, tree_path("none"), NULL, &dir), -ENOENT);
    watch_use_inotify(watch, false);
    ck_assert_int_eq(watch_dir_add(watch, tree_path("a.log"), NULL, &dir), -ENOTDIR);
    ck_assert_int_eq(watch_dir_add(watch, tree_path("none"), NULL, &dir), -ENOENT);
    ck_assert_ptr_null(dir);
}
END_TEST

START_TEST(without_inotify_every_directory_is_polled)
{
    struct watch_dir *dir;

    watch_use_inotify(watch, false);
    dir = add("", "d");
    ck_assert(watch_dir_is_polled(dir));
    tree_write("a.log", "");
    expect("");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(lost_events_are_told_as_an_overflow)
{
    struct watch_dir *dir = add("", "d");
    char from[200], to[200];

    tree_write("a", "");
    snprintf(from, sizeof from, "%s", tree_path("a"));
    snprintf(to, sizeof to, "%s", tree_path("b"));
    for (int i = 0; i < 9000; i++)
        ck_assert_int_eq(i % 2 ? rename(to, from) : rename(from, to), 0);
    while (overflow_count == 0)
        loop_turn(loop, true);
    ck_assert_uint_eq(overflow_count, 1);
    watch_dir_free(&dir);
}
END_TEST

/* In a user namespace of its own the test may set the limits; the process is its own, too. */
static bool limit_set(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_set = fd >= 0 && write(fd, value, strlen(value)) > 0;

    if (fd >= 0)
        close(fd);
    return is_set;
}

static bool limit_own(const char *path, const char *value)
{
    const char *fork_mode = getenv("CK_FORK");
    bool is_own_process = fork_mode == NULL || strcmp(fork_mode, "no") != 0;

    if (is_own_process && unshare(CLONE_NEWUSER) == 0 && limit_set(path, value))
        return true;
    fprintf(stderr, "left out: no user namespace of its own to limit inotify in\n");
    return false;
}

START_TEST(without_watches_left_a_directory_is_polled_until_there_are)
{
    struct watch_dir *one, *two;

    if (!limit_own("/proc/sys/user/max_inotify_watches", "1"))
        return;
    tree_folder("a");
    tree_folder("b");
    one = add("a", "a");
    two = add("b", "b");
    ck_assert(!watch_dir_is_polled(one));
    ck_assert(watch_dir_is_polled(two));
    tree_write("b/x.log", "");
    expect("");

    watch_dir_free(&one);
    watch_dir_retry(two);
    ck_assert(!watch_dir_is_polled(two));
    tree_write("b/y.log", "");
    expect("b:created y.log;");
    watch_dir_free(&two);
}
END_TEST

START_TEST(without_an_instance_left_a_directory_is_polled_until_there_is)
{
    struct watch_dir *dir;

    if (!limit_own("/proc/sys/user/max_inotify_instances", "0"))
        return;
    dir = add("", "d");
    ck_assert(watch_dir_is_polled(dir));
    ck_assert(limit_set("/proc/sys/user/max_inotify_instances", "5"));
    watch_dir_retry(dir);
    ck_assert(!watch_dir_is_polled(dir));
    tree_write("a.log", "");
    expect("d:created a.log;");
    watch_dir_free(&dir);
}
END_TEST

START_TEST(leaving_before_the_directories_stops_the_process)
{
    struct watch_dir *dir = NULL;

    watch = watch_join(loop_new(), &ops, NULL);
    ck_assert_int_eq(watch_dir_add(watch, "/", NULL, &dir), 0);
    watch_leave(&watch);
}
END_TEST

Suite *suite_file_watch(void);

Suite *suite_file_watch(void)
{
    Suite *suite = suite_create("file/watch");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, names_come_and_go);
    tcase_add_test(use, rights_that_change_are_told);
    tcase_add_test(use, a_file_written_to_under_its_new_name_is_heard_under_that);
    tcase_add_test(use, many_writes_to_one_file_are_one_event);
    tcase_add_test(use, after_a_round_the_watcher_looks_away);
    tcase_add_test(use, two_paths_to_one_folder_hear_both);
    tcase_add_test(use, two_users_share_one_watcher);
    tcase_add_test(use, a_directory_freed_by_the_one_before_it_hears_nothing_more);
    tcase_add_test(use, a_directory_may_free_itself_while_it_hears);
    tcase_add_test(use, a_directory_that_goes_says_so_once);
    tcase_add_test(use, a_directory_made_anew_is_watched_again);
    tcase_add_test(use, what_is_no_directory_is_refused);
    tcase_add_test(use, without_inotify_every_directory_is_polled);
    tcase_add_test(use, lost_events_are_told_as_an_overflow);
    tcase_add_test(use, without_watches_left_a_directory_is_polled_until_there_are);
    tcase_add_test(use, without_an_instance_left_a_directory_is_polled_until_there_is);
    suite_add_tcase(suite, use);
    stops_add(stops, leaving_before_the_directories_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
