/*
 * How a pod wants its files to be read, by annotations of ours: which lines belong together, and how
 * fast they may come. They are asked for before a file's first line (filter/filter.h, ready), as the
 * file waits for its pod anyway, and count for as long as the file is read.
 *
 *   tailrace.io/multiline[_stdout|_stderr][-CONTAINER]   the name of a multiline parser
 *   tailrace.io/rate-limit[-CONTAINER]                   "500 lines", "64K": a second
 *
 * A value that means nothing is said once, with the pod's name, and is not heeded.
 *
 * Life     wishes_init -> wishes_read* . Thread the loop.
 * Limits   of what was said the last WISHES_SAID_MAX are remembered.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_WISHES_H
#define TAILRACE_FILTER_KUBERNETES_WISHES_H

#include "plugins/filter_kubernetes/controls.h"
#include "plugins/filter_kubernetes/identity.h"

#define WISHES_SAID_MAX 64

struct wishes {
    bool honours_multiline; /* these two are options */
    bool honours_rate;
    const struct multiline_book *multilines;
    const char *component;
    uint64_t said[WISHES_SAID_MAX]; /* hashes, in a ring */
    unsigned said_next;
};

/* The book and the component outlive it. */
void wishes_init(struct wishes *w, const struct multiline_book *multilines, const char *component);

/* Whether pods are listened to at all. */
static inline bool wishes_are_heard(const struct wishes *w)
{
    return w->honours_multiline || w->honours_rate;
}

/* What the pod asks for this container; `*out` is all zero before. */
void wishes_read(struct wishes *w, const struct identity *id, const struct pod *pod,
                 struct filter_wishes *out);

/* Amounts a second: a number and "lines", or a size, with or without "/s" behind it. -EINVAL: it is
 * neither, or none. */
MUST_USE int wishes_rate(struct slice text, struct filter_wishes *out);

#endif
