#include "aws/files.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

/* The buffer gets all its room at once, so that nothing of it stays behind where it has moved. */
static int file_read(const char *path, size_t bytes_max, struct buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t count = 0;

    if (fd < 0)
        return -errno;
    buffer_init(out, bytes_max + 1);
    while (out->len <= bytes_max &&
           (count = read(fd, out->data + out->len, bytes_max + 1 - out->len)) > 0)
        buffer_commit(out, (size_t)count);
    count = count < 0 ? -errno : 0;
    close(fd);
    return out->len > bytes_max ? UV_EFBIG : (int)count;
}

static void shared_read(aws_env_fn *env, const char *variable, const char *name, struct buffer *out)
{
    const char *path = env(variable), *home = env("HOME");
    char *made = NULL;

    if ((path == NULL || path[0] == '\0') && home != NULL)
        path = made = mem_format("%s/.aws/%s", home, name);
    if (path != NULL && file_read(path, AWS_FILE_BYTES_MAX, out) < 0)
        buffer_clear(out);
    mem_free(made);
}

void aws_files_read(aws_env_fn *env, struct buffer *credentials, struct buffer *config)
{
    shared_read(env, "AWS_SHARED_CREDENTIALS_FILE", "credentials", credentials);
    shared_read(env, "AWS_CONFIG_FILE", "config", config);
}

int aws_token_read(const char *path, size_t bytes_max, struct buffer *out, char why[256])
{
    int rc = file_read(path, bytes_max, out);
    struct slice token = slice_trim(buffer_view(out));

    if (rc == 0 && token.len == 0)
        rc = -ENODATA;
    if (rc < 0) {
        snprintf(why, 256, "the token file %.150s: %s", path,
                 rc == -ENODATA ? "it is empty" : uv_strerror(rc));
        return rc;
    }
    memmove(out->data, token.data, token.len);
    out->len = token.len;
    return 0;
}
