#include "kit/stops.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void be_silent(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(dup2(nowhere, STDERR_FILENO), 0);
}

TCase *stops_create(void)
{
    TCase *stops = tcase_create("stops");

    tcase_add_checked_fixture(stops, be_silent, NULL);
    return stops;
}

void stops_add(TCase *stops, const TTest *test)
{
    const char *fork_mode = getenv("CK_FORK");

    if (fork_mode == NULL || strcmp(fork_mode, "no") != 0)
        tcase_add_test_raise_signal(stops, test, SIGABRT);
}
