#include "http/curl_internal.h"

#include "base/memory.h"
#include "base/secret.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
    CHECK(curl_global_init_mem(CURL_GLOBAL_DEFAULT, secret_heap_alloc, secret_heap_free,
                               secret_heap_resize, secret_heap_text,
                               secret_heap_zalloc) == CURLE_OK);
}

/* OpenSSL says from where it calls. */
static void *ssl_alloc(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return bytes > 0 ? secret_heap_alloc(bytes) : NULL;
}

static void *ssl_resize(void *old, size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return secret_heap_resize(old, bytes);
}

static void ssl_free(void *piece, const char *file, int line)
{
    (void)file;
    (void)line;
    secret_heap_free(piece);
}

void http_begin(void)
{
    CHECK(CRYPTO_set_mem_functions(ssl_alloc, ssl_resize, ssl_free) == 1);
    pthread_once(&once, curl_begin);
}

static bool call_is_carried(const struct http_call *call)
{
    return call->curl != NULL || call->exchange != NULL;
}

static void names_came(void *owner, int error, const char *why)
{
    struct http_client *client = owner;
    struct list going;

    /* Owners may start and cancel calls while they are told. */
    list_init(&going);
    LIST_FOR_SAFE (it, after, &client->active) {
        if (call_is_carried(CONTAINER_OF(it, struct http_call, link)))
            continue;
        list_remove(it);
        list_add_tail(&going, it);
    }
    for (struct list *it = list_take_first(&going); it != NULL; it = list_take_first(&going)) {
        list_add_tail(&client->active, it);
        call_named(CONTAINER_OF(it, struct http_call, link), error, why);
    }
}

/* Only who is connected to needs an address: the proxy, where there is one. */
static void names_set(struct http_client *client)
{
    const struct http_settings *s = &client->own.s;
    struct names *names = &client->names;

    if (client->proxy.host != NULL)
        names_init(names, client->loop, client->proxy.host, client->proxy.port);
    else
        names_init(names, client->loop, s->host, s->port);
    names->only_ipv4 = s->prefer_ipv4;
    names->only_ipv6 = s->prefer_ipv6 && !s->prefer_ipv4;
    names->came = names_came;
    names->owner = client;
}

static const struct carrier *carrier_for(const struct http_client *client)
{
    bool is_direct = client->own.s.tls == NULL && client->proxy.host == NULL;

    return is_direct ? &carrier_direct : &carrier_curl;
}

void client_carry_by(struct http_client *client, const struct carrier *carrier)
{
    CHECK(client->call_count == 0);
    if (client->carrier != NULL)
        client->carrier->close(client);
    client->carrier = carrier;
    if (carrier != NULL)
        carrier->open(client);
}

struct http_client *http_client_new(struct loop *loop, const struct http_settings *settings,
                                    char why[256])
{
    struct http_client *client;
    struct proxy proxy;

    pthread_once(&once, curl_begin);
    why[0] = '\0';
    if (settings_check(settings, why) < 0 || proxy_find(settings, &proxy, why) < 0)
        return NULL;
    client = mem_zalloc(1, sizeof *client);
    client->loop = loop;
    client->proxy = proxy;
    settings_copy(&client->own, settings);
    names_set(client);
    list_init(&client->waiting);
    list_init(&client->active);
    client_carry_by(client, carrier_for(client));
    return client;
}

void http_client_free(struct http_client **address)
{
    struct http_client *client = *address;

    *address = NULL;
    if (client == NULL)
        return;
    client_check(client);
    client_carry_by(client, NULL);
    CHECK(client->curl == NULL && client->direct == NULL);
    CHECK(list_is_empty(&client->waiting) && list_is_empty(&client->active));
    names_fini(&client->names);
    proxy_fini(&client->proxy);
    settings_free(&client->own);
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
    uint32_t most = client->own.s.connections_max;

    return most == 0 || client->active_count < most;
}

void client_check(const struct http_client *client)
{
    uint32_t most = client->own.s.connections_max;

    CHECK(client->active_count <= client->call_count);
    CHECK(most == 0 || client->active_count <= most);
    CHECK(client->active_count > 0 || list_is_empty(&client->active));
    CHECK(client->call_count > 0 || list_is_empty(&client->waiting));
}

void client_pump(struct http_client *client)
{
    client_check(client);
    while (has_slot(client)) {
        struct list *first = list_take_first(&client->waiting);

        if (first == NULL)
            return;
        list_add_tail(&client->active, first);
        client->active_count++;
        call_begin(CONTAINER_OF(first, struct http_call, link));
    }
}
