#include "base/gzip.h"

#include "base/memory.h"

#include <errno.h>
#include <zlib.h>

#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

/* The window of 32 KiB, with gzip's head and trailer. */
#define WINDOW_BITS_GZIP (15 + 16)

/* How much room there is for what comes out of a step, at least. */
#define PACKED_STEP_BYTES ((size_t)32 << 10)

#ifdef HAVE_ISAL

/* What ISA-L works with; taken for one text, so that idle threads hold none of it. */
struct gzip_packer {
    struct buffer *out;
    struct isal_zstream stream;
    uint8_t level_memory[ISAL_DEF_LVL1_DEFAULT];
};

static void packer_begin(struct gzip_packer *packer)
{
    struct isal_zstream *stream = &packer->stream;

    isal_deflate_init(stream);
    stream->gzip_flag = IGZIP_GZIP;
    stream->level = 1;
    stream->level_buf = packer->level_memory;
    stream->level_buf_size = sizeof packer->level_memory;
}

/* One step into `room` bytes; false: all that was given is packed. */
static bool packer_step(struct gzip_packer *packer, char *into, size_t room, bool is_end)
{
    struct isal_zstream *stream = &packer->stream;

    stream->next_out = (uint8_t *)into;
    stream->avail_out = (uint32_t)room;
    stream->end_of_stream = is_end;
    CHECK(isal_deflate(stream) == COMP_OK);
    return stream->avail_out == 0 || stream->avail_in > 0 ||
           (is_end && stream->internal_state.state != ZSTATE_END);
}

static void packer_finish(struct gzip_packer *packer)
{
    (void)packer;
}

#else

struct gzip_packer {
    struct buffer *out;
    z_stream stream;
};

static void packer_begin(struct gzip_packer *packer)
{
    packer->stream = (z_stream){0};
    CHECK(deflateInit2(&packer->stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS_GZIP, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
}

static bool packer_step(struct gzip_packer *packer, char *into, size_t room, bool is_end)
{
    z_stream *stream = &packer->stream;
    int rc;

    stream->next_out = (Bytef *)into;
    stream->avail_out = (uInt)room;
    rc = deflate(stream, is_end ? Z_FINISH : Z_NO_FLUSH);
    CHECK(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
    return is_end ? rc != Z_STREAM_END : stream->avail_out == 0;
}

static void packer_finish(struct gzip_packer *packer)
{
    deflateEnd(&packer->stream);
}

#endif

struct gzip_packer *gzip_packer_new(struct buffer *out)
{
    struct gzip_packer *packer = mem_alloc(sizeof *packer);

    packer->out = out;
    packer_begin(packer);
    return packer;
}

/* Until nothing is left of what the stream was given. */
static void packer_run(struct gzip_packer *packer, bool is_end)
{
    bool has_more = true;

    while (has_more) {
        char *into = buffer_reserve(packer->out, PACKED_STEP_BYTES);
        size_t room = packer->out->capacity - packer->out->len;

        CHECK(room <= UINT32_MAX);
        has_more = packer_step(packer, into, room, is_end);
        buffer_commit(packer->out, room - packer->stream.avail_out);
    }
    CHECK(packer->stream.avail_in == 0);
}

/* The stream counts in 32 bits. */
void gzip_packer_add(struct gzip_packer *packer, struct slice piece)
{
    while (piece.len > 0) {
        size_t step = piece.len < GZIP_PLAIN_BYTES_MAX ? piece.len : GZIP_PLAIN_BYTES_MAX;

        packer->stream.next_in = (void *)(uintptr_t)piece.data;
        packer->stream.avail_in = (uint32_t)step;
        packer_run(packer, false);
        piece = slice_skip(piece, step);
    }
}

void gzip_packer_end(struct gzip_packer **address)
{
    struct gzip_packer *packer = *address;

    *address = NULL;
    packer->stream.avail_in = 0;
    packer_run(packer, true);
    packer_finish(packer);
    buffer_shrink(packer->out, 0);
    mem_free(packer);
}

int gzip_compress(struct slice plain, struct buffer *out)
{
    struct gzip_packer *packer;

    if (plain.len > GZIP_PLAIN_BYTES_MAX)
        return -E2BIG;
    packer = gzip_packer_new(out);
    gzip_packer_add(packer, plain);
    gzip_packer_end(&packer);
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

void gunzip_skip_padding(struct slice *packed)
{
    size_t len = 0;

    while (len < packed->len && packed->data[len] == '\0')
        len++;
    *packed = slice_skip(*packed, len);
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
            gunzip_skip_padding(packed);
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
