/*
 * A budget counts the memory that one thing holds, under a limit, and under the limits above it:
 * an input's Mem_Buf_Limit stands below the service's memory budget.
 *
 * A budget never refuses: what was read must be kept. Whoever is about to read asks first, and
 * when there is no room waits to be told. Room comes back at three quarters of the limit, so that
 * reading does not stutter.
 *
 * Requests are made of what is held, and hold as much again while they are under way. Room for them
 * is reserved: reading stops before it is taken up, so that requests can be made within the limit.
 *
 * Part of what is held may wait: lines for what belongs to them. No ack gives it back, so that
 * reading would stop for ever if it grew up to the limit; where it takes up more than
 * BUDGET_WAITING_PERCENT, whoever makes lines wait must let some go on; but for one guest of all that
 * are below one budget, whose lines may wait beyond that while records leave room (budget_is_light).
 *
 * Life     budget_init -> take, give, limit* -> budget_fini when everything was given back.
 * Thread   the loop.
 * Stops    the process, when more is given back than was taken.
 */
#ifndef TAILRACE_BASE_BUDGET_H
#define TAILRACE_BASE_BUDGET_H

#include "base/list.h"

/* Below what must be free for reading to go on, with a read's worth between. */
#define BUDGET_WAITING_PERCENT 60

#define BUDGET_LIGHT_PERCENT 60

/* So many bytes of what waits cost what they are; the others twice that. */
#define BUDGET_WAITING_FEW ((uint64_t)5 << 18)

struct budget {
    struct budget *parent; /* lent, or NULL */
    uint64_t limit_bytes;  /* 0: none of its own */
    uint64_t used_bytes;
    uint64_t peak_bytes;
    uint64_t recent_peak_bytes; /* since budget_recent_peak was asked last */
    uint64_t waiting_bytes;     /* of the used ones */
    uint64_t request_bytes;     /* of the used ones */
    uint64_t reserved_bytes;    /* for those: half of the limit at most */
    bool has_guest;
    bool is_full; /* was found full, and not told yet that there is room */
    struct list waiters;
    void (*turned)(struct budget *b); /* is_full has changed; NULL: nobody wants to know */
};

/* Waits for room; tells once, then waits no more. */
struct budget_waiter {
    struct list link;
    void (*has_room)(struct budget_waiter *waiter);
};

void budget_init(struct budget *b, struct budget *parent, uint64_t limit_bytes);
void budget_fini(struct budget *b);

/* Another limit from now on; who waits is told where it leaves room. Where more is held than that,
 * reading waits. */
void budget_limit(struct budget *b, uint64_t limit_bytes);

void budget_take(struct budget *b, size_t bytes);

/* May call waiters, which must not free the budget, nor push records: this is called while a chunk is
 * appended to. They start timers. */
void budget_give(struct budget *b, size_t bytes);

/* What waits, now instead of before: `before_bytes` are given back, `bytes` are taken. */
void budget_wait_bytes(struct budget *b, size_t before_bytes, size_t bytes);

/* The most that was held since the last call. */
uint64_t budget_recent_peak(struct budget *b);

/* Whether too much waits, here or in a budget above. */
bool budget_is_clogged(const struct budget *b);

/* Whether what waits takes up more than half of that. */
bool budget_waits_much(const struct budget *b);

/* Takes the place of the one guest, here and above. False: somebody has it. */
bool budget_guest_enter(struct budget *b);
void budget_guest_leave(struct budget *b);

/* Whether records hold less than BUDGET_LIGHT_PERCENT, here and in every budget above. */
bool budget_is_light(const struct budget *b);

/* What may be held besides requests; 0: as much as there is. */
uint64_t budget_room_bytes(const struct budget *b);

/* Keeps so much more room for requests, as far as half of the limit goes. */
void budget_reserve(struct budget *b, size_t bytes);

/* What a request holds, in the place that was reserved. */
void budget_take_request(struct budget *b, size_t bytes);
void budget_give_request(struct budget *b, size_t bytes);

/* Whether more may be read, here and in every budget above. */
bool budget_has_room(struct budget *b);

/* Calls back when there is room again; the waiter is linked where it is full. Call it only after
 * budget_has_room said no. */
void budget_wait(struct budget *b, struct budget_waiter *waiter);
void budget_waiter_init(struct budget_waiter *w, void (*has_room)(struct budget_waiter *waiter));
void budget_waiter_stop(struct budget_waiter *w);

#endif
