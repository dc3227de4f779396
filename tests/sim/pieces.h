/*
 * Lines in pieces, as container runtimes write them: each piece is a line of its own in the file,
 * "2023-11-14T22:13:20.000000000Z stdout P L000123:...", and the last one has an F in place of the P.
 * Whether the logs of a history are such is drawn, or asked for with SIM_PIECES.
 *
 * To the truth every piece is a line, and the pieces of one line are a group. Whatever happens,
 * each comes once, and never beside one of another group. A group is one record, unless the world
 * gave a reason: its writer paused for longer than pieces are waited for, it was parted twice, or
 * copied while it was open.
 *
 * Life     a struct for each log, all zero, that nobody ends. Thread one. Limits TRUTH_PIECES_MAX pieces a
 *          group.
 */
#ifndef TAILRACE_SIM_PIECES_H
#define TAILRACE_SIM_PIECES_H

#include "sim/truth.h"

/* Of one log. */
struct pieces {
    struct line *last; /* a piece that others will follow; NULL: a line begins */
    unsigned count;    /* of the group so far */
    unsigned files;    /* that it was parted over, less one */
    bool is_parted;    /* since its last piece was whole */
    uint64_t begin_ms, whole_ms;
};

/* For the history that begins. */
void pieces_draw(void);
bool pieces_are_drawn(void);

/* The line is about to be written: it is the next piece of what is open, or the first of another. With
 * `is_last` no other follows. */
void pieces_begin(struct pieces *pieces, struct line *line, bool is_last);

/* What is written before its text. */
struct slice pieces_head(const struct line *line);

/* All of it is in the file now. */
void pieces_whole(struct pieces *pieces, const struct line *line);

/* What is written next goes into another file; or the file was copied, and is about to be truncated. */
void pieces_part(struct pieces *pieces);
void pieces_copy(struct pieces *pieces);

#endif
