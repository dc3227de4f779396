/*
 * Signature Version 4: how AWS wants a request signed. Pure; any thread.
 *
 *     canonical request  ->  string to sign  ->  signature, with the key of (secret, day, region,
 *                                                service)
 *
 * curl's own signer is wrong in several cases (a query that is not sorted, a path with %XX, a clock
 * that is off), and makes the key anew for each request.
 *
 * Source: AWS's description of Signature Version 4 for API requests. Every header of the message is
 * signed, but for those that somebody on the way may change (sigv4_is_signed).
 */
#ifndef TAILRACE_AWS_SIGV4_H
#define TAILRACE_AWS_SIGV4_H

#include "base/buffer.h"

#define SIGV4_KEY_BYTES 32
#define SIGV4_HEX_BYTES 65   /* of a hash, with the NUL */
#define SIGV4_STAMP_BYTES 17 /* "20150830T123600Z" and the NUL */
#define SIGV4_DAY_LEN 8

/* What a signature is good for. The texts are lent. */
struct sigv4_scope {
    char stamp[SIGV4_STAMP_BYTES];
    struct slice region;
    struct slice service;
};

/* What is signed; lent. */
struct sigv4_message {
    struct slice method;
    struct slice path; /* as on the wire */
    struct slice query;
    struct slice head; /* "Name: value\0" or "Name;\0", one after the other; Host is one of them */
    const char *body_hash; /* hexadecimal */
    bool has_plain_path;   /* for S3 */
};

/* The second as a stamp, in UTC. */
void sigv4_stamp(int64_t second, char stamp[SIGV4_STAMP_BYTES]);

/* SHA-256 in hexadecimal. */
void sigv4_hash(struct slice bytes, char hex[SIGV4_HEX_BYTES]);

/* The same of bytes that lie in pieces: begin, add*, and end, which frees it. */
struct sigv4_sum;
struct sigv4_sum *sigv4_sum_begin(void);
void sigv4_sum_add(struct sigv4_sum *sum, struct slice bytes);
void sigv4_sum_end(struct sigv4_sum **sum, char hex[SIGV4_HEX_BYTES]);

/* The key of the scope's day, region and service: four HMACs that are made once a day. Secret. */
void sigv4_key(const struct sigv4_scope *scope, struct slice secret, uint8_t key[SIGV4_KEY_BYTES]);

/* Whether a header of this name takes part. */
bool sigv4_is_signed(struct slice name);

/* Appends the canonical request, and to `names` the headers that take part: "host;x-amz-date". */
void sigv4_canonical(const struct sigv4_message *message, struct buffer *out, struct buffer *names);

/* Appends the string to sign for this canonical request. */
void sigv4_to_sign(const struct sigv4_scope *scope, struct slice canonical, struct buffer *out);

void sigv4_signature(const uint8_t key[SIGV4_KEY_BYTES], struct slice to_sign,
                     char hex[SIGV4_HEX_BYTES]);

/* Appends the value of Authorization for the message. */
void sigv4_authorize(const struct sigv4_scope *scope, const struct sigv4_message *message,
                     struct slice key_id, const uint8_t key[SIGV4_KEY_BYTES], struct buffer *out);

#endif
