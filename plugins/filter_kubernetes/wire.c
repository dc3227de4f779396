#include "plugins/filter_kubernetes/wire.h"

#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#define REPLY_BYTES_MAX ((size_t)1 << 20)

void wire_open(struct wire *wire, struct loop *loop, const struct source_settings *settings)
{
    *wire =
        (struct wire){.loop = loop, .component = settings->component, .server = &settings->server};
    login_init(&wire->login, loop, settings->component, &settings->login);
}

void wire_close(struct wire *wire)
{
    for (unsigned i = 0; i < WIRE_KINDS; i++) {
        if (wire->clients[i] != NULL)
            http_client_free(&wire->clients[i]);
        if (wire->retired[i] != NULL)
            http_client_free(&wire->retired[i]);
    }
    login_fini(&wire->login);
}

/* ---- clients ---- */

static struct wire_stamp stamp_of(const struct wire *wire)
{
    const char *path = wire->server->ca_file;
    struct wire_stamp stamp = {0};

    stamp.is_there = path != NULL && stat(path, &stamp.file) == 0;
    return stamp;
}

static bool is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    return a->is_there == b->is_there && a->file.st_ino == b->file.st_ino &&
           a->file.st_size == b->file.st_size && a->file.st_mtim.tv_sec == b->file.st_mtim.tv_sec &&
           a->file.st_mtim.tv_nsec == b->file.st_mtim.tv_nsec;
}

static struct http_tls tls_of(const struct wire *wire, const struct wire_stamp *stamp)
{
    const struct source_server *server = wire->server;
    bool has_path = server->ca_path != NULL && server->ca_path[0] != '\0';

    return (struct http_tls){
        .verify = server->verify,
        .verify_hostname = server->verify && server->verify_hostname,
        .ca_file = server->verify && (stamp->is_there || !has_path) ? server->ca_file : NULL,
        .ca_path = server->verify && has_path ? server->ca_path : NULL,
        .vhost = server->vhost,
    };
}

static int address_of(const struct wire *wire, enum wire_kind kind, struct kube_url *url,
                      char why[256])
{
    const struct source_server *server = wire->server;

    if (kind != WIRE_KUBELET)
        return kube_url_parse(server->url, url, why);
    return kubelet_address(server, url, why);
}

static struct http_client *client_new(struct wire *wire, enum wire_kind kind, char why[256])
{
    struct wire_stamp stamp = stamp_of(wire);
    struct http_tls tls = tls_of(wire, &stamp);
    struct kube_url url;
    struct http_settings settings = {
        .component = wire->component,
        .host = url.host,
        .tls = &tls,
        .keepalive = kind != WIRE_WATCH,
        .io_timeout_s = kind == WIRE_WATCH ? 2 * WIRE_WATCH_S : 30,
        .response_timeout_s = kind == WIRE_WATCH ? 3 * WIRE_WATCH_S : 120,
        .reply_bytes_max = REPLY_BYTES_MAX,
        .connections_max = kind == WIRE_WATCH ? 2 : 1, /* one for the namespaces */
    };

    if (address_of(wire, kind, &url, why) < 0)
        return NULL;
    settings.port = url.port;
    if (!url.is_tls)
        settings.tls = NULL;
    wire->stamps[kind] = stamp;
    return http_client_new(wire->loop, &settings, why);
}

static void free_if_idle(struct http_client **client)
{
    if (*client != NULL && http_client_calls(*client) == 0)
        http_client_free(client);
}

/* Its authorities are not those of the file any more. One that is retired still makes it go on. */
static void client_retire(struct wire *wire, enum wire_kind kind)
{
    free_if_idle(&wire->clients[kind]);
    if (wire->clients[kind] == NULL || wire->retired[kind] != NULL)
        return;
    CHECK(http_client_calls(wire->clients[kind]) > 0);
    wire->retired[kind] = wire->clients[kind];
    wire->clients[kind] = NULL;
}

static struct http_client *client_of(struct wire *wire, enum wire_kind kind, char why[256])
{
    struct wire_stamp stamp = stamp_of(wire);
    struct http_client **client = &wire->clients[kind];

    free_if_idle(&wire->retired[kind]);
    if (*client != NULL && !is_same(&stamp, &wire->stamps[kind]))
        client_retire(wire, kind);
    if (*client == NULL)
        *client = client_new(wire, kind, why);
    return *client;
}

/* ---- requests ---- */

struct http_call *wire_get(struct wire *wire, const struct wire_ask *ask, char why[256])
{
    uint64_t *const counts[WIRE_KINDS] = {&wire->counts.lists, &wire->counts.watches,
                                          &wire->counts.gets, &wire->counts.polls};
    struct http_client *client = client_of(wire, ask->kind, why);
    struct slice token = login_token(&wire->login);
    struct http_request request;
    struct buffer value = {0};
    struct http_call *call;

    CHECK(ask->body != NULL && ask->done != NULL);
    if (client == NULL)
        return NULL;
    http_request_init(&request, "GET", ask->path);
    http_request_header(&request, "User-Agent", SLICE("tailrace"));
    http_request_header(&request, "Accept", SLICE("application/json"));
    if (token.len > 0) {
        http_auth_bearer(&value, buffer_text(&wire->login.token));
        http_request_header(&request, "Authorization", buffer_view(&value));
    }
    secret_buffer_fini(&value);
    (*counts[ask->kind])++;
    call = http_call_start(client, &request, ask->done, ask->owner);
    http_call_stream(call, ask->body);
    return call;
}

/* The client's advice is of an output's options. */
void wire_words(int error, const char *why, const char *authority_option, char words[256])
{
    int len = (int)strcspn(why, ";");

    if (error == UV_EPROTO && why[len] == ';')
        snprintf(words, 256, "%.*s; %s names its authority", len < 180 ? len : 180, why,
                 authority_option);
    else
        snprintf(words, 256, "%.200s", why);
}

void wire_count(struct wire *wire, int status)
{
    struct source_counts *counts = &wire->counts;

    if (status == 0)
        counts->unanswered++;
    else if (status < 300)
        counts->ok++;
    else if (status == 401 || status == 403)
        counts->refused++;
    else if (status == 410)
        counts->too_old++;
    else if (status == 429)
        counts->throttled++;
    else
        counts->other_errors++;
}
