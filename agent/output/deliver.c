#include "output/account.h"
#include "output/encode.h"
#include "output/gate.h"
#include "output/judged.h"
#include "output/sign.h"
#include "output/turn.h"
#include "output/wait.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <uv.h>

/*
 * One chunk on its way to one output.
 *
 *   output_offer      a sealed chunk joins the queue
 *   delivery_begin    the first chunk leaves it, when there is a place
 *   delivery_attempt  the records that are left are encoded, or written where the plugin does that by itself;
 *                     before that it waits for its turn where calls have a pace (turn.c), and for keys where
 *                     requests are signed (sign.c)
 *   delivery_keyed    keys came, or did not
 *   on_encoded        the request goes out
 *   on_reply          the back-end has answered; the plugin judges
 *   on_written        in place of both, where the plugin writes
 *   delivery_judged   each record gets its verdict (judged.c): what is refused and may be sent as text is tried at
 *                     once, what must be retried waits without a place
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
    list_add_tail(&output->places.queue, &d->link);
    output_pump(output);
}

/*
 *   in the queue --begin--> has a place --pause--> waits --resume--> in the queue
 *                           |-- attempt --> is sent --> judged --|
 *
 * is sent        there is a call, to a node, and its body is of the budget
 * has a place    is_under_way: what is encoded, written or sent, and what waits for keys or its turn
 */
static void delivery_check(const struct delivery *d)
{
    bool is_sent = d->sending.call != NULL;

    CHECK(is_sent == (d->made.body_bytes > 0));
    CHECK(!is_sent || (d->flow.is_under_way && d->sending.node != NULL));
    CHECK(!d->sending.signing.is_waiting || (d->flow.is_under_way && !is_sent));
    CHECK(d->batch.first + d->batch.count <= d->chunk->record_count);
    CHECK(d->output->places.under_way >= d->flow.is_under_way);
}

static void delivery_begin(struct delivery *d)
{
    delivery_check(d);
    CHECK(!d->flow.is_under_way && !list_is_linked(&d->link));
    CHECK(d->output->places.under_way < d->output->config.workers);
    list_add_tail(&d->output->places.deliveries, &d->link);
    d->output->places.under_way++;
    d->flow.is_under_way = true;
    flow_begin(d);
    delivery_attempt(d);
}

void delivery_pause(struct delivery *d)
{
    delivery_check(d);
    d->output->places.under_way -= d->flow.is_under_way;
    d->flow.is_under_way = false;
}

/* What can be read again need not wait for a back-end that is not there. */
static struct delivery *queue_repeatable(const struct output *output)
{
    LIST_FOR (it, (struct list *)&output->places.queue) {
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

    if (output->places.is_pumping)
        return;
    output->places.is_pumping = true;
    while (gate_is_hopeless(output) && (d = queue_repeatable(output)) != NULL)
        delivery_let_go(d);
    while (gate_has_room(output) && !list_is_empty(&output->places.queue))
        delivery_begin(CONTAINER_OF(list_take_first(&output->places.queue), struct delivery, link));
    output->places.is_pumping = false;
    CHECK(output->places.under_way <= output->config.workers);
    gate_wait(output);
}

static void body_forget(struct delivery *d)
{
    CHECK(d->sending.call == NULL);
    budget_give_request(d->output->config.budget, d->made.body_bytes);
    d->made.body_bytes = 0;
    http_request_fini(&d->made.request);
}

void delivery_end(struct delivery *d, bool is_settled)
{
    struct output *output = d->output;

    CHECK(d->sending.call == NULL && d->made.body_bytes == 0);
    CHECK(d->sending.lane == NULL);
    CHECK(!is_settled || d->batch.first == d->chunk->record_count);
    sign_forget(d);
    if (is_settled) {
        flow_end(d);
        chunk_settle(d->chunk, output->config.index);
    }
    CHECK(!d->sending.signing.is_waiting && d->sending.signing.pass == NULL);
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
    CHECK(chunk_can_leave(d->chunk));
    account_let_go(d);
    chunk_leave(d->chunk, d->output->config.index);
    delivery_end(d, false);
}

static void write_work(void *owner)
{
    struct delivery *d = owner;
    const struct output_config *config = &d->output->config;

    batch_rewind(&d->batch);
    d->made.verdict = config->plugin->write(config->self, &d->batch, d->answer.why);
}

static void on_reply(void *owner, struct http_call *call, int error, const char *why);

/* Its body is made, or signed, for the node that was chosen before. */
static bool is_for_one_node(const struct delivery *d)
{
    return d->sending.signing.pass != NULL || d->output->config.node_selves != NULL;
}

void *delivery_self(const struct delivery *d)
{
    const struct output_config *config = &d->output->config;
    size_t at;

    if (config->node_selves == NULL)
        return config->self;
    at = (size_t)(d->sending.node - d->output->nodes.items);
    CHECK(at < d->output->nodes.count);
    return config->node_selves[at] != NULL ? config->node_selves[at] : config->self;
}

static void request_send(struct delivery *d)
{
    struct output *output = d->output;
    struct http_request *request = &d->made.request;

    d->made.body_bytes = request->body.capacity;
    budget_take_request(output->config.budget, d->made.body_bytes);
    output->metrics.requests++;
    output->metrics.request_bytes += request->body.len;
    request->connect_ms = circuit_connect_ms(&output->opening.circuit);
    request->reply_bytes_max = REPLY_BYTES_ANY + batch_waiting(&d->batch) * REPLY_BYTES_EACH;
    if (!is_for_one_node(d))
        d->sending.node = nodes_next(&output->nodes, clock_ms());
    CHECK(d->sending.node != NULL);
    request_trace(d);
    d->sending.call = http_call_start(d->sending.node->client, request, on_reply, d);
    delivery_check(d);
}

static void on_encoded(void *owner)
{
    struct delivery *d = owner;
    struct output *output = d->output;

    delivery_check(d);
    CHECK(d->flow.is_under_way && d->sending.call == NULL);
    if (output->is_letting_go) {
        http_request_fini(&d->made.request);
        delivery_let_go(d);
        return;
    }
    if (d->batch.call_bytes > 0)
        parcel_learn(d->chunk, d->batch.call_bytes);
    account_skipped(d);
    if (d->made.status < 0) {
        http_request_fini(&d->made.request);
        d->answer.status = 0;
        snprintf(d->answer.why, sizeof d->answer.why, "cannot be encoded: %s",
                 uv_strerror(d->made.status));
        delivery_judged(d, VERDICT_REFUSED, NULL, 0);
        return;
    }
    if (batch_waiting(&d->batch) == 0) {
        http_request_fini(&d->made.request);
        delivery_next_part(d);
        return;
    }
    if (turn_start(d))
        request_send(d);
}

static void on_written(void *owner)
{
    struct delivery *d = owner;

    CHECK(d->flow.is_under_way && d->sending.call == NULL);
    account_skipped(d);
    gate_note(d, gate_event(0, d->made.verdict, &(struct verdicts){0}), 0);
    delivery_judged(d, d->made.verdict, NULL, 0);
}

static void encode_begin(struct delivery *d)
{
    if (d->output->config.node_selves != NULL && d->sending.signing.pass == NULL)
        d->sending.node = nodes_next(&d->output->nodes, clock_ms());
    encode_start(d, on_encoded);
}

void delivery_attempt(struct delivery *d)
{
    delivery_check(d);
    CHECK(d->flow.is_under_way && d->sending.call == NULL);
    CHECK(d->batch.count > 0);
    d->answer.is_success = false;
    if (d->output->is_letting_go)
        delivery_let_go(d);
    else if (d->output->config.plugin->encode == NULL)
        job_start(d->output->loop, write_work, on_written, d);
    else if (turn_take(d) && sign_is_ready(d))
        encode_begin(d);
}

void delivery_keyed(struct delivery *d, const char *why)
{
    delivery_check(d);
    CHECK(d->flow.is_under_way);
    CHECK((why == NULL) == (d->sending.signing.pass != NULL));
    if (why == NULL) {
        delivery_attempt(d);
        return;
    }
    d->answer.status = 0;
    snprintf(d->answer.why, sizeof d->answer.why, "%s", why);
    gate_note(d, CIRCUIT_FAILED, 0);
    delivery_judged(d, VERDICT_RETRY, NULL, 0);
}

/* What was not read of an answer that is too large is not known. Fewer records have a shorter one; one
 * alone waits. */
static enum verdict unanswered_verdict(const struct delivery *d, int error)
{
    return error == UV_E2BIG && batch_waiting(&d->batch) > 1 ? VERDICT_TOO_LARGE : VERDICT_RETRY;
}

/* A gateway heard nothing of whom it asked, or what was heard says nothing of the records: who was asked
 * may have done it. */
static bool is_answer_lost(int status, enum verdict verdict)
{
    return verdict == VERDICT_RETRY && (status == 502 || status == 504 || status / 100 == 2);
}

static enum verdict failure_judge(struct delivery *d, int error, const char *why)
{
    snprintf(d->answer.why, sizeof d->answer.why, "%s: %s", d->sending.node->where, why);
    if (!nodes_failed(&d->output->nodes, d->sending.node, clock_ms()))
        gate_note(d, CIRCUIT_FAILED, 0);
    return unanswered_verdict(d, error);
}

static enum verdict answer_judge(struct delivery *d, const struct http_reply *reply,
                                 struct verdicts *verdicts)
{
    const struct output_config *config = &d->output->config;
    enum verdict verdict;

    nodes_answered(d->sending.node);
    verdicts->count = batch_waiting(&d->batch);
    verdicts->note = d->batch.note;
    verdict = config->plugin->judge(delivery_self(d), reply, verdicts, d->answer.why);
    account_unanswered(d, is_answer_lost(reply->status, verdict));
    gate_note(d, gate_event(reply->status, verdict, verdicts), reply->retry_after_ms);
    d->tries.rest_ms = verdict == VERDICT_AGAIN ? verdicts->wait_ms : 0;
    return verdict;
}

static void on_reply(void *owner, struct http_call *call, int error, const char *why)
{
    struct delivery *d = owner;
    const struct http_reply *reply = http_call_reply(call);
    uint64_t asked_ms = error < 0 ? 0 : reply->retry_after_ms;
    struct verdicts verdicts = {0};
    enum verdict verdict;

    CHECK(d->sending.call == call && d->flow.is_under_way);
    d->sending.call = NULL;
    turn_end(d);
    account_unanswered(d, (unsigned)http_call_was_resent(call) +
                              (unsigned)(error < 0 && http_call_was_sent(call)));
    if (error == 0 && sign_heard(d, reply)) {
        sign_forget(d);
        body_forget(d);
        delivery_attempt(d);
        return;
    }
    sign_forget(d);
    d->answer.status = error < 0 ? 0 : (unsigned)reply->status;
    d->answer.is_success = reply->status / 100 == 2;
    verdict = error < 0 ? failure_judge(d, error, why) : answer_judge(d, reply, &verdicts);
    answer_trace(d);
    body_forget(d);
    delivery_judged(d, verdict, verdict == VERDICT_DELIVERED ? &verdicts : NULL, asked_ms);
    verdicts_fini(&verdicts);
}

/* ---- stopping ---- */

void output_stop(struct output *output)
{
    output->is_stopping = true;
    gate_stop(output);
    LIST_FOR_SAFE (it, after, &output->places.deliveries) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (!d->flow.is_under_way) {
            timer_stop(d->timer);
            delivery_resume(d);
        }
    }
    output_pump(output);
}

void output_let_go(struct output *output)
{
    output->is_stopping = output->is_letting_go = true;
    while (!list_is_empty(&output->places.queue))
        delivery_let_go(CONTAINER_OF(output->places.queue.next, struct delivery, link));
    LIST_FOR_SAFE (it, after, &output->places.deliveries) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (d->sending.call != NULL) {
            http_call_cancel(&d->sending.call);
            turn_end(d);
            body_forget(d);
            delivery_let_go(d);
        } else if (!d->flow.is_under_way || d->sending.signing.is_waiting) {
            delivery_let_go(d);
        }
    }
}
