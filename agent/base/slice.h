/*
 * A slice is a borrowed run of bytes: whoever lends it says until when. It need not end in NUL
 * and may hold any byte. A plain value, passed by copy; never freed.
 */
#ifndef TAILRACE_BASE_SLICE_H
#define TAILRACE_BASE_SLICE_H

#include "base/check.h"

#include <string.h>

struct slice {
    const char *data;
    size_t len;
};

/* A slice of a string literal, its NUL not counted. */
#define SLICE(literal) ((struct slice){.data = "" literal, .len = sizeof(literal) - 1})

/* For "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).data

static inline struct slice slice_of(const char *text)
{
    return (struct slice){.data = text, .len = text ? strlen(text) : 0};
}

static inline struct slice slice_make(const char *data, size_t len)
{
    return (struct slice){.data = data, .len = len};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_of(text));
}

/* ASCII case is ignored. */
bool slice_is_nocase(struct slice a, const char *text);

bool slice_begins(struct slice a, struct slice prefix);
bool slice_ends(struct slice a, struct slice suffix);

/* Without the first `count` bytes; `count` may exceed the length. */
struct slice slice_skip(struct slice a, size_t count);

/* Without blanks (as isspace in the C locale) at both ends. */
struct slice slice_trim(struct slice a);

/* The offset of the first `byte`, or the length where there is none. */
size_t slice_find(struct slice a, char byte);

/* Cuts what stands before the first `byte` off `*rest`, which goes on after it. False at the end. */
bool slice_next(struct slice *rest, char byte, struct slice *part);

/* 64 bits, the same on every machine: for tables, prints of content and stable ids, some of which
 * are on disk. Sixteen bytes a step, because the first kilobyte of every file goes through it
 * several times. Not against attackers. */
uint64_t slice_hash(struct slice a);

#endif
