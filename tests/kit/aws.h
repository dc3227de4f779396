/*
 * AWS by rules, on 127.0.0.1: an instance's metadata, a container's agent, STS, and a service that
 * looks at who has signed. It enforces what the real ones do.
 *
 *   PUT /latest/api/token       a token, whose answer never comes where the hop limit is 1
 *   GET /latest/…               401 without the token of now
 *   GET /container              400 without the Authorization that it wants
 *   GET /v4/task                the ECS task that asks
 *   POST /  (form)              STS: AssumeRole, signed with keys it knows; AssumeRoleWithWebIdentity with
 *                               the token it trusts. A date five minutes off is refused
 *   POST /_bulk                 403 ExpiredTokenException to keys that are not the newest
 *
 * Every set of keys that it hands out is a new one: AKIA0001, AKIA0002, ... with the secret
 * "secret" and the token "session".
 *
 * Life     kit_aws_start -> kit_aws_set* -> kit_aws_stop. Thread: the test's; rules are taken over under
 *          a lock.
 */
#ifndef TAILRACE_KIT_AWS_H
#define TAILRACE_KIT_AWS_H

#include "kit/server.h"

/* What an instance says of itself. */
struct kit_aws_facts {
    const char *const
        *pairs;     /* a path behind /latest/ and what it says, NULL behind; others are 404 */
    int status;     /* instead of them; 0: as usual */
    bool allows_v1; /* no token is needed */
};

struct kit_aws_rules {
    bool is_silent;     /* metadata answers nothing at all */
    bool has_hop_limit; /* a token's answer does not come */
    int token_status;   /* instead of a token; 0: as usual */
    int role_status;    /* instead of the role's name */
    int task_status;    /* instead of the task */
    int keys_status;    /* instead of keys, wherever they are asked for */
    bool wants_newest;  /* the service refuses all but the newest keys */
    int64_t now_s;      /* AWS's clock; 0: nobody looks at dates */
    int64_t life_s;     /* of keys, from now_s */
    const char *region;
    const char *authorization; /* that the container's agent wants; NULL: none */
    const char *web_token;     /* that STS trusts */
    bool has_no_trust;         /* the role's policy does not name who has the token */
    const char *external_id;   /* that the role asks for; NULL: none */
    struct kit_aws_facts facts;
};

struct kit_aws {
    struct kit_server *server;
    struct kit_aws_rules rules; /* kit_aws_set's; the server's threads read it */
    unsigned token_number;      /* of the metadata's token */
    unsigned keys_number;       /* of the newest keys */
    char body[2048], headers[256];
};

void kit_aws_start(struct kit_aws *aws);
void kit_aws_stop(struct kit_aws *aws);

/* The rules from now on. */
void kit_aws_set(struct kit_aws *aws, const struct kit_aws_rules *rules);

/* Keys so far are good no more. */
void kit_aws_expire_keys(struct kit_aws *aws);

/* "http://127.0.0.1:PORT" and the path; lent until the next call. */
const char *kit_aws_url(const struct kit_aws *aws, const char *path);

#endif
