/*
 * One question to whoever hands out keys: instance metadata, a container's agent, STS. A client of its
 * own, for one request; such questions are asked a few times an hour.
 *
 * Life     aws_ask_start -> one aws_ask_fn, or aws_ask_cancel before it, after which none comes.
 * Thread   the loop. Limits: AWS_ASK_BYTES_MAX of an answer, and the times below.
 */
#ifndef TAILRACE_AWS_ASK_H
#define TAILRACE_AWS_ASK_H

#include "aws/endpoint.h"
#include "http/http.h"

#define AWS_ASK_BYTES_MAX ((size_t)256 << 10)

/* Who is on this machine or beside it answers at once, or is not there. */
#define AWS_NEAR_CONNECT_S 1
#define AWS_NEAR_ANSWER_S 2
#define AWS_FAR_CONNECT_S 5
#define AWS_FAR_ANSWER_S 15

struct aws_question {
    const char *component;
    const char *url; /* its path is used where `path` is NULL */
    const char *path;
    bool is_near;                /* asked directly, never through a proxy, and not for long */
    const char *ca_file;         /* NULL: whom the system trusts */
    struct http_request request; /* taken; its path is set by aws_ask_start */
};

struct aws_heard {
    int error; /* negative: no answer came, and `why` says so */
    bool was_connected;
    char why[256];
    struct http_reply reply; /* lent; wiped afterwards */
};

struct aws_ask;
typedef void aws_ask_fn(void *owner, const struct aws_heard *heard);

/* Never calls back before it returns. Takes the request of the question. */
struct aws_ask *aws_ask_start(struct loop *loop, struct aws_question *question, aws_ask_fn *heard,
                              void *owner);
void aws_ask_cancel(struct aws_ask **ask); /* takes the address; NULL is fine */

#endif
