#include "output/gate.h"

#include "output/turn.h"

#include "base/clock.h"
#include "base/random.h"

#include <stdlib.h>

/*
 * The circuit, obeyed: how many deliveries may begin, when the next one may, and what the log says
 * of it.
 */

#define SAID_INTERVAL_MS 10000

static void on_gate(void *owner)
{
    output_pump(owner);
}

void gate_init(struct output *output)
{
    circuit_init(&output->opening.circuit, &output->config.retry, output->config.workers);
}

void gate_fini(struct output *output)
{
    timer_free(&output->opening.timer);
}

bool gate_has_room(const struct output *output)
{
    return circuit_room(&output->opening.circuit, clock_ms(), output->places.under_way) > 0 &&
           turn_wait_ms(output) == 0;
}

void gate_wait(struct output *output)
{
    uint64_t now_ms = clock_ms(), at_ms = now_ms + turn_wait_ms(output);

    if (at_ms < output->opening.circuit.not_before_ms)
        at_ms = output->opening.circuit.not_before_ms;
    if (list_is_empty(&output->places.queue) || at_ms <= now_ms) {
        timer_free(&output->opening.timer);
        return;
    }
    if (output->opening.timer == NULL)
        output->opening.timer = timer_new(output->loop, on_gate, output);
    CHECK(at_ms > now_ms);
    timer_start(output->opening.timer, at_ms - now_ms);
}

void gate_stop(struct output *output)
{
    circuit_init(&output->opening.circuit, &output->config.retry, output->config.workers);
}

bool gate_is_hopeless(const struct output *output)
{
    return output->is_stopping && output->opening.circuit.is_open;
}

/* Those that failed meanwhile need not wait for their own times. */
static void wake_all(struct output *output)
{
    LIST_FOR (it, &output->places.deliveries) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (d->flow.is_under_way || d->tries.is_busy)
            continue;
        CHECK(d->timer != NULL);
        timer_start_sooner(d->timer, 0);
    }
}

static void opening_say(const struct delivery *d)
{
    uint64_t held;

    if (log_brake_open(&d->output->opening.brake, SAID_INTERVAL_MS, &held))
        log_warn(d->output->config.component,
                 "%d requests in a row failed; one at a time is tried until one is answered: %s",
                 CIRCUIT_FAILURES_MAX, d->answer.why);
}

void gate_note(struct delivery *d, enum circuit_event event, uint64_t asked_ms)
{
    struct output *output = d->output;
    bool was_open = output->opening.circuit.is_open;
    struct circuit_moment moment = {
        .now_ms = clock_ms(),
        .asked_ms = asked_ms,
        .dice = event == CIRCUIT_ANSWERED ? 0 : random_number(),
    };

    output->is_answered = event != CIRCUIT_FAILED || d->answer.is_success;
    output->answers += output->is_answered;
    d->tries.is_busy = event == CIRCUIT_BUSY;
    d->tries.busy += d->tries.is_busy;
    circuit_note(&output->opening.circuit, event, moment);
    output->metrics.circuit_open = output->opening.circuit.is_open;
    if (output->is_stopping)
        circuit_hasten(&output->opening.circuit, moment.now_ms + STOPPING_WAIT_MS);
    if (!was_open && output->opening.circuit.is_open)
        opening_say(d);
    if (was_open && !output->opening.circuit.is_open)
        wake_all(output);
}

static bool has_busy_items(const struct verdicts *verdicts)
{
    for (uint32_t i = 0; verdicts->items != NULL && i < verdicts->count; i++)
        if (verdicts->items[i].verdict == VERDICT_RETRY && verdicts->items[i].status == 429)
            return true;
    return false;
}

enum circuit_event gate_event(int status, enum verdict verdict, const struct verdicts *verdicts)
{
    if (verdict == VERDICT_AGAIN && verdicts->is_busy)
        return CIRCUIT_BUSY;
    if (verdict == VERDICT_RETRY)
        return status == 429 || verdicts->is_busy ? CIRCUIT_BUSY : CIRCUIT_FAILED;
    if (verdict == VERDICT_DELIVERED && has_busy_items(verdicts))
        return CIRCUIT_BUSY;
    return CIRCUIT_ANSWERED;
}

/* That it was busy is held against no record, unless nothing is to be tried again at all. */
struct retry_policy gate_policy(const struct delivery *d)
{
    struct retry_policy policy = d->output->config.retry;

    if (policy.attempts_max == 0)
        return policy;
    if (d->tries.is_busy || policy.attempts_max >= RETRY_UNLIMITED - d->tries.busy)
        policy.attempts_max = RETRY_UNLIMITED;
    else
        policy.attempts_max += d->tries.busy;
    return policy;
}
