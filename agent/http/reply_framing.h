/*
 * What the fields of an answer's head say of its body and of its connection: how long it is, how it is
 * coded, whether the connection may be used again. What two readers might read differently is refused
 * (the list is in http/reply_parser.h).
 *
 * Pure. Zeroed but for `minor` is ready for a head's first field.
 */
#ifndef TAILRACE_HTTP_REPLY_FRAMING_H
#define TAILRACE_HTTP_REPLY_FRAMING_H

#include "base/buffer.h"

enum reply_coding { REPLY_PLAIN, REPLY_GZIP, REPLY_CODED_OTHERWISE };

/* What a head says of its body and its connection. */
struct reply_framing {
    bool has_length, is_chunked;
    bool is_frame_last; /* the line before said so */
    bool says_close, says_keep;
    unsigned minor; /* HTTP/1.minor */
    enum reply_coding coding;
    uint64_t length;
};

/* Takes a field, without its end. False: it is refused. */
MUST_USE bool reply_framing_take(struct reply_framing *framing, struct slice line);

#endif
