/*
 * A sieve for a JSON text that comes in pieces and is larger than anybody wants to keep: it lets
 * members through whose keys were asked for, in objects that were let through themselves; all
 * elements of arrays; and of each string the beginning. Blanks between tokens are left out.
 *
 *   {"took":3, "items":[ {"create":{"_index":"a","status":201}} ]}     keys: items create status
 *   {"items":[{"create":{"status":201}}]}
 *
 * What comes out is JSON where the text was; where it was not, as far as was looked (values that
 * are left out are only searched for their end), nothing more comes behind a byte that makes it none.
 *
 * Life     json_sieve_init -> json_sieve_feed*; there is nothing to free.
 * Thread   its owner's. Pure.
 * Limits   JSON_SIEVE_DEPTH_MAX of what is let through, JSON_SIEVE_TEXT_BYTES_MAX of each string;
 *          a key with an escape in it is none that was asked for.
 */
#ifndef TAILRACE_RECORD_JSON_SIEVE_H
#define TAILRACE_RECORD_JSON_SIEVE_H

#include "base/buffer.h"

#define JSON_SIEVE_DEPTH_MAX 32
#define JSON_SIEVE_TEXT_BYTES_MAX 640
#define JSON_SIEVE_KEY_BYTES_MAX 24

/* Where in a string one is. */
struct json_sieve_text {
    uint32_t len;
    uint8_t escape; /* bytes of an escape that are to come */
    bool is_key;
    char key[JSON_SIEVE_KEY_BYTES_MAX];
};

/*
 *   is_object has a bit for each open bracket that was let through, has_more one for those in which
 *   a member was. skipped counts the open brackets of a value that is left out.
 */
struct json_sieve {
    const char *const *keys; /* lent; a NULL behind the last */
    int state;
    unsigned depth;
    uint32_t is_object;
    uint32_t has_more;
    uint64_t skipped;
    bool is_skipping;
    struct json_sieve_text text;
};

void json_sieve_init(struct json_sieve *s, const char *const *keys);

/* Appends what is let through of the next piece. */
void json_sieve_feed(struct json_sieve *s, struct slice piece, struct buffer *out);

#endif
