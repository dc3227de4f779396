#include "output/delivery.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <uv.h>

/*
 * One chunk on its way to one output.
 *
 *   output_offer      a sealed chunk joins the queue
 *   delivery_begin    the first chunk leaves it, when there is a place
 *   delivery_attempt  a worker encodes the records that are left, or writes them; the loop does where
 *                     that is light work
 *   delivery_keyed    before that, where requests are signed and there were no keys: they came, or not
 *   on_encoded        the request goes out; or on_written, when the plugin writes by itself
 *   on_reply          the back-end has answered; the plugin judges
 *   delivery_judged   each record gets its verdict; what must be retried waits without a place, and so
 *                     does what may only go later
 *   delivery_attempt  at once, where records were refused and may be sent as text
 *   delivery_resume   the wait is over (wait.c): it is the first in the queue again
 *   on_letters_kept   what was set aside is safe, so the end may come
 *   delivery_end      the only way out: settle the chunk's spans, or let go of them
 *
 * Goes wrong: nobody answers (wait); the batch or its answer is too large (halves, from the front);
 * part of it is refused (set aside, the rest goes on); it cannot be encoded (set aside).
 *
 * Stopping: what waits is tried once more at once, and what fails then is let go of unsettled, so
 * the bookmarks stay before it. Records that nobody can read again are tried until Grace is over,
 * and then counted as dropped. Letting go: nothing is begun any more; what a worker has at hand
 * ends first.
 */

static void delivery_attempt(struct delivery *d);
static void delivery_next_part(struct delivery *d);
static void delivery_judged(struct delivery *d, enum verdict verdict, struct verdicts *verdicts,
                            uint64_t asked_ms);

uint64_t random_number(void)
{
    uint64_t number = 0;

    if (uv_random(NULL, NULL, &number, sizeof number, 0, NULL) < 0)
        number = (uint64_t)clock_wall_ns();
    return number;
}

/* ---- the story ---- */

void output_offer(struct output *output, struct chunk *chunk)
{
    struct delivery *d = mem_zalloc(1, sizeof *d);

    CHECK(chunk->is_sealed && chunk->record_count > 0);
    CHECK(chunk->outputs >> output->config.index & 1);
    d->output = output;
    d->chunk = chunk_ref(chunk);
    d->batch = (struct batch){.chunk = chunk, .count = chunk->record_count};
    account_in(output, chunk);
    flow_offer(d);
    list_add_tail(&output->queue, &d->link);
    output_pump(output);
}

static void delivery_begin(struct delivery *d)
{
    CHECK(d->output->under_way < d->output->config.workers);
    list_add_tail(&d->output->deliveries, &d->link);
    d->output->under_way++;
    d->is_under_way = true;
    flow_begin(d);
    delivery_attempt(d);
}

void delivery_pause(struct delivery *d)
{
    CHECK(!d->is_under_way || d->output->under_way > 0);
    d->output->under_way -= d->is_under_way;
    d->is_under_way = false;
}

/* What can be read again need not wait for a back-end that is not there. */
static struct delivery *queue_repeatable(const struct output *output)
{
    LIST_FOR (it, (struct list *)&output->queue) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (d->chunk->can_repeat)
            return d;
    }
    return NULL;
}

/* What ends meanwhile asks for the next one, and gets it from the loop that runs: thousands may end in
 * a row. */
void output_pump(struct output *output)
{
    struct delivery *d;

    if (output->is_pumping)
        return;
    output->is_pumping = true;
    while (gate_is_hopeless(output) && (d = queue_repeatable(output)) != NULL)
        delivery_let_go(d);
    while (gate_has_room(output) && !list_is_empty(&output->queue))
        delivery_begin(CONTAINER_OF(list_take_first(&output->queue), struct delivery, link));
    output->is_pumping = false;
    gate_wait(output);
}

static void body_forget(struct delivery *d)
{
    budget_give_request(d->output->config.budget, d->body_bytes);
    d->body_bytes = 0;
    http_request_fini(&d->request);
}

static void delivery_end(struct delivery *d, bool is_settled)
{
    struct output *output = d->output;

    CHECK(d->call == NULL && d->body_bytes == 0);
    sign_forget(d);
    if (is_settled) {
        flow_end(d);
        chunk_settle(d->chunk, output->config.index);
    }
    delivery_pause(d);
    list_remove(&d->link);
    timer_free(&d->timer);
    batch_fini(&d->batch);
    chunk_unref(&d->chunk);
    mem_free(d);
    output_pump(output);
}

void delivery_let_go(struct delivery *d)
{
    if (chunk_can_repeat(d->chunk))
        account_let_go(d);
    else
        account_lose(d);
    delivery_end(d, false);
}

/* They are read again for this output, in this life already. */
void delivery_leave(struct delivery *d)
{
    account_let_go(d);
    chunk_leave(d->chunk, d->output->config.index);
    delivery_end(d, false);
}

static void write_work(void *owner)
{
    struct delivery *d = owner;
    const struct output_config *config = &d->output->config;

    batch_rewind(&d->batch);
    d->write_verdict = config->plugin->write(config->self, &d->batch, d->why);
}

static void on_reply(void *owner, struct http_call *call, int error, const char *why);

static void on_encoded(void *owner)
{
    struct delivery *d = owner;
    struct output *output = d->output;

    if (output->is_letting_go) {
        http_request_fini(&d->request);
        delivery_let_go(d);
        return;
    }
    if (d->batch.call_bytes > 0)
        parcel_learn(d->chunk, d->batch.call_bytes);
    account_skipped(d);
    if (d->encode_status < 0) {
        http_request_fini(&d->request);
        d->status = 0;
        snprintf(d->why, sizeof d->why, "cannot be encoded: %s", uv_strerror(d->encode_status));
        delivery_judged(d, VERDICT_REFUSED, NULL, 0);
        return;
    }
    if (batch_waiting(&d->batch) == 0) {
        http_request_fini(&d->request);
        delivery_next_part(d);
        return;
    }
    d->body_bytes =
        d->request.body.capacity + d->request.inserts.capacity * sizeof(struct http_insert);
    budget_take_request(output->config.budget, d->body_bytes);
    output->metrics.requests++;
    output->metrics.request_bytes += http_request_bytes(&d->request);
    d->request.connect_ms = circuit_connect_ms(&output->circuit);
    d->request.reply_bytes_max = REPLY_BYTES_ANY + batch_waiting(&d->batch) * REPLY_BYTES_EACH;
    if (d->signing.pass == NULL) /* else it is signed for one already */
        d->node = nodes_next(&output->nodes, clock_ms());
    d->call = http_call_start(d->node->client, &d->request, on_reply, d);
}

static void on_written(void *owner)
{
    struct delivery *d = owner;

    account_skipped(d);
    gate_note(d, gate_event(0, d->write_verdict, &(struct verdicts){0}), 0);
    delivery_judged(d, d->write_verdict, NULL, 0);
}

static void delivery_attempt(struct delivery *d)
{
    if (d->output->is_letting_go)
        delivery_let_go(d);
    else if (d->output->config.plugin->encode == NULL)
        job_start(d->output->loop, write_work, on_written, d);
    else if (sign_is_ready(d))
        encode_start(d, on_encoded);
}

void delivery_keyed(struct delivery *d, const char *why)
{
    if (why == NULL) {
        delivery_attempt(d);
        return;
    }
    d->status = 0;
    snprintf(d->why, sizeof d->why, "%s", why);
    gate_note(d, CIRCUIT_FAILED, 0);
    delivery_judged(d, VERDICT_RETRY, NULL, 0);
}

/* What was not read of an answer that is too large is not known. Fewer records have a shorter one; one
 * alone waits. */
static enum verdict unanswered_verdict(const struct delivery *d, int error)
{
    return error == UV_E2BIG && batch_waiting(&d->batch) > 1 ? VERDICT_TOO_LARGE : VERDICT_RETRY;
}

static void on_reply(void *owner, struct http_call *call, int error, const char *why)
{
    struct delivery *d = owner;
    const struct output_config *config = &d->output->config;
    struct verdicts verdicts = {0};
    enum verdict verdict;
    uint64_t asked_ms = 0;

    d->call = NULL;
    if (error == 0 && http_call_was_resent(call))
        account_unanswered(d, 0);
    if (error == 0 && sign_heard(d, http_call_reply(call))) {
        sign_forget(d);
        body_forget(d);
        delivery_attempt(d);
        return;
    }
    sign_forget(d);
    d->status = error < 0 ? 0 : (unsigned)http_call_reply(call)->status;
    if (error < 0) {
        snprintf(d->why, sizeof d->why, "%s: %s", d->node->where, why);
        account_unanswered(d, error);
        verdict = unanswered_verdict(d, error);
        if (!nodes_failed(&d->output->nodes, d->node, clock_ms()))
            gate_note(d, CIRCUIT_FAILED, 0);
    } else {
        nodes_answered(d->node);
        verdicts.count = batch_waiting(&d->batch);
        verdicts.note = d->batch.note;
        verdict = config->plugin->judge(config->self, http_call_reply(call), &verdicts, d->why);
        asked_ms = http_call_reply(call)->retry_after_ms;
        gate_note(d, gate_event(http_call_reply(call)->status, verdict, &verdicts), asked_ms);
        gate_hold(d->output, verdicts.hold_ms);
        d->rest_ms = verdict == VERDICT_AGAIN ? verdicts.wait_ms : 0;
    }
    body_forget(d);
    delivery_judged(d, verdict, verdict == VERDICT_DELIVERED ? &verdicts : NULL, asked_ms);
    verdicts_fini(&verdicts);
}

/* ---- verdicts ---- */

/* Narrows the batch to the front half of what is waiting; one record alone is set aside, with the
 * back-end's words. Whether there is a half to send. */
static bool delivery_halve(struct delivery *d)
{
    uint32_t waiting = batch_waiting(&d->batch);

    if (waiting <= 1) {
        account_set_aside(d);
        return false;
    }
    d->output->metrics.errors++;
    trouble_say(d, LOG_WARN, "sent again in halves");
    batch_narrow(&d->batch, waiting / 2);
    return true;
}

static void on_letters_kept(struct letter_waiter *waiter)
{
    struct delivery *d = CONTAINER_OF(waiter, struct delivery, letters);

    CHECK(d->is_under_way && d->has_letters && d->batch.count == 0);
    delivery_end(d, true);
}

/* What was set aside must be safe before the chunk is settled. False: it is. */
static bool letters_wait(struct delivery *d)
{
    struct letter_sink *sink = d->output->config.letters;

    d->letters.kept = on_letters_kept;
    return d->has_letters && sink->wait(sink, &d->letters);
}

/* The batch is done with; goes on with what was held, then with what a halving left behind it, or
 * ends. */
static void delivery_next_part(struct delivery *d)
{
    uint32_t after = d->batch.first + d->batch.count;

    CHECK(batch_waiting(&d->batch) == 0 || d->batch.states == NULL);
    CHECK(after <= d->chunk->record_count);
    d->attempts = d->fruitless = d->busy_attempts = 0;
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
    struct retry_plan plan = retry_next(&policy, verdict, d->attempts, asked_ms, dice);

    if (plan.move == RETRY_WAIT && asked_ms == 0)
        plan.wait_ms = retry_wait_ms(&policy, d->fruitless, dice);
    return plan;
}

static void delivery_judged(struct delivery *d, enum verdict verdict, struct verdicts *verdicts,
                            uint64_t asked_ms)
{
    uint32_t waiting = batch_waiting(&d->batch);
    struct items_left left = {0};
    struct retry_plan plan;

    if (verdict == VERDICT_AGAIN && d->rest_ms > 0 && d->output->config.retry.attempts_max > 0) {
        delivery_rest(d);
        return;
    }
    if (verdict == VERDICT_AGAIN && !d->is_busy && ++d->again <= AGAIN_MAX) {
        delivery_attempt(d);
        return;
    }
    if (verdict == VERDICT_AGAIN)
        verdict = VERDICT_RETRY;
    d->again = 0;
    if (verdict == VERDICT_DELIVERED) {
        left = account_items(d, verdicts);
        if (left.retry + left.as_text < waiting)
            d->fruitless = 0;
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
        d->attempts = d->fruitless = d->busy_attempts = 0;
        if (left.as_text > 0)
            delivery_attempt(d);
        else
            delivery_next_part(d);
        return;
    }
}

/* ---- stopping ---- */

void output_stop(struct output *output)
{
    output->is_stopping = true;
    gate_stop(output);
    LIST_FOR_SAFE (it, after, &output->deliveries) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (!d->is_under_way) {
            timer_stop(d->timer);
            delivery_resume(d);
        }
    }
    output_pump(output);
}

void output_let_go(struct output *output)
{
    output->is_stopping = output->is_letting_go = true;
    while (!list_is_empty(&output->queue))
        delivery_let_go(CONTAINER_OF(output->queue.next, struct delivery, link));
    LIST_FOR_SAFE (it, after, &output->deliveries) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (d->call != NULL) {
            http_call_cancel(&d->call);
            body_forget(d);
            delivery_let_go(d);
        } else if (!d->is_under_way || d->signing.is_waiting) {
            delivery_let_go(d);
        }
    }
}
