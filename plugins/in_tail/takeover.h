/*
 * Going on where another tail of this process stopped, over a reload: its files are taken over open, with
 * what the positions do not tell.
 *
 * Life     tail_prepare_to_hand_on and tail_file_hand_on of the one that stops; tail_take_over, then
 *          tail_take_over_end of the next.
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_TAKEOVER_H
#define TAILRACE_PLUGINS_IN_TAIL_TAKEOVER_H

#include "plugins/in_tail/tail.h"

/* What the positions are known by, with or without a DB. */
const char *tail_positions_name(const struct tail *tail);

/* Whether it may have come while neither this tail nor the one before it looked. */
bool tail_file_is_since(const struct tail_file *file);

/* Before it stops, and when a file of it closes: the next one needs more than positions. */
void tail_prepare_to_hand_on(struct tail *tail);
void tail_file_hand_on(struct tail_file *file);

/* It was just opened with what the one before handed on: it may have been truncated meanwhile, and is
 * gone then, as after tail_file_restart. */
void tail_file_take(struct tail_file *file, const struct orphan *orphan);

/* It was handed on and lies where it lay, but the scan has not come to its name. */
bool tail_file_is_unfound(const struct tail_file *file);

/* Follows what the one before handed on; after the first scan, what is still to be followed. */
void tail_take_over(struct tail *tail);
void tail_take_over_end(struct tail *tail);

#endif
