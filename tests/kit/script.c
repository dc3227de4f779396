#include "kit/script.h"

#include "base/memory.h"
#include "kit/wire.h"

#include <stdio.h>
#include <zlib.h>

static void step_gzip(struct step *step)
{
    uLong most = compressBound((uLong)step->body.len) + 64;
    struct buffer packed = {0};
    z_stream z = {0};

    CHECK(deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_in = (Bytef *)step->body.data;
    z.avail_in = (uInt)step->body.len;
    z.next_out = (Bytef *)buffer_reserve(&packed, most);
    z.avail_out = (uInt)most;
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    buffer_commit(&packed, z.total_out);
    deflateEnd(&z);
    buffer_fini(&step->body);
    step->body = packed;
}

struct step *step_new(struct kit_answer answer)
{
    struct step *step = mem_zalloc(1, sizeof *step);
    struct slice body = slice_of(answer.body != NULL ? answer.body : "{}");

    step->move = answer.move;
    step->status = answer.status != 0 ? answer.status : 200;
    step->headers = mem_text(answer.headers != NULL ? answer.headers : "");
    buffer_append(&step->body, body);
    while (body.len > 0 && step->body.len < answer.body_bytes)
        buffer_append(&step->body, body);
    if (answer.body_bytes > 0)
        step->body.len = answer.body_bytes;
    if (step->move == KIT_GZIP)
        step_gzip(step);
    return step;
}

void step_free(struct step *step)
{
    mem_free(step->headers);
    buffer_fini(&step->body);
    mem_free(step);
}

bool step_reads_body(const struct step *step)
{
    return step->move != KIT_EARLY && step->move != KIT_SLAM && step->move != KIT_DEAF;
}

/* ---- saying it ---- */

static bool write_head(struct wire *wire, const struct step *step)
{
    struct buffer head = {0};
    bool is_written;

    buffer_append_format(&head, "HTTP/1.1 %d Scripted\r\n%s", step->status, step->headers);
    if (step->move == KIT_GZIP)
        buffer_append_text(&head, "Content-Encoding: gzip\r\n");
    if (step->move == KIT_CHUNKED)
        buffer_append_text(&head, "Transfer-Encoding: chunked\r\n\r\n");
    else
        buffer_append_format(&head, "Content-Length: %zu\r\n\r\n", step->body.len);
    is_written = wire_write(wire, buffer_view(&head));
    buffer_fini(&head);
    return is_written;
}

/* In chunks of up to 1000 bytes. */
static bool write_chunks(struct wire *wire, struct slice body)
{
    while (body.len > 0) {
        struct slice part = slice_make(body.data, body.len < 1000 ? body.len : 1000);
        char size[32];

        snprintf(size, sizeof size, "%zx\r\n", part.len);
        if (!wire_write(wire, slice_of(size)) || !wire_write(wire, part) ||
            !wire_write(wire, SLICE("\r\n")))
            return false;
        body = slice_skip(body, part.len);
    }
    return wire_write(wire, SLICE("0\r\n\r\n"));
}

static void wait_for_leaving(struct wire *wire)
{
    char bytes[4096];

    while (wire_read(wire, bytes, sizeof bytes) > 0)
        continue;
}

bool step_play(const struct step *step, struct wire *wire)
{
    struct slice body = buffer_view(&step->body);

    switch (step->move) {
    case KIT_ANSWER:
    case KIT_HOLD:
    case KIT_GZIP:
        return write_head(wire, step) && wire_write(wire, body);
    case KIT_CHUNKED:
        return write_head(wire, step) && write_chunks(wire, body);
    case KIT_LAST:
    case KIT_EARLY:
        (void)(write_head(wire, step) && wire_write(wire, body));
        return false;
    case KIT_HALF:
        (void)(write_head(wire, step) && wire_write(wire, slice_make(body.data, body.len / 2)));
        return false;
    case KIT_NOISE:
        wire_write(wire, body);
        return false;
    case KIT_RESET:
    case KIT_SLAM:
        wire_break(wire);
        return false;
    case KIT_SILENT:
        wait_for_leaving(wire);
        return false;
    case KIT_DEAF:
    case KIT_CLOSE:
        return false;
    }
    return false;
}
