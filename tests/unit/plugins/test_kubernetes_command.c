#include "plugins/filter_kubernetes/command.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

/* What Kube_Token_Command runs: it prints, or it is ended. A worker waits, so every way has an end. */

static struct buffer out;

static void set_up(void)
{
    out = (struct buffer){0};
}

static void tear_down(void)
{
    buffer_fini(&out);
}

/* More than anything here takes, on any machine. */
static const struct command_limits patient = {.wait_ms = 60000, .bytes_max = 100};

START_TEST(what_is_printed_comes)
{
    ck_assert_int_eq(command_run("echo token", patient, &out), 0);
    ck_assert(slice_is(buffer_view(&out), "token\n"));
}
END_TEST

START_TEST(a_command_that_fails_is_told_of)
{
    ck_assert_int_eq(command_run("echo token; exit 3", patient, &out), -ECHILD);
    ck_assert_int_eq(command_run("kill -9 $$", patient, &out), -ECHILD);
}
END_TEST

START_TEST(a_command_that_prints_without_end_is_ended)
{
    ck_assert_int_eq(command_run("exec yes", patient, &out), -E2BIG);
}
END_TEST

START_TEST(a_command_that_prints_nothing_is_ended_after_its_time)
{
    struct command_limits limits = {.wait_ms = 50, .bytes_max = 100};

    ck_assert_int_eq(command_run("exec sleep 1000", limits, &out), -ETIMEDOUT);
}
END_TEST

/* Its output is over, and it is not. */
START_TEST(a_command_that_goes_on_behind_its_output_is_ended_too)
{
    struct command_limits limits = {.wait_ms = 2000, .bytes_max = 100};

    ck_assert_int_eq(command_run("echo token; exec >/dev/null; sleep 1000", limits, &out),
                     -ETIMEDOUT);
}
END_TEST

START_TEST(a_command_that_goes_on_for_a_moment_is_waited_for)
{
    ck_assert_int_eq(command_run("echo token; exec >/dev/null; sleep 0.05", patient, &out), 0);
    ck_assert(slice_is(buffer_view(&out), "token\n"));
}
END_TEST

/* The agent ignores SIGPIPE, and its workers block what the loop is to get: a command would print
 * "alive". */
START_TEST(a_command_has_signals_as_a_shell_expects_them)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    sigset_t blocked, usual;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &blocked, &usual), 0);
    ck_assert_int_eq(command_run("kill -PIPE $$; echo alive", patient, &out), -ECHILD);
    ck_assert_int_eq(command_run("kill -TERM $$; echo alive", patient, &out), -ECHILD);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &usual, NULL), 0);
    signal(SIGPIPE, before);
}
END_TEST

Suite *suite_plugins_kubernetes_command(void);

Suite *suite_plugins_kubernetes_command(void)
{
    Suite *suite = suite_create("plugins_kubernetes_command");
    TCase *tcase = tcase_create("plugins_kubernetes_command");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_printed_comes);
    tcase_add_test(tcase, a_command_that_fails_is_told_of);
    tcase_add_test(tcase, a_command_that_prints_without_end_is_ended);
    tcase_add_test(tcase, a_command_that_prints_nothing_is_ended_after_its_time);
    tcase_add_test(tcase, a_command_that_goes_on_behind_its_output_is_ended_too);
    tcase_add_test(tcase, a_command_that_goes_on_for_a_moment_is_waited_for);
    tcase_add_test(tcase, a_command_has_signals_as_a_shell_expects_them);
    suite_add_tcase(suite, tcase);
    return suite;
}
