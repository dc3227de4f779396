/*
 * One request and its answer, on a connection of ours.
 *
 *   carry        a kept connection gets the request at once; else one is dialled for
 *   on_dialled   there is one, and it gets the request; or there is none
 *   on_ready     bytes have come, or there is room for more: the answer is heard, the rest is sent
 *   settle       whether that was all; else the loop watches for what is still to come
 *   again        a kept connection was dead: from the beginning, on a new one
 *   end          the only way out but leave: the connection is kept or closed, the call ends
 *
 * Goes wrong: no connection; one that breaks or is closed; an answer that is none, or that nobody wants
 * more of. Whatever it is, a refusal that was heard by then is the answer (reply_is_refusal).
 *
 * An answer may come before the request is whole. From a refusal on, nothing more is sent, and the
 * connection is closed behind it. A success counts when the request has gone out whole.
 *
 * A send that fails ends nothing: what the back-end said before it closed is still to be read.
 */
#include "http/direct.h"

#include "base/memory.h"
#include "base/secret.h"

#include <uv.h>

static void on_ready(void *owner, int status, int events);

/* ---- the end ---- */

static void end(struct exchange *x, int error, const char *why)
{
    bool is_kept = error == 0 && x->is_heard && x->out.left == 0 && x->parser.is_kept;

    CHECK(x->dial == NULL);
    if (is_kept)
        kept_put(x->call->client, &x->tcp);
    else
        tcp_free(&x->tcp);
    call_end(x->call, error, why);
}

static void leave(struct http_call *call)
{
    struct exchange *x = call->exchange;

    if (x == NULL)
        return;
    dial_free(&x->dial);
    tcp_free(&x->tcp);
    secret_buffer_fini(&x->out.head); /* logins, tokens */
    reply_parser_fini(&x->parser);
    gunzip_free(&x->unpack);
    MEM_FREE(&call->exchange);
}

/* ---- a connection ---- */

static void watch(struct exchange *x)
{
    bool is_sending = x->out.left > 0 && x->out.error == 0 && !reply_is_refusal(x->call);

    tcp_watch(x->tcp, (x->is_heard ? 0 : POLL_READABLE) | (is_sending ? POLL_WRITABLE : 0));
}

/* Never ends it: what goes wrong shows when the answer is read. */
static void use(struct exchange *x, struct tcp *tcp)
{
    CHECK(x->tcp == NULL && tcp->exchange == NULL);
    x->tcp = tcp;
    x->is_reused = tcp->requests > 0;
    tcp->exchange = x;
    tcp->requests++;
    call_connected(x->call);
    exchange_send(x);
    watch(x);
}

static void on_dialled(void *owner, int fd)
{
    struct exchange *x = owner;
    struct http_client *client = x->call->client;

    x->dial = NULL;
    if (fd < 0) {
        names_doubt(&client->names);
        end(x, fd, uv_strerror(fd));
        return;
    }
    client->connections_made++;
    use(x, tcp_new(x, fd, on_ready));
}

static void begin(struct exchange *x)
{
    struct http_client *client = x->call->client;

    CHECK(x->dial == NULL && x->tcp == NULL);
    outgoing_begin(x);
    reply_parser_init(&x->parser, strcmp(x->call->request.method, "HEAD") == 0);
    x->dial = dial_start(client->loop, &client->names, client->own.s.source_address, on_dialled, x);
}

static void carry(struct http_call *call)
{
    struct exchange *x = mem_zalloc(1, sizeof *x);
    struct tcp *kept = kept_take(call->client);

    x->call = call;
    call->exchange = x;
    if (kept == NULL) {
        begin(x);
        return;
    }
    outgoing_begin(x);
    reply_parser_init(&x->parser, strcmp(call->request.method, "HEAD") == 0);
    use(x, kept);
}

/* ---- what comes of it ---- */

/* The time limits go on. */
static void again(struct exchange *x)
{
    CHECK(!x->has_heard && x->unpack == NULL);
    x->call->sending.was_resent = x->out.left == 0;
    x->call->sending.is_repeated = true;
    x->error = 0;
    tcp_free(&x->tcp);
    begin(x);
}

static void trouble(struct exchange *x)
{
    if (!x->has_heard && x->is_reused && !x->call->sending.is_repeated)
        again(x);
    else if (reply_is_refusal(x->call))
        end(x, 0, "");
    else
        end(x, x->error, x->why);
}

static void settle(struct exchange *x)
{
    bool is_refusal = reply_is_refusal(x->call);

    CHECK(x->dial == NULL && x->tcp != NULL);
    if (x->is_heard && (x->out.left == 0 || is_refusal)) {
        end(x, 0, "");
        return;
    }
    if (x->is_heard && x->out.error < 0)
        exchange_fail(x, x->out.error, uv_strerror(x->out.error));
    if (x->error < 0)
        trouble(x);
    else
        watch(x);
}

/* libuv stops a poll that saw an error. Both directions hear of it: what the back-end said before it
 * closed is still to be read. */
static void on_ready(void *owner, int status, int events)
{
    struct tcp *tcp = owner;
    struct exchange *x = tcp->exchange;

    CHECK(x != NULL && x->tcp == tcp);
    if (status < 0) {
        tcp->events = 0;
        events = POLL_READABLE | POLL_WRITABLE;
    }
    if ((events & POLL_READABLE) && !x->is_heard)
        exchange_hear(x);
    if ((events & POLL_WRITABLE) && x->error == 0 && x->out.error == 0 &&
        !reply_is_refusal(x->call))
        exchange_send(x);
    settle(x);
}

/* ---- the client's side ---- */

static void direct_open(struct http_client *client)
{
    client->direct = mem_zalloc(1, sizeof *client->direct);
    list_init(&client->direct->kept);
}

static bool has_sent(const struct http_call *call)
{
    return call->exchange != NULL && call->exchange->out.left == 0;
}

static void direct_close(struct http_client *client)
{
    kept_close(client->direct);
    MEM_FREE(&client->direct);
}

const struct carrier carrier_direct = {
    .open = direct_open,
    .close = direct_close,
    .carry = carry,
    .leave = leave,
    .has_sent = has_sent,
};
