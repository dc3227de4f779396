/*
 * A pass: what a request is signed with. A set of keys, the region and the service they are used for,
 * the host as it goes on the wire, and how far our clock is off. Constant once made.
 *
 * Life     aws_pass_new -> ref* -> unref. Holds a reference to its keys.
 * Thread   made, counted and freed on the loop; aws_pass_sign on any.
 *
 * The key of its day is made with it, so that a signature costs one HMAC and two hashes; a request that
 * is signed on the next day makes its own.
 */
#ifndef TAILRACE_AWS_PASS_H
#define TAILRACE_AWS_PASS_H

#include "aws/keys.h"
#include "http/http.h"

struct aws_pass;

/* Texts are copied, the keys referenced. */
struct aws_pass_wish {
    struct aws_keys *keys;
    const char *region;
    const char *service;
    const char *host; /* as the Host header has it */
    int64_t skew_s;   /* AWS's clock less ours */
    bool has_hash;    /* X-Amz-Content-Sha256 goes along: OpenSearch Serverless and S3 want it */
};

struct aws_pass *aws_pass_new(const struct aws_pass_wish *wish);
struct aws_pass *aws_pass_ref(struct aws_pass *pass);
void aws_pass_unref(struct aws_pass **pass); /* takes the address; NULL is fine */

/* The keys that it was made of; lent. */
const struct aws_keys *aws_pass_keys(const struct aws_pass *pass);
int64_t aws_pass_skew_s(const struct aws_pass *pass);

/* Writes path and query in the form that all readers agree on, and adds the headers Host, X-Amz-Date,
 * X-Amz-Security-Token and Authorization; the body is final. Once for each request. */
void aws_pass_sign(const struct aws_pass *pass, struct http_request *request);

#endif
