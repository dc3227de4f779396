#include "http/client_internal.h"
#include "http/reply_header.h"

#include "base/memory.h"
#include "record/json_sieve.h"

#include <sys/socket.h>

/* A reply of this part of what it may have goes through the sieve, where there is one. */
#define SIEVED_FROM(bytes_max) ((bytes_max) / 4)

static bool is_success(const struct http_call *call)
{
    return call->reply.status >= 200 && call->reply.status <= 299;
}

static bool is_streamed(const struct http_call *call)
{
    return call->body != NULL && is_success(call);
}

/* False: the owner has had enough. */
static bool stream(struct http_call *call, struct slice bytes)
{
    call->is_broken_off = !call->body(call->owner, call, bytes);
    return !call->is_broken_off;
}

static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    struct http_call *call = owner;
    struct slice line = slice_make(data, size * count);

    reply_header(&call->reply, line);
    if (is_streamed(call) && slice_trim(line).len == 0 && !stream(call, SLICE("")))
        return 0;
    return line.len;
}

size_t reply_bytes_max(const struct http_call *call)
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

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct http_call *call = owner;
    size_t bytes = size * count;

    if (is_streamed(call))
        return stream(call, slice_make(data, bytes)) ? bytes : 0;
    call->intake.read_bytes += bytes;
    if (call->intake.read_bytes <= HTTP_REPLY_BYTES_MAX && body_keep(call, slice_make(data, bytes)))
        return bytes;
    call->intake.is_too_large = true;
    return 0;
}

void reply_fini(struct http_call *call)
{
    MEM_FREE(&call->intake.sieve);
    buffer_fini(&call->reply.body);
}

void reply_attach(struct http_call *call)
{
    CHECK(curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK);
    CHECK(curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call) == CURLE_OK);
    CHECK(curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
    CHECK(curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call) == CURLE_OK);
}

void reply_last_words(struct http_call *call, int fd)
{
    char bytes[4096];
    ssize_t count;
    struct slice rest, line;

    if (call->reply.status != 0 || call->client->own.s.tls != NULL)
        return;
    count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0)
        return;
    rest = slice_make(bytes, (size_t)count);
    while (slice_next(&rest, '\n', &line) && slice_trim(line).len > 0)
        reply_header(&call->reply, line);
}
