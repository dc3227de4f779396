#include "plugins/out_file/append.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0644
#define FOLDER_MODE 0755

/* Makes the folders above the file, mode 0755. -errno. */
static int folders_make(const char *path)
{
    char *copy = mem_text(path);
    int rc = 0;

    for (char *at = strchr(copy + 1, '/'); at != NULL && rc == 0; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(copy, FOLDER_MODE) < 0 && errno != EEXIST)
            rc = -errno;
        *at = '/';
    }
    mem_free(copy);
    return rc;
}

/* O_NONBLOCK keeps a pipe that nobody reads from holding the worker; files do not mind it. */
static int open_appending(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, FILE_MODE);

    return fd >= 0 ? fd : -errno;
}

int append_open(const char *path, bool makes_folders, int *fd_out)
{
    int fd = open_appending(path), rc;

    if (fd == -ENOENT && makes_folders) {
        rc = folders_make(path);
        if (rc < 0)
            return rc;
        fd = open_appending(path);
    }
    *fd_out = fd;
    return fd < 0 ? fd : 0;
}

static int append_stat(int fd, struct stat *stat)
{
    return fstat(fd, stat) < 0 ? -errno : 0;
}

int append_size(int fd, off_t *size_out)
{
    struct stat stat;
    int rc = append_stat(fd, &stat);

    CHECK(fd >= 0);
    *size_out = rc == 0 && S_ISREG(stat.st_mode) ? stat.st_size : 0;
    return rc;
}

int append_text(int fd, struct slice text, struct appended *done)
{
    struct stat stat;
    size_t written;
    int rc = append_stat(fd, &stat);

    if (rc < 0)
        return rc;
    *done = (struct appended){
        .is_plain_file = S_ISREG(stat.st_mode),
        .start = stat.st_size,
        .end = stat.st_size + (off_t)text.len,
    };
    rc = descriptor_write(fd, text, &written);
    if (rc < 0 && written > 0 && done->is_plain_file && ftruncate(fd, done->start) < 0)
        return -errno;
    return rc;
}

int append_take_back(const char *path, const struct appended *done)
{
    struct stat stat;
    int fd, rc;

    CHECK(done->start >= 0 && done->start <= done->end);
    if (!done->is_plain_file)
        return -ESPIPE;
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rc = append_stat(fd, &stat);
    if (rc == 0 && stat.st_size != done->end)
        rc = -EBUSY;
    if (rc == 0 && ftruncate(fd, done->start) < 0)
        rc = -errno;
    close(fd);
    return rc;
}
