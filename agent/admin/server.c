#include "admin/server.h"

#include "admin/listen.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * One request: on_request comes first with its head, then for each part of its body, and last
 * with none; only then it is answered. One that waits for a reload is suspended instead, and comes
 * once more when server_resume wakes it. What makes the daemon turn:
 *
 *   on_ready   its epoll descriptor: a connection, a request, room to write
 *   on_timer   the time that it asked for: an idle connection is to be closed
 */

#define STOP_TURNS 4 /* one to wake up, others to be written */
#define CONNECTION_BYTES_MAX 16384

/* A connection, in the order in which they came or were answered last. */
struct guest {
    struct list link; /* in server->guests */
    struct MHD_Connection *connection;
    bool has_outcome; /* of the reload that it waited for: comes once more, for this page */
    struct page outcome;
};

/*
 *   guests   the oldest first; all of guest_count, but those that were told to leave
 *   waiting  one of them, suspended; none that was resumed
 */
struct server {
    struct MHD_Daemon *daemon;
    struct list guests;
    size_t guest_count;
    bool has_room_again;
    struct guest *waiting; /* for the end of a reload, its request suspended */
    bool is_stopping;
    const struct admin_view *view;
    struct poll *poll;
    struct timer *timer;
    uint16_t port;
};

/* ---- answers ---- */

static void header_add(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        CHECK(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* The body goes to the response, which frees it. */
static struct MHD_Response *response_of(struct page *page)
{
    char *data = page->body.data;
    size_t bytes = page->body.len;

    if (bytes == 0)
        return MHD_create_response_from_buffer(page->fixed.len, (void *)(uintptr_t)page->fixed.data,
                                               MHD_RESPMEM_PERSISTENT);
    page->body = (struct buffer){0};
    return MHD_create_response_from_buffer_with_free_callback(bytes, data, mem_free);
}

static enum MHD_Result answer(struct MHD_Connection *connection, struct page *page)
{
    struct MHD_Response *response = response_of(page);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    header_add(response, "Content-Type", page->type);
    header_add(response, "Allow", page->allow);
    header_add(response, "Content-Security-Policy", page->policy[0] != '\0' ? page->policy : NULL);
    header_add(response, "X-Content-Type-Options", "nosniff");
    header_add(response, "Cache-Control", "no-store");
    result = MHD_queue_response(connection, page->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- guests ---- */

static void server_check(const struct server *server)
{
    CHECK(server->guest_count > 0 || list_is_empty(&server->guests));
    CHECK(server->guest_count > 0 || server->waiting == NULL);
    CHECK(server->waiting == NULL || !server->waiting->has_outcome);
}

/* Whoever dribbles a request byte by byte would keep the places for ever, and the probe that asks
 * whether we live would find none. The daemon sees the end of the connection at its next turn. */
static void oldest_leaves(struct server *server)
{
    struct guest *oldest = CONTAINER_OF(list_take_first(&server->guests), struct guest, link);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(oldest->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info != NULL)
        (void)shutdown(info->connect_fd, SHUT_RDWR);
}

static void on_guest(void *owner, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code)
{
    struct server *server = owner;
    struct guest *guest = *context;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        CHECK(server->waiting != guest); /* what is suspended does not close */
        list_remove(&guest->link);
        CHECK(server->guest_count > 0);
        server->guest_count--;
        server->has_room_again = true;
        page_fini(&guest->outcome);
        mem_free(guest);
        server_check(server);
        return;
    }
    if (server->guest_count >= SERVER_CONNECTIONS_MAX - SERVER_CONNECTIONS_FREE &&
        !list_is_empty(&server->guests))
        oldest_leaves(server);
    guest = mem_zalloc(1, sizeof *guest);
    guest->connection = connection;
    list_add_tail(&server->guests, &guest->link);
    server->guest_count++;
    *context = guest;
}

static struct guest *guest_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    CHECK(info != NULL && info->socket_context != NULL);
    return info->socket_context;
}

static void guest_served(struct server *server, struct guest *guest)
{
    list_remove(&guest->link);
    list_add_tail(&server->guests, &guest->link);
}

/* ---- requests ---- */

/* A page of another site can have a browser on the node post here, and does not need to read the
 * answer. Browsers then say where the page is from, and nobody else does. Our own page only looks. */
static bool is_of_a_page(struct MHD_Connection *connection, const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Origin") != NULL;
}

static void outcome_take(struct guest *guest, struct page *page)
{
    *page = guest->outcome;
    guest->outcome = (struct page){0};
    guest->has_outcome = false;
}

/* Nobody may begin to wait while the server stops: that one would never be answered. */
static void page_make(struct server *server, struct guest *guest, const char *method,
                      const char *url, struct page *page)
{
    if (guest->has_outcome)
        outcome_take(guest, page);
    else if (server->is_stopping)
        page->status = 503;
    else if (is_of_a_page(guest->connection, method))
        page->status = 403;
    else
        pages_answer(server->view, method, url, page);
}

static enum MHD_Result on_request(void *owner, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_bytes, void **request)
{
    struct server *server = owner;
    struct page page = {0};
    struct guest *guest;
    enum MHD_Result result;

    (void)version;
    (void)body;
    if (*request == NULL) {
        *request = server;
        return MHD_YES;
    }
    if (*body_bytes > 0) {
        *body_bytes = 0;
        return MHD_YES;
    }
    guest = guest_of(connection);
    guest_served(server, guest);
    page_make(server, guest, method, url, &page);
    if (page.is_waiting) {
        CHECK(server->waiting == NULL);
        server->waiting = guest;
        MHD_suspend_connection(connection);
        result = MHD_YES;
    } else {
        result = answer(connection, &page);
    }
    page_fini(&page);
    server_check(server);
    return result;
}

static void on_daemon_says(void *owner, const char *format, va_list args)
{
    char text[256];

    (void)owner;
    (void)vsnprintf(text, sizeof text, format, args);
    log_debug("http_server", "%s", text);
}

/* ---- turning ---- */

/* The daemon that was full listens again only at the turn after the one in which somebody left. */
static void server_turn(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    do {
        server->has_room_again = false;
        (void)MHD_run(server->daemon);
    } while (server->has_room_again);
    if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES)
        timer_start(server->timer, wait_ms);
    else
        timer_stop(server->timer);
}

static void on_ready(void *owner, int status, int events)
{
    (void)status;
    (void)events;
    server_turn(owner);
}

static void on_timer(void *owner)
{
    server_turn(owner);
}

/* What it waited for is said as it is now, and goes out when the loop is back: who is answered at
 * once may ask for the next reload before this one has returned, and would be told that it lasts. */
void server_resume(struct server *server)
{
    struct guest *guest = server->waiting;

    if (guest == NULL)
        return;
    server->waiting = NULL;
    guest->has_outcome = true;
    pages_outcome(server->view, &guest->outcome);
    MHD_resume_connection(guest->connection);
    timer_start(server->timer, 0);
}

/* ---- life ---- */

static struct MHD_Daemon *daemon_start(struct server *server, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
        server, MHD_OPTION_EXTERNAL_LOGGER, on_daemon_says, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        on_guest, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES_MAX, MHD_OPTION_END);
}

int server_start(struct loop *loop, const char *host, uint16_t port, const struct admin_view *view,
                 struct server **server_out)
{
    const union MHD_DaemonInfo *info;
    struct server *server;
    int fd = listen_on(host, port);

    if (fd < 0)
        return fd;
    server = mem_zalloc(1, sizeof *server);
    list_init(&server->guests);
    server->view = view;
    server->port = listen_port(fd);
    server->daemon = daemon_start(server, fd);
    if (server->daemon == NULL) {
        close(fd);
        mem_free(server);
        return -ENOTSUP;
    }
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    CHECK(info != NULL);
    server->timer = timer_new(loop, on_timer, server);
    server->poll = poll_new(loop, info->epoll_fd, on_ready, server);
    CHECK(server->poll != NULL);
    poll_start(server->poll, POLL_READABLE);
    *server_out = server;
    return 0;
}

/* Whoever waits is answered. The daemon closes its descriptors, so nothing may poll them any more. */
void server_stop(struct server **address)
{
    struct server *server = *address;

    *address = NULL;
    if (server == NULL)
        return;
    server->is_stopping = true;
    server_resume(server);
    for (int turn = 0; turn < STOP_TURNS; turn++)
        server_turn(server);
    CHECK(server->waiting == NULL);
    poll_free(&server->poll);
    timer_free(&server->timer);
    MHD_stop_daemon(server->daemon);
    mem_free(server);
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}
