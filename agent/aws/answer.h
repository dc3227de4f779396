/*
 * What AWS means by an answer that is not well. Pure.
 *
 * The name of an error comes in the header X-Amzn-ErrorType, in JSON ("__type", "code"), or in XML
 * (<Code>), with words in front or behind that do not count: "ns#Name", "Name:http://…". Some gateways
 * send a sentence alone; the known ones stand for their names.
 */
#ifndef TAILRACE_AWS_ANSWER_H
#define TAILRACE_AWS_ANSWER_H

#include "http/http.h"

#define AWS_ERROR_NAME_BYTES 64
#define AWS_MESSAGE_BYTES 512

struct aws_error {
    char name[AWS_ERROR_NAME_BYTES]; /* "ThrottlingException"; empty: none was found */
    char message[AWS_MESSAGE_BYTES]; /* fit for a log, without the request; may be empty */
};

void aws_error_read(const struct http_reply *reply, struct aws_error *out);

/* The text up to where it quotes the request: who refuses a signature adds what he would have signed,
 * with every header, a session's token one of them. */
struct slice aws_without_request(struct slice text);

/* What one may do about it. */
enum aws_trouble {
    AWS_TROUBLE_NONE,      /* nothing of the kinds below */
    AWS_TROUBLE_EXPIRED,   /* the keys' time is over: get new ones */
    AWS_TROUBLE_KEYS,      /* the keys are unknown: newer ones may be known */
    AWS_TROUBLE_SIGNATURE, /* the signature is wrong, perhaps because our clock is */
    AWS_TROUBLE_DENIED,    /* the keys are good, but may not do this */
    AWS_TROUBLE_THROTTLED, /* too many requests, for now */
    AWS_TROUBLE_DOWN,      /* their trouble, for now */
};

enum aws_trouble aws_trouble_of(const struct aws_error *error);

/* Of a message that denies something: what was to be done, "logs:PutLogEvents", and to what. Lent from
 * the message; false where it does not say. */
bool aws_denied_read(const char *message, struct slice *action, struct slice *resource);

/* Appends the statement of a policy that would allow it, with what is denied in front and, where it is
 * none of the asker's own, the policy that it has to be in. A stream of logs stands for its group. What
 * is denied explicitly no statement allows: where it says so, and who denies, is said instead. */
void aws_denied_explain(const struct aws_error *error, struct buffer *out);

#endif
