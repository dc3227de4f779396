#include "file/twin.h"

#include "base/memory.h"

#include <errno.h>
#include <unistd.h>

void file_twin_init(struct file_twin *twin, int fd, int other_fd, bool is_gzip)
{
    *twin = (struct file_twin){.fd = fd};
    file_reader_init(&twin->reader, other_fd, is_gzip);
}

void file_twin_fini(struct file_twin *twin)
{
    file_reader_fini(&twin->reader);
    if (twin->reader.fd >= 0)
        close(twin->reader.fd);
    if (twin->fd >= 0)
        close(twin->fd);
    twin->fd = twin->reader.fd = -1;
}

struct file_reader file_twin_take(struct file_twin *twin)
{
    struct file_reader reader = twin->reader;

    CHECK(twin->is_same && reader.offset == twin->read && reader.fd >= 0);
    file_reader_init(&twin->reader, -1, false);
    return reader;
}

/* One buffer more: `bytes` has room for two. 1, 0 when that was all of both, or negative. */
static int compare_some(struct file_twin *twin, char *bytes)
{
    char *others = bytes + FILE_TWIN_BUFFER_BYTES;
    int64_t theirs = file_reader_read(&twin->reader, others, FILE_TWIN_BUFFER_BYTES), ours;
    size_t want = theirs > 0 ? (size_t)theirs : 1;

    if (theirs < 0)
        return (int)theirs;
    ours = file_read_at(twin->fd, bytes, want, twin->same);
    if (ours < 0)
        return (int)ours;
    if (ours != theirs || memcmp(bytes, others, (size_t)ours) != 0)
        return -ERANGE;
    twin->same += (uint64_t)ours;
    return ours > 0;
}

static int compare(struct file_twin *twin, uint64_t bytes_max)
{
    char *bytes = mem_alloc(2 * FILE_TWIN_BUFFER_BYTES);
    uint64_t stop = twin->same + bytes_max, packed = file_reader_packed(&twin->reader);
    int rc = 1;

    while (rc > 0 && twin->same < stop && file_reader_packed(&twin->reader) - packed < bytes_max)
        rc = compare_some(twin, bytes);
    mem_free(bytes);
    return rc;
}

int file_twin_look(struct file_twin *twin, uint64_t bytes_max)
{
    int rc;

    CHECK(twin->next <= twin->read && bytes_max > 0);
    if (twin->is_same)
        return file_reader_stand(&twin->reader, twin->next, twin->read, bytes_max);
    rc = compare(twin, bytes_max);
    if (rc != 0)
        return rc;
    if (twin->same < twin->read)
        return -ERANGE;
    twin->is_same = true;
    return 1;
}
