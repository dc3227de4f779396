#include "aws/metadata.h"

#include <stdio.h>
#include <uv.h>

#define KEYS_PATH "/latest/meta-data/iam/security-credentials/"

static void goal_set(struct metadata_talk *talk, enum metadata_step goal)
{
    talk->after = goal;
    talk->step = talk->token[0] != '\0' || talk->is_v1 ? goal : METADATA_TOKEN;
    talk->is_renewed = false;
}

void metadata_begin(struct metadata_talk *talk, enum metadata_step goal)
{
    CHECK(goal == METADATA_REGION || goal == METADATA_ROLE);
    goal_set(talk, goal);
}

void metadata_begin_at(struct metadata_talk *talk, const char *path)
{
    CHECK(path[0] == '/');
    talk->path = path;
    goal_set(talk, METADATA_PATH);
}

void metadata_request(const struct metadata_talk *talk, struct http_request *out)
{
    static const char *const paths[] = {
        [METADATA_TOKEN] = "/latest/api/token",
        [METADATA_REGION] = "/latest/meta-data/placement/region",
        [METADATA_ROLE] = KEYS_PATH,
        [METADATA_KEYS] = KEYS_PATH,
    };

    http_request_init(out, talk->step == METADATA_TOKEN ? "PUT" : "GET",
                      talk->step == METADATA_PATH ? talk->path : paths[talk->step]);
    if (talk->step == METADATA_KEYS)
        buffer_append_text(&out->path, talk->role);
    if (talk->step == METADATA_TOKEN)
        http_request_header(out, "X-aws-ec2-metadata-token-ttl-seconds",
                            SLICE(METADATA_TOKEN_LIFE_S));
    else if (!talk->is_v1)
        http_request_header(out, "X-aws-ec2-metadata-token", slice_of(talk->token));
}

/* ---- answers ---- */

/* Keeps the first line; false where there is none that fits, or where it is no plain word. */
static bool word_keep(struct slice body, char *into, size_t bytes)
{
    struct slice word = slice_trim(slice_make(body.data, slice_find(body, '\n')));

    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] <= ' ' || word.data[i] >= 0x7f)
            return false;
    if (word.len == 0 || word.len >= bytes)
        return false;
    memcpy(into, word.data, word.len);
    into[word.len] = '\0';
    return true;
}

/* A role's name stands in a path. */
static bool is_role(const char *name)
{
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                             "_+=,.@-")] == '\0';
}

/* Where a token's answer may not go further than the instance itself, a container in a network of its
 * own gets a connection, and never the answer. */
static void explain_silence(const struct metadata_talk *talk, const struct aws_heard *heard,
                            char why[256])
{
    if (talk->step == METADATA_TOKEN && heard->was_connected && heard->error == UV_ETIMEDOUT)
        snprintf(why, 256,
                 "instance metadata: connected, but no token came; in a container this is "
                 "nearly always a hop limit of 1: set HttpPutResponseHopLimit to 2, or use "
                 "the host's network");
    else
        snprintf(why, 256,
                 "instance metadata: %.120s; is this an EC2 instance, and may it be asked "
                 "from here?",
                 heard->why);
}

static enum metadata_move failed_status(const struct metadata_talk *talk, int status, char why[256])
{
    if (talk->step == METADATA_TOKEN && status == 403)
        snprintf(why, 256, "instance metadata: status 403: it is turned off for this instance");
    else if (talk->step == METADATA_TOKEN)
        snprintf(why, 256, "instance metadata: status %d instead of a token", status);
    else if (talk->step == METADATA_ROLE && status == 404)
        snprintf(why, 256,
                 "instance metadata: the instance has no role; attach an instance profile");
    else
        snprintf(why, 256, "instance metadata: status %d", status);
    return METADATA_FAILED;
}

static bool is_tokenless(const struct metadata_talk *talk, int status)
{
    return talk->step == METADATA_TOKEN && talk->may_be_v1 &&
           (status == 403 || status == 404 || status == 405);
}

static enum metadata_move token_heard(struct metadata_talk *talk, struct slice body, char why[256])
{
    if (!word_keep(body, talk->token, sizeof talk->token)) {
        snprintf(why, 256, "instance metadata: what came is no token");
        return METADATA_FAILED;
    }
    talk->step = talk->after;
    return METADATA_GO_ON;
}

static enum metadata_move role_heard(struct metadata_talk *talk, struct slice body, char why[256])
{
    if (!word_keep(body, talk->role, sizeof talk->role) || !is_role(talk->role)) {
        snprintf(why, 256, "instance metadata: what came is no role's name");
        return METADATA_FAILED;
    }
    talk->step = METADATA_KEYS;
    return METADATA_GO_ON;
}

static enum metadata_move status_heard(struct metadata_talk *talk, int status, char why[256])
{
    if (is_tokenless(talk, status)) {
        talk->is_v1 = true;
        talk->step = talk->after;
        return METADATA_GO_ON;
    }
    if (status == 401 && talk->step != METADATA_TOKEN && !talk->is_renewed) {
        talk->after = talk->step;
        talk->step = METADATA_TOKEN;
        talk->is_renewed = true;
        talk->is_v1 = false;
        return METADATA_GO_ON;
    }
    return failed_status(talk, status, why);
}

enum metadata_move metadata_hear(struct metadata_talk *talk, const struct aws_heard *heard,
                                 char why[256])
{
    struct slice body = buffer_view(&heard->reply.body);

    if (heard->error < 0) {
        explain_silence(talk, heard, why);
        return METADATA_FAILED;
    }
    if (heard->reply.status != 200)
        return status_heard(talk, heard->reply.status, why);
    if (talk->step == METADATA_TOKEN)
        return token_heard(talk, body, why);
    return talk->step == METADATA_ROLE ? role_heard(talk, body, why) : METADATA_DONE;
}
