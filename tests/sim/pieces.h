/*
 * Lines in pieces: each piece is a line of its own in the file. Whether the logs of a history are such is
 * drawn, or asked for with SIM_PIECES; and how they are written:
 *
 *   CRI          "2023-11-14T22:13:20.000000000Z stdout P L000123:...", the last one with an F for the P
 *   both         the same, of stdout and stderr side by side
 *   docker       {"log":"L000123:...","stream":"stdout",...}, the last one with a line feed in `log`
 *   Docker_Mode  the same, joined by that
 *   traces       "L000123:..." and then "  L000124:...", which a parser of several lines joins
 *
 * To the truth every piece is a line, and the pieces of one line are a group. Whatever happens,
 * each comes once, and never beside one of another group. A group is one record, unless the world
 * gave a reason: its writer paused for longer than pieces are waited for, it was parted twice, or
 * copied while it was open.
 *
 * Life     a struct for each stream of a log, all zero, that nobody ends. Thread one. Limits TRUTH_PIECES_MAX pieces a
 *          group.
 */
#ifndef TAILRACE_SIM_PIECES_H
#define TAILRACE_SIM_PIECES_H

#include "sim/truth.h"

/* A log has as many streams. */
#define PIECES_STREAMS_MAX 2

/* Of one stream. */
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
const char *pieces_name(void);

/* What the input's section has of them, and the section that it needs. */
const char *pieces_config(void);
const char *pieces_sections(void);

/* Which stream the next line is of. */
unsigned pieces_draw_stream(void);

/* The line is about to be written: it is the next piece of what is open, or the first of another. With
 * `is_last` no other follows. */
void pieces_begin(struct pieces *pieces, struct line *line, bool is_last);

/* What is written before its text, and behind it. */
struct slice pieces_head(const struct line *line);
struct slice pieces_tail(const struct line *line);

/* All of it is in the file now. */
void pieces_whole(struct pieces *pieces, const struct line *line);

/* What is written next goes into another file; or the file was copied, and is about to be truncated. */
void pieces_part(struct pieces *pieces);
void pieces_copy(struct pieces *pieces);

#endif
