#include "output/turn.h"

#include "output/sign.h"
#include "output/wait.h"

#include "base/clock.h"

/*
 * Calls that have a pace (pace.h), obeyed.
 *
 *   turn_take     is it this delivery's turn, its request is made. If not: what begins with the calls
 *                 that all deliveries begin with goes back to the queue, whose gate is shut until
 *                 then; another kind of call waits by itself, while the others go on
 *   turn_start    the request is about to go out. A hold may have begun since
 *   turn_end      it was answered, or will not be
 */

static struct call_lane *lane_of(const struct output *output, const void *note)
{
    const struct output_config *config = &output->config;

    return config->plugin->lane != NULL ? config->plugin->lane(config->self, note) : NULL;
}

static uint64_t patience_ms(const struct output *output)
{
    return output->is_stopping ? STOPPING_WAIT_MS : PACE_PATIENT;
}

uint64_t turn_wait_ms(const struct output *output)
{
    const struct call_lane *lane = lane_of(output, NULL);

    return lane != NULL ? call_lane_wait_ms(lane, clock_ms(), patience_ms(output)) : 0;
}

static void turn_wait(struct delivery *d, struct call_lane *lane)
{
    struct output *output = d->output;
    uint64_t wait_ms;

    d->flow.has_turn = false;
    if ((d->tries.is_last || output->is_letting_go) && delivery_goes_back(d))
        return;
    if (lane == lane_of(output, NULL)) {
        delivery_pause(d);
        delivery_requeue(d);
        return;
    }
    d->flow.has_turn = true;
    wait_ms = call_lane_reserve(lane, clock_ms(), patience_ms(output));
    delivery_sleep(d,
                   output->is_stopping && wait_ms > STOPPING_WAIT_MS ? STOPPING_WAIT_MS : wait_ms);
}

/* A turn that was waited for is none while there is a hold. */
bool turn_take(struct delivery *d)
{
    struct call_lane *lane = lane_of(d->output, d->batch.note);
    uint64_t now_ms = clock_ms(), patience = patience_ms(d->output);

    CHECK(d->flow.is_under_way);
    if (lane == NULL || (d->flow.has_turn && call_lane_start_ms(lane, now_ms, patience) <= now_ms))
        return true;
    if (call_lane_wait_ms(lane, now_ms, patience) > 0) {
        turn_wait(d, lane);
        return false;
    }
    call_lane_take(lane, now_ms);
    d->flow.has_turn = true;
    return true;
}

bool turn_start(struct delivery *d)
{
    struct call_lane *lane = lane_of(d->output, d->batch.note);

    CHECK(d->flow.is_under_way && d->sending.lane == NULL);
    d->flow.has_turn = false;
    if (lane == NULL)
        return true;
    if (call_lane_start(lane, clock_ms(), patience_ms(d->output))) {
        d->sending.lane = lane;
        d->sending.number = lane->started;
        return true;
    }
    sign_forget(d);
    http_request_fini(&d->made.request);
    turn_wait(d, lane);
    return false;
}

void turn_end(struct delivery *d)
{
    if (d->sending.lane != NULL)
        call_lane_end(d->sending.lane, d->sending.number, clock_ms());
    d->sending.lane = NULL;
}
