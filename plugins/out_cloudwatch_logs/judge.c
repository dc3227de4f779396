#include "plugins/out_cloudwatch_logs/judge.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- errors ---- */

struct row {
    const char *name;
    enum cw_move move;
};

/* What aws_trouble_of does not know, being this service's own. */
static const struct row rows[] = {
    {"DataAlreadyAcceptedException", CW_TAKEN},
    {"ResourceAlreadyExistsException", CW_TAKEN},
    {"ResourceNotFoundException", CW_MAKE},
    {"OperationAbortedException", CW_SOON},
    {"ConflictException", CW_SOON},
    {"InvalidSequenceTokenException", CW_SOON},
    {"InvalidParameterException", CW_HALVE},
    {"ValidationException", CW_HALVE},
    {"ValidationError", CW_HALVE},
    {"RequestEntityTooLargeException", CW_HALVE},
    {"InvalidOperationException", CW_OPERATOR},
    {"UnknownOperationException", CW_OPERATOR},
    {"InvalidAction", CW_OPERATOR},
    {"MalformedQueryException", CW_OPERATOR},
    {"MissingAuthenticationToken", CW_OPERATOR},
    {"MissingAuthenticationTokenException", CW_OPERATOR},
    {"RequestAbortedException", CW_SLOW},
    {"MalformedHttpRequestException", CW_SLOW},
};

/* A mistake in a name, which no event has made. */
static bool is_about_settings(const char *message)
{
    static const char *const words[] = {
        "logGroupName", "logStreamName", "log group name", "log stream name", "retentionInDays",
        "kmsKeyId",     "tags"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strstr(message, words[i]) != NULL)
            return true;
    return false;
}

static bool row_find(const struct aws_error *error, enum cw_move *move)
{
    if (strncmp(error->name, "KMS", 3) == 0) { /* the key is away, off, or not ours to use */
        *move = CW_OPERATOR;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(error->name, rows[i].name) != 0)
            continue;
        *move = rows[i].move;
        if (*move == CW_HALVE && is_about_settings(error->message))
            *move = CW_OPERATOR;
        return true;
    }
    return false;
}

static bool trouble_find(const struct aws_error *error, enum cw_move *move)
{
    switch (aws_trouble_of(error)) {
    case AWS_TROUBLE_NONE:
        return false;
    case AWS_TROUBLE_EXPIRED:
    case AWS_TROUBLE_KEYS:
    case AWS_TROUBLE_SIGNATURE:
    case AWS_TROUBLE_DENIED:
        *move = CW_OPERATOR;
        return true;
    case AWS_TROUBLE_THROTTLED:
    case AWS_TROUBLE_DOWN:
        *move = CW_SLOW;
        return true;
    }
    return false;
}

/* A signature that is wrong only with gzip is a reader's who has unpacked the body before it looked. */
static bool may_be_gzip(const struct aws_error *error, const struct cw_asked *asked)
{
    enum aws_trouble trouble = aws_trouble_of(error);

    return asked->is_gzip && (trouble == AWS_TROUBLE_NONE || trouble == AWS_TROUBLE_SIGNATURE);
}

static enum cw_move status_move(int status, const struct cw_asked *asked)
{
    if (status == 413)
        return CW_HALVE;
    if (status < 400 || status > 499 || status == 408 || status == 429)
        return CW_SLOW;
    if (status == 401 || status == 403 || status == 407)
        return CW_OPERATOR;
    return asked->event_count > 0 ? CW_HALVE : CW_OPERATOR;
}

/* The service names its errors and its requests; who does neither is somebody on the way, or the
 * host of something else. No event is at fault then. */
static bool is_from_service(const struct http_reply *reply, const struct aws_error *error)
{
    return error->name[0] != '\0' || reply->request_id[0] != '\0';
}

static enum cw_move error_move(const struct http_reply *reply, const struct aws_error *error,
                               const struct cw_asked *asked)
{
    enum cw_move move = CW_SLOW;
    bool is_theirs = reply->status < 400 || reply->status > 499;

    if (row_find(error, &move))
        return move;
    if (!is_theirs && reply->status != 413 && reply->status != 429 && may_be_gzip(error, asked))
        return CW_PLAIN;
    if (trouble_find(error, &move))
        return move;
    move = status_move(reply->status, asked);
    return move == CW_HALVE && reply->status != 413 && !is_from_service(reply, error) ? CW_OPERATOR
                                                                                      : move;
}

/* The service's own words, or which action is denied on what. */
static void error_words(int status, const struct aws_error *error, char why[256])
{
    struct slice action, resource;

    if (aws_trouble_of(error) == AWS_TROUBLE_DENIED &&
        aws_denied_read(error->message, &action, &resource))
        snprintf(why, 256, "%.*s on %.*s is denied (%s, status %d)", SLICE_ARG(action),
                 resource.len > 0 ? (int)utf8_cut(resource, 130) : 1,
                 resource.len > 0 ? resource.data : "*", error->name, status);
    else if (error->name[0] == '\0' && error->message[0] == '\0')
        snprintf(why, 256, "status %d", status);
    else
        snprintf(why, 256, "%s: %.160s (status %d)", error->name[0] ? error->name : "error",
                 error->message, status);
}

static void error_judge(const struct http_reply *reply, const struct cw_asked *asked,
                        struct cw_judgement *out)
{
    struct aws_error error;

    aws_error_read(reply, &error);
    out->move = error_move(reply, &error, asked);
    if (out->move == CW_HALVE && asked->event_count <= 1)
        out->move = asked->event_count == 1 ? CW_REFUSED : CW_OPERATOR;
    error_words(reply->status, &error, out->why);
}

/* ---- what was taken, and what of it was not ---- */

/* A whole number from 0 to `most`; `otherwise` where it is not said. */
static uint32_t index_read(struct slice object, const char *key, uint32_t most, uint32_t otherwise)
{
    struct slice text;
    uint64_t number = 0;

    if (!json_find(object, slice_of(key), &text) || text.len == 0)
        return otherwise;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return otherwise;
        number = number * 10 + (uint64_t)(text.data[i] - '0');
        if (number > most)
            return most;
    }
    return (uint32_t)number;
}

static void rejected_read(struct slice body, uint32_t event_count, struct cw_rejected *out)
{
    struct slice info;

    if (!json_find(body, SLICE("rejectedLogEventsInfo"), &info) || info.data[0] != '{')
        return;
    out->old_end = index_read(info, "tooOldLogEventEndIndex", event_count, 0);
    out->expired_end = index_read(info, "expiredLogEventEndIndex", event_count, 0);
    out->new_start = index_read(info, "tooNewLogEventStartIndex", event_count, event_count);
}

static void entity_read(struct slice body, struct cw_judgement *out)
{
    struct slice info, type;

    if (!json_find(body, SLICE("rejectedEntityInfo"), &info) || info.data[0] != '{' ||
        !json_find(info, SLICE("errorType"), &type) || type.len < 2 || type.data[0] != '"')
        return;
    snprintf(out->entity_error, sizeof out->entity_error, "%.*s", (int)type.len - 2, type.data + 1);
    utf8_tame(out->entity_error, strlen(out->entity_error));
}

static bool is_object(struct slice text)
{
    struct json_scanner scanner;
    struct json_object object;
    int rc;

    json_scanner_init(&scanner);
    rc = json_check_object(&scanner, text, &object);
    json_scanner_fini(&scanner);
    return rc == 0;
}

static void taken_judge(const struct http_reply *reply, const struct cw_asked *asked,
                        struct cw_judgement *out)
{
    struct slice body = slice_trim(buffer_view(&reply->body));

    if (reply->request_id[0] == '\0') {
        out->move = CW_SLOW;
        snprintf(out->why, sizeof out->why,
                 "status %d without a request id: that was not CloudWatch Logs", reply->status);
        return;
    }
    out->move = CW_TAKEN;
    if (!is_object(body))
        return;
    rejected_read(body, asked->event_count, &out->rejected);
    entity_read(body, out);
}

void cw_judge(const struct http_reply *reply, const struct cw_asked *asked,
              struct cw_judgement *out)
{
    *out = (struct cw_judgement){.rejected.new_start = asked->event_count};
    if (reply->status >= 200 && reply->status <= 299)
        taken_judge(reply, asked, out);
    else
        error_judge(reply, asked, out);
    CHECK((out->move == CW_TAKEN) || out->why[0] != '\0');
    CHECK(out->rejected.new_start <= asked->event_count);
}

const char *cw_rejected_words(const struct cw_rejected *rejected, uint32_t event)
{
    if (event < rejected->expired_end)
        return "CloudWatch Logs rejected the event: it is older than its log group keeps events";
    if (event < rejected->old_end)
        return "CloudWatch Logs rejected the event: it is more than 14 days old";
    if (event >= rejected->new_start)
        return "CloudWatch Logs rejected the event: it is more than 2 hours in the future";
    return NULL;
}
