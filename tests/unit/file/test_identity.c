#include "file/identity.h"

#include "kit/stops.h"
#include "kit/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_1 "2026-11-21T05:00:00.000000001Z stdout F the first line\n"
#define LINE_2 "2026-11-21T05:00:00.000000002Z stdout F the second line\n"

static struct file_facts facts_of(const char *name)
{
    struct file_facts facts;
    int fd = tree_open(name);

    ck_assert_int_eq(file_facts_read(fd, &facts), 0);
    close(fd);
    return facts;
}

static struct file_identity identity_of(const char *name)
{
    struct file_identity identity = {.id = facts_of(name).id};
    int fd = tree_open(name);

    ck_assert_int_eq(file_head_renew(fd, FILE_HEAD_BYTES_MAX, &identity), 0);
    close(fd);
    return identity;
}

static enum file_match match(const struct file_identity *saved, const char *name)
{
    struct file_id id = facts_of(name).id;
    char head[FILE_HEAD_BYTES_MAX];
    int fd = tree_open(name);
    int64_t len = file_read_at(fd, head, sizeof head, 0);

    close(fd);
    ck_assert_int_ge(len, 0);
    return file_identity_match(saved, &id, slice_make(head, (size_t)len));
}

START_TEST(a_file_stays_the_same_while_it_grows)
{
    struct file_identity saved;

    tree_write("a.log", LINE_1);
    saved = identity_of("a.log");
    ck_assert_uint_eq(saved.head.len, strlen(LINE_1));
    tree_append("a.log", LINE_2);
    ck_assert_int_eq(match(&saved, "a.log"), FILE_SAME);
}
END_TEST

START_TEST(a_file_stays_the_same_under_another_name)
{
    struct file_identity saved;

    tree_write("a.log", LINE_1);
    saved = identity_of("a.log");
    tree_rename("a.log", "a.log.1");
    tree_write("a.log", LINE_2);
    ck_assert_int_eq(match(&saved, "a.log.1"), FILE_SAME);
    ck_assert_int_eq(match(&saved, "a.log"), FILE_OTHER);
}
END_TEST

START_TEST(an_empty_file_is_the_same_once_it_has_bytes)
{
    struct file_identity saved;

    tree_write("a.log", "");
    saved = identity_of("a.log");
    ck_assert_uint_eq(saved.head.len, 0);
    tree_append("a.log", LINE_1);
    ck_assert_int_eq(match(&saved, "a.log"), FILE_SAME);
}
END_TEST

START_TEST(a_truncated_file_is_rewritten)
{
    struct file_identity saved;

    tree_write("a.log", LINE_1);
    saved = identity_of("a.log");
    tree_truncate("a.log", 0);
    ck_assert_int_eq(match(&saved, "a.log"), FILE_REWRITTEN);
    tree_append("a.log", LINE_2 LINE_1);
    ck_assert_int_eq(match(&saved, "a.log"), FILE_REWRITTEN);
}
END_TEST

START_TEST(a_file_cut_behind_its_head_is_the_same)
{
    struct file_identity saved;
    char text[3 * FILE_HEAD_BYTES_MAX];

    memset(text, 'x', sizeof text);
    tree_write_bytes("a.log", text, sizeof text);
    saved = identity_of("a.log");
    tree_truncate("a.log", 2 * FILE_HEAD_BYTES_MAX);
    ck_assert_int_eq(match(&saved, "a.log"), FILE_SAME);
}
END_TEST

/* ext4 gives the number to the next file at once; where a file system does not, the numbers alone
 * tell and this test holds all the same. */
START_TEST(a_new_file_is_another_even_with_the_number_of_the_old)
{
    struct file_identity saved;

    tree_write("a.log", LINE_1);
    saved = identity_of("a.log");
    tree_remove("a.log");
    tree_write("a.log", LINE_2);
    ck_assert_int_ne(match(&saved, "a.log"), FILE_SAME);
    if (saved.id.generation != 0)
        ck_assert_int_eq(match(&saved, "a.log"), FILE_OTHER);
}
END_TEST

START_TEST(a_number_used_again_is_told_by_content_where_no_generation_is_known)
{
    struct file_identity saved = {.id.ino = 7, .head = file_print_of(SLICE(LINE_1))};
    struct file_id now = {.dev = 3, .ino = 7};

    ck_assert_int_eq(file_identity_match(&saved, &now, SLICE(LINE_1 LINE_2)), FILE_SAME);
    ck_assert_int_eq(file_identity_match(&saved, &now, SLICE(LINE_2 LINE_1)), FILE_REWRITTEN);
}
END_TEST

START_TEST(a_generation_outweighs_the_time_of_birth)
{
    struct file_id a = {.dev = 1, .ino = 7, .generation = 5, .born_ns = 100};
    struct file_id b = {.dev = 1, .ino = 7, .generation = 5, .born_ns = 200};

    ck_assert(file_id_equal(&a, &b));
    b.generation = 0;
    ck_assert(!file_id_equal(&a, &b));
    b.born_ns = 0;
    ck_assert(file_id_equal(&a, &b));
    b.generation = 6;
    ck_assert(!file_id_equal(&a, &b));
}
END_TEST

START_TEST(a_device_renumbered_at_boot_is_told_by_enough_content)
{
    struct file_identity saved = {.id = {.dev = 1, .ino = 7, .generation = 5},
                                  .head = file_print_of(SLICE(LINE_1))};
    struct file_id now = {.dev = 2, .ino = 7, .generation = 5};

    ck_assert_int_eq(file_identity_match(&saved, &now, SLICE(LINE_1)), FILE_SAME);
    ck_assert_int_eq(file_identity_match(&saved, &now, SLICE(LINE_2)), FILE_OTHER);
    saved.head = file_print_of(SLICE("short"));
    ck_assert_int_eq(file_identity_match(&saved, &now, SLICE("short")), FILE_OTHER);
}
END_TEST

START_TEST(content_is_known_again_in_a_copy)
{
    struct file_identity saved;

    tree_write("a.log", LINE_1);
    saved = identity_of("a.log");
    ck_assert(file_content_match(&saved, SLICE(LINE_1 LINE_2)));
    ck_assert(!file_content_match(&saved, SLICE(LINE_2)));
    ck_assert(!file_content_match(&saved, SLICE("2026")));
}
END_TEST

START_TEST(few_bytes_do_not_prove_a_copy)
{
    struct file_identity saved = {.head = file_print_of(SLICE("hello\n"))};

    ck_assert(!file_content_match(&saved, SLICE("hello\nworld\n")));
}
END_TEST

START_TEST(the_bytes_before_a_position_are_checked)
{
    struct file_print print;
    int fd;

    tree_write("a.log", LINE_1 LINE_2);
    fd = tree_open("a.log");
    ck_assert_int_eq(file_tail_print(fd, strlen(LINE_1), &print), 0);
    ck_assert_uint_eq(print.len, strlen(LINE_1));
    ck_assert_int_eq(file_tail_check(fd, strlen(LINE_1), print), 1);

    tree_write("a.log", LINE_2 LINE_1);
    ck_assert_int_eq(file_tail_check(fd, strlen(LINE_1), print), 0);
    tree_truncate("a.log", 3);
    ck_assert_int_eq(file_tail_check(fd, strlen(LINE_1), print), 0);
    close(fd);
}
END_TEST

/* A descriptor that does not read stands for a disk that does not. SIM_COPIES and SIM_TROUBLE seed 709200. */
START_TEST(that_there_are_fewer_bytes_shows_though_none_can_be_read)
{
    struct file_print print = file_print_of(SLICE(LINE_1));
    int fd;

    tree_write("a.log", LINE_1);
    fd = open(tree_path("a.log"), O_WRONLY);
    ck_assert_int_eq(file_tail_check(fd, strlen(LINE_1), print), -EBADF);
    tree_truncate("a.log", 0);
    ck_assert_int_eq(file_tail_check(fd, strlen(LINE_1), print), 0);
    close(fd);
}
END_TEST

START_TEST(a_tail_is_short_at_the_start_and_bounded_later)
{
    struct file_print print;
    char text[500];
    int fd;

    memset(text, 'x', sizeof text);
    tree_write_bytes("a.log", text, sizeof text);
    fd = tree_open("a.log");
    ck_assert_int_eq(file_tail_print(fd, 0, &print), 0);
    ck_assert_uint_eq(print.len, 0);
    ck_assert_int_eq(file_tail_check(fd, 0, print), 1);
    ck_assert_int_eq(file_tail_print(fd, 500, &print), 0);
    ck_assert_uint_eq(print.len, FILE_TAIL_BYTES_MAX);
    ck_assert_int_eq(file_tail_check(fd, 10, print), 0);
    close(fd);
}
END_TEST

START_TEST(facts_tell_a_deleted_file_and_what_is_no_file)
{
    struct file_facts facts;
    int fd;

    tree_write("a.log", "abc");
    fd = tree_open("a.log");
    tree_remove("a.log");
    ck_assert_int_eq(file_facts_read(fd, &facts), 0);
    ck_assert_uint_eq(facts.link_count, 0);
    ck_assert_uint_eq(facts.size_bytes, 3);
    ck_assert(facts.is_regular);
    close(fd);

    ck_assert(!facts_of("").is_regular);
}
END_TEST

/* By 32 bytes of a line here, and by 64 there. */
START_TEST(a_copy_that_was_made_early_is_known_by_the_bytes_it_has)
{
    struct file_identity saved = {0};

    file_identity_take(&saved, SLICE(LINE_1 LINE_2 LINE_2));
    ck_assert(file_content_is_cut(&saved, SLICE(LINE_1)));
    ck_assert(file_content_is_cut(&saved, SLICE(LINE_1 LINE_2)));
    ck_assert(!file_content_is_cut(&saved, SLICE(LINE_1 LINE_2 LINE_2)));
    ck_assert(!file_content_is_cut(&saved, SLICE(LINE_2)));
    ck_assert(!file_content_is_cut(&saved, SLICE(LINE_1 "something else")));
    ck_assert(!file_content_is_cut(&saved, SLICE("2026-11-21T05")));
    memset(saved.steps, 0, sizeof saved.steps);
    ck_assert(!file_content_is_cut(&saved, SLICE(LINE_1)));
}
END_TEST

/* It was truncated and written to anew since. */
START_TEST(the_print_of_a_file_stays_when_it_begins_with_something_else)
{
    struct file_identity identity;
    struct file_print print;
    int fd;

    tree_write("a.log", LINE_1);
    identity = identity_of("a.log");
    print = identity.head;
    tree_write("a.log", LINE_2 LINE_2);
    fd = tree_open("a.log");
    ck_assert_int_eq(file_head_renew(fd, FILE_HEAD_BYTES_MAX, &identity), 0);
    ck_assert_uint_eq(identity.head.hash, print.hash);
    ck_assert_uint_eq(identity.head.len, print.len);
    close(fd);
}
END_TEST

/* The system sets it at the first read after a write, which writes the inode. */
START_TEST(reading_leaves_the_time_of_the_last_access_alone)
{
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_nsec = UTIME_NOW}};
    struct stat facts;
    char byte;
    int fd;

    tree_write("app.log", LINE_1);
    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path("app.log"), times, 0), 0);
    fd = file_open_read(tree_path("app.log"));
    ck_assert_int_eq(file_read_at(fd, &byte, 1, 0), 1);
    ck_assert_int_eq(fstat(fd, &facts), 0);
    ck_assert_int_eq(facts.st_atim.tv_sec, 1000);
    close(fd);
}
END_TEST

/* Only its owner may leave that time alone. */
START_TEST(somebody_else_s_file_is_read_too)
{
    int status = 0;
    pid_t reader;

    if (geteuid() != 0)
        return;
    tree_write("app.log", LINE_1);
    ck_assert_int_eq(chmod(tree_path("."), 0755), 0);
    ck_assert_int_eq(chmod(tree_path("app.log"), 0644), 0);
    reader = fork();
    if (reader == 0) {
        char byte;
        int rc = setresuid(65534, 65534, 65534) < 0 ? -1 : file_open_read(tree_path("app.log"));

        _exit(rc >= 0 && file_read_at(rc, &byte, 1, 0) == 1 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_is_not_there_cannot_be_opened)
{
    ck_assert_int_eq(file_open_read(tree_path("app.log")), -ENOENT);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    struct file_facts facts;
    struct file_identity identity = {0};
    struct file_print print;
    char byte;
    int fd = tree_open("");

    ck_assert_int_eq(file_facts_read(-1, &facts), -EBADF);
    ck_assert_int_eq(file_head_renew(-1, FILE_HEAD_BYTES_MAX, &identity), -EBADF);
    ck_assert_int_eq(file_tail_print(-1, 5, &print), -EBADF);
    ck_assert_int_eq(file_tail_check(-1, 5, (struct file_print){.hash = 1, .len = 5}), -EBADF);
    ck_assert_int_eq(file_read_at(fd, &byte, 1, 0), -EISDIR);
    close(fd);
}
END_TEST

Suite *suite_file_identity(void);

Suite *suite_file_identity(void)
{
    Suite *suite = suite_create("file/identity");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, tree_plant, tree_fell);
    tcase_add_test(use, a_file_stays_the_same_while_it_grows);
    tcase_add_test(use, a_file_stays_the_same_under_another_name);
    tcase_add_test(use, an_empty_file_is_the_same_once_it_has_bytes);
    tcase_add_test(use, a_truncated_file_is_rewritten);
    tcase_add_test(use, a_file_cut_behind_its_head_is_the_same);
    tcase_add_test(use, a_new_file_is_another_even_with_the_number_of_the_old);
    tcase_add_test(use, a_number_used_again_is_told_by_content_where_no_generation_is_known);
    tcase_add_test(use, a_generation_outweighs_the_time_of_birth);
    tcase_add_test(use, a_device_renumbered_at_boot_is_told_by_enough_content);
    tcase_add_test(use, content_is_known_again_in_a_copy);
    tcase_add_test(use, few_bytes_do_not_prove_a_copy);
    tcase_add_test(use, the_bytes_before_a_position_are_checked);
    tcase_add_test(use, that_there_are_fewer_bytes_shows_though_none_can_be_read);
    tcase_add_test(use, a_tail_is_short_at_the_start_and_bounded_later);
    tcase_add_test(use, facts_tell_a_deleted_file_and_what_is_no_file);
    tcase_add_test(use, a_copy_that_was_made_early_is_known_by_the_bytes_it_has);
    tcase_add_test(use, the_print_of_a_file_stays_when_it_begins_with_something_else);
    tcase_add_test(use, reading_leaves_the_time_of_the_last_access_alone);
    tcase_add_test(use, somebody_else_s_file_is_read_too);
    tcase_add_test(use, what_is_not_there_cannot_be_opened);
    tcase_add_test(use, what_cannot_be_read_says_why);
    suite_add_tcase(suite, use);
    return suite;
}
