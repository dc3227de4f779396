/*
 * Msgpack for those who want it: JSON text, and values of any kind, written as others read them. The
 * path of a byte has its own reader and writer (unpack.h, pack.h); what is rewritten here is written by
 * msgpack-c.
 *
 * A VALUE_MSGPACK in a record promises:
 *
 *   one whole value, nested no deeper than JSON_DEPTH_MAX
 *   keys of maps are strings, and none stands twice in one map
 *   no extension of the types that chunks use for themselves
 *
 * The agent makes such values of JSON only, which has all that. An input that takes msgpack from others
 * would have to check it first.
 *
 * Thread   any.
 */
#ifndef TAILRACE_RECORD_MSGPACK_H
#define TAILRACE_RECORD_MSGPACK_H

#include "record/record.h"

/* Extensions that stand for something inside a chunk (chunk/chunk.h); never in a VALUE_MSGPACK. */
#define MSGPACK_EXT_HEAD 'H'
#define MSGPACK_EXT_JSON 'J'
#define MSGPACK_EXT_MEMBERS 'M'

/* Appends checked JSON text as msgpack: a number with a point or an exponent is a double, others are
 * integers. */
void msgpack_append_json(struct buffer *out, struct slice json);

/* Appends a value of any kind, also one that stands in a chunk, as plain msgpack, as others read it:
 * JSON text unpacked, the members of objects among the fields, of doubled keys the last. Not for a
 * VALUE_MEMBERS on its own. */
void msgpack_append_value(struct buffer *out, const struct value *value);

/* A value as it stands in a chunk, where an extension means JSON text: as VALUE_JSON, else as
 * VALUE_MSGPACK. */
struct value msgpack_value(struct slice bytes);

#endif
