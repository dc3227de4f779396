/*
 * The head of a request as it goes on the wire. Inside of http/. Pure.
 *
 * Host, Accept and Accept-Encoding are added where the request does not have them; Content-Length
 * always for a POST, a PUT and whatever has a body. What would say otherwise how long the body is, or
 * would have it waited for (Content-Length, Transfer-Encoding, Expect), is left out.
 *
 * A path goes as it is, but that bytes which would end it are written in percent signs, and that it
 * ends before a '#'.
 */
#ifndef TAILRACE_HTTP_REQUEST_HEAD_H
#define TAILRACE_HTTP_REQUEST_HEAD_H

#include "http/http.h"

/* For what is added, but for the host: a head has all its room before the first byte. */
#define REQUEST_HEAD_ROOM 256

/* Appends it, with the empty line. `host` is a name or an address without brackets. */
void request_head(const struct http_request *request, const char *host, uint16_t port,
                  struct buffer *out);

#endif
