/*
 * A shared object is a JSON object whose members stand in many records alike: what is the same for
 * every line of a stream. It is checked and rendered once; records and chunks refer to it, and whoever
 * writes a document copies its text.
 *
 * Life     shared_new -> (record_add_shared, plain_share, shared_ref)* -> shared_unref; the last
 *          reference frees it. It never changes: what is to read otherwise is another one.
 * Thread   the loop refs and unrefs; anybody may read what a reference holds.
 * Limits   SHARED_BYTES_MAX.
 */
#ifndef TAILRACE_RECORD_SHARED_H
#define TAILRACE_RECORD_SHARED_H

#include "record/record.h"

#define SHARED_BYTES_MAX ((size_t)4 << 20)

struct shared_object {
    uint32_t refs;
    struct member_list list; /* its text is padded (record/copy.h) */
};

/* One reference. The text is copied, repaired where that is needed. NULL when it is no object, is
 * longer than SHARED_BYTES_MAX, or has no members. */
struct shared_object *shared_new(struct slice text, struct json_scanner *json);

struct shared_object *shared_ref(struct shared_object *shared);

/* Accepts NULL; leaves NULL. */
void shared_unref(struct shared_object **shared);

static inline struct slice shared_text(const struct shared_object *shared)
{
    return shared->list.text;
}

/* Appends its members as ONE field, as record_add_members does. It outlives the record. */
void record_add_shared(struct record *r, struct shared_object *shared);

#endif
