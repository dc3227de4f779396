/*
 * Writes values as JSON text, as documents and lines of output have it.
 *
 *   no blanks; keys in order; of doubled keys the last, at its own place
 *   integers in decimal; doubles that are whole end in ".0", others have the digits
 *   that it takes to read the same number again, 16 or 17
 *   NaN and infinities are null: there is no such JSON (Fluent Bit prints what C prints)
 *   bytes that are not UTF-8 become U+FFFD; msgpack's binary is a string
 *   an extension is a string of its bytes, the type first, each as \xNN
 *
 * Thread   any. Checked values only (see enum value_kind).
 */
#ifndef TAILRACE_RECORD_JSON_WRITE_H
#define TAILRACE_RECORD_JSON_WRITE_H

#include "record/record.h"

/* A value of any kind but VALUE_MEMBERS. */
void json_write_value(struct buffer *out, const struct value *value);

/* All fields as one object. */
void json_write_fields(struct buffer *out, const struct field_list *list);

/* A msgpack value, also one that stands in a chunk, where an extension means JSON text. */
void json_write_msgpack(struct buffer *out, struct slice bytes);

void json_write_double(struct buffer *out, double real);

/* Quoted and escaped. */
void json_write_text(struct buffer *out, struct slice text);

#endif
