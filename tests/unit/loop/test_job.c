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

/* ---- jobs of the loop ---- */

static int steps; /* odd while one is between its work and its end */
static int asked;

static void step_begin(void *owner)
{
    ck_assert_ptr_eq(owner, &steps);
    ck_assert_int_eq(steps++ % 2, 0);
}

static void step_end(void *owner)
{
    ck_assert_int_eq(steps++ % 2, 1);
    if (asked-- > 0)
        job_soon(loop, step_begin, step_end, owner);
}

START_TEST(the_loop_does_a_job_itself_in_its_next_step)
{
    steps = asked = 0;
    job_soon(loop, step_begin, step_end, &steps);
    job_soon(loop, step_begin, step_end, &steps);
    ck_assert_uint_eq(job_count(loop), 2);
    ck_assert_int_eq(steps, 0);
    loop_turn(loop, true);
    ck_assert_int_eq(steps, 4);
    ck_assert_uint_eq(job_count(loop), 0);
    ck_assert(loop_finish(loop, 60000));
}
END_TEST

START_TEST(a_job_that_a_job_asks_for_waits_for_the_step_after)
{
    steps = 0;
    asked = 2;
    job_soon(loop, step_begin, step_end, &steps);
    loop_turn(loop, true);
    ck_assert_int_eq(steps, 2);
    loop_turn(loop, true);
    ck_assert_int_eq(steps, 4);
    ck_assert_uint_eq(job_count(loop), 1);
    ck_assert(loop_finish(loop, 60000));
    ck_assert_int_eq(steps, 6);
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
    tcase_add_test(job, the_loop_does_a_job_itself_in_its_next_step);
    tcase_add_test(job, a_job_that_a_job_asks_for_waits_for_the_step_after);
    suite_add_tcase(suite, job);
    return suite;
}
