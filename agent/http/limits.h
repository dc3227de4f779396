/*
 * The time limits of a call. Pure; all times in clock_ms.
 *
 *   begun          connected        moved (the last byte)      now
 *     |--- connect ---|                |---- io ----|
 *     |-------------------- response --------------------|
 *
 * The address and the TLS handshake belong to the connect time. Waiting for a slot does not.
 */
#ifndef TAILRACE_HTTP_LIMITS_H
#define TAILRACE_HTTP_LIMITS_H

#include "base/check.h"

struct call_limits {
    uint64_t connect_ms;
    uint64_t io_ms;
    uint64_t response_ms;
};

struct call_clock {
    uint64_t begun_ms;
    uint64_t connected_ms;
    uint64_t moved_ms; /* when a byte went either way */
    bool is_connected;
};

enum limit_kind { LIMIT_CONNECT, LIMIT_IO, LIMIT_RESPONSE };

/* The limit that comes first, when it comes, and how long it was. */
struct limit {
    enum limit_kind kind;
    uint64_t at_ms;
    uint64_t wait_ms;
};

struct limit limit_next(const struct call_clock *clock, const struct call_limits *limits);

/* What the log says when it is reached. */
void limit_words(struct limit limit, char why[256]);

#endif
