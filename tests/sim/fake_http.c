#include "http/http.h"

#include "base/memory.h"
#include "sim/agenda.h"
#include "sim/backend.h"
#include "sim/dice.h"
#include "sim/fake_http.h"
#include "sim/story.h"

#include <string.h>

struct http_client {
    unsigned backend;
    unsigned calls;
    uint64_t connections;
};

struct http_call {
    struct agenda_item item;
    struct http_client *client;
    struct http_request request;
    struct http_reply reply;
    struct backend_answer answer;
    bool has_arrived;
    http_done_fn *done;
    void *owner;
};

static struct fake_http_told told[TRUTH_OUTPUTS_MAX];
static uint64_t slow_ms = 5;

void fake_http_begin(void)
{
    memset(told, 0, sizeof told);
}

const struct fake_http_told *fake_http_told(unsigned output)
{
    return &told[output];
}

void fake_http_tell_given_up(unsigned output)
{
    told[output].given_up++;
}

void fake_http_slow(uint64_t most_ms)
{
    slow_ms = most_ms;
}

/* ---- the client ---- */

struct http_client *http_client_new(struct loop *loop, const struct http_settings *settings,
                                    char why[256])
{
    struct http_client *client = mem_zalloc(1, sizeof *client);

    (void)loop;
    (void)why;
    CHECK(settings->port >= BACKEND_PORT);
    client->backend = settings->port - BACKEND_PORT;
    CHECK(client->backend < truth_output_count());
    return client;
}

void http_client_free(struct http_client **client)
{
    CHECK((*client)->calls == 0);
    MEM_FREE(client);
}

uint64_t http_client_connections(const struct http_client *client)
{
    return client->connections;
}

unsigned http_client_calls(const struct http_client *client)
{
    return client->calls;
}

/* ---- calls ---- */

static void call_free(struct http_call *call)
{
    agenda_remove(&call->item);
    call->client->calls--;
    http_request_fini(&call->request);
    buffer_fini(&call->reply.body);
    backend_answer_fini(&call->answer);
    mem_free(call);
}

/* What was refused as it is will come once more as text. */
static void item_tell(struct http_call *call, const struct backend_item *item)
{
    unsigned status = item->status;
    struct fake_http_told *here = &told[call->client->backend];

    if (status == 201 || status == 409)
        here->delivered++;
    else if (status == 400 && item->is_text)
        here->set_aside++;
    else
        return;
    for (unsigned i = 0; i < item->record.count; i++) {
        struct line_fate *fate = &item->record.lines[i]->fates[call->client->backend];

        fate->is_acked = true;
        fate->is_refused |= status == 400;
    }
}

/* The agent learns what became of the lines, unless the answer is cut. */
static void answer_tell(struct http_call *call)
{
    const struct backend_answer *answer = &call->answer;

    if (answer->error < 0 || answer->status != 200 || answer->is_cut)
        return;
    for (uint32_t i = 0; i < answer->count; i++)
        item_tell(call, &answer->items[i]);
}

static void on_answer(void *owner)
{
    struct http_call *call = owner;

    answer_tell(call);
    call->done(call->owner, call, call->answer.error, call->answer.why);
    call_free(call);
}

static void call_arrive(struct http_call *call)
{
    unsigned backend = call->client->backend;

    call->has_arrived = true;
    backend_take(backend, buffer_view(&call->request.body), &call->answer);
    if (call->answer.error < 0)
        story("  output %u: no answer to a request, %s", backend, call->answer.why);
    else
        story("  output %u: %d to a request with %u documents%s", backend, call->answer.status,
              call->answer.count, call->answer.is_cut ? ", cut" : "");
}

static void on_arrival(void *owner)
{
    struct http_call *call = owner;

    call_arrive(call);
    if (call->answer.error == 0) {
        call->reply.status = call->answer.status;
        call->reply.retry_after_ms = call->answer.retry_after_ms;
        if (call->answer.status == 200)
            backend_write(&call->answer, &call->reply.body);
    }
    call->item.happens = on_answer;
    agenda_put(&call->item, call->answer.wait_ms);
}

struct http_call *http_call_start(struct http_client *client, struct http_request *request,
                                  http_done_fn *done, void *owner)
{
    struct http_call *call = mem_zalloc(1, sizeof *call);

    call->client = client;
    call->request = *request;
    *request = (struct http_request){0};
    call->done = done;
    call->owner = owner;
    client->calls++;
    client->connections = client->connections == 0;
    told[client->backend].requests++;
    agenda_item_init(&call->item, on_arrival, call);
    agenda_put(&call->item, dice_below(slow_ms + 1));
    return call;
}

/* No back-end of the simulation has an answer without an end. */
void http_call_stream(struct http_call *call, http_body_fn *body)
{
    CHECK(call == NULL && body == NULL);
}

void http_call_cancel(struct http_call **address)
{
    struct http_call *call = *address;

    *address = NULL;
    if (call == NULL)
        return;
    if (!call->has_arrived && dice_one_in(2))
        call_arrive(call);
    call_free(call);
}

const struct http_reply *http_call_reply(const struct http_call *call)
{
    return &call->reply;
}

bool http_call_was_connected(const struct http_call *call)
{
    return call->has_arrived;
}

bool http_call_was_sent(const struct http_call *call)
{
    return call->has_arrived;
}

/* Nobody sends a request twice here. */
bool http_call_was_resent(const struct http_call *call)
{
    (void)call;
    return false;
}
