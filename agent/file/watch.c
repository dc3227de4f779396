/*
 * One hub for a loop holds the inotify descriptor. A spot is what the kernel knows: one watch
 * descriptor, for one inode. Several directory handles may stand on a spot, since different paths
 * and different users may mean the same directory.
 *
 *   on_readable   reads a round of events, gives each to the handles on its spot, looks away
 *   on_rested     looks again
 *
 * A callback may free any handle. What is walked is kept in `walk`, and whoever removes a handle
 * steps it on.
 */
#include "file/watch.h"

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "loop/loop.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdalign.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SPEAKER "inotify"

#define MASK                                                                       \
    (IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct hub {
    struct list link; /* in hubs */
    struct loop *loop;
    int fd; /* -1: there is no inotify to be had */
    struct poll *poll;
    struct timer *rest;
    uint64_t pause_ms;
    struct list users;
    struct map spots;  /* by watch descriptor */
    struct list *walk; /* the next handle to get the event under way */
    bool is_reading;
    bool is_lack_told;
};

struct spot {
    int wd;
    struct list dirs;
};

struct watch {
    struct list link; /* in hub->users */
    struct hub *hub;
    const struct watch_ops *ops;
    void *owner;
    bool is_blind; /* does not use inotify */
    unsigned dir_count;
};

struct watch_dir {
    struct list link; /* in spot->dirs */
    struct watch *watch;
    struct spot *spot; /* NULL: not watched */
    void *owner;
    char *path;
    bool is_remote; /* others write to it, unseen by this kernel */
};

static struct list hubs = {&hubs, &hubs};

static void on_readable(void *owner, int status, int events);
static void on_rested(void *owner);

static struct slice wd_key(const int *wd)
{
    return slice_make((const char *)wd, sizeof *wd);
}

/* ---- the hub ---- */

static void lack_tell(struct hub *hub, int code, const char *what, const char *setting)
{
    if (hub->is_lack_told)
        return;
    hub->is_lack_told = true;
    log_warn(SPEAKER,
             "no more %s (%s): directories that cannot be watched are looked at every few seconds; "
             "raise %s to have them watched",
             what, strerror(-code), setting);
}

static bool hub_open(struct hub *hub)
{
    if (hub->fd >= 0)
        return true;
    hub->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (hub->fd < 0) {
        lack_tell(hub, -errno, "inotify instances", "fs.inotify.max_user_instances");
        return false;
    }
    CHECK(hub->poll == NULL);
    hub->poll = poll_new(hub->loop, hub->fd, on_readable, hub);
    CHECK(hub->poll != NULL);
    poll_start(hub->poll, POLL_READABLE);
    return true;
}

static struct hub *hub_of(struct loop *loop)
{
    struct hub *hub;

    LIST_FOR (it, &hubs) {
        hub = CONTAINER_OF(it, struct hub, link);
        if (hub->loop == loop)
            return hub;
    }
    CHECK(loop != NULL);
    hub = mem_zalloc(1, sizeof *hub);
    hub->loop = loop;
    hub->fd = -1;
    hub->pause_ms = WATCH_PAUSE_MS;
    hub->rest = timer_new(loop, on_rested, hub);
    list_init(&hub->users);
    map_init(&hub->spots);
    list_add_tail(&hubs, &hub->link);
    return hub;
}

static void hub_free_if_unused(struct hub *hub)
{
    if (!list_is_empty(&hub->users) || hub->is_reading)
        return;
    CHECK(hub->spots.count == 0);
    list_remove(&hub->link);
    poll_free(&hub->poll);
    timer_free(&hub->rest);
    if (hub->fd >= 0)
        close(hub->fd);
    map_fini(&hub->spots);
    mem_free(hub);
}

/* ---- users ---- */

struct watch *watch_join(struct loop *loop, const struct watch_ops *ops, void *owner)
{
    struct watch *watch = mem_zalloc(1, sizeof *watch);

    watch->hub = hub_of(loop);
    watch->ops = ops;
    watch->owner = owner;
    list_add_tail(&watch->hub->users, &watch->link);
    return watch;
}

void watch_leave(struct watch **address)
{
    struct watch *watch = *address;
    struct hub *hub;

    *address = NULL;
    if (watch == NULL)
        return;
    CHECK(watch->dir_count == 0);
    hub = watch->hub;
    CHECK(hub != NULL && list_is_linked(&watch->link));
    if (hub->walk == &watch->link)
        hub->walk = watch->link.next;
    list_remove(&watch->link);
    mem_free(watch);
    hub_free_if_unused(hub);
}

void watch_pause_set(struct watch *watch, uint64_t pause_ms)
{
    watch->hub->pause_ms = pause_ms;
}

void watch_use_inotify(struct watch *watch, bool is_used)
{
    watch->is_blind = !is_used;
}

/* ---- directories ---- */

bool path_is_remote(const char *path)
{
    struct statfs facts;

    if (statfs(path, &facts) < 0)
        return false;
    switch ((unsigned long)facts.f_type) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case FUSE_SUPER_MAGIC:
    case V9FS_MAGIC:
    case CEPH_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

static int path_check_dir(const char *path)
{
    struct stat facts;

    if (stat(path, &facts) < 0)
        return -errno;
    if (!S_ISDIR(facts.st_mode))
        return -ENOTDIR;
    return access(path, R_OK | X_OK) < 0 ? -errno : 0;
}

static struct spot *spot_take(struct hub *hub, int wd)
{
    struct spot *spot = map_get(&hub->spots, wd_key(&wd));

    if (spot == NULL) {
        spot = mem_zalloc(1, sizeof *spot);
        spot->wd = wd;
        list_init(&spot->dirs);
        CHECK(map_put(&hub->spots, wd_key(&wd), spot) == NULL);
    }
    return spot;
}

/* 0 also when there is nothing to watch with. */
static int dir_watch(struct watch_dir *dir)
{
    struct hub *hub = dir->watch->hub;
    int wd;

    CHECK(dir->spot == NULL);
    if (dir->watch->is_blind || !hub_open(hub))
        return path_check_dir(dir->path);

    wd = inotify_add_watch(hub->fd, dir->path, MASK);
    if (wd < 0 && (errno == ENOSPC || errno == ENOMEM)) {
        lack_tell(hub, -errno, "inotify watches", "fs.inotify.max_user_watches");
        return path_check_dir(dir->path);
    }
    if (wd < 0)
        return -errno;
    dir->spot = spot_take(hub, wd);
    list_remove(&dir->link);
    list_add_tail(&dir->spot->dirs, &dir->link);
    return 0;
}

int watch_dir_add(struct watch *watch, const char *path, void *owner, struct watch_dir **dir_out)
{
    struct watch_dir *dir = mem_zalloc(1, sizeof *dir);
    int rc;

    dir->watch = watch;
    dir->owner = owner;
    dir->path = mem_text(path);
    list_init(&dir->link);
    rc = dir_watch(dir);
    if (rc < 0) {
        mem_free(dir->path);
        mem_free(dir);
        return rc;
    }
    dir->is_remote = path_is_remote(path);
    watch->dir_count++;
    *dir_out = dir;
    return 0;
}

/* The kernel's watch goes with the last handle. */
static void spot_free_if_unused(struct hub *hub, struct spot *spot)
{
    if (!list_is_empty(&spot->dirs))
        return;
    CHECK(map_remove(&hub->spots, wd_key(&spot->wd)) == spot);
    CHECK(hub->fd >= 0);
    (void)inotify_rm_watch(hub->fd, spot->wd);
    mem_free(spot);
}

void watch_dir_free(struct watch_dir **address)
{
    struct watch_dir *dir = *address;

    *address = NULL;
    if (dir == NULL)
        return;
    if (dir->spot != NULL) {
        struct hub *hub = dir->watch->hub;

        if (hub->walk == &dir->link)
            hub->walk = dir->link.next;
        list_remove(&dir->link);
        if (hub->walk != &dir->spot->dirs)
            spot_free_if_unused(hub, dir->spot);
    }
    list_remove(&dir->link);
    CHECK(dir->watch->dir_count > 0);
    dir->watch->dir_count--;
    mem_free(dir->path);
    mem_free(dir);
}

bool watch_dir_is_polled(const struct watch_dir *dir)
{
    return dir->spot == NULL || dir->is_remote;
}

void watch_dir_retry(struct watch_dir *dir)
{
    if (dir->spot == NULL)
        (void)dir_watch(dir);
}

/* ---- events ---- */

static void dir_tell(struct watch_dir *dir, const struct watch_event *event)
{
    CHECK(dir->watch != NULL);
    dir->watch->ops->event(dir->owner, event);
}

/* A spot whose handles all go while it is walked is freed here. */
static void spot_tell(struct hub *hub, struct spot *spot, const struct watch_event *event)
{
    CHECK(hub->walk == NULL);
    hub->walk = spot->dirs.next;
    while (hub->walk != &spot->dirs) {
        struct watch_dir *dir = CONTAINER_OF(hub->walk, struct watch_dir, link);

        hub->walk = hub->walk->next;
        dir_tell(dir, event);
    }
    hub->walk = NULL;
    spot_free_if_unused(hub, spot);
}

/* The handles leave the spot before they are told, so that they may be freed or watched anew. */
static void spot_end(struct hub *hub, struct spot *spot)
{
    struct watch_event event = {.what = WATCH_DIR_GONE, .name = SLICE("")};
    struct list *link;
    struct list dirs;

    CHECK(hub->walk == NULL);
    list_init(&dirs);
    while ((link = list_take_first(&spot->dirs)) != NULL) {
        CONTAINER_OF(link, struct watch_dir, link)->spot = NULL;
        list_add_tail(&dirs, link);
    }
    spot_free_if_unused(hub, spot);
    while ((link = list_take_first(&dirs)) != NULL)
        dir_tell(CONTAINER_OF(link, struct watch_dir, link), &event);
}

static void overflow_tell(struct hub *hub)
{
    CHECK(hub->walk == NULL);
    log_debug(SPEAKER, "events were lost; everything is looked at again");
    hub->walk = hub->users.next;
    while (hub->walk != &hub->users) {
        struct watch *watch = CONTAINER_OF(hub->walk, struct watch, link);

        hub->walk = hub->walk->next;
        if (watch->ops->overflow != NULL)
            watch->ops->overflow(watch->owner);
    }
    hub->walk = NULL;
}

static enum watch_what what_of(uint32_t mask)
{
    if (mask & IN_MODIFY)
        return WATCH_MODIFIED;
    if (mask & IN_ATTRIB)
        return WATCH_ATTRIB;
    if (mask & IN_CREATE)
        return WATCH_CREATED;
    if (mask & IN_MOVED_TO)
        return WATCH_MOVED_TO;
    if (mask & IN_MOVED_FROM)
        return WATCH_MOVED_FROM;
    return WATCH_DELETED;
}

static void event_take(struct hub *hub, const struct inotify_event *e)
{
    struct watch_event event = {.what = what_of(e->mask), .is_dir = (e->mask & IN_ISDIR) != 0};
    struct spot *spot;

    CHECK(hub->is_reading && hub->walk == NULL);
    if (e->mask & IN_Q_OVERFLOW) {
        overflow_tell(hub);
        return;
    }
    spot = map_get(&hub->spots, wd_key(&e->wd));
    if (spot == NULL)
        return;
    if (e->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF)) {
        spot_end(hub, spot);
        return;
    }
    if (e->len == 0)
        return; /* the directory's own rights or times */
    event.name = slice_of(e->name);
    spot_tell(hub, spot, &event);
}

/* False when there is nothing more to read. */
static bool events_read(struct hub *hub)
{
    alignas(struct inotify_event) char buf[WATCH_READ_BYTES];
    ssize_t len = read(hub->fd, buf, sizeof buf);

    for (ssize_t at = 0; at < len;) {
        const struct inotify_event *e = (const struct inotify_event *)(const void *)(buf + at);

        event_take(hub, e);
        at += (ssize_t)(sizeof *e + e->len);
    }
    return len > 0;
}

static void on_readable(void *owner, int status, int events)
{
    struct hub *hub = owner;
    unsigned reads = 0;

    (void)events;
    CHECK(status == 0);
    CHECK(!hub->is_reading && hub->walk == NULL);
    hub->is_reading = true;
    while (reads < WATCH_ROUND_READS_MAX && events_read(hub))
        reads++;
    CHECK(hub->walk == NULL);
    hub->is_reading = false;

    if (hub->pause_ms > 0) {
        poll_stop(hub->poll);
        timer_start(hub->rest, hub->pause_ms);
    }
    hub_free_if_unused(hub);
}

static void on_rested(void *owner)
{
    struct hub *hub = owner;

    CHECK(hub->poll != NULL);
    CHECK(!hub->is_reading);
    poll_start(hub->poll, POLL_READABLE);
}
