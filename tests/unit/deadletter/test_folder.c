#include "deadletter/folder.h"

#include "kit/tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST "d/letters-0000000001.jsonl"
#define SECOND "d/letters-0000000002.jsonl"

static struct letter_folder *folder;
static char why[256];
static const struct letter_limits roomy = {1 << 20, 1 << 20, 256};

static void set_up(void)
{
    tree_plant();
}

static void tear_down(void)
{
    letter_folder_close(&folder);
    tree_fell();
}

static void open_with(struct letter_limits limits)
{
    ck_assert_msg(letter_folder_open(tree_path("d"), &limits, &folder, why) == 0, "%s", why);
}

static int append(const char *lines, uint64_t *deleted)
{
    return letter_folder_append(folder, slice_of(lines), deleted);
}

static void expect_append(const char *lines)
{
    uint64_t deleted;

    ck_assert_int_eq(append(lines, &deleted), 0);
    ck_assert_uint_eq(deleted, 0);
}

static void expect_file(const char *name, const char *text)
{
    size_t len;
    const char *bytes = tree_read(name, &len);

    ck_assert_uint_eq(len, strlen(text));
    ck_assert(memcmp(bytes, text, len) == 0);
}

START_TEST(lines_go_into_one_file_that_nobody_else_may_read)
{
    struct stat stat_out;

    open_with(roomy);
    expect_append("one\n");
    expect_append("two\nthree\n");
    expect_file(FIRST, "one\ntwo\nthree\n");
    ck_assert_int_eq(stat(tree_path(FIRST), &stat_out), 0);
    ck_assert_uint_eq(stat_out.st_mode & 0777, 0600);
    ck_assert_int_eq(stat(tree_path("d"), &stat_out), 0);
    ck_assert_uint_eq(stat_out.st_mode & 0777, 0700);
}
END_TEST

START_TEST(the_directory_is_made_with_what_leads_to_it)
{
    ck_assert_int_eq(letter_folder_open(tree_path("a/b/c"), &roomy, &folder, why), 0);
    expect_append("one\n");
    expect_file("a/b/c/letters-0000000001.jsonl", "one\n");
}
END_TEST

START_TEST(the_next_agent_goes_on_with_the_last_file)
{
    open_with(roomy);
    expect_append("one\n");
    letter_folder_close(&folder);
    open_with(roomy);
    expect_append("two\n");
    expect_file(FIRST, "one\ntwo\n");
}
END_TEST

START_TEST(a_file_that_a_crash_cut_is_left_as_it_is)
{
    tree_folder("d");
    tree_write(FIRST, "one\nha");
    open_with(roomy);
    expect_append("two\n");
    expect_file(FIRST, "one\nha");
    expect_file(SECOND, "two\n");
}
END_TEST

START_TEST(a_full_file_is_followed_by_the_next)
{
    open_with((struct letter_limits){1000, 10, 256});
    expect_append("12345\n");
    expect_append("678\n");
    expect_append("9\n");
    expect_file(FIRST, "12345\n678\n");
    expect_file(SECOND, "9\n");
}
END_TEST

START_TEST(the_oldest_go_and_are_counted)
{
    uint64_t deleted;

    open_with((struct letter_limits){20, 8, 256});
    expect_append("a\nb\nc\n");
    expect_append("1234567\n");
    ck_assert_int_eq(append("7654321\n", &deleted), 0);
    ck_assert_uint_eq(deleted, 3);
    ck_assert(!tree_has(FIRST));
    expect_file(SECOND, "1234567\n");
    expect_file("d/letters-0000000003.jsonl", "7654321\n");
}
END_TEST

START_TEST(there_are_not_more_files_than_allowed)
{
    uint64_t deleted, sum = 0;
    struct letter_file files[LETTER_FILES_MAX];

    open_with((struct letter_limits){1000, 4, 3});
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(append("one\n", &deleted), 0);
        sum += deleted;
    }
    ck_assert_uint_eq(sum, 7);
    ck_assert_int_eq(letter_files_list(tree_open("d"), files), 3);
    ck_assert_uint_eq(files[2].number, 10);
}
END_TEST

START_TEST(what_is_larger_than_all_may_be_is_not_taken)
{
    uint64_t deleted;

    open_with((struct letter_limits){4, 4, 3});
    ck_assert_int_eq(append("12345\n", &deleted), -EFBIG);
    ck_assert(!tree_has(FIRST));
}
END_TEST

/* Somebody drops or replays letters meanwhile. */
START_TEST(a_file_that_somebody_works_on_is_passed_over)
{
    int fd;

    open_with(roomy);
    expect_append("one\n");
    fd = open(tree_path(FIRST), O_RDONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    expect_append("two\n");
    close(fd);
    expect_file(FIRST, "one\n");
    expect_file(SECOND, "two\n");
}
END_TEST

START_TEST(a_file_that_somebody_removed_is_not_missed)
{
    open_with(roomy);
    expect_append("one\n");
    tree_remove(FIRST);
    expect_append("two\n");
    expect_file(SECOND, "two\n");
}
END_TEST

START_TEST(other_files_are_not_touched)
{
    struct letter_file files[LETTER_FILES_MAX];

    tree_folder("d");
    tree_write("d/letters-1.jsonl", "not ours");
    tree_write("d/letters-0000000009.jsonl.new", "not ours");
    tree_write("d/notes", "not ours");
    tree_folder("d/letters-0000000008.jsonl");
    open_with(roomy);
    ck_assert_int_eq(letter_files_list(tree_open("d"), files), 0);
    expect_append("one\n");
    expect_file(FIRST, "one\n");
}
END_TEST

/* A disk that is full, by the limit that a process can set itself. */
/* In a directory that others may write to: another name of a file that is not theirs. */
START_TEST(a_file_with_two_names_is_not_written_to)
{
    char name[2][256];

    tree_folder("d");
    tree_write("passwd", "root\n");
    (void)snprintf(name[0], sizeof name[0], "%s", tree_path("passwd"));
    (void)snprintf(name[1], sizeof name[1], "%s", tree_path(FIRST));
    ck_assert_int_eq(link(name[0], name[1]), 0);
    (void)snprintf(name[1], sizeof name[1], "%s", tree_path("d/lock"));
    ck_assert_int_eq(link(name[0], name[1]), 0);
    open_with(roomy);
    expect_append("one\n");
    expect_file("passwd", "root\n");
    expect_file(SECOND, "one\n");
}
END_TEST

START_TEST(a_number_that_no_agent_reaches_is_let_be)
{
    tree_folder("d");
    tree_write("d/letters-18446744073709551615.jsonl", "x\n");
    tree_write("d/letters-9999999999.jsonl", "x\n");
    open_with(roomy);
    expect_append("one\n");
    expect_file(FIRST, "one\n");
}
END_TEST

START_TEST(half_a_line_on_a_full_disk_is_cut_off_again)
{
    struct rlimit limit, old;
    uint64_t deleted;

    signal(SIGXFSZ, SIG_IGN);
    open_with(roomy);
    expect_append("one\n");
    getrlimit(RLIMIT_FSIZE, &old);
    limit = (struct rlimit){10, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(append("a line too long\n", &deleted), -EFBIG);
    setrlimit(RLIMIT_FSIZE, &old);
    expect_file(FIRST, "one\n");
    expect_append("two\n");
    expect_file(FIRST, "one\ntwo\n");
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_says_why)
{
    tree_write("f", "a file");
    ck_assert_int_lt(letter_folder_open(tree_path("f/d"), &roomy, &folder, why), 0);
    ck_assert_ptr_nonnull(strstr(why, "Not a directory"));
    ck_assert_ptr_null(folder);
    ck_assert_int_lt(letter_folder_open(tree_path("f"), &roomy, &folder, why), 0);
    ck_assert_int_lt(letter_folder_open("", &roomy, &folder, why), 0);
}
END_TEST

START_TEST(a_directory_that_another_agent_has_is_refused)
{
    int fd;

    tree_folder("d");
    fd = open(tree_path("d/lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert_int_eq(pwrite(fd, "4711 word\n", 10, 0), 10);
    ck_assert_int_eq(letter_folder_open(tree_path("d"), &roomy, &folder, why), -EBUSY);
    ck_assert_ptr_nonnull(strstr(why, "is owned by another running agent (pid 4711)"));
    ck_assert_ptr_null(folder);
    close(fd);
    open_with(roomy);
}
END_TEST

START_TEST(two_pipelines_of_one_agent_share_it)
{
    struct letter_folder *second;
    uint64_t deleted;

    open_with(roomy);
    expect_append("one\n");
    ck_assert_int_eq(letter_folder_open(tree_path("d"), &roomy, &second, why), 0);
    ck_assert_int_eq(letter_folder_append(second, SLICE("two\n"), &deleted), 0);
    letter_folder_close(&folder);
    ck_assert_int_eq(letter_folder_append(second, SLICE("three\n"), &deleted), 0);
    letter_folder_close(&second);
    expect_file(FIRST, "one\ntwo\nthree\n");
}
END_TEST

Suite *suite_deadletter_folder(void);

Suite *suite_deadletter_folder(void)
{
    Suite *suite = suite_create("deadletter/folder");
    TCase *tc = tcase_create("folder");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, lines_go_into_one_file_that_nobody_else_may_read);
    tcase_add_test(tc, the_directory_is_made_with_what_leads_to_it);
    tcase_add_test(tc, the_next_agent_goes_on_with_the_last_file);
    tcase_add_test(tc, a_file_that_a_crash_cut_is_left_as_it_is);
    tcase_add_test(tc, a_full_file_is_followed_by_the_next);
    tcase_add_test(tc, the_oldest_go_and_are_counted);
    tcase_add_test(tc, there_are_not_more_files_than_allowed);
    tcase_add_test(tc, what_is_larger_than_all_may_be_is_not_taken);
    tcase_add_test(tc, a_file_that_somebody_works_on_is_passed_over);
    tcase_add_test(tc, a_file_that_somebody_removed_is_not_missed);
    tcase_add_test(tc, other_files_are_not_touched);
    tcase_add_test(tc, a_file_with_two_names_is_not_written_to);
    tcase_add_test(tc, a_number_that_no_agent_reaches_is_let_be);
    tcase_add_test(tc, half_a_line_on_a_full_disk_is_cut_off_again);
    tcase_add_test(tc, a_directory_that_cannot_be_made_says_why);
    tcase_add_test(tc, a_directory_that_another_agent_has_is_refused);
    tcase_add_test(tc, two_pipelines_of_one_agent_share_it);
    suite_add_tcase(suite, tc);
    return suite;
}
