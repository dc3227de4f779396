#include "plugins/out_cloudwatch_logs/cloudwatch.h"
#include "plugins/out_cloudwatch_logs/judge.h"
#include "plugins/out_cloudwatch_logs/note.h"

#include <stdio.h>

/*
 * What follows from an answer: note.h has the steps, judge.h what the service means. On the loop.
 */

/* How often groups whose retention is refused are named. */
#define REFUSED_SAID_MS UINT64_C(3600000)

#define RETENTION_APART_MS 1000

struct asked {
    struct out_cloudwatch *cw;
    struct cw_note *note;
    const struct http_reply *reply;
    struct verdicts *verdicts;
    struct cw_judgement judgement;
};

/* ---- what was taken ---- */

static void rejected_mark(const struct asked *a)
{
    for (uint32_t i = 0; i < a->note->event_count; i++) {
        const char *words = cw_rejected_words(&a->judgement.rejected, i);
        struct item_verdict *item;

        if (words == NULL)
            continue;
        item = verdicts_item(a->verdicts, a->note->items[i]);
        item->verdict = VERDICT_REFUSED;
        item->status = (uint16_t)a->reply->status;
        if (item->reason == NULL)
            item->reason = mem_text(words);
    }
}

/* It was gzip, then: without it from now on. */
static void plain_remember(const struct asked *a)
{
    if (!a->note->is_plain || atomic_exchange(&a->cw->is_plain, true))
        return;
    log_warn(a->cw->component,
             "bodies are not compressed from now on: with gzip they were refused");
}

/* Its events are taken; said once for each reason. */
static void entity_refused(const struct asked *a)
{
    const char *reason = a->judgement.entity_error;
    uint64_t hash = slice_hash(slice_of(reason));

    if (reason[0] == '\0' || a->cw->entity_error == hash)
        return;
    a->cw->entity_error = hash;
    log_warn(a->cw->component, "the entity of group %.*s is refused, its events are not: %s",
             SLICE_ARG(cw_target_group(&a->note->target)), reason);
}

static enum verdict put_taken(const struct asked *a)
{
    struct cw_note *note = a->note;
    uint32_t parts = note->progress.record == note->part_record ? note->progress.parts : 0;

    plain_remember(a);
    entity_refused(a);
    rejected_mark(a);
    if (!note->is_part || a->verdicts->items != NULL) {
        note->progress = (struct cw_progress){0};
        return VERDICT_DELIVERED;
    }
    note->progress = (struct cw_progress){.record = note->part_record, .parts = parts + 1};
    return VERDICT_AGAIN;
}

/* A group that was made has no stream; where it was there, so may its stream be. */
static enum cw_step step_after(const struct asked *a)
{
    switch (a->note->step) {
    case CW_GROUP:
        return a->cw->making.retention_days > 0 ? CW_RETENTION : CW_STREAM;
    case CW_RETENTION:
        return a->note->rounds > 0 ? CW_STREAM : CW_PUT;
    default:
        return CW_PUT;
    }
}

static void retention_settle(const struct asked *a)
{
    CHECK(a->note->step == CW_RETENTION);
    a->note->retention_tries = 0;
    cw_settled_add(&a->cw->retentions.settled, cw_target_group(&a->note->target));
}

static enum verdict taken(const struct asked *a)
{
    if (a->note->step == CW_PUT)
        return put_taken(a);
    log_debug(a->cw->component, "%s: %.*s, stream %.*s", cw_step_name(a->note->step),
              SLICE_ARG(cw_target_group(&a->note->target)),
              SLICE_ARG(cw_target_stream(&a->note->target)));
    if (a->note->step == CW_STREAM)
        a->note->rounds = 0;
    if (a->note->step == CW_RETENTION)
        retention_settle(a);
    a->note->step = step_after(a);
    return VERDICT_AGAIN;
}

/* ---- what was not ---- */

/* Groups by the hundred have one policy. */
static void retention_refused(const struct asked *a)
{
    struct cw_retentions *r = &a->cw->retentions;
    uint64_t held;

    r->unsaid++;
    if (!log_brake_open(&r->brake, REFUSED_SAID_MS, &held))
        return;
    log_error(a->cw->component,
              "group %.*s keeps its events %s, as its retention cannot be set: %s",
              SLICE_ARG(cw_target_group(&a->note->target)),
              a->note->rounds > 0 ? "for ever" : "as long as before", a->judgement.why);
    if (r->unsaid > 1)
        log_error(a->cw->component, "so do %u other groups", r->unsaid - 1);
    r->unsaid = 0;
}

/* Who may not set it, or may not as it is, sends events none the less. */
static enum verdict go_without_retention(const struct asked *a)
{
    retention_refused(a);
    retention_settle(a);
    a->note->step = step_after(a);
    return VERDICT_AGAIN;
}

/* Throttled, somebody else sets it at once, or their trouble: that holds against no record. */
static enum verdict retention_later(const struct asked *a)
{
    CHECK(a->note->retention_tries < CW_RETENTION_TRIES_MAX);
    if (++a->note->retention_tries == CW_RETENTION_TRIES_MAX)
        return go_without_retention(a);
    a->verdicts->wait_ms = RETENTION_APART_MS / 2 + random_number() % RETENTION_APART_MS;
    return VERDICT_AGAIN;
}

/* Not for ever: nobody would hear of it, and others wait for such calls. */
static enum verdict make_group(const struct asked *a, char why[256])
{
    struct cw_note *note = a->note;

    CHECK((note->step == CW_STREAM || note->step == CW_RETENTION) && note->rounds <= CW_ROUNDS_MAX);
    if (note->rounds < CW_ROUNDS_MAX) {
        note->rounds++;
        note->step = CW_GROUP;
        return VERDICT_AGAIN;
    }
    if (note->step == CW_RETENTION)
        return go_without_retention(a);
    note->rounds = 0;
    snprintf(why, 256, "log group \"%.*s\" is there, and CreateLogStream does not find it",
             SLICE_ARG(cw_target_group(&note->target)));
    return VERDICT_RETRY;
}

static enum verdict make(const struct asked *a, char why[256])
{
    switch (a->note->step) {
    case CW_PUT:
        if (a->cw->making.may_make_stream) {
            a->note->step = CW_STREAM;
            return VERDICT_AGAIN;
        }
        snprintf(why, 256, "there is no log stream \"%.*s\", and auto_create_stream is off",
                 SLICE_ARG(cw_target_stream(&a->note->target)));
        return VERDICT_RETRY;
    case CW_STREAM:
        if (a->cw->making.may_make_group)
            return make_group(a, why);
        a->note->step = CW_PUT; /* somebody else may make both */
        snprintf(why, 256, "there is no log group \"%.*s\", and auto_create_group is off",
                 SLICE_ARG(cw_target_group(&a->note->target)));
        return VERDICT_RETRY;
    case CW_RETENTION: /* it is not there (any more), or not everywhere yet */
        if (a->cw->making.may_make_group)
            return make_group(a, why);
        a->note->step = CW_PUT;
        return VERDICT_AGAIN;
    default:
        a->note->step = CW_STREAM;
        return VERDICT_RETRY;
    }
}

static bool is_throttled(const struct http_reply *reply)
{
    struct aws_error error;

    aws_error_read(reply, &error);
    return aws_trouble_of(&error) == AWS_TROUBLE_THROTTLED;
}

static enum verdict not_taken(const struct asked *a, char why[256])
{
    switch (a->judgement.move) {
    case CW_MAKE:
        return make(a, why);
    case CW_PLAIN:
        a->note->is_plain = true;
        return VERDICT_AGAIN;
    case CW_HALVE:
        a->note->progress = (struct cw_progress){0};
        return VERDICT_TOO_LARGE;
    case CW_REFUSED:
        CHECK(a->note->step == CW_PUT);
        return VERDICT_REFUSED;
    case CW_OPERATOR:
        a->note->is_plain = false; /* it was not the gzip */
        return a->note->step == CW_RETENTION ? go_without_retention(a) : VERDICT_RETRY;
    default:
        return a->note->step == CW_RETENTION ? retention_later(a) : VERDICT_RETRY;
    }
}

/* ---- how soon ---- */

/* What was throttled is asked again when its turn comes, which holds against no record. */
static enum verdict pace(const struct asked *a, enum cw_step step, enum verdict verdict)
{
    struct call_lane *lane = cw_pace_lane(a->cw, step);
    uint64_t wait_ms;

    if (a->judgement.move == CW_TAKEN || !is_throttled(a->reply)) {
        call_lane_answered(lane);
        return verdict;
    }
    wait_ms = call_lane_throttled(lane, clock_ms(), random_number());
    if (a->note->step != step) /* it goes without */
        return verdict;
    a->verdicts->wait_ms = wait_ms;
    a->verdicts->is_busy = step == CW_PUT;
    return VERDICT_AGAIN;
}

/* What was taken is no trouble, but has to be named where it goes on without an end. */
static const char *words_of(const struct cw_judgement *judgement)
{
    return judgement->why[0] != '\0' ? judgement->why
                                     : "it was taken, and the events still are not";
}

enum verdict cw_answer(void *self, const struct http_reply *reply, struct verdicts *verdicts,
                       char why[256])
{
    struct asked a = {.cw = self, .note = verdicts->note, .reply = reply, .verdicts = verdicts};
    struct cw_asked asked;
    enum cw_step step;
    enum verdict verdict;

    CHECK(a.note != NULL);
    step = a.note->step;
    asked = (struct cw_asked){.event_count = a.note->step == CW_PUT ? a.note->event_count : 0,
                              .is_gzip = a.note->is_gzip};
    cw_judge(reply, &asked, &a.judgement);
    snprintf(why, 256, "%s: %.220s", cw_step_name(a.note->step), words_of(&a.judgement));
    verdict = a.judgement.move == CW_TAKEN ? taken(&a) : not_taken(&a, why);
    return pace(&a, step, verdict);
}
