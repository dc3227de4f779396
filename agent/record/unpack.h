/*
 * Walks msgpack in place: one token at a time, without a tree and without memory.
 *
 * msgpack-c's unpacker builds a tree and allocates for each record; a record on its way out only
 * needs to be walked. Every length is checked against the end, so bytes from outside are safe
 * too. Source: the msgpack specification, spec.md. Pure.
 */
#ifndef TAILRACE_RECORD_UNPACK_H
#define TAILRACE_RECORD_UNPACK_H

#include "base/slice.h"

/* Values nested deeper than this are refused. */
#define UNPACK_DEPTH_MAX 128

enum unpack_kind {
    UNPACK_NIL,
    UNPACK_BOOL,
    UNPACK_INT,  /* negative */
    UNPACK_UINT, /* not negative */
    UNPACK_DOUBLE,
    UNPACK_STR,
    UNPACK_BIN,
    UNPACK_EXT,
    UNPACK_ARRAY,
    UNPACK_MAP,
};

struct unpack_token {
    enum unpack_kind kind;
    signed char ext_type;
    bool boolean;
    uint32_t count; /* elements of an array, pairs of a map */
    int64_t integer;
    uint64_t natural;
    double real;
    struct slice bytes; /* of a string, binary or extension */
};

/* Reads the token at `p` and returns the place after it: for an array or a map the place of its
 * first element. NULL when it does not fit before `end`, is none, or `p` is NULL. */
const char *unpack_token(const char *p, const char *end, struct unpack_token *token);

/* The place after the whole value at `p`, or NULL as above. */
const char *unpack_skip(const char *p, const char *end);

#endif
