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

/* ---- laggard.c ---- */

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

/* ---- first.c ---- */

/* Whether a filter is still waited for before the first read of its file, which may be the laggard's. */
bool tail_laggard_waits(struct tail_laggard *laggard);

/* ---- lanes.c ---- */

void tail_lanes_init(struct tail *tail);
void tail_lanes_stop(struct tail *tail);

/* For input_plugin.lane and share. */
void tail_lane_event(void *self, unsigned output, enum lane_event event);
void tail_lanes_share(void *self);

/* For origin_ops.left. */
void tail_file_left(struct tail_file *file, unsigned output, uint64_t begin);

/* Where shares of outputs that are behind leave less room than a chunk takes, what is open is sealed:
 * nothing is gained by waiting for Flush. Parcels of an output that is read for alone stay, while they have
 * half of the room at most: they go on when what is under way is acknowledged. */
void tail_lane_seal(const struct tail_lane *lane);

/* Outputs that are away are not read for together: to be called before the file is read. */
void tail_file_part(struct tail_file *file);

/* The elder's lines are about to wait with the heir's. False: they may not, as an output reads the one
 * by itself and the other with the rest. */
bool tail_file_part_alike(struct tail_file *elder, const struct tail_file *heir);

/* Makes the laggards that were there when the position was saved. */
void tail_file_part_again(struct tail_file *file, const struct tail_note *note);

/* Nobody is left for whom the file is read together with others. */
bool tail_file_is_paused(const struct tail_file *file);

/* How far the others have read it: no further than its copy goes, when it went on in one. */
uint64_t tail_file_issued(const struct tail_file *file);

/* The offset, or the end of the copy that the file went on in, where that comes before it. */
uint64_t tail_file_not_behind(const struct tail_file *file, uint64_t offset);

/* What lies before this, every output is done with; alone, whatever it was lent (kin.c). */
uint64_t tail_file_settled(const struct tail_file *file);
uint64_t tail_file_settled_alone(const struct tail_file *file);

/* What lies before this was read for every output; so much was read that some output has not. */
uint64_t tail_file_reached(const struct tail_file *file);
uint64_t tail_file_unrepeated_bytes(const struct tail_file *file);

/* There is more to read again. */
void tail_laggards_touch(struct tail_file *file);

/* The file is another descriptor now: there may be more to read again. */
void tail_laggards_move(struct tail_file *file);
void tail_laggards_close(struct tail_file *file);

/* Adds up how far outputs are behind. */
void tail_lanes_refresh(struct tail *tail);

#endif
