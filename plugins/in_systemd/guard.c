#include "plugins/in_systemd/guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sigaction before; /* what SIGBUS did */
static uintptr_t page_bytes;    /* 0: not installed */

static _Thread_local volatile sig_atomic_t is_on, was_hit;

/* Calls the kernel alone. Where it returns without a page, the signal comes again at once and does
 * what it did before. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    uintptr_t page = (uintptr_t)info->si_addr & ~(page_bytes - 1);
    int saved = errno;

    (void)context;
    if (!is_on || mmap((void *)page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                       -1, 0) == MAP_FAILED)
        (void)sigaction(number, &before, NULL);
    else
        was_hit = 1;
    errno = saved;
}

void guard_install(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

    if (page_bytes != 0)
        return;
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    CHECK(page_bytes > 0 && (page_bytes & (page_bytes - 1)) == 0);
    CHECK(sigemptyset(&action.sa_mask) == 0);
    CHECK(sigaction(SIGBUS, &action, &before) == 0);
}

void guard_begin(void)
{
    CHECK(page_bytes != 0 && !is_on);
    was_hit = 0;
    is_on = 1;
}

bool guard_is_hit(void)
{
    return was_hit != 0;
}

bool guard_end(void)
{
    CHECK(is_on);
    is_on = 0;
    return was_hit != 0;
}
