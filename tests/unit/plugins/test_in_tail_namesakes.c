#include "kit/tail.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Which paths are followed, while many logs are looked at in a row. */

static struct tail t;
static struct tail_file files[3];

static void set_up(void)
{
    t = (struct tail){0};
    list_init(&t.followed.files);
    tail_listing_keep(&t);
}

static void tear_down(void)
{
    tail_listing_drop(&t);
    ck_assert_uint_eq(t.names.sakes.by_path.capacity, 0);
}

static struct tail_file *follow(unsigned i, char *path)
{
    files[i] = (struct tail_file){.tail = &t, .log.path = path};
    list_add_tail(&t.followed.files, &files[i].link);
    tail_namesakes_note(&files[i]);
    return &files[i];
}

START_TEST(what_was_followed_before_the_first_question_is_known)
{
    struct tail_file *f = follow(0, "a.log");

    ck_assert_ptr_nonnull(tail_namesake_first(&t, "a.log"));
    ck_assert_ptr_null(tail_namesake_first(&t, "a.log.1"));
    ck_assert(tail_file_is_only(f));
}
END_TEST

START_TEST(so_is_what_came_after_it)
{
    ck_assert_ptr_null(tail_namesake_first(&t, "a.log"));
    ck_assert(tail_file_is_only(follow(0, "a.log")));
    ck_assert_ptr_nonnull(tail_namesake_first(&t, "a.log"));
}
END_TEST

START_TEST(of_several_none_is_the_only_one)
{
    struct tail_file *first = follow(0, "a.log"), *second, *third;

    ck_assert(tail_file_is_only(first));
    second = follow(1, "a.log");
    ck_assert(!tail_file_is_only(first) && !tail_file_is_only(second));
    third = follow(2, "a.log");
    ck_assert(!tail_file_is_only(second) && !tail_file_is_only(third));
    ck_assert_ptr_nonnull(tail_namesake_first(&t, "a.log"));
}
END_TEST

/* What is walked under a path, with a listing kept and without. */
static void expect_walk(const char *path, struct tail_file *const *expected)
{
    struct tail_file *f = tail_namesake_first(&t, path);

    for (; *expected != NULL; expected++, f = tail_namesake_next(f))
        ck_assert_ptr_eq(f, *expected);
    ck_assert_ptr_null(f);
}
#define EXPECT_WALK(path, ...) expect_walk(path, (struct tail_file *const[]){__VA_ARGS__, NULL})

START_TEST(those_of_one_path_are_walked_in_the_order_of_all)
{
    struct tail_file *first = follow(0, "a.log"), *other, *last;

    if (_i > 0)
        tail_listing_drop(&t);
    EXPECT_WALK("a.log", first);
    other = follow(1, "b.log");
    last = follow(2, "a.log");
    EXPECT_WALK("a.log", first, last);
    EXPECT_WALK("b.log", other);
    EXPECT_WALK("c.log", NULL);
    list_remove(&last->link);
    list_add_tail(&first->link, &last->link);
    tail_namesakes_order(last, first);
    EXPECT_WALK("a.log", last, first);
    tail_namesakes_leave(last);
    list_remove(&last->link);
    EXPECT_WALK("a.log", first);
    tail_namesakes_leave(first);
    list_remove(&first->link);
    EXPECT_WALK("a.log", NULL);
    EXPECT_WALK("b.log", other);
}
END_TEST

START_TEST(nothing_is_sure_where_no_listing_is_kept)
{
    struct tail_file *f = follow(0, "a.log");

    tail_listing_drop(&t);
    ck_assert_ptr_eq(tail_namesake_first(&t, "a.log"), f);
    ck_assert(!tail_file_is_only(f));
}
END_TEST

START_TEST(nothing_of_a_former_listing_counts)
{
    struct tail_file *f = follow(0, "a.log");

    ck_assert_ptr_nonnull(tail_namesake_first(&t, "a.log"));
    tail_listing_drop(&t);
    list_remove(&f->link);
    tail_listing_keep(&t);
    ck_assert_ptr_null(tail_namesake_first(&t, "a.log"));
}
END_TEST

#define LOGS 20

static const char *log_named(const char *form, unsigned i)
{
    static char name[32];

    snprintf(name, sizeof name, form, i);
    return name;
}

/* A directory that changed just now does not tell whether it changes again. */
static void directory_age(void)
{
    const struct timespec times[] = {{50, 1}, {50, 1}};

    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path("."), times, 0), 0);
}

static void logs_write(void)
{
    for (unsigned i = 0; i < LOGS; i++)
        tree_write(log_named("a%02u.log", i), log_named("the log %u\n", i));
}

/* It was read anew for each, and 10,000 logs that were renamed at once stopped all reading. */
START_TEST(logs_that_are_renamed_at_once_are_looked_for_in_one_listing)
{
    static struct tail_kit tail;
    uint64_t before;

    tail_kit_plant(&tail);
    logs_write();
    tail_kit_start(&tail, NULL);
    tail_kit_settle(&tail);
    for (unsigned i = 0; i < LOGS; i++) {
        char from[32];

        snprintf(from, sizeof from, "a%02u.log", i);
        tree_rename(from, log_named("a%02u.log.1", i));
    }
    logs_write();
    directory_age();
    before = tail.self->names.beside.read_count;
    clock_advance_ms(2000);
    tail_kit_settle(&tail);
    ck_assert_uint_eq(tail.kit.input.metrics.files_opened, 2 * LOGS);
    ck_assert_uint_lt(tail.self->names.beside.read_count - before, LOGS / 2);
    ck_assert_ptr_null(tail.self->names.beside.path);
    tail_kit_fell(&tail);
}
END_TEST

Suite *suite_plugins_in_tail_namesakes(void);
Suite *suite_plugins_in_tail_namesakes(void)
{
    Suite *suite = suite_create("plugins/in_tail_namesakes");
    TCase *tcase = tcase_create("namesakes");
    TCase *at_once = tcase_create("of logs that are renamed at once");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_was_followed_before_the_first_question_is_known);
    tcase_add_test(tcase, so_is_what_came_after_it);
    tcase_add_test(tcase, of_several_none_is_the_only_one);
    tcase_add_loop_test(tcase, those_of_one_path_are_walked_in_the_order_of_all, 0, 2);
    tcase_add_test(tcase, nothing_is_sure_where_no_listing_is_kept);
    tcase_add_test(tcase, nothing_of_a_former_listing_counts);
    tcase_add_test(at_once, logs_that_are_renamed_at_once_are_looked_for_in_one_listing);
    suite_add_tcase(suite, at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
