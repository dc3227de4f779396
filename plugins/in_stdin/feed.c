#include "plugins/in_stdin/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 *   feed_start     asks for bytes: the poll waits for them, or a job reads
 *   on_ready       the poll has seen some
 *   on_read        a job has read
 *   feed_give      hands them over; at the end, or when reading failed, the feed stops
 *   feed_free      lets go; a job that is under way frees the rest when it is done
 */

struct feed {
    struct loop *loop;
    int fd; /* our own */
    int old_flags;
    bool is_shared;    /* others have the same open file: its flags are put back */
    struct poll *poll; /* NULL: a plain file */
    struct buffer bytes;
    size_t read_bytes;
    ssize_t count; /* that came with the last read; -errno */
    bool is_on;
    bool is_reading; /* a job is under way */
    bool is_freed;
    feed_fn *came;
    void *owner;
};

/*
 * Polling makes a descriptor non-blocking, and that is a property of the open file, which a shell
 * and our standard output may share. So pipes and terminals are opened anew where that goes.
 */
static int descriptor_open(int fd, bool *is_shared)
{
    char path[64];
    struct stat stat;
    int own = -1;

    if (fstat(fd, &stat) < 0)
        return -errno;
    *is_shared = !S_ISREG(stat.st_mode);
    if (S_ISFIFO(stat.st_mode) || S_ISCHR(stat.st_mode)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        own = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (own >= 0) {
        *is_shared = false;
        return own;
    }
    own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return own >= 0 ? own : -errno;
}

static void on_ready(void *owner, int status, int events);

int feed_open(struct loop *loop, int fd, size_t read_bytes, struct feed **feed_out)
{
    struct feed *feed;
    bool is_shared = false;
    int own = descriptor_open(fd, &is_shared);

    *feed_out = NULL;
    if (own < 0)
        return own;
    feed = mem_zalloc(1, sizeof *feed);
    feed->loop = loop;
    feed->fd = own;
    feed->is_shared = is_shared;
    feed->old_flags = fcntl(own, F_GETFL);
    feed->read_bytes = read_bytes;
    feed->poll = poll_new(loop, own, on_ready, feed);
    *feed_out = feed;
    return 0;
}

void feed_on_bytes(struct feed *feed, feed_fn *came, void *owner)
{
    CHECK(came != NULL);
    feed->came = came;
    feed->owner = owner;
}

static void feed_destroy(struct feed *feed)
{
    CHECK(!feed->is_reading);
    poll_free(&feed->poll);
    if (feed->is_shared)
        (void)fcntl(feed->fd, F_SETFL, feed->old_flags);
    close(feed->fd);
    buffer_fini(&feed->bytes);
    mem_free(feed);
}

void feed_free(struct feed **address)
{
    struct feed *feed = *address;

    *address = NULL;
    if (feed == NULL)
        return;
    feed->is_freed = true;
    if (!feed->is_reading)
        feed_destroy(feed);
}

/* ---- reading ---- */

static void read_work(void *owner)
{
    struct feed *feed = owner;

    feed->count = read(feed->fd, buffer_reserve(&feed->bytes, feed->read_bytes), feed->read_bytes);
    if (feed->count < 0)
        feed->count = -errno;
}

static void feed_give(struct feed *feed)
{
    if (feed->count > 0) {
        feed->came(feed->owner, slice_make(feed->bytes.data, (size_t)feed->count), 0);
        return;
    }
    feed_stop(feed);
    feed->came(feed->owner, (struct slice){0}, (int)feed->count);
}

static void on_ready(void *owner, int status, int events)
{
    struct feed *feed = owner;

    (void)events;
    read_work(feed);
    if (feed->count == -EAGAIN || feed->count == -EINTR) {
        if (status == 0)
            return;
        feed->count = status;
    }
    feed_give(feed);
}

static void on_read(void *owner);

static void job_begin(struct feed *feed)
{
    CHECK(!feed->is_reading && !feed->is_freed);
    feed->is_reading = true;
    job_start(feed->loop, read_work, on_read, feed);
}

static void on_read(void *owner)
{
    struct feed *feed = owner;

    feed->is_reading = false;
    if (feed->is_freed) {
        feed_destroy(feed);
        return;
    }
    /* The owner may free the feed while it is given bytes. */
    feed->is_reading = true;
    feed_give(feed);
    feed->is_reading = false;
    if (feed->is_freed)
        feed_destroy(feed);
    else if (feed->is_on)
        job_begin(feed);
}

void feed_start(struct feed *feed)
{
    CHECK(!feed->is_freed);
    CHECK(feed->came != NULL);
    feed->is_on = true;
    if (feed->poll != NULL)
        poll_start(feed->poll, POLL_READABLE);
    else if (!feed->is_reading)
        job_begin(feed);
}

void feed_stop(struct feed *feed)
{
    feed->is_on = false;
    if (feed->poll != NULL)
        poll_stop(feed->poll);
}
