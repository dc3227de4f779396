/*
 * What CloudWatch Logs means by an answer. Pure.
 *
 *   answer                                   move       why
 *   200 with a request id                    taken      but for the ranges that it rejects
 *   200 without                              again      somebody on the way has answered, not the service
 *   DataAlreadyAccepted                      taken      of old, and of emulators
 *   ResourceAlreadyExists                    taken      somebody else has made it
 *   ResourceNotFound                         make       the group or the stream is not there (any more)
 *   Throttling, LimitExceeded, …             slow       an HTTP 400; it is meant for all streams
 *   ServiceUnavailable, InternalFailure,     slow       their trouble, for now
 *     RequestTimeout, RequestAborted, 5xx
 *   OperationAborted, Conflict,              soon       somebody else did the same at once
 *     InvalidSequenceToken
 *   InvalidParameter, Validation             halve      one event is at fault; one alone is refused
 *     of a name or another setting           operator   no event is at fault
 *   expired, unknown keys, signature         operator   the signer has mended what could be mended
 *   AccessDenied, KMS                        operator   nothing is thrown away for it
 *   InvalidOperation, UnknownOperation       operator   a group of a class that takes no events; another host
 *   413, RequestEntityTooLarge               halve
 *   any other 4xx to a gzip body             plain      somebody does not read gzip: without it, from now on
 *   any other 4xx that names its error       halve      one alone is refused
 *   any other 4xx                            operator   that was not the service
 *   anything else                            slow
 *
 * Source: the service model's errors, and botocore's list of what means throttling.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_JUDGE_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_JUDGE_H

#include "plugin/plugin.h"

enum cw_move {
    CW_TAKEN,
    CW_MAKE,     /* the group, the stream, and what belongs to them; then the same again */
    CW_SOON,     /* the same again, in some hundred milliseconds */
    CW_SLOW,     /* the same again, later; all streams of this API wait */
    CW_OPERATOR, /* likewise, and somebody must do something: it is said in words */
    CW_PLAIN,    /* the same without gzip, at once; all that follow too, if that goes well */
    CW_HALVE,    /* in halves; one event alone is refused */
    CW_REFUSED,  /* that one */
};

/* What was asked. */
struct cw_asked {
    uint32_t event_count; /* of PutLogEvents; 0: another call */
    bool is_gzip;
};

/* Events that the answer of a call rejects, though it takes the others: those before `old_end` and
 * `expired_end`, and those from `new_start` on, counted in the call. */
struct cw_rejected {
    uint32_t old_end;     /* older than 14 days */
    uint32_t expired_end; /* older than the group keeps events */
    uint32_t new_start;   /* more than two hours in the future; event_count: none */
};

struct cw_judgement {
    enum cw_move move;
    struct cw_rejected rejected; /* where it was taken */
    char entity_error[64];       /* the events are taken, the entity is not; empty: all is well */
    char why[256];               /* unless all was taken */
};

void cw_judge(const struct http_reply *reply, const struct cw_asked *asked,
              struct cw_judgement *out);

/* Why the event is rejected, for a dead letter; NULL: it was taken. */
const char *cw_rejected_words(const struct cw_rejected *rejected, uint32_t event);

#endif
