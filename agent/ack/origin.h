/*
 * An origin is where records come from and where their acks go back to: one generation of a log
 * file, one connection, one generator. It carries what is the same for all its records, the tag
 * first of all.
 *
 * Life     The input embeds it and calls origin_init; every chunk that holds its records holds a
 *          reference. `ops->free` runs when the last one goes, always from the loop.
 * Thread   the loop. A worker that encodes a chunk reads `tag` and `id`, which never change.
 * Limits   one tag; an input that learns another tag for the same source begins a new origin.
 */
#ifndef TAILRACE_ACK_ORIGIN_H
#define TAILRACE_ACK_ORIGIN_H

#include "ack/window.h"
#include "base/slice.h"

struct budget;
struct filter_selection;
struct input_metrics;
struct intake;
struct origin;

struct origin_ops {
    /* `window.settled` moved, or an output's bookmark may have: time to save. May be NULL. */
    void (*settled)(struct origin *origin);
    /* The output let go of what begins at this offset: it is to be read again for it. For origins
     * that can leave. */
    void (*left)(struct origin *origin, unsigned output, uint64_t begin);
    /* The path that it reads; NULL where it has none. May be NULL. */
    const char *(*file)(const struct origin *origin);
    /* Where that file really lay, when it was opened. May be NULL. */
    const char *(*real_file)(const struct origin *origin);
    void (*free)(struct origin *origin);
};

/* Where its tag goes; found by the intake. */
struct origin_route {
    output_set outputs;                       /* those of its lane that its tag goes to, */
    const struct filter_selection *selection; /* through these filters */
    const struct intake *by;                  /* who found that; NULL: to be found again */
    bool may_go_on; /* filters want its records, whether an output takes its tag or not */
    bool may_turn;  /* filters may give its records other tags, and other outputs with them */
};

/* The chunks that its records go into. */
struct origin_chunking {
    const void *newest;     /* the one that the newest span lies in, while it is open */
    uint32_t call_permille; /* what a thousand bytes of its records come to in calls; 0: not known
                             * yet (chunk/parcel.h) */
};

struct origin {
    const struct origin_ops *ops;
    uint32_t refs;
    output_set lane;  /* its input reads it for these outputs, all as a rule (ack/lane.h) */
    struct slice tag; /* owned by the origin */
    struct origin_route route;
    uint64_t id; /* stable over restarts where the source is; 0: records have no ids */
    /* Filters saw the records before this offset, in this process, when it was read for others or by
     * who was there before. */
    uint64_t again_until;
    /* The source keeps what it gave: what nobody took comes again. */
    bool can_repeat;
    /* Its input reads again for one output what that one let go of; for no longer than the source is
     * there. */
    bool can_leave;
    struct ack_window window;
    struct origin_chunking chunking;
    struct input_metrics *metrics; /* lent by the input, as is the next */
    struct budget *budget;         /* what its records hold in chunks */
};

/* One reference, the caller's. The tag is copied. Bytes before `offset` are settled. */
void origin_init(struct origin *o, const struct origin_ops *ops, struct slice tag, uint64_t offset);

/* For what nobody can read again: the id is drawn, and so is where the offsets begin. A record that
 * takes its offset from `window.issued` has an id that no other record has, and its chunk keeps it:
 * whoever sends it twice sends the same one. */
void origin_init_once(struct origin *o, const struct origin_ops *ops, struct slice tag);

/* From the next record on it is read for these outputs alone. */
void origin_lane_set(struct origin *o, output_set lane);

/* NULL where it has none. */
const char *origin_file(const struct origin *o);
const char *origin_real_file(const struct origin *o);

/* Frees what origin_init made; called from ops->free. */
void origin_fini(struct origin *o);

struct origin *origin_ref(struct origin *o);

/* Takes the address and leaves NULL. */
void origin_unref(struct origin **o);

#endif
