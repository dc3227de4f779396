#include "loop/loop.h"

#include <check.h>
#include <unistd.h>

/* Time is real: what is tested is that waiting ends. */

static struct loop *loop;
static int ends[2];
static bool is_done;

static void set_up(void)
{
    loop = loop_new();
    ck_assert_int_eq(pipe(ends), 0);
    is_done = false;
}

static void tear_down(void)
{
    loop_free(&loop);
    close(ends[0]);
    close(ends[1]);
}

/* Comes back when somebody writes. */
static void work(void *owner)
{
    char byte;

    (void)owner;
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
}

static void done(void *owner)
{
    (void)owner;
    is_done = true;
}

static void let_work_end(void)
{
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
}

START_TEST(a_job_is_told_done_on_the_loop)
{
    job_start(loop, work, done, NULL);
    ck_assert_uint_eq(job_count(loop), 1);
    let_work_end();
    ck_assert(!is_done);
    loop_run(loop);
    ck_assert(is_done);
    ck_assert_uint_eq(job_count(loop), 0);
}
END_TEST

START_TEST(a_loop_without_work_is_finished_at_once)
{
    ck_assert(loop_finish(loop, 60000));
}
END_TEST

START_TEST(finishing_does_not_wait_for_a_job_that_is_stuck)
{
    job_start(loop, work, done, NULL);
    ck_assert(!loop_finish(loop, 1));
    ck_assert(!is_done);
    let_work_end();
    ck_assert(loop_finish(loop, 60000));
    ck_assert(is_done);
}
END_TEST

Suite *suite_loop_job(void);
Suite *suite_loop_job(void)
{
    Suite *suite = suite_create("loop/job");
    TCase *job = tcase_create("job");

    tcase_add_checked_fixture(job, set_up, tear_down);
    tcase_add_test(job, a_job_is_told_done_on_the_loop);
    tcase_add_test(job, a_loop_without_work_is_finished_at_once);
    tcase_add_test(job, finishing_does_not_wait_for_a_job_that_is_stuck);
    suite_add_tcase(suite, job);
    return suite;
}
