#include "base/clock.h"
#include "base/log.h"
#include "config/arguments.h"
#include "loop/loop.h"
#include "service/pipeline.h"

#include <check.h>
#include <fcntl.h>
#include <unistd.h>

/* Standard output is a pipe that is full and that nobody reads. */

#define PIPE_BYTES_MAX (1 << 20)
#define LONG_MS 60000

static struct loop *loop;
static struct config *config;
static struct pipeline *pipeline;
static struct report report;
static bool is_stopped;
static int stdout_before;
static int reader;

static void stdout_is_full(void)
{
    static char bytes[4096];
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(ends[1], bytes, sizeof bytes) > 0)
        continue;
    while (write(ends[1], bytes, 1) > 0)
        continue;
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
    stdout_before = dup(STDOUT_FILENO);
    ck_assert_int_ge(dup2(ends[1], STDOUT_FILENO), 0);
    close(ends[1]);
    reader = ends[0];
}

static void stdout_is_read(void)
{
    static char bytes[PIPE_BYTES_MAX];

    ck_assert_int_gt(read(reader, bytes, sizeof bytes), 0);
    ck_assert_int_ge(dup2(stdout_before, STDOUT_FILENO), 0);
    close(stdout_before);
}

static void set_up(void)
{
    clock_fake(5000, NS_PER_S);
    log_level_set(LOG_OFF);
    report_init(&report);
    loop = loop_new();
    is_stopped = false;
    stdout_is_full();
}

static void tear_down(void)
{
    config_free(&config);
    report_fini(&report);
    loop_free(&loop);
    close(reader);
    clock_real();
    log_level_set(LOG_INFO);
}

static void make(char *const *argv)
{
    struct arguments arguments = {0};
    int status;

    ck_assert_int_eq(arguments_parse(&arguments, argv, &report), 0);
    ck_assert_int_eq(arguments_config(&arguments, &report, &config), 0);
    arguments_fini(&arguments);
    pipeline = pipeline_new(loop, config, &report, &status);
    ck_assert_int_eq(status, 0);
}

static void on_stopped(void *owner)
{
    (void)owner;
    is_stopped = true;
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
}

/* The worker comes back only after the pipeline was left, and finds all that it holds. */
START_TEST(a_worker_that_does_not_come_back_is_left_behind_after_grace)
{
    make((char *const[]){"tailrace", "-i", "dummy", "-p", "flush_on_startup=on", "-o", "stdout",
                         "-m", "*", NULL});
    ck_assert_int_eq(pipeline_start(pipeline, &report, on_stopped, NULL), 0);
    pipeline_stop(pipeline, on_stopped, NULL);
    pass_ms(10);
    ck_assert(!is_stopped);
    pass_ms(LONG_MS);
    ck_assert(!is_stopped);
    pass_ms(LONG_MS);
    ck_assert(is_stopped);
    ck_assert(pipeline_is_stuck(pipeline));
    pipeline_leave(pipeline);
    stdout_is_read();
}
END_TEST

START_TEST(one_that_comes_back_late_is_no_trouble)
{
    make((char *const[]){"tailrace", "-i", "dummy", "-p", "flush_on_startup=on", "-o", "stdout",
                         "-m", "*", NULL});
    ck_assert_int_eq(pipeline_start(pipeline, &report, on_stopped, NULL), 0);
    pipeline_stop(pipeline, on_stopped, NULL);
    pass_ms(10);
    stdout_is_read();
    while (job_count(loop) > 0)
        loop_turn(loop, true);
    pass_ms(10);
    ck_assert(is_stopped);
    ck_assert(!pipeline_is_stuck(pipeline));
    pipeline_free(&pipeline);
}
END_TEST

Suite *suite_service_stuck(void);
Suite *suite_service_stuck(void)
{
    Suite *suite = suite_create("service/stuck");
    TCase *stuck = tcase_create("stuck");

    tcase_add_checked_fixture(stuck, set_up, tear_down);
    tcase_add_test(stuck, a_worker_that_does_not_come_back_is_left_behind_after_grace);
    tcase_add_test(stuck, one_that_comes_back_late_is_no_trouble);
    suite_add_tcase(suite, stuck);
    return suite;
}
