#include "kit/kube.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "kit/kube_world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct kube_link {
    struct kube *kube;
    int fd; /* -1: free */
    struct poll *poll;
    struct buffer in, out;
    enum kube_kind watch; /* KUBE_OTHER: none */
    uint64_t seen;        /* the version that the watch has come to */
    bool closes;          /* when all is out */
};

struct kube_faults {
    int status[KUBE_KINDS];
    unsigned times[KUBE_KINDS];
    bool is_forbidden[KUBE_KINDS];
    unsigned retry_after_s;
    bool gone_as_event, is_down;
    size_t slow_bytes;
    char token[64];
};

struct kube {
    struct loop *loop;
    struct kube_world *world;
    int fd;
    uint16_t port;
    struct poll *poll;
    struct kube_link links[KUBE_LINKS_MAX];
    struct kube_faults faults;
    unsigned counts[KUBE_KINDS];
    struct buffer last;
};

/* ---- connections ---- */

static void link_close(struct kube_link *link)
{
    if (link->fd < 0)
        return;
    poll_free(&link->poll);
    close(link->fd);
    buffer_fini(&link->in);
    buffer_fini(&link->out);
    *link = (struct kube_link){.kube = link->kube, .fd = -1, .watch = KUBE_OTHER};
}

static void link_arm(struct kube_link *link)
{
    poll_start(link->poll, POLL_READABLE | (link->out.len > 0 ? POLL_WRITABLE : 0));
}

/* True: it is still there. */
static bool link_write(struct kube_link *link)
{
    size_t slow = link->kube->faults.slow_bytes;
    size_t bytes = slow > 0 && slow < link->out.len ? slow : link->out.len;
    ssize_t count = send(link->fd, link->out.data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (count > 0)
        buffer_drop_front(&link->out, (size_t)count);
    if (link->out.len == 0 && link->closes) {
        link_close(link);
        return false;
    }
    return true;
}

/* ---- answers ---- */

static void answer_head(struct kube_link *link, int status, size_t body_bytes)
{
    buffer_append_format(&link->out, "HTTP/1.1 %d Kube\r\nContent-Type: application/json\r\n",
                         status);
    if (status >= 300 && link->kube->faults.retry_after_s > 0)
        buffer_append_format(&link->out, "Retry-After: %u\r\n", link->kube->faults.retry_after_s);
    buffer_append_format(&link->out, "Content-Length: %zu\r\n\r\n", body_bytes);
}

static void answer(struct kube_link *link, int status, struct slice body)
{
    answer_head(link, status, body.len);
    buffer_append(&link->out, body);
}

static void answer_status(struct kube_link *link, int status, const char *message)
{
    struct buffer body = {0};

    kube_world_status(&body, status, message);
    answer(link, status, buffer_view(&body));
    buffer_fini(&body);
}

static void chunk(struct kube_link *link, struct slice bytes)
{
    buffer_append_format(&link->out, "%zx\r\n", bytes.len);
    buffer_append(&link->out, bytes);
    buffer_append_text(&link->out, "\r\n");
}

/* ---- watches ---- */

static bool is_spaces(enum kube_kind kind)
{
    return kind == KUBE_WATCH_SPACES;
}

static void watch_feed(struct kube_link *link)
{
    struct buffer text = {0};

    while (kube_world_event(link->kube->world, is_spaces(link->watch), &link->seen, &text)) {
        chunk(link, buffer_view(&text));
        buffer_clear(&text);
    }
    buffer_fini(&text);
    link_arm(link);
}

static void watches_feed(struct kube *kube)
{
    for (unsigned i = 0; i < KUBE_LINKS_MAX; i++)
        if (kube->links[i].fd >= 0 && kube->links[i].watch != KUBE_OTHER)
            watch_feed(&kube->links[i]);
}

static void watch_begin(struct kube_link *link, enum kube_kind kind, const char *request)
{
    const char *at = strstr(request, "resourceVersion=");
    uint64_t version = at != NULL ? strtoull(at + strlen("resourceVersion="), NULL, 10) : 0;
    bool is_old = !kube_world_has(link->kube->world, version);
    struct buffer text = {0};

    if (is_old && !link->kube->faults.gone_as_event) {
        answer_status(link, 410, "too old resource version");
        return;
    }
    buffer_append_text(&link->out, "HTTP/1.1 200 Kube\r\nTransfer-Encoding: chunked\r\n"
                                   "Content-Type: application/json\r\n\r\n");
    if (is_old) {
        kube_world_gone_event(&text);
        chunk(link, buffer_view(&text));
        buffer_append_text(&link->out, "0\r\n\r\n");
        buffer_fini(&text);
        return;
    }
    link->watch = kind;
    link->seen = version;
    watch_feed(link);
}

/* ---- requests ---- */

static enum kube_kind kind_of(const char *request)
{
    bool is_watch = strstr(request, "watch=1") != NULL;

    if (strncmp(request, "GET /pods ", 10) == 0)
        return KUBE_KUBELET;
    if (strncmp(request, "GET /api/v1/pods?", 17) == 0)
        return is_watch ? KUBE_WATCH : KUBE_LIST;
    if (strncmp(request, "GET /api/v1/namespaces?", 23) == 0)
        return is_watch ? KUBE_WATCH_SPACES : KUBE_LIST_SPACES;
    if (strncmp(request, "GET /api/v1/namespaces/", 23) == 0 &&
        strstr(request, "/configmaps/") == NULL)
        return strstr(request, "/pods/") != NULL ? KUBE_GET : KUBE_GET_SPACE;
    return KUBE_OTHER;
}

/* What it is refused with, or 0. */
static int fault_of(struct kube *kube, enum kube_kind kind, const char *request)
{
    struct kube_faults *faults = &kube->faults;
    char bearer[128];

    snprintf(bearer, sizeof bearer, "Bearer %s\r\n", faults->token);
    if (faults->token[0] != '\0' && strstr(request, bearer) == NULL)
        return 401;
    if (faults->is_forbidden[kind])
        return 403;
    if (faults->times[kind] == 0)
        return 0;
    faults->times[kind]--;
    return faults->status[kind];
}

static void answer_request(struct kube_link *link, const char *request)
{
    struct kube *kube = link->kube;
    enum kube_kind kind = kind_of(request);
    int status = fault_of(kube, kind, request);
    struct buffer body = {0};

    kube->counts[kind]++;
    buffer_clear(&kube->last);
    buffer_append_text(&kube->last, request);
    if (status != 0) {
        answer_status(link, status, status == 403 ? "is forbidden: cannot do that" : "no");
    } else if (kind == KUBE_WATCH || kind == KUBE_WATCH_SPACES) {
        watch_begin(link, kind, request);
    } else if (kube_world_answer(kube->world, kind, request, &body)) {
        answer(link, 200, buffer_view(&body));
    } else {
        answer_status(link, 404, "not found");
    }
    buffer_fini(&body);
}

static void take_requests(struct kube_link *link)
{
    const char *end;

    while (link->in.len > 0 && (end = memmem(link->in.data, link->in.len, "\r\n\r\n", 4)) != NULL) {
        size_t bytes = (size_t)(end - link->in.data) + 4;
        char *request = mem_text_n(link->in.data, bytes);

        buffer_drop_front(&link->in, bytes);
        answer_request(link, request);
        mem_free(request);
    }
}

static void on_link(void *owner, int status, int events)
{
    struct kube_link *link = owner;
    char bytes[8192];
    ssize_t count = -1;

    if (status < 0) {
        link_close(link);
        return;
    }
    if (events & POLL_READABLE) {
        count = recv(link->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count == 0) {
            link_close(link);
            return;
        }
        if (count > 0)
            buffer_append(&link->in, slice_make(bytes, (size_t)count));
        take_requests(link);
    }
    if (link->out.len > 0 && !link_write(link))
        return;
    link_arm(link);
}

static void on_accept(void *owner, int status, int events)
{
    struct kube *kube = owner;
    int fd = accept4(kube->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    CHECK(status == 0);
    for (unsigned i = 0; fd >= 0 && i < KUBE_LINKS_MAX; i++) {
        struct kube_link *link = &kube->links[i];

        if (link->fd >= 0)
            continue;
        link->fd = fd;
        link->poll = poll_new(kube->loop, fd, on_link, link);
        link_arm(link);
        return;
    }
    CHECK(fd < 0);
}

/* ---- the server ---- */

static void listen_again(struct kube *kube)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(kube->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int yes = 1;

    kube->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(kube->fd >= 0);
    CHECK(setsockopt(kube->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
    CHECK(bind(kube->fd, (struct sockaddr *)&address, len) == 0);
    CHECK(listen(kube->fd, 64) == 0);
    CHECK(getsockname(kube->fd, (struct sockaddr *)&address, &len) == 0);
    kube->port = ntohs(address.sin_port);
    kube->poll = poll_new(kube->loop, kube->fd, on_accept, kube);
    poll_start(kube->poll, POLL_READABLE);
}

static void listen_stop(struct kube *kube)
{
    if (kube->poll == NULL)
        return;
    poll_free(&kube->poll);
    close(kube->fd);
    for (unsigned i = 0; i < KUBE_LINKS_MAX; i++)
        link_close(&kube->links[i]);
}

struct kube *kube_start(struct loop *loop)
{
    struct kube *kube = mem_zalloc(1, sizeof *kube);

    kube->loop = loop;
    kube->world = kube_world_new();
    for (unsigned i = 0; i < KUBE_LINKS_MAX; i++)
        kube->links[i] = (struct kube_link){.kube = kube, .fd = -1, .watch = KUBE_OTHER};
    listen_again(kube);
    return kube;
}

void kube_stop(struct kube **address)
{
    struct kube *kube = *address;

    *address = NULL;
    listen_stop(kube);
    kube_world_free(&kube->world);
    buffer_fini(&kube->last);
    mem_free(kube);
}

uint16_t kube_port(const struct kube *kube)
{
    return kube->port;
}

/* ---- the cluster ---- */

void kube_put(struct kube *kube, const struct kube_pod *pod)
{
    kube_world_put(kube->world, pod);
    watches_feed(kube);
}

void kube_delete(struct kube *kube, const char *uid)
{
    kube_world_delete(kube->world, uid);
    watches_feed(kube);
}

void kube_put_space(struct kube *kube, const char *name, const char *labels)
{
    kube_world_put_space(kube->world, name, labels);
    watches_feed(kube);
}

void kube_bookmark(struct kube *kube)
{
    kube_world_bookmark(kube->world);
    watches_feed(kube);
}

void kube_compact(struct kube *kube)
{
    kube_world_compact(kube->world);
}

/* ---- faults ---- */

void kube_fail(struct kube *kube, enum kube_kind kind, int status, unsigned times)
{
    kube->faults.status[kind] = status;
    kube->faults.times[kind] = times;
}

void kube_retry_after(struct kube *kube, unsigned seconds)
{
    kube->faults.retry_after_s = seconds;
}

void kube_forbid(struct kube *kube, enum kube_kind kind, bool is_forbidden)
{
    kube->faults.is_forbidden[kind] = is_forbidden;
}

void kube_gone_as_event(struct kube *kube)
{
    kube->faults.gone_as_event = true;
}

void kube_token(struct kube *kube, const char *token)
{
    snprintf(kube->faults.token, sizeof kube->faults.token, "%s", token);
}

void kube_slow(struct kube *kube, size_t bytes)
{
    kube->faults.slow_bytes = bytes;
}

static void end_watches(struct kube *kube, const char *last_words, bool closes)
{
    for (unsigned i = 0; i < KUBE_LINKS_MAX; i++) {
        struct kube_link *link = &kube->links[i];

        if (link->fd < 0 || link->watch == KUBE_OTHER)
            continue;
        buffer_append_text(&link->out, last_words);
        link->watch = KUBE_OTHER;
        link->closes = closes;
        link_arm(link);
    }
}

void kube_cut_watches(struct kube *kube)
{
    end_watches(kube, "30\r\n{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"na", true);
}

void kube_end_watches(struct kube *kube)
{
    end_watches(kube, "0\r\n\r\n", false);
}

void kube_down(struct kube *kube, bool is_down)
{
    if (is_down == kube->faults.is_down)
        return;
    kube->faults.is_down = is_down;
    if (is_down)
        listen_stop(kube);
    else
        listen_again(kube);
}

/* ---- what it was asked ---- */

unsigned kube_count(const struct kube *kube, enum kube_kind kind)
{
    return kube->counts[kind];
}

unsigned kube_count_all(const struct kube *kube)
{
    unsigned count = 0;

    for (unsigned i = 0; i < KUBE_KINDS; i++)
        count += kube->counts[i];
    return count;
}

unsigned kube_watching(const struct kube *kube)
{
    unsigned count = 0;

    for (unsigned i = 0; i < KUBE_LINKS_MAX; i++)
        count += kube->links[i].fd >= 0 && kube->links[i].watch != KUBE_OTHER;
    return count;
}

const char *kube_last(const struct kube *kube)
{
    return kube->last.len > 0 ? buffer_text((struct buffer *)(uintptr_t)&kube->last) : "";
}
