#include "kit/patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void on_end(void *owner, int status, int events)
{
    struct patience *patience = owner;

    (void)status;
    (void)events;
    fprintf(stderr, "waited %d seconds for %s\n", PATIENCE_S, patience->what);
    abort();
}

static void on_breath(void *owner, int status, int events)
{
    bool *is_over = owner;

    (void)status;
    (void)events;
    *is_over = true;
}

static int timer_of(unsigned ms)
{
    struct itimerspec end = {
        .it_value = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    CHECK(fd >= 0);
    CHECK(timerfd_settime(fd, 0, &end, NULL) == 0);
    return fd;
}

void patience_breathe(struct loop *loop, unsigned ms)
{
    bool is_over = false;
    int fd = timer_of(ms);
    struct poll *poll = poll_new(loop, fd, on_breath, &is_over);

    CHECK(poll != NULL);
    poll_start(poll, POLL_READABLE);
    while (!is_over)
        loop_turn(loop, true);
    poll_free(&poll);
    close(fd);
}

void patience_begin(struct patience *patience, struct loop *loop, const char *what)
{
    patience->what = what;
    patience->fd = timer_of(PATIENCE_S * 1000);
    patience->poll = poll_new(loop, patience->fd, on_end, patience);
    CHECK(patience->poll != NULL);
    poll_start(patience->poll, POLL_READABLE);
}

void patience_end(struct patience *patience)
{
    poll_free(&patience->poll);
    close(patience->fd);
}
