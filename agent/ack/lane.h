/*
 * Lanes: outputs that read a file together, and those that read it alone.
 *
 * Normally every file is read once, for all outputs. When the memory is full of what one output does
 * not take, that one falls behind: what waits for it is let go of, the others go on, and each file is
 * read a second time for it alone, within its share of the memory, from where it was left. Once it
 * delivers again, each file joins the others where both readers stand at the same byte.
 *
 *   together ──memory is full of it──> leaving ──nothing under way──> away
 *      ^                                  ^                             │ delivers
 *      └──── every file has joined ────── catching up <─────────────────┘
 *
 * One that has nothing more to deliver, as what it had was given up or is gone, need not show that it
 * delivers: or a file that is read for such outputs alone would never be read on.
 *
 * This says who falls behind and when. Pure: service/lanes.c looks and obeys.
 *
 * Thread   the loop.
 * Limits   an output's share is half the memory's limit, divided by the outputs, or one chunk where
 *          that is more; but all shares but one together are at most half of the limit, so that
 *          outputs that stand still leave room for the one that does not. Those that deliver and are
 *          read for alone may hold a full call each, as far as LANE_ALONE_PERCENT of the limit goes
 *          that the others that are read for alone leave of it: in smaller calls they would take
 *          longer, and more of them.
 */
#ifndef TAILRACE_ACK_LANE_H
#define TAILRACE_ACK_LANE_H

#include "ack/window.h"

struct budget;

/* An output that others wait for falls behind after so many looks in a row, which are so far apart. */
#define LANE_LOOKS 3
#define LANE_LOOK_MS 50

/* Of the memory, for all that are read for alone while they deliver. */
#define LANE_ALONE_PERCENT 70

/* One whose back-end took nothing for so long does not deliver; until then it may be asked to be slower. */
#define LANE_TROUBLE_MS 5000

enum lane_state {
    LANE_TOGETHER,    /* it reads with the others */
    LANE_LEAVING,     /* it gets nothing any more; what is under way is awaited */
    LANE_AWAY,        /* it has its own readers, and does not deliver */
    LANE_CATCHING_UP, /* it delivers, and files join the others */
};

/* Of one output. */
struct lane {
    const char *output; /* its name; lent */
    enum lane_state state;
    unsigned looks;        /* in a row in which others waited for it */
    uint32_t reader_count; /* that are its own, of all inputs; they count themselves */
    uint32_t level_count;  /* those of them that have read as far as the others, or as they can */
    uint64_t behind_bytes; /* that lie before the others' readers, and it has not; when looked at */
    uint64_t done_mark;    /* another one when its readers are done with something; likewise */
    struct budget *share;  /* what its readers may hold */
    uint64_t call_bytes;   /* what its readers have to hold for a full call to it */
    bool is_delivering;    /* lane_delivers, when it was looked at */
};

struct lanes {
    struct lane items[WINDOW_OUTPUTS_MAX]; /* by the output's index */
    unsigned count;
    output_set away; /* those that are leaving or away: no file is to be read for them together */
    uint64_t
        patience_ms; /* at the end of everything: how long one that takes nothing is waited for */
};

/* What an input is told of an output. */
enum lane_event {
    LANE_EVENT_LEFT,   /* it leaves; nothing may be read again for it yet */
    LANE_EVENT_LET_GO, /* what it owes of those records is let go of: they may */
    LANE_EVENT_WELL,   /* it delivers again: files may join */
};

uint64_t lane_share(uint64_t limit_bytes, unsigned output_count, uint64_t chunk_bytes);

/* What the readers of one output alone need of a memory, and get. */
struct lane_need {
    uint64_t held_bytes;  /* that they hold now */
    uint64_t call_bytes;  /* for a full call */
    bool is_alone;        /* there are some, or they hold something */
    bool is_delivering;   /* it gets more than its share for that */
    uint64_t share_bytes; /* they may hold: filled in; 0 where the memory has no limit */
};

struct lane_need lane_need_of(const struct lane *lane, uint64_t held_bytes);

/* How a memory is shared out. None gets less than lane_share, but for one that delivers and fills a call
 * with less, where others lack it for theirs. What one that is dead holds beyond its share, as it delivered
 * until now, the others do not get. */
void lane_shares(struct lane_need *needs, unsigned count, uint64_t limit_bytes,
                 uint64_t chunk_bytes);

/* What one output holds of a budget that is full. */
struct lane_load {
    uint64_t held_bytes; /* that could be let go of */
    bool is_concerned;   /* whether records under this budget go to it */
    bool is_away;        /* or leaving: it has readers of its own, and a share for them */
    bool is_in_trouble;  /* its back-end does not take what it has */
};

/* The outputs that hold more than their share while one that is concerned holds less: it waits for
 * them. One that is away waits only for those in trouble, because from one that is just slow it gets
 * its share in time; and that one would be read for alone with nobody to go on instead. */
output_set lane_holders(const struct lane_load *loads, unsigned count, uint64_t share_bytes);

struct lane_seen {
    bool is_waited_for;  /* it is among the holders */
    bool is_delivering;  /* its last request since it left was taken */
    bool has_last_tries; /* requests that were under way when it left */
    bool has_nothing;    /* no chunk waits for it */
};

enum lane_move {
    LANE_STAY,
    LANE_LEAVE,
    LANE_LET_GO,
    LANE_CATCH_UP,
    LANE_JOIN,
};

/* Whether it takes what is read for it. `was_taken`: its last request was; `trouble_ms`: for how long its
 * back-end took nothing. */
bool lane_delivers(const struct lane *lane, bool was_taken, uint64_t trouble_ms);

/* What to do about an output. */
enum lane_move lane_plan(const struct lane *lane, const struct lane_seen *seen);

#endif
