/*
 * One sentence that answers: is it keeping up, and if not, why?
 *
 * It goes by the bytes that lie unread, by whether they grow, and by the trouble of outputs. How
 * they move is measured between two looks that are at least PACE_MIN_MS apart.
 *
 * Pure. Thread: any.
 */
#ifndef TAILRACE_ADMIN_VERDICT_H
#define TAILRACE_ADMIN_VERDICT_H

#include "base/buffer.h"

#define PACE_MIN_MS 1000

/* How the agent got on between the last two looks. All zero before the first. */
struct pace {
    uint64_t at_ms;
    uint64_t delivered_bytes;
    uint64_t unread_bytes;
    double delivered_per_s;
    double unread_growth_per_s;
    bool is_known;
};

void pace_look(struct pace *pace, uint64_t now_ms, uint64_t delivered_bytes, uint64_t unread_bytes);

enum verdict_state {
    STATE_GOOD,
    STATE_BEHIND, /* but catching up, or not known yet */
    STATE_BAD,
};

/* What is the case; texts are lent for the call. */
struct situation {
    const char *output; /* the one in trouble, or NULL */
    const char *trouble;
    uint64_t trouble_s;     /* for how long */
    const char *standstill; /* what does not go on, in words, or NULL */
    bool is_paused;         /* for want of memory */
    uint64_t closed_files;  /* that cannot be opened or read */
    uint64_t unread_bytes;
    uint64_t lost_bytes;
    uint64_t set_aside_records;
    uint64_t dropped_records;
};

/* Appends the sentence, and one more for each loss. */
enum verdict_state verdict_write(const struct situation *is, const struct pace *pace,
                                 struct buffer *out);
const char *verdict_state_name(enum verdict_state state);

/* "512 bytes", "1.5 MB"; "40 s", "3 min", "2 h". */
void append_bytes(struct buffer *out, uint64_t bytes);
void append_span(struct buffer *out, uint64_t seconds);

#endif
