#include "loop/loop.h"

#include <check.h>
#include <signal.h>

static struct loop *loop;
static int came;

static void on_signal(void *owner, int signal_number)
{
    came = signal_number;
    loop_stop(owner);
}

START_TEST(a_signal_that_is_waited_for_keeps_the_loop_going)
{
    struct signal_watch *watch;

    loop = loop_new();
    watch = signal_watch_new(loop, SIGUSR1, on_signal, loop);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    loop_run(loop);
    ck_assert_int_eq(came, SIGUSR1);
    signal_watch_free(&watch);
    loop_free(&loop);
}
END_TEST

Suite *suite_loop_signal(void)
{
    Suite *suite = suite_create("loop/signal");
    TCase *signals = tcase_create("signals");

    tcase_add_test(signals, a_signal_that_is_waited_for_keeps_the_loop_going);
    suite_add_tcase(suite, signals);
    return suite;
}
