/*
 * How json_escape does it, for tests: each way gives the same. Pure. The processor must have it.
 */
#ifndef TAILRACE_RECORD_JSON_ESCAPE_H
#define TAILRACE_RECORD_JSON_ESCAPE_H

#include "record/json.h"
#include "record/json_marks.h"

void json_escape_by(struct buffer *out, struct slice text, enum json_marks_way way);

#endif
