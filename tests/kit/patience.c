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

void patience_begin(struct patience *patience, struct loop *loop, const char *what)
{
    struct itimerspec end = {.it_value.tv_sec = PATIENCE_S};

    patience->what = what;
    patience->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    CHECK(patience->fd >= 0);
    CHECK(timerfd_settime(patience->fd, 0, &end, NULL) == 0);
    patience->poll = poll_new(loop, patience->fd, on_end, patience);
    CHECK(patience->poll != NULL);
    poll_start(patience->poll, POLL_READABLE);
}

void patience_end(struct patience *patience)
{
    poll_free(&patience->poll);
    close(patience->fd);
}
