/*
 * The guest of an input: the one file whose lines may wait beyond what all lines that wait may
 * hold, and which alone is read meanwhile (guest.c says when, and for how long).
 *
 * Life     enters in tail_waiting_settle -> leaves there, in tail_guest_look, or when it is closed.
 * Thread   the loop.
 * Limits   one below a budget; it holds multiline_buffer_limit more than others could.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_GUEST_H
#define TAILRACE_PLUGINS_IN_TAIL_GUEST_H

#include "plugins/in_tail/laggard.h"

/* Lines of the file were taken. Where those that wait have no memory left for what they wait for, one
 * file becomes the guest, and others' go on as they are. */
void tail_waiting_settle(struct tail_file *file);

/* There is a guest: only that one is read. */
static inline bool tail_has_guest(const struct tail *tail)
{
    return tail->guest.file != NULL;
}

/* Whether memory lets the file be read. */
static inline bool tail_file_has_room(const struct tail_file *file)
{
    const struct tail_file *guest = file->tail->guest.file;

    return UNLIKELY(guest != NULL) ? guest == file : budget_has_room(file->turn.lane->budget);
}

/* Its turn. */
void tail_guest_turn(struct tail *tail);

/* Whether it has waited too long for bytes; the others are then read again. */
void tail_guest_look(struct tail *tail);

/* This one is closed. */
void tail_guest_leave(struct tail_file *file);

#endif
