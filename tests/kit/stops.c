#include "kit/stops.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void tcase_add_stop(TCase *tcase, const TTest *test)
{
    const char *fork_mode = getenv("CK_FORK");

    if (fork_mode != NULL && strcmp(fork_mode, "no") == 0)
        return;
    tcase_add_test_raise_signal(tcase, test, SIGABRT);
}
