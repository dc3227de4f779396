/*
 * How many deliveries may begin, and when: the circuit (circuit.h), obeyed.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_OUTPUT_GATE_H
#define TAILRACE_OUTPUT_GATE_H

#include "output/delivery.h"

void gate_init(struct output *output);
void gate_fini(struct output *output);

/* Whether one more may begin; when not, and some wait, the timer is set for when it may. */
bool gate_has_room(const struct output *output);
void gate_wait(struct output *output);

/* What was found out of the back-end before counts no more: what is left is tried once. */
void gate_stop(struct output *output);

/* Nobody answers, and there is no time to wait. */
bool gate_is_hopeless(const struct output *output);

/* How it went; d->answer.why says why. */
void gate_note(struct delivery *d, enum circuit_event event, uint64_t asked_ms);

enum circuit_event gate_event(int status, enum verdict verdict, const struct verdicts *verdicts);

/* The output's, for the attempt that was noted last. */
struct retry_policy gate_policy(const struct delivery *d);

#endif
