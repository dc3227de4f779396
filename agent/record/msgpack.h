/*
 * Msgpack at the edges of the agent: what comes in from others is checked once, and rewritten where
 * need be; JSON text becomes msgpack for those who want it.
 *
 * The path of a byte has its own reader and writer (unpack.h, pack.h); what is rewritten here is
 * written by msgpack-c.
 *
 * A VALUE_MSGPACK in a record promises what msgpack_check found or msgpack_repair made:
 *
 *   one whole value, nested no deeper than MSGPACK_DEPTH_MAX
 *   keys of maps are strings, and none stands twice in one map
 *   no extension of the types that chunks use for themselves
 *
 * A repair renders a key that is no string as text: binary as it is, an extension as \xNN for each
 * byte, anything else as its JSON. A key that is an array or a map is refused. Of doubled keys the
 * last stays. An extension of a chunk's own type becomes text, as a key would.
 *
 * Thread   any.
 */
#ifndef TAILRACE_RECORD_MSGPACK_H
#define TAILRACE_RECORD_MSGPACK_H

#include "record/record.h"

#define MSGPACK_DEPTH_MAX 64

/* Extensions that stand for something inside a chunk (chunk/chunk.h); never in a VALUE_MSGPACK. */
#define MSGPACK_EXT_HEAD 'H'
#define MSGPACK_EXT_JSON 'J'
#define MSGPACK_EXT_MEMBERS 'M'

/* Whether `bytes` are exactly one msgpack value, and whether it keeps the promise as it is; a map of
 * more than 64 keys is always said to need repair. -EINVAL when it is none, nested too
 * deep, or has a map or an array as a key. */
MUST_USE int msgpack_check(struct slice bytes, bool *needs_repair);

/* A rewritten copy, in the arena, of a value that msgpack_check accepted. */
struct slice msgpack_repair(struct slice bytes, struct arena *arena);

/* Appends checked JSON text as msgpack: a number with a point or an exponent is a double, others are
 * integers. */
void msgpack_append_json(struct buffer *out, struct slice json);

/* Appends a value of any kind, also one that stands in a chunk, as plain msgpack, as others read it:
 * JSON text unpacked, the members of objects among the fields, of doubled keys the last. Not for a
 * VALUE_MEMBERS on its own. */
void msgpack_append_value(struct buffer *out, const struct value *value);

/* Appends all fields as one map, in the same way. */
void msgpack_append_fields(struct buffer *out, const struct field_list *list);

/* A value as it stands in a chunk, where an extension means JSON text: as VALUE_JSON, else as
 * VALUE_MSGPACK. */
struct value msgpack_value(struct slice bytes);

#endif
