#include "http/client_internal.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>

static void curl_begin(void)
{
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

/* "https://host:port", an IPv6 address in brackets. */
static char *origin_text(const struct http_settings *s)
{
    const char *scheme = s->tls != NULL ? "https" : "http";
    bool is_ipv6 = strchr(s->host, ':') != NULL;

    return mem_format(is_ipv6 ? "%s://[%s]:%u" : "%s://%s:%u", scheme, s->host, (unsigned)s->port);
}

static void defaults(struct http_settings *s)
{
    if (s->connect_timeout_s == 0)
        s->connect_timeout_s = HTTP_CONNECT_TIMEOUT_S;
    if (s->io_timeout_s == 0)
        s->io_timeout_s = HTTP_IO_TIMEOUT_S;
    if (s->response_timeout_s == 0)
        s->response_timeout_s = HTTP_RESPONSE_TIMEOUT_S;
    if (s->reply_bytes_max == 0 || s->reply_bytes_max > HTTP_REPLY_BYTES_MAX)
        s->reply_bytes_max = HTTP_REPLY_BYTES_MAX;
}

static void names_came(void *owner, int error, const char *why)
{
    struct http_client *client = owner;
    struct list going;

    /* Owners may start and cancel calls while they are told. */
    list_init(&going);
    LIST_FOR_SAFE (it, after, &client->active) {
        if (CONTAINER_OF(it, struct http_call, link)->easy != NULL)
            continue;
        list_remove(it);
        list_add_tail(&going, it);
    }
    for (struct list *it = list_take_first(&going); it != NULL; it = list_take_first(&going)) {
        list_add_tail(&client->active, it);
        call_named(CONTAINER_OF(it, struct http_call, link), error, why);
    }
}

struct http_client *http_client_new(struct loop *loop, const struct http_settings *settings,
                                    char why[256])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http_client *client;

    pthread_once(&once, curl_begin);
    why[0] = '\0';
    client = mem_zalloc(1, sizeof *client);
    client->loop = loop;
    client->settings = *settings;
    defaults(&client->settings);
    client->limits = (struct call_limits){
        .connect_ms = UINT64_C(1000) * client->settings.connect_timeout_s,
        .io_ms = UINT64_C(1000) * client->settings.io_timeout_s,
        .response_ms = UINT64_C(1000) * client->settings.response_timeout_s,
    };
    client->origin = origin_text(settings);
    client->proxy = mem_text("");
    names_init(&client->names, loop, settings->host, settings->port);
    client->names.came = names_came;
    client->names.owner = client;
    list_init(&client->connections);
    list_init(&client->waiting);
    list_init(&client->active);
    sockets_open(client);
    return client;
}

void http_client_free(struct http_client **address)
{
    struct http_client *client = *address;

    *address = NULL;
    if (client == NULL)
        return;
    CHECK(client->call_count == 0);
    for (unsigned i = 0; i < SPARE_MAX; i++)
        curl_easy_cleanup(client->spare[i]);
    sockets_close(client);
    names_fini(&client->names);
    MEM_FREE(&client->origin);
    MEM_FREE(&client->proxy);
    mem_free(client);
}

uint64_t http_client_connections(const struct http_client *client)
{
    return client->connections_made;
}

unsigned http_client_calls(const struct http_client *client)
{
    return client->call_count;
}

static bool has_slot(const struct http_client *client)
{
    uint32_t most = client->settings.connections_max;

    return most == 0 || client->active_count < most;
}

void client_pump(struct http_client *client)
{
    while (has_slot(client)) {
        struct list *first = list_take_first(&client->waiting);

        if (first == NULL)
            return;
        list_add_tail(&client->active, first);
        client->active_count++;
        call_begin(CONTAINER_OF(first, struct http_call, link));
    }
}
