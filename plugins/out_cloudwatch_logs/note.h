/*
 * What one call was about: request.c leaves it in the batch, answer.c reads it and writes what comes
 * next, and request.c goes by that.
 *
 *              put  <------------------ stream <---------- retention
 *               |   made                 |   ^                ^
 *               '---- not there -------->'   | made           | made, and it is wanted
 *                                        |   '------ group ---'
 *                                        '-- not there --^
 *
 * A retention that is refused, or cannot be set now so often, goes on to the stream, too. With
 * log_retention_existing the first call of a group in this life is its retention, which goes on to put
 * where the group is there. A group that was made, or was there, and is not there for its stream is
 * asked for CW_ROUNDS_MAX times; then the call is tried again later.
 *
 * A plain value in one piece of memory.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_NOTE_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_NOTE_H

#include "plugins/out_cloudwatch_logs/target.h"

/* A group that was just made may not be seen everywhere at once. */
#define CW_ROUNDS_MAX 16

/* Events wait for no more answers than this that a retention cannot be set now. */
#define CW_RETENTION_TRIES_MAX 3

enum cw_step {
    CW_PUT,       /* PutLogEvents */
    CW_STREAM,    /* CreateLogStream */
    CW_GROUP,     /* CreateLogGroup */
    CW_RETENTION, /* PutRetentionPolicy */
};

/* A message that goes in parts: so many of them are taken. */
struct cw_progress {
    uint32_t record; /* in the chunk */
    uint32_t parts;  /* 0: none is on its way */
};

struct cw_note {
    struct cw_target target;
    enum cw_step step;
    uint8_t rounds; /* so often a group was there, and not for its stream, since the last retry */
    uint8_t retention_tries; /* so often it could not be set now */
    bool is_gzip;            /* the call was */
    bool is_plain;           /* gzip was refused for this target's call: without it from now on */
    bool is_part;            /* the call has a part of one message, and not the last */
    uint32_t part_record;    /* whose */
    struct cw_progress progress;
    uint32_t event_count;
    uint32_t items[]; /* of the call's events: the place of its record in the request */
};

/* The name of the call, "CreateLogStream". */
const char *cw_step_name(enum cw_step step);

#endif
