#include "http/client_internal.h"
#include "http/reply_header.h"

#include <sys/socket.h>

static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    struct http_call *call = owner;

    reply_header(&call->reply, slice_make(data, size * count));
    return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct http_call *call = owner;
    size_t bytes = size * count;
    size_t most = call->client->own.s.reply_bytes_max;

    if (bytes > most - call->reply.body.len) {
        call->is_too_large = true;
        return 0;
    }
    buffer_append(&call->reply.body, slice_make(data, bytes));
    return bytes;
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
