/*
 * Cuts what is wanted out of JSON that comes in pieces, and hands it out an object at a time: a list
 * of pods, or the events of a watch, of which most bytes (managedFields, conditions, volumes) are
 * nobody's business. They are gone as they are read, so memory holds one cut object, whatever the
 * answer's length.
 *
 *   shape     metadata { name }, items [ metadata { name } ] one by one
 *   comes     {"kind":"PodList","metadata":{"resourceVe | rsion":"7","name":""},"items":[{"metadata":
 *             {"name":"a","managedFields":[...]},"spec":{}}, ...]}
 *   goes      CUT_ITEM {"metadata":{"name":"a"}}   ...   CUT_WHOLE {"metadata":{"name":""},"items":[]}
 *
 * Documents may follow each other. What is handed out is balanced and has no blanks between tokens,
 * but values that are kept whole are not checked: who takes them checks the text.
 *
 * Life     cut_new -> cut_feed* -> cut_free. Thread: its owner's. Pure.
 * Limits   a value that is kept whole is at most its shape's bytes_max, an object CUT_OBJECT_BYTES_MAX:
 *          a longer value is left out, and so is an object that is longer even then. Both are counted.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_CUT_H
#define TAILRACE_FILTER_KUBERNETES_CUT_H

#include "plugin/plugin.h"

#define CUT_OBJECT_BYTES_MAX ((size_t)512 << 10)
#define CUT_VALUE_BYTES_MAX (64U << 10)
#define CUT_DEPTH_MAX 16

/* A member to be kept; a table of them ends with a key of NULL. */
struct cut_shape {
    const char *key;                 /* "*": any */
    const struct cut_shape *members; /* of the object, or of each object of the array; NULL: the
                                        whole value. A value that is neither is kept whole, too */
    uint32_t bytes_max;              /* of a whole value; 0: CUT_VALUE_BYTES_MAX */
    bool has_items;                  /* the array's elements are handed out one by one */
};

enum cut_piece {
    CUT_ITEM,
    CUT_WHOLE, /* a document, without its items */
};

/* `text` is lent for the call. False: no more, cut_feed returns UV_ECANCELED. */
typedef bool cut_fn(void *owner, enum cut_piece piece, struct slice text);

struct cut;

/* `shape` is of the members of each document, and lives as long. */
struct cut *cut_new(const struct cut_shape *shape, cut_fn *came, void *owner);
void cut_free(struct cut **cut);

/* Begins anew: what was begun is forgotten. */
void cut_reset(struct cut *cut);

/* UV_EINVAL: this is not JSON, or no objects one after the other. Nothing may be fed after an error
 * but after a reset. */
MUST_USE int cut_feed(struct cut *cut, struct slice bytes);

/* Whether all documents so far have their ends. */
bool cut_is_between(const struct cut *cut);

/* Values and objects left out for their length since cut_new. */
uint64_t cut_left_out(const struct cut *cut);

#endif
