/*
 * Whether and when to try again. Pure.
 *
 * The wait is drawn between the base and a bound that doubles with each attempt up to the cap
 * (full jitter: a thousand nodes that lost the same back-end do not come back at once). What the
 * back-end asks for with Retry-After is honoured, up to RETRY_AFTER_MAX_MS.
 */
#ifndef TAILRACE_OUTPUT_RETRY_H
#define TAILRACE_OUTPUT_RETRY_H

#include "http/judge.h"

#define RETRY_UNLIMITED UINT32_MAX
#define RETRY_AFTER_MAX_MS UINT64_C(300000)

struct retry_policy {
    uint32_t attempts_max; /* after the first; RETRY_UNLIMITED; 0: never */
    uint64_t base_ms;
    uint64_t cap_ms;
};

enum retry_move {
    RETRY_DONE,      /* nothing is left to do */
    RETRY_WAIT,      /* the same records again, after wait_ms */
    RETRY_HALVE,     /* at once, in halves */
    RETRY_SET_ASIDE, /* refused for their content */
    RETRY_GIVE_UP,   /* the limit is reached: dropped */
};

struct retry_plan {
    enum retry_move move;
    uint64_t wait_ms;
};

/* What to do about a verdict on `record_count` records, after `attempts` that came before.
 * `asked_ms` is the back-end's Retry-After or 0; `dice` any random number. */
struct retry_plan retry_next(const struct retry_policy *policy, enum verdict verdict,
                             uint32_t attempts, uint64_t asked_ms, uint64_t dice);

/* The wait alone. */
uint64_t retry_wait_ms(const struct retry_policy *policy, uint32_t attempts, uint64_t dice);

#endif
