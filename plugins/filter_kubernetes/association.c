#include "plugins/filter_kubernetes/association.h"

#include "plugins/filter_kubernetes/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 *   on_timer   what is too old is forgotten; the file is read, or the agent is asked
 *   on_answer  the services are taken, whoever listens is told
 *   settle     the only end of a try: words, and the time of the next one
 *
 * Goes wrong: the name is not known, as the agent has this service only where Application Signals is
 * switched on; certificates that are not there, or are refused; no answer, another status than 200, one
 * that is no object. What is known stays, for aws_pod_service_map_ttl.
 */

struct association {
    struct wire *wire;
    const struct association_settings *settings;
    struct list listeners;
    struct services services;
    struct platform platform;
    const char *cluster; /* CLUSTER_NAME of the environment; NULL: not said */
    struct timer *timer;
    struct http_client *client; /* of one try, as certificates may be others by the next */
    struct http_call *call;
    unsigned failures; /* one after the other */
    uint64_t asked;
    char trouble[256];
};

/* ---- settings ---- */

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

int association_check(const struct association_settings *settings, char why[256])
{
    const char *platform = settings->platform;
    const char *wrong = NULL;

    if (is_empty(settings->host))
        wrong = "aws_pod_association_host is empty";
    else if (settings->port < 1 || settings->port > 65535)
        wrong = "aws_pod_association_port is no port: 1 to 65535";
    else if (is_empty(settings->path) || settings->path[0] != '/')
        wrong = "aws_pod_association_endpoint has to begin with a slash";
    else if (settings->every_s < 1 || settings->every_s > ASSOCIATION_S_MAX)
        wrong = "aws_pod_service_map_refresh_interval is a number of seconds from 1 to 2678400, "
                "a month";
    else if (settings->ttl_s < 0 || settings->ttl_s > ASSOCIATION_S_MAX)
        wrong = "aws_pod_service_map_ttl is a number of seconds up to 2678400, a month; 0 keeps "
                "services";
    else if (platform != NULL && strcmp(platform, "eks") != 0 && strcmp(platform, "k8s") != 0)
        wrong = "set_platform is one of eks and k8s";
    if (wrong != NULL)
        snprintf(why, 256, "%s", wrong);
    return wrong != NULL ? -EINVAL : 0;
}

/* ---- the end of a try ---- */

static void tell(struct association *a)
{
    LIST_FOR_SAFE (it, after, &a->listeners) {
        struct association_listener *listener = CONTAINER_OF(it, struct association_listener, link);

        listener->changed(listener->owner);
    }
}

/* From 0.9 to 1.1 of so many intervals. */
static uint64_t wait_ms(const struct association *a)
{
    uint64_t slower = a->failures == 0 ? 1 : UINT64_C(1) << (a->failures - 1);
    uint64_t ms = (uint64_t)a->settings->every_s * 1000;

    ms *= slower < ASSOCIATION_SLOWER_MAX ? slower : ASSOCIATION_SLOWER_MAX;
    return ms - ms / 10 + random_number() % (ms / 5 + 1);
}

static void say(struct association *a, const char *why)
{
    const struct association_settings *s = a->settings;

    if (a->trouble[0] == '\0')
        log_warn(a->wire->component,
                 "the CloudWatch agent at %s:%d does not tell the services of pods, so records go "
                 "without: %s. It does where Application Signals is switched on; "
                 "use_pod_association off does not ask it",
                 s->host, (int)s->port, why);
    snprintf(a->trouble, sizeof a->trouble, "the CloudWatch agent at %.64s: %.160s", s->host, why);
}

/* `why` NULL: it went well. */
static void settle(struct association *a, const char *why)
{
    CHECK(a->call == NULL);
    if (why != NULL) {
        say(a, why);
        a->failures += a->failures < 16;
    } else {
        if (a->trouble[0] != '\0')
            log_info(a->wire->component, "the CloudWatch agent tells the services of pods");
        a->trouble[0] = '\0';
        a->failures = 0;
    }
    timer_start(a->timer, wait_ms(a));
}

static void take(struct association *a, struct slice text)
{
    bool has_changed = false;
    int rc = services_take(&a->services, text, clock_ms(), &has_changed);

    if (has_changed)
        tell(a);
    settle(a, rc < 0 ? "its answer is no object of JSON" : NULL);
}

/* ---- asking ---- */

static void on_answer(void *owner, struct http_call *call, int error, const char *why)
{
    struct association *a = owner;
    const struct http_reply *reply = http_call_reply(call);
    char words[256];

    CHECK(a->call == call);
    a->call = NULL;
    if (error < 0)
        wire_words(error, why, "aws_pod_association_host_server_ca_file", words);
    else
        snprintf(words, sizeof words, "status %d", reply->status);
    if (error < 0 || reply->status != 200)
        settle(a, words);
    else
        take(a, buffer_view(&reply->body));
}

static struct http_client *client_new(const struct association *a, char why[256])
{
    const struct association_settings *s = a->settings;
    struct http_tls tls = {
        .verify = s->verify,
        .ca_file = s->verify && !is_empty(s->ca_file) ? s->ca_file : NULL,
        .crt_file = is_empty(s->crt_file) ? NULL : s->crt_file,
        .key_file = is_empty(s->key_file) ? NULL : s->key_file,
    };
    struct http_settings settings = {
        .component = a->wire->component,
        .host = s->host,
        .port = (uint16_t)s->port,
        .tls = &tls,
        .proxy_env_ignore = true,
        .response_timeout_s = ASSOCIATION_CALL_S,
        .reply_bytes_max = ASSOCIATION_BYTES_MAX,
        .connections_max = 1,
    };

    return http_client_new(a->wire->loop, &settings, why);
}

static void ask(struct association *a)
{
    struct http_request request;
    char why[256] = "";

    CHECK(a->call == NULL);
    if (a->client != NULL)
        http_client_free(&a->client);
    a->client = client_new(a, why);
    if (a->client == NULL) {
        settle(a, why);
        return;
    }
    http_request_init(&request, "GET", a->settings->path);
    http_request_header(&request, "User-Agent", SLICE("tailrace"));
    a->asked++;
    a->call = http_call_start(a->client, &request, on_answer, a);
}

/* aws_pod_service_preload_cache_dir, with ".map" behind it, has an answer. False: there is none. */
static bool take_file(struct association *a)
{
    char *path = mem_format("%s.map", a->settings->preload);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *bytes = fd < 0 ? NULL : mem_alloc(ASSOCIATION_BYTES_MAX);
    ssize_t count = fd < 0 ? 0 : read(fd, bytes, ASSOCIATION_BYTES_MAX);

    if (count > 0)
        take(a, slice_make(bytes, (size_t)count));
    if (fd >= 0)
        close(fd);
    mem_free(bytes);
    mem_free(path);
    return count > 0;
}

static void on_timer(void *owner)
{
    struct association *a = owner;
    uint64_t ttl_ms = (uint64_t)a->settings->ttl_s * 1000, now_ms = clock_ms();

    CHECK(a->call == NULL);
    if (ttl_ms > 0 && now_ms > ttl_ms && services_expire(&a->services, now_ms - ttl_ms))
        tell(a);
    platform_look(&a->platform);
    if (is_empty(a->settings->preload) || !take_file(a))
        ask(a);
}

/* ---- life ---- */

static void on_platform(void *owner)
{
    tell(owner);
}

struct association *association_new(struct wire *wire, const struct association_settings *settings)
{
    struct association *a = mem_zalloc(1, sizeof *a);

    a->wire = wire;
    a->settings = settings;
    a->cluster = getenv("CLUSTER_NAME");
    list_init(&a->listeners);
    services_init(&a->services);
    platform_init(&a->platform, wire, settings->platform, on_platform, a);
    a->timer = timer_new(wire->loop, on_timer, a);
    timer_start(a->timer, random_number() % ASSOCIATION_SPREAD_MS);
    return a;
}

void association_free(struct association **address)
{
    struct association *a = *address;

    *address = NULL;
    if (a == NULL)
        return;
    CHECK(list_is_empty(&a->listeners));
    timer_free(&a->timer);
    http_call_cancel(&a->call);
    if (a->client != NULL)
        http_client_free(&a->client);
    platform_fini(&a->platform);
    services_fini(&a->services);
    mem_free(a);
}

void association_listen(struct association *a, struct association_listener *listener)
{
    CHECK(listener->changed != NULL);
    list_add_tail(&a->listeners, &listener->link);
}

void association_unlisten(struct association_listener *listener)
{
    list_remove(&listener->link);
}

/* ---- what is known ---- */

void association_entity(const struct association *a, struct slice pod_name, const struct pod *pod,
                        struct block_entity *out)
{
    const struct service *service = services_find(&a->services, pod_name);

    *out = (struct block_entity){0};
    if (service != NULL)
        *out = (struct block_entity){.name = service->name,
                                     .environment = service->environment,
                                     .name_source = service->source};
    if (a->platform.name != NULL)
        out->platform = slice_of(a->platform.name);
    if (a->cluster != NULL)
        out->cluster = slice_of(a->cluster);
    if (pod != NULL)
        out->workload = platform_workload(pod);
}

const char *association_trouble(const struct association *a)
{
    return a->trouble;
}

bool association_is_asking(const struct association *a)
{
    return a->call != NULL;
}

void association_describe(const struct association *a, struct buffer *out)
{
    buffer_append_format(out,
                         ",\"services\":{\"pods\":%zu,\"asked\":%" PRIu64 ",\"left_out\":%" PRIu64
                         ",\"platform\":\"%s\"}",
                         a->services.by_pod.count, a->asked, a->services.left_out,
                         a->platform.name != NULL ? a->platform.name : "");
}
