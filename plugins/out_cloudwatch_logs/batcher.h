/*
 * How events become calls of PutLogEvents. Pure; any thread.
 *
 * A call has events of one target (a group, a stream and an entity), in the order of their times, and
 * keeps every limit of the service:
 *
 *   CW_CALL_BYTES_MAX     bytes, each event counted with CW_EVENT_OVERHEAD more
 *   CW_CALL_EVENTS_MAX    events
 *   CW_CALL_SPAN_MS       from the first event's time to the last's
 *   CW_MESSAGE_BYTES_MAX  of one message
 *
 * A message that is longer goes in parts, cut where no character is, each with a mark in front:
 *
 *     [part 2/3 of 8f1c22d1a09be377] text
 *
 * The texts behind the marks of one id, in the order of their numbers, are the message again; the id is
 * a hash of the message, so that parts that are sent again are the same. A document in the Embedded
 * Metric Format is never cut: CloudWatch would find no metrics in its parts.
 *
 * Calls are filled in turn, which needs at most one call more for each target and each day than events
 * of one size would need at the least.
 *
 * Source: the service model of CloudWatch Logs, 2014-03-28.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_BATCHER_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_BATCHER_H

#include "plugin/plugin.h"

#define CW_CALL_BYTES_MAX 1048576
#define CW_EVENT_OVERHEAD 26
#define CW_CALL_EVENTS_MAX 10000
#define CW_CALL_SPAN_MS (INT64_C(24) * 60 * 60 * 1000)
#define CW_MESSAGE_BYTES_MAX (CW_CALL_BYTES_MAX - CW_EVENT_OVERHEAD)
#define CW_MARK_BYTES_MAX 64
#define CW_PARTS_MAX 9999

struct cw_limits {
    uint32_t call_bytes, call_events, message_bytes;
    int64_t span_ms;
};
extern const struct cw_limits cw_limits; /* the service's */

struct cw_event {
    uint32_t record; /* whose place in the batch the caller remembers */
    uint32_t target; /* from 0; the caller numbers them */
    int64_t time_ms;
    struct slice
        message; /* UTF-8, unescaped; lent. Of one that goes whole only the length is asked */
    bool is_emf;
};

struct cw_events {
    const struct cw_event *items;
    uint32_t count;
    uint32_t target_count; /* more than any event's target */
};

/* An event, or a part of one. */
struct cw_piece {
    uint32_t event;
    uint32_t from, len; /* bytes of its message */
    uint16_t number;    /* from 1 */
    uint16_t count;     /* 1: the whole message, without a mark */
};

/* What cannot be sent at all. */
enum cw_unfit {
    CW_EMPTY,        /* the service takes no empty message */
    CW_EMF_TOO_LONG, /* and may not be cut */
    CW_TOO_LONG,     /* for CW_PARTS_MAX parts */
};

struct cw_unfit_event {
    uint32_t event;
    enum cw_unfit why;
};

/* pieces[first .. first + count - 1] in one call. */
struct cw_call {
    uint32_t target;
    uint32_t first, count;
    uint32_t bytes; /* as the service counts them */
};

struct cw_plan {
    struct cw_piece *pieces;
    struct cw_call *calls;
    struct cw_unfit_event *unfit;
    uint32_t piece_count, call_count, unfit_count;
};

/* Plans the calls for the events; the arrays are in the arena. */
void cw_plan(const struct cw_events *events, const struct cw_limits *limits, struct arena *arena,
             struct cw_plan *out);

/* Writes the mark of a piece that is a part; how many bytes it has, 0 for a whole message. */
size_t cw_mark(const struct cw_piece *piece, struct slice message, char out[CW_MARK_BYTES_MAX]);

/* In words, for a dead letter. */
const char *cw_unfit_words(enum cw_unfit why);

#endif
