#include "plugins/in_tail/stream.h"

#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Of a container's log, the first line's time is in them. */
#define STREAM_HEAD_BYTES 64

/* Of this start of the machine. Machines made of one image have files with the same numbers, times
 * and first bytes; a container has no better name for its machine. */
uint64_t tail_machine(void)
{
    struct utsname names;
    char boot[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    int64_t len = fd < 0 ? -1 : file_read_at(fd, boot, sizeof boot, 0);

    if (fd >= 0)
        close(fd);
    if (len > 0)
        return slice_hash(slice_make(boot, (size_t)len));
    return uname(&names) == 0 ? slice_hash(slice_of(names.nodename)) : 0;
}

/* The numbers of the file and the beginning of its first line: a file that was truncated, and one
 * that got the number of a deleted one, must not be taken for the one before. The machine and the
 * tag: the same file elsewhere, or followed twice, has other documents. */
static uint64_t id_of(const struct tail_file *f, struct slice head)
{
    const struct file_id *id = &f->known.identity.id;
    uint64_t words[7] = {id->dev, id->ino, id->generation, (uint64_t)id->born_ns};
    uint64_t hash;

    CHECK(head.len <= STREAM_HEAD_BYTES);
    words[4] = slice_hash(head);
    words[5] = slice_hash(f->origin.tag);
    words[6] = f->tail->book.machine;
    hash = slice_hash(slice_make((const char *)words, sizeof words));
    return hash != 0 ? hash : 1;
}

/* What was read before a truncation had the same file and the same offsets, so the stream gets
 * another id: or the back-end would take the new lines for the old ones. */
static uint64_t id_again(const struct tail_file *f)
{
    int64_t now_ns = clock_wall_ns();

    return id_of(f, slice_make((const char *)&now_ns, sizeof now_ns));
}

/* What is in the id of the first bytes: the same whenever one looks, once it is there. */
static struct slice first_line(struct slice head)
{
    size_t end = slice_find(head, '\n');

    if (end < head.len)
        head.len = end + 1;
    if (head.len > STREAM_HEAD_BYTES)
        head.len = STREAM_HEAD_BYTES;
    return head;
}

static bool is_whole(struct slice line)
{
    return line.len == STREAM_HEAD_BYTES || (line.len > 0 && line.data[line.len - 1] == '\n');
}

/* A file that has no first line yet has no id yet: it would have another one after a crash. */
static void stream_find(struct tail_file *f, struct slice head, bool is_last)
{
    struct slice line = first_line(head);

    if (!is_last && !is_whole(line))
        f->origin.id = 0;
    else
        f->origin.id = f->known.is_again ? id_again(f) : id_of(f, line);
}

void tail_stream_find(struct tail_file *f, struct slice head)
{
    stream_find(f, head, false);
}

void tail_stream_begin(struct tail_file *f, struct slice first, bool is_last)
{
    char head[STREAM_HEAD_BYTES];

    if (first.len == 0)
        first = tail_source_first(&f->source, head, sizeof head);
    stream_find(f, first, is_last);
}

void tail_stream_renew(struct tail_file *f)
{
    CHECK(f->origin.id != 0);
    f->origin.id = id_again(f);
}
