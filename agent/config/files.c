#include "config/files.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536

/* Of a pipe. A running agent does nothing else meanwhile. */
#define PATIENCE_MS 3000

void files_fini(struct files *files)
{
    mem_free(files->seen);
    *files = (struct files){0};
}

static int file_see(struct files *files, const struct stat *st)
{
    CHECK(files->count <= FILES_MAX);
    for (size_t i = 0; i < files->count; i++)
        if (files->seen[i].device == st->st_dev && files->seen[i].inode == st->st_ino)
            return -EEXIST;
    if (files->count == FILES_MAX)
        return -EMFILE;
    files->seen = mem_resize(files->seen, files->count + 1, sizeof *files->seen);
    files->seen[files->count++] = (struct file_id){st->st_dev, st->st_ino};
    return 0;
}

/* At once, but for a pipe that nobody has written to yet. */
static int readable_wait(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int count = poll(&ready, 1, PATIENCE_MS);

    return count > 0 || (count < 0 && errno == EINTR) ? 0 : count < 0 ? -errno : -ETIMEDOUT;
}

static int read_all(int fd, size_t bytes_max, struct buffer *text)
{
    size_t begin = text->len;

    for (;;) {
        int rc = readable_wait(fd);
        ssize_t count;

        if (rc < 0)
            return rc;
        count = read(fd, buffer_reserve(text, READ_BYTES), READ_BYTES);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count < 0)
            return -errno;
        if (count == 0)
            break;
        buffer_commit(text, (size_t)count);
        if (text->len - begin > bytes_max)
            return -EFBIG;
    }
    if (text->len > begin && memchr(text->data + begin, '\0', text->len - begin) != NULL)
        return -EILSEQ;
    return 0;
}

/* `files` may be NULL: then it does not matter whether the file was read before. */
static int open_and_read(struct files *files, const char *path, size_t bytes_max,
                         struct buffer *text)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else if (S_ISDIR(st.st_mode))
        rc = -EISDIR;
    if (rc == 0 && files != NULL)
        rc = file_see(files, &st);
    if (rc == 0)
        rc = read_all(fd, bytes_max, text);
    close(fd);
    return rc;
}

int file_read_text(const char *path, size_t bytes_max, struct buffer *text)
{
    return open_and_read(NULL, path, bytes_max, text);
}

int files_read(struct files *files, const char *path, struct buffer *text)
{
    static const struct slice byte_order_mark = {"\xef\xbb\xbf", 3};
    int rc = open_and_read(files, path, FILE_BYTES_MAX, text);

    if (rc == 0 && slice_begins(buffer_view(text), byte_order_mark))
        buffer_drop_front(text, byte_order_mark.len);
    return rc;
}

const char *files_error(int code)
{
    CHECK(code < 0);
    switch (code) {
    case -EEXIST:
        return "it was included before; a file can be included once";
    case -EMFILE:
        return "there are too many files";
    case -EFBIG:
        return "the file is too long";
    case -ETIMEDOUT:
        return "it is a pipe, and nothing came out of it";
    case -EILSEQ:
        return "it is not a text file";
    default:
        return strerror(-code);
    }
}

const char *path_directory(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    if (slash == path)
        return "/";
    return arena_copy(arena, slice_make(path, (size_t)(slash - path))).data;
}

const char *path_under(struct arena *arena, const char *directory, const char *path)
{
    if (path[0] == '/')
        return path;
    return arena_format(arena, "%s/%s", directory, path).data;
}

const char *path_find(struct arena *arena, const char *directory, const char *path)
{
    if (access(path, F_OK) == 0)
        return path;
    return path_under(arena, directory, path);
}

int path_glob(const char *pattern, glob_t *paths)
{
    int rc;

    *paths = (glob_t){0};
    rc = glob(pattern, 0, NULL, paths);
    if (rc == 0)
        return 0;
    return rc == GLOB_NOMATCH ? -ENOENT : -EIO;
}

bool path_is_yaml(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL && (strcasecmp(dot, ".yaml") == 0 || strcasecmp(dot, ".yml") == 0);
}

const char *path_go_plugin(const char *path)
{
    static const char *const names[] = {"cloudwatch", "firehose", "kinesis"};
    const char *slash = strrchr(path, '/');
    struct slice file = slice_of(slash == NULL ? path : slash + 1);

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_begins(file, slice_of(names[i])) &&
            slice_is(slice_skip(file, strlen(names[i])), ".so"))
            return names[i];
    return NULL;
}
