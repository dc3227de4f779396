/*
 * Inside of the outputs cloudwatch_logs and cloudwatch, which differ in what they are told.
 *
 *   cloudwatch.c   the options of both, and the two
 *   start.c        what is made of them at start
 *   making.c       what a group is made with
 *   settled.c      the groups whose retention is settled
 *   template.c     names with places for the record's values
 *   target.c       which group and stream a record goes to
 *   entity.c       what events are about
 *   emf.c          records of metrics
 *   batcher.c      which events one call takes
 *   request.c      the call that comes next, of the records that are left
 *   request_body.c the same, as it is written
 *   judge.c        what an answer means
 *   answer.c       what follows from it: the groups, the streams, the dead letters
 *   calls.c        how soon the next one may go
 *
 * All of struct out_cloudwatch is constant once init has run, but for `is_plain` and `retentions`, so
 * encodes may overlap. What is known of one call lies in the batch's note (note.h).
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_CLOUDWATCH_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_CLOUDWATCH_H

#include "plugins/out_cloudwatch_logs/emf.h"
#include "plugins/out_cloudwatch_logs/making.h"
#include "plugins/out_cloudwatch_logs/note.h"
#include "plugins/out_cloudwatch_logs/settled.h"

#include <stdatomic.h>

#define CW_CALLS_A_SECOND_MAX 1000

struct cw_message {
    char *key;    /* whose value is the message; NULL: the record is */
    char *format; /* "json/emf", or NULL */
    struct cw_emf emf;
};

struct cw_login {
    char *region;
    char *role_arn;
    char *external_id;
    char *sts_endpoint;
    char *credentials_endpoint;
    char *profile;
    struct aws_signer_settings settings;
};

/* Where requests go. */
struct cw_reach {
    char *endpoint;
    char *extra_user_agent;
    char *user_agent;
    struct aws_address address; /* of the endpoint */
    struct buffer host;
    struct http_tls tls;
    struct http_settings http;
};

/* Of groups, as they are settled. */
struct cw_retentions {
    struct cw_settled settled;
    struct log_brake brake; /* of what is said of refused ones; on the loop */
    unsigned unsaid;        /* groups with such; likewise */
};

struct out_cloudwatch {
    struct cw_names names;
    struct cw_message message;
    struct cw_making making;
    struct cw_login login;
    struct cw_reach reach;
    const char *component;
    struct call_pace *pace; /* of the loop; NULL until something is sent */
    int64_t calls_a_second; /* of PutLogEvents at the most; 0: nobody has said */
    uint64_t entity_error;  /* the hash of why an entity was refused last; on the loop */
    struct cw_retentions retentions;
    atomic_bool is_plain; /* somebody on the way does not read gzip */
};

/* Of cloudwatch_logs, and of cloudwatch. */
MUST_USE int cw_init(void *self, struct plugin_setup *setup);
MUST_USE int cw_init_go(void *self, struct plugin_setup *setup);
void cw_fini(void *self);

/* The pace of the call of this step; of the one that the note leads to. On the loop. */
struct call_lane *cw_pace_lane(struct out_cloudwatch *cw, enum cw_step step);
struct call_lane *cw_lane(void *self, const void *note);

/* Chunks are cut by group and stream, and to the length of a call. */
extern const struct parcel_kind cw_parcels;

MUST_USE int cw_encode(const void *self, struct batch *batch, struct http_request *request);

enum verdict cw_answer(void *self, const struct http_reply *reply, struct verdicts *verdicts,
                       char why[256]);

#endif
