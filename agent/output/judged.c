#include "output/judged.h"

#include "output/account.h"
#include "output/gate.h"
#include "output/wait.h"

#include "base/random.h"

/*
 * What becomes of a delivery by the verdict: each record fares as its item says, and then the batch is
 * done with, waits, goes in halves, is set aside or given up, as the retry plan has it.
 *
 *   delivery_judged      does what the plan says
 *   delivery_next_part   the batch is done with: the next part of the chunk, or the end, once
 *   on_letters_kept      what was set aside is safe
 */

/* Narrows the batch to the front half of what is waiting; one record alone is set aside, with the
 * back-end's words. Whether there is a half to send. */
static bool delivery_halve(struct delivery *d)
{
    uint32_t waiting = batch_waiting(&d->batch);

    if (waiting <= 1) {
        account_set_aside(d);
        return false;
    }
    trouble_say(d, LOG_WARN, "sent again in halves");
    batch_narrow(&d->batch, waiting / 2);
    CHECK(batch_waiting(&d->batch) == waiting / 2);
    return true;
}

static void on_letters_kept(struct letter_waiter *waiter)
{
    struct delivery *d = CONTAINER_OF(waiter, struct delivery, aside.waiter);

    CHECK(d->flow.is_under_way && d->aside.has_letters && d->batch.count == 0);
    delivery_end(d, true);
}

/* What was set aside must be safe before the chunk is settled. False: it is. */
static bool letters_wait(struct delivery *d)
{
    struct letter_sink *sink = d->output->config.letters;

    CHECK(!d->aside.has_letters || sink != NULL);
    d->aside.waiter.kept = on_letters_kept;
    return d->aside.has_letters && sink->wait(sink, &d->aside.waiter);
}

/* The batch is done with; goes on with what was held, then with what a halving left behind it, or
 * ends. */
void delivery_next_part(struct delivery *d)
{
    uint32_t after = d->batch.first + d->batch.count;

    CHECK(batch_waiting(&d->batch) == 0 || d->batch.states == NULL);
    CHECK(after <= d->chunk->record_count);
    d->tries.attempts = d->tries.fruitless = d->tries.busy = 0;
    if (batch_release(&d->batch)) {
        delivery_attempt(d);
        return;
    }
    d->batch.first = after;
    d->batch.count = d->chunk->record_count - after;
    if (d->batch.count > 0)
        delivery_attempt(d);
    else if (!letters_wait(d))
        delivery_end(d, true);
}

static void output_went_well(struct output *output)
{
    output->is_delivering = true;
    trouble_over(output);
}

/* The wait grows with the attempts in a row that came to nothing: a back-end that takes a part of
 * each request is not down, and gets the rest soon. */
static struct retry_plan delivery_plan(const struct delivery *d, enum verdict verdict,
                                       uint64_t asked_ms)
{
    const struct retry_policy policy = gate_policy(d);
    uint64_t dice = verdict == VERDICT_DELIVERED ? 0 : random_number();
    struct retry_plan plan = retry_next(&policy, verdict, d->tries.attempts, asked_ms, dice);

    if (plan.move == RETRY_WAIT && asked_ms == 0)
        plan.wait_ms = retry_wait_ms(&policy, d->tries.fruitless, dice);
    return plan;
}

void delivery_judged(struct delivery *d, enum verdict verdict, struct verdicts *verdicts,
                     uint64_t asked_ms)
{
    uint32_t waiting = batch_waiting(&d->batch);
    struct items_left left = {0};
    struct retry_plan plan;

    CHECK(d->flow.is_under_way && d->sending.call == NULL);
    CHECK(d->made.body_bytes == 0);
    if (verdict == VERDICT_AGAIN && d->tries.rest_ms > 0 &&
        d->output->config.retry.attempts_max > 0) {
        delivery_rest(d);
        return;
    }
    if (verdict == VERDICT_AGAIN && !d->tries.is_busy && ++d->tries.again <= AGAIN_MAX) {
        delivery_attempt(d);
        return;
    }
    if (verdict == VERDICT_AGAIN)
        verdict = VERDICT_RETRY;
    d->tries.again = 0;
    if (verdict == VERDICT_DELIVERED) {
        left = account_items(d, verdicts);
        CHECK(left.retry + left.as_text <= waiting);
        if (left.retry + left.as_text < waiting)
            d->tries.fruitless = 0;
        if (left.retry > 0)
            verdict = VERDICT_RETRY;
        else
            output_went_well(d->output);
        if (left.retry == 0 && left.as_text > 0) {
            delivery_attempt(d);
            return;
        }
    }
    plan = delivery_plan(d, verdict, asked_ms);
    switch (plan.move) {
    case RETRY_DONE:
        delivery_next_part(d);
        return;
    case RETRY_WAIT:
        delivery_wait(d, plan.wait_ms);
        return;
    case RETRY_HALVE:
        if (delivery_halve(d))
            delivery_attempt(d);
        else
            delivery_next_part(d);
        return;
    case RETRY_SET_ASIDE:
        account_set_aside(d);
        delivery_next_part(d);
        return;
    case RETRY_GIVE_UP:
        account_give_up(d, left.as_text > 0);
        d->tries.attempts = d->tries.fruitless = d->tries.busy = 0;
        if (left.as_text > 0)
            delivery_attempt(d);
        else
            delivery_next_part(d);
        return;
    }
}
