#include "service/watchdog.h"

#include "base/clock.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

/* Children that hang in the ways an agent can, and what ends them. Deadlines are short; between
 * them there is room for a slow machine. */

#define GRACE_MS 200
#define MARGIN_MS 100
#define HURRY_MS 50
#define NEVER_MS 60000

static const int signals[] = {SIGTERM, SIGINT};

static _Atomic sig_atomic_t loop_was_told;
static bool is_blocked;

static void loops_handler(int number)
{
    (void)number;
    loop_was_told++;
}

/* What it says at the end is not for whoever runs the tests. */
static void watch_with(uint64_t grace_ms)
{
    struct watchdog_limits limits = {grace_ms, MARGIN_MS, HURRY_MS};

    if (!is_blocked)
        (void)close(STDERR_FILENO);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        (void)signal(signals[i], loops_handler);
    watchdog_start(&limits, signals, ARRAY_LEN(signals));
}

/* Hangs where no signal gets it out: it takes none. */
static void hang(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    for (;;)
        (void)pause();
}

/* A pipe whose other end tells the parent that the child is ready. */
static int ready[2];

static void child_is_ready(void)
{
    ck_assert_int_eq(write(ready[1], "x", 1), 1);
}

typedef void child_fn(void);

static pid_t child_start(child_fn *child)
{
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        child();
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    return pid;
}

static void expect_exit(pid_t pid, int status)
{
    int result;

    ck_assert_int_eq(waitpid(pid, &result, 0), pid);
    ck_assert(WIFEXITED(result));
    ck_assert_int_eq(WEXITSTATUS(result), status);
}

static void expect_end(pid_t pid)
{
    expect_exit(pid, WATCHDOG_STATUS);
}

static void hanging_child(void)
{
    watch_with(GRACE_MS);
    child_is_ready();
    hang();
}

START_TEST(a_process_that_hangs_ends_at_its_deadline)
{
    pid_t pid = child_start(hanging_child);
    uint64_t began_ms = clock_ms();

    kill(pid, SIGTERM);
    expect_end(pid);
    ck_assert_uint_ge(clock_ms() - began_ms, GRACE_MS + MARGIN_MS - 1);
}
END_TEST

static void patient_child(void)
{
    watch_with(NEVER_MS);
    child_is_ready();
    hang();
}

START_TEST(a_second_signal_does_not_wait_for_grace)
{
    pid_t pid = child_start(patient_child);

    kill(pid, SIGTERM);
    for (unsigned i = 0; waitpid(pid, NULL, WNOHANG) == 0; i++) {
        ck_assert_uint_lt(i, 1000000);
        kill(pid, i % 2 ? SIGTERM : SIGINT);
        (void)poll(NULL, 0, 1);
    }
}
END_TEST

static void child_with_blocked_log(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    (void)fcntl(ends[1], F_SETPIPE_SZ, 4096);
    (void)dup2(ends[1], STDERR_FILENO);
    is_blocked = true;
    watch_with(GRACE_MS);
    child_is_ready();
    for (;;)
        if (write(STDERR_FILENO, "a line that nobody reads\n", 25) < 0)
            continue;
}

START_TEST(a_log_that_nobody_reads_does_not_keep_it)
{
    pid_t pid = child_start(child_with_blocked_log);

    kill(pid, SIGTERM);
    expect_end(pid);
}
END_TEST

static void child_that_stops(void)
{
    watch_with(NEVER_MS);
    child_is_ready();
    while (!loop_was_told)
        (void)poll(NULL, 0, 1);
}

START_TEST(the_loop_is_told_and_ends_the_process_itself)
{
    pid_t pid = child_start(child_that_stops);

    kill(pid, SIGTERM);
    expect_exit(pid, 0);
}
END_TEST

static void armed_child(void)
{
    watch_with(NEVER_MS);
    watchdog_arm(NEVER_MS);
    watchdog_arm(1);
    child_is_ready();
    hang();
}

START_TEST(what_is_armed_ends_the_process_without_a_signal)
{
    expect_end(child_start(armed_child));
}
END_TEST

static void disarmed_child(void)
{
    watch_with(NEVER_MS);
    watchdog_arm(MARGIN_MS);
    watchdog_disarm();
    child_is_ready();
    (void)poll(NULL, 0, 3 * MARGIN_MS);
}

START_TEST(what_is_disarmed_does_not)
{
    expect_exit(child_start(disarmed_child), 0);
}
END_TEST

static void child_with_new_grace(void)
{
    watch_with(NEVER_MS);
    watchdog_grace(1);
    child_is_ready();
    hang();
}

START_TEST(another_grace_counts_from_the_next_signal_on)
{
    pid_t pid = child_start(child_with_new_grace);

    kill(pid, SIGTERM);
    expect_end(pid);
}
END_TEST

Suite *suite_service_watchdog(void);
Suite *suite_service_watchdog(void)
{
    Suite *suite = suite_create("service_watchdog");
    TCase *tcase = tcase_create("watchdog");

    tcase_add_test(tcase, a_process_that_hangs_ends_at_its_deadline);
    tcase_add_test(tcase, a_second_signal_does_not_wait_for_grace);
    tcase_add_test(tcase, a_log_that_nobody_reads_does_not_keep_it);
    tcase_add_test(tcase, the_loop_is_told_and_ends_the_process_itself);
    tcase_add_test(tcase, what_is_armed_ends_the_process_without_a_signal);
    tcase_add_test(tcase, what_is_disarmed_does_not);
    tcase_add_test(tcase, another_grace_counts_from_the_next_signal_on);
    suite_add_tcase(suite, tcase);
    return suite;
}
