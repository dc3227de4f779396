/*
 * A record accessor: a template of text and of places in a record, such as
 * "logs-$kubernetes['labels']['app']-$TAG[1]", compiled once.
 *
 *   template := (text | variable)*
 *   variable := "$" name subkey*  |  "$TAG"  |  "$TAG[" n "]"  |  "$" digit
 *   subkey   := "['" key "']"  |  '["' key '"]'  |  "[" n "]"
 *
 * A name is letters, digits, "_", "-" and "/", and begins with a letter or "_"; keys with other
 * characters are written as ['...'], where '' is a quote. So $a.b is the value of a, then ".b".
 * $0 to $9 are captures of the expression the caller matched. A "$" that begins none of these is
 * text.
 *
 * Two cases differ from Fluent Bit, which refuses one and loses the other: any text may follow a
 * "]", and a single character after the last variable is kept.
 *
 * Life     accessor_new or accessor_new_key -> parts read* -> accessor_free.
 * Thread   any; it never changes.
 * Limits   ACCESSOR_BYTES_MAX of text.
 */
#ifndef TAILRACE_RECORD_ACCESSOR_H
#define TAILRACE_RECORD_ACCESSOR_H

#include "base/report.h"
#include "base/slice.h"

#define ACCESSOR_BYTES_MAX 16384

enum accessor_kind {
    ACCESSOR_TEXT,     /* `text` as it is */
    ACCESSOR_FIELD,    /* the value that `steps` lead to */
    ACCESSOR_TAG,      /* the whole tag */
    ACCESSOR_TAG_PART, /* the part `number` of the tag, between dots, from 0 */
    ACCESSOR_CAPTURE,  /* the capture `number` of a regular expression */
};

/* One step into the record: a key of a map, or an index of an array. The first is a key. */
struct accessor_step {
    struct slice key; /* data NULL: the step is an index */
    uint32_t index;
};

struct accessor_part {
    enum accessor_kind kind;
    uint32_t number;
    struct slice text;
    const struct accessor_step *steps;
    uint32_t step_count;
};

struct accessor;

/* A template. NULL and an error in the report for a bracket that is not closed or holds neither a
 * quoted key nor a number. */
struct accessor *accessor_new(const char *template_text, struct report *report, struct place place);

/* One key: "$log", "log" or "kubernetes['labels']['app']". The "$" is implied, and a name may hold
 * any character but "[". Always one part, of kind ACCESSOR_FIELD. */
struct accessor *accessor_new_key(const char *text, struct report *report, struct place place);

/* Accepts NULL; leaves NULL. */
void accessor_free(struct accessor **accessor);

size_t accessor_part_count(const struct accessor *a);
const struct accessor_part *accessor_part(const struct accessor *a, size_t index);

/* The text, when the template has no variables at all, so that it can be rendered once. */
bool accessor_is_constant(const struct accessor *a, struct slice *text_out);

/* The part `number` of a tag, between dots, from 0; data NULL where the tag has fewer. */
struct slice accessor_tag_part(struct slice tag, uint32_t number);

#endif
