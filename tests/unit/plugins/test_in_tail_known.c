#include "base/memory.h"
#include "kit/tail.h"
#include "plugins/in_tail/again.h"
#include "plugins/in_tail/ahead.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/file.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/open.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Who a file is, when it could not be opened, or cannot be read now. */

#define POLL_MS 2000

static struct tail_kit tail;

static void set_up(void)
{
    tail_kit_plant(&tail);
}

static void tear_down(void)
{
    tail_kit_fell(&tail);
}

/* Of a file that could not be opened its number is saved, on some file systems nothing else.
 * Another log has that number by the next start, and what the row says of the first one stays its
 * own. Found by the simulation, SIM_TROUBLE seed 2000. */
START_TEST(a_number_that_another_log_has_by_now_is_not_taken_for_it)
{
    char *web = mem_text(tree_path("web.log"));
    struct found_file name = {.path = web, .real = web};
    struct stat facts;

    tree_write("app.log.tmp", "another log, with the number of the first\n");
    ck_assert_int_eq(stat(tree_path("app.log.tmp"), &facts), 0);
    name.id = (struct file_id){.dev = facts.st_dev, .ino = facts.st_ino};
    tail_kit_start(&tail, NULL);
    tail_bookmark_promise(tail.self, &name, clock_wall_ns());
    tail_kit_settle(&tail);
    tail_kit_stop(&tail);
    tree_rename("app.log.tmp", "app.log");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_write("web.log.1", "nobody could open it before it was rotated\n");
    tree_write("web.log", "the next one\n");
    clock_advance_ms(POLL_MS);
    tail_kit_settle(&tail);
    ck_assert_ptr_nonnull(strstr(input_kit_records(&tail.kit), "nobody could open it"));
    mem_free(web);
}
END_TEST

/* Else what gzip makes of it would be taken for another. Found by the simulation, SIM_TROUBLE seed
 * 1687. */
START_TEST(a_file_that_cannot_be_read_when_it_is_handed_on_is_known_as_before)
{
    struct orphan orphan;
    struct tail_start taken = {.orphan = &orphan};
    struct tail_file *f;
    int unreadable = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(unreadable, 0);
    tree_write("app.log", "a line that is long enough to tell the file by\n");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    orphan = (struct orphan){.identity = f->known.identity};
    taken.row = f->known.row;
    taken.note.stream_id = f->origin.id;
    ck_assert_uint_gt(orphan.identity.head.len, 0);
    ck_assert_int_ge(dup2(unreadable, f->source.fd), 0);
    close(unreadable);
    (void)tail_bookmark_take(f, &taken);
    ck_assert_uint_eq(f->known.identity.head.len, orphan.identity.head.len);
    ck_assert_uint_eq(f->known.identity.head.hash, orphan.identity.head.hash);
    ck_assert_uint_eq(f->origin.id, taken.note.stream_id);
}
END_TEST

/* Nobody can say which bytes stood before the place where reading stands: then those at its beginning
 * tell. Found by the simulation, SIM_COPIES and SIM_TROUBLE seed 713. */
START_TEST(a_file_whose_last_bytes_could_not_be_printed_is_known_by_its_first)
{
    struct tail_file *f;

    tree_write("app.log", "a line that is long enough to tell the file by\n");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    ck_assert_uint_gt(f->source.state.read, 0);
    f->known.tail_print = (struct file_print){0};
    ck_assert(!tail_file_is_rewritten(f));
    tree_append("app.log", "and another\n");
    ck_assert(!tail_ahead_look(f, f->source.state.read + strlen("and another\n")));
    tree_truncate("app.log", 0);
    tree_append("app.log", "another line, as long as both of them were, that was written since\n");
    ck_assert(tail_file_is_rewritten(f));
    ck_assert(tail_ahead_look(f, f->source.state.read + strlen("and another\n")));
}
END_TEST

static bool on_row(void *owner, const struct position *p)
{
    unsigned *count = owner;

    *count += slice_ends(slice_of(p->name), SLICE("app.log"));
    return true;
}

/* Its row would be missing when the log is looked at next. Found by the simulation, SIM_COPIES and
 * SIM_TROUBLE seed 803. */
START_TEST(the_row_of_another_log_says_nothing_of_a_number)
{
    char *app = mem_text(tree_path("app.log"));
    struct found_file name = {.path = app, .real = app};
    struct stat facts;
    unsigned count = 0;

    tree_write("web.log", "");
    ck_assert_int_eq(stat(tree_path("web.log"), &facts), 0);
    name.id = (struct file_id){.dev = facts.st_dev, .ino = facts.st_ino};
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tail_bookmark_promise(tail.self, &name, clock_wall_ns());
    ck_assert_int_eq(positions_find_path(tail.self->book.positions, app, on_row, &count), 0);
    ck_assert_uint_eq(count, 1);
    mem_free(app);
}
END_TEST

static struct rlimit limit_before;

/* There are some for folders, and none for files, which leave a quarter of them. */
static void descriptors_run_out(void)
{
    struct rlimit limit;
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(next, 9);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit_before), 0);
    limit = (struct rlimit){.rlim_cur = (rlim_t)next + 3, .rlim_max = limit_before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void descriptors_come_back(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit_before), 0);
}

/* Nobody looked beside it meanwhile. Found by the simulation, SIM_COPIES and SIM_TROUBLE seed 55. */
START_TEST(what_a_log_was_copied_to_before_it_could_be_opened_is_read)
{
    const char *records;

    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_write("app.log", "a line that was copied before anybody could open it\n");
    descriptors_run_out();
    clock_advance_ms(POLL_MS);
    tail_kit_settle(&tail);
    ck_assert_uint_gt(tail.kit.input.metrics.read_errors, 0);
    ck_assert_uint_eq(tail.kit.input.metrics.files_opened, 0);
    descriptors_come_back();
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    tree_append("app.log", "a line that came after that\n");
    clock_advance_ms(FILE_TROUBLE_WAIT_MAX_MS);
    tail_kit_settle(&tail);
    records = input_kit_records(&tail.kit);
    ck_assert_ptr_nonnull(strstr(records, "a line that came after that"));
    ck_assert_ptr_nonnull(strstr(records, "a line that was copied"));
}
END_TEST

/* What it holds is read by its descriptor, so that it is older by the time it can be opened by its name.
 * Found by the simulation, SIM_COPIES and SIM_TROUBLE seed 21075. */
START_TEST(what_a_log_that_can_no_longer_be_opened_was_copied_to_is_read)
{
    const char *records;

    tree_write("app.log", "");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_write("app.log.1", "a line that was copied while nobody looked\n");
    tree_append("app.log", "a line that came after that, and is longer than the other one\n");
    tree_forbid("app.log");
    clock_advance_ms(POLL_MS);
    tail_kit_settle(&tail);
    tree_permit("app.log");
    clock_advance_ms(FILE_TROUBLE_WAIT_MAX_MS);
    tail_kit_settle(&tail);
    records = input_kit_records(&tail.kit);
    ck_assert_ptr_nonnull(strstr(records, "a line that came after that"));
    ck_assert_ptr_nonnull(strstr(records, "a line that was copied"));
}
END_TEST

START_TEST(what_it_still_holds_itself_is_not_read_twice)
{
    tree_write("app.log", "");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_append("app.log", "a line that is copied, and not yet truncated\n");
    tree_copy("app.log", "app.log.1");
    tree_append("app.log", "a line that came after that\n");
    tree_forbid("app.log");
    clock_advance_ms(POLL_MS);
    tail_kit_settle(&tail);
    tree_permit("app.log");
    ck_assert_uint_eq(tail.kit.input.metrics.records, 2);
}
END_TEST

/* What is truncated of it after that is lost. */
START_TEST(such_a_look_at_a_log_says_how_much_it_holds)
{
    static const char line[] = "a line that is long enough to tell the file by\n";
    static const char more[] = "and one that only this look sees\n";
    struct tail_file *f;

    tree_write("app.log", line);
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    tree_append("app.log", more);
    tree_forbid("app.log");
    (void)tail_generations_follow(tail.self, f->log.name);
    tree_permit("app.log");
    ck_assert_uint_eq(f->source.state.size_before, strlen(line) + strlen(more));
}
END_TEST

static void write_time_set(const char *name, time_t s)
{
    struct timespec times[] = {{.tv_sec = s}, {.tv_sec = s}};

    ck_assert_int_eq(utimensat(-1, tree_path(name), times, 0), 0);
}

/* The log cannot be read, though it is open: whether that is its copy, or it has that still, shows when it
 * can be read, before a line of it is. Found by the simulation, SIM_COPIES and SIM_TROUBLE seed 43450. */
START_TEST(what_a_log_that_could_not_be_read_was_copied_to_is_read_first)
{
    const char *records;
    int unreadable = open("/proc/self/mem", O_RDONLY | O_CLOEXEC), own;
    struct tail_file *f;
    struct stat facts;

    ck_assert_int_eq(fstat(unreadable, &facts), 0);
    clock_fake(5000, (facts.st_mtim.tv_sec + 1000) * NS_PER_S);
    tree_write("app.log", "");
    write_time_set("app.log", facts.st_mtim.tv_sec - 1000);
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    own = dup(f->source.fd);
    tree_write("app.log.1", "a line that was copied while nobody could look\n");
    write_time_set("app.log.1", facts.st_mtim.tv_sec + 2000);
    tree_append("app.log", "a line that came after that, and is longer than the other one\n");
    tree_forbid("app.log");
    ck_assert_int_ge(dup2(unreadable, f->source.fd), 0);
    tail_file_touch(f);
    tail_kit_settle(&tail);
    ck_assert(tail_again_is_for(tail.self, f->log.path));
    tree_permit("app.log");
    ck_assert_int_eq(futimens(own, (struct timespec[]){facts.st_atim, facts.st_mtim}), 0);
    ck_assert_int_ge(dup2(own, f->source.fd), 0);
    close(own);
    close(unreadable);
    tail_file_touch(f);
    tail_kit_settle(&tail);
    clock_advance_ms(FILE_TROUBLE_WAIT_MAX_MS);
    tail_kit_settle(&tail);
    records = input_kit_records(&tail.kit);
    ck_assert_ptr_nonnull(strstr(records, "a line that came after that"));
    ck_assert_ptr_nonnull(strstr(records, "a line that was copied"));
}
END_TEST

/* It was the log's before that could be opened, so it was not there before us, though it is as old as that.
 * Found by the simulation, SIM_COPIES and SIM_TROUBLE. */
START_TEST(what_was_copied_before_we_came_of_a_log_that_cannot_be_opened_is_read)
{
    struct stat facts;

    tree_write("app.log", "a line that is copied, of a log that cannot be opened\n");
    ck_assert_int_eq(stat(tree_path("app.log"), &facts), 0);
    clock_fake(5000, (facts.st_mtim.tv_sec + 1000) * NS_PER_S);
    tree_copy("app.log", "app.log.1");
    write_time_set("app.log", facts.st_mtim.tv_sec);
    write_time_set("app.log.1", facts.st_mtim.tv_sec);
    tree_forbid("app.log");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_permit("app.log");
    tree_truncate("app.log", 0);
    clock_advance_ms(FILE_TROUBLE_WAIT_MAX_MS);
    tail_kit_settle(&tail);
    ck_assert_ptr_nonnull(strstr(input_kit_records(&tail.kit), "a line that is copied"));
}
END_TEST

/* What it got since is in its row only when somebody has looked for what was copied before. Found by the
 * simulation, SIM_HELD and SIM_COPIES seed 24439. */
START_TEST(what_an_empty_log_was_copied_to_before_a_stop_is_read_by_the_next)
{
    const char *records;

    tree_write("app.log", "");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_write("app.log.1", "a line that was copied while nobody looked\n");
    tree_append("app.log", "a line that came after that, and is longer than the other one\n");
    in_tail.refresh(tail.self);
    tail_kit_stop(&tail);
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    records = input_kit_records(&tail.kit);
    ck_assert_ptr_nonnull(strstr(records, "a line that came after that"));
    ck_assert_ptr_nonnull(strstr(records, "a line that was copied"));
}
END_TEST

/* Gzip makes another file of it before that is seen. Found by the simulation, SIM_NUMBERS and SIM_COPIES seed
 * 13711. */
START_TEST(what_has_that_which_a_log_held_when_it_was_opened_is_its_copy)
{
    static const char line[] = "a line that is there when it is opened, and not read\n";
    struct tail_file *f;

    tree_write("app.log", line);
    tail_kit_start(&tail, NULL);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    tree_copy("app.log", "app.log.1");
    tree_truncate("app.log", 0);
    tail_copies_follow(tail.self, f->log.name, f);
    tree_write_gzip("app.log.1.gz", line);
    tree_remove("app.log.1");
    tail_kit_settle(&tail);
    clock_advance_ms(POLL_MS);
    tail_kit_settle(&tail);
    ck_assert_uint_eq(tail.kit.input.metrics.records, 1);
    ck_assert_uint_eq(tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

/* So many were seen, and nobody knew them: who takes over counts them as the one before would have. Found by
 * the simulation, SIM_NUMBERS and SIM_COPIES seed 8078. */
START_TEST(what_was_seen_of_an_empty_log_and_truncated_is_not_forgotten_by_the_next)
{
    static const char line[] = "a line that only a look for the metrics sees\n";
    struct tail_file *f;

    tree_write("app.log", "");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    tree_append("app.log", line);
    in_tail.refresh(tail.self);
    tree_truncate("app.log", 0);
    tail.kit.input.is_replaced = true;
    tail_kit_stop(&tail);
    tail.kit.input.is_replaced = false;
    tail.kit.input.since_ns = clock_wall_ns();
    tail_kit_start(&tail, NULL);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    ck_assert_uint_eq(f->source.state.size_before, strlen(line));
}
END_TEST

/* ---- between two looks ---- */

static void (*meanwhile)(void);

/* In the system's place: what happens after the next look at a file's state. */
int statx(int dir, const char *path, int flags, unsigned mask, struct statx *facts)
{
    int rc = (int)syscall(SYS_statx, dir, path, flags, mask, facts);
    void (*act)(void) = meanwhile;

    meanwhile = NULL;
    if (act != NULL)
        act();
    return rc;
}

static void truncated(void)
{
    tree_truncate("app.log", 0);
}

/* Found by the simulation, SIM_COPIES seed 41068. */
START_TEST(what_was_seen_while_memory_was_short_counts_though_it_was_truncated_just_then)
{
    static const char line[] = "a line that is there when it is opened, and not read\n";
    static const char more[] = "and one that only the first look sees\n";
    struct tail_file *f;

    tree_write("app.log", line);
    tail_kit_start(&tail, NULL);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    ck_assert_uint_eq(f->source.state.read, 0);
    tree_append("app.log", more);
    tail.self->lanes.together.is_waiting = true;
    meanwhile = truncated;
    tail_file_tell(f);
    tail.self->lanes.together.is_waiting = false;
    ck_assert_uint_eq(f->source.state.size_before, strlen(line) + strlen(more));
}
END_TEST

/* It would be taken for another one, and be read from its beginning under another id. */
START_TEST(a_file_whose_first_bytes_cannot_be_read_is_not_opened)
{
    ck_assert_int_eq(symlink("/proc/self/mem", tree_path("app.log")), 0);
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    ck_assert_uint_gt(tail.kit.input.metrics.read_errors, 0);
    ck_assert_uint_eq(tail.kit.input.metrics.files_opened, 0);
}
END_TEST

/* The next tail reads it when that row, or another, is on the disk. Found by the simulation, SIM_PIECES
 * seed 816 and SIM_TROUBLE seed 506. */
START_TEST(a_row_that_is_set_while_we_stop_is_not_waited_for_and_does_not_count)
{
    struct tail_file *f;

    tree_write("app.log", "");
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    tree_append("app.log", "a line that is long enough to tell the file by\n");
    tail.self->is_stopping = true;
    (void)tail_first_introduce(f, 47, false);
    ck_assert_uint_ne(f->origin.id, 0);
    ck_assert(!f->known.is_saved);
    tail.self->is_stopping = false;
    (void)tail_first_introduce(f, 47, false);
    ck_assert(f->known.is_saved && tail_file_waits(f));
}
END_TEST

/* ---- more generations than are looked at ---- */

#define HELD 12
#define ON_DISK 3

static void line_of(unsigned generation, char line[64])
{
    snprintf(line, 64, "generation %03u has a line of its own\n", generation);
}

/* As kubelet does: the one before the newest is compressed, the oldest removed. */
static void rotate(unsigned generation)
{
    char line[64], plain[32], packed[40];

    snprintf(plain, sizeof plain, "app.log.%08u", 20261100 + generation);
    tree_rename("app.log", plain);
    if (generation > 0) {
        line_of(generation - 1, line);
        snprintf(plain, sizeof plain, "app.log.%08u", 20261100 + generation - 1);
        snprintf(packed, sizeof packed, "%s.gz", plain);
        tree_write_gzip(packed, line);
        tree_remove(plain);
    }
    if (generation >= ON_DISK) {
        snprintf(packed, sizeof packed, "app.log.%08u.gz", 20261100 + generation - ON_DISK);
        tree_remove(packed);
    }
}

/* Each line once, though no output takes anything, and of those held open fewer are looked at than
 * there are. */
START_TEST(of_more_generations_than_are_looked_at_each_is_read_once)
{
    struct buffer records = {0};
    char line[64];

    tail_kit_start(&tail, NULL);
    tail.self->book.known_max = ON_DISK + 1;
    tail.kit.is_holding = true;
    for (unsigned i = 0; i < HELD; i++) {
        line_of(i, line);
        tree_append("app.log", line);
        clock_advance_ms(POLL_MS);
        tail_kit_settle(&tail);
        rotate(i);
        buffer_append_text(&records, input_kit_records(&tail.kit));
    }
    clock_advance_ms(POLL_MS);
    tail_kit_settle(&tail);
    buffer_append_text(&records, input_kit_records(&tail.kit));
    for (unsigned i = 0; i < HELD; i++) {
        const char *first;

        line_of(i, line);
        line[strlen(line) - 1] = '\0';
        first = strstr(buffer_text(&records), line);
        ck_assert_msg(first != NULL, "\"%s\" is missing", line);
        ck_assert_msg(strstr(first + 1, line) == NULL, "\"%s\" comes twice", line);
    }
    ck_assert_uint_gt(tail.self->followed.unnamed_count, tail.self->book.known_max);
    ck_assert_uint_ne(tail.self->book.known_said_ms, 0);
    buffer_fini(&records);
}
END_TEST

Suite *suite_plugins_in_tail_known(void);
Suite *suite_plugins_in_tail_known(void)
{
    Suite *suite = suite_create("plugins/in_tail_known");
    TCase *t = tcase_create("who a file is");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_number_that_another_log_has_by_now_is_not_taken_for_it);
    tcase_add_test(t, a_file_that_cannot_be_read_when_it_is_handed_on_is_known_as_before);
    tcase_add_test(t, a_file_whose_last_bytes_could_not_be_printed_is_known_by_its_first);
    tcase_add_test(t, the_row_of_another_log_says_nothing_of_a_number);
    tcase_add_test(t, what_a_log_was_copied_to_before_it_could_be_opened_is_read);
    tcase_add_test(t, what_a_log_that_can_no_longer_be_opened_was_copied_to_is_read);
    tcase_add_test(t, what_it_still_holds_itself_is_not_read_twice);
    tcase_add_test(t, such_a_look_at_a_log_says_how_much_it_holds);
    tcase_add_test(t, what_was_seen_of_an_empty_log_and_truncated_is_not_forgotten_by_the_next);
    tcase_add_test(t, what_has_that_which_a_log_held_when_it_was_opened_is_its_copy);
    tcase_add_test(t, what_was_copied_before_we_came_of_a_log_that_cannot_be_opened_is_read);
    tcase_add_test(t, what_an_empty_log_was_copied_to_before_a_stop_is_read_by_the_next);
    tcase_add_test(t, what_a_log_that_could_not_be_read_was_copied_to_is_read_first);
    tcase_add_test(t,
                   what_was_seen_while_memory_was_short_counts_though_it_was_truncated_just_then);
    tcase_add_test(t, a_file_whose_first_bytes_cannot_be_read_is_not_opened);
    tcase_add_test(t, a_row_that_is_set_while_we_stop_is_not_waited_for_and_does_not_count);
    tcase_add_test(t, of_more_generations_than_are_looked_at_each_is_read_once);
    suite_add_tcase(suite, t);
    return suite;
}
