#include "deadletter/desk.h"

#include "kit/tree.h"

#include <check.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define FIRST "d/letters-0000000001.jsonl"
#define SECOND "d/letters-0000000002.jsonl"
#define LETTER(tag)                                                                         \
    "{\"version\":1,\"set_aside\":\"2023-11-14T22:13:20.123Z\",\"output\":\"es.0\","        \
    "\"status\":400,\"reason\":\"so\",\"tag\":\"" tag "\",\"stream\":\"00f1a2b3c4d5e6f7\"," \
    "\"offset\":1,\"time\":\"2023-11-14T22:13:20.000000001Z\",\"record\":{\"a\":1}}\n"

static struct letter_desk *desk;
static char why[256];

static void set_up(void)
{
    tree_plant();
    tree_folder("d");
}

static void tear_down(void)
{
    letter_desk_close(&desk);
    tree_fell();
}

static void open_for(enum desk_use use)
{
    desk = letter_desk_open(tree_path("d"), use, why);
    ck_assert_msg(desk != NULL, "%s", why);
}

static void expect_file(const char *name, const char *text)
{
    size_t len;
    const char *bytes = tree_read(name, &len);

    ck_assert_uint_eq(len, strlen(text));
    ck_assert(memcmp(bytes, text, len) == 0);
}

/* What the lines of the next file are: a letter each, s(ound), t(orn), o(dd), n(ewer). */
static const char *faults(void)
{
    static char letters[64];
    struct desk_item item;
    size_t count = 0;

    ck_assert_int_eq(letter_desk_file(desk), 1);
    while (letter_desk_next(desk, &item)) {
        letters[count++] = "ston"[item.fault];
        ck_assert_uint_eq(item.line, count);
    }
    letters[count] = '\0';
    return letters;
}

START_TEST(files_are_gone_through_in_order)
{
    struct desk_item item;

    tree_write(SECOND, LETTER("b") LETTER("c"));
    tree_write(FIRST, LETTER("a"));
    open_for(DESK_READS);
    ck_assert_int_eq(letter_desk_file(desk), 1);
    ck_assert(letter_desk_next(desk, &item));
    ck_assert(slice_is(item.letter.tag, "a"));
    ck_assert_uint_eq(item.file, 1);
    ck_assert(!letter_desk_next(desk, &item));
    ck_assert_int_eq(letter_desk_done(desk), 0);
    ck_assert_str_eq(faults(), "ss");
    ck_assert_int_eq(letter_desk_done(desk), 0);
    ck_assert_int_eq(letter_desk_file(desk), 0);
}
END_TEST

START_TEST(lines_that_are_no_letters_are_told_apart)
{
    tree_write(FIRST, LETTER("a") "{\"version\":1,\"cut\n"
                                  "\n"
                                  "{\"version\":2,\"x\":1}\n"
                                  "{\"a\":1}\n" LETTER("b") "{\"version\":1,\"set_");
    open_for(DESK_READS);
    ck_assert_str_eq(faults(), "sttnost");
}
END_TEST

START_TEST(an_empty_file_has_no_lines)
{
    tree_write(FIRST, "");
    open_for(DESK_READS);
    ck_assert_str_eq(faults(), "");
}
END_TEST

START_TEST(what_is_removed_goes_and_the_rest_stays_as_it_was)
{
    tree_write(FIRST, LETTER("a") "half a line\n" LETTER("b") LETTER("c"));
    open_for(DESK_CHANGES);
    ck_assert_str_eq(faults(), "stss");
    letter_desk_remove(desk, 1);
    letter_desk_remove(desk, 4);
    ck_assert_int_eq(letter_desk_done(desk), 0);
    expect_file(FIRST, "half a line\n" LETTER("b"));
    ck_assert(!tree_has(FIRST ".new"));
}
END_TEST

START_TEST(a_file_of_which_nothing_is_left_goes)
{
    tree_write(FIRST, LETTER("a"));
    tree_write(SECOND, LETTER("b"));
    open_for(DESK_CHANGES);
    ck_assert_str_eq(faults(), "s");
    letter_desk_remove(desk, 1);
    ck_assert_int_eq(letter_desk_done(desk), 0);
    ck_assert(!tree_has(FIRST));
    ck_assert_str_eq(faults(), "s");
    ck_assert_int_eq(letter_desk_done(desk), 0);
    expect_file(SECOND, LETTER("b"));
}
END_TEST

START_TEST(one_that_changes_has_the_file_locked)
{
    int fd;

    tree_write(FIRST, LETTER("a"));
    open_for(DESK_CHANGES);
    ck_assert_str_eq(faults(), "s");
    fd = open(tree_path(FIRST), O_RDONLY);
    ck_assert_int_lt(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_assert_int_eq(letter_desk_done(desk), 0);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);
}
END_TEST

/* The oldest goes while somebody works on it: it does not come back. */
START_TEST(a_file_that_an_agent_removed_is_not_made_anew)
{
    tree_write(FIRST, LETTER("a") LETTER("b"));
    tree_write(SECOND, LETTER("c"));
    open_for(DESK_CHANGES);
    ck_assert_str_eq(faults(), "ss");
    tree_remove(FIRST);
    letter_desk_remove(desk, 1);
    ck_assert_int_eq(letter_desk_done(desk), 0);
    ck_assert(!tree_has(FIRST));
    tree_remove(SECOND);
    ck_assert_int_eq(letter_desk_file(desk), 0);
}
END_TEST

START_TEST(a_directory_that_is_not_there_says_so)
{
    ck_assert_ptr_null(letter_desk_open(tree_path("none"), DESK_READS, why));
    ck_assert_ptr_nonnull(strstr(why, "No such file or directory"));
    tree_write("file", "x");
    ck_assert_ptr_null(letter_desk_open(tree_path("file"), DESK_READS, why));
}
END_TEST

Suite *suite_deadletter_desk(void);

Suite *suite_deadletter_desk(void)
{
    Suite *suite = suite_create("deadletter/desk");
    TCase *tc = tcase_create("desk");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, files_are_gone_through_in_order);
    tcase_add_test(tc, lines_that_are_no_letters_are_told_apart);
    tcase_add_test(tc, an_empty_file_has_no_lines);
    tcase_add_test(tc, what_is_removed_goes_and_the_rest_stays_as_it_was);
    tcase_add_test(tc, a_file_of_which_nothing_is_left_goes);
    tcase_add_test(tc, one_that_changes_has_the_file_locked);
    tcase_add_test(tc, a_file_that_an_agent_removed_is_not_made_anew);
    tcase_add_test(tc, a_directory_that_is_not_there_says_so);
    suite_add_tcase(suite, tc);
    return suite;
}
