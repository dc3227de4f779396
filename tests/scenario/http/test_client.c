#include "http/http.h"

#include "kit/server.h"

#include <check.h>
#include <stdio.h>

static struct loop *loop;
static struct kit_server *server;
static struct http_client *client;

struct outcome {
    unsigned count;
    int error;
    int status;
    char why[256];
};

static void set_up(void)
{
    char why[256];

    loop = loop_new();
    server = kit_server_start();
    client = http_client_new(loop,
                             &(struct http_settings){
                                 .component = "output:test",
                                 .host = "127.0.0.1",
                                 .port = kit_server_port(server),
                                 .keepalive = true,
                                 .keepalive_idle_s = 30,
                             },
                             why);
    ck_assert_ptr_nonnull(client);
}

static void tear_down(void)
{
    http_client_free(&client);
    loop_free(&loop);
    kit_server_stop(&server);
}

static void on_done(void *owner, struct http_call *call, int error, const char *why)
{
    struct outcome *outcome = owner;

    outcome->count++;
    outcome->error = error;
    outcome->status = http_call_reply(call)->status;
    snprintf(outcome->why, sizeof outcome->why, "%s", why);
}

static struct http_call *post(const char *path, const char *body, struct outcome *outcome)
{
    struct http_request request;

    http_request_init(&request, "POST", path);
    http_request_header(&request, "Content-Type", SLICE("application/x-ndjson"));
    buffer_append_text(&request.body, body);
    return http_call_start(client, &request, on_done, outcome);
}

static void await(struct outcome *outcome)
{
    while (outcome->count == 0)
        loop_turn(loop, true);
}

START_TEST(a_request_arrives_as_it_was_built)
{
    struct outcome outcome = {0};

    post("/_bulk?pipeline=a%20b", "one\ntwo\n", &outcome);
    ck_assert_uint_eq(outcome.count, 0);
    await(&outcome);
    ck_assert_int_eq(outcome.error, 0);
    ck_assert_int_eq(outcome.status, 200);
    ck_assert_str_eq(kit_server_request(server, 0)->method, "POST");
    ck_assert_str_eq(kit_server_request(server, 0)->path, "/_bulk?pipeline=a%20b");
    ck_assert_str_eq(kit_server_request(server, 0)->body.data, "one\ntwo\n");
}
END_TEST

Suite *suite_http_client(void)
{
    Suite *suite = suite_create("http/client");
    TCase *plain = tcase_create("plain");

    tcase_add_checked_fixture(plain, set_up, tear_down);
    tcase_add_test(plain, a_request_arrives_as_it_was_built);
    suite_add_tcase(suite, plain);
    return suite;
}
