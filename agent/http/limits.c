#include "http/limits.h"

#include <inttypes.h>
#include <stdio.h>

struct limit limit_next(const struct call_clock *clock, const struct call_limits *limits)
{
    bool is_connected = clock->is_connected;
    uint64_t io_from_ms =
        clock->moved_ms > clock->connected_ms ? clock->moved_ms : clock->connected_ms;
    struct limit whole = {
        .kind = LIMIT_RESPONSE,
        .at_ms = clock->begun_ms + limits->response_ms,
        .wait_ms = limits->response_ms,
    };
    struct limit phase = {
        .kind = is_connected ? LIMIT_IO : LIMIT_CONNECT,
        .at_ms = is_connected ? io_from_ms + limits->io_ms : clock->begun_ms + limits->connect_ms,
        .wait_ms = is_connected ? limits->io_ms : limits->connect_ms,
    };

    return phase.at_ms <= whole.at_ms ? phase : whole;
}

void limit_words(struct limit limit, char why[256])
{
    uint64_t wait_s = (limit.wait_ms + 500) / 1000;

    if (limit.kind == LIMIT_RESPONSE)
        snprintf(why, 256, "response timeout reached (%" PRIu64 " seconds)", wait_s);
    else
        snprintf(why, 256, "timed out after %" PRIu64 " seconds (%s)", wait_s,
                 limit.kind == LIMIT_CONNECT ? "connect timeout" : "IO timeout");
}
