#include "kit/opened.h"

#include <check.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <unistd.h>

static int opened_fd = -1;

void opened_begin(const char *path)
{
    ck_assert_int_lt(opened_fd, 0);
    opened_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ck_assert_int_ge(opened_fd, 0);
    ck_assert_int_ge(inotify_add_watch(opened_fd, path, IN_OPEN), 0);
}

static void count(const char *events, size_t len, struct opened *sum)
{
    const struct inotify_event *event;

    for (size_t at = 0; at < len; at += sizeof *event + event->len) {
        event = (const struct inotify_event *)(const void *)&events[at];
        ck_assert_uint_eq(event->mask & IN_Q_OVERFLOW, 0);
        sum->listings += event->len == 0;
        sum->files += event->len > 0 && (event->mask & IN_ISDIR) == 0;
    }
}

struct opened opened_end(void)
{
    _Alignas(struct inotify_event) char events[4096];
    struct opened sum = {0};
    ssize_t len;

    while ((len = read(opened_fd, events, sizeof events)) > 0)
        count(events, (size_t)len, &sum);
    close(opened_fd);
    opened_fd = -1;
    return sum;
}
