/*
 * Records in tests: made of JSON text, and shown as JSON text.
 */
#ifndef TAILRACE_KIT_RECORD_H
#define TAILRACE_KIT_RECORD_H

#include "record/record.h"

/* Empties the record and fills it with the object's members, as an input would: one field. Repairs
 * the text where that is needed. Fails the test when the text is no object. */
void kit_record_fill(struct record *r, const char *json);

/* The same with a field for each member: strings as VALUE_TEXT, integers as VALUE_INT. */
void kit_record_fill_fields(struct record *r, const char *json);

/* All fields as one object, of doubled keys the last; lent until the record is emptied. */
const char *kit_record_text(struct record *r);

/* A value as JSON text, lent by the arena. */
const char *kit_value_text(const struct value *value, struct arena *arena);

/* What JSON text is in msgpack, in the arena. */
struct slice kit_msgpack(const char *json, struct arena *arena);

#endif
