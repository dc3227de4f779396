/*
 * What the scenarios of the HTTP client share: a loop, a scripted server, a client for it, and
 * what became of each call.
 *
 * Life     caller_open -> (settings changed) -> caller_connect -> post* -> caller_close.
 */
#ifndef TAILRACE_TESTS_SCENARIO_HTTP_CALLER_H
#define TAILRACE_TESTS_SCENARIO_HTTP_CALLER_H

#include "http/http.h"
#include "kit/server.h"

#include <check.h>

struct outcome {
    unsigned count; /* callbacks; never more than one */
    int error;
    char why[256];
    int status;
    uint64_t retry_after_ms;
    bool is_elasticsearch;
    bool was_sent, was_resent;
    char content_type[64];
    struct buffer body;
};

struct caller {
    struct loop *loop;
    struct kit_server *server;
    struct http_settings settings;
    struct http_client *client;
    struct outcome outcome; /* of the call that is made last */
};

void caller_open(struct caller *caller);

/* A case of tests that each carrier passes. With `is_by_curl` curl carries what caller_connect makes,
 * as it does TLS (client_internal.h). */
TCase *caller_case(Suite *suite, const char *name, bool is_by_curl);
void caller_connect(struct caller *caller);
void caller_close(struct caller *caller);

/* Short time limits, for tests that wait for them in truth. 0: as it was. */
void caller_limits(struct caller *caller, unsigned connect_ms, unsigned io_ms,
                   unsigned response_ms);

/* Starts a POST; the outcome is the caller's, or another. */
struct http_call *caller_start(struct caller *caller, const char *body);
struct http_call *caller_start_into(struct caller *caller, const char *body,
                                    struct outcome *outcome);
struct http_call *caller_send(struct caller *caller, struct http_request *request,
                              struct outcome *outcome);
void caller_await(struct caller *caller, const struct outcome *outcome);
void outcome_fini(struct outcome *outcome);

/* Both, and the outcome anew. */
const struct outcome *caller_post(struct caller *caller, const char *body);

/* A POST of this many bytes. */
const struct outcome *caller_post_large(struct caller *caller, size_t body_bytes);

#endif
