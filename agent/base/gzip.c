#include "base/gzip.h"

#include "base/memory.h"

#include <errno.h>
#include <zlib.h>

#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

/* The window of 32 KiB, with gzip's head and trailer. */
#define WINDOW_BITS_GZIP (15 + 16)

/* Head, trailer, and what stored blocks add to bytes that do not compress. */
static size_t packed_bytes_max(size_t plain_bytes)
{
    return plain_bytes + plain_bytes / 1024 + 1024;
}

#ifdef HAVE_ISAL

/* What ISA-L works with; taken for one body, so that idle threads hold none of it. */
struct packer {
    struct isal_zstream stream;
    uint8_t level_memory[ISAL_DEF_LVL1_DEFAULT];
};

static void pack(struct slice plain, struct buffer *out, size_t room)
{
    struct packer *packer = mem_alloc(sizeof *packer);
    struct isal_zstream *stream = &packer->stream;

    isal_deflate_stateless_init(stream);
    stream->next_in = (uint8_t *)(uintptr_t)plain.data;
    stream->avail_in = (uint32_t)plain.len;
    stream->next_out = (uint8_t *)buffer_reserve(out, room);
    stream->avail_out = (uint32_t)room;
    stream->end_of_stream = 1;
    stream->gzip_flag = IGZIP_GZIP;
    stream->level = 1;
    stream->level_buf = packer->level_memory;
    stream->level_buf_size = sizeof packer->level_memory;
    CHECK(isal_deflate_stateless(stream) == COMP_OK);
    buffer_commit(out, stream->total_out);
    mem_free(packer);
}

#else

static void pack(struct slice plain, struct buffer *out, size_t room)
{
    z_stream stream = {0};

    CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS_GZIP, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)plain.data;
    stream.avail_in = (uInt)plain.len;
    stream.next_out = (Bytef *)buffer_reserve(out, room);
    stream.avail_out = (uInt)room;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    buffer_commit(out, stream.total_out);
    deflateEnd(&stream);
}

#endif

int gzip_compress(struct slice plain, struct buffer *out)
{
    if (plain.len > GZIP_PLAIN_BYTES_MAX)
        return -E2BIG;
    pack(plain, out, packed_bytes_max(plain.len));
    buffer_shrink(out, 0);
    return 0;
}

/* ---- the other way ---- */

enum member_state {
    MEMBER_BETWEEN, /* the next byte begins a member, or there is none */
    MEMBER_INSIDE,
    MEMBER_BROKEN,
};

struct gunzip {
    z_stream stream;
    enum member_state state;
};

struct gunzip *gunzip_new(void)
{
    struct gunzip *gunzip = mem_zalloc(1, sizeof *gunzip);

    CHECK(inflateInit2(&gunzip->stream, WINDOW_BITS_GZIP) == Z_OK);
    return gunzip;
}

void gunzip_free(struct gunzip **address)
{
    struct gunzip *gunzip = *address;

    *address = NULL;
    if (gunzip == NULL)
        return;
    inflateEnd(&gunzip->stream);
    mem_free(gunzip);
}

/* Members may be padded with zeros, as on a tape. */
static void skip_padding(struct slice *packed)
{
    while (packed->len > 0 && packed->data[0] == '\0')
        *packed = slice_skip(*packed, 1);
}

static int member_step(struct gunzip *gunzip)
{
    switch (inflate(&gunzip->stream, Z_NO_FLUSH)) {
    case Z_OK:
    case Z_BUF_ERROR: /* nothing to read, or no room */
        return 0;
    case Z_STREAM_END:
        CHECK(inflateReset(&gunzip->stream) == Z_OK);
        gunzip->state = MEMBER_BETWEEN;
        return 0;
    default:
        gunzip->state = MEMBER_BROKEN;
        return -EBADMSG;
    }
}

int gunzip_step(struct gunzip *gunzip, struct slice *packed, char *into, size_t room,
                size_t *written)
{
    z_stream *stream = &gunzip->stream;
    int rc = 0;

    *written = 0;
    CHECK(room <= UINT32_MAX && packed->len <= UINT32_MAX);
    do {
        if (gunzip->state == MEMBER_BROKEN)
            return -EBADMSG;
        if (gunzip->state == MEMBER_BETWEEN)
            skip_padding(packed);
        if (gunzip->state == MEMBER_BETWEEN && packed->len == 0)
            return 0;
        gunzip->state = MEMBER_INSIDE;
        stream->next_in = (Bytef *)(uintptr_t)packed->data;
        stream->avail_in = (uInt)packed->len;
        stream->next_out = (Bytef *)into + *written;
        stream->avail_out = (uInt)(room - *written);
        rc = member_step(gunzip);
        *packed = slice_skip(*packed, packed->len - stream->avail_in);
        *written = room - stream->avail_out;
    } while (rc == 0 && gunzip->state == MEMBER_BETWEEN && *written < room);
    return rc;
}

bool gunzip_is_whole(const struct gunzip *gunzip)
{
    return gunzip->state == MEMBER_BETWEEN;
}
