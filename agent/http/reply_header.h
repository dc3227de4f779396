/*
 * What the client keeps of an answer's header lines. Pure but for the wall clock, which a date in
 * Retry-After is measured against.
 */
#ifndef TAILRACE_HTTP_REPLY_HEADER_H
#define TAILRACE_HTTP_REPLY_HEADER_H

#include "http/http.h"

/* No back-end may hold an output off for longer. */
#define RETRY_AFTER_MS_MAX (UINT64_C(24) * 60 * 60 * 1000)

/* Takes in one line, its end included. A status line begins a new answer (100 Continue, then
 * 200), and forgets what the one before said. */
void reply_header(struct http_reply *reply, struct slice line);

/* "120", or a date as in RFC 9110; 0 where it is neither, or past. */
uint64_t retry_after_ms(struct slice value);

#endif
