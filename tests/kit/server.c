#include "kit/server.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "kit/patience.h"
#include "kit/script.h"
#include "kit/wire.h"
#include "loop/loop.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCRIPT_MAX 1024
#define REQUESTS_MAX 65536
#define CONNECTIONS_MAX 1024

/* One thread each. */
struct link {
    struct kit_server *server;
    unsigned number;
    pthread_t thread;
    int fd;
    bool is_done; /* the thread has closed fd */
};

struct kit_server {
    int fd;
    uint16_t port;
    int news; /* an eventfd: a request came */
    struct ssl_ctx_st *tls;
    struct step *usual; /* behind the script's end; set before the first connection */
    kit_rule_fn *rule;  /* instead of the script, likewise */
    void *rule_owner;
    pthread_t thread;
    pthread_mutex_t lock;   /* for all below, and the rule */
    pthread_cond_t changed; /* released, is_stopping */
    bool is_stopping;
    unsigned released;
    struct step *script[SCRIPT_MAX];
    unsigned script_count, script_at;
    struct kit_request *requests[REQUESTS_MAX];
    unsigned request_count;
    struct link *links[CONNECTIONS_MAX];
    unsigned link_count;
};

/* ---- the script ---- */

void kit_server_script(struct kit_server *server, struct kit_answer answer)
{
    pthread_mutex_lock(&server->lock);
    CHECK(server->script_count < SCRIPT_MAX);
    server->script[server->script_count++] = step_new(answer);
    pthread_mutex_unlock(&server->lock);
}

void kit_server_usual(struct kit_server *server, struct kit_answer answer)
{
    CHECK(kit_server_connections(server) == 0);
    step_free(server->usual);
    server->usual = step_new(answer);
}

void kit_server_rule(struct kit_server *server, kit_rule_fn *rule, void *owner)
{
    CHECK(kit_server_connections(server) == 0);
    server->rule = rule;
    server->rule_owner = owner;
}

void kit_server_answers_n(struct kit_server *server, const int *statuses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kit_server_script(server, (struct kit_answer){.status = statuses[i]});
}

/* The place of the next in the script; -1 behind its end. */
static int script_take(struct kit_server *server)
{
    int place = -1;

    pthread_mutex_lock(&server->lock);
    if (server->script_at < server->script_count)
        place = (int)server->script_at++;
    pthread_mutex_unlock(&server->lock);
    return place;
}

/* The script grows meanwhile, its steps stay where they are. */
static const struct step *script_step(struct kit_server *server, int place)
{
    const struct step *step;

    if (place < 0)
        return server->usual;
    pthread_mutex_lock(&server->lock);
    step = server->script[place];
    pthread_mutex_unlock(&server->lock);
    return step;
}

void kit_server_release(struct kit_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->released++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void wait_for_release(struct kit_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->released == 0 && !server->is_stopping)
        pthread_cond_wait(&server->changed, &server->lock);
    if (server->released > 0)
        server->released--;
    pthread_mutex_unlock(&server->lock);
}

/* ---- a request ---- */

static void request_free(struct kit_request *request)
{
    mem_free(request->method);
    mem_free(request->path);
    mem_free(request->head);
    mem_free((void *)(uintptr_t)request->body.data);
    mem_free(request);
}

/* Reads up to the empty line; what came behind it begins the body. */
static bool read_head(struct wire *wire, struct buffer *head, struct buffer *body)
{
    char bytes[16384];
    size_t count;

    while ((count = wire_read(wire, bytes, sizeof bytes)) > 0) {
        const char *end;

        buffer_append(head, slice_make(bytes, count));
        end = memmem(head->data, head->len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        count = (size_t)(end + 4 - head->data);
        buffer_append(body, slice_skip(buffer_view(head), count));
        head->len = count;
        return true;
    }
    return false;
}

static bool read_body(struct wire *wire, size_t body_bytes, struct buffer *body)
{
    char bytes[65536];

    while (body->len < body_bytes) {
        size_t count = wire_read(wire, bytes, sizeof bytes);

        if (count == 0)
            return false;
        buffer_append(body, slice_make(bytes, count));
    }
    return true;
}

const char *kit_request_header(const struct kit_request *request, const char *name)
{
    static char value[8192];
    struct slice rest = slice_of(request->head);
    struct slice line;

    while (slice_next(&rest, '\n', &line)) {
        size_t colon = slice_find(line, ':');
        struct slice found = slice_trim(slice_skip(line, colon + 1));

        if (colon == line.len || !slice_is_nocase(slice_make(line.data, colon), name))
            continue;
        snprintf(value, sizeof value, "%.*s", SLICE_ARG(found));
        return value;
    }
    return NULL;
}

static struct kit_request *request_new(struct buffer *head, unsigned connection)
{
    struct kit_request *request = mem_zalloc(1, sizeof *request);
    struct slice rest = slice_of(buffer_text(head));
    struct slice method, path;

    CHECK(slice_next(&rest, ' ', &method));
    CHECK(slice_next(&rest, ' ', &path));
    request->method = mem_text_n(method.data, method.len);
    request->path = mem_text_n(path.data, path.len);
    request->head = mem_text(buffer_text(head));
    request->body = slice_make(mem_text(""), 0);
    request->connection = connection;
    return request;
}

static size_t content_length(const struct buffer *head)
{
    static const char name[] = "\r\nContent-Length:";
    const char *at = memmem(head->data, head->len, name, sizeof name - 1);

    return at != NULL ? (size_t)strtoull(at + sizeof name - 1, NULL, 10) : 0;
}

static void request_keep(struct kit_server *server, struct kit_request *request)
{
    uint64_t one = 1;

    pthread_mutex_lock(&server->lock);
    CHECK(server->request_count < REQUESTS_MAX);
    server->requests[server->request_count++] = request;
    pthread_mutex_unlock(&server->lock);
    CHECK(write(server->news, &one, sizeof one) == sizeof one);
}

/* ---- an answer ---- */

/* Only the end of the connection, or the server's, wakes it. */
static void wait_without_reading(struct kit_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (!server->is_stopping)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

/* True: the connection goes on. */
static bool answer(struct kit_server *server, struct wire *wire, const struct step *step)
{
    if (step->move == KIT_HOLD)
        wait_for_release(server);
    if (step->move == KIT_DEAF)
        wait_without_reading(server);
    return step_play(step, wire);
}

/* What the rule says to the request, which is kept. */
static bool answer_by_rule(struct kit_server *server, struct wire *wire,
                           struct kit_request *request)
{
    struct step *step;
    bool goes_on;

    pthread_mutex_lock(&server->lock);
    step = step_new(server->rule(server->rule_owner, request));
    pthread_mutex_unlock(&server->lock);
    request_keep(server, request);
    goes_on = answer(server, wire, step);
    step_free(step);
    return goes_on;
}

/* ---- a connection ---- */

static bool serve_one(struct link *link, struct wire *wire)
{
    struct buffer head = {0}, body = {0};
    struct kit_request *request = NULL;
    const struct step *step;
    bool goes_on = false;

    if (!read_head(wire, &head, &body))
        goto out;
    request = request_new(&head, link->number);
    request->answer = link->server->rule != NULL ? -1 : script_take(link->server);
    step = script_step(link->server, request->answer);
    if (link->server->rule != NULL || step_reads_body(step)) {
        if (!read_body(wire, content_length(&head), &body)) {
            request_free(request);
            goto out;
        }
        mem_free((void *)(uintptr_t)request->body.data);
        request->body = slice_make(mem_text_n(body.data, body.len), body.len);
    }
    if (link->server->rule != NULL) {
        goes_on = answer_by_rule(link->server, wire, request);
    } else {
        request_keep(link->server, request);
        goes_on = answer(link->server, wire, step);
    }
out:
    buffer_fini(&head);
    buffer_fini(&body);
    return goes_on;
}

/* OpenSSL writes to a connection that is gone without asking for no signal. */
static void block_sigpipe(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    CHECK(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
}

static void *link_run(void *owner)
{
    struct link *link = owner;
    struct wire wire;

    block_sigpipe();
    if (wire_init(&wire, link->fd, link->server->tls))
        while (serve_one(link, &wire))
            continue;
    pthread_mutex_lock(&link->server->lock);
    wire_fini(&wire);
    link->is_done = true;
    pthread_mutex_unlock(&link->server->lock);
    return NULL;
}

static void link_start(struct kit_server *server, int fd)
{
    struct link *link = mem_zalloc(1, sizeof *link);

    link->server = server;
    link->fd = fd;
    pthread_mutex_lock(&server->lock);
    CHECK(server->link_count < CONNECTIONS_MAX);
    link->number = server->link_count;
    server->links[server->link_count++] = link;
    CHECK(pthread_create(&link->thread, NULL, link_run, link) == 0);
    pthread_mutex_unlock(&server->lock);
}

static void *server_run(void *owner)
{
    struct kit_server *server = owner;
    int fd;

    while ((fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        link_start(server, fd);
    return NULL;
}

/* ---- the server ---- */

/* On the port, or on any when it is 0. */
static int listen_local(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int yes = 1;

    CHECK(fd >= 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
    CHECK(bind(fd, (struct sockaddr *)&address, len) == 0);
    CHECK(listen(fd, 128) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static struct kit_server *server_start(uint16_t port, struct ssl_ctx_st *tls)
{
    struct kit_server *server = mem_zalloc(1, sizeof *server);

    server->port = port;
    server->usual = step_new((struct kit_answer){.status = 200});
    server->fd = listen_local(&server->port);
    server->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->tls = tls;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    CHECK(pthread_create(&server->thread, NULL, server_run, server) == 0);
    return server;
}

struct kit_server *kit_server_start(void)
{
    return server_start(0, NULL);
}

struct kit_server *kit_server_start_at(uint16_t port)
{
    return server_start(port, NULL);
}

struct kit_server *kit_server_start_tls(const char *cert_file, const char *key_file)
{
    return server_start(0, wire_context_new(cert_file, key_file));
}

struct kit_server *kit_server_start_mutual(const char *cert_file, const char *key_file,
                                           const char *authority_file)
{
    struct ssl_ctx_st *tls = wire_context_new(cert_file, key_file);

    wire_context_demand(tls, authority_file);
    return server_start(0, tls);
}

static void links_stop(struct kit_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    pthread_cond_broadcast(&server->changed);
    for (unsigned i = 0; i < server->link_count; i++)
        if (!server->links[i]->is_done)
            shutdown(server->links[i]->fd, SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
    for (unsigned i = 0; i < server->link_count; i++) {
        pthread_join(server->links[i]->thread, NULL);
        mem_free(server->links[i]);
    }
}

void kit_server_stop(struct kit_server **address)
{
    struct kit_server *server = *address;

    *address = NULL;
    if (server == NULL)
        return;
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    links_stop(server);
    for (unsigned i = 0; i < server->script_count; i++)
        step_free(server->script[i]);
    for (unsigned i = 0; i < server->request_count; i++)
        request_free(server->requests[i]);
    step_free(server->usual);
    wire_context_free(server->tls);
    close(server->news);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
    mem_free(server);
}

uint16_t kit_server_port(const struct kit_server *server)
{
    return server->port;
}

unsigned kit_server_requests(struct kit_server *server)
{
    unsigned count;

    pthread_mutex_lock(&server->lock);
    count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

unsigned kit_server_connections(struct kit_server *server)
{
    unsigned count;

    pthread_mutex_lock(&server->lock);
    count = server->link_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

const struct kit_request *kit_server_request(struct kit_server *server, unsigned index)
{
    const struct kit_request *request;

    pthread_mutex_lock(&server->lock);
    CHECK(index < server->request_count);
    request = server->requests[index];
    pthread_mutex_unlock(&server->lock);
    return request;
}

/* ---- waiting ---- */

static void on_news(void *owner, int status, int events)
{
    struct kit_server *server = owner;
    uint64_t count;

    (void)events;
    CHECK(status == 0);
    CHECK(read(server->news, &count, sizeof count) == sizeof count);
}

void kit_server_await(struct kit_server *server, struct loop *loop, unsigned count)
{
    struct poll *poll = poll_new(loop, server->news, on_news, server);
    struct patience patience;

    patience_begin(&patience, loop, "a request");
    poll_start(poll, POLL_READABLE);
    while (kit_server_requests(server) < count)
        loop_turn(loop, true);
    patience_end(&patience);
    poll_free(&poll);
}

uint16_t kit_closed_port(void)
{
    uint16_t port = 0;

    close(listen_local(&port));
    return port;
}
