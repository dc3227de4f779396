#include "http/client_internal.h"
#include "http/reply_header.h"

#include "base/memory.h"
#include "record/json_sieve.h"

#include <stdio.h>
#include <uv.h>

/* A reply of this part of what it may have goes through the sieve, where there is one. */
#define SIEVED_FROM(bytes_max) ((bytes_max) / 4)

static bool is_success(const struct http_call *call)
{
    return call->reply.status >= 200 && call->reply.status <= 299;
}

static bool is_streamed(const struct http_call *call)
{
    return call->owner.body != NULL && is_success(call);
}

/* False: the owner has had enough. */
static bool stream(struct http_call *call, struct slice bytes)
{
    call->intake.is_broken_off = !call->owner.body(call->owner.self, call, bytes);
    return !call->intake.is_broken_off;
}

void reply_line(struct http_call *call, struct slice line)
{
    reply_header(&call->reply, line);
}

bool reply_head(struct http_call *call)
{
    return !is_streamed(call) || stream(call, SLICE(""));
}

/* How much of a body is kept. */
static size_t reply_bytes_max(const struct http_call *call)
{
    size_t of_client = call->client->own.s.reply_bytes_max,
           bytes_max = call->request.reply_bytes_max;

    return bytes_max != 0 && bytes_max < of_client ? bytes_max : of_client;
}

/* What came so far goes through the sieve, as all that follows does. */
static void sieve_begin(struct http_call *call)
{
    struct buffer before = call->reply.body;

    call->intake.sieve = mem_zalloc(1, sizeof *call->intake.sieve);
    json_sieve_init(call->intake.sieve, call->request.reply_keys);
    call->reply.body = (struct buffer){0};
    json_sieve_feed(call->intake.sieve, buffer_view(&before), &call->reply.body);
    buffer_fini(&before);
}

/* False: the reply is too large. */
static bool body_keep(struct http_call *call, struct slice piece)
{
    struct buffer *body = &call->reply.body;
    size_t most = reply_bytes_max(call);

    CHECK(body->len <= most);
    if (call->intake.sieve == NULL && call->request.reply_keys != NULL && is_success(call) &&
        piece.len > SIEVED_FROM(most) - body->len)
        sieve_begin(call);
    if (call->intake.sieve != NULL) {
        json_sieve_feed(call->intake.sieve, piece, body);
        return body->len <= most;
    }
    if (piece.len > most - body->len) {
        if (is_success(call))
            return false;
        piece.len = most - body->len;
    }
    buffer_append(body, piece);
    return true;
}

bool reply_body(struct http_call *call, struct slice bytes)
{
    if (is_streamed(call))
        return stream(call, bytes);
    call->intake.read_bytes += bytes.len;
    if (call->intake.read_bytes <= HTTP_REPLY_BYTES_MAX && body_keep(call, bytes))
        return true;
    call->intake.is_too_large = true;
    return false;
}

int reply_why(const struct http_call *call, char why[256])
{
    size_t most = reply_bytes_max(call);

    CHECK(call->intake.is_broken_off != call->intake.is_too_large);
    if (call->intake.is_broken_off) {
        snprintf(why, 256, "broken off");
        return UV_ECANCELED;
    }
    if (call->intake.read_bytes > HTTP_REPLY_BYTES_MAX)
        most = HTTP_REPLY_BYTES_MAX;
    snprintf(why, 256, "the answer is larger than %zu bytes", most);
    return UV_E2BIG;
}

bool reply_is_refusal(const struct http_call *call)
{
    return call->reply.status >= 300;
}

void reply_fini(struct http_call *call)
{
    MEM_FREE(&call->intake.sieve);
    buffer_fini(&call->reply.body);
}
