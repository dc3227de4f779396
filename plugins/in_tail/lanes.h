/*
 * What becomes of files when an output falls behind, and when it is back: who reads them for whom, and how
 * far all have come.
 *
 * Thread   the loop.
 * Limits   what is read for one output alone is of that output's share (service/lanes.h).
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_LANES_H
#define TAILRACE_PLUGINS_IN_TAIL_LANES_H

#include "plugins/in_tail/tail.h"

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
