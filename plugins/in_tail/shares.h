/*
 * The memory of lanes: what is read for all outputs together has the input's budget, what is read for one
 * output alone a share of that. Mem_Buf_Limit is shared out as the service's memory is (service/lanes.h).
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_SHARES_H
#define TAILRACE_PLUGINS_IN_TAIL_SHARES_H

#include "plugins/in_tail/tail.h"

void tail_lanes_init(struct tail *tail);
void tail_lanes_stop(struct tail *tail);

/* Shares it out anew. For input_plugin.share. */
void tail_lanes_share(void *self);

/* Where shares of outputs that are behind leave less room than a chunk takes, what is open is sealed:
 * nothing is gained by waiting for Flush. Parcels of an output that is read for alone stay, while they have
 * half of the room at most: they go on when what is under way is acknowledged. */
void tail_lane_seal(const struct tail_lane *lane);

#endif
