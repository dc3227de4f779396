/*
 * How the filters wish a file to be read (filter_wishes in filter/filter.h): which of its lines
 * belong together, and how fast it may be read. A pod's annotations say so, and hold for all
 * generations of its log.
 *
 * Nothing is lost by a rate: what is not read yet lies in the file, which is held open when it is
 * rotated as any other.
 *
 * Life     with its tail_file; the rules that are made live as long as the tail.
 * Thread   the loop. Limits TAIL_JOININGS_MAX different ways to join lines.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_WISH_H
#define TAILRACE_PLUGINS_IN_TAIL_WISH_H

#include "plugin/follow.h"

#define TAIL_JOININGS_MAX 256

struct tail;
struct tail_file;

/* At most so much of a file a second; 0: any amount. */
struct tail_rate {
    uint64_t bytes_per_s;
    uint64_t lines_per_s;
};

/* Of all files of a tail; wish.c. */
struct tail_wishes {
    struct tail_joining *joinings; /* rules that were made, newest first */
    unsigned joining_count;
    bool has_rates;  /* some file has one of its own */
    bool is_refused; /* that lines cannot be joined so was said */
};

/* Reads the file so from now on, and what reads it again for an output that is behind. What waits
 * by other rules goes on first. */
void tail_wish_take(struct tail_file *file, const struct filter_wishes *wishes);

/* What `heir` wishes is not known yet, and its log is the elder's. */
void tail_wish_inherit(struct tail_file *heir, const struct tail_file *elder);

/* How much of `want` to read at once; how much of what was read to take, whole lines and at least one of
 * them, if its end was read; and that so much was: for the pauses between. */
size_t tail_rate_want(const struct tail_file *file, size_t want);
size_t tail_rate_cut(const struct tail_file *file, struct slice bytes);
void tail_rate_took(struct tail_file *file, struct slice bytes);

void tail_wishes_fini(struct tail *tail);

#endif
