/*
 * One request on its way.
 *
 *   http_call_start   take the request, wait for a slot
 *   call_begin        the slot is there; the time limits begin; the address is needed
 *   call_named        the address is there; curl has the call from here on
 *   call_connected    the request is about to go
 *   call_finish       curl is done: an answer, or trouble
 *   call_end          the only way out: frees the slot and tells the owner
 *
 * Goes wrong: no address; a time limit (on_watch); whatever curl says (why_of).
 *
 * A reused connection that the back-end had closed meanwhile is no failure: as long as no byte of
 * an answer came, the request is sent once more on a new connection. curl does so by itself but
 * for a send that fails in the middle of a body; that is call_repeat's.
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

    timer_free(&call->watch);
    if (call->easy != NULL) {
        curl_multi_remove_handle(client->multi, call->easy);
        sockets_leave(call);
        easy_give_back(client, call->easy);
    }
    curl_slist_free_all(call->head);
    curl_slist_free_all(call->addresses);
    curl_slist_free_all(call->reach);
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

    call->client = client;
    call->done = done;
    call->owner = owner;
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
    call->body = body;
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
    if (limit.kind == LIMIT_CONNECT)
        names_doubt(&call->client->names);
    limit_words(limit, why);
    call_end(call, UV_ETIMEDOUT, why);
}

void call_begin(struct http_call *call)
{
    struct http_client *client = call->client;

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

    if (error < 0) {
        call_end(call, error, why);
        return;
    }
    call->easy = easy_take(client);
    easy_arm(call);
    CHECK(curl_multi_add_handle(client->multi, call->easy) == CURLM_OK);
}

/* ---- the request is about to go ---- */

void call_connected(struct http_call *call, int local_port)
{
    call->clock.connected_ms = call->clock.moved_ms = clock_ms();
    call->was_resent = call->clock.is_connected;
    call->clock.is_connected = true;
    watch_arm(call);
    if (sockets_use(call, local_port))
        curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
}

/* ---- curl is done ---- */

/* A back-end that refuses early does not wait for the rest of the body, and closing then resets
 * the connection. What it said still holds, even cut short; only a success must be whole. */
static bool is_answered(const struct http_call *call, CURLcode result)
{
    if (result == CURLE_OK)
        return true;
    if (result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR && result != CURLE_PARTIAL_FILE &&
        !call->intake.is_too_large)
        return false;
    return call->reply.status >= 300;
}

static bool is_worth_repeating(const struct http_call *call, CURLcode result, long made)
{
    if (result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR && result != CURLE_GOT_NOTHING)
        return false;
    return made == 0 && call->reply.status == 0 && !call->is_repeated;
}

/* The time limits go on. */
static void call_repeat(struct http_call *call)
{
    CURLM *multi = call->client->multi;

    call->is_repeated = true;
    CHECK(curl_multi_remove_handle(multi, call->easy) == CURLM_OK);
    CHECK(curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK);
    CHECK(curl_multi_add_handle(multi, call->easy) == CURLM_OK);
}

void call_finish(struct http_call *call, CURLcode result)
{
    char why[256];
    long made = 0;

    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &made);
    if (is_worth_repeating(call, result, made)) {
        call_repeat(call);
        return;
    }
    if (call->clock.is_connected)
        call->client->connections_made += (uint64_t)made;
    if (is_answered(call, result)) {
        call_end(call, 0, "");
        return;
    }
    if (result == CURLE_COULDNT_CONNECT)
        names_doubt(&call->client->names);
    call_end(call, why_of(call, result, why), why);
}

/* ---- the end ---- */

static void call_leave(struct http_call *call)
{
    struct http_client *client = call->client;

    list_remove(&call->link);
    if (call->watch != NULL) /* it had a slot */
        client->active_count--;
    timer_free(&call->watch);
}

void call_end(struct http_call *call, int error, const char *why)
{
    struct http_client *client = call->client;

    call_leave(call);
    call->is_ended = true;
    call->done(call->owner, call, error, why);
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

bool http_call_was_resent(const struct http_call *call)
{
    return call->was_resent;
}
