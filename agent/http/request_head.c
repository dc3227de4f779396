#include "http/request_head.h"

#define PORT_USUAL 80

static void append_path(struct buffer *out, struct slice path)
{
    path.len = slice_find(path, '#');
    if (path.len == 0 || path.data[0] != '/')
        buffer_append_byte(out, '/');
    for (size_t i = 0; i < path.len; i++) {
        unsigned char byte = (unsigned char)path.data[i];

        if (byte <= ' ' || byte == 0x7f)
            buffer_append_format(out, "%%%02X", byte);
        else
            buffer_append_byte(out, path.data[i]);
    }
}

static void append_host(struct buffer *out, const char *host, uint16_t port)
{
    buffer_append_format(out, strchr(host, ':') != NULL ? "Host: [%s]" : "Host: %s", host);
    if (port != PORT_USUAL)
        buffer_append_format(out, ":%u", (unsigned)port);
    buffer_append_text(out, "\r\n");
}

/* What the request says of its own. */
struct said {
    bool host, accept, accept_encoding;
};

/* Whether the line is to go. */
static bool note(struct said *said, struct slice name)
{
    said->host = said->host || slice_is_nocase(name, "Host");
    said->accept = said->accept || slice_is_nocase(name, "Accept");
    said->accept_encoding = said->accept_encoding || slice_is_nocase(name, "Accept-Encoding");
    return !slice_is_nocase(name, "Content-Length") &&
           !slice_is_nocase(name, "Transfer-Encoding") && !slice_is_nocase(name, "Expect");
}

/* "Name: value", or "Name;" for one without a value (http_request_header). */
static void append_fields(struct buffer *out, const struct buffer *head, struct said *said)
{
    for (size_t at = 0; at < head->len; at += strlen(head->data + at) + 1) {
        struct slice line = slice_of(head->data + at);
        struct slice name = slice_make(line.data, strcspn(line.data, ":;"));

        if (name.len == 0 || !note(said, name))
            continue;
        buffer_append(out, name);
        buffer_append_byte(out, ':');
        buffer_append(out, slice_skip(line, name.len + 1));
        buffer_append_text(out, "\r\n");
    }
}

static bool says_length(const struct http_request *request)
{
    return request->body.len > 0 || strcmp(request->method, "POST") == 0 ||
           strcmp(request->method, "PUT") == 0;
}

void request_head(const struct http_request *request, const char *host, uint16_t port,
                  struct buffer *out)
{
    struct said said = {0};

    /* All its room at once: what moves leaves its bytes behind, and tokens are among them. */
    (void)buffer_reserve(out, 2 * request->head.len + 3 * request->path.len + strlen(host) +
                                  REQUEST_HEAD_ROOM);
    buffer_append_text(out, request->method);
    buffer_append_byte(out, ' ');
    append_path(out, buffer_view(&request->path));
    buffer_append_text(out, " HTTP/1.1\r\n");
    append_fields(out, &request->head, &said);
    if (!said.host)
        append_host(out, host, port);
    if (!said.accept)
        buffer_append_text(out, "Accept: */*\r\n");
    if (!said.accept_encoding)
        buffer_append_text(out, "Accept-Encoding: gzip\r\n");
    if (says_length(request))
        buffer_append_format(out, "Content-Length: %zu\r\n", request->body.len);
    buffer_append_text(out, "\r\n");
}
