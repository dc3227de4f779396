#include "output/wait.h"

#include "output/account.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * What waits, and has given its place to another meanwhile: what was not taken until it is tried again,
 * and what may only be asked later until then.
 */

void delivery_resume(struct delivery *d)
{
    struct output *output = d->output;

    output->metrics.retries++;
    output->metrics.retried_records += batch_waiting(&d->batch);
    delivery_requeue(d);
}

void delivery_requeue(struct delivery *d)
{
    CHECK(list_is_linked(&d->link));
    CHECK(!d->flow.is_under_way && d->sending.call == NULL);
    CHECK(d->made.body_bytes == 0);
    list_remove(&d->link);
    list_add_tail(d->output->places.queue.next, &d->link); /* before the first */
    output_pump(d->output);
}

bool delivery_goes_back(struct delivery *d)
{
    if (d->tries.is_last && !d->output->is_stopping && chunk_can_leave(d->chunk)) {
        delivery_leave(d);
        return true;
    }
    d->tries.is_last = false;
    if (d->output->is_letting_go || (d->output->is_stopping && chunk_can_repeat(d->chunk))) {
        delivery_let_go(d);
        return true;
    }
    return false;
}

static void on_wait_over(void *owner)
{
    delivery_resume(owner);
}

void delivery_sleep(struct delivery *d, uint64_t wait_ms)
{
    CHECK(d->sending.call == NULL && d->made.body_bytes == 0);
    if (d->timer == NULL)
        d->timer = timer_new(d->output->loop, on_wait_over, d);
    timer_start(d->timer, wait_ms);
    delivery_pause(d);
    CHECK(!d->flow.is_under_way);
    output_pump(d->output);
}

void delivery_wait(struct delivery *d, uint64_t wait_ms)
{
    char what[64];

    CHECK(d->flow.is_under_way);
    d->tries.attempts++;
    d->tries.fruitless++;
    d->output->is_delivering = false;
    if (delivery_goes_back(d))
        return;
    if (d->output->is_stopping && wait_ms > STOPPING_WAIT_MS)
        wait_ms = STOPPING_WAIT_MS;
    snprintf(what, sizeof what, "retry in %" PRIu64 " seconds", (wait_ms + 999) / 1000);
    trouble_say(d, LOG_WARN, what);
    delivery_sleep(d, wait_ms);
}

void delivery_rest(struct delivery *d)
{
    uint64_t wait_ms = d->tries.rest_ms;

    CHECK(d->flow.is_under_way);
    CHECK(wait_ms > 0);
    d->tries.rest_ms = 0;
    if (d->tries.is_busy) {
        d->output->is_delivering = false;
        trouble_say(d, LOG_WARN, "asked to be slower, and waits");
    }
    if ((d->tries.is_busy || d->output->is_letting_go) && delivery_goes_back(d))
        return;
    if (d->output->is_stopping && wait_ms > STOPPING_WAIT_MS)
        wait_ms = STOPPING_WAIT_MS;
    delivery_sleep(d, wait_ms);
}
