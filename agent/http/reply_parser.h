/*
 * An answer in HTTP/1.x, taken apart as its bytes come, in whatever pieces. Pure. Whoever is asked may
 * be an attacker: every length is checked, and what two readers might read differently is refused,
 * or ends the use of the connection.
 *
 *   a status line that is not HTTP/1.x           refused, at its first byte that cannot be one
 *   100 to 199                                   passed over, up to the limit of a head; 101, which
 *                                                nobody asked for, is refused
 *   LF alone                                     ends a line of a head; in chunks it is refused
 *   NUL, or CR that ends no line                 refused
 *   a second status line in one head             refused
 *   a line that goes on the one before           passed over; behind a length or a coding, and as the
 *                                                first of a head, refused
 *   a length or coding with a blank before its   refused
 *   colon
 *   a length: two that differ, none, signs,      refused. The same said twice is one
 *   more than INT64_MAX
 *   Transfer-Encoding other than chunked, or     refused. "identity" says nothing
 *   chunked twice
 *   chunked with a length, or in HTTP/1.0        the chunks count; the connection is not used again
 *   neither                                      the body ends with the connection
 *   a chunk's size: none, more than 16 digits    refused; what stands behind ';' is passed over
 *   trailers                                     passed over, up to the limit of a head
 *   HEAD, 204, 304                               no body, whatever the head says
 *
 * Life     reply_parser_init -> reply_parser_next* -> (reply_parser_close) -> reply_parser_fini.
 * Limits   REPLY_HEAD_BYTES_MAX for all heads before a body together, and again for trailers;
 *          CHUNK_LINE_BYTES_MAX for the line of a chunk's size.
 */
#ifndef TAILRACE_HTTP_REPLY_PARSER_H
#define TAILRACE_HTTP_REPLY_PARSER_H

#include "http/reply_framing.h"

#define REPLY_HEAD_BYTES_MAX ((size_t)256 << 10)
#define CHUNK_LINE_BYTES_MAX ((size_t)4096)

enum reply_part {
    REPLY_MORE, /* all was taken; more is needed */
    REPLY_LINE, /* a line of its head, without its end: the status line first */
    REPLY_HEAD, /* the head is whole */
    REPLY_BODY, /* bytes of its body; never none */
    REPLY_END,  /* it is whole; what is left is not part of it. Said again when asked again */
    REPLY_BAD,  /* refused, for good; `why` says why */
};

enum reply_state {
    REPLY_AT_STATUS,
    REPLY_AT_INTERIM, /* in the head of a 1xx */
    REPLY_AT_FIELDS,
    REPLY_IN_LENGTH,
    REPLY_TO_CLOSE,
    REPLY_AT_SIZE,
    REPLY_IN_CHUNK,
    REPLY_AT_CHUNK_END,
    REPLY_AT_TRAILERS,
    REPLY_AT_END,
    REPLY_REFUSED,
};

struct reply_parser {
    enum reply_state state;
    bool is_to_head; /* what was asked was HEAD */
    bool is_kept;    /* from REPLY_HEAD on: the connection may be used again */
    bool is_line_lent;
    int status; /* of the last status line */
    struct reply_framing framing;
    uint64_t left;      /* of a body with a length, or of a chunk */
    size_t room;        /* for lines */
    struct buffer line; /* one whose end has not come, or that came in pieces */
    const char *why;    /* a literal; when refused */
};

void reply_parser_init(struct reply_parser *p, bool is_to_head);
void reply_parser_fini(struct reply_parser *p);

/* Cuts off what it takes. `piece` is set for REPLY_LINE and REPLY_BODY, and good until the next call. */
enum reply_part reply_parser_next(struct reply_parser *p, struct slice *bytes, struct slice *piece);

/* The connection has ended. Whether the answer is whole. */
bool reply_parser_close(const struct reply_parser *p);

#endif
