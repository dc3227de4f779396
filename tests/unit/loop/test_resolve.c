#include "loop/resolve.h"

#include <check.h>
#include <string.h>

static struct loop *loop;
static unsigned told;
static int told_error;
static struct resolve_answer told_answer;

static void set_up(void)
{
    loop = loop_new();
    told = 0;
}

static void tear_down(void)
{
    loop_free(&loop);
}

static void on_came(void *owner, int error, const struct resolve_answer *answer)
{
    (void)owner;
    told++;
    told_error = error;
    if (answer != NULL)
        told_answer = *answer;
}

START_TEST(a_name_has_addresses)
{
    resolve_start(loop, "localhost", on_came, NULL);
    ck_assert_uint_eq(told, 0);
    loop_run(loop);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq(told_error, 0);
    ck_assert_uint_gt(told_answer.count, 0);
    ck_assert(strcmp(told_answer.addresses[0], "127.0.0.1") == 0 ||
              strcmp(told_answer.addresses[0], "::1") == 0);
}
END_TEST

START_TEST(a_name_that_nobody_knows_is_an_error)
{
    resolve_start(loop, "no-such-host.invalid", on_came, NULL);
    loop_run(loop);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_lt(told_error, 0);
}
END_TEST

#define LONG_LABEL "a-label-of-more-than-sixty-three-bytes-cannot-be-a-part-of-any-name"

START_TEST(a_name_that_is_none_is_told_from_the_loop)
{
    char name[1024];

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    resolve_start(loop, name, on_came, NULL);
    resolve_start(loop, LONG_LABEL ".example", on_came, NULL);
    ck_assert_uint_eq(told, 0);
    loop_run(loop);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_lt(told_error, 0);
}
END_TEST

static const char *const names[] = {"localhost", "no-such-host.invalid", LONG_LABEL ".example"};

START_TEST(a_question_that_was_freed_is_not_answered)
{
    struct resolve *resolve = resolve_start(loop, names[_i], on_came, NULL);

    resolve_free(&resolve);
    ck_assert_ptr_null(resolve);
    loop_run(loop);
    ck_assert_uint_eq(told, 0);
}
END_TEST

Suite *suite_loop_resolve(void)
{
    Suite *suite = suite_create("loop/resolve");
    TCase *asking = tcase_create("asking");

    tcase_add_checked_fixture(asking, set_up, tear_down);
    tcase_add_test(asking, a_name_has_addresses);
    tcase_add_test(asking, a_name_that_nobody_knows_is_an_error);
    tcase_add_test(asking, a_name_that_is_none_is_told_from_the_loop);
    tcase_add_loop_test(asking, a_question_that_was_freed_is_not_answered, 0,
                        sizeof names / sizeof names[0]);
    suite_add_tcase(suite, asking);
    return suite;
}
