#include "plugins/in_tail/tail.h"

#include <check.h>

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

    ck_assert(tail_may_follow_path(&t, "a.log"));
    ck_assert(!tail_may_follow_path(&t, "a.log.1"));
    ck_assert(tail_file_is_only(f));
}
END_TEST

START_TEST(so_is_what_came_after_it)
{
    ck_assert(!tail_may_follow_path(&t, "a.log"));
    ck_assert(tail_file_is_only(follow(0, "a.log")));
    ck_assert(tail_may_follow_path(&t, "a.log"));
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
    ck_assert(tail_may_follow_path(&t, "a.log"));
}
END_TEST

START_TEST(nothing_is_sure_where_no_listing_is_kept)
{
    struct tail_file *f = follow(0, "a.log");

    tail_listing_drop(&t);
    ck_assert(tail_may_follow_path(&t, "b.log"));
    ck_assert(!tail_file_is_only(f));
}
END_TEST

START_TEST(nothing_of_a_former_listing_counts)
{
    struct tail_file *f = follow(0, "a.log");

    ck_assert(tail_may_follow_path(&t, "a.log"));
    tail_listing_drop(&t);
    list_remove(&f->link);
    tail_listing_keep(&t);
    ck_assert(!tail_may_follow_path(&t, "a.log"));
}
END_TEST

Suite *suite_plugins_in_tail_namesakes(void);
Suite *suite_plugins_in_tail_namesakes(void)
{
    Suite *suite = suite_create("plugins/in_tail_namesakes");
    TCase *tcase = tcase_create("namesakes");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_was_followed_before_the_first_question_is_known);
    tcase_add_test(tcase, so_is_what_came_after_it);
    tcase_add_test(tcase, of_several_none_is_the_only_one);
    tcase_add_test(tcase, nothing_is_sure_where_no_listing_is_kept);
    tcase_add_test(tcase, nothing_of_a_former_listing_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
