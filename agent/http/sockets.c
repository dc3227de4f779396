/*
 * curl's sockets and its clock, on the loop.
 *
 *   on_open      curl wants a socket: it gets one, and the client an entry for it
 *   on_wish      curl says what it waits for on it; no more is done than noting that
 *   send_on      the kernel took what curl gave it: curl may give it more at once
 *   settle       curl has done what it could: the loop watches for what it waits for
 *   on_ready     the loop says that it is there: curl may go on
 *   on_due       the time that curl asked to be called at (on_delay) has come
 *   on_close     curl wants the socket closed: first out of the loop, then closed
 *
 * After each step of curl's the finished calls are collected (drain). None of the functions that
 * curl calls (on_open, on_wish, on_delay, on_close) may call curl's multi interface.
 *
 * Between calls nothing is watched: a connection that the back-end closes meanwhile is noticed
 * when it would be used again, and wakes nobody.
 */
#include "http/curl_internal.h"
#include "http/dial.h"

#include "base/log.h"
#include "base/memory.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* How many buffers of one body go out in a row, so that none keeps the loop for long: 1 MiB. */
#define SENDS_MAX (1024 * 1024 / UPLOAD_BUFFER_BYTES)

struct connection {
    struct list link;
    struct http_client *client;
    struct poll *poll; /* NULL until curl waits for something */
    int fd;
    int wish;          /* as POLL_*; what curl waits for */
    int events;        /* what the loop watches for: the same, once curl's step is over */
    bool is_curls_own; /* made without asking us: not ours to close */
    bool is_corked;
    uint32_t requests;      /* that went over it */
    struct http_call *call; /* the one under way on it, from the request on */
    int64_t moved_bytes;    /* of that call, when it was looked at last */
};

static void drive(struct http_client *client, curl_socket_t fd, int ready);

static struct connection *connection_find(const struct http_client *client, int fd)
{
    LIST_FOR (it, &client->curl->connections) {
        struct connection *connection = CONTAINER_OF(it, struct connection, link);

        if (connection->fd == fd)
            return connection;
    }
    return NULL;
}

static struct connection *connection_new(struct http_client *client, int fd)
{
    struct connection *connection = mem_zalloc(1, sizeof *connection);

    connection->client = client;
    connection->fd = fd;
    list_add_tail(&client->curl->connections, &connection->link);
    return connection;
}

static void connection_free(struct connection *connection)
{
    if (connection == NULL)
        return;
    poll_free(&connection->poll);
    list_remove(&connection->link);
    mem_free(connection);
}

/* ---- curl waits for something ---- */

/* libuv stops a poll that saw an error. curl has to hear of both directions nevertheless: what
 * the back-end said before it closed is still to be read. */
static void on_ready(void *owner, int status, int events)
{
    struct connection *connection = owner;
    struct http_client *client = connection->client;
    int fd = connection->fd;
    int ready = 0;

    if (status < 0)
        ready = CURL_CSELECT_IN | CURL_CSELECT_OUT | CURL_CSELECT_ERR;
    if (events & POLL_READABLE)
        ready |= CURL_CSELECT_IN;
    if (events & POLL_WRITABLE)
        ready |= CURL_CSELECT_OUT;
    drive(client, fd, ready);
    if (status >= 0)
        return;
    connection = connection_find(client, fd);
    if (connection != NULL && connection->events != 0)
        poll_start(connection->poll, connection->events);
}

/* From a request's head on, while curl has more to send, the kernel waits for full segments: the head
 * goes with the body, and what curl's buffer ends with goes with the next one. So the back-end wakes
 * for a request, not for its head alone. All of it goes as soon as curl only waits for an answer. */
static void connection_cork(struct connection *connection, bool is_corked)
{
    int value = is_corked;

    if (is_corked == connection->is_corked)
        return;
    connection->is_corked = is_corked;
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

static void connection_watch(struct connection *connection)
{
    int events = connection->wish;

    if (events == connection->events)
        return;
    connection->events = events;
    if (connection->poll == NULL)
        connection->poll = poll_new(connection->client->loop, connection->fd, on_ready, connection);
    CHECK(connection->poll != NULL);
    if (events == 0)
        poll_stop(connection->poll);
    else
        poll_start(connection->poll, events);
}

/* ---- a socket is opened ---- */

/* curl closes a socket on which it never got connected without a word. It may then get the same
 * number again, and takes what it last said of that for said. */
static curl_socket_t on_open(void *owner, curlsocktype purpose, struct curl_sockaddr *address)
{
    int fd = dial_socket(address->family, address->socktype, address->protocol);
    struct connection *closed;
    int wish;

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    closed = connection_find(owner, fd);
    wish = closed != NULL ? closed->wish : 0;
    connection_free(closed);
    connection_new(owner, fd)->wish = wish;
    return fd;
}

static int events_of(int what)
{
    return (what & CURL_POLL_IN ? POLL_READABLE : 0) | (what & CURL_POLL_OUT ? POLL_WRITABLE : 0);
}

static int on_wish(CURL *easy, curl_socket_t fd, int what, void *owner, void *unused)
{
    struct http_client *client = owner;
    struct connection *connection = connection_find(client, fd);

    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        /* It may come after the socket was closed. It is all that is said of one that never got
         * connected: whoever gets its number next must find nothing of us on it. */
        if (connection != NULL && (connection->is_curls_own || connection->requests == 0)) {
            connection_free(connection);
        } else if (connection != NULL) {
            connection->wish = 0;
            connection_watch(connection);
        }
        return 0;
    }
    if (connection == NULL) {
        connection = connection_new(client, fd);
        connection->is_curls_own = true;
    }
    connection->wish = events_of(what);
    return 0;
}

/* ---- a socket is closed ---- */

/* Takes in the head of an answer that curl has not read: it stops at a send that fails, but a
 * back-end that refuses early resets the connection right behind its answer. Nothing comes of it with
 * TLS. */
static void last_words(struct http_call *call, int fd)
{
    char bytes[4096];
    ssize_t count;
    struct slice rest, line;

    if (call->reply.status != 0 || call->client->own.s.tls != NULL)
        return;
    count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0)
        return;
    rest = slice_make(bytes, (size_t)count);
    while (slice_next(&rest, '\n', &line) && slice_trim(line).len > 0)
        reply_line(call, line);
}

static int on_close(void *owner, curl_socket_t fd)
{
    struct connection *connection = connection_find(owner, fd);

    if (connection != NULL && connection->call != NULL)
        last_words(connection->call, fd);
    connection_free(connection);
    return close(fd);
}

/* ---- curl's clock ---- */

static int on_delay(CURLM *multi, long wait_ms, void *owner)
{
    struct http_client *client = owner;

    (void)multi;
    if (wait_ms < 0)
        timer_stop(client->curl->due);
    else
        timer_start(client->curl->due, (uint64_t)wait_ms);
    return 0;
}

static void on_due(void *owner)
{
    drive(owner, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- a step of curl's ---- */

static void drain(struct http_client *client)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->curl->multi, &left)) != NULL) {
        struct http_call *call = NULL;
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        curl_finish(call, result);
    }
}

static void multi_open(struct http_client *client)
{
    CURLM *multi = curl_multi_init();
    long most = (long)client->own.s.connections_max;

    CHECK(multi != NULL);
    client->curl->multi = multi;
    CHECK(curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_wish) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_delay) == CURLM_OK);
    CHECK(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK);
    if (most > 0)
        CHECK(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, most) == CURLM_OK);
}

static void multi_close(struct http_client *client)
{
    CHECK(curl_multi_cleanup(client->curl->multi) == CURLM_OK);
    client->curl->multi = NULL;
    timer_stop(client->curl->due);
    CHECK(list_is_empty(&client->curl->connections));
}

void sockets_renew(struct http_client *client, CURLMcode error)
{
    struct list failed;
    struct list *it;

    log_error(client->own.s.component, "curl: %s; beginning anew", curl_multi_strerror(error));
    list_init(&failed);
    LIST_FOR_SAFE (active, after, &client->active) {
        struct http_call *call = CONTAINER_OF(active, struct http_call, link);

        if (call->curl == NULL)
            continue;
        curl_multi_remove_handle(client->curl->multi, call->curl->easy);
        curl_easy_cleanup(call->curl->easy);
        call->curl->easy = NULL;
        list_remove(active);
        list_add_tail(&failed, active);
    }
    multi_close(client);
    multi_open(client);
    while ((it = list_take_first(&failed)) != NULL)
        call_end(CONTAINER_OF(it, struct http_call, link), UV_EIO, curl_multi_strerror(error));
}

/* Whether it is in the middle of a body, and the last step brought it on. */
static bool is_sending(struct connection *connection)
{
    int64_t moved;

    if (connection->call == NULL || !(connection->wish & POLL_WRITABLE))
        return false;
    moved = connection->call->curl->moved_bytes;
    if (moved == connection->moved_bytes)
        return false;
    connection->moved_bytes = moved;
    return true;
}

static struct connection *connection_that_sends(const struct http_client *client)
{
    LIST_FOR (it, &client->curl->connections) {
        struct connection *connection = CONTAINER_OF(it, struct connection, link);

        if (is_sending(connection))
            return connection;
    }
    return NULL;
}

/* curl sends one buffer in a step, and then waits to hear that there is room. As long as the kernel
 * takes them whole that is known; asking the loop for each cost a request ten turns of it. */
static CURLMcode send_on(struct http_client *client)
{
    struct connection *connection;
    CURLMcode rc = CURLM_OK;
    int running;

    for (long i = 0; i < SENDS_MAX && rc == CURLM_OK; i++) {
        connection = connection_that_sends(client);
        if (connection == NULL)
            break;
        rc = curl_multi_socket_action(client->curl->multi, connection->fd, CURL_CSELECT_OUT,
                                      &running);
    }
    return rc;
}

/* What curl has sent whole goes out whole. curl says nothing of a wish that stays as it was, so this
 * is looked at after each step. */
static void settle(struct http_client *client)
{
    LIST_FOR (it, &client->curl->connections) {
        struct connection *connection = CONTAINER_OF(it, struct connection, link);

        if (!(connection->wish & POLL_WRITABLE))
            connection_cork(connection, false);
        connection_watch(connection);
    }
}

static void drive(struct http_client *client, curl_socket_t fd, int ready)
{
    int running = 0;
    CURLMcode rc = curl_multi_socket_action(client->curl->multi, fd, ready, &running);

    if (rc == CURLM_OK)
        rc = send_on(client);
    settle(client);
    if (rc == CURLM_OK)
        drain(client);
    else
        sockets_renew(client, rc);
}

/* ---- the client's side ---- */

static int local_port(int fd)
{
    struct sockaddr_in6 address = {0};
    socklen_t len = sizeof address;

    _Static_assert(offsetof(struct sockaddr_in6, sin6_port) ==
                       offsetof(struct sockaddr_in, sin_port),
                   "the port is at the same place in both");
    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return -1;
    return ntohs(address.sin6_port);
}

bool sockets_use(struct http_call *call, int port)
{
    struct http_client *client = call->client;
    uint32_t most = client->own.s.keepalive_max_recycle;

    LIST_FOR (it, &client->curl->connections) {
        struct connection *connection = CONTAINER_OF(it, struct connection, link);

        if (local_port(connection->fd) != port)
            continue;
        connection_cork(connection, true);
        connection->call = call;
        connection->moved_bytes = 0;
        connection->requests++;
        return most != 0 && connection->requests >= most;
    }
    return false;
}

void sockets_leave(const struct http_call *call)
{
    LIST_FOR (it, &call->client->curl->connections) {
        struct connection *connection = CONTAINER_OF(it, struct connection, link);

        if (connection->call == call)
            connection->call = NULL;
    }
}

void sockets_open(struct http_client *client)
{
    client->curl->due = timer_new(client->loop, on_due, client);
    multi_open(client);
}

void sockets_close(struct http_client *client)
{
    multi_close(client);
    timer_free(&client->curl->due);
}

void sockets_attach(struct http_client *client, CURL *easy)
{
    CHECK(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK);
    CHECK(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, client) == CURLE_OK);
    CHECK(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK);
    CHECK(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client) == CURLE_OK);
}
