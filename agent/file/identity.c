#include "file/identity.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- compare ---- */

bool file_id_equal(const struct file_id *a, const struct file_id *b)
{
    if (a->ino != b->ino)
        return false;
    if (a->dev != 0 && b->dev != 0 && a->dev != b->dev)
        return false;
    if (a->generation != 0 && b->generation != 0)
        return a->generation == b->generation;
    return a->born_ns == 0 || b->born_ns == 0 || a->born_ns == b->born_ns;
}

struct file_print file_print_of(struct slice bytes)
{
    CHECK(bytes.len <= UINT32_MAX);
    return (struct file_print){
        .hash = bytes.len == 0 ? 0 : slice_hash(bytes),
        .len = (uint32_t)bytes.len,
    };
}

bool file_print_begins(struct file_print print, struct slice bytes)
{
    if (bytes.len < print.len)
        return false;
    return print.len == 0 || slice_hash(slice_make(bytes.data, print.len)) == print.hash;
}

/* Device numbers are handed out anew at boot; everything else stays. */
static bool is_same_after_boot(const struct file_id *saved, const struct file_id *now)
{
    struct file_id moved = *now;

    moved.dev = saved->dev;
    return file_id_equal(saved, &moved);
}

enum file_match file_identity_match(const struct file_identity *saved, const struct file_id *now,
                                    struct slice head)
{
    if (file_id_equal(&saved->id, now))
        return file_print_begins(saved->head, head) ? FILE_SAME : FILE_REWRITTEN;
    if (is_same_after_boot(&saved->id, now) && file_content_match(saved, head))
        return FILE_SAME;
    return FILE_OTHER;
}

bool file_content_match(const struct file_identity *saved, struct slice head)
{
    return saved->head.len >= FILE_PRINT_BYTES_MIN && file_print_begins(saved->head, head);
}

static uint32_t step_bytes(unsigned step)
{
    CHECK(step < FILE_STEP_COUNT);
    return (uint32_t)FILE_PRINT_BYTES_MIN << step;
}

static uint32_t step_print(struct slice head, unsigned step)
{
    CHECK(step_bytes(step) <= head.len);
    return (uint32_t)slice_hash(slice_make(head.data, step_bytes(step)));
}

bool file_content_is_cut(const struct file_identity *saved, struct slice head)
{
    unsigned step = FILE_STEP_COUNT - 1;

    if (head.len < FILE_PRINT_BYTES_MIN || head.len >= saved->head.len)
        return false;
    while (step_bytes(step) > head.len)
        step--;
    CHECK(step_bytes(step) <= head.len);
    return saved->steps[step] != 0 && saved->steps[step] == step_print(head, step);
}

void file_identity_take(struct file_identity *identity, struct slice head)
{
    if (head.len > FILE_HEAD_BYTES_MAX)
        head.len = FILE_HEAD_BYTES_MAX;
    identity->head = file_print_of(head);
    CHECK(identity->head.len <= FILE_HEAD_BYTES_MAX);
    for (unsigned i = 0; i < FILE_STEP_COUNT; i++)
        identity->steps[i] = step_bytes(i) <= head.len ? step_print(head, i) : 0;
}

/* ---- read ---- */

int file_open_read(const char *path)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags | O_NOATIME);

    if (fd < 0 && errno == EPERM) /* it is somebody else's, and we are not root */
        fd = open(path, flags);
    return fd < 0 ? -errno : fd;
}

static uint64_t generation_read_of(int fd)
{
    /* Declared as long, filled in as int: the first word is the number. */
    unsigned int words[2] = {0};

    if (ioctl(fd, FS_IOC_GETVERSION, words) < 0)
        return 0;
    return words[0];
}

int file_state_read(int fd, struct file_facts *facts_out)
{
    struct statx x;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &x) < 0)
        return -errno;

    *facts_out = (struct file_facts){
        .id.dev = makedev(x.stx_dev_major, x.stx_dev_minor),
        .id.ino = x.stx_ino,
        .size_bytes = x.stx_size,
        .link_count = x.stx_nlink,
        .modified_ns = (int64_t)x.stx_mtime.tv_sec * NS_PER_S + x.stx_mtime.tv_nsec,
        .is_regular = S_ISREG(x.stx_mode),
    };
    if (x.stx_mask & STATX_BTIME)
        facts_out->id.born_ns = (int64_t)x.stx_btime.tv_sec * NS_PER_S + x.stx_btime.tv_nsec;
    return 0;
}

int file_facts_read(int fd, struct file_facts *facts_out)
{
    int rc = file_state_read(fd, facts_out);

    if (rc == 0 && facts_out->is_regular)
        facts_out->id.generation = generation_read_of(fd);
    return rc;
}

int64_t file_read_at(int fd, char *buf, size_t len, uint64_t offset)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = pread(fd, buf + got, len - got, (off_t)(offset + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return got > 0 ? (int64_t)got : -errno;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (int64_t)got;
}

static int print_read(int fd, uint64_t offset, size_t len, struct file_print *print_out)
{
    char bytes[FILE_HEAD_BYTES_MAX];
    int64_t got;

    CHECK(len <= sizeof bytes);
    got = file_read_at(fd, bytes, len, offset);
    if (got < 0)
        return (int)got;
    *print_out = file_print_of(slice_make(bytes, (size_t)got));
    return 0;
}

int file_head_renew(int fd, size_t len, struct file_identity *identity)
{
    char bytes[FILE_HEAD_BYTES_MAX];
    int64_t got;

    CHECK(len <= sizeof bytes);
    got = file_read_at(fd, bytes, len, 0);
    if (got < 0)
        return (int)got;
    if (file_print_begins(identity->head, slice_make(bytes, (size_t)got)))
        file_identity_take(identity, slice_make(bytes, (size_t)got));
    return 0;
}

int file_tail_print(int fd, uint64_t offset, struct file_print *print_out)
{
    size_t len = offset < FILE_TAIL_BYTES_MAX ? (size_t)offset : FILE_TAIL_BYTES_MAX;

    return print_read(fd, offset - len, len, print_out);
}

static bool is_shorter(int fd, uint64_t bytes)
{
    struct file_facts facts;

    return file_state_read(fd, &facts) == 0 && facts.size_bytes < bytes;
}

int file_tail_check(int fd, uint64_t offset, struct file_print print)
{
    struct file_print now;
    int rc;

    if (print.len == 0)
        return 1;
    if (print.len > offset || print.len > FILE_HEAD_BYTES_MAX)
        return 0;
    rc = print_read(fd, offset - print.len, print.len, &now);
    if (rc < 0)
        return is_shorter(fd, offset) ? 0 : rc;
    return now.len == print.len && now.hash == print.hash;
}
