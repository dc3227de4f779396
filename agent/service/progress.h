/*
 * Whether one output stands still: it has something to deliver, and nothing leaves by it. Somebody
 * should look then: at the back-end that answers and takes nothing, or at what is wrong inside. Each
 * output is judged by itself, and what reads for all of them as if it were one more. Pure.
 *
 *                   something left, nothing to do, or a good reason
 *               .--------------------------------------------------.
 *               v                                                  |
 *   looks, since then ----- limit_ms without any of these ----> stands still
 *                                                                  |
 *               ^---- something left, or nothing is left to do ----'
 *
 * Progress is what left: delivered, set aside or given up. What a back-end says is none, whatever it
 * says, however much of it, and however often it says something else.
 *
 * Good reasons are
 *
 *   a back-end that was away: it was not there at all for half of the limit. That need not be one's
 *                own fault, and a start anew would not help. One that answers in between is there
 *   memory       that others hold, as long as the output has nothing in hand: they are judged for it
 *   reading      that goes on, where nothing of what is read is for this output
 *   nobody looked for half of the limit: the process was stopped itself
 *
 * and no reasons any more once it stands still: a back-end that goes away then took nothing before.
 *
 * Thread   any.
 */
#ifndef TAILRACE_SERVICE_PROGRESS_H
#define TAILRACE_SERVICE_PROGRESS_H

#include "base/check.h"

/* All zero at first. */
struct progress {
    uint64_t left;
    uint64_t mark;
    uint64_t answers;
    uint64_t looked_ms; /* 0: nobody has looked yet */
    uint64_t since_ms;  /* nothing has left since, or had to */
    uint64_t away_ms;   /* it is away since; 0: it is not */
    bool is_still;      /* for too long */
};

struct progress_seen {
    uint64_t now_ms;
    uint64_t left;         /* by any way out; whatever only grows by progress */
    uint64_t held_records; /* that it has in hand */
    uint64_t unread_bytes; /* that others have read, and it has not */
    uint64_t mark;         /* another one when some of those were done with */
    bool has_room;         /* they may be read now */
    uint64_t answers;      /* so many came from a back-end that was there */
    bool is_away;          /* the last word was not from one */
};

struct progress_rule {
    uint64_t limit_ms;
    bool excuses_away;
};

/* True when is_still has changed. */
bool progress_look(struct progress *p, const struct progress_seen *seen,
                   const struct progress_rule *rule);

#endif
