/*
 * Paths and queries as a signature wants them. Pure.
 *
 * What goes on the wire may be written in several ways that mean the same, and readers of AWS's rules
 * differ over some of them: `a,b` or `a%2Cb`, keys in the order given or sorted. uri_wire_* write the
 * one form in which all of them agree; what is signed is then made of that.
 */
#ifndef TAILRACE_AWS_URI_H
#define TAILRACE_AWS_URI_H

#include "base/buffer.h"

/* Appends the text with every byte as %XX but for A-Z a-z 0-9 - _ . ~ and, where it is kept, the
 * slash. */
void uri_encode(struct buffer *out, struct slice text, bool keeps_slash);

/* Appends the text with %XX decoded; what is no %XX stays as it is, and so does a plus. */
void uri_decode(struct buffer *out, struct slice text);

/* The path of a canonical request. Without dot segments and doubled slashes, and encoded once more;
 * for S3 (`is_plain`) the path as it is on the wire. An empty path is "/". */
void uri_canonical_path(struct buffer *out, struct slice path, bool is_plain);

/* The query of a canonical request: every key and value encoded anew, sorted by key, then by value; a
 * key alone is "key=". Without the question mark. */
void uri_canonical_query(struct buffer *out, struct slice query);

/* A path and its query for the wire: encoded once, the query in its canonical form. Pieces of the
 * query that are empty are left out. */
void uri_wire(struct buffer *out, struct slice path_and_query);

#endif
