/*
 * A set of keys: what proves to AWS who asks. Constant once made, and shared by reference: requests
 * that were begun with it end with it, while newer ones have the next set.
 *
 * Life     aws_keys_new -> ref* -> unref. Its memory is base/secret.h's.
 * Thread   made, counted and freed on the loop; read on any.
 */
#ifndef TAILRACE_AWS_KEYS_H
#define TAILRACE_AWS_KEYS_H

#include "base/buffer.h"

/* AWS's have 20 and 40 characters, and tokens some thousand. */
#define AWS_KEY_ID_BYTES_MAX 128
#define AWS_SECRET_BYTES_MAX 128
#define AWS_TOKEN_BYTES_MAX ((size_t)32 << 10)

struct aws_keys {
    unsigned refs;
    struct slice id;
    struct slice secret;
    struct slice token; /* empty: none */
    int64_t expires_s;  /* since 1970; 0: never */
};

/* The texts are lent. */
struct aws_keys_text {
    struct slice id, secret, token;
    int64_t expires_s;
};

/* With one reference. NULL, with `why` in words that hold nothing secret, when a text lacks, is too
 * long, or has what cannot stand in a header. */
struct aws_keys *aws_keys_new(const struct aws_keys_text *text, char why[256]);
struct aws_keys *aws_keys_ref(struct aws_keys *keys);
void aws_keys_unref(struct aws_keys **keys); /* takes the address; NULL is fine */

/* Keys in JSON, as the metadata service, container agents and credential processes write them:
 * AccessKeyId, SecretAccessKey, Token or SessionToken, Expiration. NULL with `why`, which has the
 * Message or the Code of an answer that is an error. */
struct aws_keys *aws_keys_from_json(struct slice text, char why[256]);

/* Keys in the XML of STS, and the same of its errors. */
struct aws_keys *aws_keys_from_xml(struct slice text, char why[256]);

#endif
