#include "http/direct.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <uv.h>

/* What is unpacked at once. */
#define UNPACKED_STEP_BYTES ((size_t)16 << 10)

/* How many buffers of one answer are read in a row, so that none keeps the loop for long: 1 MiB. */
#define READS_MAX 16

void exchange_fail(struct exchange *x, int error, const char *why)
{
    CHECK(error < 0);
    if (x->error < 0)
        return;
    x->error = error;
    snprintf(x->why, sizeof x->why, "%s", why);
}

/* No more of it is wanted. */
static void enough(struct exchange *x)
{
    char why[256];

    exchange_fail(x, reply_why(x->call, why), why);
}

/* ---- bodies ---- */

static void unpack(struct exchange *x, struct slice packed)
{
    char plain[UNPACKED_STEP_BYTES];
    size_t count;

    if (x->unpack == NULL)
        x->unpack = gunzip_new();
    do {
        if (gunzip_step(x->unpack, &packed, plain, sizeof plain, &count) < 0) {
            exchange_fail(x, UV_EPROTO, "the answer is not the gzip that it says it is");
            return;
        }
        if (count > 0 && !reply_body(x->call, slice_make(plain, count))) {
            enough(x);
            return;
        }
    } while (packed.len > 0 || count == sizeof plain);
}

static void body(struct exchange *x, struct slice bytes)
{
    switch (x->parser.framing.coding) {
    case REPLY_PLAIN:
        if (!reply_body(x->call, bytes))
            enough(x);
        break;
    case REPLY_GZIP:
        unpack(x, bytes);
        break;
    case REPLY_CODED_OTHERWISE:
        exchange_fail(x, UV_EPROTO, "the answer is coded in a way that nobody asked for");
        break;
    }
}

static void whole(struct exchange *x)
{
    CHECK(!x->is_heard);
    if (x->unpack != NULL && !gunzip_is_whole(x->unpack))
        exchange_fail(x, UV_EOF, "the answer ended early");
    else
        x->is_heard = true;
}

/* ---- what came ---- */

/* One part of it; false: all that came is taken. */
static bool take_part(struct exchange *x, struct slice *bytes)
{
    struct slice piece;

    switch (reply_parser_next(&x->parser, bytes, &piece)) {
    case REPLY_MORE:
        return false;
    case REPLY_LINE:
        reply_line(x->call, piece);
        break;
    case REPLY_HEAD:
        if (!reply_head(x->call))
            enough(x);
        break;
    case REPLY_BODY:
        body(x, piece);
        break;
    case REPLY_END:
        x->parser.is_kept = x->parser.is_kept && bytes->len == 0;
        whole(x);
        break;
    case REPLY_BAD:
        exchange_fail(x, UV_EPROTO, x->parser.why);
        break;
    }
    return true;
}

static void take(struct exchange *x, struct slice bytes)
{
    CHECK(bytes.len > 0 && !x->is_heard);
    call_moved(x->call);
    x->has_heard = true;
    while (!x->is_heard && x->error == 0 && take_part(x, &bytes))
        continue;
}

static void closed(struct exchange *x)
{
    if (reply_parser_close(&x->parser))
        whole(x);
    else if (x->out.error < 0)
        exchange_fail(x, x->out.error, uv_strerror(x->out.error));
    else if (x->has_heard)
        exchange_fail(x, UV_EOF, "the answer ended early");
    else
        exchange_fail(x, UV_EOF, "the connection was closed without an answer");
}

static void broken(struct exchange *x, int error)
{
    exchange_fail(x, error, uv_strerror(error));
}

void exchange_hear(struct exchange *x)
{
    char bytes[REPLY_BUFFER_BYTES];
    ssize_t count = sizeof bytes;

    CHECK(x->tcp != NULL && !x->is_heard && x->error == 0);
    for (unsigned i = 0; i < READS_MAX && count == sizeof bytes; i++) {
        do
            count = recv(x->tcp->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        while (count < 0 && errno == EINTR);
        if (count > 0)
            take(x, slice_make(bytes, (size_t)count));
        else if (count == 0)
            closed(x);
        else if (errno != EAGAIN && errno != EWOULDBLOCK)
            broken(x, -errno);
        if (x->is_heard || x->error < 0)
            return;
    }
}
