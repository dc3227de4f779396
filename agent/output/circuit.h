/*
 * The circuit before one back-end: whether it is asked at all, and by how many requests at once. Pure.
 *
 *            failures_max requests in a row failed as a whole
 *   closed  ------------------------------------------------->  open
 *      ^                                                          |
 *      '------------- any request that was answered --------------'
 *
 * While it is open one request at a time goes out, after a wait that is drawn and whose bound doubles
 * with each that fails; all others wait for it. So a dead back-end is probed and not hammered, and
 * one that comes back is found within CIRCUIT_PROBE_WAIT_MS and a connect.
 *
 * A back-end that says it is busy (429) is not dead. Each time it says so it gets half as many
 * requests at once as before, and none before Retry-After is over; each row of as many answers as
 * there are places gives one place back.
 */
#ifndef TAILRACE_OUTPUT_CIRCUIT_H
#define TAILRACE_OUTPUT_CIRCUIT_H

#include "output/retry.h"

#define CIRCUIT_FAILURES_MAX 3

/* The longest wait between probes, unless the base is longer. */
#define CIRCUIT_PROBE_WAIT_MS 4000

/* How long a probe tries to connect. Each fourth has all the time that is configured, or one that is
 * far away would never be found again. */
#define CIRCUIT_CONNECT_MS 5000
#define CIRCUIT_PATIENT_PROBE 4

enum circuit_event {
    CIRCUIT_ANSWERED, /* it took the records, or refused them for their content */
    CIRCUIT_BUSY,     /* it asks for fewer */
    CIRCUIT_FAILED,   /* nobody answered, or with something that is no answer to the records */
};

struct circuit {
    uint64_t base_ms, cap_ms; /* of waits */
    unsigned places_max;
    unsigned places;        /* while it is closed: 1 to places_max */
    unsigned answers;       /* since `places` changed */
    uint32_t failures;      /* in a row */
    uint32_t probes;        /* that failed since it opened */
    uint64_t not_before_ms; /* nothing begins before */
    bool is_open;
};

/* When and with what an event comes. */
struct circuit_moment {
    uint64_t now_ms;
    uint64_t asked_ms; /* Retry-After, or 0 */
    uint64_t dice;
};

void circuit_init(struct circuit *c, const struct retry_policy *policy, unsigned places_max);

/* How many requests may begin now, while so many are under way. */
unsigned circuit_room(const struct circuit *c, uint64_t now_ms, unsigned under_way);

void circuit_note(struct circuit *c, enum circuit_event event, struct circuit_moment moment);

/* No wait ends after this. */
void circuit_hasten(struct circuit *c, uint64_t until_ms);

/* The time to connect that the next request has; 0: as configured. */
uint32_t circuit_connect_ms(const struct circuit *c);

#endif
