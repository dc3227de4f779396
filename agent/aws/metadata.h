/*
 * A conversation with an instance's metadata service (IMDS, version 2): what to ask next, and what an
 * answer means. Pure; who asks is aws/fetch.c.
 *
 *     PUT token -> GET placement/region
 *               -> GET security-credentials/ -> GET security-credentials/ROLE
 *               -> GET a path that somebody names
 *
 * A token is asked for once and used for all that follows; an answer 401 asks for one more, once.
 * Version 1, which needs no token, is used only where may_be_v1 allows it and the service knows no
 * tokens (403, 404, 405).
 */
#ifndef TAILRACE_AWS_METADATA_H
#define TAILRACE_AWS_METADATA_H

#include "aws/ask.h"

#define METADATA_TOKEN_BYTES_MAX 512
#define METADATA_ROLE_BYTES_MAX 128
#define METADATA_TOKEN_LIFE_S "21600"

enum metadata_step {
    METADATA_TOKEN,
    METADATA_REGION,
    METADATA_ROLE,
    METADATA_KEYS,
    METADATA_PATH,
};

struct metadata_talk {
    enum metadata_step step;
    enum metadata_step after; /* what the token is asked for */
    bool may_be_v1;
    bool is_v1;
    bool is_renewed; /* the token was asked for again */
    char token[METADATA_TOKEN_BYTES_MAX];
    char role[METADATA_ROLE_BYTES_MAX];
    const char *path; /* of METADATA_PATH; lent */
};

/* Goes for the region, or for keys (METADATA_ROLE); keeps a token that is there. */
void metadata_begin(struct metadata_talk *talk, enum metadata_step goal);

/* Likewise for what stands at "/latest/…", which is lent until that is over. */
void metadata_begin_at(struct metadata_talk *talk, const char *path);

/* The next request, all but the host. */
void metadata_request(const struct metadata_talk *talk, struct http_request *out);

enum metadata_move {
    METADATA_GO_ON, /* ask the next */
    METADATA_DONE,  /* the answer's body is what was wanted */
    METADATA_FAILED,
};

/* `why` is filled when it failed, with the likely cause. */
enum metadata_move metadata_hear(struct metadata_talk *talk, const struct aws_heard *heard,
                                 char why[256]);

#endif
