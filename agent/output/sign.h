/*
 * Requests that are signed for AWS: an attempt has a pass for keys before it is encoded, is signed where
 * it is encoded, and is sent again when the answer was about keys or clock alone.
 *
 * Thread   the loop; sign_request where the request is made.
 */
#ifndef TAILRACE_OUTPUT_SIGN_H
#define TAILRACE_OUTPUT_SIGN_H

#include "output/delivery.h"

/* Makes a signer for each node, where requests are signed. */
void sign_open(struct output *output);
void sign_close(struct output *output);

/* Whether the attempt may go on: it has a pass, and its node with it, or needs none. If not,
 * delivery_keyed follows. */
bool sign_is_ready(struct delivery *d);

/* Where it was encoded: the request is whole. */
void sign_request(struct delivery *d);

/* Whether the answer was about keys or clock alone, so that it is to be sent again. */
bool sign_heard(struct delivery *d, const struct http_reply *reply);

/* Waits no more, and gives the pass back. */
void sign_forget(struct delivery *d);

#endif
