#include "sim/fs_events.h"

#include "base/memory.h"
#include "sim/fs.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#define WATCHES_MAX 32
#define EVENTS_MAX 64

struct watch_of {
    int wd;
    uint64_t ino;
};

struct event {
    int wd;
    unsigned mask;
    char name[FS_PATH_BYTES];
};

static struct {
    struct watch_of watches[WATCHES_MAX];
    size_t watch_count;
    int next_wd;
    struct event events[EVENTS_MAX + 1];
    size_t event_count;
} inotify = {.next_wd = 1};

int fs_watch(const char *dir, unsigned mask)
{
    const struct fs_node *node = fs_follow(dir);

    (void)mask;
    for (size_t i = 0; i < inotify.watch_count; i++)
        if (inotify.watches[i].ino == node->ino)
            return inotify.watches[i].wd;
    CHECK(inotify.watch_count < WATCHES_MAX);
    inotify.watches[inotify.watch_count++] =
        (struct watch_of){.wd = inotify.next_wd, .ino = node->ino};
    return inotify.next_wd++;
}

void fs_unwatch(int wd)
{
    for (size_t i = 0; i < inotify.watch_count; i++)
        if (inotify.watches[i].wd == wd)
            inotify.watches[i] = inotify.watches[--inotify.watch_count];
}

void fs_watch_end(void)
{
    inotify.watch_count = inotify.event_count = 0;
    inotify.next_wd = 1;
}

static void event_add(int wd, unsigned mask, const char *name)
{
    struct event event = {.wd = wd, .mask = mask};
    const struct event *last =
        inotify.event_count > 0 ? &inotify.events[inotify.event_count - 1] : NULL;

    if (inotify.event_count > EVENTS_MAX)
        return;
    if (inotify.event_count == EVENTS_MAX) {
        event = (struct event){.wd = -1, .mask = IN_Q_OVERFLOW};
        name = "";
    }
    snprintf(event.name, sizeof event.name, "%s", name);
    if (last != NULL && memcmp(last, &event, sizeof event) == 0)
        return;
    inotify.events[inotify.event_count++] = event;
}

void fs_event(uint64_t dir_ino, unsigned mask, const char *name)
{
    for (size_t i = 0; i < inotify.watch_count; i++)
        if (inotify.watches[i].ino == dir_ino)
            event_add(inotify.watches[i].wd, mask, name);
}

void fs_overflow(void)
{
    if (inotify.watch_count == 0)
        return;
    inotify.event_count = 0;
    event_add(-1, IN_Q_OVERFLOW, "");
}

bool fs_has_events(void)
{
    return inotify.event_count > 0;
}

size_t fs_events_read(char *to, size_t room)
{
    size_t used = 0, taken = 0;

    while (taken < inotify.event_count) {
        const struct event *event = &inotify.events[taken];
        struct inotify_event head = {
            .wd = event->wd,
            .mask = event->mask,
            .len = event->name[0] != '\0' ? sizeof event->name : 0,
        };

        if (room - used < sizeof head + head.len)
            break;
        memcpy(to + used, &head, sizeof head);
        memcpy(to + used + sizeof head, event->name, head.len);
        used += sizeof head + head.len;
        taken++;
    }
    inotify.event_count -= taken;
    memmove(inotify.events, inotify.events + taken, inotify.event_count * sizeof *inotify.events);
    return used;
}
