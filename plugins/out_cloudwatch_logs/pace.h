/*
 * How fast an API of an account is called. One for all outputs that send to the same host in the same
 * region under the same role, so that what one of them is told counts for the others, too.
 *
 * Two things are kept for each kind of call:
 *
 *   wait   after calls that were throttled, so many in a row: drawn between the half and the whole of
 *          100 ms, 200 ms, 400 ms, ... CW_PACE_WAIT_MS_MAX, so that many nodes do not come back at once
 *   gap    from one call to the next: half as long again after each that was throttled, a little
 *          shorter after each that was not, between the least and the most of that kind
 *
 *                      least gap           most          why
 *   PutLogEvents       none                250 ms        4 calls a second are within a node's share,
 *                                                        where a thousand have the service's 5,000
 *   CreateLogStream    20 ms               2 s           the service takes 50 a second
 *   everything else    20 ms               2 s           of groups it takes no more than 10
 *
 * Life     cw_pace_ref -> cw_pace_unref; the last one frees it.
 * Thread   the loop. cw_lane_* are pure.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_PACE_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_PACE_H

#include "plugins/out_cloudwatch_logs/note.h"

#define CW_PACE_WAIT_MS_MAX 60000

enum cw_lane_kind { CW_LANE_PUT, CW_LANE_STREAM, CW_LANE_REST, CW_LANE_COUNT };

/* Calls of one kind. */
struct cw_lane {
    uint32_t gap_least_ms, gap_most_ms;
    double gap_ms;
    uint32_t throttled; /* in a row */
    uint64_t next_ms;   /* when the next may go */
};

struct cw_pace;

/* Of the outputs with this name; the name is copied. */
struct cw_pace *cw_pace_ref(const char *name);
void cw_pace_unref(struct cw_pace **pace);

struct cw_lane *cw_pace_lane(struct cw_pace *pace, enum cw_step step);

void cw_lane_init(struct cw_lane *lane, enum cw_lane_kind kind);

/* A call was throttled: how many ms nobody makes one. `dice` is any random number. */
uint64_t cw_lane_throttled(struct cw_lane *lane, uint64_t now_ms, uint64_t dice);

/* A call was answered otherwise: how many ms nobody makes the next one; 0: at once. */
uint64_t cw_lane_answered(struct cw_lane *lane, uint64_t now_ms);

/* Takes the place of the next call: in how many ms it is. */
uint64_t cw_lane_take(struct cw_lane *lane, uint64_t now_ms);

#endif
