/*
 * What a record accessor leads to: the value of a key, or the text of a template.
 *
 *   a key of a map             the last one of that name
 *   a key of what is no map    the value itself, and the rest of the path is left out
 *   an index of an array       the element; of what is no array: missing
 *
 * In a template, strings stand as they are, integers in decimal, doubles as %f prints them, then
 * true, false and null, maps as JSON, binary and extensions in hex. An array is missing, and so is a
 * capture that took no part. What is missing is empty text.
 *
 * Fields are asked for through a scope, so that the same templates serve a record in the chain and a
 * record in a chunk (chunk/lookup.h).
 *
 * Thread   the one that owns the scope's arena.
 */
#ifndef TAILRACE_RECORD_ACCESSOR_EVAL_H
#define TAILRACE_RECORD_ACCESSOR_EVAL_H

#include "record/accessor.h"
#include "record/record.h"
#include "record/regex.h"

/* Where the variables of a template get their values. All lent. */
struct accessor_scope {
    bool (*find)(void *owner, struct slice key, struct value *out); /* a field of the record */
    void *owner;
    struct arena *arena; /* for what must be decoded and for rendered text */
    struct slice tag;
    const struct regex_match *match; /* for $0 to $9; NULL: they are missing */
};

/* A record in the chain; what is rendered lives as long as the record. */
struct accessor_scope accessor_scope_of(struct record *record, struct slice tag);

/* The value that the accessor's first part, which is a field, leads to. */
bool accessor_find(const struct accessor *a, const struct accessor_scope *scope, struct value *out);

/* The same in a record of the chain. */
bool accessor_value(const struct accessor *a, struct record *record, struct value *out);

/* The whole template as text. `is_missing` may be NULL; it says whether a variable was missing. Lent
 * by the accessor, the record or the scope's arena. */
struct slice accessor_render(const struct accessor *a, const struct accessor_scope *scope,
                             bool *is_missing);

#endif
