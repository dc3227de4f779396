#include "service/watchdog.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 *   watchdog_start   takes the signals away from all threads but its own
 *   on_signal        sets the deadline, on that thread, and tells the loop
 *   watch            sleeps until the deadline, or until one is set
 */

#define SIGNALS_MAX 8
#define NEVER UINT64_MAX

typedef void signal_handler(int number);

static struct {
    pthread_t thread;
    sigset_t signals;
    signal_handler *loops[SIGNALS_MAX]; /* handlers, in the order of `numbers` */
    int numbers[SIGNALS_MAX];
    size_t count;
    int wake_fd;
    uint64_t margin_ms, hurry_ms;
    _Atomic uint64_t grace_ms;
    _Atomic uint64_t signal_at_ms; /* deadlines, or NEVER */
    _Atomic uint64_t armed_at_ms;
} dog = {.wake_fd = -1, .signal_at_ms = NEVER, .armed_at_ms = NEVER};

static uint64_t deadline_ms(void)
{
    uint64_t by_signal = dog.signal_at_ms, armed = dog.armed_at_ms;

    return by_signal < armed ? by_signal : armed;
}

/* Not if it would have to wait for a reader. */
static void last_words(void)
{
    static const char words[] = "tailrace: stopping took too long; the process ends as it is\n";
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&log, 1, 0) == 1 && (log.revents & POLLOUT) &&
        write(STDERR_FILENO, words, sizeof words - 1) < 0)
        return;
}

/* Nothing here may wait, and nothing may be called that is not allowed in a signal's handler. */
static void on_signal(int number)
{
    int error = errno;
    uint64_t now = clock_ms();
    bool is_first = dog.signal_at_ms == NEVER;
    uint64_t at_ms = now + (is_first ? dog.grace_ms + dog.margin_ms : dog.hurry_ms);

    if (at_ms < dog.signal_at_ms)
        dog.signal_at_ms = at_ms;
    for (size_t i = 0; i < dog.count; i++)
        if (dog.numbers[i] == number)
            dog.loops[i](number);
    errno = error;
}

static void sleep_until(uint64_t at_ms)
{
    struct pollfd wake = {.fd = dog.wake_fd, .events = POLLIN};
    uint64_t now = clock_ms(), wait_ms = at_ms > now ? at_ms - now : 0, count;
    struct timespec wait = {.tv_sec = (time_t)(wait_ms / 1000),
                            .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    sigset_t mask;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < dog.count; i++)
        (void)sigdelset(&mask, dog.numbers[i]);
    if (ppoll(&wake, 1, at_ms == NEVER ? NULL : &wait, &mask) == 1 &&
        read(dog.wake_fd, &count, sizeof count) < 0)
        return;
}

static void *watch(void *owner)
{
    (void)owner;
    while (deadline_ms() > clock_ms())
        sleep_until(deadline_ms());
    last_words();
    _exit(WATCHDOG_STATUS);
}

/* The loop's handler is called from ours. */
static void signal_take(int number)
{
    struct sigaction action;

    CHECK(dog.count < SIGNALS_MAX);
    CHECK(sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL);
    dog.loops[dog.count] = action.sa_handler;
    dog.numbers[dog.count++] = number;
    action.sa_handler = on_signal;
    CHECK(sigaction(number, &action, NULL) == 0);
    (void)sigaddset(&dog.signals, number);
}

void watchdog_start(const struct watchdog_limits *limits, const int *signals, size_t count)
{
    pthread_attr_t attr;
    sigset_t all, before;

    CHECK(dog.wake_fd < 0);
    dog.grace_ms = limits->grace_ms;
    dog.margin_ms = limits->margin_ms;
    dog.hurry_ms = limits->hurry_ms;
    dog.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(dog.wake_fd >= 0);
    (void)sigemptyset(&dog.signals);
    for (size_t i = 0; i < count; i++)
        signal_take(signals[i]);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    CHECK(pthread_attr_init(&attr) == 0);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    CHECK(pthread_create(&dog.thread, &attr, watch, NULL) == 0);
    (void)pthread_attr_destroy(&attr);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_sigmask(SIG_BLOCK, &dog.signals, NULL);
}

void watchdog_grace(uint64_t grace_ms)
{
    dog.grace_ms = grace_ms;
}

static void deadline_set(uint64_t at_ms)
{
    uint64_t one = 1;

    dog.armed_at_ms = at_ms;
    if (dog.wake_fd >= 0 && write(dog.wake_fd, &one, sizeof one) < 0)
        CHECK(errno == EAGAIN); /* it is awake already */
}

void watchdog_arm(uint64_t wait_ms)
{
    deadline_set(clock_ms() + wait_ms);
}

void watchdog_disarm(void)
{
    deadline_set(NEVER);
}
