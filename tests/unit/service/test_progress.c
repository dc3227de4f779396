#include "service/progress.h"

#include <check.h>

#define LIMIT_MS 300000

static struct progress p;
static struct progress_seen seen;

static void set_up(void)
{
    p = (struct progress){0};
    seen = (struct progress_seen){
        .now_ms = 1000, .left_records = 5, .due_bytes = 100, .is_answered = true};
    ck_assert(!progress_look(&p, &seen, LIMIT_MS));
}

static bool look_after(uint64_t ms)
{
    seen.now_ms += ms;
    return progress_look(&p, &seen, LIMIT_MS);
}

START_TEST(what_is_due_and_does_not_leave_is_a_standstill)
{
    ck_assert(!look_after(LIMIT_MS - 1));
    ck_assert(!p.is_still);
    ck_assert(look_after(1));
    ck_assert(p.is_still);
    ck_assert_msg(!look_after(1), "it is told once");
    ck_assert(p.is_still);
}
END_TEST

START_TEST(it_is_over_when_something_leaves)
{
    look_after(LIMIT_MS);
    seen.left_records++;
    ck_assert(look_after(1));
    ck_assert(!p.is_still);
    ck_assert(!look_after(LIMIT_MS - 1));
    ck_assert(look_after(1));
}
END_TEST

START_TEST(as_long_as_something_leaves_there_is_none)
{
    for (unsigned i = 0; i < 100; i++) {
        seen.left_records++;
        ck_assert(!look_after(LIMIT_MS - 1));
    }
}
END_TEST

START_TEST(where_nothing_is_due_there_is_none)
{
    seen.due_bytes = 0;
    ck_assert(!look_after(10 * LIMIT_MS));
    seen.due_bytes = 1;
    ck_assert(!look_after(LIMIT_MS - 1));
}
END_TEST

START_TEST(a_back_end_in_trouble_is_reason_enough)
{
    look_after(LIMIT_MS - 1);
    seen.is_answered = false;
    ck_assert(!look_after(10 * LIMIT_MS));
    seen.is_answered = true;
    ck_assert(!look_after(LIMIT_MS - 1));
    ck_assert(look_after(1));
}
END_TEST

Suite *suite_service_progress(void);
Suite *suite_service_progress(void)
{
    Suite *suite = suite_create("service/progress");
    TCase *tcase = tcase_create("progress");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, what_is_due_and_does_not_leave_is_a_standstill);
    tcase_add_test(tcase, it_is_over_when_something_leaves);
    tcase_add_test(tcase, as_long_as_something_leaves_there_is_none);
    tcase_add_test(tcase, where_nothing_is_due_there_is_none);
    tcase_add_test(tcase, a_back_end_in_trouble_is_reason_enough);
    suite_add_tcase(suite, tcase);
    return suite;
}
