/*
 * What becomes of files when an output falls behind, and when it is back: who reads them for whom.
 *
 * Thread   the loop.
 * Limits   what is read for one output alone is of that output's share (shares.h).
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_LANES_H
#define TAILRACE_PLUGINS_IN_TAIL_LANES_H

#include "plugins/in_tail/tail.h"

/* For input_plugin.lane. */
void tail_lane_event(void *self, unsigned output, enum lane_event event);

/* For origin_ops.left. */
void tail_file_left(struct tail_file *file, unsigned output, uint64_t begin);

/* Outputs that are away are not read for together: to be called before the file is read. */
void tail_file_part(struct tail_file *file);

/* The elder's lines are about to wait with the heir's. False: they may not, as an output reads the one
 * by itself and the other with the rest. */
bool tail_file_part_alike(struct tail_file *elder, const struct tail_file *heir);

/* Makes the laggards that were there when the position was saved. */
void tail_file_part_again(struct tail_file *file, const struct tail_note *note);

/* Nobody is left for whom the file is read together with others. */
bool tail_file_is_paused(const struct tail_file *file);

/* There is more to read again. */
void tail_laggards_touch(struct tail_file *file);

/* The file is another descriptor now: there may be more to read again. */
void tail_laggards_move(struct tail_file *file);
void tail_laggards_close(struct tail_file *file);

/* Adds up how far outputs are behind. */
void tail_lanes_refresh(struct tail *tail);

#endif
