/*
 * sink: an HTTP server that stands where Elasticsearch or CloudWatch Logs stands and counts what
 * arrives.
 *
 *   sink PORT [DELAY_MS]     every bulk answer is late by DELAY_MS; ends on a signal
 *
 *   POST /…/_bulk            stored and answered in Elasticsearch's shape (see bulk.h)
 *   POST / with X-Amz-Target taken as CloudWatch Logs takes it (see put.h)
 *   GET  /__stats            what has arrived, as one line of JSON
 *   GET  /__faults?NAME=N&…  what goes wrong from now on (see faults.h)
 *   GET  /__puts             what came by PutLogEvents, likewise
 *   GET  /__limits?NAME=N&…  what of that is refused from now on (see put.h)
 *   GET  /__missing?count=N  the first N numbers missing below the highest of their file, or 20
 *   anything else            an answer that a client looking for Elasticsearch is content with
 *
 * It listens on 127.0.0.1, or on SINK_ADDRESS of the environment.
 *
 * One thread, one request at a time per connection, up to CONNECTIONS_MAX of them.
 */
#include "bulk.h"
#include "put.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define READ_BYTES ((size_t)256 << 10)
#define HUGE_BYTES ((size_t)20 << 20)
#define MISSING_SHOWN_MAX 20

struct connection {
    int fd; /* -1: free */
    struct buffer in;
    struct buffer out;
    uint64_t due_ms; /* when `out` may go; 0: nothing waits */
    bool is_last;    /* closed once `out` is sent */
};

struct request {
    struct slice line;
    struct slice head;
    struct slice body;
};

struct sink {
    struct connection connections[CONNECTIONS_MAX];
    struct bulk bulk;
    struct put put;
    struct buffer plain;
    struct buffer answer;
    uint64_t request_count;
    uint64_t wire_bytes;
    uint64_t up_at_ms; /* when to listen again, while nobody listens; 0: somebody does */
    int listener;
};

static const char greeting[] =
    "{\"name\":\"sink\",\"cluster_name\":\"sink\",\"version\":{\"number\":\"8.19.21\"},"
    "\"tagline\":\"You Know, for Search\",\"acknowledged\":true}";

static void respond(struct connection *c, int status, struct slice body)
{
    buffer_append_format(&c->out,
                         "HTTP/1.1 %d %s\r\nX-elastic-product: Elasticsearch\r\n"
                         "content-type: application/json\r\ncontent-length: %zu\r\n\r\n",
                         status, status == 200 ? "OK" : "Refused", body.len);
    buffer_append(&c->out, body);
    c->due_ms = clock_ms();
}

static void answer_stats(struct sink *s, struct connection *c)
{
    const struct bulk *b = &s->bulk;

    buffer_append_format(&s->answer,
                         "{\"docs\":%" PRIu64 ",\"unique\":%" PRIu64 ",\"duplicates\":%" PRIu64
                         ",\"gaps\":%" PRIu64 ",\"unnumbered\":%" PRIu64 ",\"conflicts\":%" PRIu64
                         ",\"failed\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"wire_bytes\":%" PRIu64
                         ",\"plain_bytes\":%" PRIu64 "}\n",
                         b->document_count, b->seen.unique_count, b->seen.duplicate_count,
                         seen_gap_count(&b->seen), b->seen.unnumbered_count, b->conflict_count,
                         b->failed_count, s->request_count, s->wire_bytes, b->plain_bytes);
    respond(c, 200, buffer_view(&s->answer));
}

static void answer_missing(struct sink *s, struct connection *c, const struct request *r)
{
    const char *asked = memmem(r->line.data, r->line.len, "count=", 6);
    uint64_t shown_max = asked ? strtoull(asked + 6, NULL, 10) : MISSING_SHOWN_MAX;
    uint64_t number = 0;

    buffer_append_byte(&s->answer, '[');
    for (uint64_t i = 0; i < shown_max && seen_next_gap(&s->bulk.seen, &number); i++)
        buffer_append_format(&s->answer, "%s%" PRIu64, i > 0 ? "," : "", number++);
    buffer_append_text(&s->answer, "]\n");
    respond(c, 200, buffer_view(&s->answer));
}

/* The value of a header, blanks off; empty where there is none. */
static struct slice header(struct slice head, const char *name)
{
    struct slice line;

    while (slice_next(&head, '\n', &line)) {
        size_t colon = slice_find(line, ':');

        if (colon < line.len && slice_is_nocase(slice_make(line.data, colon), name))
            return slice_trim(slice_skip(line, colon + 1));
    }
    return slice_make(NULL, 0);
}

/* White space after the answer is JSON still. */
static void respond_huge(struct sink *s, struct connection *c)
{
    memset(buffer_reserve(&s->answer, HUGE_BYTES), ' ', HUGE_BYTES);
    buffer_commit(&s->answer, HUGE_BYTES);
    respond(c, 200, buffer_view(&s->answer));
}

static void hang_up_after(struct connection *c, size_t byte_count)
{
    c->out.len = byte_count;
    c->is_last = true;
    c->due_ms = clock_ms();
}

/* The answer in s->answer, in whatever shape it gets there. */
static void answer_badly(struct sink *s, struct connection *c, enum mishap mishap)
{
    switch (mishap) {
    case MISHAP_BUSY:
        respond(c, 429,
                SLICE("{\"error\":{\"type\":\"es_rejected_execution_exception\"},\"status\":429}"));
        return;
    case MISHAP_UNAVAILABLE:
        respond(c, 503, SLICE("<html>503</html>"));
        return;
    case MISHAP_PAGE:
        respond(c, 200, SLICE("<html>Please log in</html>"));
        return;
    case MISHAP_HUGE:
        respond_huge(s, c);
        return;
    case MISHAP_CUT:
        respond(c, 200, buffer_view(&s->answer));
        hang_up_after(c, c->out.len - s->answer.len / 2 - 1);
        return;
    default:
        hang_up_after(c, 0);
    }
}

/* The plain body of the request; false where it is damaged. */
static bool body_open(struct sink *s, const struct request *r, struct slice *out)
{
    *out = r->body;
    if (!slice_is_nocase(header(r->head, "content-encoding"), "gzip"))
        return true;
    buffer_clear(&s->plain);
    if (!bulk_gunzip(r->body, &s->plain))
        return false;
    *out = buffer_view(&s->plain);
    return true;
}

static void answer_bulk(struct sink *s, struct connection *c, const struct request *r)
{
    enum mishap mishap = faults_request(&s->bulk.faults);
    struct slice body;

    s->request_count++;
    s->wire_bytes += r->body.len;
    if (!body_open(s, r, &body)) {
        respond(c, 400, SLICE("{\"error\":{\"type\":\"sink_gzip\"},\"status\":400}"));
        return;
    }
    if (mishap == MISHAP_NONE || mishap >= MISHAP_LOST)
        bulk_store(&s->bulk, body, r->line, &s->answer);
    if (mishap == MISHAP_NONE)
        respond(c, 200, buffer_view(&s->answer));
    else
        answer_badly(s, c, mishap);
    c->due_ms += s->bulk.faults.delay_ms;
}

static void respond_aws(struct connection *c, int status, struct slice body)
{
    buffer_append_format(
        &c->out,
        "HTTP/1.1 %d %s\r\nx-amzn-RequestId: 8f1c22d1-a09b-4e37-0000-000000000000\r\n"
        "content-type: application/x-amz-json-1.1\r\ncontent-length: %zu\r\n\r\n",
        status, status == 200 ? "OK" : "Bad Request", body.len);
    buffer_append(&c->out, body);
    c->due_ms = clock_ms();
}

static void answer_aws(struct sink *s, struct connection *c, const struct request *r)
{
    struct slice target = header(r->head, "x-amz-target");
    struct put_request request = {
        .operation = slice_skip(target, slice_find(target, '.') + 1),
        .is_signed = slice_begins(header(r->head, "authorization"), SLICE("AWS4-HMAC-SHA256 ")),
        .now_ms = clock_ms(),
    };
    int status = 400;

    s->request_count++;
    s->wire_bytes += r->body.len;
    if (body_open(s, r, &request.body))
        status = put_call(&s->put, &request, &s->bulk.seen, &s->answer);
    respond_aws(c, status, buffer_view(&s->answer));
    c->due_ms += s->bulk.faults.delay_ms;
}

static void answer_puts(struct sink *s, struct connection *c)
{
    put_stats(&s->put, &s->answer);
    respond(c, 200, buffer_view(&s->answer));
}

static void answer_limits(struct sink *s, struct connection *c, const struct request *r)
{
    put_limits(&s->put, r->line);
    respond(c, 200, SLICE("{}"));
}

static void answer_faults(struct sink *s, struct connection *c, const struct request *r)
{
    faults_set(&s->bulk.faults, r->line);
    respond(c, 200, SLICE("{}"));
}

static void answer_request(struct sink *s, struct connection *c, const struct request *r)
{
    buffer_clear(&s->answer);
    if (memmem(r->line.data, r->line.len, "/_bulk", 6))
        answer_bulk(s, c, r);
    else if (memmem(r->line.data, r->line.len, "/__stats", 8))
        answer_stats(s, c);
    else if (memmem(r->line.data, r->line.len, "/__faults", 9))
        answer_faults(s, c, r);
    else if (memmem(r->line.data, r->line.len, "/__missing", 10))
        answer_missing(s, c, r);
    else if (memmem(r->line.data, r->line.len, "/__puts", 7))
        answer_puts(s, c);
    else if (memmem(r->line.data, r->line.len, "/__limits", 9))
        answer_limits(s, c, r);
    else if (header(r->head, "x-amz-target").len > 0)
        answer_aws(s, c, r);
    else if (slice_begins(r->line, SLICE("HEAD ")))
        respond(c, 200, slice_make(NULL, 0));
    else
        respond(c, 200, slice_of(greeting));
}

/* Cuts the next request out of what has come; 0 while it is not whole, else its length. */
static size_t parse_request(struct connection *c, struct request *r)
{
    const char *end = memmem(c->in.data, c->in.len, "\r\n\r\n", 4);
    struct slice length;
    size_t head_len, body_len = 0;

    if (!end)
        return 0;
    head_len = (size_t)(end - c->in.data) + 4;
    r->head = slice_make(c->in.data, head_len);
    r->line = slice_make(c->in.data, slice_find(r->head, '\r'));
    length = header(r->head, "content-length");
    for (size_t i = 0; i < length.len; i++)
        body_len = body_len * 10 + (size_t)(length.data[i] - '0');
    if (c->in.len == head_len && header(r->head, "expect").len > 0 && body_len > 0)
        (void)!write(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    if (c->in.len < head_len + body_len)
        return 0;
    r->body = slice_make(c->in.data + head_len, body_len);
    return head_len + body_len;
}

static void hang_up(struct connection *c)
{
    close(c->fd);
    buffer_fini(&c->in);
    buffer_fini(&c->out);
    *c = (struct connection){.fd = -1};
}

static void on_readable(struct sink *s, struct connection *c)
{
    ssize_t got = read(c->fd, buffer_reserve(&c->in, READ_BYTES), READ_BYTES);
    struct request r;
    size_t len;

    if (got <= 0) {
        hang_up(c);
        return;
    }
    buffer_commit(&c->in, (size_t)got);
    len = parse_request(c, &r);
    if (len == 0)
        return;
    answer_request(s, c, &r);
    buffer_drop_front(&c->in, len);
}

/* Blocks while the client reads: it has sent its whole request, so it has nothing else to do. */
static void on_due(struct connection *c)
{
    c->due_ms = 0;
    while (c->out.len > 0) {
        ssize_t sent = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);

        if (sent <= 0) {
            hang_up(c);
            return;
        }
        buffer_drop_front(&c->out, (size_t)sent);
    }
    if (c->is_last)
        hang_up(c);
}

static void on_connection(struct sink *s)
{
    int fd = accept(s->listener, NULL, NULL);
    int yes = 1;

    for (size_t i = 0; fd >= 0 && i < CONNECTIONS_MAX; i++) {
        if (s->connections[i].fd >= 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        s->connections[i].fd = fd;
        return;
    }
    if (fd >= 0)
        close(fd);
}

/* How long to wait: until the first answer is due, and for ever where none is. */
static int fill_polls(struct sink *s, struct pollfd *polls)
{
    uint64_t now_ms = clock_ms();
    int wait_ms = -1;

    polls[CONNECTIONS_MAX] =
        (struct pollfd){.fd = s->up_at_ms > 0 ? -1 : s->listener, .events = POLLIN};
    if (s->up_at_ms > 0)
        wait_ms = s->up_at_ms > now_ms ? (int)(s->up_at_ms - now_ms) : 0;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &s->connections[i];
        int until_ms = c->due_ms > now_ms ? (int)(c->due_ms - now_ms) : 0;

        polls[i] = (struct pollfd){.fd = c->due_ms ? -1 : c->fd, .events = POLLIN};
        if (c->due_ms && (wait_ms < 0 || until_ms < wait_ms))
            wait_ms = until_ms;
    }
    return wait_ms;
}

/* The port may be taken although connections of before linger; by nobody else while we do not listen. */
static void listener_share(int fd, int is_shared)
{
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &is_shared, sizeof(is_shared));
}

static void listener_open(int fd)
{
    listener_share(fd, 1);
    if (listen(fd, 128) == 0)
        return;
    perror("sink: listen");
    exit(1);
}

static int listen_on(const char *port)
{
    const char *host = getenv("SINK_ADDRESS");
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr =
                                      host != NULL ? inet_addr(host) : htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    listener_share(fd, 1);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("sink: bind");
        exit(1);
    }
    listener_open(fd);
    return fd;
}

/* Nobody listens and every connection is reset, until it is time to come back. The port stays ours: what
 * another program took there would count as delivered. */
static void go_down(struct sink *s)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    s->up_at_ms = clock_ms() + s->bulk.faults.down_ms;
    s->bulk.faults.down_ms = 0;
    shutdown(s->listener, SHUT_RDWR);
    listener_share(s->listener, 0);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (s->connections[i].fd < 0)
            continue;
        setsockopt(s->connections[i].fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
        hang_up(&s->connections[i]);
    }
}

static void serve_once(struct sink *s)
{
    struct pollfd polls[CONNECTIONS_MAX + 1];
    int wait_ms = fill_polls(s, polls);

    if (poll(polls, CONNECTIONS_MAX + 1, wait_ms) < 0)
        return;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &s->connections[i];

        if (polls[i].revents)
            on_readable(s, c);
        if (c->due_ms && c->due_ms <= clock_ms())
            on_due(c);
    }
    if (polls[CONNECTIONS_MAX].revents)
        on_connection(s);
    if (s->up_at_ms == 0 && s->bulk.faults.down_ms > 0) {
        go_down(s);
    } else if (s->up_at_ms > 0 && s->up_at_ms <= clock_ms()) {
        s->up_at_ms = 0;
        listener_open(s->listener);
    }
}

int main(int argc, char **argv)
{
    static struct sink s;

    if (argc < 2) {
        fprintf(stderr, "usage: sink PORT [DELAY_MS]\n");
        return 2;
    }
    s.bulk.faults.delay_ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    s.listener = listen_on(argv[1]);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        s.connections[i].fd = -1;
    for (;;)
        serve_once(&s);
}
