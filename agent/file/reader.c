#include "file/reader.h"

#include "base/gzip.h"
#include "base/memory.h"

#include <errno.h>

#define PACKED_BYTES 16384
#define SKIP_BYTES 4096

/*
 * Packed bytes of which nothing comes cost time and nothing else: a hole behind a member, members and
 * blocks without content. More than IDLE_BYTES_MAX of them are damage; each byte that comes pays for some,
 * as who packs a line of two bytes for itself needs 22, and others pad that to a block.
 */
#define IDLE_BYTES_MAX ((uint64_t)1 << 20)
#define IDLE_BYTES_PAID 32

/* The first bytes of a file come of so many, but for padding. */
#define HEAD_PACKED_BYTES_MAX ((uint64_t)64 * 1024)

/*
 * A gzip file, part of it read:
 *
 *   compressed     |----- inflated -----|-- packed --|---- on disk ----|
 *                                       in->bytes    file_at
 *
 *   decompressed   |---- forgotten ----|---- recent ----|
 *                                         |--- back ----|
 *                                         offset
 *
 * `back` bytes of `recent` are given again before more is inflated.
 */
struct gzip_stream {
    struct gunzip *gunzip;
    char *bytes;         /* PACKED_BYTES, while inflating */
    struct slice packed; /* of `bytes`, not inflated yet */
    uint64_t file_at;    /* compressed bytes read so far */
    struct buffer recent;
    size_t back;
    uint64_t idle_bytes;   /* packed, and not paid for yet */
    uint64_t member_bytes; /* packed, but for padding */
    bool is_head;          /* no more than HEAD_PACKED_BYTES_MAX of those */
    bool is_at_end;        /* when the file was file_at long */
    bool is_damaged;
};

void file_reader_init(struct file_reader *r, int fd, bool is_gzip)
{
    *r = (struct file_reader){.fd = fd, .is_gzip = is_gzip};
}

/* What is needed only inside of a member. */
static void gzip_rest(struct gzip_stream *z)
{
    gunzip_free(&z->gunzip);
    MEM_FREE(&z->bytes);
    z->packed = (struct slice){0};
}

void file_reader_fini(struct file_reader *r)
{
    if (r->gzip == NULL)
        return;
    gzip_rest(r->gzip);
    buffer_fini(&r->gzip->recent);
    MEM_FREE(&r->gzip);
}

int file_is_gzip(int fd, const char *path)
{
    unsigned char magic[2];
    int64_t len;

    if (!slice_ends(slice_of(path), SLICE(".gz")))
        return 0;
    len = file_read_at(fd, (char *)magic, sizeof magic, 0);
    if (len < 0)
        return (int)len;
    return len < 2 || (magic[0] == 0x1f && magic[1] == 0x8b);
}

/* ---- gzip ---- */

static bool is_past_head(const struct gzip_stream *z)
{
    return z->is_head && z->member_bytes >= HEAD_PACKED_BYTES_MAX;
}

/* That bytes were given, which pays for others that bring nothing. */
static void idle_pay(struct gzip_stream *z, size_t written)
{
    uint64_t paid = (uint64_t)written * IDLE_BYTES_PAID;

    z->idle_bytes -= paid < z->idle_bytes ? paid : z->idle_bytes;
}

/* Between members zeros are padding, which costs next to nothing. */
static void packed_count(struct gzip_stream *z)
{
    z->idle_bytes += z->packed.len;
    if (gunzip_is_whole(z->gunzip))
        gunzip_skip_padding(&z->packed);
    z->member_bytes += z->packed.len;
}

/* 1 when there is more to inflate, 0 at the end of the file, negative. */
static int gzip_refill(struct gzip_stream *z, int fd)
{
    int64_t len;

    CHECK(z->packed.len == 0 && !z->is_damaged);
    z->is_damaged = z->idle_bytes > IDLE_BYTES_MAX || is_past_head(z);
    if (z->is_damaged)
        return -EBADMSG;
    if (z->gunzip == NULL) {
        z->gunzip = gunzip_new();
        z->bytes = mem_alloc(PACKED_BYTES);
    }
    len = file_read_at(fd, z->bytes, PACKED_BYTES, z->file_at);
    if (len < 0)
        return (int)len;
    z->is_at_end = len == 0;
    z->file_at += (uint64_t)len;
    z->packed = slice_make(z->bytes, (size_t)len);
    packed_count(z);
    return len > 0;
}

/* Inflates until something comes: how much, 0 at the end, negative. */
static int64_t gzip_inflate_some(struct gzip_stream *z, int fd, char *buf, size_t len)
{
    size_t written = 0;
    int rc;

    CHECK(len > 0);
    if (z->is_damaged)
        return -EBADMSG;
    for (;;) {
        if (z->gunzip != NULL && gunzip_step(z->gunzip, &z->packed, buf, len, &written) < 0)
            z->is_damaged = true;
        if (written > 0) {
            idle_pay(z, written);
            return (int64_t)written;
        }
        if (z->is_damaged)
            return -EBADMSG;
        if (z->packed.len > 0)
            continue;
        rc = gzip_refill(z, fd);
        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
    }
    if (gunzip_is_whole(z->gunzip))
        gzip_rest(z);
    return 0;
}

/* As much as there is room for, so that less means the end, for now. What came before damage is
 * good. */
static int64_t gzip_inflate(struct gzip_stream *z, int fd, char *buf, size_t len)
{
    size_t at = 0;
    int64_t got = 1;

    while (at < len && got > 0) {
        got = gzip_inflate_some(z, fd, buf + at, len - at);
        if (got > 0)
            at += (size_t)got;
    }
    CHECK(at <= len);
    return at > 0 ? (int64_t)at : got;
}

/* What was given last may be wanted again. */
static void recent_keep(struct gzip_stream *z, const char *buf, size_t len)
{
    buffer_clear(&z->recent);
    buffer_append(&z->recent, slice_make(buf, len));
}

static int64_t gzip_read(struct file_reader *r, char *buf, size_t len)
{
    struct gzip_stream *z;
    size_t again;
    int64_t more;

    CHECK(r->gzip != NULL || r->offset == 0);
    if (r->gzip == NULL)
        r->gzip = mem_zalloc(1, sizeof *r->gzip);
    z = r->gzip;
    CHECK(z->back <= z->recent.len);
    again = z->back < len ? z->back : len;
    if (again > 0)
        memcpy(buf, z->recent.data + z->recent.len - z->back, again);
    z->back -= again;
    if (again == len)
        return (int64_t)again;

    more = gzip_inflate(z, r->fd, buf + again, len - again);
    if (more > 0)
        recent_keep(z, buf, again + (size_t)more);
    return again > 0 && more < 0 ? (int64_t)again : (int64_t)again + more;
}

static void gzip_rewind(struct file_reader *r)
{
    CHECK(r->is_gzip);
    file_reader_fini(r);
    r->offset = 0;
}

/* It was given last. */
static bool is_recent(const struct file_reader *r, uint64_t offset)
{
    const struct gzip_stream *z = r->gzip;

    return z != NULL && offset <= r->offset && r->offset - offset <= z->recent.len - z->back;
}

/* 1 when so many bytes were passed, plain or packed, and it is further. */
static int gzip_seek(struct file_reader *r, uint64_t offset, uint64_t bytes_max)
{
    struct gzip_stream *z = r->gzip;
    char skipped[SKIP_BYTES];
    uint64_t begin, packed_begin;

    if (is_recent(r, offset)) {
        z->back += (size_t)(r->offset - offset);
        r->offset = offset;
    }
    CHECK(z == NULL || z->back <= z->recent.len);
    if (offset < r->offset)
        gzip_rewind(r);
    begin = r->offset;
    packed_begin = file_reader_packed(r);
    while (r->offset < offset) {
        uint64_t left = offset - r->offset;
        size_t want = left < sizeof skipped ? (size_t)left : sizeof skipped;
        int64_t got;

        if (r->offset - begin >= bytes_max || file_reader_packed(r) - packed_begin >= bytes_max)
            return 1;
        got = file_reader_read(r, skipped, want);
        if (got <= 0)
            return got < 0 ? (int)got : -ERANGE;
    }
    CHECK(r->offset == offset);
    return 0;
}

/* ---- both ---- */

int64_t file_reader_read(struct file_reader *r, char *buf, size_t len)
{
    int64_t got = r->is_gzip ? gzip_read(r, buf, len) : file_read_at(r->fd, buf, len, r->offset);

    if (got > 0)
        r->offset += (uint64_t)got;
    return got;
}

int file_reader_seek_some(struct file_reader *r, uint64_t offset, uint64_t bytes_max)
{
    CHECK(bytes_max > 0);
    if (r->is_gzip)
        return gzip_seek(r, offset, bytes_max);
    r->offset = offset;
    return 0;
}

uint64_t file_reader_packed(const struct file_reader *r)
{
    return r->gzip == NULL ? 0 : r->gzip->file_at;
}

bool file_reader_is_near(const struct file_reader *r, uint64_t offset)
{
    return !r->is_gzip || offset == r->offset || is_recent(r, offset);
}

int file_reader_seek(struct file_reader *r, uint64_t offset)
{
    return file_reader_seek_some(r, offset, UINT64_MAX);
}

int file_reader_stand(struct file_reader *r, uint64_t next, uint64_t read, uint64_t bytes_max)
{
    size_t len = (size_t)(read - next);
    int rc = file_reader_seek_some(r, next, bytes_max);
    int64_t got;
    char *bytes;

    CHECK(next <= read);
    if (rc != 0 || len == 0)
        return rc;
    bytes = mem_alloc(len);
    got = file_reader_read(r, bytes, len);
    mem_free(bytes);
    return got < 0 ? (int)got : got == (int64_t)len ? 0 : -ERANGE;
}

int file_reader_seek_known(struct file_reader *r, uint64_t offset, struct file_print before)
{
    char end[FILE_HEAD_BYTES_MAX];
    uint32_t len = before.len <= offset && before.len <= sizeof end ? before.len : 0, at = 0;
    int rc = file_reader_seek(r, offset - len);

    while (rc == 0 && at < len) {
        int64_t got = file_reader_read(r, end + at, len - at);

        if (got <= 0)
            return got < 0 ? (int)got : -ERANGE;
        at += (uint32_t)got;
    }
    if (rc == 0 && !file_print_begins((struct file_print){before.hash, len}, slice_make(end, len)))
        return -ERANGE;
    return rc;
}

int64_t file_reader_measure(struct file_reader *r)
{
    struct file_facts facts;
    int rc = r->is_gzip ? gzip_seek(r, INT64_MAX, UINT64_MAX) : file_state_read(r->fd, &facts);

    if (r->is_gzip)
        return rc == -ERANGE || rc == -EBADMSG ? (int64_t)r->offset : rc;
    return rc < 0 ? rc : (int64_t)facts.size_bytes;
}

uint64_t file_reader_size(const struct file_reader *r, uint64_t file_bytes)
{
    const struct gzip_stream *z = r->gzip;
    bool is_over;

    if (!r->is_gzip)
        return file_bytes;
    if (z == NULL)
        return file_bytes > 0 ? r->offset + 1 : r->offset;
    if (file_bytes < z->file_at)
        return 0;
    CHECK(z->back <= z->recent.len);
    is_over = z->is_damaged || (z->is_at_end && file_bytes == z->file_at);
    return r->offset + z->back + (is_over ? 0 : 1);
}

int64_t file_head_read(int fd, bool is_gzip, char *buf, size_t len)
{
    struct file_reader r;
    int64_t got = 1;
    size_t at = 0;
    bool is_cut;

    if (!is_gzip)
        return file_read_at(fd, buf, len, 0);
    file_reader_init(&r, fd, true);
    r.gzip = mem_zalloc(1, sizeof *r.gzip);
    r.gzip->is_head = true;
    while (got > 0 && at < len) {
        got = file_reader_read(&r, buf + at, len - at);
        if (got > 0)
            at += (size_t)got;
    }
    CHECK(at <= len);
    is_cut = is_past_head(r.gzip); /* nobody knows whether these are all */
    file_reader_fini(&r);
    return got < 0 && (at == 0 || is_cut) ? got : (int64_t)at;
}
