/*
 * Escapes in the strings of JSON, one at a time; and how json_escape writes them, for tests: each way
 * gives the same, where the processor has it. Pure. Thread: any.
 */
#ifndef TAILRACE_RECORD_JSON_ESCAPE_H
#define TAILRACE_RECORD_JSON_ESCAPE_H

#include "record/json.h"
#include "record/json_marks.h"

/* Longest of what one byte becomes, and the length of one \uXXXX. */
#define JSON_UNIT_BYTES 6

/* What a control character, a quote or a backslash has to be written as; returns what is after it.
 * Room for JSON_UNIT_BYTES. */
char *json_escape_byte(char byte, char *out);

/* `*p` is at a \uXXXX of a checked text, and behind it afterwards, or behind the second one of a pair.
 * The character; or half a pair, where the other half is not there. */
uint32_t json_unit_read(const char **p, const char *end);

void json_escape_by(struct buffer *out, struct slice text, enum json_marks_way way);

#endif
