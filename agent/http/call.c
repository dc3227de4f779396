/*
 * One request on its way.
 *
 *   http_call_start   take the request, wait for a slot
 *   call_begin        the slot is there; the time limits begin; the address is needed
 *   call_named        the address is there; it is carried from here on (struct carrier)
 *   call_connected    the request is about to go
 *   call_end          the only way out, the carrier's too: frees the slot and tells the owner
 *
 * Goes wrong: no address; a time limit (on_watch), where no refusal was heard by then; whatever the
 * carrier meets.
 *
 * A reused connection that the back-end had closed meanwhile is no failure: as long as no byte of
 * an answer came, the carrier sends the request once more on a new connection.
 *
 * Cancelling takes the call out at any of these steps and tells nobody.
 */
#include "http/client_internal.h"
#include "http/limits.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <uv.h>

static void call_free(struct http_call *call)
{
    struct http_client *client = call->client;

    CHECK(client->call_count > 0);
    timer_free(&call->watch);
    client->carrier->leave(call);
    CHECK(call->curl == NULL && call->exchange == NULL);
    http_request_fini(&call->request);
    reply_fini(call);
    mem_free(call);
    client->call_count--;
}

/* ---- start ---- */

struct http_call *http_call_start(struct http_client *client, struct http_request *request,
                                  http_done_fn *done, void *owner)
{
    struct http_call *call = mem_zalloc(1, sizeof *call);

    CHECK(done != NULL && request->method != NULL);
    CHECK(request->packing.packer == NULL);
    call->client = client;
    call->owner.done = done;
    call->owner.self = owner;
    call->request = *request;
    *request = (struct http_request){0};
    client->call_count++;
    list_add_tail(&client->waiting, &call->link);
    client_pump(client);
    return call;
}

void http_call_stream(struct http_call *call, http_body_fn *body)
{
    CHECK(call->reply.status == 0 && body != NULL);
    call->owner.body = body;
}

/* ---- the slot is there ---- */

static struct limit call_limit(const struct http_call *call)
{
    struct call_limits limits = call->client->own.limits;

    if (call->request.connect_ms != 0 && call->request.connect_ms < limits.connect_ms)
        limits.connect_ms = call->request.connect_ms;
    return limit_next(&call->clock, &limits);
}

/* Sets the watch for the limit that comes next. */
static void watch_arm(struct http_call *call)
{
    struct limit limit = call_limit(call);
    uint64_t now_ms = clock_ms();

    timer_start(call->watch, limit.at_ms > now_ms ? limit.at_ms - now_ms : 0);
}

static void on_watch(void *owner)
{
    struct http_call *call = owner;
    struct limit limit = call_limit(call);
    char why[256];

    if (limit.at_ms > clock_ms()) { /* bytes moved meanwhile */
        watch_arm(call);
        return;
    }
    if (reply_is_refusal(call)) { /* 413 without the rest is 413 the next time too */
        call_end(call, 0, "");
        return;
    }
    if (limit.kind == LIMIT_CONNECT)
        names_doubt(&call->client->names);
    limit_words(limit, why);
    call_end(call, UV_ETIMEDOUT, why);
}

void call_begin(struct http_call *call)
{
    struct http_client *client = call->client;

    CHECK(call->watch == NULL);
    call->clock.begun_ms = call->clock.moved_ms = clock_ms();
    call->watch = timer_new(client->loop, on_watch, call);
    watch_arm(call);
    if (names_ready(&client->names))
        call_named(call, 0, NULL);
}

/* ---- the address is there ---- */

void call_named(struct http_call *call, int error, const char *why)
{
    struct http_client *client = call->client;

    CHECK(call->curl == NULL && call->exchange == NULL);
    if (error < 0) {
        call_end(call, error, why);
        return;
    }
    client->carrier->carry(call);
    CHECK(call->curl != NULL || call->exchange != NULL);
}

/* ---- the request is about to go ---- */

void call_connected(struct http_call *call)
{
    CHECK(call->watch != NULL && !call->is_ended);
    call->clock.connected_ms = call->clock.moved_ms = clock_ms();
    call->sending.was_resent |=
        call->clock.is_connected && !call->sending.is_repeated; /* by curl */
    call->clock.is_connected = true;
    watch_arm(call);
}

void call_moved(struct http_call *call)
{
    call->clock.moved_ms = clock_ms();
}

/* ---- the end ---- */

static void call_leave(struct http_call *call)
{
    struct http_client *client = call->client;

    list_remove(&call->link);
    if (call->watch != NULL) { /* it had a slot */
        CHECK(client->active_count > 0);
        client->active_count--;
    }
    timer_free(&call->watch);
}

void call_end(struct http_call *call, int error, const char *why)
{
    struct http_client *client = call->client;

    CHECK(!call->is_ended && error <= 0);
    CHECK(error == 0 || why != NULL);
    call->sending.was_sent = call->clock.is_connected && client->carrier->has_sent(call);
    call_leave(call);
    call->is_ended = true;
    call->owner.done(call->owner.self, call, error, why);
    call_free(call);
    client_pump(client);
}

void http_call_cancel(struct http_call **address)
{
    struct http_call *call = *address;
    struct http_client *client;

    *address = NULL;
    if (call == NULL)
        return;
    CHECK(!call->is_ended);
    client = call->client;
    call_leave(call);
    call_free(call);
    client_pump(client);
}

const struct http_reply *http_call_reply(const struct http_call *call)
{
    return &call->reply;
}

bool http_call_was_connected(const struct http_call *call)
{
    return call->clock.is_connected;
}

bool http_call_was_sent(const struct http_call *call)
{
    CHECK(call->is_ended);
    return call->sending.was_sent;
}

bool http_call_was_resent(const struct http_call *call)
{
    return call->sending.was_resent;
}
