#include "base/crash.h"

#include "base/check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#if __has_include(<execinfo.h>) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <execinfo.h>
#define CAN_TELL 1
#endif

/* Too little for a file; and the one limit at which Linux starts no program that collects cores
 * either (fs/coredump.c; 0 would let it). */
#define NO_CORE_BYTES 1

static void core_forbid(void)
{
    const char *wish = getenv(CRASH_CORE_VARIABLE);
    struct rlimit limit;

    if ((wish != NULL && strcmp(wish, "on") == 0) || getrlimit(RLIMIT_CORE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max < NO_CORE_BYTES ? limit.rlim_max : NO_CORE_BYTES;
    (void)setrlimit(RLIMIT_CORE, &limit);
}

#ifdef CAN_TELL

#define TELL_SECONDS_MAX 2

/* A stack that ran over has no room for who says so. */
#define STACK_BYTES (64 << 10)

static const struct {
    int number;
    const char *words;
} ends[] = {
    {SIGSEGV, "tailrace: stopped by SIGSEGV, at\n"}, {SIGBUS, "tailrace: stopped by SIGBUS, at\n"},
    {SIGILL, "tailrace: stopped by SIGILL, at\n"},   {SIGFPE, "tailrace: stopped by SIGFPE, at\n"},
    {SIGABRT, "tailrace: stopped by SIGABRT, at\n"},
};

/* What tells the frames takes no memory, as it was used before, but may wait for a lock of the loader's,
 * which whoever is stopped may hold: then the alarm ends the process. Else the signal comes once more, and
 * does. */
static void on_end(int number)
{
    void *frames[CRASH_FRAMES_MAX];

    (void)alarm(TELL_SECONDS_MAX);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (ends[i].number == number)
            (void)!write(STDERR_FILENO, ends[i].words, strlen(ends[i].words));
    backtrace_symbols_fd(frames, backtrace(frames, CRASH_FRAMES_MAX), STDERR_FILENO);
    (void)raise(number);
}

static void tell_of_the_end(void)
{
    static char room[STACK_BYTES];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_handler = on_end, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
    void *first;

    (void)backtrace(&first, 1); /* loads what it needs: later there may be no memory for it */
    CHECK(sigaltstack(&stack, NULL) == 0);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        CHECK(sigaction(ends[i].number, &action, NULL) == 0);
}

#else

static void tell_of_the_end(void)
{
}

#endif

void crash_prepare(void)
{
    core_forbid();
    tell_of_the_end();
}
