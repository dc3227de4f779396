#include "deadletter/desk.h"

#include "base/memory.h"
#include "deadletter/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_TAIL ".new"
#define READ_BYTES ((size_t)1 << 16)

struct desk_files {
    struct letter_file items[LETTER_FILES_MAX];
    int count, next; /* the next one to open */
};

/* In order. */
struct desk_removed {
    uint32_t *lines;
    uint32_t count;
};

/*
 *   files     0 <= next <= count; the one at hand is the one before the next
 *   a line    1 <= line; those that are removed are among those that were given out
 */
struct letter_desk {
    enum desk_use use;
    int dir_fd;
    struct desk_files files;
    int fd; /* of the file at hand, or -1 */
    char name[LETTER_NAME_BYTES];
    struct buffer bytes;
    struct arena arena;
    struct slice rest;
    uint32_t line;
    struct desk_removed removed;
    char why[256];
};

struct letter_desk *letter_desk_open(const char *path, enum desk_use use, char why[256])
{
    struct letter_desk *d = mem_zalloc(1, sizeof *d);

    d->use = use;
    d->fd = -1;
    d->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    d->files.count = d->dir_fd < 0 ? -errno : letter_files_list(d->dir_fd, d->files.items);
    if (d->files.count >= 0)
        return d;
    snprintf(why, 256, "%.200s: %s", path, strerror(-d->files.count));
    letter_desk_close(&d);
    return NULL;
}

static void file_close(struct letter_desk *d)
{
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
}

void letter_desk_close(struct letter_desk **address)
{
    struct letter_desk *d = *address;

    *address = NULL;
    if (d == NULL)
        return;
    file_close(d);
    if (d->dir_fd >= 0)
        close(d->dir_fd);
    buffer_fini(&d->bytes);
    arena_fini(&d->arena);
    mem_free(d->removed.lines);
    mem_free(d);
}

const char *letter_desk_why(const struct letter_desk *d)
{
    return d->why;
}

/* ---- one file ---- */

static void desk_check(const struct letter_desk *d)
{
    const struct desk_removed *removed = &d->removed;

    CHECK(d->files.next >= 1 && d->files.next <= d->files.count);
    CHECK(removed->count <= d->line);
    CHECK(removed->count == 0 || removed->lines[removed->count - 1] <= d->line);
    CHECK(removed->count == 0 || d->use == DESK_CHANGES);
}

static int failed(struct letter_desk *d, int rc)
{
    CHECK(rc < 0);
    snprintf(d->why, sizeof d->why, "%s: %s", d->name, strerror(-rc));
    return rc;
}

static int file_read(struct letter_desk *d)
{
    buffer_clear(&d->bytes);
    for (;;) {
        ssize_t count = read(d->fd, buffer_reserve(&d->bytes, READ_BYTES), READ_BYTES);

        if (count < 0)
            return -errno;
        if (count == 0)
            return 0;
        buffer_commit(&d->bytes, (size_t)count);
    }
}

/* Whether somebody else removed or replaced it while we waited for the lock. */
static bool is_gone(const struct letter_desk *d)
{
    struct stat held;

    return fstat(d->fd, &held) == 0 && held.st_nlink == 0;
}

int letter_desk_file(struct letter_desk *d)
{
    int rc;

    CHECK(d->fd < 0);
    while (d->files.next < d->files.count) {
        letter_file_name(d->files.items[d->files.next++].number, d->name);
        d->fd = openat(d->dir_fd, d->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (d->fd < 0 && errno == ENOENT) /* an agent made room */
            continue;
        if (d->fd < 0)
            return failed(d, -errno);
        if (d->use == DESK_CHANGES && flock(d->fd, LOCK_EX) < 0)
            return failed(d, -errno);
        if (is_gone(d)) {
            file_close(d);
            continue;
        }
        rc = file_read(d);
        if (rc < 0)
            return failed(d, rc);
        arena_reset(&d->arena);
        d->rest = buffer_view(&d->bytes);
        d->line = d->removed.count = 0;
        return 1;
    }
    return 0;
}

bool letter_desk_next(struct letter_desk *d, struct desk_item *item)
{
    struct slice text;

    CHECK(d->fd >= 0);
    desk_check(d);
    if (!slice_next(&d->rest, '\n', &text) || (text.len == 0 && d->rest.len == 0))
        return false;
    *item = (struct desk_item){
        .file = d->files.items[d->files.next - 1].number, .line = ++d->line, .text = text};
    item->fault = letter_read(text, &d->arena, &item->letter);
    return true;
}

void letter_desk_remove(struct letter_desk *d, uint32_t line)
{
    CHECK(d->use == DESK_CHANGES && line >= 1 && line <= d->line);
    CHECK(d->removed.count == 0 || d->removed.lines[d->removed.count - 1] < line);
    d->removed.lines =
        mem_resize(d->removed.lines, (size_t)d->removed.count + 1, sizeof *d->removed.lines);
    d->removed.lines[d->removed.count++] = line;
}

/* ---- what is left of it ---- */

static void left_write(const struct letter_desk *d, struct buffer *out)
{
    struct slice rest = buffer_view(&d->bytes), text;
    uint32_t next = 0;

    for (uint32_t line = 1; slice_next(&rest, '\n', &text); line++) {
        bool is_removed = next < d->removed.count && d->removed.lines[next] == line;

        next += is_removed;
        if (is_removed || (text.len == 0 && rest.len == 0))
            continue;
        buffer_append(out, text);
        buffer_append_byte(out, '\n');
    }
    CHECK(next == d->removed.count);
}

static int bytes_write(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t count = write(fd, bytes.data, bytes.len);

        if (count <= 0)
            return count < 0 ? -errno : -EIO;
        bytes = slice_skip(bytes, (size_t)count);
    }
    return fsync(fd) < 0 ? -errno : 0;
}

static int file_replace(const struct letter_desk *d, struct slice bytes)
{
    char beside[LETTER_NAME_BYTES + sizeof NEW_TAIL];
    int fd, rc;

    snprintf(beside, sizeof beside, "%s" NEW_TAIL, d->name);
    fd = openat(d->dir_fd, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    rc = bytes_write(fd, bytes);
    close(fd);
    if (rc == 0 && !is_gone(d) && renameat(d->dir_fd, beside, d->dir_fd, d->name) == 0)
        return fsync(d->dir_fd) < 0 ? -errno : 0;
    if (rc == 0 && !is_gone(d))
        rc = -errno;
    unlinkat(d->dir_fd, beside, 0);
    return rc;
}

int letter_desk_done(struct letter_desk *d)
{
    struct buffer left = {0};
    int rc = 0;

    CHECK(d->fd >= 0);
    desk_check(d);
    if (d->removed.count > 0) {
        left_write(d, &left);
        if (left.len > 0)
            rc = file_replace(d, buffer_view(&left));
        else if (unlinkat(d->dir_fd, d->name, 0) < 0 && errno != ENOENT)
            rc = -errno;
        buffer_fini(&left);
    }
    file_close(d);
    return rc < 0 ? failed(d, rc) : 0;
}
