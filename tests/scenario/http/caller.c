#include "scenario/http/caller.h"

#include "http/client_internal.h"

#include <stdio.h>

static bool by_curl;

static void begin_by_curl(void)
{
    by_curl = true;
}

static void end_by_curl(void)
{
    by_curl = false;
}

TCase *caller_case(Suite *suite, const char *name, bool is_by_curl)
{
    TCase *tcase = tcase_create(name);

    if (is_by_curl)
        tcase_add_checked_fixture(tcase, begin_by_curl, end_by_curl);
    suite_add_tcase(suite, tcase);
    return tcase;
}

void caller_open(struct caller *caller)
{
    *caller = (struct caller){.loop = loop_new(), .server = kit_server_start()};
    caller->settings = (struct http_settings){
        .component = "output:test",
        .host = "127.0.0.1",
        .port = kit_server_port(caller->server),
        .keepalive = true,
        .proxy_env_ignore = true,
    };
}

void caller_connect(struct caller *caller)
{
    char why[256];

    caller->client = http_client_new(caller->loop, &caller->settings, why);
    ck_assert_msg(caller->client != NULL, "%s", why);
    if (by_curl)
        client_carry_by(caller->client, &carrier_curl);
}

void caller_close(struct caller *caller)
{
    http_client_free(&caller->client);
    loop_free(&caller->loop);
    kit_server_stop(&caller->server);
    outcome_fini(&caller->outcome);
}

void caller_limits(struct caller *caller, unsigned connect_ms, unsigned io_ms, unsigned response_ms)
{
    struct call_limits *limits = &caller->client->own.limits;

    if (connect_ms != 0)
        limits->connect_ms = connect_ms;
    if (io_ms != 0)
        limits->io_ms = io_ms;
    if (response_ms != 0)
        limits->response_ms = response_ms;
}

static void on_done(void *owner, struct http_call *call, int error, const char *why)
{
    struct outcome *outcome = owner;
    const struct http_reply *reply = http_call_reply(call);

    outcome->count++;
    outcome->error = error;
    snprintf(outcome->why, sizeof outcome->why, "%s", why);
    outcome->status = reply->status;
    outcome->retry_after_ms = reply->retry_after_ms;
    outcome->was_sent = http_call_was_sent(call);
    outcome->was_resent = http_call_was_resent(call);
    outcome->is_elasticsearch = reply->is_elasticsearch;
    snprintf(outcome->content_type, sizeof outcome->content_type, "%s", reply->content_type);
    buffer_append(&outcome->body, buffer_view(&reply->body));
}

struct http_call *caller_send(struct caller *caller, struct http_request *request,
                              struct outcome *outcome)
{
    return http_call_start(caller->client, request, on_done, outcome);
}

struct http_call *caller_start_into(struct caller *caller, const char *body,
                                    struct outcome *outcome)
{
    struct http_request request;

    http_request_init(&request, "POST", "/_bulk");
    buffer_append_text(&request.body, body);
    return caller_send(caller, &request, outcome);
}

struct http_call *caller_start(struct caller *caller, const char *body)
{
    outcome_fini(&caller->outcome);
    return caller_start_into(caller, body, &caller->outcome);
}

void caller_await(struct caller *caller, const struct outcome *outcome)
{
    while (outcome->count == 0)
        loop_turn(caller->loop, true);
    ck_assert_uint_eq(outcome->count, 1);
}

void outcome_fini(struct outcome *outcome)
{
    buffer_fini(&outcome->body);
    *outcome = (struct outcome){0};
}

const struct outcome *caller_post(struct caller *caller, const char *body)
{
    caller_start(caller, body);
    caller_await(caller, &caller->outcome);
    return &caller->outcome;
}

const struct outcome *caller_post_large(struct caller *caller, size_t body_bytes)
{
    struct http_request request;

    outcome_fini(&caller->outcome);
    http_request_init(&request, "POST", "/_bulk");
    memset(buffer_reserve(&request.body, body_bytes), 'x', body_bytes);
    buffer_commit(&request.body, body_bytes);
    caller_send(caller, &request, &caller->outcome);
    caller_await(caller, &caller->outcome);
    return &caller->outcome;
}
