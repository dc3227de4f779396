#include "base/memory.h"
#include "kit/opened.h"
#include "scenario/pipeline/kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What rotation makes of a log while the agent is stopped, killed, or behind: every line once. */

#define LOGS                                                                               \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/app.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n Refresh_Interval 1\n"
#define KEPT 5
#define NAME_BYTES 64
#define LINE_BYTES 40

static struct kit *k;
static unsigned written, rotated;
static char generations[KEPT][NAME_BYTES]; /* the oldest first */
static unsigned generation_count;

static void set_up(void)
{
    written = rotated = generation_count = 0;
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
        snprintf(line, sizeof line, "line-%05u-of-a-log-that-rotates\n", written++);
        tree_append("app.log", line);
    }
}

/* Every line is there once, and in the end nothing is owed. */
static void expect_all(const char *what)
{
    char line[LINE_BYTES];

    kit_pass_ms(k, 20000);
    for (unsigned i = 0; i < written; i++) {
        snprintf(line, sizeof line, "line-%05u-of-a-log-that-rotates ", i);
        ck_assert_msg(strstr(backend_taken(k->es), line) != NULL, "%s: line %u is missing", what,
                      i);
    }
    ck_assert_msg(backend_taken_count(k->es) == written, "%s: %u instead of %u", what,
                  backend_taken_count(k->es), written);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
}

/* ---- the kubelet ---- */

/* By way of a file that is not whole yet. */
static void squeeze(char *name)
{
    char *text = mem_text(tree_read(name, NULL));
    char *part = mem_format("%s.tmp", name), *whole = mem_format("%s.gz", name);

    if (strstr(name, ".gz") == NULL) {
        tree_write_gzip(part, text);
        tree_rename(part, whole);
        tree_remove(name);
        snprintf(name, NAME_BYTES, "%.*s", NAME_BYTES - 1, whole);
    }
    mem_free(text);
    mem_free(part);
    mem_free(whole);
}

/* The oldest goes, the others are compressed, the current one is renamed and made anew. */
static void kubelet_rotates(void)
{
    char *name;

    if (generation_count == KEPT - 1) {
        tree_remove(generations[0]);
        memmove(generations[0], generations[1], sizeof generations - NAME_BYTES);
        generation_count--;
    }
    for (unsigned i = 0; i < generation_count; i++)
        squeeze(generations[i]);
    name = generations[generation_count++];
    snprintf(name, NAME_BYTES, "app.log.20261121-05%02u%02u", rotated / 60, rotated % 60);
    rotated++;
    tree_rename("app.log", name);
    tree_append("app.log", "");
}

START_TEST(kubelet_rotates_four_times_while_nobody_looks)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(5);
    for (unsigned i = 0; i < 4; i++) {
        kubelet_rotates();
        write_lines(3 + i);
    }
    kit_run_again(k);
    expect_all("stopped");
}
END_TEST

/* Nothing has the log's name when the agent starts, and nobody knows when anything will. */
START_TEST(what_was_renamed_is_read_though_no_log_is_there)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(5);
    tree_rename("app.log", "app.log.1");
    kit_run_again(k);
    expect_all("renamed");
}
END_TEST

#define MANY_LOGS \
    "[INPUT]\n Name tail\n Path ${DIR}/logs/*.log\n DB ${DIR}/positions.db\n Read_from_Head on\n"
#define MANY 60

static void many_write(void)
{
    char name[NAME_BYTES], line[LINE_BYTES];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "logs/app%u.log", i);
        snprintf(line, sizeof line, "line-%05u-of-a-log-that-rotates\n", written++);
        tree_append(name, line);
    }
}

static void many_rename(void)
{
    char from[NAME_BYTES], to[NAME_BYTES];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(from, sizeof from, "logs/app%u.log", i);
        snprintf(to, sizeof to, "logs/app%u.log.1", i);
        tree_rename(from, to);
    }
}

/* So often was their folder read for it. */
static unsigned many_find_again(void)
{
    struct timespec times[2] = {{.tv_sec = 1600000000, .tv_nsec = 1},
                                {.tv_sec = 1600000000, .tv_nsec = 1}};
    unsigned listings;

    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path("logs"), times, 0), 0);
    opened_begin(tree_path("logs"));
    kit_run_again(k);
    listings = opened_end().listings;
    expect_all("found again");
    return listings;
}

/* They are looked for at once, and else would take the square of their number. */
START_TEST(the_folder_of_many_logs_is_not_read_for_each)
{
    kit_end(&k);
    k = kit_make();
    many_write();
    kit_run(k, SERVICE MANY_LOGS ES("PORT"));
    kit_pass_ms(k, 2000);
    kit_stop(k);
    many_write();
    ck_assert_uint_le(many_find_again(), 4);
    kit_stop(k);
    many_write();
    many_rename();
    ck_assert_uint_le(many_find_again(), 4);
}
END_TEST

/* The same where its name is a link, beside which no generations lie. */
START_TEST(what_was_renamed_is_read_though_a_link_leads_nowhere)
{
    kit_end(&k);
    k = kit_make();
    tree_write("pods/app/0.log", "line-00000-of-a-log-that-rotates\n");
    tree_link("pods/app/0.log", "app.log");
    kit_run(k, SERVICE LOGS ES("PORT"));
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_append("pods/app/0.log", "line-00001-of-a-log-that-rotates\n");
    tree_rename("pods/app/0.log", "pods/app/0.log.20261121-050000");
    kit_run_again(k);
    written = 2;
    expect_all("renamed");
}
END_TEST

/* More are held open than anybody would list; what is compressed meanwhile is known all the same. */
START_TEST(kubelet_rotates_very_often_while_nothing_is_taken)
{
    backend_down(k->es);
    write_lines(1);
    for (unsigned i = 0; i < 300; i++) {
        kit_pass_ms(k, 2000);
        kubelet_rotates();
        write_lines(1);
    }
    backend_up(k->es);
    expect_all("after 300 rotations");
}
END_TEST

START_TEST(kubelet_rotates_while_nothing_is_taken)
{
    backend_down(k->es);
    for (unsigned i = 0; i < 12; i++) {
        write_lines(4);
        kit_pass_ms(k, 1500);
        kubelet_rotates();
        kit_pass_ms(k, 700);
    }
    backend_up(k->es);
    expect_all("down");
}
END_TEST

static unsigned dice_state;

static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 1103515245u + 12345u;
    return (dice_state >> 16) % sides;
}

static void begin_again(bool is_killed)
{
    if (is_killed)
        kit_kill(k);
    else
        kit_stop(k);
    for (unsigned i = dice(3); i > 0; i--) {
        write_lines(dice(4));
        kubelet_rotates();
    }
    write_lines(dice(4));
    kit_run_again(k);
}

/* What is deleted unread by then would be lost for good, so it has time to be read. */
static void one_step(void)
{
    switch (dice(6)) {
    case 0:
        backend_down(k->es);
        kit_pass_ms(k, dice(3000));
        backend_up(k->es);
        break;
    case 1:
        begin_again(true);
        kit_pass_ms(k, 9000);
        break;
    case 2:
        begin_again(false);
        kit_pass_ms(k, 9000);
        break;
    case 3:
        kubelet_rotates();
        kit_pass_ms(k, dice(2000));
        break;
    default:
        write_lines(1 + dice(5));
        kit_pass_ms(k, dice(1500));
    }
}

START_TEST(whatever_the_order_of_rotations_stops_and_kills)
{
    char what[32];

    dice_state = (unsigned)_i * 7919u + 1;
    snprintf(what, sizeof what, "seed %d", _i);
    for (unsigned i = 0; i < 25; i++)
        one_step();
    expect_all(what);
}
END_TEST

/* ---- copytruncate ---- */

static void copy_and_truncate(const char *to)
{
    tree_copy("app.log", to);
    tree_truncate("app.log", 0);
}

START_TEST(copied_and_truncated_while_nobody_looks)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(5);
    copy_and_truncate("app.log.1");
    write_lines(2);
    kit_run_again(k);
    expect_all("shorter than before");
}
END_TEST

START_TEST(copied_and_truncated_and_written_past_where_it_was)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(5);
    copy_and_truncate("app.log.1");
    write_lines(40);
    kit_run_again(k);
    expect_all("longer than before");
}
END_TEST

START_TEST(copied_truncated_and_compressed_twice_while_nobody_looks)
{
    char name[NAME_BYTES] = "app.log.1";

    write_lines(5);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(5);
    copy_and_truncate("app.log.1");
    write_lines(7);
    squeeze(name);
    tree_rename("app.log.1.gz", "app.log.2.gz");
    copy_and_truncate("app.log.1");
    write_lines(3);
    kit_run_again(k);
    expect_all("twice");
}
END_TEST

START_TEST(truncated_without_a_copy_while_nobody_looks)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_truncate("app.log", 0);
    write_lines(2);
    kit_run_again(k);
    expect_all("nothing was unread");
}
END_TEST

/* ---- inodes ---- */

static ino_t inode_of(const char *name)
{
    struct stat facts;

    ck_assert_int_eq(stat(tree_path(name), &facts), 0);
    return facts.st_ino;
}

/* Where the file system gives numbers again at once, the next file has that of the deleted one. */
START_TEST(the_next_file_may_have_the_number_of_the_one_before)
{
    unsigned reused = 0;

    for (unsigned i = 0; i < 6; i++) {
        ino_t before;

        write_lines(4 + i);
        kit_pass_ms(k, 12000);
        before = inode_of("app.log");
        kit_stop(k);
        tree_remove("app.log");
        write_lines(4 + (i * 3) % 7);
        reused += inode_of("app.log") == before;
        kit_run_again(k);
        kit_pass_ms(k, 2000);
    }
    expect_all(reused > 0 ? "numbers were given again" : "other numbers");
}
END_TEST

/* The same, with the very bytes that the one before had. */
START_TEST(a_file_with_a_number_and_bytes_of_another_is_read)
{
    tree_append("app.log", "the-same-line-that-is-long-enough-to-tell\n");
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_remove("app.log");
    tree_append("app.log", "the-same-line-that-is-long-enough-to-tell\n");
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
}
END_TEST

/* A file, but nobody can read it. */
static void put_unreadable(const char *name)
{
    ck_assert_int_eq(symlink("/proc/self/mem", tree_path(name)), 0);
}

START_TEST(a_generation_that_cannot_be_read_is_tried_again)
{
    write_lines(4);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(4);
    tree_rename("app.log", "kept");
    put_unreadable("app.log.1");
    write_lines(4);
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(backend_taken_count(k->es), 8);
    ck_assert_uint_gt(kit_input(k)->read_errors, 0);
    tree_remove("app.log.1");
    tree_rename("kept", "app.log.1");
    expect_all("it can be read again");
}
END_TEST

/* Its row does not say where the log lies. Found by the simulation, SIM_PIECES SIM_TROUBLE seed 61549. */
START_TEST(so_is_it_at_the_next_start_though_no_log_is_there)
{
    write_lines(4);
    kit_pass_ms(k, 2000);
    kit_stop(k);
    write_lines(4);
    tree_rename("app.log", "kept");
    put_unreadable("app.log.1");
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    kit_stop(k);
    tree_remove("app.log.1");
    tree_rename("kept", "app.log.1");
    kit_run_again(k);
    expect_all("it can be read again");
}
END_TEST

/* ---- generations that begin alike ---- */

#define BANNER_LINES 40 /* more bytes than a file is known by */

static char *text_of(const char *last)
{
    struct buffer text = {0};
    char *whole;

    for (unsigned i = 0; i < BANNER_LINES; i++)
        buffer_append_format(&text, "the-same-in-every-generation-%02u\n", i);
    buffer_append_text(&text, last);
    whole = mem_text(buffer_text(&text));
    buffer_fini(&text);
    return whole;
}

/* One is read to its end; it goes, and another takes its place, compressed. */
static void put_another_in_its_place(const char *read, const char *unread)
{
    char *before = text_of(read), *after = text_of(unread);

    tree_append("app.log", before);
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(backend_taken_count(k->es), BANNER_LINES + 1);
    kit_kill(k);
    tree_remove("app.log");
    tree_write_gzip("app.log.1.gz", after);
    tree_append("app.log", "");
    kit_run_again(k);
    kit_pass_ms(k, 20000);
    mem_free(before);
    mem_free(after);
}

/* Its row's offset is behind its end. */
START_TEST(a_shorter_one_that_begins_alike_is_read_from_its_beginning)
{
    put_another_in_its_place("a-long-line-that-was-read-to-its-end\n", "unread\n");
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "unread "));
    ck_assert_uint_eq(backend_taken_count(k->es), 2 * BANNER_LINES + 2);
}
END_TEST

/* The row's offset is in the middle of another line. */
START_TEST(a_longer_one_that_begins_alike_is_read_from_its_beginning)
{
    put_another_in_its_place("read\n", "a-line-longer-than-the-one-before-it\nand-one-more\n");
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "a-line-longer-than-the-one-before-it "));
    ck_assert_uint_eq(backend_taken_count(k->es), 2 * BANNER_LINES + 3);
}
END_TEST

START_TEST(the_same_one_is_read_from_where_it_was_left)
{
    put_another_in_its_place("read\n", "read\nand-one-more\n");
    ck_assert_uint_eq(backend_taken_count(k->es), BANNER_LINES + 2);
}
END_TEST

/* ---- what is gone ---- */

/* A generation goes before it is done with, which it is after Rotate_Wait. */
static void kill_and_remove_generation(void)
{
    kit_kill(k);
    tree_remove("app.log.1");
    write_lines(1);
    ck_assert_int_eq(log_open("/dev/null"), 0);
    log_level_set(LOG_WARN);
    kit_run_again(k);
    kit_pass_ms(k, 20000);
}

START_TEST(a_generation_that_was_delivered_whole_is_not_said_to_be_lost)
{
    write_lines(5);
    kit_pass_ms(k, 1000);
    tree_rename("app.log", "app.log.1");
    write_lines(1);
    kit_pass_ms(k, 1900);
    kill_and_remove_generation();
    ck_assert_ptr_null(log_recent(0));
    log_close();
}
END_TEST

START_TEST(one_that_was_not_is)
{
    write_lines(5);
    kit_pass_ms(k, 2000);
    backend_down(k->es);
    write_lines(5);
    kit_pass_ms(k, 2000);
    tree_rename("app.log", "app.log.1");
    write_lines(1);
    kit_pass_ms(k, 1900);
    kit_kill(k);
    backend_up(k->es);
    kit_run_again(k);
    kill_and_remove_generation();
    ck_assert_ptr_nonnull(log_recent(0));
    ck_assert_ptr_nonnull(strstr(log_recent(0), "1 generations of "));
    log_close();
}
END_TEST

Suite *suite_pipeline_generations(void);
Suite *suite_pipeline_generations(void)
{
    Suite *suite = suite_create("pipeline/generations");
    TCase *t = tcase_create("generations");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, kubelet_rotates_four_times_while_nobody_looks);
    tcase_add_test(t, what_was_renamed_is_read_though_no_log_is_there);
    tcase_add_test(t, the_folder_of_many_logs_is_not_read_for_each);
    tcase_add_test(t, what_was_renamed_is_read_though_a_link_leads_nowhere);
    tcase_add_test(t, kubelet_rotates_very_often_while_nothing_is_taken);
    tcase_add_test(t, kubelet_rotates_while_nothing_is_taken);
    tcase_add_loop_test(t, whatever_the_order_of_rotations_stops_and_kills, 0, 12);
    tcase_add_test(t, copied_and_truncated_while_nobody_looks);
    tcase_add_test(t, copied_and_truncated_and_written_past_where_it_was);
    tcase_add_test(t, copied_truncated_and_compressed_twice_while_nobody_looks);
    tcase_add_test(t, truncated_without_a_copy_while_nobody_looks);
    tcase_add_test(t, the_next_file_may_have_the_number_of_the_one_before);
    tcase_add_test(t, a_file_with_a_number_and_bytes_of_another_is_read);
    tcase_add_test(t, a_generation_that_cannot_be_read_is_tried_again);
    tcase_add_test(t, so_is_it_at_the_next_start_though_no_log_is_there);
    tcase_add_test(t, a_shorter_one_that_begins_alike_is_read_from_its_beginning);
    tcase_add_test(t, a_longer_one_that_begins_alike_is_read_from_its_beginning);
    tcase_add_test(t, the_same_one_is_read_from_where_it_was_left);
    tcase_add_test(t, a_generation_that_was_delivered_whole_is_not_said_to_be_lost);
    tcase_add_test(t, one_that_was_not_is);
    suite_add_tcase(suite, t);
    return suite;
}
