/*
 * Files that are read once more, for outputs that fell behind (ack/lane.h).
 *
 * A file has one reader for all outputs, the tail_file itself, and a laggard for each output that fell
 * behind while records of the file came. A laggard is a tail_file too, as far as reading goes: it has
 * its own origin, its own lines that wait and its own place, and lends the rest.
 *
 *            laggard        tail_file
 *   |----------|---------------|---------|
 *     acked      reads again     issued    size
 *
 * Life     tail_laggard_new -> held -> reads -> drains -> gone; or closed with its file.
 * Thread   the loop.
 * Limits   one for each output and file that reads; what they hold is within the output's share.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_LAGGARD_H
#define TAILRACE_PLUGINS_IN_TAIL_LAGGARD_H

#include "plugins/in_tail/tail.h"

/* Bits of an output_set. */
static inline output_set tail_bit(unsigned output)
{
    return UINT64_C(1) << output;
}

/* A reader of a file for one output that fell behind. It reads no further than the others have, and
 * where it stands at the same byte they go on together. */
struct tail_laggard {
    struct tail_file file; /* its descriptor is that of `of` */
    struct list link;      /* in of->laggards */
    struct tail_file *of;  /* NULL once that is closed, or all is acknowledged */
    unsigned output;
    bool is_level; /* it has read as far as the others, or as it can, and is counted so */
    enum laggard_state {
        LAGGARD_HELD, /* does not read yet: more may be let go of that lies before it */
        LAGGARD_READS,
        LAGGARD_DRAINS, /* the others read for its output again; its acks are awaited */
    } state;
};

struct tail_laggard *tail_laggard_new(struct tail_file *of, unsigned output, uint64_t offset,
                                      enum laggard_state state);

/* The one that is held or reads for the output, or NULL. */
struct tail_laggard *tail_laggard_find(const struct tail_file *file, unsigned output);

/* One that is held begins no later than there. */
void tail_laggard_begin_at(struct tail_laggard *laggard, uint64_t offset);

/* There is more for it to read: soon. */
void tail_laggard_touch(struct tail_laggard *laggard);

/* A few reads, when it is its turn. */
void tail_laggard_turn(struct tail_laggard *laggard);

/* It is read no more, and forgotten; its acks go nowhere. */
void tail_laggard_close(struct tail_laggard *laggard);

/* Whether a filter is still waited for before the first read of its file, which may be the laggard's. */
bool tail_laggard_waits(struct tail_laggard *laggard);

#endif
