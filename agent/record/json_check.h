/*
 * The insides of json_check_object: one recursive descent over a text, with its marks (see
 * json_marks.h) beside it. For json.c, json_check.c and json_level.c alone.
 *
 *   {"path":"C:\\tmp","n":12}
 *           ^p                  a token begins here, or blanks
 *    "    " "  \    " " "
 *           ^next               always the first mark at or after p
 *
 * Every function begins with p at its token and leaves it after the token, or returns false when the
 * text is not JSON.
 *
 * The text ends with the bracket that closes it, so that what looks at a byte inside need not ask
 * where the end is: only a nested value's closing bracket may be that last one, and is refused.
 *
 * Limits   JSON_MARKS_PAD bytes after the text are readable.
 */
#ifndef TAILRACE_RECORD_JSON_CHECK_H
#define TAILRACE_RECORD_JSON_CHECK_H

#include "record/json.h"
#include "record/json_marks.h"

struct json_check {
    struct json_scanner *scanner;
    struct json_object *object; /* the outermost value, as far as it is known */
    struct json_marks *marks;
    const char *text;
    const char *end;
    const char *p;
    const uint32_t *next;
    unsigned depth, depth_max;
};

static inline void json_marks_ahead(struct json_check *c)
{
    if (UNLIKELY(c->next >= c->marks->low))
        c->next = json_marks_more(c->marks, c->next);
}

/* Any value, from its first byte on. */
bool json_check_one(struct json_check *c);

#endif
