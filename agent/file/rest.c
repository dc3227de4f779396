#include "file/rest.h"

#include "base/memory.h"

#include <string.h>
#include <unistd.h>

void file_rest_init(struct file_rest *rest, int fd, bool is_gzip, uint64_t begin)
{
    *rest = (struct file_rest){.begin = begin};
    file_reader_init(&rest->reader, fd, is_gzip);
}

void file_rest_fini(struct file_rest *rest)
{
    file_reader_fini(&rest->reader);
    if (rest->reader.fd >= 0)
        close(rest->reader.fd);
    rest->reader.fd = -1;
}

/* A line counts when its first byte comes; one that was begun before does not. */
static void lines_add(struct file_rest *rest, struct slice bytes)
{
    size_t feed_bytes = encoding_feed_bytes(rest->form);

    while (bytes.len > 0) {
        size_t len = encoding_feed(rest->form, bytes);

        rest->lines += !rest->is_inside;
        rest->is_inside = len >= bytes.len;
        if (rest->is_inside)
            return;
        bytes = slice_skip(bytes, len + feed_bytes);
    }
}

/* As much as the buffer takes: units of two bytes stay whole until the end of the file. */
static int64_t buffer_fill(struct file_rest *rest, char *buf)
{
    size_t len = 0;
    int64_t got;

    do {
        got = file_reader_read(&rest->reader, buf + len, FILE_REST_BUFFER_BYTES - len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && len < FILE_REST_BUFFER_BYTES);
    CHECK(len <= FILE_REST_BUFFER_BYTES);
    return got < 0 && len == 0 ? got : (int64_t)len;
}

int file_rest_count(struct file_rest *rest, uint64_t bytes_max)
{
    uint64_t stop = rest->bytes + bytes_max, packed;
    int64_t got = 1;
    char *buf;
    int rc = file_reader_seek_some(&rest->reader, rest->begin + rest->bytes, bytes_max);

    if (rc != 0)
        return rc;
    if (rest->bytes == 0)
        rest->is_inside = rest->is_inside_begun;
    buf = mem_alloc(FILE_REST_BUFFER_BYTES);
    packed = file_reader_packed(&rest->reader);
    while (got > 0 && rest->bytes < stop &&
           file_reader_packed(&rest->reader) - packed < bytes_max) {
        got = buffer_fill(rest, buf);
        if (got > 0) {
            lines_add(rest, slice_make(buf, (size_t)got));
            rest->bytes += (uint64_t)got;
        }
    }
    mem_free(buf);
    return got < 0 ? (int)got : got > 0;
}
