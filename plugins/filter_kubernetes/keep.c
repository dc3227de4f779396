#include "plugins/filter_kubernetes/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/*
 *   keep_wish   something changed: the timer
 *   on_timer    the bytes are made, and a worker writes them
 *   on_written  trouble is said once; the next time is set
 *
 * The file is written beside its place and renamed. Who is freed while a worker writes leaves the
 * writing behind, which ends alone.
 */
struct keep_writing {
    struct keep *keep; /* NULL: freed */
    char *path;
    struct buffer bytes;
    int status;
};

struct keep {
    struct loop *loop;
    const char *component;
    char *path;
    struct keep_what what;
    struct timer *timer;
    struct keep_writing *writing;
    struct buffer written_version;
    uint64_t written_changes; /* pods_counts.change_count then */
    bool was_said;
};

/* ---- a file ---- */

static int write_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t count = write(fd, bytes.data, bytes.len);

        if (count < 0 && errno != EINTR)
            return -errno;
        if (count > 0)
            bytes = slice_skip(bytes, (size_t)count);
    }
    return 0;
}

/* Whole or not at all: beside it, to the disk, and then by its name. What lies there, of a write that
 * was cut short or of somebody else, is not written to. Where nobody waits for the disk, a power cut
 * may leave less than all of it, which shows when it is read. */
static int write_file(const char *path, const char *suffix, struct slice bytes, bool waits_for_disk)
{
    char *beside = mem_format("%s.%s", path, suffix);
    int fd, rc;

    (void)unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    rc = fd < 0 ? -errno : write_all(fd, bytes);
    if (rc == 0 && waits_for_disk && fsync(fd) < 0)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (rc == 0 && rename(beside, path) < 0)
        rc = -errno;
    if (rc < 0 && fd >= 0)
        (void)unlink(beside);
    mem_free(beside);
    return rc;
}

/* What it says goes into documents: a file that others may write to is as good as theirs. */
static bool is_ours(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && (file.st_mode & S_IWOTH) == 0 &&
           (file.st_uid == geteuid() || file.st_uid == 0);
}

static int read_file(const char *path, struct buffer *out)
{
    /* A pipe would keep the loop until somebody writes. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    ssize_t count = fd < 0 ? -1 : 1;

    if (fd >= 0 && !is_ours(fd)) {
        errno = EPERM;
        count = -1;
    }
    while (count > 0 && out->len <= KEEP_BYTES_MAX) {
        count = read(fd, buffer_reserve(out, 65536), 65536);
        if (count > 0)
            buffer_commit(out, (size_t)count);
    }
    if (count < 0)
        count = -errno;
    if (fd >= 0)
        close(fd);
    return count < 0 ? (int)count : 0;
}

int keep_load(const char *path, struct keep_head *head, struct pods *pods)
{
    struct buffer bytes = {0};
    int rc = read_file(path, &bytes);

    if (rc == 0)
        rc = keep_read(buffer_view(&bytes), head, pods);
    if (rc == 0)
        head->bytes = bytes.data;
    else
        buffer_fini(&bytes);
    return rc;
}

/* ---- writing ---- */

static bool is_written(const struct keep *k)
{
    return pods_counts(k->what.pods).change_count == k->written_changes &&
           slice_equal(buffer_view(&k->written_version), buffer_view(k->what.version));
}

static void make_bytes(struct keep *k, struct buffer *out)
{
    struct keep_head head = {.print = k->what.print,
                             .saved_ns = clock_wall_ns(),
                             .node = slice_of(*k->what.node),
                             .version = buffer_view(k->what.version)};

    keep_write(out, &head, k->what.pods);
    k->written_changes = pods_counts(k->what.pods).change_count;
    buffer_clear(&k->written_version);
    buffer_append(&k->written_version, head.version);
}

static void say(struct keep *k, int status)
{
    if (status < 0 && !k->was_said)
        log_warn(k->component, "what is known of pods cannot be kept in %s: %s", k->path,
                 uv_strerror(status));
    if (status == 0 && k->was_said)
        log_info(k->component, "what is known of pods is kept again in %s", k->path);
    k->was_said = status < 0;
}

static void write_work(void *owner)
{
    struct keep_writing *writing = owner;

    writing->status = write_file(writing->path, "new", buffer_view(&writing->bytes), true);
}

static void on_written(void *owner)
{
    struct keep_writing *writing = owner;
    struct keep *k = writing->keep;

    CHECK(k == NULL || k->writing == writing);
    if (k != NULL) {
        k->writing = NULL;
        say(k, writing->status);
        timer_start(k->timer, is_written(k) ? KEEP_EVERY_MS : KEEP_DELAY_MS);
    }
    buffer_fini(&writing->bytes);
    mem_free(writing->path);
    mem_free(writing);
}

static void on_timer(void *owner)
{
    struct keep *k = owner;
    struct keep_writing *writing;

    if (k->writing != NULL)
        return; /* on_written sets the timer */
    if (is_written(k)) {
        timer_start(k->timer, KEEP_EVERY_MS);
        return;
    }
    writing = mem_zalloc(1, sizeof *writing);
    writing->keep = k;
    writing->path = mem_text(k->path);
    make_bytes(k, &writing->bytes);
    k->writing = writing;
    job_start(k->loop, write_work, on_written, writing);
}

void keep_wish(struct keep *k)
{
    if (k != NULL && k->writing == NULL)
        timer_start_sooner(k->timer, KEEP_DELAY_MS);
}

/* ---- life ---- */

struct keep *keep_new(struct loop *loop, const char *component, const char *path,
                      const struct keep_what *what)
{
    struct keep *k = mem_zalloc(1, sizeof *k);

    k->loop = loop;
    k->component = component;
    k->path = mem_text(path);
    k->what = *what;
    k->timer = timer_new(loop, on_timer, k);
    timer_start(k->timer, KEEP_EVERY_MS);
    return k;
}

/* At the end, and when the configuration is read again: the loop does not wait for a disk. */
static void write_last(struct keep *k)
{
    struct buffer bytes = {0};

    if (is_written(k))
        return;
    make_bytes(k, &bytes);
    say(k, write_file(k->path, "last", buffer_view(&bytes), false));
    buffer_fini(&bytes);
}

void keep_free(struct keep **address)
{
    struct keep *k = *address;

    *address = NULL;
    if (k == NULL)
        return;
    write_last(k);
    if (k->writing != NULL)
        k->writing->keep = NULL;
    timer_free(&k->timer);
    buffer_fini(&k->written_version);
    mem_free(k->path);
    mem_free(k);
}
