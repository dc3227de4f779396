/*
 * What the making of a request shares. Nobody else includes this.
 *
 *   request.c       which records, what their events say, which call of them, and its note
 *   request_body.c  the call, as it is sent
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_REQUEST_SELF_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_REQUEST_SELF_H

#include "plugins/out_cloudwatch_logs/batcher.h"
#include "plugins/out_cloudwatch_logs/cloudwatch.h"
#include "plugins/out_cloudwatch_logs/note.h"

/* What one message is written with. */
struct maker_words {
    struct render render;
    struct arena scratch; /* of one record */
    struct buffer text;
};

/* For whom the call is: the first record says it. */
struct maker_target {
    struct cw_target it;
    bool is_chosen;
    struct buffer entity;        /* as JSON */
    const struct chunk_run *run; /* that was looked at last, where its records all go one way */
    bool is_run_ours;
};

/* Of the target, in the batch's order. */
struct maker_events {
    struct cw_event *items;
    struct chunk_record *records; /* NULL: all messages are there as texts */
    uint32_t count;
};

struct maker {
    const struct out_cloudwatch *cw;
    struct batch *batch;
    struct arena arena; /* messages, and what is planned of them */
    struct maker_words words;
    struct maker_target target;
    struct maker_events events;
    struct cw_plan plan;
};

static inline const struct cw_piece *maker_piece(const struct maker *m, const struct cw_call *call,
                                                 uint32_t index)
{
    CHECK(index < call->count);
    return &m->plan.pieces[call->first + index];
}

/* ---- request.c ---- */

/* The record itself, into words.text. */
void maker_record_write(struct maker *m, const struct chunk_record *record);

/* ---- request_body.c ---- */

/* `call` NULL: what it has to wait for. */
void maker_body(struct maker *m, const struct cw_call *call, enum cw_step step, struct buffer *out);

/* Only where it gets smaller. */
bool maker_compress(struct buffer *body);

void maker_headers(const struct out_cloudwatch *cw, const struct cw_note *note,
                   struct http_request *request);

#endif
