/*
 * How fast an API of an account is called: by all outputs that say its name, so that what one of them
 * is told counts for the others at once. What has a pace is asked twice: whether it is its turn,
 * before a request is made, and whether it may start, when it is about to go out.
 *
 *   hold    behind calls that were throttled, so many in a row: drawn between the half and the whole
 *           of 100 ms, 200 ms, 400 ms, ... PACE_HOLD_MS_MAX, so that many nodes do not come back at
 *           once. Nothing starts while it stands
 *   gap     from one turn to the next, between a least and a most. Half as long again behind each call
 *           that was throttled, and long enough for no more calls a second than were taken in the
 *           one before it; a little shorter behind each that was not
 *   second  no more calls start in any second than gaps begin in it, however late those are that had
 *           their turn before. Where the limit was told, a call has its place from when it starts until
 *           a second after its answer: whoever counts calls saw it somewhere between, so that by no
 *           clock any second has more
 *
 * Life     call_pace_ref -> call_pace_unref. What was learnt is kept for whoever says the name next, as
 *          after a reload; what was told is not.
 * Thread   the loop. call_lane_* are pure.
 * Limits   of PACE_STARTS_MAX calls a second and more only gaps are kept; PACES_KEPT_MAX that nobody
 *          has.
 */
#ifndef TAILRACE_OUTPUT_PACE_H
#define TAILRACE_OUTPUT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_HOLD_MS_MAX 60000
#define PACE_STARTS_MAX 64
#define PACE_LANES_MAX 4
#define PACES_KEPT_MAX 8

/* Turns are given so far ahead: those who got the last one and find no room ask again. */
#define PACE_TURNS_MS_MAX 60000

/* No wait for a hold is cut short. */
#define PACE_PATIENT UINT64_MAX

#define PACE_UNDER_WAY UINT64_MAX

/* Of one kind of calls. */
struct lane_limits {
    uint32_t gap_least_ms, gap_most_ms;
};

struct call_lane {
    struct lane_limits limits;
    double gap_ms;
    uint64_t turn_ms;                    /* when the next one is */
    uint64_t held_from_ms, held_till_ms; /* equal: it is not */
    uint64_t starts_ms[PACE_STARTS_MAX]; /* the last ones; a ring */
    uint64_t ends_ms[PACE_STARTS_MAX];   /* theirs; PACE_UNDER_WAY */
    uint64_t started;
    uint32_t throttled; /* in a row */
    bool is_told;
};

struct call_pace;

/* Of all who say this name, which is copied. Its lanes begin with these limits, where nobody has it. */
struct call_pace *call_pace_ref(const char *name, const struct lane_limits *limits,
                                unsigned lane_count);
void call_pace_unref(struct call_pace **pace); /* NULL is fine */

/* Those that nobody has are forgotten. */
void call_paces_forget(void);

struct call_lane *call_pace_lane(struct call_pace *pace, unsigned index);

void call_lane_init(struct call_lane *lane, struct lane_limits limits);

/* So many calls a second are the most, from now on; of several numbers the least counts. */
void call_lane_tell(struct call_lane *lane, uint32_t calls_a_second);

/* In how many ms the next turn is; 0: now. Who is `patience_ms` behind the beginning of a hold waits
 * for its end no longer. */
uint64_t call_lane_wait_ms(const struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms);

/* It is now, and it is taken. */
void call_lane_take(struct call_lane *lane, uint64_t now_ms);

/* Takes the next turn that nobody has: in how many ms it is. */
uint64_t call_lane_reserve(struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms);

/* From when on one that has a turn may go out; no sooner than then, and it is to be asked again. */
uint64_t call_lane_start_ms(const struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms);

/* It does, unless it is too early: whether it does. Its number is `started` then. */
bool call_lane_start(struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms);

/* The call of this number is over: answered, failed or given up. */
void call_lane_end(struct call_lane *lane, uint64_t number, uint64_t now_ms);

/* A call was throttled: for how many ms nothing starts. `dice` is any random number. */
uint64_t call_lane_throttled(struct call_lane *lane, uint64_t now_ms, uint64_t dice);

/* A call was answered otherwise. */
void call_lane_answered(struct call_lane *lane);

#endif
