#include "base/crash.h"

#include "base/check.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[4096];
static int end; /* of the child, as waitpid has it */

static void part(void (*deed)(void))
{
    crash_prepare();
    deed();
    _exit(0);
}

/* What a process of its own says that is prepared and does that. */
static void prepared(void (*deed)(void))
{
    size_t len = 0;
    ssize_t bytes;
    int pipes[2];
    pid_t child;

    ck_assert_int_eq(pipe(pipes), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(pipes[1], STDERR_FILENO);
        part(deed);
    }
    close(pipes[1]);
    while ((bytes = read(pipes[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)bytes;
    said[len] = '\0';
    close(pipes[0]);
    ck_assert_int_eq(waitpid(child, &end, 0), child);
}

static void tell_limit(void)
{
    struct rlimit limit = {0};

    (void)getrlimit(RLIMIT_CORE, &limit);
    (void)dprintf(STDERR_FILENO, "%d", limit.rlim_cur == limit.rlim_max ? -1 : (int)limit.rlim_cur);
}

static void cores_allow(void)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_gt(limit.rlim_max, 1);
}

static void break_a_promise(void)
{
    CHECK(false);
}

/* No file is written, and no program started. */
START_TEST(there_is_no_core)
{
    unsetenv(CRASH_CORE_VARIABLE);
    cores_allow();
    prepared(tell_limit);
    ck_assert_str_eq(said, "1");
}
END_TEST

START_TEST(there_is_one_where_somebody_asks_for_it)
{
    ck_assert_int_eq(setenv(CRASH_CORE_VARIABLE, "on", 1), 0);
    cores_allow();
    prepared(tell_limit);
    unsetenv(CRASH_CORE_VARIABLE);
    ck_assert_str_eq(said, "-1");
}
END_TEST

START_TEST(a_broken_promise_still_ends_by_its_signal)
{
    prepared(break_a_promise);
    ck_assert(WIFSIGNALED(end) && WTERMSIG(end) == SIGABRT);
    ck_assert_ptr_nonnull(strstr(said, "broken promise: "));
}
END_TEST

/* The sanitizers handle these signals themselves. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void write_nowhere(void)
{
    (void)raise(SIGSEGV);
}

START_TEST(whoever_is_stopped_says_where_it_stood)
{
    prepared(write_nowhere);
    ck_assert(WIFSIGNALED(end) && WTERMSIG(end) == SIGSEGV);
    ck_assert_ptr_nonnull(strstr(said, "tailrace: stopped by SIGSEGV, at\n"));
    ck_assert_ptr_nonnull(strstr(said, "(+0x"));
    prepared(break_a_promise);
    ck_assert_ptr_nonnull(strstr(said, "stopped by SIGABRT"));
}
END_TEST
#endif

Suite *suite_base_crash(void)
{
    Suite *suite = suite_create("base/crash");
    TCase *tcase = tcase_create("ends");

    tcase_add_test(tcase, there_is_no_core);
    tcase_add_test(tcase, there_is_one_where_somebody_asks_for_it);
    tcase_add_test(tcase, a_broken_promise_still_ends_by_its_signal);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test(tcase, whoever_is_stopped_says_where_it_stood);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
